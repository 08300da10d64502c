"""Crime records as columns for the engine (design decision 1).

Each kind of fact is one table of equally long columns, in the order of the crimes; within a crime facts are ordered by
instant, equal instants in the order given (records section 1), victims by reference. Instants are int64 microseconds
since 1970 in UTC, `instants.NONE` where absent. Texts with few values are codes into a list of the values, -1 where
absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from compliance.records.instants import NONE, instants_of
from compliance.records.wire import Crime

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

OPEN, CLOSED, CANCELLED = 0, 1, 2
_STATUS = {"open": OPEN, "closed": CLOSED, "cancelled": CANCELLED}
EVERY_VICTIM, UNKNOWN_VICTIM = -1, -2
"""In `Updates.victim`: the update named no victim; it named one that the record does not have."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column with few values: `values[codes[i]]` is the text of row i; code -1 is absent."""

    codes: Codes
    values: tuple[str, ...]

    def code(self, value: str) -> int:
        """The code of a text, -2 (which no row has) where no row has it."""
        return self.values.index(value) if value in self.values else -2

    def take(self, rows: Any) -> "Coded":
        """The same values for the rows asked for."""
        return Coded(self.codes[rows], self.values)

    def texts(self) -> pa.Array:
        """The column as Arrow strings, null where absent."""
        return pa.DictionaryArray.from_arrays(
            pa.array(self.codes, mask=self.codes < 0), pa.array(self.values, pa.string())
        ).cast(pa.string())


def coded(texts: Sequence[str | None] | pa.Array) -> Coded:
    """Texts (None where absent) as codes."""
    array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    encoded = array.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Coded(codes, tuple(encoded.dictionary.to_pylist()))


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of facts: every field is a column; `crime` is the row of the crime that each belongs to, ascending."""

    crime: Ints

    def __len__(self) -> int:
        return len(self.crime)

    def take(self, rows: Any, shift: int = 0) -> Self:
        """The rows asked for (mask, slice or places), the crimes renumbered by `shift`."""
        columns: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Coded):
                columns[field.name] = value.take(rows)
            elif isinstance(value, pa.Array):
                columns[field.name] = value[rows] if isinstance(rows, slice) else value.take(pa.array(_places(rows)))
            else:
                columns[field.name] = value[rows]
        columns["crime"] = columns["crime"] - shift if shift else columns["crime"]
        return type(self)(**columns)


def _places(rows: Any) -> Any:
    return np.flatnonzero(rows) if rows.dtype == np.bool_ else rows


@dataclass(frozen=True, slots=True)
class Statuses(Rows):
    """Changes of status: `kind` is OPEN, CLOSED or CANCELLED."""

    at: Ints
    kind: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Allocations(Rows):
    """Who had the case from an instant on."""

    at: Ints
    division: Coded
    team: Coded
    officer: Coded


@dataclass(frozen=True, slots=True)
class Victims(Rows):
    """The victims, by reference within a crime. `agreed` is the agreed interval in days, 0 where none."""

    ref: pa.Array
    category: Coded
    added_at: Ints
    declined_at: Ints
    declined_until: Ints
    declined_entered_at: Ints
    agreed: Ints


@dataclass(frozen=True, slots=True)
class Updates(Rows):
    """The updates, by `at`, then `entered_at`, then place (rules 2.3). `victim` is a row of the victims, EVERY_VICTIM
    or UNKNOWN_VICTIM. `entered_at` is `at` where the record says nothing."""

    ref: pa.Array
    victim: Ints
    at: Ints
    entered_at: Ints
    outcome: Coded
    method: Coded


@dataclass(frozen=True, slots=True)
class Events(Rows):
    """Case events by instant."""

    at: Ints
    kind: Coded


R = TypeVar("R", bound=Rows)
T = TypeVar("T", Statuses, Allocations, Updates, Events)


@dataclass(frozen=True)
class Columns:
    """Crime records as columns. The crimes' own columns have one row a crime, in the order the records came."""

    crime_ref: pa.Array
    reported_at: Ints
    recorded_at: Ints
    offence: Coded
    division: Coded
    team: Coded
    officer: Coded
    statuses: Statuses
    allocations: Allocations
    victims: Victims
    updates: Updates
    events: Events

    def __len__(self) -> int:
        return len(self.reported_at)

    @cached_property
    def victims_of(self) -> Ints:
        """Where each crime's victims start: crime i has the rows victims_of[i] to victims_of[i + 1]."""
        return np.searchsorted(self.victims.crime, np.arange(len(self) + 1)).astype(np.int64)

    def slice(self, start: int, stop: int) -> "Columns":
        """The crimes from `start` up to `stop`; columns are views where they can be."""
        if start == 0 and stop >= len(self):
            return self
        part = slice(start, stop)
        tables: dict[str, Any] = {}
        for name in ("statuses", "allocations", "victims", "updates", "events"):
            rows: Rows = getattr(self, name)
            first, last = np.searchsorted(rows.crime, [start, stop])
            tables[name] = rows.take(slice(int(first), int(last)), shift=start)
        if (shift := int(self.victims_of[start])) > 0:
            updates: Updates = tables["updates"]
            moved = np.where(updates.victim >= 0, updates.victim - shift, updates.victim)
            tables["updates"] = Updates(
                updates.crime, updates.ref, moved, updates.at, updates.entered_at, updates.outcome, updates.method
            )
        return Columns(
            self.crime_ref[part], self.reported_at[part], self.recorded_at[part],
            self.offence.take(part), self.division.take(part), self.team.take(part), self.officer.take(part),
            **tables,
        )  # fmt: skip


def columns(crimes: Sequence[Crime]) -> Columns:
    """Decoded records, their instants checked, as columns.

    A repeated reference within a record: the last one stands (records section 1). Lists are sorted here, so that the
    engine may rely on the order.
    """
    victims = _victims(crimes)
    return Columns(
        crime_ref=pa.array([c.crime_ref for c in crimes], pa.string()),
        reported_at=instants_of(crimes, "reported_at"),
        recorded_at=instants_of(crimes, "recorded_at"),
        offence=coded([c.offence for c in crimes]),
        division=coded([c.division for c in crimes]),
        team=coded([c.team for c in crimes]),
        officer=coded([c.officer_ref for c in crimes]),
        statuses=_statuses(crimes),
        allocations=_allocations(crimes),
        victims=victims,
        updates=_updates(crimes, victims),
        events=_events(crimes),
    )


def _flat(crimes: Sequence[Crime], name: str) -> tuple[list[Any], Ints]:
    """All items of one list of every record, and the crime of each."""
    lists = [getattr(crime, name) for crime in crimes]
    counts = np.array([len(items) if items else 0 for items in lists], dtype=np.int64)
    return [item for items in lists if items for item in items], np.repeat(np.arange(len(crimes)), counts)


def _statuses(crimes: Sequence[Crime]) -> Statuses:
    items, crime = _flat(crimes, "status")
    kind = np.array([_STATUS[item.status] for item in items], dtype=np.int8)
    return _by_instant(Statuses(crime, instants_of(items, "at"), kind))


def _allocations(crimes: Sequence[Crime]) -> Allocations:
    items, crime = _flat(crimes, "allocations")
    return _by_instant(
        Allocations(
            crime,
            instants_of(items, "start"),
            coded([item.division for item in items]),
            coded([item.team for item in items]),
            coded([item.officer_ref for item in items]),
        )
    )


def _victims(crimes: Sequence[Crime]) -> Victims:
    items, crime = _flat(crimes, "victims")
    refs = pa.array([item.victim_ref for item in items], pa.string())
    rows = Victims(
        crime,
        refs,
        coded([item.category or "standard" for item in items]),
        instants_of(items, "added_at"),
        instants_of(items, "declined_at"),
        instants_of(items, "declined_until"),
        instants_of(items, "declined_entered_at"),
        np.array([item.agreed_interval_days or 0 for item in items], dtype=np.int64),
    )
    if (np.diff(crime) > 0).all():
        return rows
    rank = _ranks(refs)
    kept = _last_of_each(crime, rank)
    order = kept[np.lexsort((rank[kept], crime[kept]))]
    return rows.take(order)


def _updates(crimes: Sequence[Crime], victims: Victims) -> Updates:
    items, crime = _flat(crimes, "updates")
    refs = pa.array([item.update_ref for item in items], pa.string())
    at, entered = instants_of(items, "at"), instants_of(items, "entered_at")
    rows = Updates(
        crime,
        refs,
        _named_victims(crime, pa.array([item.victim_ref for item in items], pa.string()), victims),
        at,
        np.where(entered == NONE, at, entered),
        coded([item.outcome for item in items]),
        coded([item.method for item in items]),
    )
    return _by_instant(_deduplicated(rows, refs))


def _events(crimes: Sequence[Crime]) -> Events:
    items, crime = _flat(crimes, "events")
    rows = Events(crime, instants_of(items, "at"), coded([item.kind for item in items]))
    return _by_instant(_deduplicated(rows, pa.array([item.event_ref for item in items], pa.string())))


def _named_victims(crime: Ints, named: pa.Array, victims: Victims) -> Ints:
    """The victim's row that each update names (rules 2.3), EVERY_VICTIM or UNKNOWN_VICTIM."""
    result = np.full(len(named), EVERY_VICTIM, dtype=np.int64)
    rows = np.flatnonzero(named.is_valid().to_numpy(zero_copy_only=False))
    if len(rows) == 0:
        return result
    every = pa.concat_arrays([victims.ref, named.take(pa.array(rows))]).dictionary_encode().indices.to_numpy()
    size = int(every.max()) + 1
    held = victims.crime * size + every[: len(victims)]
    asked = crime[rows] * size + every[len(victims) :]
    order = np.argsort(held, kind="stable")
    place = np.searchsorted(held[order], asked)
    found = np.append(held[order], -1)[place] == asked
    result[rows] = np.where(found, np.append(order, 0)[place], UNKNOWN_VICTIM)
    return result


def _ranks(texts: pa.Array) -> Ints:
    """Whole numbers that order as the texts do by code point (UTF-8 orders as code points do)."""
    encoded = texts.dictionary_encode()
    rank = np.empty(len(encoded.dictionary), dtype=np.int64)
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(rank))
    return rank[encoded.indices.to_numpy()]


def _deduplicated(rows: R, refs: pa.Array) -> R:
    """Of rows with the same reference within a crime, the last (records section 1)."""
    encoded = refs.dictionary_encode()
    if len(encoded.dictionary) == len(refs):
        return rows
    kept = _last_of_each(rows.crime, encoded.indices.to_numpy())
    return rows if len(kept) == len(rows) else rows.take(kept)


def _last_of_each(crime: Ints, key: Any) -> Ints:
    """The places, ascending, of the last row of each (crime, key)."""
    pair = crime * (int(key.max()) + 1) + key if len(key) else crime
    _, last = np.unique(pair[::-1], return_index=True)
    return np.sort(len(pair) - 1 - last)


def _by_instant(rows: T) -> T:
    """Within each crime by instant (updates then by entry), equal ones in the order given; no work where it is so."""
    keys = (rows.at, rows.crime) if not isinstance(rows, Updates) else (rows.entered_at, rows.at, rows.crime)
    same = rows.crime[1:] == rows.crime[:-1]
    behind = rows.at[1:] < rows.at[:-1]
    if isinstance(rows, Updates):
        behind |= (rows.at[1:] == rows.at[:-1]) & (rows.entered_at[1:] < rows.entered_at[:-1])
    return rows.take(np.lexsort(keys)) if (same & behind).any() else rows
