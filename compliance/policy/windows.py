"""When each requirement's clock starts, its first window opens and its due date falls (rules 6 and 9)."""

from functools import cached_property

import numpy as np

from compliance.policy.calendars import Days, Ints, to_day
from compliance.policy.facts import Block, Cases, Counted
from compliance.policy.model import Policy, Requirement, Within
from compliance.policy.standing import Flags


class Windows:
    """First windows and due dates of the requirements that run from the report (rules 9.2, 9.4, 9.5)."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._kept: dict[str, tuple[Days, Days, Ints]] = {}

    @cached_property
    def _no_recording_day(self) -> Counted:
        return self._block.without_recording_day().by_case(len(self._block.cases))

    def updates(self, requirement: Requirement) -> Counted:
        """The counted updates that the requirement looks at (rules 9.7)."""
        return self._block.counted if requirement.recording_day == "counts" else self._no_recording_day

    def applies(self, requirement: Requirement, day: Days, case: Ints | None = None) -> Flags:
        """To which cases the requirement applies at all (rules 6.2, 9.5); `day` is D0 or the event's date."""
        applies = np.ones(len(day), dtype=np.bool_)
        if requirement.only_for is not None:
            category = self._block.columns.victims.category.take(self._block.cases.victim)
            wanted = np.isin(category.codes, [category.code(name) for name in requirement.only_for])
            applies &= wanted if case is None else wanted[case]
        for limit, beyond in ((requirement.since, np.less), (requirement.until, np.greater)):
            if limit is not None:
                applies &= ~beyond(day, to_day(limit))
        return applies

    def first(self, requirement: Requirement) -> tuple[Days, Days, Ints]:
        """(the day the first window opens, the first due date, the place of the first update not before the window)."""
        if requirement.id not in self._kept:
            day_0 = self._block.cases.day_0
            opens = self._after(requirement) if requirement.after else _first_day(requirement, day_0)
            place = self.updates(requirement).first(opens)
            self._kept[requirement.id] = (opens, due_date(requirement, self._block, day_0), place)
        return self._kept[requirement.id]

    def _after(self, requirement: Requirement) -> Days:
        """The day after the first update in R's first window on or before R's due date, else after that due date; where
        R does not apply to a victim, by R's own `after`, and where none is left by 9.2 (rules 9.4)."""
        before = self._block.policy.named(str(requirement.after))
        _, due, place = self.first(before)
        first = self.updates(before).day[place]
        opens = np.where(first <= due, first, due) + 1
        applies = self.applies(before, self._block.cases.day_0)
        if applies.all():
            return opens
        other = self._after(before) if before.after else _first_day(requirement, self._block.cases.day_0)
        return np.where(applies, opens, other)


def _first_day(requirement: Requirement, day_0: Days) -> Days:
    return day_0 if requirement.same_day == "counts" else day_0 + 1


def due_date(requirement: Requirement, block: Block, clock: Days, case: Ints | None = None) -> Days:
    """The due date of each clock date (rules 6.1, 7.2, 7.4). Raises SettingsError beyond the calendar."""
    everyone, policy, found = case is None, block.policy, block.cases
    due = _add(policy, clock, requirement.within)
    if requirement.enhanced:
        rows = np.flatnonzero(found.enhanced if everyone else found.enhanced[case])
        due[rows] = _add(policy, clock[rows], requirement.enhanced.within)
    if requirement.honour_agreed_interval:
        agreed = found.agreed if everyone else found.agreed[case]
        due = np.where(agreed > 0, clock + agreed, due).astype(np.int32)
    return due


def _add(policy: Policy, clock: Days, within: Within) -> Days:
    if within.days is not None:
        return clock + np.int32(within.days)
    return policy.working.add_working_days(clock, int(within.working_days or 0)).copy()


def interval(requirement: Requirement, found: Cases) -> Days | None:
    """The repeat interval of each case in days (rules 7.4, 9.6)."""
    if requirement.repeat_every is None:
        return None
    days = np.full(len(found), requirement.repeat_every.days, dtype=np.int32)
    if requirement.honour_agreed_interval:
        days = np.where(found.agreed > 0, found.agreed, days).astype(np.int32)
    return days
