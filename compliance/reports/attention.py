"""What of a report a board should meet: the things to look at first, what stands out, what is at fault."""

from collections.abc import Iterator, Sequence
from typing import Final

from compliance.reports.findings import Question, Trend, UnitTrend
from compliance.reports.model import Figures, Quality
from compliance.reports.passages import late_teams_in_words
from compliance.reports.telling import causes
from compliance.reports.words import UNLIKELY, counted, heading, instant, listed, percent, units

_ONE_IN: Final = 20
"""A question of which chance cannot be said is put to the board where it is about one in so many or more."""
_NO_FAULT: Final = frozenset({"attempt", "same-day", "recording-day"})
"""Classes of rules section 8 that are ordinary contact."""
_ASKED: Final = frozenset({"late-entry", "entered-after-due"})
"""Those that are put as questions beside."""


def things_to_look_at(figures: Figures) -> list[str]:
    """At most three things, the gravest first; empty where nothing stands out."""
    found = [*_new_causes(figures), *_below(figures), *_silence(figures), *_entries(figures), *_backlog(figures)]
    return list(dict.fromkeys(found))[:3]


def _new_causes(figures: Figures) -> Iterator[str]:
    """Deteriorations that reach into the newest week: of the whole, then of single divisions or teams."""
    for requirement in figures.requirements:
        weeks = requirement.trend.weeks
        charts: list[tuple[str, Trend | UnitTrend]] = [("", requirement.trend)]
        charts += [(f"{one.name}: ", one) for one in requirement.units]
        for name, chart in charts:
            for cause in causes(weeks[len(weeks) - len(chart.shares) :], chart):
                if cause.last == weeks[-1] and not cause.improvement:
                    what = requirement.title if requirement.event else f"the {requirement.id} rate"
                    which = heading(f"{name}{what}")
                    yield f"{which}, {cause.weeks}: {cause.what}. Ask what changed."


def _below(figures: Figures) -> Iterator[str]:
    """The division or team that lies furthest below the rest, with all that is said against it."""
    low: dict[str, list[tuple[float, str]]] = {}
    for requirement in figures.requirements:
        for division in requirement.divisions:
            if division.name and division.change and division.change.significant and division.change.difference < 0:
                low.setdefault(division.name, []).append((division.change.difference, requirement.id))
    if low:
        name = min(low, key=lambda name: (min(low[name]), name))
        points = [f"{abs(by) * 100:.1f} points on the {key} rate" for by, key in low[name]]
        yield (
            f"{name}: over {figures.basis.trailing_weeks} weeks below the rest of the {units(figures)[1]} by "
            f"{listed(points)}, {UNLIKELY}."
        )


def _silence(figures: Figures) -> Iterator[str]:
    for requirement in figures.requirements:
        silent = requirement.week.silent
        if silent and silent.count:
            yield (
                f"{counted(silent.count, 'victim')} of cases open for more than 28 days had no update for 28 days"
                f"{_cases(figures, 'silent')}."
            )


def stand_out(questions: Sequence[Question]) -> list[Question]:
    """The questions for a board: seen more often than chance would give, or in one of twenty and more where chance
    cannot be said; never from fewer than ten (statistics 1.6)."""
    return [question for question in questions if not question.share.few and _beyond(question)]


def _beyond(question: Question) -> bool:
    share = question.share
    if question.expected is None:
        return share.count * _ONE_IN >= share.of
    return share.low is not None and share.low > question.expected


def asked_in_words(questions: Sequence[Question]) -> str:
    """Which of the questions are shown, and what chance means."""
    chance = "What chance would give is the count that one would expect if any day were as likely as another."
    shown, every = len(stand_out(questions)), len(questions)
    if not shown:
        return f"None of the {every} questions put to the entries stands out; they are below, in full."
    if shown == every:
        return chance
    return (
        f"{shown} of {every} questions put to the entries: those seen more often than chance would give, or in one of "
        f"{_ONE_IN} and more where chance cannot be said. All are below, in full. {chance}"
    )


def faults(quality: Sequence[Quality]) -> list[Quality]:
    """What was found in the period, or is held now where no period can be told; ordinary contact is no fault. The
    values of a class stand with the figures in full."""
    asked = (each for each in quality if each.key not in _NO_FAULT | _ASKED and "/" not in each.key)
    return [each for each in asked if each.in_week or (each.in_week is None and each.held)]


def meaning(found: Quality) -> str:
    """What a class of data quality means, and as of when it stands where it cannot be asked as at K (1.2a)."""
    return f"{found.meaning} (as of {instant(found.as_of)})" if found.as_of else found.meaning


def _entries(figures: Figures) -> Iterator[str]:
    if figures.late_teams and figures.late_teams.beyond:
        yield late_teams_in_words(figures.late_teams)
    for question in stand_out(figures.questions):
        chance = f", where chance would give {percent(question.expected)}" if question.expected is not None else ""
        yield f"{question.title}: {percent(question.share.rate)}{chance}. {question.asks}"


def _backlog(figures: Figures) -> Iterator[str]:
    for requirement in figures.requirements:
        long = sum(band.count or 0 for band in requirement.overdue.bands if band.first > 28)
        if long:
            have = "has" if long == 1 else "have"
            yield (
                f"{counted(long, 'update')} of the {requirement.id} requirement {have} been overdue for more than 28 "
                "days."
            )
    closed = figures.closing.without_a_word
    if closed.count:
        yield (
            f"{counted(closed.count, 'victim')} of cases closed in the {figures.kind} had no update from seven days "
            f"before the closing to seven days after it{_cases(figures, 'closed-without-a-word')}."
        )


def _cases(figures: Figures, name: str) -> str:
    """The figure whose cases can be listed, for those who can list them."""
    return "" if figures.edition == "public" else f" (cases: figure {name})"
