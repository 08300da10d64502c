"""Areas or divisions of the force, or teams of a division, compared with the rest (statistics 1.5, section 3)."""

from collections.abc import Iterator, Sequence

from compliance.reports.catalogue.row import NO_NAME
from compliance.reports.catalogue.unit_levels import AREAS, UnitLevel, find_level
from compliance.reports.model.report_model import AreaMembers, DivisionFigures, Figures, FormerMap, RequirementFigures
from compliance.reports.model.words import count_of, day, difference_of, heading, reach, units
from compliance.reports.pieces import charts
from compliance.reports.pieces.cells import (
    DRAWN,
    SHARE,
    cases,
    difference_drawn,
    draw_share,
    name_of,
    points_cell,
    rate,
    rate_and_counts,
    share_cells,
    verdict_cell,
)
from compliance.reports.pieces.parts import (
    Chart,
    Column,
    Heading,
    Items,
    Note,
    Part,
    Row,
    Run,
    Section,
    Statement,
    Table,
    cell,
    note,
    statement,
)
from compliance.reports.sections.past_tables import units_against_own_past
from compliance.reports.sections.release_checks import note_unfit
from compliance.reports.wording.rate_claims import rests_on, unit_compared, units_compared
from compliance.reports.wording.sentences import sentence
from compliance.reports.wording.telling import FEW_GREY, FUNNEL_KEY, not_compared


def units_beside_the_rest(figures: Figures) -> Section:
    """Return the section on divisions or teams."""
    unit, _ = units(figures)
    return Section("divisions", f"{heading(unit)}s", tuple(_parts(figures)))


def areas_beside_the_rest(figures: Figures) -> Section:
    """Return the section. It has parts only if the map of the organisation has areas."""
    return Section("areas", "Areas", tuple(_parts_of_areas(figures, figures.areas)) if figures.areas else ())


def _parts_of_areas(figures: Figures, members: Sequence[AreaMembers]) -> Iterator[Part]:
    yield statement(
        f"Areas are made up of the divisions that belong to them on {day(figures.last)}, in every week shown here. The "
        f"upright line is the rest of the force. {FEW_GREY}"
    )
    yield from _comparisons(figures, AREAS)
    yield Heading("area-members", "Divisions of each area")
    yield Items(tuple(_list_members(figures, members)), "terms")
    yield _no_league_table(figures, AREAS)


def _comparisons(figures: Figures, level: UnitLevel) -> Iterator[Part]:
    """Yield the comparison under each requirement, divisions also by the map before a reorganisation."""
    shown = [requirement for requirement in figures.requirements if level.list_units(requirement)]
    for requirement in shown:
        yield from _comparison(requirement, figures, level)
        if requirement.former and level is not AREAS:
            yield _by_the_former_map(requirement, requirement.former, figures)
    if shown:
        yield from note_unfit(figures)
    else:
        yield statement(f"As far as the records are held, no update was due to anyone, in any {level.name}.")


def _list_members(figures: Figures, members: Sequence[AreaMembers]) -> Iterator[Statement]:
    unknown = any(unit.name is None for requirement in figures.requirements for unit in requirement.divisions)
    for area in members:
        names = [*area.divisions, *(["crimes with no known division"] if unknown and area.name is None else [])]
        if names or area.name:
            yield statement(", ".join(names) or "no division", about=area.name or AREAS.untitled)


def _parts(figures: Figures) -> Iterator[Part]:
    level = find_level(figures)
    unit = level.name
    yield statement(
        f"The {unit} is the one that had the case when the update was due. The upright line is the rest of the "
        f"{level.whole}. {FEW_GREY}"
    )
    yield from _comparisons(figures, level)
    yield from _funnels(figures)
    yield from units_against_own_past(figures)
    yield _no_league_table(figures, level)


def _funnels(figures: Figures) -> Iterator[Part]:
    unit, _ = units(figures)
    drawn_any = False
    for requirement in figures.requirements:
        if requirement.funnel:
            drawn_any, claims = True, list(units_compared(figures, requirement))
            name = f"{heading(requirement.id)} rate"
            caption = f"{name} of each {unit} over {figures.basis.trailing_weeks} settled weeks, by how much was due"
            words = " ".join(map(sentence, claims))
            yield Chart(
                f"funnel-{requirement.id}", caption, charts.funnel(requirement.funnel), f"{name}, funnel. {words}"
            )
            yield statement(words, claims=claims)
    if drawn_any:
        yield note(f"{FUNNEL_KEY} The tables above have the numbers.")


def _no_league_table(figures: Figures, level: UnitLevel) -> Note:
    unit = level.name
    said = f"This is no league table: no order among {unit}s can be read from it."
    if made := count_compared(figures, level):
        said += (
            f" {heading(count_of(made, 'comparison was', 'comparisons were'))} made and judged together, so one "
            "interval that leaves out zero is not enough: of the differences found at most about one in twenty is due "
            "to chance. None shows a cause."
        )
    if not any(in_full(requirement, level) for requirement in figures.requirements):
        return note(said)
    link = Run(f"The {figures.kind} alone, by {unit}", link="in-full")
    return note(f"{said} ", link, ", is shown in full below, not tested.")


def count_compared(figures: Figures, level: UnitLevel) -> int:
    """Return how many units were compared with the rest, under all requirements."""
    compared = (unit.change for requirement in figures.requirements for unit in level.list_units(requirement))
    return sum(change is not None and change.tested for change in compared)


def in_full(requirement: RequirementFigures, level: UnitLevel) -> bool:
    """Return whether its units in the period itself are in the full figures."""
    return any(unit.trailing and not unit.week.share.withheld for unit in level.list_units(requirement))


def _comparison(requirement: RequirementFigures, figures: Figures, level: UnitLevel) -> Iterator[Part]:
    """Yield the units of a level over the trailing weeks or, if not all of these are held, in the period."""
    if any(unit.trailing for unit in level.list_units(requirement)):
        yield _comparison_table(requirement, figures, level)
        for claim in rests_on(requirement, level):
            yield statement(sentence(claim), claims=[claim])
        return
    claim = not_compared(figures, requirement, level)
    yield units_in_period(requirement, figures, level)
    yield note(sentence(claim), claims=[claim])


def _comparison_table(requirement: RequirementFigures, figures: Figures, level: UnitLevel) -> Table:
    """Return the comparison with the rest over the trailing weeks."""
    compared = level.list_units(requirement)
    far = reach(compared)
    picture = Column("Difference drawn", "drawn", scale=(f"−{far}", "rest", f"+{far}"))
    columns: tuple[Column, ...] = (
        Column(heading(level.name), "name"), *SHARE, Column("The rest"), picture,
        Column("Difference in points"), Column("Is it chance?", "words"),
    )  # fmt: skip
    columns += (Column("Silent victims"),) if requirement.repeats else ()
    caption = (
        f"{heading(requirement.id)} rate {'of each area ' if level is AREAS else ''}over the last "
        f"{figures.basis.trailing_weeks} settled weeks, against the rest of the {level.whole}"
    )
    caption += f"; silent victims at the {figures.kind}’s end" if requirement.repeats else ""
    rows = tuple(_comparison_row(requirement, unit, figures, level, far) for unit in compared if unit.trailing)
    return Table(f"{_prefix(level)}compared-{requirement.id}", caption, columns, rows,
                 cases=cases(figures, f"{level.trailing}.{requirement.id}/NAME"))  # fmt: skip


def _prefix(level: UnitLevel) -> str:
    """Return what the ids of the tables of a level begin with. One report has tables of areas and of divisions."""
    return "areas-" if level is AREAS else ""


def _comparison_row(
    requirement: RequirementFigures, unit: DivisionFigures, figures: Figures, level: UnitLevel, far: int
) -> Row:
    assert unit.trailing is not None  # noqa: S101  # only those with trailing weeks are compared
    change, figure = unit.change, f"{level.trailing}.{requirement.id}/{level.group(unit)}"
    points, rest = difference_of(unit), cell(rate(unit.rest.share)) if unit.rest else cell("")
    silent = (cell(rate(unit.silent)) if unit.silent else cell("–"),) if requirement.repeats else ()
    return (
        cell(level.title(unit)), *share_cells(unit.trailing.share, figure), rest, difference_drawn(change, points, far),
        points_cell(change, points), verdict_cell(change, unit_compared(requirement, unit, figures, level)), *silent,
    )  # fmt: skip


def _by_the_former_map(requirement: RequirementFigures, former: FormerMap, figures: Figures) -> Table:
    """Return the same obligations by the map before a reorganisation (decision 0031): shown, not tested."""
    rows = tuple(
        (
            cell(name_of(group.name)),
            *share_cells(group.share, f"former-division.{requirement.id}/{group.name or NO_NAME}"),
        )
        for group in former.divisions
    )
    return Table(
        f"former-divisions-{requirement.id}",
        f"{heading(requirement.id)} rate in the {figures.kind}, by the divisions as they were until "
        f"{day(former.until)}",
        (Column("Division", "name"), *SHARE), rows, cases=cases(figures, f"former-division.{requirement.id}/NAME"),
    )  # fmt: skip


def units_in_period(requirement: RequirementFigures, figures: Figures, level: UnitLevel) -> Table:
    """Return the units in the period itself: shown, not tested."""
    week = requirement.week
    columns: tuple[Column, ...] = (Column(heading(level.name), "name"), *SHARE[:2], DRAWN, SHARE[2])
    columns += (Column("Silent victims"),) if requirement.repeats else ()

    def row(name: str, unit: DivisionFigures | None) -> Row:
        group = None if unit is None else level.group(unit)
        figure = f"rate.{requirement.id}" if group is None else f"{level.name}.{requirement.id}/{group}"
        share = (week.rate if unit is None else unit.week).share
        counts, rate, between = share_cells(share, figure)
        silence = week.silent if unit is None else unit.silent
        silent = (rate_and_counts(silence, "silent" if group is None else f"{level.silent}/{group}"),)
        picture = draw_share(share, week.rate.share.rate)
        return cell(name), counts, rate, picture, between, *(silent if requirement.repeats else ())

    return Table(
        f"{_prefix(level) or 'divisions-'}{requirement.id}",
        f"{heading(requirement.id)} rate in the {figures.kind}, by {level.name}", columns,
        tuple(row(level.title(unit), unit) for unit in level.list_units(requirement)),
        (row(heading(level.whole), None),),
        cases(figures, f"{level.name}.{requirement.id}/NAME"),
    )  # fmt: skip
