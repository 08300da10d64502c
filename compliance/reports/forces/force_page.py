"""Figures across forces as a page: a table and a funnel for each requirement (statistics 1.5, 3)."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.forces.force_families import (
    NO_RANKING,
    UnitFamily,
    list_basis,
    list_families,
    list_warnings,
    name_unit,
    say_chance,
)
from compliance.reports.model.force_model import ComparedRequirement, FiguresAcross
from compliance.reports.model.proportions import Proportion, Rate
from compliance.reports.model.report_model import DivisionFigures
from compliance.reports.model.words import count_of, difference_of, heading, list_names, reach
from compliance.reports.pieces import charts
from compliance.reports.pieces.cells import SHARE, difference_drawn, points_cell, rate, rate_and_counts, share_cells
from compliance.reports.pieces.parts import (
    Chart,
    Column,
    Items,
    Part,
    Report,
    Row,
    Section,
    Table,
    cell,
    note,
    statement,
)
from compliance.reports.wording.telling import FEW_GREY, FUNNEL_KEY

_MANY: Final = 12
"""From how many rows a table is set closely."""


def force_report(figures: FiguresAcross) -> Report:
    """Return the figures as a report without an edition: its sections are the units compared with each other."""
    families = list(list_families(figures))
    return Report(
        name=f"Forces compared, week {figures.week}",
        force="Forces compared",
        title=f"Updates to victims, week {figures.week}",
        period=f"and the 13 weeks {figures.trailing_weeks[0]} to {figures.trailing_weeks[1]}",
        about=tuple(list_warnings(figures)),
        sections=(
            *(_section(number, family, figures) for number, family in enumerate(families, 1)),
            Section("basis", "What these figures rest on", (Items(tuple(map(statement, list_basis(figures)))),)),
        ),
        footer=NO_RANKING,
    )


def _section(number: int, family: UnitFamily, figures: FiguresAcross) -> Section:
    title = family.whole if family.force is None else family.title
    return Section(f"units-{number}", heading(title), tuple(_parts(number, family, figures)))


def _parts(number: int, family: UnitFamily, figures: FiguresAcross) -> Iterator[Part]:
    if family.tested:
        yield note(f"The upright line is the rest. {FEW_GREY}")
    for requirement in family.requirements:
        name = f"{number}-{requirement.id}"
        if requirement.trailing:
            yield _table(f"compared-{name}", requirement, family, requirement.trailing)
        if requirement.funnel:
            said = _differing(requirement, family)
            drawing = charts.funnel(requirement.funnel)
            caption = f"{requirement.title}: rates by how much was due"
            yield Chart(f"funnel-{name}", caption, drawing, f"{caption}, {family.title}, funnel. {said}")
            yield statement(said)
        yield _week_table(f"week-{name}", requirement, family, figures)
    if any(requirement.funnel for requirement in family.requirements):
        yield note(f"{FUNNEL_KEY} The tables have the numbers.")
    if made := family.tested:
        yield note(
            f"{heading(count_of(made, 'comparison was', 'comparisons were'))} made and judged together, so one "
            "interval that leaves out zero is not enough: of the differences found at most about one in twenty is due "
            "to chance."
        )


def _differing(requirement: ComparedRequirement, family: UnitFamily) -> str:
    """Return which units differ from the rest, by statistics 1.5."""
    tested = [unit for unit in requirement.divisions if unit.change and unit.change.tested]
    named = [_with_others(unit, family) for unit in tested if unit.change and unit.change.significant]
    if not tested:
        return f"No {family.level} has enough to be compared with the rest."
    if not named:
        return f"No {family.level} differs from the rest by more than chance."
    return f"{list_names(named)}: a difference from the rest that is unlikely to be chance."


def _with_others(unit: DivisionFigures, family: UnitFamily) -> str:
    others = f" (but not without {list_names(list(unit.rests_on))})" if unit.rests_on else ""
    return name_unit(unit.name, family.level) + others


def _table(name: str, requirement: ComparedRequirement, family: UnitFamily, whole: Rate) -> Table:
    """Return the units beside the rest, over the trailing weeks."""
    far = reach(requirement.divisions)
    between: tuple[Column, ...] = (
        Column("Design effect"), Column("The rest"),
        Column("Difference drawn", "drawn", scale=(f"−{far}", "rest", f"+{far}")),
        Column("Difference in points"), Column("Is it chance?", "words"),
    )  # fmt: skip
    columns = (Column(heading(family.level), "name"), *SHARE, *between)
    rows = tuple(_row(unit, unit.trailing, family, far) for unit in requirement.divisions if unit.trailing)
    foot = (cell(heading(family.whole)), *share_cells(whole.share), cell(f"{whole.share.deff:.2f}"), *((cell(),) * 4))
    return Table(name, f"{requirement.title}, over the 13 weeks", columns, rows, (foot,), dense=len(rows) > _MANY)


def _row(unit: DivisionFigures, over: Rate, family: UnitFamily, far: int) -> Row:
    points = difference_of(unit)
    return (
        cell(name_unit(unit.name, family.level)), *share_cells(over.share), cell(f"{over.share.deff:.2f}"),
        cell(rate(unit.rest.share)) if unit.rest else cell(), difference_drawn(unit.change, points, far),
        points_cell(unit.change, points), cell(say_chance(unit)),
    )  # fmt: skip


def _week_table(name: str, requirement: ComparedRequirement, family: UnitFamily, figures: FiguresAcross) -> Table:
    """Return the units in the week alone, which is shown and not tested."""
    silent = requirement.silent is not None
    columns: tuple[Column, ...] = (Column(heading(family.level), "name"), *SHARE)
    columns += (Column("Silent victims at its end"),) if silent else ()

    def row(title: str, week: Rate, share: Proportion | None) -> Row:
        return (cell(title), *share_cells(week.share), *((rate_and_counts(share),) if silent else ()))

    rows = tuple(row(name_unit(unit.name, family.level), unit.week, unit.silent) for unit in requirement.divisions)
    whole = row(heading(family.whole), requirement.week, requirement.silent)
    caption = f"{requirement.title}, in week {figures.week} alone, not tested"
    return Table(name, caption, columns, rows, (whole,), dense=len(rows) > _MANY)
