"""Figures across forces as a page: a table and a funnel for each requirement (statistics 1.5, 3)."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.forces.force_families import (
    NO_RANKING,
    UnitFamily,
    list_basis,
    list_families,
    name_unit,
    say_chance,
)
from compliance.reports.model.force_model import ComparedRequirement, FiguresAcross
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
        about=(),
        sections=(
            *(_section(number, family) for number, family in enumerate(families, 1)),
            Section("basis", "What these figures rest on", (Items(tuple(map(statement, list_basis(figures)))),)),
        ),
        footer=NO_RANKING,
    )


def _section(number: int, family: UnitFamily) -> Section:
    title = family.whole if family.force is None else family.title
    return Section(f"units-{number}", heading(title), tuple(_parts(number, family)))


def _parts(number: int, family: UnitFamily) -> Iterator[Part]:
    if family.tested:
        yield note(f"The upright line is the rest. {FEW_GREY}")
    for requirement in family.requirements:
        name = f"{number}-{requirement.id}"
        yield _table(f"compared-{name}", requirement, family)
        if requirement.funnel:
            said = _differing(requirement, family)
            drawing = charts.funnel(requirement.funnel)
            caption = f"{requirement.title}: rates by how much was due"
            yield Chart(f"funnel-{name}", caption, drawing, f"{caption}, {family.title}, funnel. {said}")
            yield statement(said)
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
    named = [name_unit(unit.name, family.level) for unit in tested if unit.change and unit.change.significant]
    if not tested:
        return f"No {family.level} has enough to be compared with the rest."
    if not named:
        return f"No {family.level} differs from the rest by more than chance."
    return f"{list_names(named)}: a difference from the rest that is unlikely to be chance."


def _table(name: str, requirement: ComparedRequirement, family: UnitFamily) -> Table:
    """Return the units beside the rest; over the week alone where not all 13 are held."""
    compared, far = requirement.trailing is not None, reach(requirement.divisions)
    between: tuple[Column, ...] = (
        Column("The rest"), Column("Difference drawn", "drawn", scale=(f"−{far}", "rest", f"+{far}")),
        Column("Difference in points"), Column("Is it chance?", "words"),
    )  # fmt: skip
    silent = (Column("Silent victims at the week’s end"),) if requirement.silent else ()
    columns = (Column(heading(family.level), "name"), *SHARE, *(between if compared else ()), *silent)
    rows = tuple(
        _row(unit, family, requirement, far) for unit in requirement.divisions if unit.trailing or not compared
    )
    whole = (
        cell(heading(family.whole)), *share_cells((requirement.trailing or requirement.week).share),
        *((cell(),) * len(between) if compared else ()),
        *(rate_and_counts(requirement.silent) for _ in silent),
    )  # fmt: skip
    caption = f"{requirement.title}, {'over the 13 weeks' if compared else 'in the week, as not all 13 are held'}"
    return Table(name, caption, columns, rows, (whole,), dense=len(rows) > _MANY)


def _row(unit: DivisionFigures, family: UnitFamily, requirement: ComparedRequirement, far: int) -> Row:
    cells: Row = (cell(name_unit(unit.name, family.level)), *share_cells((unit.trailing or unit.week).share))
    if requirement.trailing:
        points = difference_of(unit)
        cells += (
            cell(rate(unit.rest.share)) if unit.rest else cell(), difference_drawn(unit.change, points, far),
            points_cell(unit.change, points), cell(say_chance(unit)),
        )  # fmt: skip
    return (*cells, rate_and_counts(unit.silent)) if requirement.silent else cells
