"""What to look at first, as figures (statistics 6): the whole outside its limits, units worse than the rest.

A division's change for the worse is found in `own_past`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.policy.verdicts import MET
from compliance.reports.catalogue.edition import Edition
from compliance.reports.comparing.past_series import ENHANCED_WEIGHT, PastRows
from compliance.reports.comparing.unit_presence import count_presence, find_unlike
from compliance.reports.judging.judged import TRAILING, Judgements
from compliance.reports.judging.rates import has
from compliance.reports.methods.control import control_chart
from compliance.reports.methods.statistics import benjamini_hochberg
from compliance.reports.model.changes import Attention, BelowRest, LastTold, Outside, Part, PastSeries, Turn
from compliance.reports.model.findings import Trend
from compliance.reports.model.report_model import DivisionFigures, RequirementFigures

NEWEST: Final = 2
"""How many weeks are new: a point outside among them asks for action (statistics 2.2c)."""
STANDING_LEVEL: Final = 0.02
"""The false discovery rate of a standing difference that is told first (statistics 6)."""


def find_attention(
    judged: Judgements,
    edition: Edition,
    requirements: Sequence[RequirementFigures],
    outside: Sequence[Outside],
    own_past: Sequence[PastSeries],
    last: LastTold | None,
) -> Attention:
    """Return what is to be looked at first, beside the units that changed.

    `outside`: from `find_outside`. `last`: what the last report told first.
    """
    explained = tuple(_explain_by_units(judged, edition, each, own_past) for each in outside)
    return Attention(explained, find_standing(judged, edition, requirements), last=last)


def find_outside(
    judged: Judgements, edition: Edition, requirements: Sequence[RequirementFigures]
) -> tuple[Outside, ...]:
    """Return the charts of the whole with a point outside among the newest two, in order of the policy."""
    found = []
    for asked, requirement in zip(judged.policy.requirement, requirements, strict=True):
        for part, trend in list_charts(requirement):
            run = _newest_run(trend)
            described = run and _describe(PastRows.of(judged, edition, asked, part), trend, run)
            found += [described] if described else []
    return tuple(found)


def list_charts(requirement: RequirementFigures) -> list[tuple[Part, Trend]]:
    """Return the charts of the whole in which special causes are looked for (statistics 1.10)."""
    if requirement.event:
        return []
    return [(part.part, part.trend) for part in requirement.parts] or [("", requirement.trend)]


def _newest_run(trend: Trend) -> tuple[int, int, bool] | None:
    """Return (first place, last place, whether better) of what ends in a point outside among the newest two.

    It begins with the first point of a shift, or near the limit, on the same side that it follows without a gap: that
    is one event (2.2c). None if there is no point outside, if an explained week is the reason (2.2b), or while the
    limits are provisional.
    """
    if not trend.control.limits or trend.control.limits[-1].provisional:
        return None
    explained = {each.place for each in trend.explained}
    signals = [each for each in trend.control.signals if each.place not in explained and each.rule != "trend"]
    better = {each.place: each.improvement for each in signals}
    last = max((each.place for each in signals if each.rule == "outside"), default=-1)
    if last < len(trend.weeks) - NEWEST:
        return None
    first = last
    while better.get(first - 1) is better[last]:
        first -= 1
    return first, last, better[last]


def _describe(rows: PastRows, trend: Trend, run: tuple[int, int, bool]) -> Outside | None:
    """Return what a run of points outside cost; None if it lies before the weeks that can be compared."""
    first, last, better = run
    limits, turn = trend.control.limits[-1], _turn(better)
    names = [str(week) for week in rows.weeks]
    places = [names.index(week) for week in trend.weeks[first : last + 1] if week in names]
    if not places:
        return None
    before = range(max(0, places[0] - TRAILING), places[0])
    after = range(max(places[0], len(names) - TRAILING), len(names))
    met, due = rows.whole()
    met_w, due_w = rows.whole(weighed=True)
    base = float(met[before].sum() / due[before].sum()) if due[before].sum() else None
    missed = 0.0
    if turn == "worse" and due_w[before].sum():
        missed = max(0.0, float(due_w[after].sum() * met_w[before].sum() / due_w[before].sum() - met_w[after].sum()))
    return Outside(
        rows.requirement, rows.part, turn, (trend.weeks[first], trend.weeks[last]),
        (limits.upper if better else limits.lower) / 100, float(met[places].sum() / due[places].sum()), base, missed,
    )  # fmt: skip


def _turn(better: bool) -> Turn:
    return "better" if better else "worse"


def _explain_by_units(judged: Judgements, edition: Edition, found: Outside, own_past: Sequence[PastSeries]) -> Outside:
    """Return the same with the units that changed as the whole did, if the others alone are not outside."""
    changed = sorted({unit.name for series in own_past for unit in series.units
                      if unit.turn == found.turn and not unit.with_whole})  # fmt: skip
    if not changed:
        return found
    rows = PastRows.of(judged, edition, judged.policy.requirement_by_id(found.requirement), found.part)
    left = [place for place, name in enumerate(rows.names) if name not in changed]
    met, due = rows.counts[left].sum(axis=0) if left else np.zeros((2, len(rows.weeks)))
    chart = control_chart([100 * m / n if n else None for m, n in zip(met.tolist(), due.tolist(), strict=True)])
    stands = any(signal.rule == "outside" and _turn(signal.improvement) == found.turn
                 and signal.place >= len(rows.weeks) - NEWEST for signal in chart.signals)  # fmt: skip
    return found if stands else replace(found, units=tuple(changed))


def find_standing(
    judged: Judgements, edition: Edition, requirements: Sequence[RequirementFigures]
) -> tuple[BelowRest, ...]:
    """Return the units that are worse than the rest, in order of the policy.

    Left out is a unit that is not the same throughout, and one whose difference another unit alone makes (1.5).
    """
    presence = count_presence(judged, edition)
    unlike = find_unlike([presence[str(week.span)] for week in judged.trailing if str(week.span) in presence])
    compared = [(requirement, unit, p) for requirement in requirements for unit in requirement.divisions
                if unit.name not in unlike and (p := _p_of(unit)) is not None]  # fmt: skip
    rejected = benjamini_hochberg([p for _, _, p in compared], STANDING_LEVEL)
    worse = [(requirement, unit) for (requirement, unit, _), differs in zip(compared, rejected, strict=True)
             if differs and (change := unit.change) and change.significant and change.difference < 0
             and not unit.rests_on]  # fmt: skip
    return tuple(_stand(edition, requirement.id, unit) for requirement, unit in worse)


def _p_of(unit: DivisionFigures) -> float | None:
    """Return the two-sided p of a unit's difference from the rest, None if it is not tested (statistics 1.5, 1.6)."""
    return unit.change.p if unit.name is not None and unit.change and unit.change.tested else None


def _stand(edition: Edition, requirement: str, unit: DivisionFigures) -> BelowRest:
    cohort = edition.trailing_due(edition.place(requirement))
    own, weight = has(edition.unit_of(cohort, edition.unit), unit.name), np.where(cohort.enhanced, ENHANCED_WEIGHT, 1)
    met = weight * (cohort.state == MET)
    rest = met[~own].sum() / weight[~own].sum()
    missed = max(0.0, float(weight[own].sum() * rest - met[own].sum()))
    now, others = (rate.share.rate if rate else None for rate in (unit.trailing, unit.rest))
    return BelowRest(unit.name or "", requirement, now or 0.0, others or 0.0, missed)
