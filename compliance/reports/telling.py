"""What a report finds over time and between groups, in sentences: special causes, targets, the funnel."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from compliance.reports.control import ENOUGH, RUN, Rule
from compliance.reports.findings import Funnel, Trend, UnitTrend
from compliance.reports.model import Figures, Requirement
from compliance.reports.periods import parse_period
from compliance.reports.words import WITHHELD, counted, heading, listed, number, percent, span, units


class Cause(NamedTuple):
    """Special causes of one rule and direction that follow one another, in words; `last`: the newest of the weeks."""

    weeks: str
    what: str
    improvement: bool
    last: str


def causes(weeks: Sequence[str], trend: Trend | UnitTrend) -> list[Cause]:
    """The special causes of a chart, neighbours of one kind together, the newest first."""
    found = []
    of_kind = groupby(
        enumerate(trend.control.signals), lambda each: (each[1].place - each[0], each[1].rule, each[1].improvement)
    )
    for (_, rule, up), signals in of_kind:
        places = [signal.place for _, signal in signals]
        what = _rule(rule, len(places), up)
        found.append(Cause(_weeks(weeks[places[0]], weeks[places[-1]]), what, up, weeks[places[-1]]))
    return found[::-1]


def _rule(rule: Rule, count: int, up: bool) -> str:
    """A rule of statistics 2.2 about so many weeks in a row; a run may reach into weeks that another rule took."""
    side, way, position = ("upper", "higher", "above") if up else ("lower", "lower", "below")
    run = f"{count} weeks in a row" if count >= RUN else f"part of {RUN} or more weeks in a row"
    said: dict[Rule, str] = {
        "outside": f"beyond the {side} limit",
        "trend": f"{run}, each {way} than the one before",
        "two in three": f"{'one of ' if count == 1 else ''}two weeks in three near the {side} limit",
        "shift": f"{run} {position} the mean",
    }
    return said[rule]


def _weeks(first: str, last: str) -> str:
    """14 to 20 March 2016 (week 11); 2 March to 19 April 2026 (weeks 10 to 16)."""
    numbers = f"week {int(first[-2:])}" if first == last else f"weeks {int(first[-2:])} to {int(last[-2:])}"
    return f"{span(parse_period(first).first, parse_period(last).last)} ({numbers})"


def chart_in_words(trend: Trend) -> str:
    """A control chart as a text alternative: range, mean and limits."""
    points = [share.rate for share in trend.shares if share.rate is not None]
    if not points or not trend.control.limits:
        if any(share.withheld for share in trend.shares):
            return f"The rate of each week is {WITHHELD}."
        return "As far as the records are held, nothing was due in any week, so there is no chart."
    lines = trend.control.limits[-1]
    text = (
        f"{counted(len(points), 'weekly rate')}, from {percent(min(points))} to {percent(max(points))}; mean "
        f"{lines.centre:.1f}%, limits {_limit(lines.lower)} to {_limit(lines.upper)}"
    )
    if lines.provisional:
        text += f"; the limits are provisional, on {lines.points} of the {ENOUGH} weeks that they need"
    if hidden := sum(share.withheld for share in trend.shares):
        text += f"; {counted(hidden, 'week is', 'weeks are')} withheld"
    return f"{text}."


def _limit(value: float) -> str:
    return percent(min(max(value / 100, 0.0), 1.0))


def assured(requirement: Requirement) -> str:
    """What may be expected of a requirement's target; empty where none is set (statistics 2.4)."""
    trend = requirement.trend
    if trend.target is None:
        return ""
    said = {
        "consistently met": "will be met week after week while nothing changes",
        "consistently missed": "will be missed week after week unless something is changed",
        "hit and miss": "will be met in some weeks and missed in others, by chance alone",
        None: "cannot be judged yet",
    }[trend.assurance]
    return f"The target of {trend.target:g}% {said}."


def silent_in_words(trend: Trend) -> str:
    """The silent victims beside the rate, newest and over the weeks (statistics 1.7)."""
    shares = trend.silent or ()
    held = [share.rate for share in shares if share.rate is not None]
    if not held and not any(share.withheld for share in shares):
        return "Read with the silent victims: no case was open for more than 28 days."
    newest = f"{percent(shares[-1].rate)} of the victims of cases open for more than 28 days in the newest week"
    if shares[-1].withheld:
        newest = f"of the newest week their share is {WITHHELD}"
    elif shares[-1].rate is None:
        newest = "no case was open for more than 28 days in the newest week"
    over = f"; over these weeks from {percent(min(held))} to {percent(max(held))}" if held else ""
    return f"Read with the silent victims: {newest}{over}."


def overdue_in_words(requirement: Requirement) -> str:
    """How much was outstanding, newest, before, and a quarter of a year ago where held."""
    held = requirement.trend.overdue
    if not held:
        return "Nothing has been overdue."
    text = f"Overdue when the newest week was settled: {number(held[-1])}"
    if len(held) > 1:
        text += f"; the week before: {number(held[-2])}"
    if len(held) > 13:
        text += f"; thirteen weeks before: {number(held[-14])}"
    return f"{text}. The most was {number(max(held))}."


def funnel_in_words(funnel: Funnel, unit: str) -> str:
    """Who lies beyond which limit (statistics 3.2)."""
    far = [point.name for point in funnel.points if point.beyond == 998]
    near = [point.name for point in funnel.points if point.beyond == 95]
    if not far and not near:
        return f"Every {unit} lies within the limits that chance alone would give."
    parts = [f"Beyond the 99.8% limits, unlikely to be chance: {listed(far)}."] if far else []
    if near:
        parts.append(f"Beyond the 95% limits, worth a question: {listed(near)}.")
    rest = "" if len(far) + len(near) == len(funnel.points) else " from the rest"
    return " ".join([*parts, f"No league table can be read{rest}."])


NO_CAUSE: Final = "No special cause: nothing here needs an explanation of its own."
FEW_GREY: Final = "Where fewer than 10 updates were due the rate is grey: it says little."
FUNNEL_KEY: Final = (
    "Dashed lines are the 95% limits, unbroken ones the 99.8% limits; a ring lies within, a filled dot beyond 95%, a "
    "diamond beyond 99.8%. The effective number allows for updates that come in clusters by officer."
)


def cause_in_words(cause: Cause) -> str:
    """A special cause as a sentence; the rule, the weeks and the direction."""
    direction = "An improvement" if cause.improvement else "A deterioration"
    return f"{cause.weeks}: {cause.what}. {direction} that chance alone is unlikely to give."


def unit_causes(figures: Figures) -> list[tuple[str, Cause]]:
    """The newest special causes of each division or team, with its name and what it is the rate of."""
    return [
        (f"{one.name}, {requirement.id} rate", cause)
        for requirement in figures.requirements
        for one in requirement.units
        for cause in causes(requirement.trend.weeks[len(requirement.trend.weeks) - len(one.shares) :], one)[:2]
    ]


def event_causes(figures: Figures) -> list[tuple[str, Cause]]:
    """The newest special causes of what is owed after an event, whose charts stand among the figures in full."""
    return [
        (requirement.title, cause)
        for requirement in figures.requirements
        if requirement.event
        for cause in causes(requirement.trend.weeks, requirement.trend)[:2]
    ]


def not_compared(figures: Figures, requirement: Requirement) -> str:
    """Why nothing is compared yet (statistics 1.5)."""
    unit, whole = units(figures)
    held = requirement.trailing_held
    return (
        f"A single {figures.kind} is shown, not tested. {heading(unit)}s are compared with the rest of the {whole} "
        f"over {figures.basis.trailing_weeks} settled weeks; {held} of them {'is' if held == 1 else 'are'} held so far."
    )


def monday(week: str) -> str:
    """The day on which an ISO week begins, as the charts show it: 2 Mar."""
    first = parse_period(week).first
    return f"{first.day} {first:%b}"
