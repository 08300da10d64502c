"""Obligations due in a period, and their rates (rules 5.1; statistics 1.1 to 1.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE, YES, Verdicts
from compliance.records.columns import Coded, joined_texts
from compliance.reports.methods.statistics import newcombe, newcombe_p, wilson
from compliance.reports.model.proportions import Proportion, Rate, RateDifference

BANDS: Final = ((1, 7), (8, 28), (29, 90), (91, None))
"""Ranges of days overdue."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The obligations due in a period that count in a rate (rules 5.1), one element each.

    `requirement`: its place in the policy. `cycle`: from 1. `verdict`, `victim`: rows of what was judged. `division`,
    `team`, `officer`: who had the case at the end of the due date. `entered_after`: whether the update that discharged
    it in time was entered after the due date.
    """

    requirement: npt.NDArray[np.int8]
    cycle: npt.NDArray[np.int32]
    state: npt.NDArray[np.int8]
    verdict: Ints
    victim: Ints
    enhanced: Flags
    entered_after: Flags
    offence: Coded
    division: Coded
    team: Coded
    officer: Coded

    def __len__(self) -> int:
        return len(self.state)

    def where(self, rows: Flags) -> "Cohort":
        """Return the chosen rows."""
        kept = np.flatnonzero(rows)  # found once, not by each column
        parts: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            parts[field.name] = value.take(kept) if isinstance(value, Coded) else value[kept]
        return Cohort(**parts)


def due_in(verdicts: Verdicts, first: int, last: int, division: str | None = None) -> Cohort:
    """Return the obligations due between two local dates, both included, as days since 1970-01-01.

    For a division, only those that it had at the end of the due date.
    """
    state = verdicts.state
    counts = (state == MET) | (state == LATE) | (state == OVERDUE) | (state == MISSED)
    row = np.flatnonzero(counts & (verdicts.due_date >= first) & (verdicts.due_date <= last))
    if division is not None:
        row = row[has(owner(verdicts, row, "division"), division)]
    victim = verdicts.victim[row]
    columns = verdicts.columns
    category = columns.victims.category
    return Cohort(
        requirement=verdicts.requirement[row],
        cycle=verdicts.cycle[row],
        state=state[row],
        verdict=row,
        victim=victim,
        enhanced=category.codes[victim] == category.code("enhanced"),
        entered_after=verdicts.entered_after_due[row] == YES,
        offence=columns.offence.take(columns.victims.crime[victim]),
        division=owner(verdicts, row, "division"),
        team=owner(verdicts, row, "team"),
        officer=owner(verdicts, row, "officer"),
    )


def owner(verdicts: Verdicts, rows: Ints, name: str) -> Coded:
    """Return the `division`, `team` or `officer` who had the case, for some of the verdicts."""
    return verdicts.holders(rows).owner(name)


def has(coded: Coded, name: str | None) -> Flags:
    """Return which rows have a text; None: which have none."""
    return coded.codes < 0 if name is None else coded.codes == coded.code(name)


def together(cohorts: Sequence[Cohort]) -> Cohort:
    """Join several periods. Their verdicts and victims are rows of different columns and no longer meaningful."""
    parts: dict[str, Any] = {}
    for field in fields(Cohort):
        values = [getattr(cohort, field.name) for cohort in cohorts]
        parts[field.name] = joined_texts(values) if isinstance(values[0], Coded) else np.concatenate(values)
    return Cohort(**parts)


def proportion(hit: Flags, deff: float) -> Proportion:
    """Return the share of hits, with an interval on its effective size (statistics 1.3, 1.4)."""
    return counted_share(int(hit.sum()), len(hit), deff)


def counted_share(count: int, total: int, deff: float = 1.0) -> Proportion:
    """Return a share of counts, with an interval on its effective size (statistics 1.3, 1.4)."""
    limits = wilson(count / deff, total / deff)
    if limits is None:
        return Proportion(count, total, None, None, None, deff)
    return Proportion(count, total, count / total, limits.low, limits.high, deff)


def rate(cohort: Cohort, deff: float) -> Rate:
    """Return the compliance rate of a cohort (statistics 1.1)."""
    late, overdue, missed = (int((cohort.state == state).sum()) for state in (LATE, OVERDUE, MISSED))
    return Rate(proportion(cohort.state == MET, deff), late, overdue, missed)


def change(one: Proportion, other: Proportion) -> RateDifference | None:
    """Return one rate minus the other on their effective sizes, and whether it is more than chance.

    As one comparison alone, not of a family (statistics 1.3, 1.5, 1.6). None if either is empty.
    """
    found = _subtract(one, other)
    p = newcombe_p(*_effective(one), *_effective(other))
    if found is None or p is None:
        return None
    return replace(found, significant=found.tested and (found.low > 0 or found.high < 0), p=p)


def change_over_time(now: Proportion, then: Proportion) -> RateDifference | None:
    """Return a rate minus an earlier one, as a number: whether it changed is for charts to say (statistics 1.5a)."""
    return _subtract(now, then)


def _subtract(one: Proportion, other: Proportion) -> RateDifference | None:
    difference = newcombe(*_effective(one), *_effective(other))
    if difference is None:
        return None
    return RateDifference(*difference, tested=not (one.few or other.few), significant=False)


def _effective(share: Proportion) -> tuple[float, float]:
    return share.count / share.deff, share.of / share.deff
