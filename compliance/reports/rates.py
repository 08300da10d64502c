"""Obligations due in a period, and rates of them (rules 5.1; statistics 1.1 to 1.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import Ints
from compliance.policy.standing import Flags
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE, Verdicts
from compliance.records.columns import Coded, coded
from compliance.reports.model import Band, Change, Proportion, Rate
from compliance.reports.model import Overdue as OverdueNow
from compliance.reports.statistics import design_effect, newcombe, wilson

BANDS: Final = ((1, 7), (8, 28), (29, 90), (91, None))
"""How long the overdue have been overdue, in days."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The obligations due in a period that count in a rate (rules 5.1), one element each: their requirement (place in
    the policy), state, victim (row in the columns judged), and who had the case at the end of the due date."""

    requirement: npt.NDArray[np.int8]
    state: npt.NDArray[np.int8]
    victim: Ints
    enhanced: Flags
    division: Coded
    officer: Coded

    def __len__(self) -> int:
        return len(self.state)

    def where(self, rows: Flags) -> "Cohort":
        """Those asked for."""
        parts: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            parts[field.name] = value.take(rows) if isinstance(value, Coded) else value[rows]
        return Cohort(**parts)


def due_in(verdicts: Verdicts, first: int, last: int) -> Cohort:
    """The obligations due from one local day to another, both included; days are numbers since 1970-01-01."""
    state = verdicts.state
    counts = (state == MET) | (state == LATE) | (state == OVERDUE) | (state == MISSED)
    row = np.flatnonzero(counts & (verdicts.due_date >= first) & (verdicts.due_date <= last))
    victim = verdicts.victim[row]
    category = verdicts.columns.victims.category
    return Cohort(
        requirement=verdicts.requirement[row],
        state=state[row],
        victim=victim,
        enhanced=category.codes[victim] == category.code("enhanced"),
        division=verdicts.owner("division").take(row),
        officer=verdicts.owner("officer").take(row),
    )


def together(cohorts: Sequence[Cohort]) -> Cohort:
    """Several periods as one. Their victims are rows of different columns, and mean nothing any more."""
    parts: dict[str, Any] = {}
    for field in fields(Cohort):
        values = [getattr(cohort, field.name) for cohort in cohorts]
        parts[field.name] = joined(values) if isinstance(values[0], Coded) else np.concatenate(values)
    return Cohort(**parts)


def joined(parts: Sequence[Coded]) -> Coded:
    """Text columns one after another, whatever the codes of each."""
    return coded([text for part in parts for text in part.texts().to_pylist()])


def proportion(hit: Flags, officer: Coded) -> Proportion:
    """How many of the rows are hits, with an interval that allows for clustering by officer (statistics 1.3, 1.4).

    Rows without an officer count as one officer each.
    """
    named = officer.codes >= 0
    size = len(officer.values)
    met = np.concatenate([np.bincount(officer.codes[named & hit], minlength=size), hit[~named]])
    of = np.concatenate([np.bincount(officer.codes[named], minlength=size), np.ones(int((~named).sum()))])
    count, total = int(hit.sum()), len(hit)
    deff = design_effect(met, of)
    limits = wilson(count / deff, total / deff)
    if limits is None:
        return Proportion(count, total, None, None, None, deff)
    return Proportion(count, total, count / total, limits.low, limits.high, deff)


def rate(cohort: Cohort) -> Rate:
    """The compliance rate of a cohort (statistics 1.1)."""
    late, overdue, missed = (int((cohort.state == state).sum()) for state in (LATE, OVERDUE, MISSED))
    return Rate(proportion(cohort.state == MET, cohort.officer), late, overdue, missed)


def change(one: Proportion, other: Proportion) -> Change | None:
    """One rate less the other on their effective sizes (statistics 1.3, 1.5, 1.6); None where either is empty."""
    sizes = (part / p.deff for p in (one, other) for part in (p.count, p.of))
    difference = newcombe(*sizes)
    if difference is None:
        return None
    tested = not (one.few or other.few)
    return Change(*difference, tested=tested, significant=tested and difference.significant)


def overdue_now(verdicts: Verdicts, requirement: int) -> OverdueNow:
    """What is outstanding as at T under one requirement, by how long (rules section 5)."""
    row = np.flatnonzero((verdicts.state == OVERDUE) & (verdicts.requirement == requirement))
    days = verdicts.days_late[row]
    bands = tuple(
        Band(first, last, int(((days >= first) & (days <= (last or days.max(initial=0)))).sum()))
        for first, last in BANDS
    )
    return OverdueNow(len(row), len(np.unique(verdicts.victim[row])), bands)
