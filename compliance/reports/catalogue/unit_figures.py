"""Divisions, teams and offence groups: in the period, and over the trailing weeks (statistics 1.5, section 3)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.case import TracedCase, obligations
from compliance.reports.catalogue.counted import CountedRows
from compliance.reports.catalogue.disclosure import (
    NO_RATE,
    counts_of,
    find_hidden_parts,
    not_disclosed,
    of_each_requirement,
)
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.edition_records import find_name
from compliance.reports.catalogue.figure import KEY, Counting, Disclosure, Figure, ReportRows
from compliance.reports.catalogue.rate_figures import CASES, OF_DUE, due_in_period, rate_rows
from compliance.reports.catalogue.row import NO_NAME, PlacedRow, change_numbers, share_row
from compliance.reports.catalogue.unit_levels import AREAS, DIVISIONS, TEAMS, UnitLevel, find_level, list_levels
from compliance.reports.judging.rates import Cohort, has
from compliance.reports.model.proportions import Rate
from compliance.reports.model.report_model import DivisionFigures, Figures, FormerMap, RequirementFigures

_Listed = Callable[..., tuple[TracedCase, ...]]


def count_in_period(unit: str) -> Counting:
    """Return a function that counts the obligations of one unit in the period."""

    def count(edition: Edition, requirement: str, group: str | None) -> CountedRows:
        read = edition.read("rate")
        cohort = read.due(edition.place(requirement))
        column = edition.unit_of(cohort, unit)
        own = cohort.where(has(column, find_name([column], group, unit)))
        return due_in_period(edition, read, own, requirement)

    return count


def _count_over_weeks(edition: Edition, place: int, unit: str, group: str | None) -> tuple[Cohort, _Listed]:
    """Return the obligations of one group over the trailing weeks, and a function that lists them."""
    every = edition.trailing_due(place)
    column = edition.unit_of(every, unit)
    name = find_name([column], group, unit)
    return every.where(has(column, name)), partial(_list_weeks, edition, place, unit, name)


def _list_weeks(edition: Edition, place: int, unit: str, name: str | None) -> tuple[TracedCase, ...]:
    cases: list[TracedCase] = []
    for week in edition.trailing:
        cohort = week.due(place)
        own = cohort.where(has(edition.unit_of(cohort, unit), name))
        cases += obligations(week.verdicts, own.verdict)
    return tuple(cases)


def count_trailing(unit: str = "") -> Counting:
    """Return a function that counts the obligations of one group over the trailing weeks.

    If no kind of `unit` is named, a group is a division or team, as in the edition.
    """

    def count(edition: Edition, requirement: str, group: str | None) -> CountedRows:
        place, kind = edition.place(requirement), unit or edition.unit
        cohort, listed = _count_over_weeks(edition, place, kind, group)
        return rate_rows(cohort, listed, partial(edition.clusters.unit_effect, cohort, place, kind))

    return count


def _count_former(edition: Edition, requirement: str, group: str | None) -> CountedRows:
    """Count the obligations of one division in the period, by the map before a reorganisation."""
    cohort = edition.due_former(edition.place(requirement))
    own = cohort.where(has(cohort.division, find_name([cohort.division], group, "division")))
    deff = partial(edition.clusters.effect, own, edition.place(requirement), edition.period)
    return rate_rows(own, lambda: obligations(edition.headline, own.verdict), deff)


def _rows_former(figures: Figures) -> Iterator[PlacedRow]:
    for place, requirement in enumerate(figures.requirements):
        former = requirement.former
        for order, group in enumerate(former.divisions if isinstance(former, FormerMap) else ()):
            name = group.name or NO_NAME
            figure, what = f"former-division.{requirement.id}/{name}", f"{requirement.id} in time, by the former map"
            row = share_row("units", figure, what, name, figures.period, group.share)
            yield PlacedRow((place, len(requirement.divisions) + order), row)


def rows_in_period(level: UnitLevel) -> ReportRows:
    """Return a function that yields the rows of the units of a level in the period."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        if level not in list_levels(figures):
            return
        for place, requirement, order, unit in each_unit(figures, level):
            group = level.group(unit)
            figure, what = f"{level.name}.{requirement.id}/{group}", f"{requirement.id} in time"
            row = share_row(section_of(level), figure, what, group, figures.period, unit.week.share)
            yield PlacedRow((place, order, 0), row)

    return rows


def section_of(level: UnitLevel) -> str:
    """Return the section of the rows of a level."""
    return "areas" if level is AREAS else "units"


def each_unit(figures: Figures, level: UnitLevel) -> Iterator[tuple[int, RequirementFigures, int, DivisionFigures]]:
    """Yield (place of the requirement, requirement, place of the unit, its figures) for each unit of a level."""
    for place, requirement in enumerate(figures.requirements):
        for order, unit in enumerate(level.list_units(requirement)):
            yield place, requirement, order, unit


def rows_trailing(figures: Figures, level: UnitLevel) -> Iterator[PlacedRow]:
    """Yield the rows of the units of a level over the trailing weeks, with funnel limits for those in the funnel."""
    points = [{point.name: point for point in found.funnel.points} if found.funnel and level is not AREAS else {}
              for found in figures.requirements]  # fmt: skip
    for place, requirement, order, unit in each_unit(figures, level):
        if unit.trailing is None:
            continue
        group, point = level.group(unit), points[place].get(unit.name or "")
        limits = {} if point is None else {
            "funnel_low_95": point.bounds.low_95, "funnel_high_95": point.bounds.high_95,
            "funnel_low_998": point.bounds.low_998, "funnel_high_998": point.bounds.high_998,
        }  # fmt: skip
        yield PlacedRow((place, order, 2), share_row(
            section_of(level), f"{level.trailing}.{requirement.id}/{group}",
            f"{requirement.id} in time, trailing weeks", group, figures.period, unit.trailing.share,
            **change_numbers(unit.change), **limits,
        ))  # fmt: skip


def _rows_trailing(figures: Figures) -> Iterator[PlacedRow]:
    return rows_trailing(figures, find_level(figures))


def _rows_of_offences(figures: Figures) -> Iterator[PlacedRow]:
    for place, requirement in enumerate(figures.requirements):
        for group in requirement.offences:
            named, what = group.name or NO_NAME, f"{requirement.id} in time, trailing weeks"
            figure = f"offence.{requirement.id}/{named}"
            yield PlacedRow((place, 4), share_row("groups", figure, what, named, figures.period, group.share))


def _weeks_are_disclosed(found: RequirementFigures, disclosed: RequirementFigures, board: Figures) -> bool:
    """Return whether the trailing weeks can be disclosed.

    All of them must be weeks shown in the chart, of which they are the sum. If the next report had more weeks than this
    one, the two together would reveal the new week of each group.
    """
    weeks = board.basis.trailing_weeks
    return found.trailing_held == weeks and not any(each.withheld for each in disclosed.trend.shares[-weeks:])


def _release_trailing(found: RequirementFigures, disclosed: RequirementFigures, board: Figures) -> RequirementFigures:
    """Release the trailing weeks of divisions, but never a single week.

    A single week would follow from two reports, whose trailing weeks overlap, and the week that dropped out.
    """
    trailing = [division.trailing for division in found.divisions if division.trailing]
    hidden = iter(find_hidden_parts([counts_of(each.share) for each in trailing]))
    shown = _weeks_are_disclosed(found, disclosed, board)
    divisions = tuple(
        release_over_weeks(division, public, division.trailing is not None and not next(hidden) and shown)
        for division, public in zip(found.divisions, disclosed.divisions, strict=True)
    )
    compared = all(division.trailing and not division.trailing.share.withheld for division in divisions)
    return replace(disclosed, divisions=divisions, funnel=found.funnel if compared else None)


def release_over_weeks(found: DivisionFigures, disclosed: DivisionFigures, compared: bool) -> DivisionFigures:
    """Return what is told of a unit over the trailing weeks. `compared`: whether it may be told."""
    over, rest = found.trailing, found.rest
    if not compared or over is None or rest is None:
        return replace(disclosed, trailing=over and NO_RATE)
    over, rest = Rate(over.share, None, None, None), Rate(rest.share, None, None, None)
    return replace(disclosed, trailing=over, rest=rest, change=found.change, rests_on=found.rests_on)


def _release_offences(found: RequirementFigures, disclosed: RequirementFigures, board: Figures) -> RequirementFigures:
    hidden = find_hidden_parts([counts_of(group.share) for group in found.offences])
    kept = tuple(group for group, is_hidden in zip(found.offences, hidden, strict=True) if not is_hidden)
    return replace(disclosed, offences=kept if _weeks_are_disclosed(found, disclosed, board) else ())


WEEK_OF_ONE: Final = "it would follow from two reports, whose trailing weeks overlap, and the week that has gone"
_figure = partial(Figure, key=KEY, cases=CASES, measures=OF_DUE)
DIVISION: Final = _figure(
    name="division", group="DIVISION", title="Division",
    meaning="The division that had the case at the end of the due date. A single {kind} is shown, not tested; the "
            "trailing weeks are compared with the rest of the force.",
    clause="statistics 1.5, records 2", count=count_in_period("division"), rows=rows_in_period(DIVISIONS),
    disclosure=not_disclosed(WEEK_OF_ONE),
)  # fmt: skip
TEAM: Final = _figure(
    name="team", group="TEAM", title="Team",
    meaning="The team of the division that had the case at the end of the due date.",
    clause="statistics 1.5, records 2", count=count_in_period("team"), rows=rows_in_period(TEAMS),
    disclosure=not_disclosed("teams stand in a division’s edition alone"),
)  # fmt: skip
TRAILING_UNIT: Final = _figure(
    name="trailing", group="NAME", title="Division or team over the trailing weeks",
    meaning="The rate of a division, or of a team in a division’s edition, over the last 13 settled weeks, and its "
            "difference from that of the rest.",
    clause="statistics 1.5, 3", count=count_trailing(), rows=_rows_trailing,
    disclosure=Disclosure(
        "disclosed over 13 full weeks of which each stands in the chart: the smallest are withheld until those "
        "withheld are at least two and come together to no count from 1 to 4",
        of_each_requirement(_release_trailing),
    ),
)  # fmt: skip
FORMER_DIVISION: Final = _figure(
    name="former-division", group="DIVISION", title="Division by the former map",
    meaning="The rate of a division in the {kind} by the map that was in force until a reorganisation, where one took "
            "place in the {kind} or in the four weeks before it.",
    clause="statistics 1.5", count=_count_former, rows=_rows_former,
    disclosure=not_disclosed("small counts would follow from the same divisions by two maps"),
)  # fmt: skip
OFFENCE: Final = _figure(
    name="offence", group="OFFENCE", title="Offence group over the trailing weeks",
    meaning="The rate of an offence group over the last 13 settled weeks.",
    clause="statistics 1.5, 1.6", count=count_trailing("offence"), rows=_rows_of_offences,
    disclosure=Disclosure("as divisions over the trailing weeks", of_each_requirement(_release_offences)),
)  # fmt: skip
