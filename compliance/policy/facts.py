"""The facts of a block of crimes, as at T and as known at K, in the form that the requirements are judged on.

A *case* is one victim of one crime. Days are local dates as whole numbers since 1970-01-01 (int32), `NEVER` where
something does not come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import NEVER, Days, Ints, LocalDates
from compliance.policy.model import Policy
from compliance.policy.moment import Moment
from compliance.policy.requirement import Requirement
from compliance.policy.status import Flags, Openness, starts
from compliance.records.columns import EVERY_VICTIM, UNKNOWN_VICTIM, Columns
from compliance.records.instants import NONE

Places = npt.NDArray[np.int32]
"""Rows of the columns' updates: half as wide as places that others are found by, for they are only carried."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The counted updates of every case in order, each case ended by a day NEVER.

    `start[i]` is the place of case i's first day in `day`; `row` is the row of the update in the columns, -1 at ends.
    """

    start: Ints
    day: Days
    row: Places

    def first(self, opens: Days) -> Ints:
        """For every case, the place of the first day that is not before the day its window opens."""
        place = self.start.copy()
        advance(self.day, place, opens)
        return place


def advance(day: Days, place: Ints, opens: Days) -> None:
    """Move each place forward, where it stands, to the first day that is not before its window."""
    live = np.flatnonzero(day[place] < opens)
    while len(live):
        place[live] += 1
        live = live[day[place[live]] < opens[live]]


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a block that exist as at T: of crimes reported, victims added by then."""

    victim: Ints
    """Row of the victim in the columns."""
    crime: Ints
    """Row of the crime in the columns."""
    began: Ints
    """The instant of the report, or of the victim's being added if later (rules 3), in microseconds."""
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
        began=began,
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

    def by_case(self, count: int) -> Counted:
        """The same case by case, each ended by a day that never comes; `count` is the number of cases."""
        ends = starts(np.bincount(self.case, minlength=count) + 1)
        place = np.arange(len(self.case)) + self.case
        day = np.full(len(self.case) + count, NEVER, dtype=np.int32)
        row = np.full(len(self.case) + count, -1, dtype=np.int32)
        day[place], row[place] = self.day, self.row
        return Counted(ends[:-1], day, row)

    def first_at_or_after(self, case: Ints, instant: Ints, count: int) -> "tuple[Counted, Ints]":
        """The same in one list that a day NEVER ends, and the place in it of the first contact at or after the instant
        of each case asked for: an update later on the same day counts (rules 7.1). `count`: how many cases there are.
        """
        start = starts(np.bincount(self.case, minlength=count))
        low, high = start[case], start[case + 1]
        while len(live := np.flatnonzero(low < high)):
            middle = (low[live] + high[live]) // 2
            less = self.at[middle] < instant[live]
            low[live] = np.where(less, middle + 1, low[live])
            high[live] = np.where(less, high[live], middle)
        place = np.where(low < start[case + 1], low, len(self.at))
        return Counted(start, np.append(self.day, NEVER).astype(np.int32), np.append(self.row, -1)), place


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
    # Case by case: every update of its crime, then without those that name another victim.
    held = starts(np.bincount(updates.crime[row], minlength=len(columns)))
    first, many = held[found.crime], (held[1:] - held[:-1])[found.crime]
    case = np.repeat(np.arange(len(found)), many)
    row = row[np.arange(len(case)) + np.repeat(first - starts(many)[:-1], many)]
    named = updates.victim[row]
    if (named != EVERY_VICTIM).any():
        meant = (named == EVERY_VICTIM) | (named == found.victim[case])
        case, row = case[meant], row[meant]
    at = updates.at[row]
    return Contacts(case, row, at, policy.local.of(at))


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
        return cls(columns, policy, moment, found, openness, counted, counted.by_case(len(found)))

    def contacts_for(self, requirement: Requirement) -> Contacts:
        """The counted updates that a requirement looks at (rules 9.7)."""
        return self.contacts if requirement.recording_day == "counts" else self.without_recording_day()

    def without_recording_day(self) -> Contacts:
        """The counted updates that were not on the day the crime was recorded (rules 9.7)."""
        return self.contacts.without_recording_day(self.policy.local.of(self.columns.recorded_at)[self.cases.crime])
