"""Requirements and divisions over the settled weeks: control charts and the funnel (statistics 2, 3)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

import numpy as np
from msgspec.structs import replace

from compliance.policy.requirement import Requirement
from compliance.records.columns import Coded
from compliance.reports.judging.beginning import Beginning
from compliance.reports.judging.clusters import effect
from compliance.reports.judging.judged import JudgedPeriod, ReportOptions
from compliance.reports.judging.rates import Cohort, has, rate
from compliance.reports.methods.control import assurance, chart_as_told, control_chart
from compliance.reports.methods.funnel import bounds
from compliance.reports.methods.statistics import FEW
from compliance.reports.model.changes import Part
from compliance.reports.model.findings import Explained, Funnel, FunnelPoint, Mark, Trend, UnitTrend
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Period
from compliance.reports.periods.spans import Span
from compliance.reports.periods.weeks import Week

POLICY: Final = "another policy: "
_CURVE: Final = 60


def trend(
    weeks: Sequence[JudgedPeriod],
    place: int,
    periods: Sequence[Period],
    asked: Requirement,
    options: ReportOptions,
    beginning: Beginning,
    part: Part = "",
) -> Trend:
    """Return one requirement over the weeks from the first that is charted and has anything due (statistics 1.2b, 2).

    `periods`: the requirement, or a part of it, in each of the weeks. Of one that repeats, special causes are looked
    for in its parts alone (1.10).
    """
    whole, repeats = not part, asked.repeat_every is not None
    charted = (beginning.is_charted(week.span, asked, part) for week in weeks)
    first = _first(is_charted and period.rate.share.of > 0 for is_charted, period in zip(charted, periods, strict=True))
    weeks, periods = weeks[first:], periods[first:]
    spans = [week.span for week in weeks]
    shares = tuple(period.rate.share for period in periods)
    names = tuple(str(span) for span in spans)
    recalculated = _places(spans, options.recalculate_from)
    explained = _explained(spans, options)
    control = chart_as_told(values(shares), [(mark.place, mark.reason) for mark in recalculated], excluded(explained))
    if whole and repeats:
        control = replace(control, signals=())
    target = options.targets.get(asked.id) if whole else None
    changes = _places(spans, [(day, POLICY + what) for day, what in options.policy_changes])
    return Trend(
        weeks=names,
        shares=shares,
        silent=tuple(period.silent for period in periods if period.silent) if whole and repeats else None,
        overdue=tuple(_count_overdue(week, place, beginning) for week in weeks) if whole else (),
        control=control,
        marks=tuple(sorted([*recalculated, *changes], key=lambda mark: mark.place)),
        target=target,
        assurance=assurance(target, control.limits[-1]) if target is not None and control.limits else None,
        explained=explained,
        charted_from=beginning.charted_from(asked, part),
        ages_until=beginning.ages_until(asked, part),
        filled_from=beginning.filled_from if whole else None,
    )


def _count_overdue(week: JudgedPeriod, place: int, beginning: Beginning) -> int | None:
    """Return how many were outstanding when a week was settled, None before stocks are shown (statistics 1.2b)."""
    shown = beginning.stocks_from is not None and week.span.last >= beginning.stocks_from
    return int((week.overdue.requirement == place).sum()) if shown else None


def _first(flags: Iterable[bool]) -> int:
    """Return the place of the first flag that is set, or their number if none is."""
    place = -1
    for place, is_set in enumerate(flags):
        if is_set:
            return place
    return place + 1


def values(shares: Sequence[Proportion]) -> list[float | None]:
    """Return shares in per cent, None for a week in which nothing was due."""
    return [None if share.rate is None else 100 * share.rate for share in shares]


def excluded(explained: Sequence[Explained]) -> frozenset[int]:
    """Return the places of the weeks that take no part in a control chart (statistics 2.2b)."""
    return frozenset(each.place for each in explained if each.excluded)


def _explained(spans: Sequence[Span], options: ReportOptions) -> tuple[Explained, ...]:
    found = [(place, span, options.explanation_of(span)) for place, span in enumerate(spans)]
    return tuple(Explained(place, str(span), why.reason, why.excluded) for place, span, why in found if why is not None)


def _places(spans: Sequence[object], dated: Sequence[tuple[date, str]]) -> tuple[Mark, ...]:
    """Return marks for the dates that are in one of the weeks."""
    found = [(Week.of(day), reason) for day, reason in dated]
    return tuple(Mark(spans.index(week), str(week), reason) for week, reason in found if week in spans)


def unit_trends(
    weeks: Sequence[JudgedPeriod],
    place: int,
    unit: Callable[[Cohort], Coded],
    rho: float,
    asked: Requirement,
    options: ReportOptions,
    beginning: Beginning,
) -> tuple[UnitTrend, ...]:
    """Return each division (or team) over the weeks that are charted.

    `rho`: how alike the obligations of an officer's week are.
    """
    cohorts = [week.cohort.where(week.cohort.requirement == place) for week in weeks]
    charted = (beginning.is_charted(week.span, asked) for week in weeks)
    first = _first(is_charted and len(cohort) > 0 for is_charted, cohort in zip(charted, cohorts, strict=True))
    cohorts, spans = cohorts[first:], [week.span for week in weeks[first:]]
    names = sorted({name for cohort in cohorts for name in unit(cohort).present()})
    recalculated = [(mark.place, mark.reason) for mark in _places(spans, options.recalculate_from)]
    left_out = excluded(_explained(spans, options))
    found = []
    for name in names:
        own = [cohort.where(has(unit(cohort), name)) for cohort in cohorts]
        shares = tuple(rate(cohort, effect(cohort.officer.codes, rho)).share for cohort in own)
        control = control_chart(values(shares), recalculated, left_out)
        found.append(UnitTrend(name, shares, control if asked.repeat_every is None else replace(control, signals=())))
    return tuple(found)


def funnel(points: Sequence[tuple[str, Proportion]], force: float | None) -> Funnel | None:
    """Compare units with the force rate by effective size, rounded down; None if fewer than two (statistics 3)."""
    compared = [(name, share) for name, share in points if share.of >= FEW and int(share.of / share.deff) >= 1]
    if force is None or len(compared) < 2:
        return None
    placed = []
    for name, share in compared:
        limits = bounds(int(share.of / share.deff), force)
        at = share.rate or 0.0
        beyond = 998 if not limits.low_998 <= at <= limits.high_998 else 0
        beyond = beyond or (95 if not limits.low_95 <= at <= limits.high_95 else 0)
        placed.append(FunnelPoint(name, share, limits, beyond))
    sizes = [point.bounds.size for point in placed]
    steps = np.geomspace(max(min(sizes) * 0.6, 4), max(sizes) * 1.15, _CURVE)
    curve = tuple(bounds(int(size), force) for size in np.unique(steps.astype(np.int64)))
    return Funnel(force, tuple(placed), curve)
