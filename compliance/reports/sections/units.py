"""Divisions of the force, or teams of a division, compared with the rest (statistics 1.5, section 3)."""

from collections.abc import Iterator

from compliance.reports import charts
from compliance.reports.catalogue.row import NO_NAME
from compliance.reports.cells import (
    DRAWN,
    SHARE,
    cases,
    change_cells,
    difference_drawn,
    draw_share,
    name_of,
    rate,
    rate_and_counts,
    share_cells,
)
from compliance.reports.parts import (
    Chart,
    Column,
    Heading,
    Items,
    Note,
    Part,
    Row,
    Run,
    Section,
    Table,
    cell,
    note,
    statement,
)
from compliance.reports.rate_claims import claim_change
from compliance.reports.report_model import DivisionFigures, Figures, FormerMap, RequirementFigures
from compliance.reports.sections.change_over_time import causes_of_groups
from compliance.reports.sentences import sentence
from compliance.reports.telling import FEW_GREY, FUNNEL_KEY, funnel_of, not_compared, unit_causes
from compliance.reports.words import day, heading, reach, units


def units_beside_the_rest(figures: Figures) -> Section:
    """Return the section on divisions or teams."""
    unit, _ = units(figures)
    return Section("divisions", f"{heading(unit)}s", tuple(_parts(figures)))


def has_trailing(requirement: RequirementFigures) -> bool:
    """Return whether its divisions are compared over the trailing weeks."""
    return any(division.trailing for division in requirement.divisions)


def _parts(figures: Figures) -> Iterator[Part]:
    unit, whole = units(figures)
    yield statement(
        f"The {unit} is the one that had the case when the update was due. The upright line is the rest of the "
        f"{whole}. {FEW_GREY}"
    )
    shown = [requirement for requirement in figures.requirements if requirement.divisions]
    for requirement in shown:
        if has_trailing(requirement):
            yield _comparison_table(requirement, figures)
        else:
            claim = not_compared(figures, requirement)
            yield units_in_period(requirement, figures)
            yield note(sentence(claim), claims=[claim])
        if requirement.former:
            yield _by_the_former_map(requirement, requirement.former, figures)
    if not shown:
        yield statement(f"As far as the records are held, no update was due to anyone, in any {unit}.")
    yield from _funnels(figures)
    if found := tuple(causes_of_groups(unit_causes(figures))):
        yield Heading("unit-causes", f"Special causes in single {unit}s")
        yield Items(found)
        yield note(
            f"The two newest of each. Every {unit} has a chart of its own in the XLSX and JSON forms. The more charts "
            "there are, the more points are flagged by chance."
        )
    yield _no_league_table(figures)


def _funnels(figures: Figures) -> Iterator[Part]:
    unit, _ = units(figures)
    drawn_any = False
    for requirement in figures.requirements:
        if requirement.funnel:
            drawn_any, claim = True, funnel_of(requirement, requirement.funnel, unit)
            name = f"{heading(requirement.id)} rate"
            caption = f"{name} of each {unit} over {figures.basis.trailing_weeks} settled weeks, by how much was due"
            words = sentence(claim)
            yield Chart(
                f"funnel-{requirement.id}", caption, charts.funnel(requirement.funnel), f"{name}, funnel. {words}"
            )
            yield statement(words, claims=[claim])
    if drawn_any:
        yield note(f"{FUNNEL_KEY} The tables above have the numbers.")


def _no_league_table(figures: Figures) -> Note:
    unit, _ = units(figures)
    said = (
        f"This is no league table: no order among {unit}s can be read from it. About one comparison in twenty is "
        "flagged by chance alone, and none shows a cause."
    )
    if not any(in_full(requirement) for requirement in figures.requirements):
        return note(said)
    link = Run(f"The {figures.kind} alone, by {unit}", link="in-full")
    return note(f"{said} ", link, ", is shown in full below, not tested.")


def in_full(requirement: RequirementFigures) -> bool:
    """Return whether its divisions in the period itself are in the full figures."""
    return any(division.trailing and not division.week.share.withheld for division in requirement.divisions)


def _comparison_table(requirement: RequirementFigures, figures: Figures) -> Table:
    """Return the comparison with the rest over the trailing weeks."""
    unit, whole = units(figures)
    far = reach(requirement.divisions)
    picture = Column("Difference drawn", "drawn", scale=(f"−{far}", "rest", f"+{far}"))
    columns: tuple[Column, ...] = (
        Column(heading(unit), "name"), *SHARE, picture,
        Column("Difference in points"), Column("Is it chance?", "words"),
    )  # fmt: skip
    columns += (Column("Silent victims"),) if requirement.repeats else ()
    caption = (
        f"{heading(requirement.id)} rate over the last {figures.basis.trailing_weeks} settled weeks, against the rest "
        f"of the {whole}"
    )
    caption += f"; silent victims at the {figures.kind}’s end" if requirement.repeats else ""
    rows = tuple(_comparison_row(requirement, division, figures, far) for division in requirement.divisions
                 if division.trailing)  # fmt: skip
    return Table(f"compared-{requirement.id}", caption, columns, rows,
                 cases=cases(figures, f"trailing.{requirement.id}/NAME"))  # fmt: skip


def _comparison_row(requirement: RequirementFigures, division: DivisionFigures, figures: Figures, far: int) -> Row:
    assert division.trailing is not None  # noqa: S101  # only those with trailing weeks are compared
    change, figure = division.change, f"trailing.{requirement.id}/{division.name or NO_NAME}"
    against = f"the rest of the {units(figures)[1]}"
    claim = claim_change(change, figure, figures, against, division.name or "") if change else None
    silent = (cell(rate(division.silent)) if division.silent else cell("–"),) if requirement.repeats else ()
    return (
        cell(name_of(division.name)), *share_cells(division.trailing.share, figure), difference_drawn(change, far),
        *change_cells(change, claim), *silent,
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


def units_in_period(requirement: RequirementFigures, figures: Figures) -> Table:
    """Return the units in the period itself: shown, not tested."""
    unit, whole = units(figures)
    week = requirement.week
    columns: tuple[Column, ...] = (Column(heading(unit), "name"), *SHARE[:2], DRAWN, SHARE[2])
    columns += (Column("Silent victims"),) if requirement.repeats else ()

    def row(name: str, division: DivisionFigures | None) -> Row:
        group = None if division is None else division.name or NO_NAME
        figure = f"rate.{requirement.id}" if group is None else f"{unit}.{requirement.id}/{group}"
        share = (week.rate if division is None else division.week).share
        counts, told, between = share_cells(share, figure)
        silence = week.silent if division is None else division.silent
        silent = (rate_and_counts(silence, "silent" if group is None else f"silent/{group}"),)
        picture = draw_share(share, week.rate.share.rate)
        return cell(name), counts, told, picture, between, *(silent if requirement.repeats else ())

    return Table(
        f"divisions-{requirement.id}", f"{heading(requirement.id)} rate in the {figures.kind}, by {unit}", columns,
        tuple(row(name_of(division.name), division) for division in requirement.divisions),
        (row(heading(whole), None),),
        cases(figures, f"{unit}.{requirement.id}/NAME"),
    )  # fmt: skip
