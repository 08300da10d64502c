"""Join rows of several tables by crime number, on disk, so that exports may be larger than memory."""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Self

from compliance.errors import UnavailableError
from compliance.feeds.fields import CRIMES
from compliance.feeds.mapping import Mapper
from compliance.feeds.table_rows import Row
from compliance.records import FeedRecord, MappedRecord

_PICKLED: Final = pickle.HIGHEST_PROTOCOL


class Joined:
    """Rows by crime number, in a private file that is deleted on exit. Use it as a context manager."""

    def __init__(self, mapper: Mapper) -> None:
        """Begin without rows. `mapper` knows the columns and makes the records."""
        self._mapper = mapper
        self._tables: list[str] = []
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("CREATE TABLE part (ref TEXT NOT NULL, in_table INTEGER NOT NULL, data BLOB NOT NULL)")
        self._file.execute("CREATE TABLE crime (place INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE)")
        self._file.execute("BEGIN")
        self._nameless = 0

    def __enter__(self) -> Self:
        """Return the joined rows themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close and delete the file."""
        self._file.close()

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Add the rows of a table that the mapping keeps. Raises UnavailableError if the disk has no room."""
        self._tables.append(table)
        number = len(self._tables) - 1
        name = "crime" if table == CRIMES else table
        rows = iter(self._mapper.kept(table, rows))
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
        """Return the crime number of a row. A row without one becomes a crime of its own, which is refused."""
        ref = self._mapper.crime_number(name, row)
        if not isinstance(ref, str) or not ref:
            self._nameless += 1
            return f"\n{self._nameless}"
        return ref.encode("utf-8", "replace").decode()

    def crime_refs(self) -> set[str]:
        """Return the crime numbers of the crimes' table."""
        return {ref for (ref,) in self._file.execute("SELECT ref FROM crime") if not ref.startswith("\n")}

    def pages(self, size: int) -> Iterator[list[FeedRecord]]:
        """Yield the records, `size` at a time, in the order in which their crimes were added.

        Rows of a crime missing from the crimes' table become a record of their own at the end. It is refused because
        its other fields are missing, which shows that the tables disagree.
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
                row = pickle.loads(data)  # noqa: S301  # written above, in a file that no one else can open
                parts[ref].setdefault(self._tables[number], []).append(row)
            yield [self._record(ref, tables) for ref, tables in parts.items()]

    def _record(self, ref: str, tables: Mapping[str, list[Any]]) -> MappedRecord:
        lists: dict[str, list[Row]] = {name: [] for name in self._tables if name != CRIMES}
        lists.update({name: rows for name, rows in tables.items() if name != CRIMES})
        return self._mapper.map_rows(None if ref.startswith("\n") else ref, tables.get(CRIMES, []), lists)
