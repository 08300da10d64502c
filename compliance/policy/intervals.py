"""The repeat intervals of victims: calendar days, or working days of the policy's calendar (rules 7.4, 9.6, A1, A3)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from compliance.policy.calendars import NEVER, NO_DAY, Calendar, Days, Ints, to_day
from compliance.policy.model import Policy
from compliance.policy.requirement import Repeat, Requirement
from compliance.policy.status import Flags
from compliance.policy.whom import covers
from compliance.records.columns import Columns


@dataclass(frozen=True, slots=True)
class Intervals:
    """The repeat interval of each row, in days or, if `working`, in working days of the calendar.

    `later`: the day on which each further requirement takes over, and its intervals, in order (rules A5).
    """

    count: Days
    working: Flags
    calendar: Calendar | None
    later: "tuple[tuple[int, Intervals], ...]" = ()

    @classmethod
    def never(cls, rows: int) -> "Intervals":
        """Return the intervals of a requirement that does not repeat."""
        return cls(np.full(rows, NEVER, dtype=np.int32), np.zeros(rows, dtype=np.bool_), None)

    def take(self, rows: Any) -> "Intervals":
        """Return the chosen rows."""
        later = tuple((since, other.take(rows)) for since, other in self.later)
        return Intervals(self.count[rows], self.working[rows], self.calendar, later)

    def after(self, day: Days, start: Days | None = None) -> Days:
        """Return the day an interval after the day of each row.

        `start`: the day on which the cycle starts whose interval is meant, the same day if not given: from `later` the
        requirement in force then is taken (A5). NO_DAY if the calendar does not know the day (rules 6.1a); NEVER or
        later if the requirement in force is not owed to the victim.
        """
        found = day + self.count
        if self.calendar is not None:
            rows = np.flatnonzero(self.working)
            found[rows] = self.calendar.add_working_days(day[rows], self.count[rows])
        for since, other in self.later:
            found = np.where((day if start is None else start) >= since, other.after(day), found)
        return found.astype(np.int32, copy=False)


def intervals(requirement: Requirement, policy: Policy, columns: Columns, victim: Ints) -> Intervals | None:
    """Return the repeat interval of each victim (rows of the columns), None if the requirement does not repeat."""
    if requirement.repeat_every is None:
        return None
    category, agreed = columns.victims.category, columns.victims.agreed[victim]
    enhanced = category.codes[victim] == category.code("enhanced")
    own = _own_intervals(requirement, policy, enhanced, agreed)
    owed, later = np.ones(len(victim), dtype=np.bool_), []
    following = policy.successor(requirement)
    while following is not None and following.since is not None:
        owed = owed & covers(following, columns, victim)
        theirs = _own_intervals(following, policy, enhanced, agreed)
        count = np.where(owed, theirs.count, np.int32(NEVER)).astype(np.int32)
        later.append((to_day(following.since), replace(theirs, count=count, working=theirs.working & owed)))
        following = policy.successor(following)
    return replace(own, later=tuple(later))


def _own_intervals(requirement: Requirement, policy: Policy, enhanced: Flags, agreed: Ints) -> Intervals:
    """Return the intervals of a requirement alone, without those that take over from it.

    `enhanced`: whether each victim is of category `enhanced`. `agreed`: the days agreed with each, 0 if none were.
    """
    count, working = np.empty(len(agreed), dtype=np.int32), np.empty(len(agreed), dtype=np.bool_)

    def fill(rows: Any, repeat: Repeat | None) -> None:
        if repeat:
            count[rows], working[rows] = repeat.days or repeat.working_days or 0, repeat.days is None

    fill(slice(None), requirement.repeat_every)
    if requirement.enhanced:
        fill(enhanced, requirement.enhanced.repeat_every)
    if requirement.honour_agreed_interval:
        honoured = agreed > 0
        count[honoured], working[honoured] = agreed[honoured], False
    return Intervals(count, working, policy.working if working.any() else None)


def is_known(day: Days) -> Flags:
    """Return which days the calendar knows."""
    return day != NO_DAY
