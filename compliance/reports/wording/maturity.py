"""What a report cannot tell yet, because too few weeks can be compared (statistics 1.2b, 6)."""

from collections.abc import Iterator

from compliance.reports.judging.weeks_compared import COMPARED
from compliance.reports.methods.control import ENOUGH
from compliance.reports.methods.statistics import BASE, SUMMED
from compliance.reports.model.claims import Claim, ClaimKind, Stated
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import units


def not_yet_told(figures: Figures) -> Iterator[Claim]:
    """Yield the claim about what cannot be told yet; nothing once all figures that are compared are mature."""
    held = dict(_list_young(figures))
    if not held:
        return
    unit, whole = units(figures)
    broken = next((series.broken for series in figures.own_past if series.broken), "")
    yield Claim(
        kind=ClaimKind.NOT_YET_TOLD, subject="summary", period=figures.kind, about=unit,
        since=figures.basis.records_begin, against=f"the {whole} as a whole", words=broken,
        stated=tuple(
            stated for question, (weeks, needed) in held.items()
            for stated in (Stated("held", weeks, group=question), Stated("needed", needed, group=question))
        ),
    )  # fmt: skip


def _list_young(figures: Figures) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (question, (weeks that can be compared, weeks needed)) for what cannot be told yet."""
    asked = [requirement for requirement in figures.requirements if not requirement.event]
    points = [sum(share.rate is not None for share in requirement.trend.shares) for requirement in asked]
    if points and min(points) < ENOUGH:
        yield "whole", (min(points), ENOUGH)
    several = any(len([unit for unit in requirement.divisions if unit.name]) > 1 for requirement in asked)
    trailing = [requirement.trailing_held for requirement in asked]
    if several and min(trailing) < figures.basis.trailing_weeks:
        yield "rest", (min(trailing), figures.basis.trailing_weeks)
    weeks = [series.weeks for series in figures.own_past]
    if weeks and min(weeks) < COMPARED:
        yield "past", (min(weeks), COMPARED)
    elif weeks and min(weeks) < BASE + SUMMED:
        yield "slow", (min(weeks), BASE + SUMMED)
