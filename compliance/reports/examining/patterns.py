"""Patterns in how a team's entries are made, to ask about: far more often than in the other teams, or than by chance.

Each is counted over the 13 weeks up to the end of a period, as known when it was settled. Days are local dates as
numbers since 1970-01-01, instants microseconds since 1970 in UTC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Final, Literal

import numpy as np

from compliance.policy.allocation import CaseHolders, owners
from compliance.policy.calendars import Days, Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import MET, Verdicts
from compliance.records.columns import Coded, Codes
from compliance.records.instants import to_micros
from compliance.reports.judging.clusters import correlation, effect, teams
from compliance.reports.judging.rates import due_in
from compliance.reports.judging.silent_victims import Facts
from compliance.reports.methods.funnel import upper_tail
from compliance.reports.methods.statistics import FEW
from compliance.reports.periods.spans import Span

DAYS: Final = 91
RARE: Final = 0.001
"""A pattern of a team is put to people if chance gives one as far in any team less often than this."""
MINUTE: Final = 60_000_000
_MINUTES: Final = 1440


@dataclass(frozen=True, slots=True)
class TeamRows:
    """What one team has of a pattern: its rows, which of them show it, how many chance would give, and how rare it is.

    `p`: the probability of as many by chance, in this team alone.
    """

    division: str | None
    name: str
    rows: Ints
    hit: Flags
    expected: float
    p: float


@dataclass(frozen=True, slots=True)
class PatternRows:
    """A pattern with the rows behind it: `updates` and `crimes` are rows of the columns, `obligations` of the verdicts.

    `teams`: those with at least ten rows (statistics 1.6).
    """

    key: str
    title: str
    asks: str
    expected_by: str
    table: Literal["updates", "crimes", "obligations"]
    teams: tuple[TeamRows, ...]

    def beyond(self) -> tuple[TeamRows, ...]:
        """Return the teams that show it far beyond chance, as many teams as were looked at allowed for."""
        return far_beyond(self.teams)


def far_beyond(units: Sequence[TeamRows]) -> tuple[TeamRows, ...]:
    """Return those of some units that show a pattern far beyond chance, as many as were looked at allowed for."""
    return tuple(unit for unit in units if unit.p * len(units) < RARE)


def find_patterns(verdicts: Verdicts, period: Span) -> Iterator[PatternRows]:
    """Yield every pattern that is looked for, of all teams of the force, from the verdicts of a period."""
    yield _same_clock(verdicts, period)
    yield _on_the_due_day(verdicts, period)
    yield _entered_long_after(verdicts, period)
    yield _duplicates(verdicts, period)


def _same_clock(verdicts: Verdicts, period: Span) -> PatternRows:
    """Ask which teams give updates at one clock time. Several victims told at once are one contact."""
    updates, local = verdicts.columns.updates, verdicts.policy.local
    rows = _contacts(verdicts, period)
    _, first = np.unique(np.stack([updates.crime[rows], updates.at[rows]]), axis=1, return_index=True)
    rows = rows[np.sort(first)]
    day = local.of(updates.at[rows])
    minute = local.minutes_of(updates.at[rows])
    every = np.bincount(minute, minlength=_MINUTES)
    found = []
    for division, name, own in _by_team(_holders(verdicts, updates.crime[rows], day)):
        counts = np.bincount(minute[own], minlength=_MINUTES)
        chance = (every - counts + 1) / (len(rows) - len(own) + _MINUTES)
        tails = {
            at: upper_tail(len(own), float(chance[at]), int(counts[at])) for at in np.flatnonzero(counts > 1).tolist()
        }
        at = min(tails, key=tails.__getitem__, default=0)
        p = min(1.0, tails.get(at, 1.0) * _MINUTES)
        found.append(TeamRows(division, name, rows[own], minute[own] == at, len(own) * float(chance[at]), p))
    return PatternRows(
        "same-clock", "Updates at one clock time",
        "Does somebody enter updates in batches at this time, and were the victims told then?",
        "if its updates were spread over the day as those of the other teams", "updates", tuple(found),
    )  # fmt: skip


def _on_the_due_day(verdicts: Verdicts, period: Span) -> PatternRows:
    cohort = due_in(verdicts, period.days[1] - DAYS + 1, period.days[1])
    cohort = cohort.where(cohort.state == MET)
    row = cohort.verdict
    hit = verdicts.policy.local.of(verdicts.columns.updates.at[verdicts.update[row]]) == verdicts.due_date[row]
    return PatternRows(
        "on-the-due-day", "Obligations met on the very day they were due",
        "Are victims told when there is news, or cleared from a list when a deadline comes?",
        "if as many as in the other teams", "obligations",
        tuple(_against_the_rest(row, hit, cohort.officer, (cohort.division, cohort.team))),
    )  # fmt: skip


def _entered_long_after(verdicts: Verdicts, period: Span) -> PatternRows:
    updates, local = verdicts.columns.updates, verdicts.policy.local
    rows = _contacts(verdicts, period)
    day = local.of(updates.at[rows])
    hit = local.of(updates.entered_at[rows]) - day > verdicts.policy.late_entry_days
    held = _holders(verdicts, updates.crime[rows], day)
    return PatternRows(
        "entered-long-after", f"Updates entered more than {verdicts.policy.late_entry_days} days after they took place",
        "Is the day on which the victim was told typed in from memory?",
        "if as many as in the other teams", "updates",
        tuple(_against_the_rest(rows, hit, held.owner("officer"), (held.owner("division"), held.owner("team")))),
    )  # fmt: skip


def _duplicates(verdicts: Verdicts, period: Span) -> PatternRows:
    """Ask which teams have crimes reported in the same minute in one offence group: one crime recorded twice?"""
    return PatternRows(
        "probable-duplicates", "Crimes reported in the same minute, in one offence group and team",
        "Has one crime been recorded twice? A victim of both would be counted twice in the rates.",
        "if the minute within the hour were chance", "crimes", tuple(count_alike(verdicts, period, DAYS)),
    )  # fmt: skip


def count_alike(verdicts: Verdicts, period: Span, days: int) -> Iterator[TeamRows]:
    """Yield each team's crimes of some days up to a period's end.

    Those counted were reported in the same minute, and are of the same offence group, as another of the team before.
    """
    columns, local = verdicts.columns, verdicts.policy.local
    day = local.of(columns.reported_at)
    rows = np.flatnonzero(_within(day, period, days) & (columns.reported_at <= to_micros(verdicts.as_at)))
    minute, offence = columns.reported_at[rows] // MINUTE, columns.offence.codes[rows]
    alike = float(((np.bincount(minute % 60, minlength=60) / max(len(rows), 1)) ** 2).sum())
    division, team = columns.division.take(rows), columns.team.take(rows)
    for unit, name, own in _by_team((division, team)):
        key = minute[own] * (len(columns.offence.values) + 1) + offence[own]
        first = np.zeros(len(own), dtype=np.bool_)
        first[np.unique(key, return_index=True)[1]] = True
        hit = ~first & (offence[own] >= 0)
        hour = (minute[own] // 60) * (len(columns.offence.values) + 1) + offence[own]
        together = np.unique(hour[offence[own] >= 0], return_counts=True)[1]
        expected = float((together * (together - 1) / 2).sum()) * alike
        yield TeamRows(unit, name, rows[own], hit, expected, poisson_tail(int(hit.sum()), expected))


def _contacts(verdicts: Verdicts, period: Span) -> Ints:
    """Return the counted updates given in the weeks and entered by T, as rows of the columns."""
    updates, moment = verdicts.columns.updates, to_micros(verdicts.as_at)
    counts = np.isin(updates.outcome.codes, [updates.outcome.code(each) for each in verdicts.policy.counted_outcomes])
    known = (updates.at <= moment) & (updates.entered_at <= moment)
    return np.flatnonzero(counts & known & _within(verdicts.policy.local.of(updates.at), period))


def _within(day: Days, period: Span, days: int = DAYS) -> Flags:
    last = period.days[1]
    within: Flags = (day > last - days) & (day <= last)
    return within


def _holders(verdicts: Verdicts, crime: Ints, day: Days) -> CaseHolders:
    held = owners(verdicts.columns, Facts(verdicts, verdicts.as_at).moment, verdicts.policy.local)
    return CaseHolders(verdicts.columns, crime, held.at(crime, day))


def _by_team(held: CaseHolders | tuple[Coded, Coded]) -> Iterator[tuple[str | None, str, Ints]]:
    """Yield (division, team, its places) for every team with at least ten rows, by name."""
    division, team = (held.owner("division"), held.owner("team")) if isinstance(held, CaseHolders) else held
    clusters: Codes = teams(division, team)
    order = np.argsort(clusters, kind="stable")
    codes, starts = np.unique(clusters[order], return_index=True)
    found = []
    for code, own in zip(codes.tolist(), np.split(order, starts[1:]), strict=False):  # no code: one empty part
        if code >= 0 and len(own) >= FEW:
            found.append((division.text(int(own[0])), team.text(int(own[0])) or "", own))
    yield from sorted(found, key=lambda each: (each[0] or "", each[1]))


def _against_the_rest(rows: Ints, hit: Flags, officer: Coded, held: tuple[Coded, Coded]) -> Iterator[TeamRows]:
    """Yield what each team has against the share of the others, as far as its officers' rows are independent."""
    rho = correlation(hit, officer.codes)
    for division, name, own in _by_team(held):
        count, others = int(hit[own].sum()), len(rows) - len(own)
        if not others:
            continue
        chance = (int(hit.sum()) - count + 1) / (others + 2)
        deff = effect(officer.codes[own], rho)
        p = upper_tail(max(int(len(own) / deff), 1), chance, int(count / deff))
        yield TeamRows(division, name, rows[own], hit[own], len(own) * chance, p)


def poisson_tail(count: int, mean: float) -> float:
    """Return the probability of `count` or more where so many are expected."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    return max(0.0, 1.0 - sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count)))
