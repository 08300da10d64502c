"""Units that differ from the rest, all comparisons of a page judged together (statistics 1.5) (decision 0052)."""

from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec.structs import replace

from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.unit_levels import AREAS, DIVISIONS, TEAMS, UnitLevel
from compliance.reports.judging.rates import change
from compliance.reports.judging.unit_counts import UnitCounts
from compliance.reports.methods.statistics import benjamini_hochberg
from compliance.reports.model.findings import Funnel
from compliance.reports.model.force_model import ComparedRequirement
from compliance.reports.model.report_model import DivisionFigures, RequirementFigures

LEVEL: Final = 0.05
"""The false discovery rate of a family (statistics 1.5)."""


R = TypeVar("R", RequirementFigures, ComparedRequirement)


def judge_families(edition: Edition, requirements: Sequence[R]) -> tuple[R, ...]:
    """Return the requirements with each unit that differs from the rest called so.

    The divisions (or in a division's edition its teams) under all requirements are one family, the areas another.
    """
    for level in (AREAS, DIVISIONS if edition.division is None else TEAMS):
        requirements = _judge(edition, requirements, level)
    return tuple(requirements)


def _judge(edition: Edition, requirements: Sequence[R], level: UnitLevel) -> Sequence[R]:
    p = {
        (requirement.id, unit.name): unit.change.p
        for requirement in requirements
        for unit in level.list_units(requirement)
        if unit.change and unit.change.tested and unit.change.p is not None
    }
    rejected = benjamini_hochberg(list(p.values()), LEVEL)
    different = {key for key, is_rejected in zip(p, rejected, strict=True) if is_rejected}
    if not different:
        return requirements
    highest = LEVEL * len(different) / len(p)
    judged = []
    for requirement in requirements:
        names = {name for id_, name in different if id_ == requirement.id}
        counts = _count(edition, requirement.id, level) if names else None
        units = [
            _call_different(counts, unit, highest) if counts and unit.name in names else unit
            for unit in level.list_units(requirement)
        ]
        judged.append(_with_units(level, requirement, units))
    return judged


def _call_different(counts: UnitCounts, unit: DivisionFigures, highest: float) -> DivisionFigures:
    assert unit.change is not None  # noqa: S101  # it was compared
    rests_on = _rests_on(counts, unit, highest)
    return replace(unit, change=replace(unit.change, significant=True), rests_on=rests_on)


def _rests_on(counts: UnitCounts, unit: DivisionFigures, highest: float) -> tuple[str, ...]:
    """Return the other units without which it would not differ: compared again, with each left out of the rest.

    `highest`: the largest p that its family lets differ.
    """
    assert unit.trailing is not None  # noqa: S101  # it was compared
    found = []
    for name in sorted(set(counts.column.present()) - {unit.name}):
        without = change(unit.trailing.share, counts.without(unit.name, name))
        if without and without.tested and without.p is not None and without.p > highest:
            found.append(name)
    return tuple(found)


def _count(edition: Edition, requirement: str, level: UnitLevel) -> UnitCounts:
    place = edition.place(requirement)
    every = edition.trailing_due(place)
    return UnitCounts.of(
        every, edition.unit_of(every, level.name), edition.clusters.of(place), level in (AREAS, DIVISIONS)
    )


def _with_units(level: UnitLevel, found: R, units: Sequence[DivisionFigures]) -> R:
    if level is AREAS:
        return replace(found, areas=tuple(units))
    return replace(found, divisions=tuple(units), funnel=found.funnel and mark_different(found.funnel, units))


def mark_different(funnel: Funnel, units: Sequence[DivisionFigures]) -> Funnel:
    """Mark the units in the funnel that are called different."""
    different = {unit.name for unit in units if unit.change and unit.change.significant}
    return replace(funnel, points=tuple(replace(each, different=each.name in different) for each in funnel.points))
