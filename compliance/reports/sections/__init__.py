"""A report from its figures: each section is one function from the figures to a tree of parts (decision 0032)."""

from collections.abc import Callable
from typing import Final

from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import heading, span
from compliance.reports.periods.periods import in_words
from compliance.reports.pieces.parts import Report, Section
from compliance.reports.sections.change_over_time import change_over_time
from compliance.reports.sections.contact_methods import contact_methods
from compliance.reports.sections.data_quality import data_quality
from compliance.reports.sections.delayed import TITLE, delayed_report
from compliance.reports.sections.earlier_reports import earlier_reports
from compliance.reports.sections.full_figures import full_figures
from compliance.reports.sections.method import method
from compliance.reports.sections.overdue import overdue_and_closed
from compliance.reports.sections.period_rates import period_rates
from compliance.reports.sections.release_checks import tell_released
from compliance.reports.sections.release_notices import held_report, suspended_report
from compliance.reports.sections.reminder_effect import reminder_effect
from compliance.reports.sections.same_day_question import same_day_question
from compliance.reports.sections.sample import sample_to_read
from compliance.reports.sections.summary import summary, summary_lines
from compliance.reports.sections.units import areas_beside_the_rest, units_beside_the_rest
from compliance.reports.sections.victim_groups import victim_groups
from compliance.reports.sections.victims_say import victims_say

__all__ = [
    "SECTIONS",
    "board_page",
    "delayed_report",
    "held_report",
    "report_of",
    "summary_lines",
    "suspended_report",
]

SECTIONS: Final[tuple[Callable[[Figures], Section], ...]] = (
    summary, period_rates, change_over_time, areas_beside_the_rest, units_beside_the_rest, same_day_question,
    contact_methods, victims_say, victim_groups, overdue_and_closed, earlier_reports, data_quality, reminder_effect,
    sample_to_read, full_figures, method,
)  # fmt: skip
"""In the order in which a board reads them."""
BOARD_PAGE: Final = (summary, period_rates)
"""The first page for the board, which is also emailed to readers."""


def report_of(figures: Figures) -> Report:
    """Return the report, without sections that are empty."""
    return _report(figures, SECTIONS)


def board_page(figures: Figures) -> Report:
    """Return its first page."""
    return _report(figures, BOARD_PAGE)


def _report(figures: Figures, sections: tuple[Callable[[Figures], Section], ...]) -> Report:
    made = (section(figures) for section in sections)
    named = in_words(figures.period)
    about = [f"{heading(named)}, settled: judged seven days after its end, so that updates typed in late are counted"]
    if figures.changed:
        version = f"This is version {figures.version}. Changed since the version before: {', '.join(figures.changed)}."
        about.append(version)
    about += tell_released(figures)
    footer = (figures.force, edition_name(figures), figures.period, f"policy {figures.basis.policy_digest[:12]}")
    return Report(
        name=f"{figures.force}: keeping victims informed, {named}",
        force=figures.force,
        title=TITLE + (f": {figures.unit}" if figures.unit else ""),
        period=span(figures.first, figures.last),
        about=tuple(about),
        sections=tuple(section for section in made if section.parts),
        footer=" · ".join(footer),
    )


def edition_name(figures: Figures) -> str:
    """Return the kind of report, in words."""
    often = {"week": "weekly", "month": "monthly", "quarter": "quarterly"}[figures.kind]
    whom = {"board": "to the board", "public": "to the public", "division": "to the division"}[figures.edition]
    return f"{often} report {whom}"
