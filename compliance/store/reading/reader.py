"""Reading the records as known now, or as known at an earlier instant (decision 0008)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Select, func, select

from compliance.progress import telling
from compliance.records import Columns, Crime, columns
from compliance.store.content import unpack
from compliance.store.database.dialect import among, chunks
from compliance.store.database.engine import Store
from compliance.store.kept.idle_polls import covering_end
from compliance.store.reading.column_pool import join_columns, take_columns
from compliance.store.tables import CRIME, CRIME_VERSION, POLL

_NOW: Final = 0
"""The version number of a current record; replaced versions are numbered from 1."""


@dataclass(frozen=True, slots=True)
class Known:
    """The records as known at K, ordered by crime number (by code point).

    `seen_until` is by when everything known at K had been seen (`covering_end`): each record is in the version seen by
    then. None: there is no such poll yet, or no K was given, and everything seen so far counts. `before_observation`
    says of each crime that it was first seen later than that, so its first version is used.
    """

    columns: Columns
    seen_until: datetime | None
    before_observation: npt.NDArray[np.bool_]


class Reader:
    """The records as at its creation, and as known before.

    Asking for many K costs little more than for one: each version is read and decoded once.
    """

    def __init__(self, store: Store, crime_refs: Sequence[str] | None = None) -> None:
        """Read all crimes, or some; what is not stored is left out."""
        self._store, self._asked = store, crime_refs
        with store.reading() as connection:
            self._newest_end = connection.execute(select(func.max(POLL.c.ended_at)).where(POLL.c.complete)).scalar()
            current = sorted(_read_current(connection, crime_refs))
        self._refs = [ref for ref, _ in current]
        self._pool = columns(unpack(telling("crimes read", (record for _, record in current), len(current))))
        self._place = {(ref, _NOW): i for i, ref in enumerate(self._refs)}
        self._last: Known | None = None

    def records_known(self, known_at: datetime | None = None) -> Known:
        """Return the records as known at K, an aware instant; None: the current ones."""
        replaced: dict[str, int] = {}
        unseen: set[str] = set()
        seen_until: datetime | None = None
        with self._store.reading() as connection:
            if known_at is not None:
                seen_until = self._covering_end(connection, known_at)
            if self._last is not None and self._last.seen_until == seen_until:
                return self._last  # consecutive weeks covered by one poll are requested one after another
            if seen_until is not None:
                asked = _select_unseen(seen_until)
                unseen = {row[0] for row in _of_some(connection, asked, CRIME.c.crime_ref, self._asked)}
                replaced = find_replaced(connection, seen_until, self._asked)
                self._load(connection, replaced)
        rows = np.array([self._place[ref, replaced.get(ref, _NOW)] for ref in self._refs], dtype=np.int64)
        early = np.array([ref in unseen for ref in self._refs], dtype=np.bool_)
        self._last = Known(take_columns(self._pool, rows), seen_until, early)
        return self._last

    def _covering_end(self, connection: Connection, known_at: datetime) -> datetime | None:
        if self._newest_end is None or self._newest_end < known_at:
            return None  # the poll ended later, so only part of what it saw would be here
        return covering_end(connection, known_at)

    def _load(self, connection: Connection, replaced: dict[str, int]) -> None:
        """Add the versions that are not in the pool yet."""
        missing = sorted(
            {version: ref for ref, version in replaced.items() if (ref, version) not in self._place}.items()
        )
        if not missing:
            return
        records: dict[int, bytes] = {}
        for part in chunks(version for version, _ in missing):
            asked = select(CRIME_VERSION.c.id, CRIME_VERSION.c.record).where(CRIME_VERSION.c.id.in_(part))
            records.update(connection.execute(asked).all())
        self._place.update(((ref, version), len(self._pool) + i) for i, (version, ref) in enumerate(missing))
        self._pool = join_columns(self._pool, columns(unpack(records[version] for version, _ in missing)))


def find_replaced(
    connection: Connection, seen_until: datetime, crime_refs: Sequence[str] | None = None
) -> dict[str, int]:
    """Return the replaced versions that stood at an instant, by crime number, of all crimes or of some.

    Of a crime first seen later, it is the first version (decision 0008). The current record stood of those left out.
    """
    replaced: dict[str, int] = {}
    for asked in (_stood(seen_until), _first(seen_until)):
        replaced |= dict(_of_some(connection, asked, CRIME_VERSION.c.crime_ref, crime_refs))
    return replaced


def load_columns(store: Store, known_at: datetime | None = None, crime_refs: Sequence[str] | None = None) -> Columns:
    """Return the records of all crimes, or of some, as known now or at K, ordered by crime number (by code point)."""
    return Reader(store, crime_refs).records_known(known_at).columns


def list_crime_refs(store: Store) -> list[str]:
    """Return the numbers of all crimes, in order (by code point)."""
    with store.reading() as connection:
        return sorted(connection.execute(select(CRIME.c.crime_ref)).scalars())


def load_crimes(store: Store, crime_refs: Sequence[str]) -> list[Crime]:
    """Return the current records of some crimes, by crime number; what is not stored is left out."""
    with store.reading() as connection:
        current = sorted(_read_current(connection, crime_refs))
    return unpack(record for _, record in current)


def _read_current(connection: Connection, crime_refs: Sequence[str] | None) -> Iterator[tuple[str, bytes]]:
    """Yield (crime number, record) for the current records of all crimes, or of some."""
    return _of_some(connection, select(CRIME.c.crime_ref, CRIME.c.record), CRIME.c.crime_ref, crime_refs)


def _of_some(
    connection: Connection, asked: Select[Any], ref: ColumnElement[str], crime_refs: Sequence[str] | None
) -> Iterator[Any]:
    """Yield the requested rows, of all crimes or of some, as tuples."""
    parts = [None] if crime_refs is None else chunks(crime_refs)
    for part in parts:
        some = asked if part is None else asked.where(among(connection, ref, part))
        yield from map(tuple, connection.execute(some))


def _select_unseen(seen_until: datetime) -> Select[Any]:
    """Select the crimes first seen later than an instant."""
    return select(CRIME.c.crime_ref).where(CRIME.c.first_seen_at > seen_until)


def _stood(seen_until: datetime) -> Select[Any]:
    """Select (crime number, version) of what was current at an instant and has since been replaced.

    A version seen late was never current (records section 4).
    """
    version = CRIME_VERSION.c
    asked = select(version.crime_ref, version.id).where(~version.late)
    return asked.where(version.replaced_at > seen_until, version.seen_at <= seen_until)


def _first(seen_until: datetime) -> Select[Any]:
    """Select (crime number, version) of the first current version, if replaced, of the crimes first seen later."""
    version = CRIME_VERSION.c
    asked = select(version.crime_ref, func.min(version.id)).where(~version.late).group_by(version.crime_ref)
    return asked.where(version.crime_ref.in_(_select_unseen(seen_until)))
