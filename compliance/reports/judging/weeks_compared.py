"""The settled weeks over which units are held against their own past, and its series (statistics 1.5b, 1.10)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from compliance.policy.requirement import Requirement
from compliance.policy.status import Flags
from compliance.reports.judging.beginning import Beginning
from compliance.reports.judging.judged import TRAILING, Judgements, ReportOptions
from compliance.reports.judging.rates import Cohort
from compliance.reports.model.changes import Part
from compliance.reports.periods.weeks import Week

COMPARED: Final = 2 * TRAILING
"""The number of weeks in 13 against 13."""


PARTS: Final[tuple[Part, ...]] = ("first", "continuing")
"""The parts of a requirement that repeats (statistics 1.10)."""


def parts_of(asked: Requirement) -> tuple[Part, ...]:
    """Return the series of a requirement: itself or, if it repeats, its two parts (statistics 1.10)."""
    return ("",) if asked.repeat_every is None else PARTS


def of_part(cohort: Cohort, part: Part) -> Flags:
    """Return which obligations belong to a part of their requirement."""
    if part == "":
        return np.ones(len(cohort), dtype=np.bool_)
    return cohort.cycle == 1 if part == "first" else cohort.cycle > 1


def list_compared(weeks: Sequence[Week], options: ReportOptions) -> list[Week]:
    """Return the weeks without those that are excluded (statistics 2.2b)."""
    explained = [(week, options.explanation_of(week)) for week in weeks]
    return [week for week, why in explained if why is None or not why.excluded]


def list_weeks(judged: Judgements, asked: Requirement, part: Part) -> tuple[list[Week], str]:
    """Return the weeks of a series that can be compared, and why they do not reach further back.

    They begin with the first week of its chart (1.2b) or, if that is later, with the newest recalculation of limits
    (2.5) or change of policy (5), whose reason is returned; else an empty text.
    """
    beginning = Beginning(judged.options.records_begin, judged.policy)
    begins, broken = beginning.charted_from(asked, part) or date.max, ""
    for day, reason in sorted([*judged.options.recalculate_from, *judged.options.policy_changes]):
        if begins < day <= judged.period.span.last:
            begins, broken = day, reason
    weeks = [week.span for week in judged.weeks if isinstance(week.span, Week) and week.span.first >= begins]
    return list_compared(weeks, judged.options), broken
