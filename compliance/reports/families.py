"""Units that differ from the rest, all comparisons of a page judged together (statistics 1.5) (decision 0052)."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.edition import Edition
from compliance.reports.findings import Funnel
from compliance.reports.rates import change, has, rate
from compliance.reports.report_model import DivisionFigures, RequirementFigures
from compliance.reports.statistics import benjamini_hochberg
from compliance.reports.unit_levels import AREAS, DIVISIONS, TEAMS, UnitLevel

LEVEL: Final = 0.05
"""The false discovery rate of a family (statistics 1.5)."""


def judge_families(edition: Edition, requirements: Sequence[RequirementFigures]) -> tuple[RequirementFigures, ...]:
    """Return the requirements with each unit that differs from the rest called so.

    The divisions (or in a division's edition its teams) under all requirements are one family, the areas another.
    """
    for level in (AREAS, DIVISIONS if edition.division is None else TEAMS):
        requirements = _judge(edition, requirements, level)
    return tuple(requirements)


def _judge(
    edition: Edition, requirements: Sequence[RequirementFigures], level: UnitLevel
) -> Sequence[RequirementFigures]:
    p = {
        (requirement.id, unit.name): unit.change.p
        for requirement in requirements
        for unit in level.list_units(requirement)
        if unit.change and unit.change.tested and unit.change.p is not None
    }
    rejected = benjamini_hochberg(list(p.values()), LEVEL)
    different = [key for key, is_rejected in zip(p, rejected, strict=True) if is_rejected]
    if not different:
        return requirements
    highest = LEVEL * len(different) / len(p)
    return [
        _with_units(level, requirement, [
            _call_different(edition, requirement.id, level, unit, highest) if (requirement.id, unit.name) in different
            else unit
            for unit in level.list_units(requirement)
        ])
        for requirement in requirements
    ]  # fmt: skip


def _call_different(
    edition: Edition, requirement: str, level: UnitLevel, unit: DivisionFigures, highest: float
) -> DivisionFigures:
    assert unit.change is not None  # noqa: S101  # it was compared
    rests_on = _rests_on(edition, requirement, level, unit, highest)
    return replace(unit, change=replace(unit.change, significant=True), rests_on=rests_on)


def _rests_on(
    edition: Edition, requirement: str, level: UnitLevel, unit: DivisionFigures, highest: float
) -> tuple[str, ...]:
    """Return the other units without which it would not differ: compared again, with each left out of the rest.

    `highest`: the largest p that its family lets differ.
    """
    assert unit.trailing is not None  # noqa: S101  # it was compared
    place = edition.place(requirement)
    every = edition.trailing_due(place)
    column = edition.unit_of(every, level.name)
    found = []
    for name in sorted(set(column.present()) - {unit.name}):
        left = every.where(~has(column, unit.name) & ~has(column, name))
        rest = rate(left, edition.clusters.unit_effect(left, place, level.name)).share
        without = change(unit.trailing.share, rest)
        if without and without.tested and without.p is not None and without.p > highest:
            found.append(name)
    return tuple(found)


def _with_units(level: UnitLevel, found: RequirementFigures, units: Sequence[DivisionFigures]) -> RequirementFigures:
    if level is AREAS:
        return replace(found, areas=tuple(units))
    return replace(found, divisions=tuple(units), funnel=found.funnel and mark_different(found.funnel, units))


def mark_different(funnel: Funnel, units: Sequence[DivisionFigures]) -> Funnel:
    """Mark the units in the funnel that are called different."""
    different = {unit.name for unit in units if unit.change and unit.change.significant}
    return replace(funnel, points=tuple(replace(each, different=each.name in different) for each in funnel.points))
