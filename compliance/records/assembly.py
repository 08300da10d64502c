"""Assemble decoded records into columns.

Work done here for each record determines how long a file takes to read. It is therefore done in a few large steps: all
items of a kind at once, field by field.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import astuple

from compliance.records.columns import (
    CANCELLED,
    CLOSED,
    OPEN,
    Allocations,
    Columns,
    Events,
    Ints,
    Statuses,
    Updates,
    Victims,
    encode_texts,
)
from compliance.records.instant_texts import parse_texts
from compliance.records.instants import NONE, Instants
from compliance.records.ordering import by_instant, find_named_victims, keep_last, victims_by_reference
from compliance.records.wire import (
    Allocation,
    Crime,
    Event,
    StatusChange,
    Update,
    Victim,
)

_STATUS = {"open": OPEN, "closed": CLOSED, "cancelled": CANCELLED}


def columns(crimes: Sequence[Crime]) -> Columns:
    """Return decoded records as columns, with their instants already checked.

    If a reference occurs more than once in a record, the last one applies (records section 1). Lists are sorted here,
    so that the engine may rely on their order.
    """
    return _Assembly(crimes).columns()


class _Assembly:
    """One pass over records."""

    def __init__(self, crimes: Sequence[Crime]) -> None:
        self._crimes = crimes

    def columns(self) -> Columns:
        crimes = self._crimes
        victims = self._victims()
        return Columns(
            crime_ref=pa.array([c.crime_ref for c in crimes], pa.string()),
            reported_at=_instants([c.reported_at for c in crimes]),
            recorded_at=_instants([c.recorded_at for c in crimes]),
            offence=encode_texts([c.offence for c in crimes]),
            division=encode_texts([c.division for c in crimes]),
            team=encode_texts([c.team for c in crimes]),
            officer=encode_texts([c.officer_ref for c in crimes]),
            statuses=self._statuses(),
            allocations=self._allocations(),
            victims=victims,
            updates=self._updates(victims),
            events=self._events(),
        )

    def _fields(self, name: str, kind: type[Any]) -> tuple[Ints, Callable[[str], list[Any]]]:
        """Return (the crime of each item of one list, a function that returns one field of all items)."""
        lists = list(map(attrgetter(name), self._crimes))
        counts = [len(items) if items else 0 for items in lists]
        cells = list(chain.from_iterable(map(astuple, chain.from_iterable(filter(None, lists)))))
        names: tuple[str, ...] = kind.__struct_fields__
        return np.repeat(np.arange(len(lists)), counts), lambda field: cells[names.index(field) :: len(names)]

    def _statuses(self) -> Statuses:
        crime, field = self._fields("status", StatusChange)
        kind = np.array(list(map(_STATUS.__getitem__, field("status"))), dtype=np.int8)
        return by_instant(Statuses(crime, _instants(field("at")), kind))

    def _allocations(self) -> Allocations:
        crime, field = self._fields("allocations", Allocation)
        start = _instants(field("start"))
        return by_instant(
            Allocations(
                crime,
                start,
                encode_texts(field("division")),
                encode_texts(field("team")),
                encode_texts(field("officer_ref")),
            )
        )

    def _victims(self) -> Victims:
        crime, field = self._fields("victims", Victim)
        rows = Victims(
            crime,
            pa.array(field("victim_ref"), pa.string()),
            encode_texts([category or "standard" for category in field("category")]),
            _instants(field("added_at")),
            _instants(field("declined_at")),
            _instants(field("declined_until")),
            _instants(field("declined_entered_at")),
            np.array([days or 0 for days in field("agreed_interval_days")], dtype=np.int64),
        )
        return victims_by_reference(rows)

    def _updates(self, victims: Victims) -> Updates:
        crime, field = self._fields("updates", Update)
        refs = pa.array(field("update_ref"), pa.string())
        at, entered = _instants(field("at")), _instants(field("entered_at"))
        rows = Updates(
            crime,
            refs,
            find_named_victims(crime, pa.array(field("victim_ref"), pa.string()), victims),
            at,
            np.where(entered == NONE, at, entered),
            encode_texts(field("outcome")),
            encode_texts(field("method")),
        )
        return by_instant(keep_last(rows, refs))

    def _events(self) -> Events:
        crime, field = self._fields("events", Event)
        rows = Events(crime, _instants(field("at")), encode_texts(field("kind")))
        return by_instant(keep_last(rows, pa.array(field("event_ref"), pa.string())))


def _instants(texts: Sequence[str | None]) -> Instants:
    return parse_texts(pa.array(texts, pa.string()))[0]
