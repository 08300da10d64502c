"""Decoded records put into columns. What is done once a record here is what reading a file costs, so it is done in few,
long steps: all items of a kind at once, field by field."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from compliance.records.columns import (
    CANCELLED,
    CLOSED,
    EVERY_VICTIM,
    OPEN,
    UNKNOWN_VICTIM,
    Allocations,
    Coded,
    Columns,
    Events,
    Ints,
    Rows,
    Statuses,
    Updates,
    Victims,
    coded,
)
from compliance.records.instants import NONE, Instants, parse_instants
from compliance.records.wire import (
    Allocation,
    Crime,
    Event,
    Refusal,
    StatusChange,
    Update,
    Victim,
    decode_structs,
    instant_reason,
)

R = TypeVar("R", bound=Rows)
T = TypeVar("T", Statuses, Allocations, Updates, Events)
_STATUS = {"open": OPEN, "closed": CLOSED, "cancelled": CANCELLED}


def columns(crimes: Sequence[Crime]) -> Columns:
    """Decoded records, their instants checked, as columns.

    A repeated reference within a record: the last one stands (records section 1). Lists are sorted here, so that the
    engine may rely on the order.
    """
    return _Assembly(crimes).columns()


def read_columns(lines: Iterable[bytes | str]) -> tuple[Columns, list[Refusal]]:
    """Records from their JSON texts straight to columns: the good ones in their order, a refusal for each other one.

    As `decode_crimes` and `columns`, with every instant read once.
    """
    crimes, places, refusals = decode_structs(lines)
    assembly = _Assembly(crimes)
    made = assembly.columns()
    if assembly.bad:
        for place in sorted(assembly.bad):
            refusals.append(Refusal(places[place], crimes[place].crime_ref, instant_reason(crimes[place])))
        made = columns([crime for place, crime in enumerate(crimes) if place not in assembly.bad])
        refusals.sort(key=lambda refusal: refusal.index)
    return made, refusals


class _Assembly:
    """One pass over records. `bad` are the places of those with a text that is no instant."""

    def __init__(self, crimes: Sequence[Crime]) -> None:
        self._crimes = crimes
        self.bad: set[int] = set()

    def columns(self) -> Columns:
        crimes = self._crimes
        every = np.arange(len(crimes))
        self._instants([c.changed_at for c in crimes], every)
        self._holds()
        victims = self._victims()
        return Columns(
            crime_ref=pa.array([c.crime_ref for c in crimes], pa.string()),
            reported_at=self._instants([c.reported_at for c in crimes], every),
            recorded_at=self._instants([c.recorded_at for c in crimes], every),
            offence=coded([c.offence for c in crimes]),
            division=coded([c.division for c in crimes]),
            team=coded([c.team for c in crimes]),
            officer=coded([c.officer_ref for c in crimes]),
            statuses=self._statuses(),
            allocations=self._allocations(),
            victims=victims,
            updates=self._updates(victims),
            events=self._events(),
        )

    def _instants(self, texts: Sequence[str | None], crime: Ints) -> Instants:
        micros, bad = parse_instants(texts)
        if bad.any():
            self.bad.update(crime[bad].tolist())
        return micros

    def _fields(self, name: str, kind: type[Any]) -> tuple[Ints, Callable[[str], list[Any]]]:
        """All items of one list of every record: the crime of each, and their fields by name."""
        lists = list(map(attrgetter(name), self._crimes))
        counts = [len(items) if items else 0 for items in lists]
        cells = list(chain.from_iterable(map(astuple, chain.from_iterable(filter(None, lists)))))
        names: tuple[str, ...] = kind.__struct_fields__
        return np.repeat(np.arange(len(lists)), counts), lambda field: cells[names.index(field) :: len(names)]

    def _statuses(self) -> Statuses:
        crime, field = self._fields("status", StatusChange)
        kind = np.array(list(map(_STATUS.__getitem__, field("status"))), dtype=np.int8)
        return _by_instant(Statuses(crime, self._instants(field("at"), crime), kind))

    def _allocations(self) -> Allocations:
        crime, field = self._fields("allocations", Allocation)
        start = self._instants(field("start"), crime)
        return _by_instant(
            Allocations(crime, start, coded(field("division")), coded(field("team")), coded(field("officer_ref")))
        )

    def _victims(self) -> Victims:
        crime, field = self._fields("victims", Victim)
        refs = pa.array(field("victim_ref"), pa.string())
        rows = Victims(
            crime,
            refs,
            coded([category or "standard" for category in field("category")]),
            self._instants(field("added_at"), crime),
            self._instants(field("declined_at"), crime),
            self._instants(field("declined_until"), crime),
            self._instants(field("declined_entered_at"), crime),
            np.array([days or 0 for days in field("agreed_interval_days")], dtype=np.int64),
        )
        if (np.diff(crime) > 0).all():
            return rows
        rank = _ranks(refs)
        kept = _last_of_each(crime, rank)
        return rows.take(kept[np.lexsort((rank[kept], crime[kept]))])

    def _updates(self, victims: Victims) -> Updates:
        crime, field = self._fields("updates", Update)
        refs = pa.array(field("update_ref"), pa.string())
        at, entered = self._instants(field("at"), crime), self._instants(field("entered_at"), crime)
        rows = Updates(
            crime,
            refs,
            _named_victims(crime, field("victim_ref"), victims),
            at,
            np.where(entered == NONE, at, entered),
            coded(field("outcome")),
            coded(field("method")),
        )
        return _by_instant(_deduplicated(rows, refs))

    def _events(self) -> Events:
        crime, field = self._fields("events", Event)
        rows = Events(crime, self._instants(field("at"), crime), coded(field("kind")))
        return _by_instant(_deduplicated(rows, pa.array(field("event_ref"), pa.string())))

    def _holds(self) -> None:
        """Contact holds decide nothing here; their instants are checked like all others."""
        held = [
            (place, hold)
            for place, crime in enumerate(self._crimes)
            for victim in crime.victims or ()
            for hold in victim.contact_holds or ()
        ]
        crime = np.array([place for place, _ in held], dtype=np.int64)
        self._instants([hold.start for _, hold in held], crime)
        self._instants([hold.end for _, hold in held], crime)


def _named_victims(crime: Ints, named: Sequence[str | None], victims: Victims) -> Ints:
    """The victim's row that each update names (rules 2.3), EVERY_VICTIM or UNKNOWN_VICTIM."""
    result = np.full(len(named), EVERY_VICTIM, dtype=np.int64)
    asked_for = pa.array(named, pa.string())
    if asked_for.null_count == len(asked_for):
        return result
    rows = np.flatnonzero(asked_for.is_valid().to_numpy(zero_copy_only=False))
    every = pa.concat_arrays([victims.ref, asked_for.drop_null()]).dictionary_encode().indices.to_numpy()
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
