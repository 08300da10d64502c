"""How updates come into the records: put as questions, with what chance alone would give where that can be said.

Days are local dates as numbers since 1970-01-01.
"""

from typing import Final

import numpy as np
import pyarrow.compute as pc

from compliance.policy.calendars import Ints
from compliance.policy.standing import Flags
from compliance.policy.verdicts import EXEMPT, LAPSED, MET, Clause, Verdicts
from compliance.records.columns import CANCELLED, EVERY_VICTIM, Coded, Columns
from compliance.records.instants import to_micros
from compliance.reports.contact import Facts
from compliance.reports.findings import Question, Way
from compliance.reports.proportions import Proportion
from compliance.reports.quality import ATTEMPTED
from compliance.reports.rates import Cohort, owner, proportion
from compliance.reports.spans import Span

CLOSE: Final = 2
"""The due date and so many days before it are near it."""
SOON: Final = 12 * 3_600_000_000
"""Twelve hours, in microseconds."""
UNIFORM: Final = "if any day of the window were as likely as another"


def questions(verdicts: Verdicts, own: Verdicts, period: Span, cohort: Cohort, before: Columns) -> tuple[Question, ...]:
    """The questions about a period. `cohort`: the obligations due in it, rows of `verdicts`; `own`: the verdicts on the
    crimes that the report is about; `before`: the records as known a period earlier."""
    met = cohort.where(cohort.state == MET)
    return (
        *_of_entries(own, period),
        *_of_met(verdicts, met),
        *_of_waivers(own, period),
        _categories(own, before),
    )


def ways(verdicts: Verdicts, period: Span) -> tuple[Way, ...]:
    """The contacts entered in a period by their method, the most used first; of each the attempts that failed."""
    updates = verdicts.columns.updates
    rows = _entered(verdicts, period)
    attempted = rows & (updates.outcome.codes == updates.outcome.code(ATTEMPTED))
    informed = rows & np.isin(
        updates.outcome.codes, [updates.outcome.code(name) for name in verdicts.policy.counted_outcomes]
    )
    size = len(updates.method.values) + 1
    counts = [np.bincount(updates.method.codes[which] + 1, minlength=size) for which in (informed, attempted)]
    names = [None, *updates.method.values]
    found = [Way(name, int(counts[0][i]), int(counts[1][i])) for i, name in enumerate(names)]
    used = [way for way in found if way.informed or way.attempted]
    return tuple(sorted(used, key=lambda way: (-(way.informed or 0) - (way.attempted or 0), way.method or "")))


def _entered(verdicts: Verdicts, period: Span) -> Flags:
    """The updates typed in during a period, as at T and as known at K."""
    updates = verdicts.columns.updates
    day = verdicts.policy.local.of(updates.entered_at)
    first, last = period.days
    moment = to_micros(verdicts.as_at)
    known: Flags = (day >= first) & (day <= last) & (updates.entered_at <= moment) & (updates.at <= moment)
    return known


def _of_entries(verdicts: Verdicts, period: Span) -> list[Question]:
    columns, policy = verdicts.columns, verdicts.policy
    updates = columns.updates
    rows = np.flatnonzero(_entered(verdicts, period))
    lag = policy.local.of(updates.entered_at[rows]) - policy.local.of(updates.at[rows])
    several = rows[np.diff(columns.victims_of)[updates.crime[rows]] > 1]
    return [
        Question(
            "entered-long-after", f"Updates entered more than {policy.late_entry_days} days after they took place",
            "Is the day on which the victim was told typed in from memory?", "rules 8",
            _alone(lag > policy.late_entry_days), None, "",
        ),
        Question(
            "no-victim-named", "Updates that named no victim, where a crime has several",
            "Were all of the victims told, or only the one whom the officer spoke to?", "rules 2.3",
            _alone(updates.victim[several] == EVERY_VICTIM), None, "",
        ),
    ]  # fmt: skip


def _of_met(verdicts: Verdicts, met: Cohort) -> list[Question]:
    columns, local, row = verdicts.columns, verdicts.policy.local, met.verdict
    update = verdicts.update[row]
    at = columns.updates.at[update]
    crime = columns.victims.crime[met.victim]
    long_enough = verdicts.due_date[row] - verdicts.window_opens[row] > CLOSE
    near = verdicts.due_date[row] - local.of(at) <= CLOSE
    length = verdicts.due_date[row] - verdicts.window_opens[row] + 1
    soon = at - columns.reported_at[crime] <= SOON
    repeats = [place for place, r in enumerate(verdicts.policy.requirement) if r.repeat_every]
    first_cycle = np.isin(met.requirement, repeats) & (verdicts.cycle[row] == 1)
    first_ever = _first_contact(verdicts, met.victim, at)
    own = {name: met.officer.take(rows) for name, rows in (("near", long_enough), ("first", first_cycle))}
    chance = float(((CLOSE + 1) / length[long_enough]).mean()) if long_enough.any() else None
    return [
        Question(
            "entered-after-breach", "Obligations met by an update entered after the due date",
            "Was the victim told in time and the update typed in late, or was the date put back?", "rules 8",
            proportion(met.entered_after, met.officer), None, "",
        ),
        Question(
            "near-deadline", f"Obligations met on the due date or the {CLOSE} days before it",
            "Are victims told when there is news, or when a deadline comes?", "rules 3.1",
            proportion(near[long_enough], own["near"]), chance, UNIFORM,
        ),
        Question(
            "within-12-hours", "Obligations met by an update within 12 hours of the report",
            "Is it a further contact, or the end of the first one?", "rules 3.3",
            proportion(soon, met.officer), None, "",
        ),
        Question(
            "first-contact-ever", "First further contacts that were the first contact of all",
            "Had the victim heard nothing before?", "rules 4.2",
            proportion(first_ever[first_cycle], own["first"]), None, "",
        ),
    ]  # fmt: skip


def _first_contact(verdicts: Verdicts, victim: Ints, at: Ints) -> Flags:
    """Whether an update at an instant was the first counted one of the victim."""
    facts = Facts(verdicts, verdicts.as_at)
    first = np.full(len(verdicts.columns.victims), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, facts.cases.victim[facts.contacts.case], facts.contacts.at)
    found: Flags = at <= first[victim]
    return found


def _of_waivers(verdicts: Verdicts, period: Span) -> list[Question]:
    """Declines and cancellations of the period: how many came within days of a due date."""
    columns, local = verdicts.columns, verdicts.policy.local
    first, last = period.days
    declined = local.of(columns.victims.declined_at)[verdicts.victim]
    exempt = (verdicts.state == EXEMPT) & (verdicts.clause == Clause.DECLINED)
    statuses = columns.statuses
    moment = to_micros(verdicts.as_at)
    cancelled_on = np.full(len(columns), -(2**30), dtype=np.int32)
    rows = (statuses.kind == CANCELLED) & (statuses.at <= moment)
    cancelled_on[statuses.crime[rows]] = local.of(statuses.at[rows])
    lapsed = (verdicts.state == LAPSED) & (verdicts.clause == Clause.CANCELLED)
    asked = (
        ("declined-near", "Waived obligations whose victim declined on the due date or the days before it",
         "Was declining the victim's own wish?", "rules 5.4", exempt, declined),
        ("cancelled-near", "Lapsed obligations whose crime was cancelled on the due date or the days before it",
         "Was it found not to be a crime, or was an update due?", "rules 5.3", lapsed, cancelled_on[verdicts.crime]),
    )  # fmt: skip
    found = []
    for key, title, asks, clause, which, day in asked:
        row = np.flatnonzero(
            which & (day >= first) & (day <= last) & (verdicts.due_date >= day) & (day >= verdicts.window_opens)
        )
        length = verdicts.due_date[row] - verdicts.window_opens[row] + 1
        near = verdicts.due_date[row] - day[row] <= CLOSE
        chance = float(np.minimum((CLOSE + 1) / length, 1).mean()) if len(row) else None
        share = proportion(near, owner(verdicts, row, "officer"))
        found.append(Question(key, title, asks, clause, share, chance, UNIFORM))
    return found


def _categories(verdicts: Verdicts, before: Columns) -> Question:
    """Victims of both records whose category is one that nothing is owed to now and was not then."""
    names = verdicts.policy.exempt_victims
    now = verdicts.columns
    place = pc.index_in(before.crime_ref, value_set=now.crime_ref).to_numpy(zero_copy_only=False)
    crime = np.where(np.isnan(place), -1, place).astype(np.int64)[before.victims.crime]
    owed_then = (crime >= 0) & ~_in(before.victims.category, names)
    exempt_now = np.flatnonzero(_in(now.victims.category, names))
    changed = set(
        zip(now.victims.crime[exempt_now].tolist(), now.victims.ref.take(exempt_now).to_pylist(), strict=True)
    )
    asked = np.flatnonzero(owed_then & np.isin(crime, now.victims.crime[exempt_now]))
    keys = zip(crime[asked].tolist(), before.victims.ref.take(asked).to_pylist(), strict=True)
    hit = np.zeros(int(owed_then.sum()), dtype=np.bool_)
    hit[: sum(key in changed for key in keys)] = True
    return Question(
        "category-changed", "Victims put into a category to which no update is owed, since the period before",
        "Is the new category right?", "rules 5.5", _alone(hit), None, "",
    )  # fmt: skip


def _in(category: Coded, names: list[str]) -> Flags:
    found: Flags = np.isin(category.codes, [category.code(name) for name in names])
    return found


def _alone(hit: Flags) -> Proportion:
    """A share of what does not come in clusters of officers that are known."""
    return proportion(hit, Coded(np.full(len(hit), -1, dtype=np.int32), ()))
