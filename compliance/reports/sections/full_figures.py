"""The full figures, for readers who have to defend them."""

from collections.abc import Iterator

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.catalogue.unit_levels import list_levels
from compliance.reports.model.report_model import Figures, Period, RequirementFigures
from compliance.reports.model.words import heading, instant, points_between
from compliance.reports.pieces.cells import SHARE, points_cell, share_cells
from compliance.reports.pieces.parts import Cell, Column, Heading, Part, Row, Section, Table, cell, note, statement
from compliance.reports.sections.change_over_time import trend_parts, weeks_table
from compliance.reports.sections.data_quality import quality_table, questions_table
from compliance.reports.sections.reminder_effect import reminders_in_full
from compliance.reports.sections.units import in_full, units_in_period
from compliance.reports.wording.rate_claims import change_of


def full_figures(figures: Figures) -> Section:
    """Return the section with the full figures."""
    classes = "the classes that are published" if figures.edition == PUBLIC else "every class that is looked for"
    parts = (
        statement("For those who have to defend the lines above, and for those who doubt them."),
        _rates(figures), *_weeks(figures),
        *_units(figures),
        quality_table("quality-full", f"Data quality: {classes}", figures.quality, figures),
        _say_where_the_rest_is(figures), *_questions(figures), *reminders_in_full(figures),
    )  # fmt: skip
    return Section("in-full", "The figures in full", parts, full=True)


def _rates(figures: Figures) -> Table:
    columns = (Column("Figure", "name"), Column("Period", "short"), *SHARE,
               Column(f"Points on the {figures.kind} before"))  # fmt: skip
    rows = tuple(row for requirement in figures.requirements for row in _of_requirement(requirement, figures))
    caption = f"Rates of the {figures.kind}, of those it is compared with, and what is provisional"
    return Table("rates-full", caption, columns, rows)


def _of_requirement(requirement: RequirementFigures, figures: Figures) -> Iterator[Row]:
    periods: list[tuple[str, Period | None]] = [
        ("rate", requirement.week), ("before", requirement.before), ("last-year", requirement.last_year),
        ("provisional", requirement.provisional),
    ]  # fmt: skip
    for kind, period in periods:
        if period:
            changed = Cell()
            if kind == "rate":
                points = points_between(period.rate.share, requirement.before.rate.share)
                changed = points_cell(requirement.change, points, change_of(requirement, figures))
            when = cell(period.week + (" provisional" if kind == "provisional" else ""))
            share = share_cells(period.rate.share, f"{kind}.{requirement.id}")
            yield cell(heading(requirement.id)), when, *share, changed
    for kind, period in periods:
        if period and period.silent:
            when = cell(period.week + (" provisional" if kind == "provisional" else ""))
            figure = "silent" if kind == "rate" else f"silent-{kind}"
            yield cell("Silent victims"), when, *share_cells(period.silent, figure), Cell()


def _weeks(figures: Figures) -> Iterator[Part]:
    for requirement in figures.requirements:
        if not requirement.event and requirement.trend.shares:
            yield weeks_table(requirement, figures)
        for part in requirement.parts:
            if part.trend.shares:
                yield weeks_table(requirement, figures, part)
    charted = [r for r in figures.requirements if r.event and any(share.of for share in r.trend.shares)]
    if charted:
        yield Heading("event-trends", "Updates owed after an event, over time")
    for requirement in charted:
        yield from trend_parts(requirement, figures.last)
        yield weeks_table(requirement, figures)


def _units(figures: Figures) -> Iterator[Part]:
    for level in list_levels(figures):
        for requirement in figures.requirements:
            if in_full(requirement, level):
                yield units_in_period(requirement, figures, level)


def _say_where_the_rest_is(figures: Figures) -> Part:
    said = [
        f"Updates belong to the {figures.kind} they were entered in, obligations to that they were due in, crimes to "
        "that they were reported in, victims to that they were added in, events to that they took place in. A dash: "
        f"{'not published, or ' if figures.edition == PUBLIC else ''}not known from these records."
    ]
    if figures.intake.last_complete_poll:
        said.append(f"Last complete reading of the crime system: {instant(figures.intake.last_complete_poll)}.")
    if figures.intake.directory_as_of:
        said.append(f"The officer directory is as of {instant(figures.intake.directory_as_of)}.")
    return note(" ".join(said))


def _questions(figures: Figures) -> Iterator[Part]:
    if figures.questions:
        caption = "All questions that the entries raise; none shows that anything was done wrong"
        yield questions_table("questions-full", caption, figures.questions, figures)
        yield note(
            "By chance: the count one would expect if any day of the window were as likely as another; a dash where "
            "chance cannot be said."
        )
