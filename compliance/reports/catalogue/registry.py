"""Every figure of the report, by the first part of its names."""

from typing import Final

from compliance.reports.catalogue.area_figures import AREA, SILENT_AREA, TRAILING_AREA
from compliance.reports.catalogue.changed_policy_figures import FORMER_POLICY
from compliance.reports.catalogue.contact_figures import CONTACT, QUESTION
from compliance.reports.catalogue.duplicate_figures import DUPLICATES
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.outstanding_figures import CLOSED_ACROSS, CLOSED_WITHOUT_A_WORD, OVERDUE_NOW
from compliance.reports.catalogue.part_figures import CONTINUING, FIRST_FURTHER, WEEK_CONTINUING, WEEK_FIRST_FURTHER
from compliance.reports.catalogue.past_figures import OWN_PAST, OWN_PAST_CONTINUING, OWN_PAST_FIRST
from compliance.reports.catalogue.pattern_figures import PATTERN
from compliance.reports.catalogue.quality_figures import QUALITY
from compliance.reports.catalogue.rate_figures import BEFORE, ENHANCED, LAST_YEAR, LIVE, PROVISIONAL, RATE, WEEK
from compliance.reports.catalogue.reminder_figures import REMINDERS, TRIAL
from compliance.reports.catalogue.restatement_figures import RESTATED
from compliance.reports.catalogue.same_day_figures import (
    ONLY_SAME_DAY,
    SAME_DAY,
    SAME_DAY_COUNTING,
    SAME_DAY_ORIGINAL,
)
from compliance.reports.catalogue.satisfaction_figures import SATISFACTION
from compliance.reports.catalogue.silence_figures import (
    SILENT,
    SILENT_BEFORE,
    SILENT_ENHANCED,
    SILENT_LAST_YEAR,
    SILENT_LIVE,
    SILENT_PROVISIONAL,
)
from compliance.reports.catalogue.unit_figures import (
    DIVISION,
    FORMER_DIVISION,
    OFFENCE,
    TEAM,
    TRAILING_UNIT,
)

FIGURES: Final = {
    figure.name: figure
    for figure in (
        RATE, BEFORE, LAST_YEAR, PROVISIONAL, LIVE, ENHANCED, WEEK,
        FIRST_FURTHER, CONTINUING, WEEK_FIRST_FURTHER, WEEK_CONTINUING,
        DIVISION, TEAM, TRAILING_UNIT, OFFENCE,
        FORMER_DIVISION, AREA, TRAILING_AREA,
        OWN_PAST, OWN_PAST_FIRST, OWN_PAST_CONTINUING,
        OVERDUE_NOW,
        SAME_DAY, SAME_DAY_COUNTING, SAME_DAY_ORIGINAL, ONLY_SAME_DAY,
        SILENT, SILENT_BEFORE, SILENT_LAST_YEAR, SILENT_PROVISIONAL, SILENT_LIVE, SILENT_ENHANCED,
        SILENT_AREA,
        CLOSED_WITHOUT_A_WORD, CLOSED_ACROSS,
        CONTACT, QUESTION, PATTERN, DUPLICATES, SATISFACTION,
        QUALITY, REMINDERS, TRIAL, RESTATED, FORMER_POLICY,
    )
}  # fmt: skip
"""In the order of the report, in which the public edition is also built.

A figure comes after those on which its disclosure depends.
"""


def find_figure(name: str) -> tuple[Figure, str, str] | None:
    """Return the (figure, key, group) that a name refers to, None if it refers to no figure."""
    front, _, group = name.partition("/")
    kind, _, key = front.partition(".")
    return (FIGURES[kind], key, group) if kind in FIGURES else None
