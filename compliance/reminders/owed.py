"""What is owed now, as the engine judges it, with the facts of the record that a recipient needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import numpy as np

from compliance.policy import Policy, judge
from compliance.policy.calendars import NEVER, NO_DAY, from_day, to_day
from compliance.policy.facts import Block
from compliance.policy.intervals import intervals
from compliance.policy.moment import Moment
from compliance.policy.requirement import Requirement
from compliance.policy.verdicts import MET, MISSED, OVERDUE, PENDING, YES, Clause, Verdicts
from compliance.records import Crime, columns
from compliance.records.instants import NONE, from_micros
from compliance.reminder_settings import Reminders
from compliance.reminders.sending_times import due_soon_on
from compliance.reminders.waiting import Waiting, find_waiting

Key = tuple[str, str, str, int, date]
"""The key of an obligation: crime, victim, requirement, cycle, clock date."""


class Standing(StrEnum):
    """The standing of an obligation that may have to be notified."""

    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    CLOSED = "closed"
    """The case closed while it was owed, and nothing has been recorded since."""


SETTLED: Final = 4
"""Having a case for this many days by the due date counts as knowing it; with fewer, it was handed over."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation that is owed.

    `spell` counts how often it has become overdue, from 1. `days_over` is negative before the due date. `missed_before`
    counts the cycles in a row missed before this one, the first of which was due on `first_due` (rules 4.5).
    """

    waiting: Waiting
    requirement: str
    cycle: int
    clock_date: date
    due_date: date
    days_over: int
    same_day: bool
    """Whether there was an update on the clock date, which does not discharge it (rules 3.3)."""
    spell: int
    standing: Standing = Standing.OVERDUE
    missed_before: int = 0
    first_due: date | None = None
    due_time: str | None = None
    """The local time of day at which it falls due on the due date, for a requirement in hours alone (rules A6)."""
    early: bool = False
    """Whether it falls due soon but its announcement day has not arrived: it only goes along with other news."""

    @property
    def key(self) -> Key:
        """Return the key of the obligation, the same at any time."""
        return self.waiting.crime_ref, self.waiting.victim_ref, self.requirement, self.cycle, self.clock_date

    @property
    def urgency(self) -> tuple[int, Key]:
        """Return the sort key that puts the longest owed first."""
        return -self.days_over - (self.due_date - (self.first_due or self.due_date)).days, self.key

    @property
    def handed_over_on(self) -> date | None:
        """Return when the officer took the case over, if they had it for less than `SETTLED` days by the due date.

        All the times they had it are added together. None otherwise.
        """
        waiting = self.waiting
        if waiting.officer_since is None:
            return None
        had = max((self.due_date - waiting.officer_since).days, 0) + sum(
            max((min(tenure.until, self.due_date + timedelta(days=1)) - tenure.since).days - 1, 0)
            for tenure in waiting.earlier
            if tenure.officer == waiting.officer_ref
        )
        return waiting.officer_since if had < SETTLED else None


def find_owed(
    crimes: Sequence[Crime], policy: Policy, rules: Reminders, now: datetime, spells: Mapping[Key, int]
) -> list[Owed]:
    """Return every obligation of these crimes that may have to be notified as at `now` (aware), the longest owed first.

    That is what is overdue, what falls due soon, and what is owed on a case that has closed. While a case is closed,
    obligations that are owed only in open cases are not announced. The next due date of a repeating requirement is
    calculated from the last counted update, even before that cycle exists (rules 4.4, 4.5). `spells` says how often an
    obligation has become overdue; it is 1 if `spells` does not have it.
    """
    table = columns(crimes)
    verdicts = judge(table, policy, now)
    block = Block.of(table, policy, Moment.of(policy.local, now))
    today = from_day(block.moment.today)
    rows = _candidates(verdicts, block.moment.today, horizon(policy, rules, today))
    waiting = find_waiting(crimes, block, set(verdicts.victim[rows].tolist()), rules.hold_days)
    limits = verdicts.due_instants()
    found = []
    for row in rows.tolist():
        victim = waiting[int(verdicts.victim[row])]
        for owed in _of_row(verdicts, row, victim, today):
            if owed.standing is Standing.DUE_SOON:
                days = rules.ladder_for(owed.requirement, victim.category).due_soon_days
                early = days > 0 and due_soon_on(policy, owed.due_date, days) > today
                if not days or (early and -owed.days_over > rules.ahead_days):
                    continue
                owed = replace(owed, early=early)  # noqa: PLW2901
            if limits[row] != NONE:
                due_time = f"{policy.local.clock_at(from_micros(int(limits[row]))):%H:%M}"
                owed = replace(owed, due_time=due_time)  # noqa: PLW2901
            found.append(replace(owed, spell=spells.get(owed.key, 1)))
    return sorted(found, key=lambda owed: owed.urgency)


def horizon(policy: Policy, rules: Reminders, today: date) -> int:
    """Return the number of days ahead within which a due date may have to be notified on a date; 0 if none."""
    days = max(rules.ladder_for(r.id, c).due_soon_days for r in policy.requirement for c in rules.categories)
    ahead = days + 12  # the longest run of days off is over Christmas
    while days and ahead > rules.ahead_days and due_soon_on(policy, today + timedelta(days=ahead), days) > today:
        ahead -= 1
    return max(ahead, rules.ahead_days) if days else 0


def _candidates(verdicts: Verdicts, today: int, days: int) -> Any:
    """Return the rows that may have to be notified."""
    state, due = verdicts.state, verdicts.due_date
    soon = ((state == PENDING) | (state == MET)) & (due >= today) & (due <= today + days)
    shut = (state == MISSED) & (verdicts.clause == Clause.CLOSED_WHILE_OVERDUE)
    shut &= due >= today - 2 * verdicts.policy.owed_after_close_days
    return np.flatnonzero((state == OVERDUE) | soon | shut)


def _of_row(verdicts: Verdicts, row: int, victim: Waiting, today: date) -> Iterator[Owed]:
    policy, state = verdicts.policy, int(verdicts.state[row])
    requirement = policy.requirement[int(verdicts.requirement[row])]
    cycle, clock = int(verdicts.cycle[row]), from_day(verdicts.clock_date[row])
    due, same_day = from_day(verdicts.due_date[row]), bool(verdicts.same_day_update[row] == YES)
    standing = Standing.OVERDUE
    if state in (PENDING, MET):
        if requirement.open_only and not victim.is_open:
            return
        standing = Standing.DUE_SOON
        if state == MET:
            following = _next_cycle(requirement, verdicts, row, victim)
            if following is None:
                return
            own, (requirement, clock, due), same_day = requirement, following, False
            cycle = cycle + 1 if requirement is own else 1
    elif victim.closed_on is not None and not victim.updated_since(victim.closed_on):
        if (today - victim.closed_on).days > policy.owed_after_close_days:
            return
        standing = Standing.CLOSED
    elif state == MISSED:
        return
    missed = _count_missed_before(verdicts, row) if state == OVERDUE else 0
    first = from_day(verdicts.due_date[row - missed]) if missed else None
    yield Owed(victim, requirement.id, cycle, clock, due, (today - due).days, same_day, 1, standing, missed, first)


def _count_missed_before(verdicts: Verdicts, row: int) -> int:
    """Return how many cycles of a chain in a row were missed just before a verdict, purely by silence (rules 4.5)."""
    count = 0
    while row > count and _follows_silence(verdicts, row - count):
        count += 1
    return count


def _follows_silence(verdicts: Verdicts, row: int) -> bool:
    """Return whether a verdict belongs to the cycle that replaced a missed one (rules 4.5)."""
    before = row - 1
    same = verdicts.victim[before] == verdicts.victim[row] and verdicts.requirement[before] == verdicts.requirement[row]
    return bool(same and verdicts.clause[before] == Clause.SILENCE)


def _next_cycle(
    requirement: Requirement, verdicts: Verdicts, row: int, victim: Waiting
) -> tuple[Requirement, date, date] | None:
    """Return the requirement, clock date and due date, as things are now, of the cycle after a met one not yet due.

    The requirement is another one if that takes over by then (rules A5). None if there is no such cycle.
    """
    every = intervals(requirement, verdicts.policy, verdicts.columns, verdicts.victim[[row]])
    if every is None or victim.declining or victim.last_update is None:
        return None
    if to_day(victim.last_update) < int(verdicts.window_opens[row]):
        return None
    start = int(verdicts.due_date[row]) + 1
    clocks, starts = np.array([[to_day(victim.last_update)], [start]], dtype=np.int32)
    due = int(every.after(clocks, starts)[0])
    if due == NO_DAY or due >= NEVER:
        return None
    following = verdicts.policy.governing(requirement, from_day(start))
    if following is not requirement:
        due = max(due, start)
    return following, victim.last_update, from_day(due)
