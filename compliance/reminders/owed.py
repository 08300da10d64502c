"""What is owed now, as the engine judges it, with the facts of the record that a recipient needs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

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
from compliance.reminders.sending_times import due_soon_on, next_plan_day
from compliance.reminders.team_rules import TeamRules
from compliance.reminders.waiting import Waiting, find_waiting

Key = tuple[str, str, str, int, date]
"""The key of an obligation: crime, victim, requirement, cycle, clock date."""
Spell = tuple[Key, int]
"""One time an obligation became overdue: its key, and which time that was, from 1."""


class Became(NamedTuple):
    """How often an obligation has become overdue, from 1, and when that was last noticed (aware)."""

    spell: int
    noticed_at: datetime


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
    planned: bool = False
    """Whether it falls due soon, and by the next week's plan."""
    counts_from: date | None = None
    """The due date from which the ladder counts: that of the first cycle missed in the same silence since the service
    started. None: its own."""
    wait: tuple[Spell, ...] = ()
    """Everything owed in the same wait of the victim: whoever was told of one of these was told of the victim.

    That is what is overdue, or was when the case closed, and the cycles missed by silence just before. Empty: itself
    alone.
    """
    wait_since: date = date.min
    """When the wait was last found to go on after all, for example because an update was removed."""
    owed_again_on: date | None = None
    """When it was found to be owed again, for example because an update was removed; None: it was owed all along."""

    @property
    def spell_key(self) -> Spell:
        """Return the key of this spell of the obligation."""
        return self.key, self.spell

    @property
    def overdue_since(self) -> date:
        """Return the due date from which the ladder counts."""
        return self.counts_from or self.due_date

    @property
    def key(self) -> Key:
        """Return the key of the obligation, the same at any time."""
        return self.waiting.crime_ref, self.waiting.victim_ref, self.requirement, self.cycle, self.clock_date

    @property
    def urgency(self) -> tuple[int, Key]:
        """Return the sort key that puts the longest owed first."""
        return -self.days_missed, self.key

    @property
    def days_missed(self) -> int:
        """Return the days since the due date, of a run of missed cycles that of the first (rules 4.5)."""
        return self.days_over + (self.due_date - (self.first_due or self.due_date)).days

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
    crimes: Sequence[Crime],
    policy: Policy,
    rules: Reminders,
    now: datetime,
    spells: Mapping[Key, Became],
    renewed: Mapping[tuple[str, str], date] | None = None,
    teams: TeamRules | None = None,
) -> list[Owed]:
    """Return every obligation of these crimes that may have to be notified as at `now` (aware), the longest owed first.

    That is what is overdue, what falls due soon, and what is owed on a case that has closed. While a case is closed,
    obligations that are owed only in open cases are not announced. The next due date of a repeating requirement is
    calculated from the last counted update, even before that cycle exists (rules 4.4, 4.5). `spells` says how often an
    obligation has become overdue; once if `spells` does not have it. `renewed` has the local date on which contact was
    last found to be owed after all, by crime and victim. `teams` has the rules for each team during a trial.
    """
    teams = teams or TeamRules(rules)
    table = columns(crimes)
    verdicts = judge(table, policy, now)
    block = Block.of(table, policy, Moment.of(policy.local, now))
    today = from_day(block.moment.today)
    rows = _candidates(verdicts, block.moment.today, horizon(policy, teams, today))
    waiting = find_waiting(crimes, block, set(verdicts.victim[rows].tolist()), rules.hold_days)
    next_plans = {each.plan_weekday: next_plan_day(policy, each, today) for each in teams.all}
    limits = verdicts.due_instants()
    since = renewed or {}

    def spell(key: Key) -> int:
        return spells[key].spell if key in spells else 1

    found: list[Owed] = []
    waits: dict[tuple[str, str], list[Spell]] = defaultdict(list)
    for row in rows.tolist():
        victim = waiting[int(verdicts.victim[row])]
        for owed in _of_row(verdicts, row, victim, today):
            if owed.standing is Standing.DUE_SOON:
                own = teams.of(victim.team)
                days = own.ladder_for(owed.requirement, victim.category).due_soon_days
                next_plan = next_plans[own.plan_weekday]
                planned = next_plan is not None and owed.due_date <= next_plan
                early = not days or due_soon_on(policy, owed.due_date, days) > today
                goes_along = 0 < own.ahead_days >= -owed.days_over
                if early and not planned and not goes_along:
                    continue
                owed = replace(owed, early=early, planned=planned)  # noqa: PLW2901
            if limits[row] != NONE:
                due_time = f"{policy.local.clock_at(from_micros(int(limits[row]))):%H:%M}"
                owed = replace(owed, due_time=due_time)  # noqa: PLW2901
            owed = replace(owed, spell=spell(owed.key))  # noqa: PLW2901
            if owed.standing is not Standing.DUE_SOON:
                missed = _list_missed_before(verdicts, row, owed.key, rules.due_from)
                waits[victim.key] += [*((key, spell(key)) for key, _ in missed), owed.spell_key]
                owed_again_on = policy.local.date_of(spells[owed.key].noticed_at) if owed.key in spells else date.min
                owed = replace(  # noqa: PLW2901
                    owed,
                    counts_from=missed[0][1] if missed else None,
                    owed_again_on=owed_again_on if owed_again_on >= since.get(victim.key, date.max) else None,
                )
            found.append(owed)
    told = {victim: (tuple(dict.fromkeys(of)), since.get(victim, date.min)) for victim, of in waits.items()}
    return sorted((_in_wait(owed, told) for owed in found), key=lambda owed: owed.urgency)


def _in_wait(owed: Owed, told: Mapping[tuple[str, str], tuple[tuple[Spell, ...], date]]) -> Owed:
    """Return an obligation with everything owed in the same wait of the victim."""
    if owed.standing is Standing.DUE_SOON:
        return owed
    wait, since = told[owed.waiting.key]
    return replace(owed, wait=wait, wait_since=since)


def horizon(policy: Policy, teams: TeamRules, today: date) -> int:
    """Return the number of days ahead within which a due date may have to be notified on a date; 0 if none."""
    return max(_horizon(policy, rules, today) for rules in teams.all)


def _horizon(policy: Policy, rules: Reminders, today: date) -> int:
    days = max(rules.ladder_for(r.id, c).due_soon_days for r in policy.requirement for c in rules.categories)
    ahead = days + 12  # the longest run of days off is over Christmas
    while days and ahead > rules.ahead_days and due_soon_on(policy, today + timedelta(days=ahead), days) > today:
        ahead -= 1
    plan = next_plan_day(policy, rules, today)
    return max(ahead if days else 0, rules.ahead_days, (plan - today).days if plan else 0)


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


def _list_missed_before(verdicts: Verdicts, row: int, key: Key, since: date) -> list[tuple[Key, date]]:
    """Return the cycles in a row missed by silence just before an obligation, in order, each with its due date.

    Only those due since a date are included.
    """
    found: list[tuple[Key, date]] = []
    while row and _follows_silence(verdicts, row) and (due := from_day(verdicts.due_date[row - 1])) >= since:
        row -= 1
        found.append(((*key[:3], int(verdicts.cycle[row]), from_day(verdicts.clock_date[row])), due))
    return found[::-1]


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
