"""Rates of what was due: in a period, week by week, for some victims or methods alone (statistics 1.1)."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE
from compliance.reports.catalogue.case import TracedCase, obligations
from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import (
    NO_RATE,
    SMALL,
    disclose_part,
    not_disclosed,
    of_each_requirement,
    share,
)
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.edition_clusters import ALL
from compliance.reports.catalogue.edition_clusters import LIVE as LIVE_ONLY
from compliance.reports.catalogue.edition_period import EditionPeriod
from compliance.reports.catalogue.figure import KEY, Counting, Disclosure, Figure, ReportRows
from compliance.reports.catalogue.row import PlacedRow, change_numbers, share_row
from compliance.reports.judging.rates import Cohort
from compliance.reports.judging.trends import excluded, values
from compliance.reports.methods.control import assurance, chart_as_told
from compliance.reports.model.findings import Trend
from compliance.reports.model.proportions import Rate, RateDifference
from compliance.reports.model.report_model import Figures, Overdue, Period, RequirementFigures

OF_DUE: Final = {COUNT: "met", "late": "late", "overdue": "overdue", "missed": "missed"}
"""The measures of a rate."""
CASES: Final = "obligations due"


def rate_rows(cohort: Cohort, listed: Callable[[], tuple[TracedCase, ...]], deff: Callable[[], float]) -> CountedRows:
    """Return obligations due as a rate counts them."""
    states = {COUNT: MET, "late": LATE, "overdue": OVERDUE, "missed": MISSED}
    return CountedRows({measure: cohort.state == state for measure, state in states.items()}, listed, deff)


def due_in_period(
    edition: Edition, read: EditionPeriod, cohort: Cohort, requirement: str, part: str = ALL
) -> CountedRows:
    """Return some obligations of a requirement due in a period of an edition as a rate counts them."""
    deff = partial(edition.clusters.effect, cohort, edition.place(requirement), read.span, part)
    return rate_rows(cohort, lambda: obligations(read.verdicts, cohort.verdict), deff)


def _count(which: str) -> Counting:
    """Return a function that counts the obligations of a requirement due in a period (`Edition.read`)."""

    def count(edition: Edition, requirement: str, group: str | None) -> CountedRows:
        read = edition.read(which, group or "")
        cohort = read.due(edition.place(requirement))
        cohort = cohort.where(cohort.enhanced) if which == "enhanced" else cohort
        return due_in_period(edition, read, cohort, requirement, LIVE_ONLY if which == LIVE_ONLY else ALL)

    return count


def _rows(
    name: str,
    what: str,
    order: int,
    period_of: Callable[[RequirementFigures], Period | None],
    change_of: Callable[[RequirementFigures], RateDifference | None] = lambda _: None,
) -> ReportRows:
    """Return a function that yields the rate of each requirement in a period of the report."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        for place, requirement in enumerate(figures.requirements):
            if (period := period_of(requirement)) is None:
                continue
            rate = NO_RATE if period.rate.share.withheld else period.rate
            yield PlacedRow((place, order), share_row(
                "rates", f"{name}.{requirement.id}", f"{requirement.id} {what}", "all", period.week, period.rate.share,
                late=rate.late, overdue=rate.overdue, missed=rate.missed, **change_numbers(change_of(requirement)),
            ))  # fmt: skip

    return rows


def _rows_of_part(name: str, group: str, order: int, period_of: Callable[[RequirementFigures], Period]) -> ReportRows:
    """Return a function that yields the rate of some victims or methods alone, for each requirement."""

    def rows(figures: Figures) -> Iterator[PlacedRow]:
        for place, requirement in enumerate(figures.requirements):
            figure, what = f"{name}.{requirement.id}", f"{requirement.id} in time"
            found = period_of(requirement).rate.share
            yield PlacedRow((place, order), share_row("groups", figure, what, group, figures.period, found))

    return rows


def rows_of_weeks(trend: Trend, name: str, about: str, place: int) -> Iterator[PlacedRow]:
    """Yield the weeks of a chart. `name`: the figure's name without the week. `place`: that of the requirement."""
    lines = {week: limits for limits in trend.control.limits for week in range(limits.first, limits.last + 1)}
    causes = {signal.place: signal for signal in trend.control.signals}
    explained = {each.place: each for each in trend.explained}
    for week, (text, found) in enumerate(zip(trend.weeks, trend.shares, strict=True)):
        limits, cause, what = lines.get(week), causes.get(week), about
        if cause:
            what += f"; special cause: {cause.rule}, {'upwards' if cause.improvement else 'downwards'}"
        if why := explained.get(week):
            what += f"; explained: {why.reason}{', left out of mean and limits' if why.excluded else ''}"
        silent = {"silent": trend.silent[week].rate} if trend.silent else {}
        overdue = {"overdue_then": trend.overdue[week]} if trend.overdue else {}
        bounds = {} if limits is None else {
            "centre": limits.centre / 100, "lower_limit": limits.lower / 100, "upper_limit": limits.upper / 100,
        }  # fmt: skip
        row = share_row("weeks", f"{name}/{text}", what, "all", text, found, **bounds, **silent, **overdue)
        yield PlacedRow((place, week), row)


def _rows_of_weeks(figures: Figures) -> Iterator[PlacedRow]:
    for place, requirement in enumerate(figures.requirements):
        name, what = f"week.{requirement.id}", f"{requirement.id} in time"
        yield from rows_of_weeks(requirement.trend, name, what, place)


def release_rate(found: Rate, overdue: Overdue | None = None) -> Rate:
    """Return a rate as the public edition shows it.

    The numbers not met are split by state only next to what was overdue then: some obligations in each band fell due in
    the period, so the others would be revealed.
    """
    split = [found.late, found.overdue, found.missed]
    if overdue is not None and found.overdue is not None:
        held = [overdue.count, *(band.count for band in overdue.bands)]
        split += [number - found.overdue for number in held if number is not None]
    disclosed = share(found.share)
    if overdue is None or disclosed.withheld or any(number in SMALL for number in split):
        return Rate(disclosed, None, None, None)
    return found


def _release_week(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(disclosed, week=replace(disclosed.week, rate=release_rate(found.week.rate, found.overdue)))


def _release_before(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    before = replace(disclosed.before, rate=release_rate(found.before.rate))
    return replace(disclosed, before=before, change=_release_change(found.change, disclosed.week, before))


def _release_last_year(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    if found.last_year is None or disclosed.last_year is None:
        return disclosed
    last_year = replace(disclosed.last_year, rate=release_rate(found.last_year.rate))
    change = _release_change(found.change_last_year, disclosed.week, last_year)
    return replace(disclosed, last_year=last_year, change_last_year=change)


def _release_change(found: RateDifference | None, one: Period, other: Period) -> RateDifference | None:
    """Withhold a difference if either rate is withheld: with the other rate it would reveal it."""
    return None if one.rate.share.withheld or other.rate.share.withheld else found


def _release_enhanced(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(disclosed, enhanced=_disclose_part(disclosed.enhanced, found.enhanced, found.week))


def _release_live(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    return replace(disclosed, live=_disclose_part(disclosed.live, found.live, found.week))


def _disclose_part(disclosed: Period, part: Period, whole: Period) -> Period:
    return replace(disclosed, rate=Rate(disclose_part(part.rate.share, whole.rate.share), None, None, None))


def _release_weeks(found: RequirementFigures, disclosed: RequirementFigures, _board: Figures) -> RequirementFigures:
    """Release the weeks without what was overdue then.

    The limits are those of the weeks that are shown, because a mean over all would reveal the rest.
    """
    trend = found.trend
    shares = tuple(map(share, trend.shares))
    silent = None if trend.silent is None else tuple(map(share, trend.silent))
    control, assured = trend.control, trend.assurance
    if any(each.withheld for each in shares):
        recalculate_from = [(lines.first, lines.reason) for lines in control.limits if lines.reason is not None]
        control = chart_as_told(values(shares), recalculate_from, excluded(trend.explained))
        told = [each for each in control.signals if trend.weeks[each.place] not in trend.on_duplicates]
        control = replace(control, signals=tuple(told))
        assured = assurance(trend.target, control.limits[-1]) if trend.target is not None and control.limits else None
    if found.repeats:
        control = replace(control, signals=())
    public: Trend = replace(trend, shares=shares, silent=silent, overdue=(), control=control, assurance=assured)
    return replace(disclosed, trend=public)


_RATE: Final = (
    "Of the obligations due in the {kind} (met, late, overdue and missed), the share that was met on or before its "
    "due date. Not yet due, lapsed and exempt obligations are not in it. Where nothing was due there is no rate."
)
_PART: Final = "disclosed where neither it nor what is not in it has a count from 1 to 4"

_figure = partial(Figure, key=KEY, cases=CASES, measures=OF_DUE)
RATE: Final = _figure(
    name="rate", group="", title="Rate", meaning=_RATE, clause="rules 5.1, statistics 1.1", count=_count("rate"),
    rows=_rows("rate", "in time", 0, lambda found: found.week, lambda found: found.change),
    disclosure=Disclosure(
        "disclosed where it has no count from 1 to 4; what of it was missed where none follows from what is overdue",
        of_each_requirement(_release_week),
    ),
)  # fmt: skip
BEFORE: Final = _figure(
    name="before", group="", title="Change from an earlier {kind}",
    meaning="Both {kind}s judged at the same age, seven days after their end; the interval of the difference is "
            "Newcombe's. It is a number: whether a rate has changed is for the charts to say.",
    clause="statistics 1.2, 1.5a", count=_count("before"),
    rows=_rows("before", "in time, the period before", 2, lambda found: found.before),
    disclosure=Disclosure(
        "disclosed where it has no count from 1 to 4; the difference where both rates are",
        of_each_requirement(_release_before),
    ),
)  # fmt: skip
LAST_YEAR: Final = _figure(
    name="last-year", group="", title="The same {kind} last year",
    meaning="The rate of the {kind} of the same number a year before, judged at the same age.",
    clause="statistics 1.2", count=_count("last-year"),
    rows=_rows("last-year", "in time, the same period last year", 4, lambda found: found.last_year,
               lambda found: found.change_last_year),
    disclosure=Disclosure(
        "disclosed where it has no count from 1 to 4; the difference where both rates are",
        of_each_requirement(_release_last_year),
    ),
)  # fmt: skip
PROVISIONAL: Final = _figure(
    name="provisional", group="", title="Provisional",
    meaning="The week just ended, judged before updates have had seven days to be typed in. It will change, and is not "
            "compared.",
    clause="statistics 1.2", count=_count("provisional"),
    rows=_rows("provisional", "in time, provisional", 6, lambda found: found.provisional),
    disclosure=not_disclosed("next to the settled week it would reveal how many updates were typed in between"),
)  # fmt: skip
LIVE: Final = _figure(
    name="live", group="", title="Live contact only", meaning="The rate had only {methods} counted.",
    clause="statistics 1.9", count=_count("live"),
    rows=_rows_of_part("live", "live contact only", 0, lambda found: found.live),
    disclosure=Disclosure(_PART, of_each_requirement(_release_live)),
)  # fmt: skip
ENHANCED: Final = _figure(
    name="enhanced", group="", title="Enhanced victims", meaning="The rate for victims of category enhanced alone.",
    clause="records 1", count=_count("enhanced"),
    rows=_rows_of_part("enhanced", "enhanced victims", 2, lambda found: found.enhanced),
    disclosure=Disclosure(_PART, of_each_requirement(_release_enhanced)),
)  # fmt: skip
WEEK: Final = _figure(
    name="week", group="WEEK", title="Week by week",
    meaning="The rate of each settled week of the chart, each judged seven days after its end.",
    clause="statistics 2", count=_count("week"), rows=_rows_of_weeks,
    disclosure=Disclosure(
        "disclosed where it has no count from 1 to 4, without what was overdue then; the limits are those of the weeks "
        "disclosed",
        of_each_requirement(_release_weeks),
    ),
)  # fmt: skip
