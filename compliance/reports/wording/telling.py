"""Findings over time and between groups: special causes, targets, the funnel, and charts in words."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from compliance.reports.catalogue.unit_levels import UnitLevel
from compliance.reports.methods.control import ENOUGH, Assurance
from compliance.reports.model.changes import PART_NAMES, PART_TITLES
from compliance.reports.model.claims import Claim, ClaimKind, SpecialCause, Stated
from compliance.reports.model.findings import Explained, PartFigures, Trend, UnitTrend
from compliance.reports.model.report_model import Figures, RequirementFigures
from compliance.reports.model.words import WITHHELD, count_of, heading, number, percent
from compliance.reports.periods.periods import parse_period
from compliance.reports.wording.rate_claims import subject_of
from compliance.reports.wording.sentences import weeks_in_words

_THEN: Final = 14
"""The place of the week 13 weeks before the newest, counted from the newest, 1."""
_TARGETS: Final[dict[Assurance | None, ClaimKind]] = {
    "consistently met": ClaimKind.TARGET_MET,
    "consistently missed": ClaimKind.TARGET_MISSED,
    "hit and miss": ClaimKind.TARGET_BY_CHANCE,
    None: ClaimKind.TARGET_NOT_JUDGED,
}


def causes(
    weeks: Sequence[str], trend: Trend | UnitTrend, *, title: str = "", about: str = "", subject: str = ""
) -> list[SpecialCause]:
    """Return the special causes of a chart, neighbours of one kind merged, newest first.

    `title`: the rate. `about`: the division or team.
    """
    found = []
    of_kind = groupby(
        enumerate(trend.control.signals), lambda each: (each[1].place - each[0], each[1].rule, each[1].improvement)
    )
    for (_, rule, better), signals in of_kind:
        places = [signal.place for _, signal in signals]
        first, last = weeks[places[0]], weeks[places[-1]]
        found.append(
            SpecialCause(
                kind=ClaimKind.IMPROVED if better else ClaimKind.WORSENED, subject=subject, about=about, title=title,
                since=parse_period(first).first, until=parse_period(last).last, rule=rule, weeks=(first, last),
                length=len(places), calls=bool(about == "" and rule == "outside" and places[-1] >= len(weeks) - 2),
            )
        )  # fmt: skip
    return found[::-1]


def title_of(requirement: RequirementFigures) -> str:
    """Return the name of its rate within a sentence."""
    return requirement.title if requirement.event else f"{requirement.id} rate"


def causes_of(requirement: RequirementFigures) -> list[SpecialCause]:
    """Return the special causes of a requirement's own chart or, if it repeats, of the charts of its parts."""
    of_parts = (cause for part in requirement.parts for cause in causes_of_part(requirement, part))
    return [*causes_of_whole(requirement), *of_parts]


def causes_of_whole(requirement: RequirementFigures) -> list[SpecialCause]:
    """Return the special causes of a requirement's own chart, none if it repeats (statistics 1.10)."""
    trend = requirement.trend
    return causes(trend.weeks, trend, title=title_of(requirement), subject=subject_of(requirement))


def causes_of_part(requirement: RequirementFigures, part: PartFigures) -> list[SpecialCause]:
    """Return the special causes of first further or continuing contact (statistics 1.10)."""
    subject = f"{PART_NAMES[part.part]}.{requirement.id}"
    return causes(part.trend.weeks, part.trend, title=title_of_part(requirement, part), subject=subject)


def title_of_part(requirement: RequirementFigures, part: PartFigures) -> str:
    """Return the name of its rate within a sentence."""
    return f"{requirement.id} {PART_TITLES[part.part]}"


def still_moving(trend: Trend, subject: str) -> Iterator[Claim]:
    """Yield why the newest point of a rate can move without anything being done otherwise (statistics 1.2b)."""
    if trend.weeks and trend.ages_until and parse_period(trend.weeks[-1]).first < trend.ages_until:
        yield Claim(kind=ClaimKind.STILL_AGEING, subject=subject, since=trend.ages_until)


def causes_of_unit(requirement: RequirementFigures, one: UnitTrend) -> list[SpecialCause]:
    """Return those of a division or team, whose chart may begin later."""
    weeks = requirement.trend.weeks[len(requirement.trend.weeks) - len(one.shares) :]
    subject = f"trailing.{requirement.id}/{one.name}"
    return causes(weeks, one, title=title_of(requirement), about=one.name, subject=subject)


def not_charted(trend: Trend, subject: str, last: date) -> Iterator[Claim]:
    """Yield why there is no chart, if the records do not reach back far enough for one (statistics 1.2b).

    `last`: the last local date of the period.
    """
    since = trend.charted_from
    if not trend.weeks and since is not None and last < since + timedelta(days=6):
        yield Claim(kind=ClaimKind.NOT_CHARTED, subject=subject, since=since)


def chart_in_words(trend: Trend) -> str:
    """Describe a control chart as a text alternative: range, mean and limits."""
    points = [share.rate for share in trend.shares if share.rate is not None]
    if not points or not trend.control.limits:
        if any(share.withheld for share in trend.shares):
            return f"The rate of each week is {WITHHELD}."
        return "As far as the records are held, nothing was due in any week, so there is no chart."
    lines = trend.control.limits[-1]
    text = (
        f"{count_of(len(points), 'weekly rate')}, from {percent(min(points))} to {percent(max(points))}; mean "
        f"{lines.centre:.1f}%, limits {_limit(lines.lower)} to {_limit(lines.upper)}"
    )
    if lines.provisional:
        text += f"; the limits are provisional, on {lines.points} of the {ENOUGH} weeks that they need"
    if hidden := sum(share.withheld for share in trend.shares):
        text += f"; {count_of(hidden, 'week is', 'weeks are')} withheld"
    return f"{text}."


def _limit(value: float) -> str:
    return percent(min(max(value / 100, 0.0), 1.0))


def explained_in_words(weeks: Sequence[Explained]) -> str:
    """Describe weeks with one explanation, and what it means for the chart (statistics 2.2b)."""
    these, take, count = ("this week", "takes", "counts") if len(weeks) == 1 else ("these weeks", "take", "count")
    part = f"{take} no part in the mean, the limits and the signals" if weeks[0].excluded else f"{count} as others do"
    said = f"Explained, {weeks_in_words(weeks[0].week, weeks[-1].week)}: {weeks[0].reason.rstrip('.')}"
    return f"{said}. {heading(these)} {part}."


def target_of(requirement: RequirementFigures) -> Iterator[Claim]:
    """Yield what to expect of a requirement's target; nothing if none is set (statistics 2.4)."""
    trend = requirement.trend
    if trend.target is not None:
        stated = (Stated("target", trend.target),)
        yield Claim(kind=_TARGETS[trend.assurance], subject=subject_of(requirement), stated=stated)


def silent_in_words(trend: Trend) -> str:
    """Describe the silent victims next to the rate, newest and over the weeks (statistics 1.7)."""
    shares = trend.silent or ()
    values = [share.rate for share in shares if share.rate is not None]
    if not values and not any(share.withheld for share in shares):
        return "No case was open for more than 28 days."
    newest = f"{percent(shares[-1].rate)} of the victims of cases open for more than 28 days in the newest week"
    if shares[-1].withheld:
        newest = f"of the newest week their share is {WITHHELD}"
    elif shares[-1].rate is None:
        newest = "no case was open for more than 28 days in the newest week"
    over = f"; over these weeks from {percent(min(values))} to {percent(max(values))}" if values else ""
    return heading(f"{newest}{over}.")


def stock_claims(trend: Trend, subject: str) -> Iterator[Claim]:
    """Yield that a stock is still filling or, if it is a share, what it was 13 weeks before (statistics 1.2b, 1.7)."""
    if trend.weeks and not _is_filled(trend, 1):
        yield Claim(kind=ClaimKind.STILL_FILLING, subject=subject, since=trend.filled_from)
    shares = trend.silent or ()
    if subject == "silent" and _is_filled(trend, _THEN) and len(shares) >= _THEN:
        now, then = shares[-1].rate, shares[-_THEN].rate
        if now is not None and then is not None:
            stated = (Stated("now", now), Stated("then", then))
            yield Claim(kind=ClaimKind.STOCK_APART, subject=subject, stated=stated)


def _is_filled(trend: Trend, back: int) -> bool:
    """Return whether stocks were filled in a week, counted from the newest, 1; also if that is unknown."""
    since = trend.filled_from
    return since is None or (len(trend.weeks) >= back and parse_period(trend.weeks[-back]).first >= since)


def overdue_in_words(requirement: RequirementFigures) -> str:
    """Describe how much was outstanding: newest, the week before, and thirteen weeks before if filled by then."""
    trend, shown = requirement.trend, [count for count in requirement.trend.overdue if count is not None]
    values = trend.overdue
    if not shown:
        return "Nothing has been overdue." if not values else "What is overdue is not shown yet."
    text = f"Overdue when the newest week was settled: {number(values[-1])}"
    if len(shown) > 1:
        text += f"; the week before: {number(values[-2])}"
    if len(shown) >= _THEN and _is_filled(trend, _THEN):
        text += f"; thirteen weeks before: {number(values[-_THEN])}"
    return f"{text}. The most was {number(max(shown))}."


FEW_GREY: Final = "Where fewer than 10 updates were due the rate is grey: it says little."
FUNNEL_KEY: Final = (
    "Dashed lines are the 95% limits, bold lines the 99.8% limits: of dots that differ by chance alone, about one in "
    "twenty lies beyond the dashed lines, so a dot there may be chance, and the more dots the likelier. A diamond "
    "differs from the rest as the table says, a ring does not; those that do not are not to be ranked. The effective "
    "number allows for updates that come in clusters by officer."
)


def event_causes(figures: Figures) -> list[SpecialCause]:
    """Return the two newest special causes of each requirement after an event (charted in the full figures)."""
    return [cause for requirement in figures.requirements if requirement.event for cause in causes_of(requirement)[:2]]


def not_compared(figures: Figures, requirement: RequirementFigures, level: UnitLevel) -> Claim:
    """Return the claim that nothing is compared yet, and why (statistics 1.5)."""
    stated = (Stated("held", requirement.trailing_held), Stated("weeks", figures.basis.trailing_weeks))
    return Claim(
        kind=ClaimKind.NOT_COMPARED, subject=f"{level.trailing}.{requirement.id}", period=figures.kind,
        about=level.name, against=f"the rest of the {level.whole}", stated=stated,
    )  # fmt: skip


def monday(week: str) -> str:
    """Return the first day of an ISO week as the charts show it: 2 Mar."""
    first = parse_period(week).first
    return f"{first.day} {first:%b}"
