"""Rows of several tables put together by crime number, on disk, so that no export is too large for memory."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Self

from compliance.errors import UnavailableError
from compliance.feeds.mapping import Mapper, Row
from compliance.records import FeedRecord, MappedRecord

_PICKLED: Final = pickle.HIGHEST_PROTOCOL
CRIMES: Final = "crimes"
"""The table that has a row, or more, a crime; the others are named as the lists of a crime record."""


class Joined:
    """Rows by crime number, in a private file that vanishes with it. Use it as a context manager."""

    def __init__(self, mapper: Mapper) -> None:
        """Nothing is held yet. `mapper` knows the columns, and makes the records."""
        self._mapper = mapper
        self._tables: list[str] = []
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("CREATE TABLE part (ref TEXT NOT NULL, in_table INTEGER NOT NULL, data BLOB NOT NULL)")
        self._file.execute("CREATE TABLE crime (place INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE)")
        self._file.execute("BEGIN")
        self._nameless = 0

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Take in the rows of a table."""
        self._tables.append(table)
        number = len(self._tables) - 1
        name = "crime" if table == CRIMES else table
        rows = iter(rows)
        while some := list(islice(rows, 5000)):
            self._keep(table, [(self._ref(name, row), number, pickle.dumps(row, _PICKLED)) for row in some])

    def _keep(self, table: str, held: list[tuple[str, int, bytes]]) -> None:
        try:
            self._file.executemany("INSERT INTO part VALUES (?, ?, ?)", held)
            if table == CRIMES:
                self._file.executemany("INSERT OR IGNORE INTO crime (ref) VALUES (?)", [(ref,) for ref, _, _ in held])
        except sqlite3.Error as error:
            raise UnavailableError(
                f"the tables cannot be joined ({error}); check that there is room in the folder for temporary files"
            ) from None

    def _ref(self, name: str, row: Row) -> str:
        """The crime number of a row. One without is of a crime of its own, which is refused for want of a number."""
        ref = self._mapper.crime_number(name, row)
        if not isinstance(ref, str) or not ref:
            self._nameless += 1
            return f"\n{self._nameless}"
        return ref.encode("utf-8", "replace").decode()

    def crime_refs(self) -> set[str]:
        """The crime numbers of the crimes' table."""
        return {ref for (ref,) in self._file.execute("SELECT ref FROM crime") if not ref.startswith("\n")}

    def pages(self, size: int) -> Iterator[list[FeedRecord]]:
        """The records, `size` at a time, in the order in which their crimes came.

        Rows of a crime that the crimes' table has not are given out as a record of their own, at the end: it is refused
        for want of all else, so that a person sees that the tables do not agree.
        """
        self._file.execute("CREATE INDEX IF NOT EXISTS part_ref ON part (ref)")
        self._file.execute("INSERT OR IGNORE INTO crime (ref) SELECT DISTINCT ref FROM part ORDER BY rowid")
        last = 0
        while True:
            places = self._file.execute(
                "SELECT place, ref FROM crime WHERE place > ? ORDER BY place LIMIT ?", (last, size)
            ).fetchall()
            if not places:
                return
            first, last = places[0][0], places[-1][0]
            found = self._file.execute(
                "SELECT crime.ref, in_table, data FROM crime JOIN part ON part.ref = crime.ref "
                "WHERE place BETWEEN ? AND ? ORDER BY part.rowid",
                (first, last),
            )
            parts: dict[str, dict[str, list[Row]]] = {ref: {} for _, ref in places}
            for ref, number, data in found:
                row = pickle.loads(data)  # noqa: S301  # written above, in a file that nobody else can open
                parts[ref].setdefault(self._tables[number], []).append(row)
            yield [self._record(ref, tables) for ref, tables in parts.items()]

    def _record(self, ref: str, tables: Mapping[str, list[Any]]) -> MappedRecord:
        lists: dict[str, list[Row]] = {name: [] for name in self._tables if name != CRIMES}
        lists.update({name: rows for name, rows in tables.items() if name != CRIMES})
        return self._mapper.map_rows(None if ref.startswith("\n") else ref, tables.get(CRIMES, []), lists)
