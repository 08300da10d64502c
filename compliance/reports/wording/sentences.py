"""Claims as sentences: the one place where the claims of a report are put into words."""

from collections.abc import Callable, Sequence
from typing import Final

from compliance import text
from compliance.reports.methods.control import RUN, Rule
from compliance.reports.model.claims import Claim, SpecialCause
from compliance.reports.model.claims import ClaimKind as Kind
from compliance.reports.model.words import (
    NO_DIFFERENCE,
    UNLIKELY,
    WITHHELD,
    count_of,
    day,
    heading,
    list_names,
    number,
    percent,
    points_text,
    span,
)
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Run, Text, text_of
from compliance.reports.wording.event_sentences import EVENT_SENTENCES
from compliance.reports.wording.release_sentences import RELEASE_SENTENCES
from compliance.reports.wording.satisfaction_sentences import SATISFACTION_SENTENCES
from compliance.reports.wording.series_sentences import SERIES


def sentence(claim: Claim) -> str:
    """Return a claim in words, as one or two sentences."""
    return _SENTENCES[claim.kind](claim)


def weeks_of(cause: SpecialCause) -> str:
    """Return the weeks of a cause: 14 to 20 March 2016 (week 11); 2 March to 19 April 2026 (weeks 10 to 16)."""
    return weeks_in_words(*cause.weeks)


def weeks_in_words(first: str, last: str) -> str:
    """Return ISO weeks with their dates, as `weeks_of` does."""
    return f"{span(parse_period(first).first, parse_period(last).last)} ({_numbers(first, last)})"


def _numbers(first: str, last: str) -> str:
    return f"week {int(first[-2:])}" if first == last else f"weeks {int(first[-2:])} to {int(last[-2:])}"


def pattern_of(cause: SpecialCause) -> str:
    """Describe the rule of statistics 2.2. A run may extend into weeks flagged by another rule."""
    side, way, position = ("upper", "higher", "above") if cause.improvement else ("lower", "lower", "below")
    run = f"{cause.length} weeks in a row" if cause.length >= RUN else f"part of {RUN} or more weeks in a row"
    said: dict[Rule, str] = {
        "outside": f"beyond the {side} limit",
        "trend": f"{run}, each {way} than the one before",
        "two in three": f"{'one of ' if cause.length == 1 else ''}two weeks in three near the {side} limit",
        "shift": f"{run} {position} the mean",
    }
    return said[cause.rule]


def cause_of_group(cause: SpecialCause) -> tuple[str, str]:
    """Return a special cause listed with others: its division, team or rate, and the rest of the sentence."""
    whose = f"{cause.about}, {cause.title}" if cause.about else cause.title
    return whose, f", {weeks_of(cause)}: {pattern_of(cause)}"


def causes_together(causes: Sequence[SpecialCause]) -> tuple[str, str]:
    """Return the weeks of special causes of several charts, and what each chart shows (statistics 2.2c)."""
    weeks = weeks_in_words(min(cause.weeks[0] for cause in causes), max(cause.weeks[1] for cause in causes))
    shown = []
    for title in dict.fromkeys(cause.title for cause in causes):
        own = [f"{_numbers(*each.weeks)}, {pattern_of(each)}{_called(each)}" for each in causes if each.title == title]
        shown.append(f"{title}, {'; '.join(own)}")
    return weeks, f", in {len(shown)} charts: {'; '.join(shown)}."


def change_in_points(claim: Claim) -> Text:
    """Describe briefly how a rate changed, for a key figure, or why that is unknown."""
    if claim.kind == Kind.TOO_FEW:
        return text_of(f"Too few to compare with {claim.against}.")
    if claim.kind != Kind.APART:
        return text_of(sentence(claim))
    difference, low, high = (points_text(claim.value(measure)) for measure in ("difference", "low", "high"))
    return text_of(
        Run(f"{difference} points", "strong"), f" on {claim.against} ", Run(f"({low} to {high})", "aside"), "."
    )


def _cause(claim: Claim) -> str:
    assert isinstance(claim, SpecialCause)  # noqa: S101  # only special causes have this kind
    return f"{weeks_of(claim)}: {pattern_of(claim)}{_called(claim)}."


def _called(cause: SpecialCause) -> str:
    """Return what a special cause calls for, empty if it is history."""
    if not cause.calls:
        return ""
    return f": {'an improvement' if cause.improvement else 'a concern'}"


def _begin(claim: Claim) -> str:
    return "The records do not reach far back" if claim.since is None else f"The records begin on {day(claim.since)}"


def _nothing_before(start: str) -> str:
    return f"{start}, so there is nothing to compare it with."


def _apart(claim: Claim) -> str:
    points = round(claim.value("difference") * 100, 1)
    if points == 0:
        return f"That is, to one decimal, the rate of {claim.against}."
    low, high = (points_text(claim.value(measure)) for measure in ("low", "high"))
    side = "higher" if points > 0 else "lower"
    return f"That is {abs(points):.1f} percentage points {side} than {claim.against} (95% interval {low} to {high})."


def _differs(claim: Claim) -> str:
    flagged = list(claim.of_measure("difference"))
    parts = []
    for key in dict.fromkeys(each.requirement for each in flagged):
        own = [(each.group, each.value or 0.0) for each in flagged if each.requirement == key]
        sides = [(side, [f"{name} ({points_text(by)})" for name, by in own if (by > 0) == (side == "above")])
                 for side in ("above", "below")]  # fmt: skip
        parts.append(
            f"the {key} rate was " + " and ".join(f"{s} in {list_names(names)}" for s, names in sides if names)
        )
    which = "This is" if len(flagged) == 1 else "Each of these is"
    return f"{_over(claim)}, against {claim.against}, in points: {'; '.join(parts)}. {which} {UNLIKELY}."


def _alike(claim: Claim) -> str:
    whose = f"any {claim.about}" if claim.subject.count("/") == 0 else claim.about
    return f"{_over(claim)}, {NO_DIFFERENCE} between {whose} and {claim.against}."


def _rests_on(claim: Claim) -> str:
    others = list(claim.of_measure("without"))
    names = text.join_words([each.group for each in others], "or")
    return f"{claim.about}, {others[0].requirement} rate: with {names} left out, {NO_DIFFERENCE} from {claim.against}."


def _over(claim: Claim) -> str:
    return f"Over the last {claim.count('weeks')} settled weeks"


def _not_compared(claim: Claim) -> str:
    held = claim.count("held")
    return (
        f"A single {claim.period} is shown, not tested. {heading(claim.about)}s are compared with {claim.against} "
        f"over {claim.count('weeks')} settled weeks; {held} of them {'is' if held == 1 else 'are'} held so far."
    )


def _target(said: str) -> Callable[[Claim], str]:
    return lambda claim: f"The target of {claim.value('target'):g}% {said}."


def in_brackets(claim: Claim) -> str:
    """Return the same within a sentence."""
    return f" (cases: figure {claim.subject})" if claim.listed else ""


def _silent(claim: Claim) -> str:
    victims = count_of(claim.count("count"), "victim")
    return f"{victims} of cases open for more than 28 days had no update for 28 days{in_brackets(claim)}."


def _seen_words(claim: Claim) -> str:
    chance = f"where chance would give {percent(claim.value('expected'))}"
    return f"{claim.about}: {percent(claim.value('rate'))}, {chance}. {claim.words}"


def _pattern_words(claim: Claim) -> str:
    of, beyond, named = claim.count("of"), claim.count("beyond"), list(claim.of_measure("count"))
    if not beyond:
        return f"{claim.about}: no team of {of} shows more than chance gives among so many."
    if not named:
        where = "its division's edition names it" if beyond == 1 else "their divisions' editions name them"
        return (
            f"{claim.about}: far more than chance gives in {count_of(beyond, 'team')} of {of}; {where}. {claim.words}"
        )
    figures = zip(named, claim.of_measure("due"), claim.of_measure("expected"), strict=True)
    text = "; ".join(
        f"{count.group} {number(int(count.value or 0))} of {number(int(due.value or 0))}, where "
        f"{expected.value or 0:.1f} would be expected"
        for count, due, expected in figures
    )
    return f"{claim.about}: {text}. {claim.words}"


def _published_words(claim: Claim) -> str:
    assert claim.since is not None  # noqa: S101  # what was published has known dates
    assert claim.until is not None  # noqa: S101
    return f"{count_of(claim.count('published'), 'rate')} published for {span(claim.since, claim.until)}"


def _restated_words(claim: Claim) -> str:
    changed = claim.count("changed")
    return (
        f"Of {_published_words(claim)}, {number(changed)} {'has' if changed == 1 else 'have'} changed since. The "
        "causes were applied one after another and add up to the difference exactly."
    )


def _stands(claim: Claim) -> str:
    text = heading(_published_words(claim))
    return f"{text}: all stand as published." if claim.count("published") > 1 else f"{text} stands as published."


def _gap(claim: Claim) -> str:
    assert claim.since is not None  # noqa: S101  # a gap has a first and a last day
    assert claim.until is not None  # noqa: S101
    return f"Feed gap: the crime system was not read to its end between {day(claim.since)} and {day(claim.until)}."


def _read(claim: Claim) -> str:
    read = "has not been read to its end yet"
    if claim.since is not None:
        read = f"was last read to its end on {day(claim.since)}"
    since = "" if claim.since is None else " since then"
    if claim.kind == Kind.COULD_NOT_BE_READ:
        return f"The crime system {read}. No attempt{since} has come to its end; the service's log says why."
    return f"The crime system {read}. No attempt has been made{since}."


def delay_headline(claim: Claim) -> str:
    """Return why a report is delayed, in one line."""
    if claim.kind == Kind.COULD_NOT_BE_READ:
        assert claim.until is not None  # noqa: S101  # the start of the failure is known
        return f"the crime system could not be read to its end since {day(claim.until)}"
    if claim.kind == Kind.NOT_READ:
        assert claim.since is not None  # noqa: S101
        return f"the crime system has not been read since {day(claim.since)}"
    return "the crime system has not been read yet"


_SENTENCES: Final[dict[Kind, Callable[[Claim], str]]] = {
    Kind.WITHHELD: lambda claim: f"{claim.about} is {WITHHELD}.",
    Kind.NOTHING_DUE: lambda claim: f"No update was due in the {claim.period}, so there is no rate.",
    Kind.NOT_YET_DUE: lambda claim: (
        f"{_begin(claim)}: nothing reported since could fall due in the {claim.period}, so there is no rate."
    ),
    Kind.NOT_HELD_IN_FULL: lambda claim: (
        f"{_begin(claim)}: the {claim.period} is not held in full, and nothing that is held was due in it."
    ),
    Kind.APART: _apart,
    Kind.TOO_FEW: lambda claim: f"Too little was due in {claim.against} to compare it with.",
    Kind.BEFORE_WITHHELD: lambda claim: _nothing_before(f"The rate of {claim.against} is withheld"),
    Kind.BEFORE_NOT_HELD: lambda claim: _nothing_before(f"{_begin(claim)}: {claim.against} is not held in full"),
    Kind.NOTHING_BEFORE: lambda claim: _nothing_before(f"Nothing was due in {claim.against}"),
    Kind.DIFFERS: _differs,
    Kind.ALIKE: _alike,
    Kind.RESTS_ON: _rests_on,
    Kind.NOT_COMPARED: _not_compared,
    **SERIES,
    Kind.IMPROVED: _cause,
    Kind.WORSENED: _cause,
    Kind.DATA_FIT: lambda _: "Fit: every check of the records and figures before release was passed.",
    Kind.NO_SPECIAL_CAUSE: lambda _: "No special cause: nothing here needs an explanation of its own.",
    Kind.TARGET_MET: _target("will be met week after week while nothing changes"),
    Kind.TARGET_MISSED: _target("will be missed week after week unless something is changed"),
    Kind.TARGET_BY_CHANCE: _target("will be met in some weeks and missed in others, by chance alone"),
    Kind.TARGET_NOT_JUDGED: _target("cannot be judged yet"),
    Kind.SILENT: _silent,
    Kind.BEYOND_CHANCE: _seen_words,
    Kind.TEAMS_SHOW_PATTERN: _pattern_words,
    Kind.NO_TEAM_SHOWS_PATTERN: _pattern_words,
    Kind.NOTHING_STANDS_OUT: lambda _: "Nothing stands out from what chance alone would give.",
    Kind.RESTATED: _restated_words,
    Kind.STANDS: _stands,
    Kind.NONE_EARLIER: lambda claim: (
        f"No earlier {claim.period} of this edition has been published, so there is nothing to restate."
    ),
    Kind.FEED_GAP: _gap,
    Kind.DIRECTORY_OLD: lambda claim: (
        f"The officer directory is as of {claim.words}: none has been taken over since, and mails are routed by it."
    ),
    Kind.NEVER_READ: _read,
    Kind.NOT_READ: _read,
    Kind.COULD_NOT_BE_READ: _read,
    **EVENT_SENTENCES,
    **RELEASE_SENTENCES,
    **SATISFACTION_SENTENCES,
}  # fmt: skip
