"""What would not be told without crimes that are probably on record twice is not told with them (decision 0058)."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from compliance.reports.comparing.families import mark_different
from compliance.reports.model.changes import PastSeries
from compliance.reports.model.findings import Trend, UnitTrend
from compliance.reports.model.report_model import DivisionFigures, RequirementFigures

_Charted = TypeVar("_Charted", Trend, UnitTrend)


def compare_requirements(
    found: Sequence[RequirementFigures], without: Sequence[RequirementFigures]
) -> tuple[RequirementFigures, ...]:
    """Return the requirements in which nothing is called different, or a special cause, that is none `without`."""
    return tuple(_compare(*each) for each in zip(found, without, strict=True))


def compare_own_past(found: Sequence[PastSeries], without: Sequence[PastSeries]) -> tuple[PastSeries, ...]:
    """Return the series in which no unit is called changed that has not changed `without`."""
    changed = {(each.requirement, each.part, unit.name, unit.turn) for each in without for unit in each.units}
    return tuple(
        replace(each, units=tuple(
            replace(unit, paired=None, summed=None, since=None, missed=0.0, on_duplicates=True)
            if unit.turn and (each.requirement, each.part, unit.name, unit.turn) not in changed else unit
            for unit in each.units
        ))
        for each in found
    )  # fmt: skip


def _compare(found: RequirementFigures, without: RequirementFigures) -> RequirementFigures:
    divisions = _units(found.divisions, without.divisions)
    changed = replace(
        found, divisions=divisions, funnel=found.funnel and mark_different(found.funnel, divisions),
        trend=_trend(found.trend, without.trend),
        parts=tuple(replace(one, trend=_trend(one.trend, other.trend))
                    for one, other in zip(found.parts, without.parts, strict=True)),
    )  # fmt: skip
    if isinstance(found.areas, tuple) and isinstance(without.areas, tuple):
        changed = replace(changed, areas=_units(found.areas, without.areas))
    return changed


def _units(found: Sequence[DivisionFigures], without: Sequence[DivisionFigures]) -> tuple[DivisionFigures, ...]:
    differ = {(unit.name, unit.change.difference > 0) for unit in without if unit.change and unit.change.significant}
    return tuple(
        replace(unit, change=replace(unit.change, significant=False, on_duplicates=True), rests_on=())
        if unit.change and unit.change.significant and (unit.name, unit.change.difference > 0) not in differ else unit
        for unit in found
    )  # fmt: skip


def _trend(found: Trend, without: Trend) -> Trend:
    """Return a chart with the special causes of both. What is to be expected of a target must be the same in both."""
    causes = {(without.weeks[each.place], each.rule, each.improvement) for each in without.control.signals}
    kept = tuple(
        each for each in found.control.signals if (found.weeks[each.place], each.rule, each.improvement) in causes
    )
    left = tuple(found.weeks[each.place] for each in found.control.signals if each not in kept)
    return replace(
        found, control=replace(found.control, signals=kept), on_duplicates=left,
        assurance=found.assurance if found.assurance == without.assurance else None,
    )  # fmt: skip
