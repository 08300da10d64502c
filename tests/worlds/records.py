"""The cases of a planted force as the columns that a report reads, and as known at any instant."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from compliance.policy.calendars import to_day
from compliance.records.columns import (
    CANCELLED,
    CLOSED,
    EVERY_VICTIM,
    Allocations,
    Coded,
    Codes,
    Columns,
    Events,
    Statuses,
    Updates,
    Victims,
)
from compliance.records.instants import NONE, to_micros
from compliance.reports.judging.sources import KnownRecords
from compliance.simulator.force_profile import OFFENCES
from compliance.store.reading.column_pool import take_columns
from tests.worlds.force import FIRST_DAY, Cases, Ints

_DAY, _MINUTE = 86_400_000_000, 60_000_000
_AT_ONCE: Final = 70
"""A case closed for so many days owes nothing any more."""
_COUNTED: Final = 30 * 7
"""Crimes reported in so many days are held whatever became of them: they are counted by week."""


@dataclass(frozen=True)
class Names:
    """The names of the teams and, by team, of the divisions; `since` a local date, those of the divisions after it."""

    teams: tuple[str, ...]
    divisions: tuple[str, ...]
    since: date | None = None
    after: tuple[str, ...] = ()


def to_columns(cases: Cases, names: Names) -> Columns:
    """Return the records. A case open on the day of a reorganisation is handed to the division that its team is in."""
    order = np.argsort(cases.day, kind="stable")
    reported = (_at(cases.day, cases.minute))[order]
    team, officer = cases.team[order], cases.officer[order]
    allocations = _allocations(reported, _at(cases.closed, 18 * 60)[order], team, officer, names)
    last = np.append(allocations.crime[1:] != allocations.crime[:-1], True)
    new = np.empty_like(order)
    new[order] = np.arange(len(order))
    crime = np.arange(len(order))
    return Columns(
        crime_ref=pa.array([f"22/{place:07}/25" for place in order.tolist()]),
        reported_at=reported,
        recorded_at=reported + 30 * _MINUTE,
        offence=Coded(_codes(cases.offence[order]), tuple(offence.name for offence in OFFENCES)),
        division=allocations.division.take(last),
        team=allocations.team.take(last),
        officer=allocations.officer.take(last),
        statuses=Statuses(
            crime, _at(cases.closed, 18 * 60)[order],
            np.where(cases.cancelled[order], CANCELLED, CLOSED).astype(np.int8),
        ),
        allocations=allocations,
        victims=_victims(cases, order),
        updates=_updates(cases, new),
        events=Events(np.empty(0, np.int64), np.empty(0, np.int64), Coded(np.empty(0, np.int32), ())),
    )  # fmt: skip


def _at(day: Ints, minute: Ints | int) -> Ints:
    return (FIRST_DAY + day) * _DAY + minute * _MINUTE


def _codes(values: Ints) -> Codes:
    return values.astype(np.int32)


def _allocations(reported: Ints, closed: Ints, team: Ints, officer: Ints, names: Names) -> Allocations:
    known = tuple(dict.fromkeys((*names.divisions, *names.after)))
    before, after = (
        np.array([known.index(name) for name in by]) for by in (names.divisions, names.after or names.divisions)
    )
    since = np.iinfo(np.int64).max if names.since is None else to_day(names.since) * _DAY
    later = reported >= since
    moved = np.flatnonzero(~later & (closed >= since) & (before != after)[team])
    crime = np.append(np.arange(len(team)), moved)
    at = np.append(reported, np.full(len(moved), since))
    division = np.append(np.where(later, after[team], before[team]), after[team[moved]])
    rows = np.lexsort((at, crime))
    crime = crime[rows]
    officers = tuple(f"O{number:04}" for number in range(int(officer.max()) + 1))
    return Allocations(
        crime, at[rows], Coded(_codes(division[rows]), known), Coded(_codes(team[crime]), names.teams),
        Coded(_codes(officer[crime]), officers),
    )  # fmt: skip


def _victims(cases: Cases, order: Ints) -> Victims:
    crime = np.repeat(np.arange(len(order)), cases.victims[order])
    first = np.append(True, crime[1:] != crime[:-1]) if len(crime) else np.empty(0, np.bool_)
    day = np.where(first, cases.declined[order][crime], -1)
    declined = np.where(day >= 0, _at(day, 12 * 60), NONE)
    none = np.full(len(crime), NONE, dtype=np.int64)
    return Victims(
        crime, pa.array(np.where(first, "V1", "V2").astype(str)),
        Coded(_codes(cases.category[order][crime]), ("standard", "enhanced", "state")), none, declined, none,
        none, np.zeros(len(crime), dtype=np.int64),
    )  # fmt: skip


def _updates(cases: Cases, new: Ints) -> Updates:
    given = cases.updates
    crime, at = new[given.crime], _at(given.day, given.minute)
    entered = at + given.lag * _DAY
    rows = np.lexsort((entered, at, crime))
    count = len(rows)
    return Updates(
        crime[rows], pa.array([f"U{place}" for place in range(count)]), np.full(count, EVERY_VICTIM, dtype=np.int64),
        at[rows], entered[rows], Coded(np.zeros(count, dtype=np.int32), ("informed",)),
        Coded(_codes(given.method[rows]), ("phone", "visit", "email")),
    )  # fmt: skip


@dataclass(frozen=True)
class PlantedRecords:
    """Records as a service held them: crimes reported by then, without those that owed nothing for long.

    Closed cases are left out as retention leaves them out, so that a year of reports takes minutes: they are in no
    figure of the weeks that are reported. `whole`: everything is held, crimes reported since included, as where a
    period is first published much later. `headline`: the instant of the period that is reported. `judged`: instants whose
    records were judged for an earlier report, and are not looked at again.
    """

    name: str
    columns: Columns
    headline: datetime
    whole: bool = False
    judged: frozenset[datetime] = frozenset()

    @cached_property
    def _nothing(self) -> Columns:
        return self.columns.slice(0, 0)

    def records_known(self, known_at: datetime) -> KnownRecords:
        """Return the records as known at K."""
        if known_at in self.judged:
            return KnownRecords(self._nothing)
        if self.whole:
            return KnownRecords(self.columns)
        return KnownRecords(_held(self.columns, to_micros(known_at), known_at == self.headline))


def _held(columns: Columns, at: int, counted: bool) -> Columns:
    """Return the crimes held at an instant; those reported lately only if they are `counted`."""
    kept = columns.statuses.at >= at - _AT_ONCE * _DAY
    if counted:
        kept |= columns.reported_at >= at - _COUNTED * _DAY
    return take_columns(columns, np.flatnonzero(kept & (columns.reported_at <= at)))
