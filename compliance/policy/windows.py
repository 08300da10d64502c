"""When each requirement's clock starts, its first window opens and its due date falls (rules 6 and 9)."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import NO_DAY, Days, Ints, to_day
from compliance.policy.facts import Block, Counted
from compliance.policy.hours import find_day_met, find_limits
from compliance.policy.model import Policy
from compliance.policy.requirement import Requirement, Within
from compliance.policy.status import Flags
from compliance.policy.whom import covers

Causes = npt.NDArray[np.int8]
KNOWN: Final = -1
"""The value in `First.cause` if every date is known."""


@dataclass(frozen=True, slots=True)
class First:
    """The first window and due date under a requirement, for every case.

    `place`: the place of the first counted update that is not before the window. `cause`: KNOWN, or the place in the
    policy of the requirement whose due date is not known, which is this one or one that its `after` leads to. In that
    case the obligation is set aside, and the other columns mean nothing (rules 6.1a).
    """

    opens: Days
    due: Days
    place: Ints
    cause: Causes


class Windows:
    """The first windows and due dates of the requirements that run from the report (rules 9.2, 9.4, 9.5)."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._kept: dict[str, First] = {}

    @cached_property
    def _no_recording_day(self) -> Counted:
        return self._block.without_recording_day().by_case(len(self._block.cases))

    def updates(self, requirement: Requirement) -> Counted:
        """Return the counted updates that a requirement considers (rules 9.7)."""
        return self._block.counted if requirement.recording_day == "counts" else self._no_recording_day

    def applies(self, requirement: Requirement, day: Days, case: Ints | None = None) -> Flags:
        """Return whether a requirement applies to each case at all (rules 6.2, 9.5, A1a, A2).

        `day`: D0, or the event's date. `case`: the case of each day; None: every case in order.
        """
        covered = self.covers(requirement)
        applies = covered if case is None else covered[case]
        for limit, beyond in ((requirement.since, np.less), (requirement.until, np.greater)):
            if limit is not None:
                applies &= ~beyond(day, to_day(limit))
        return applies

    def covers(self, requirement: Requirement) -> Flags:
        """Return whether a requirement is owed to each case on some date (rules 9.5, A1a, A2)."""
        return covers(requirement, self._block.columns, self._block.cases.victim)

    def first(self, requirement: Requirement) -> First:
        """Return the first window and the first due date under a requirement, for every case."""
        if requirement.id not in self._kept:
            block, cases = self._block, self._block.cases
            opens, cause = self._opens(requirement)
            limit = find_limits(requirement, cases.began, cases.enhanced)
            due = due_date(requirement, block, cases.day_0) if limit is None else block.policy.local.of(limit)
            cause = np.where(due == NO_DAY, np.int8(block.policy.requirement.index(requirement)), cause)
            self._kept[requirement.id] = First(opens, due, self.updates(requirement).first(opens), cause)
        return self._kept[requirement.id]

    def _opens(self, requirement: Requirement) -> tuple[Days, Causes]:
        """Return when the first window opens, and the cause if that is not known (rules 9.4).

        It opens the day after the first update in R's first window on or before R's due date, otherwise the day after
        that due date. If R does not apply to a victim, R's own `after` takes its place; if none is left, 9.2 decides.
        """
        day_0 = self._block.cases.day_0
        found, cause = _first_day(requirement, day_0), np.full(len(day_0), KNOWN, dtype=np.int8)
        for before in reversed(self._chain(requirement)):
            its = self.first(before)
            first = self._day_met(before, its)
            opens = np.where(first <= its.due, first, its.due) + 1
            applies = self.applies(before, day_0)
            found, cause = np.where(applies, opens, found), np.where(applies, its.cause, cause)
        return found, cause

    def _day_met(self, requirement: Requirement, its: First) -> Days:
        """Return the local date of the first counted update in a requirement's first window; it may be late."""
        if requirement.is_in_hours:
            return find_day_met(requirement, self._block)
        return self.updates(requirement).day[its.place]

    def _chain(self, requirement: Requirement) -> list[Requirement]:
        """Return the requirement that this one comes after, and those that take its place if it does not apply."""
        chain: list[Requirement] = []
        while requirement.after:
            requirement = self._block.policy.requirement_by_id(requirement.after)
            chain.append(requirement)
            if requirement.is_for_everyone:
                break
        return chain


def _first_day(requirement: Requirement, day_0: Days) -> Days:
    return day_0 if requirement.same_day == "counts" else day_0 + 1


def due_date(requirement: Requirement, block: Block, clock: Days, case: Ints | None = None) -> Days:
    """Return the due date of each clock date (rules 6.1, 7.2, 7.4), NO_DAY if the calendar does not know it (6.1a)."""
    everyone, policy, found = case is None, block.policy, block.cases
    due = _add(policy, clock, requirement.within)
    if requirement.enhanced and requirement.enhanced.within:
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
