"""The facts of a block of crimes, as at T and as known at K, in the form in which requirements are judged.

A *case* is one victim of one crime. Days are local dates as whole numbers since 1970-01-01 (int32), `NEVER` for a day
that does not come.
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
"""Rows of the columns' updates. They are only carried, so they are half as wide as places used for look-up."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The counted updates of every case in order, with a day NEVER at the end of each case.

    `start[i]` is the place of case i's first day in `day`. `row` is the row of the update in the columns, -1 at a
    NEVER.
    """

    start: Ints
    day: Days
    row: Places

    def first(self, opens: Days) -> Ints:
        """Return, for each case, the place of its first day that is not before its window opens."""
        place = self.start.copy()
        advance(self.day, place, opens)
        return place


def advance(day: Days, place: Ints, opens: Days) -> None:
    """Move each place, by changing `place`, forward to the first day that is not before its window opens."""
    live = np.flatnonzero(day[place] < opens)
    while len(live):
        place[live] += 1
        live = live[day[place[live]] < opens[live]]


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a block that exist as at T: the crime has been reported and the victim added (rules 2.7)."""

    victim: Ints
    """Row of the victim in the columns."""
    crime: Ints
    """Row of the crime in the columns."""
    began: Ints
    """The instant of the report, or of adding the victim if that is later (rules 3), in microseconds."""
    day_0: Days
    """D0: the local date of `began` (rules 3)."""
    exempt: Ints
    """Place of the victim's category in the policy's `exempt_victims`, -1 if it is not exempt (rules 5.5)."""
    enhanced: Flags
    agreed: Ints
    declined: Days
    """X: the day on which the victim declined updates, NEVER if there is no decline (rules 5.4)."""
    asked_again: Days
    """U: the day on which the decline ended, NEVER if it has not."""

    def __len__(self) -> int:
        return len(self.victim)


def cases(columns: Columns, policy: Policy, moment: Moment) -> Cases:
    """Return the cases that exist as at T, with what the policy needs to know about each."""
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
    """Return X and U of each victim (rules 5.4), as at T and as known at K (rules 2.7, 2.8)."""
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
    """The counted updates (rules 2.4) as at T and as known at K, ordered by case and instant."""

    case: Ints
    row: Ints
    """Row of the update in the columns."""
    at: Ints
    day: Days

    def without_recording_day(self, recorded: Days) -> "Contacts":
        """Return those not on the day the crime was recorded (rules 9.7). `recorded`: that day for each case."""
        keep = self.day != recorded[self.case]
        return Contacts(self.case[keep], self.row[keep], self.at[keep], self.day[keep])

    def by_case(self, count: int) -> Counted:
        """Return them as `Counted`. `count`: the number of cases."""
        ends = starts(np.bincount(self.case, minlength=count) + 1)
        place = np.arange(len(self.case)) + self.case
        day = np.full(len(self.case) + count, NEVER, dtype=np.int32)
        row = np.full(len(self.case) + count, -1, dtype=np.int32)
        day[place], row[place] = self.day, self.row
        return Counted(ends[:-1], day, row)

    def first_at_or_after(self, case: Ints, instant: Ints, count: int) -> "tuple[Counted, Ints]":
        """Return them as one list, and the place in it of the first contact at or after each instant (rules 7.1).

        `instant`: one for each element of `case`. An update later on the same day counts. The list ends with a day
        NEVER, whose place is returned if there is no such contact. `count`: the number of cases.
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
    """Return every counted update of every case (rules 2.3).

    An update that names no victim counts for every victim of the crime. One that names a victim whom the record does
    not have never counts.
    """
    updates = columns.updates
    counts = _among(updates.outcome, policy.counted_outcomes)
    if policy.counted_methods is not None:
        counts &= _among(updates.method, policy.counted_methods)
    counts &= (updates.at <= moment.as_at) & (updates.victim != UNKNOWN_VICTIM)
    if moment.known_at is not None:
        counts &= updates.entered_at <= moment.known_at
    row = np.flatnonzero(counts)
    # For each case take every update of its crime, then remove those that name another victim.
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
    """Everything that the requirements of a policy need, for a block of crimes."""

    columns: Columns
    policy: Policy
    moment: Moment
    cases: Cases
    openness: Openness
    contacts: Contacts
    counted: Counted

    @classmethod
    def of(cls, columns: Columns, policy: Policy, moment: Moment) -> "Block":
        """Return the facts of crimes as at T and as known at K."""
        found = cases(columns, policy, moment)
        openness = Openness(columns.statuses, len(columns), moment, policy.local)
        counted = contacts(columns, policy, found, moment)
        return cls(columns, policy, moment, found, openness, counted, counted.by_case(len(found)))

    def contacts_for(self, requirement: Requirement) -> Contacts:
        """Return the counted updates that a requirement considers (rules 9.7)."""
        return self.contacts if requirement.recording_day == "counts" else self.without_recording_day()

    def without_recording_day(self) -> Contacts:
        """Return the counted updates that were not on the day the crime was recorded (rules 9.7)."""
        return self.contacts.without_recording_day(self.policy.local.of(self.columns.recorded_at)[self.cases.crime])
