"""Questions about how updates get into the records, with what chance alone would give where that can be calculated.

Days are local dates as numbers since 1970-01-01.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow.compute as pc

from compliance.policy.calendars import Days, Ints
from compliance.policy.status import Flags, status_at
from compliance.policy.verdicts import EXEMPT, LAPSED, MET, Clause, Verdicts
from compliance.records.columns import CANCELLED, EVERY_VICTIM, Coded, Columns
from compliance.records.instants import NONE, to_micros
from compliance.reports.examining.quality import ATTEMPTED
from compliance.reports.judging.clusters import clustered
from compliance.reports.judging.rates import Cohort, owner, proportion
from compliance.reports.judging.silent_victims import Facts
from compliance.reports.model.findings import EntryQuestion
from compliance.reports.model.proportions import Proportion
from compliance.reports.periods.spans import Span

CLOSE: Final = 2
"""How many days before the due date count as near it."""
SOON: Final = 12 * 3_600_000_000
"""Twelve hours, in microseconds."""
UNIFORM: Final = "if any day of the window were as likely as another"


@dataclass(frozen=True, slots=True)
class Seen:
    """A question with the rows behind it.

    - `rows`: the rows of `table` that it is asked of. `updates` and `victims` are rows of `columns`, `obligations` of
      `verdicts`.
    - `hit`: for which of them the answer is yes.
    - `officer`: the officer by whom they are clustered, if known.
    - `at`: when what is asked about took place, in microseconds, if it is not an update.
    """

    question: EntryQuestion
    table: Literal["updates", "victims", "obligations"]
    rows: Ints
    hit: Flags
    columns: Columns
    verdicts: Verdicts
    officer: Coded | None = None
    at: Ints | None = None


def questions(verdicts: Verdicts, own: Verdicts, period: Span, cohort: Cohort, before: Columns) -> Iterator[Seen]:
    """Yield the questions about a period.

    `cohort`: the obligations due in it, rows of `verdicts`. `own`: the verdicts on the crimes that the report covers.
    `before`: the records as known one period earlier.
    """
    met = cohort.where(cohort.state == MET)
    yield from _of_entries(own, period)
    yield from _of_met(verdicts, met)
    yield from _of_waivers(own, period)
    yield _categories(own, before)


def contacts(verdicts: Verdicts, period: Span) -> tuple[Flags, Flags]:
    """Return flags of the updates entered in a period: (those that count, attempts that did not reach the victim)."""
    outcome, rows = verdicts.columns.updates.outcome, _select_entered(verdicts, period)
    counts = np.isin(outcome.codes, [outcome.code(name) for name in verdicts.policy.counted_outcomes])
    return rows & counts, rows & ~counts & (outcome.codes == outcome.code(ATTEMPTED))


def _select_entered(verdicts: Verdicts, period: Span) -> Flags:
    """Return which updates were entered in a period, as at T and as known at K."""
    updates = verdicts.columns.updates
    day = verdicts.policy.local.of(updates.entered_at)
    first, last = period.days
    moment = to_micros(verdicts.as_at)
    known: Flags = (day >= first) & (day <= last) & (updates.entered_at <= moment) & (updates.at <= moment)
    return known


def _of_entries(verdicts: Verdicts, period: Span) -> Iterator[Seen]:
    columns, policy = verdicts.columns, verdicts.policy
    updates = columns.updates
    rows = np.flatnonzero(_select_entered(verdicts, period))
    lag = policy.local.of(updates.entered_at[rows]) - policy.local.of(updates.at[rows])
    several = rows[np.diff(columns.victims_of)[updates.crime[rows]] > 1]
    long_after = lag > policy.late_entry_days
    question = EntryQuestion(
        "entered-long-after", f"Updates entered more than {policy.late_entry_days} days after they took place",
        "Is the day on which the victim was told typed in from memory?", "rules 8", _alone(long_after), None, "",
    )  # fmt: skip
    yield Seen(question, "updates", rows, long_after, columns, verdicts)
    nobody = updates.victim[several] == EVERY_VICTIM
    question = EntryQuestion(
        "no-victim-named", "Updates that named no victim, where a crime has several",
        "Were all of the victims told, or only the one whom the officer spoke to?", "rules 2.3",
        _alone(nobody), None, "",
    )  # fmt: skip
    yield Seen(question, "updates", several, nobody, columns, verdicts)


def _of_met(verdicts: Verdicts, met: Cohort) -> Iterator[Seen]:
    columns, local, row = verdicts.columns, verdicts.policy.local, met.verdict
    at = columns.updates.at[verdicts.update[row]]
    length = verdicts.due_date[row] - _first_days(verdicts, row) + 1
    long_enough = length > CLOSE + 1
    near = verdicts.due_date[row] - local.of(at) <= CLOSE
    soon = at - columns.reported_at[columns.victims.crime[met.victim]] <= SOON
    repeats = [place for place, r in enumerate(verdicts.policy.requirement) if r.repeat_every]
    first_cycle = np.isin(met.requirement, repeats) & (verdicts.cycle[row] == 1)
    chance = float(((CLOSE + 1) / length[long_enough]).mean()) if long_enough.any() else None
    every = np.ones(len(row), dtype=np.bool_)
    asked: tuple[tuple[str, str, str, str, Flags, Flags, float | None], ...] = (
        ("entered-after-breach", "Obligations met by an update entered after the due date",
         "Was the victim told in time and the update typed in late, or was the date put back?", "rules 8",
         every, met.entered_after, None),
        ("near-deadline", f"Obligations met on the due date or the {CLOSE} days before it",
         "Are victims told when there is news, or when a deadline comes?", "rules 3.1", long_enough, near, chance),
        ("within-12-hours", "Obligations met by an update within 12 hours of the report",
         "Is it a further contact, or the end of the first one?", "rules 3.3", every, soon, None),
        ("first-contact-ever", "First further contacts that were the first contact of all",
         "Had the victim heard nothing before?", "rules 4.2",
         first_cycle, _first_contact(verdicts, met.victim, at), None),
    )  # fmt: skip
    for key, title, asks, clause, of, hit, expected in asked:
        share = clustered(hit[of], met.officer.take(of))
        question = EntryQuestion(key, title, asks, clause, share, expected, UNIFORM if key == "near-deadline" else "")
        yield Seen(question, "obligations", row[of], hit[of], columns, verdicts, met.officer.take(of))


def _first_days(verdicts: Verdicts, row: Ints) -> Days:
    """Return the first day on which each obligation could be met.

    That of a later cycle is the day after the due date of the one before: an update up to that date would have been one
    more of the cycle before (rules 4.4).
    """
    before = np.maximum(row - 1, 0)
    follows = (verdicts.cycle[row] > 1) & (verdicts.victim[before] == verdicts.victim[row])
    follows &= verdicts.requirement[before] == verdicts.requirement[row]
    after: Days = np.where(follows, verdicts.due_date[before] + 1, verdicts.window_opens[row])
    return np.maximum(after, verdicts.window_opens[row])


def _first_contact(verdicts: Verdicts, victim: Ints, at: Ints) -> Flags:
    """Return whether an update at each instant was the victim's first counted one."""
    facts = Facts(verdicts, verdicts.as_at)
    first = np.full(len(verdicts.columns.victims), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, facts.cases.victim[facts.contacts.case], facts.contacts.at)
    found: Flags = at <= first[victim]
    return found


def _of_waivers(verdicts: Verdicts, period: Span) -> Iterator[Seen]:
    """Yield declines and cancellations of the period: how many were within days of a due date."""
    columns, local = verdicts.columns, verdicts.policy.local
    first, last = period.days
    declined_at = columns.victims.declined_at[verdicts.victim]
    exempt = (verdicts.state == EXEMPT) & (verdicts.clause == Clause.DECLINED)
    status = status_at(columns.statuses, len(columns), to_micros(verdicts.as_at))
    cancelled_at = np.where(status.kind == CANCELLED, status.since, NONE)
    lapsed = (verdicts.state == LAPSED) & (verdicts.clause == Clause.CANCELLED)
    asked = (
        ("declined-near", "Waived obligations whose victim declined on the due date or the days before it",
         "Was declining the victim's own wish?", "rules 5.4", exempt, declined_at),
        ("cancelled-near", "Lapsed obligations whose crime was cancelled on the due date or the days before it",
         "Was it found not to be a crime, or was an update due?", "rules 5.3", lapsed, cancelled_at[verdicts.crime]),
    )  # fmt: skip
    for key, title, asks, clause, which, at in asked:
        day = local.of(at)
        row = np.flatnonzero(
            which & (day >= first) & (day <= last) & (verdicts.due_date >= day) & (day >= verdicts.window_opens)
        )
        length = verdicts.due_date[row] - verdicts.window_opens[row] + 1
        near = verdicts.due_date[row] - day[row] <= CLOSE
        chance = float(np.minimum((CLOSE + 1) / length, 1).mean()) if len(row) else None
        officer = owner(verdicts, row, "officer")
        question = EntryQuestion(key, title, asks, clause, clustered(near, officer), chance, UNIFORM)
        yield Seen(question, "obligations", row, near, columns, verdicts, officer, at[row])


def _categories(verdicts: Verdicts, before: Columns) -> Seen:
    """Ask which victims on both records have moved into a category to which nothing is owed."""
    names = verdicts.policy.exempt_victims
    now = verdicts.columns
    place = pc.index_in(before.crime_ref, value_set=now.crime_ref).to_numpy(zero_copy_only=False)
    crime = np.where(np.isnan(place), -1, place).astype(np.int64)[before.victims.crime]
    rows = np.flatnonzero((crime >= 0) & ~_in(before.victims.category, names))
    exempt_now = np.flatnonzero(_in(now.victims.category, names))
    changed = set(
        zip(now.victims.crime[exempt_now].tolist(), now.victims.ref.take(exempt_now).to_pylist(), strict=True)
    )
    hit = np.isin(crime[rows], now.victims.crime[exempt_now])
    asked = rows[hit]
    keys = zip(crime[asked].tolist(), before.victims.ref.take(asked).to_pylist(), strict=True)
    hit[hit] = [key in changed for key in keys]
    question = EntryQuestion(
        "category-changed", "Victims put into a category to which no update is owed, since the period before",
        "Is the new category right?", "rules 5.5", _alone(hit), None, "",
    )  # fmt: skip
    return Seen(question, "victims", rows, hit, before, verdicts)


def _in(category: Coded, names: list[str]) -> Flags:
    found: Flags = np.isin(category.codes, [category.code(name) for name in names])
    return found


def _alone(hit: Flags) -> Proportion:
    """Return a share of cases not clustered by officer."""
    return proportion(hit, 1.0)
