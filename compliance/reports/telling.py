"""What a report finds, in sentences: special causes, the funnel, restatement, and what to look at first."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from compliance.reports.findings import Funnel, LateTeams, Question, Reminded, Restated, Trend, UnitTrend
from compliance.reports.model import Figures, Requirement
from compliance.reports.periods import in_words
from compliance.reports.restatement import CAUSES
from compliance.reports.words import counted, number, percent, signed, span

_RULES: Final = {
    "outside": "beyond the {side} limit",
    "trend": "part of seven or more weeks in a row each {way} than the one before",
    "two in three": "two of three weeks near the {side} limit",
    "shift": "part of seven or more weeks in a row {position} the mean",
}


class Cause(NamedTuple):
    """Special causes of one rule and direction that follow one another, in words."""

    weeks: str
    what: str
    improvement: bool


def causes(weeks: Sequence[str], trend: Trend | UnitTrend) -> list[Cause]:
    """The special causes of a chart, neighbours of one kind together, the newest first."""
    found = []
    of_kind = groupby(
        enumerate(trend.control.signals), lambda each: (each[1].place - each[0], each[1].rule, each[1].improvement)
    )
    for (_, rule, up), signals in of_kind:
        places = [signal.place for _, signal in signals]
        first, last = in_words(weeks[places[0]]), in_words(weeks[places[-1]])
        side, way, position = ("upper", "higher", "above") if up else ("lower", "lower", "below")
        what = _RULES[rule].format(side=side, way=way, position=position)
        found.append(Cause(first if first == last else f"{first} to {last}", what, up))
    return found[::-1]


def chart_in_words(trend: Trend) -> str:
    """A control chart as a text alternative: range, mean and limits."""
    points = [share.rate for share in trend.shares if share.rate is not None]
    if not points or not trend.control.limits:
        return "Nothing was due in any week, so there is no chart."
    lines = trend.control.limits[-1]
    text = (
        f"{counted(len(points), 'weekly rate')}, from {percent(min(points))} to {percent(max(points))}; mean "
        f"{lines.centre:.1f}%, limits {max(lines.lower, 0):.1f}% to {min(lines.upper, 100):.1f}%"
    )
    if lines.provisional:
        text += f", provisional because there are only {counted(lines.points, 'point')} of the 13 that are needed"
    return f"{text}."


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
    held = [share.rate for share in trend.silent or () if share.rate is not None]
    if not held:
        return "Read with the silent victims: no case was open for more than 28 days."
    return (
        f"Read with the silent victims: {percent(held[-1])} of the victims of cases open for more than 28 days in the "
        f"newest week; over these weeks from {percent(min(held))} to {percent(max(held))}."
    )


def overdue_in_words(requirement: Requirement) -> str:
    """How much was outstanding, newest, before, and a quarter of a year ago where held."""
    held = requirement.trend.overdue
    if not held:
        return "Nothing has been overdue."
    text = f"{counted(held[-1], requirement.id + ' update')} overdue when the newest week was settled"
    if len(held) > 1:
        text += f", {number(held[-2])} the week before"
    if len(held) > 13:
        text += f", {number(held[-14])} thirteen weeks before"
    return f"{text}; the most was {number(max(held))}."


def funnel_in_words(funnel: Funnel, unit: str) -> str:
    """Who lies beyond which limit (statistics 3.2)."""
    far = [point.name for point in funnel.points if point.beyond == 998]
    near = [point.name for point in funnel.points if point.beyond == 95]
    parts = []
    if far:
        parts.append(f"Beyond the 99.8% limits, unlikely to be chance: {_names(far)}.")
    if near:
        parts.append(f"Beyond the 95% limits, worth a question: {_names(near)}.")
    if not parts:
        parts.append(f"Every {unit} lies within the limits that chance alone would give.")
    return " ".join([*parts, "No league table can be read from the rest."])


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def expected(question: Question) -> str:
    """What chance alone would give, as a count and by which reasoning."""
    if question.expected is None or not question.share.of:
        return "–"
    return f"{number(round(question.expected * question.share.of))} ({percent(question.expected)})"


def restated_in_words(restated: Restated) -> str:
    """What changed a published figure: each cause with what it did to the obligations met and due."""
    if not restated.steps:
        return "unchanged"
    parts = [f"{CAUSES[step.cause]}: {_signed(step.met)} met, {_signed(step.due)} due" for step in restated.steps]
    return "; ".join(parts)


def _signed(count: int) -> str:
    return "0" if count == 0 else f"{'+' if count > 0 else '−'}{abs(count):,}"


def restated_difference(restated: Restated) -> str:
    """The rate as known now less the rate as published, in points."""
    if not restated.due or not restated.published_due:
        return "–"
    return signed(restated.met / restated.due - restated.published_met / restated.published_due)


def things_to_look_at(figures: Figures) -> list[str]:
    """At most three things, the gravest first; empty where nothing stands out."""
    unit = "division" if figures.unit is None else "team"
    found = [
        *_new_causes(figures),
        *_unit_causes(figures),
        *_units_below(figures, unit),
        *_late_entries(figures),
        *_backlog(figures),
    ]
    return list(dict.fromkeys(found))[:3]


def _new_causes(figures: Figures) -> Iterator[str]:
    for requirement in figures.requirements:
        trend = requirement.trend
        for cause in causes(trend.weeks, trend):
            if cause.weeks.endswith(in_words(trend.weeks[-1])) and not cause.improvement:
                yield f"The {requirement.id} rate, {cause.weeks}: {cause.what}. Ask what changed."


def _units_below(figures: Figures, unit: str) -> Iterator[str]:
    for requirement in figures.requirements:
        low = [d for d in requirement.divisions if d.change and d.change.significant and d.change.difference < 0]
        for division in sorted(low, key=lambda d: d.change.difference if d.change else 0)[:1]:
            if division.change:
                yield (
                    f"{division.name}: over {figures.basis.trailing_weeks} weeks its {requirement.id} rate is "
                    f"{abs(division.change.difference) * 100:.1f} points below the rest of the "
                    f"{'force' if unit == 'division' else 'division'}, unlikely to have occurred by chance."
                )


def _unit_causes(figures: Figures) -> Iterator[str]:
    for requirement in figures.requirements:
        weeks = requirement.trend.weeks
        for one in requirement.units:
            for cause in causes(weeks[len(weeks) - len(one.shares) :], one):
                if weeks and cause.weeks.endswith(in_words(weeks[-1])) and not cause.improvement:
                    yield f"{one.name}, {requirement.id} rate, {cause.weeks}: {cause.what}. Ask what changed."


def late_teams_in_words(late: LateTeams) -> str:
    """Which teams' entries stand out, or how many where they are not to be named."""
    if not late.beyond:
        return f"No team of {late.of} stands out by updates entered after the due date."
    if not late.points:
        teams = counted(late.beyond, "team")
        return (
            f"{teams} of {late.of} {'stands' if late.beyond == 1 else 'stand'} out by obligations met by updates "
            f"entered after the due date, unlikely to be chance; the divisions' editions name "
            f"{'it' if late.beyond == 1 else 'them'}."
        )
    named = "; ".join(
        f"{point.name}: {number(point.share.count)} of {number(point.share.of)} ({percent(point.share.rate)})"
        for point in late.points
    )
    return f"Obligations met by updates entered after the due date, more than chance would give: {named}."


def _late_entries(figures: Figures) -> Iterator[str]:
    if figures.late_teams and figures.late_teams.beyond:
        yield late_teams_in_words(figures.late_teams)
    for question in figures.questions:
        if question.key == "entered-after-breach" and question.share.count >= 5:
            yield (
                f"{number(question.share.count)} of {counted(question.share.of, 'obligation')} met were met by an "
                "update typed in after the due date had passed."
            )


def _backlog(figures: Figures) -> Iterator[str]:
    for requirement in figures.requirements:
        if requirement.week.silent and requirement.week.silent.count:
            silent = requirement.week.silent
            many = counted(silent.count, "victim")
            yield f"{many} of {number(silent.of)} in cases open for longer heard nothing for 28 days."


EFFECT_LIMITS: Final = (
    "What this cannot show: that the mail was the cause. Nobody was left without mails by lot, and what fell due "
    "earlier may differ in officers, workload and season. An update counts here when it was typed in: one given before "
    "the mail and typed in after it is among them, told apart only by its date. And whoever is told again is, by then, "
    "the harder case: the steps are not to be compared with each other."
)


def mails_in_words(sent: Reminded) -> str:
    """How many mails there were, to how many, of how much."""
    if not sent.mails:
        return "No reminder told of anything that was still owed when it was sent."
    told = counted(sent.obligations, "obligation")
    each = f"{sent.mails / sent.recipients:.1f} a person, {sent.obligations / sent.recipients:.1f} obligations each"
    again = counted(sent.repeats, "time")
    return (
        f"{counted(sent.mails, 'mail')} to {counted(sent.recipients, 'person', 'people')} told of {told} ({each}); "
        f"something was told again {again}."
    )


def before_in_words(sent: Reminded) -> str:
    """What the mails are compared with."""
    if not any(effect.before_day for effect in sent.steps):
        return "Nothing is held that fell due before the first mail, so there is nothing to compare with."
    first, last = sent.before_first, sent.before_last
    return (
        f"Before: obligations that fell due from {span(first, last)}, before anybody was mailed, reckoned from the "
        "morning on which the same reminder would have come."
    )


def hours(median: float | None) -> str:
    """A median wait in hours or days."""
    if median is None:
        return "–"
    return f"{median:.0f} hours" if median < 48 else f"{median / 24:.1f} days"
