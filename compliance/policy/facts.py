"""The facts of a block of crimes, as at T and as known at K, in the form that the requirements are judged on.

A *case* is one victim of one crime. Days are local dates as whole numbers since 1970-01-01 (int32), `NEVER` where
something does not come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compliance.policy.calendars import NEVER, Days, Ints, LocalDates
from compliance.policy.model import Policy
from compliance.policy.standing import Flags, Moment, Openness
from compliance.records.columns import EVERY_VICTIM, UNKNOWN_VICTIM, Columns, Updates
from compliance.records.instants import NONE


@dataclass(frozen=True, slots=True)
class Counted:
    """The counted updates of every case, one a day (the first of each), in order, each case ended by a day NEVER.

    `start[i]` is the place of case i's first day in `day`; `row` is the row of the update in the columns, -1 at ends.
    """

    start: Ints
    day: Days
    row: Ints

    def first(self, opens: Days) -> Ints:
        """For every case, the place of the first day that is not before the day its window opens."""
        length = np.diff(self.start, append=len(self.day))
        before = self.day < np.repeat(opens, length)
        return self.start + np.add.reduceat(before, self.start, dtype=np.int64) if len(opens) else self.start


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a block that exist as at T: of crimes reported, victims added by then."""

    victim: Ints
    """Row of the victim in the columns."""
    crime: Ints
    """Row of the crime in the columns."""
    day_0: Days
    """D0: the local date of the report, or of the victim's being added if later (rules 3)."""
    exempt: Ints
    """Place of the victim's category in the policy's `exempt_victims`, -1 where it is not exempt (rules 5.5)."""
    enhanced: Flags
    agreed: Ints
    declined: Days
    """X: from when the victim declined updates, NEVER where there is no decline (rules 5.4)."""
    asked_again: Days
    """U: until when, NEVER where there is no end yet."""

    def __len__(self) -> int:
        return len(self.victim)


def cases(columns: Columns, policy: Policy, moment: Moment) -> Cases:
    """The cases that exist as at T, with what the policy has to know of each."""
    victims, local = columns.victims, policy.local
    reported = columns.reported_at[victims.crime]
    began = np.maximum(reported, victims.added_at)
    row = np.flatnonzero(began <= moment.as_at)
    if len(row) < len(victims):
        victims, began = victims.take(row), began[row]
    declined, asked_again = _declines(victims, moment, local)
    category = victims.category
    exempt = np.full(len(category.values) + 1, -1, dtype=np.int64)
    for place, name in enumerate(policy.exempt_victims):
        if (code := category.code(name)) >= 0:
            exempt[code] = place
    return Cases(
        victim=row,
        crime=victims.crime,
        day_0=local.of(began),
        exempt=exempt[category.codes],
        enhanced=category.codes == category.code("enhanced"),
        agreed=victims.agreed,
        declined=declined,
        asked_again=asked_again,
    )


def _declines(victims: Any, moment: Moment, local: LocalDates) -> tuple[Days, Days]:
    """X and U of each victim (rules 5.4), as at T and as known at K (rules 2.7, 2.8)."""
    declined = np.full(len(victims), NEVER, dtype=np.int32)
    asked_again = np.full(len(victims), NEVER, dtype=np.int32)
    at, until, entered = victims.declined_at, victims.declined_until, victims.declined_entered_at
    stands = (at != NONE) & (at <= moment.as_at)
    if moment.known_at is not None:
        stands &= np.where(entered == NONE, at, entered) <= moment.known_at
    row = np.flatnonzero(stands)
    if len(row):
        since = local.of(at[row])
        ended = (until[row] != NONE) & (until[row] <= moment.as_at)
        end = np.where(ended, local.of(until[row]), NEVER).astype(np.int32)
        declined[row] = np.where(end <= since, NEVER, since)
        asked_again[row] = np.where(end <= since, NEVER, end)
    return declined, asked_again


@dataclass(frozen=True, slots=True)
class Contacts:
    """The counted updates (rules 2.4) of every case by instant, as at T and as known at K. `case` ascends."""

    case: Ints
    row: Ints
    """Row of the update in the columns."""
    at: Ints
    day: Days

    def without_recording_day(self, recorded: Days) -> "Contacts":
        """Those not on the day the crime was recorded (rules 9.7); `recorded` is that day for each case."""
        keep = self.day != recorded[self.case]
        return Contacts(self.case[keep], self.row[keep], self.at[keep], self.day[keep])

    def by_day(self, count: int) -> Counted:
        """One a day and case, the first of the day; `count` is the number of cases."""
        first = np.ones(len(self.case), dtype=np.bool_)
        first[1:] = (self.case[1:] != self.case[:-1]) | (self.day[1:] != self.day[:-1])
        case, row, day = self.case[first], self.row[first], self.day[first]
        held = np.bincount(case, minlength=count)
        start = np.cumsum(held + 1) - (held + 1)
        place = np.arange(len(case)) + case
        days, rows = np.full(len(case) + count, NEVER, dtype=np.int32), np.full(len(case) + count, -1, dtype=np.int64)
        days[place], rows[place] = day, row
        return Counted(start, days, rows)

    def span(self, count: int) -> Ints:
        """Where each case's contacts start: case i has the places span[i] up to span[i + 1]."""
        return np.searchsorted(self.case, np.arange(count + 1)).astype(np.int64)


def contacts(columns: Columns, policy: Policy, found: Cases, moment: Moment) -> Contacts:
    """Every counted update of every case. One that names no victim counts for every victim of the crime; one that
    names a victim whom the record does not have never counts (rules 2.3)."""
    updates = columns.updates
    counts = _among(updates.outcome, policy.counted_outcomes)
    if policy.counted_methods is not None:
        counts &= _among(updates.method, policy.counted_methods)
    counts &= (updates.at <= moment.as_at) & (updates.victim != UNKNOWN_VICTIM)
    if moment.known_at is not None:
        counts &= updates.entered_at <= moment.known_at
    row = np.flatnonzero(counts)
    case, row = _cases_of(updates, row, columns, found)
    if (case[1:] < case[:-1]).any():
        order = np.argsort(case, kind="stable")
        case, row = case[order], row[order]
    at = updates.at[row]
    return Contacts(case, row, at, policy.local.of(at))


def _cases_of(updates: Updates, row: Ints, columns: Columns, found: Cases) -> tuple[Ints, Ints]:
    """(case, row of the update) for every case that each of the updates counts for."""
    case_of_victim = np.full(len(columns.victims), -1, dtype=np.int64)
    case_of_victim[found.victim] = np.arange(len(found))
    start = columns.victims_of
    named, crime = updates.victim[row], updates.crime[row]
    first, count = start[crime], start[crime + 1] - start[crime]
    victim = np.where(named == EVERY_VICTIM, first, named)
    times = np.where(named == EVERY_VICTIM, count, 1)
    if (times != 1).any():
        row, victim = np.repeat(row, times), np.repeat(victim, times)
        ahead = np.cumsum(times) - times
        victim = victim + np.arange(len(victim)) - np.repeat(ahead, times)
    case = case_of_victim[victim]
    exists = case >= 0
    return (case, row) if exists.all() else (case[exists], row[exists])


def _among(coded: Any, wanted: Sequence[str]) -> Flags:
    table = np.array([value in wanted for value in coded.values] + [False], dtype=np.bool_)
    return table[coded.codes]


@dataclass(frozen=True, slots=True)
class Block:
    """All that the requirements of a policy look at, for a block of crimes."""

    columns: Columns
    policy: Policy
    moment: Moment
    cases: Cases
    openness: Openness
    contacts: Contacts
    counted: Counted

    @classmethod
    def of(cls, columns: Columns, policy: Policy, moment: Moment) -> "Block":
        """The facts of some crimes as at T and as known at K."""
        found = cases(columns, policy, moment)
        openness = Openness(columns.statuses, len(columns), moment, policy.local)
        counted = contacts(columns, policy, found, moment)
        return cls(columns, policy, moment, found, openness, counted, counted.by_day(len(found)))

    def without_recording_day(self) -> Contacts:
        """The counted updates that were not on the day the crime was recorded (rules 9.7)."""
        return self.contacts.without_recording_day(self.policy.local.of(self.columns.recorded_at)[self.cases.crime])
