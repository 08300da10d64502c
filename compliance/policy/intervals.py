"""The repeat interval of victims: calendar days, or working days of the policy's calendar (rules 7.4, 9.6, A1, A3)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from compliance.policy.calendars import NEVER, NO_DAY, Calendar, Days, Ints
from compliance.policy.model import Policy, Repeat, Requirement
from compliance.policy.status import Flags


@dataclass(frozen=True, slots=True)
class Intervals:
    """The repeat interval of each of some rows, in days; in working days of the calendar where `working`."""

    count: Days
    working: Flags
    calendar: Calendar | None

    @classmethod
    def never(cls, rows: int) -> "Intervals":
        """Those of a requirement that does not repeat."""
        return cls(np.full(rows, NEVER, dtype=np.int32), np.zeros(rows, dtype=np.bool_), None)

    def take(self, rows: Any) -> "Intervals":
        """The rows asked for."""
        return Intervals(self.count[rows], self.working[rows], self.calendar)

    def after(self, day: Days) -> Days:
        """The day an interval after the day of each row; NO_DAY where the calendar does not know it (rules 6.1a)."""
        found = day + self.count
        if self.calendar is not None:
            rows = np.flatnonzero(self.working)
            found[rows] = self.calendar.add_working_days(day[rows], self.count[rows])
        return found.astype(np.int32, copy=False)


def intervals(requirement: Requirement, policy: Policy, enhanced: Flags, agreed: Ints) -> Intervals | None:
    """The repeat interval of victims, None where the requirement does not repeat.

    Of each victim is told whether they are of category `enhanced`, and the days agreed with them, 0 where none were.
    """
    if requirement.repeat_every is None:
        return None
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
    """Where the calendar knows a day."""
    return day != NO_DAY
