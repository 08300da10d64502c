"""Records in which some facts are as once known, and the others as known later."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compliance.policy.calendars import Ints
from compliance.policy.status import Flags, status_at
from compliance.records.columns import CANCELLED, UNKNOWN_VICTIM, Columns, Rows
from compliance.records.instants import NONE
from compliance.store.reading.column_pool import join_columns

STEPS: Final = ("time", "entered", "corrected", "added", "cancelled", "dates", "declines", "reallocated", "retention")
"""The steps that turn the old records into the new, in order; each includes those before it."""
_OWN_BY: Final = {
    "reported_at": "dates", "recorded_at": "dates", "offence": "dates",
    "division": "reallocated", "team": "reallocated", "officer": "reallocated",
}  # fmt: skip
_TABLE_BY: Final = {"statuses": "dates", "allocations": "reallocated", "events": "dates"}


class Mixture:
    """The same crimes as known at two instants."""

    def __init__(self, old: Columns, new: Columns) -> None:
        """Combine two sets of records. `old` holds nothing entered after its instant."""
        self._pool = join_columns(old, new)
        self._old = len(old)
        refs = self._pool.crime_ref.to_numpy(zero_copy_only=False).astype(str)
        names, union = np.unique(refs, return_inverse=True)
        self._union: Ints = union.astype(np.int64)
        count = len(names)
        self._row = np.full((2, count), -1, dtype=np.int64)
        self._row[0][union[: len(old)]] = np.arange(len(old))
        self._row[1][union[len(old) :]] = np.arange(len(old), len(refs))
        self._gone = self._row[1] < 0
        self._added = self._row[0] < 0
        self._cancelled = self._last_is_cancelled(count)
        victims = self._pool.victims
        self._victim_refs = victims.ref.to_numpy(zero_copy_only=False).astype(str)
        keys = _pairs(self._union[victims.crime], self._victim_refs)
        self._victim_key: Ints = np.unique(keys, return_inverse=True)[1].astype(np.int64)
        updates = self._pool.updates
        update_refs = updates.ref.to_numpy(zero_copy_only=False).astype(str)
        update_keys = _pairs(self._union[updates.crime], update_refs)
        self._new_update = ~np.isin(update_keys, update_keys[updates.crime < len(old)])

    def after(self, step: str) -> Columns:
        """Return the records after a step of STEPS and all steps before it."""
        applied = set(STEPS[: STEPS.index(step) + 1])
        exists = (~self._added | ("added" in applied)) & (~self._gone | ("retention" not in applied))
        crimes = np.flatnonzero(exists)
        place = np.full(len(exists), -1, dtype=np.int64)
        place[crimes] = np.arange(len(crimes))
        own: dict[str, Any] = {"crime_ref": self._pool.crime_ref.take(pa.array(self._side("added", applied)[crimes]))}
        for name, by in _OWN_BY.items():
            column = getattr(self._pool, name)
            rows = self._side(by, applied)[crimes]
            own[name] = column[rows] if isinstance(column, np.ndarray) else column.take(rows)
        tables: dict[str, Any] = {}
        for name, by in _TABLE_BY.items():
            side = self._side(by, applied)
            if name == "statuses" and "cancelled" in applied and by not in applied:
                side = np.where(self._cancelled & ~self._gone, self._row[1], side)
            tables[name] = self._move(getattr(self._pool, name), self._of(getattr(self._pool, name), side), place)
        victim_rows = self._victims(applied)
        victims = self._move(self._pool.victims, victim_rows, place, self._victim_refs)
        moved = np.full(int(self._victim_key.max(initial=0)) + 1, UNKNOWN_VICTIM, dtype=np.int64)
        order = self._order(self._pool.victims, victim_rows, place, self._victim_refs)
        moved[self._victim_key[order]] = np.arange(len(order))
        updates = self._move(
            self._pool.updates, self._updates(applied), place, self._pool.updates.entered_at, self._pool.updates.at
        )
        named = updates.victim
        victim = np.where(named >= 0, moved[self._victim_key[named]] if len(self._victim_key) else named, named)
        return Columns(**own, **tables, victims=victims, updates=replace(updates, victim=victim))

    def _side(self, by: str, applied: set[str]) -> Ints:
        """Return the row in the pool that supplies a kind of fact for each crime.

        If only one side has the crime, the row is from that side.
        """
        first, second = (1, 0) if by in applied else (0, 1)
        side: Ints = np.where(self._row[first] >= 0, self._row[first], self._row[second])
        return side

    def _of(self, table: Rows, side: Ints) -> Flags:
        rows: Flags = side[self._union[table.crime]] == table.crime
        return rows

    def _victims(self, applied: set[str]) -> Flags:
        victims = self._pool.victims
        old, new = (self._of(victims, self._side(by, applied)) for by in ("declines", "added"))
        if "declines" in applied or "added" not in applied:
            return old
        known = np.isin(self._victim_key, self._victim_key[old])
        still = np.isin(self._victim_key, self._victim_key[new])
        return (old & still) | (new & ~known)

    def _updates(self, applied: set[str]) -> Flags:
        updates = self._pool.updates
        rows = self._of(updates, self._side("corrected", applied))
        if "entered" in applied and "corrected" not in applied:
            rows |= self._new_update & self._of(updates, self._side("entered", applied))
        return rows

    def _move(self, table: Any, rows: Flags, place: Ints, *within: npt.NDArray[Any]) -> Any:
        order = self._order(table, rows, place, *within)
        found = table.take(order)
        return replace(found, crime=place[self._union[found.crime]])

    def _order(self, table: Rows, rows: Flags, place: Ints, *within: npt.NDArray[Any]) -> Ints:
        kept = np.flatnonzero(rows & (place[self._union[table.crime]] >= 0))
        keys: Sequence[Any] = [key[kept] for key in within]
        return kept[np.lexsort((*keys, self._union[table.crime[kept]]))]

    def _last_is_cancelled(self, count: int) -> Flags:
        """Return which crimes are cancelled by the last change of status of the new records."""
        statuses = self._pool.statuses
        new = statuses.crime >= self._old
        moved = replace(statuses.take(new), crime=self._union[statuses.crime[new]])
        return status_at(moved, count, None).kind == CANCELLED


def as_known(columns: Columns, known_at: int) -> Columns:
    """Return the records without the updates and declines entered after K, in microseconds (rules 2.8)."""
    victims = columns.victims
    entered = np.where(victims.declined_entered_at == NONE, victims.declined_at, victims.declined_entered_at)
    later = (victims.declined_at != NONE) & (entered > known_at)
    declined: dict[str, Any] = {
        name: np.where(later, NONE, getattr(victims, name))
        for name in ("declined_at", "declined_until", "declined_entered_at")
    }
    updates = columns.updates.take(columns.updates.entered_at <= known_at)
    return replace(columns, victims=replace(victims, **declined), updates=updates)


def _pairs(crime: Ints, ref: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.char.add(np.char.add(crime.astype(str), "\t"), ref)
