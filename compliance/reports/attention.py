"""What the board should see first: things to look at, questions that stand out, faults in the records."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from compliance.reports.claims import Claim, ClaimKind, SpecialCause, Stated
from compliance.reports.editions import PUBLIC
from compliance.reports.findings import EntryQuestion
from compliance.reports.parts import Statement, statement
from compliance.reports.passages import late_teams_of
from compliance.reports.report_model import Figures, Quality
from compliance.reports.sentences import ask_what_changed, sentence
from compliance.reports.telling import causes_of, causes_of_unit
from compliance.reports.words import difference_of, instant, units

_ONE_IN: Final = 20
"""A question without a chance expectation is put to the board if it is true of one entry in this many or more."""
_NO_FAULT: Final = frozenset({"attempt", "same-day", "recording-day"})
"""Classes of rules section 8 that are ordinary contact."""
_ASKED: Final = frozenset({"late-entry", "entered-after-due"})
"""Classes that are put to the board as questions instead."""


def things_to_look_at(figures: Figures) -> list[Statement]:
    """Return at most three things to look at, most serious first; empty if nothing stands out."""
    found = [*_new_causes(figures), *_below(figures), *_silence(figures), *_entries(figures), *_backlog(figures)]
    return [statement(_word(claim), claims=[claim]) for claim in list(dict.fromkeys(found))[:3]]


def _word(claim: Claim) -> str:
    return ask_what_changed(claim) if isinstance(claim, SpecialCause) else sentence(claim)


def _new_causes(figures: Figures) -> Iterator[Claim]:
    """Yield deteriorations that reach the newest week: of the whole first, then of single divisions or teams."""
    for requirement in figures.requirements:
        newest = requirement.trend.weeks[-1:]
        charts = [causes_of(requirement), *(causes_of_unit(requirement, one) for one in requirement.units)]
        for cause in (cause for chart in charts for cause in chart):
            if cause.weeks[1:] == newest and not cause.improvement:
                yield replace(cause, title=cause.title if requirement.event else f"the {cause.title}")


def _below(figures: Figures) -> Iterator[Claim]:
    """Yield the division or team furthest below the rest, with every difference that counts against it."""
    low: dict[str, list[Stated]] = {}
    for requirement in figures.requirements:
        for division in requirement.divisions:
            if division.name and division.change and division.change.significant and division.change.difference < 0:
                stated = Stated("difference", difference_of(division), requirement.id, division.name)
                low.setdefault(division.name, []).append(stated)
    if low:
        name = min(low, key=lambda name: (min((each.value or 0.0, each.requirement) for each in low[name]), name))
        yield Claim(
            kind=ClaimKind.BELOW_REST, subject="trailing", period=figures.kind, about=name,
            against=f"the rest of the {units(figures)[1]}",
            stated=(Stated("weeks", figures.basis.trailing_weeks), *low[name]),
        )  # fmt: skip


def _silence(figures: Figures) -> Iterator[Claim]:
    for requirement in figures.requirements:
        silent = requirement.week.silent
        if silent and silent.count:
            yield Claim(
                kind=ClaimKind.SILENT, subject="silent", period=figures.kind, listed=figures.edition != PUBLIC,
                stated=(Stated("count", silent.count), Stated("of", silent.of)),
            )  # fmt: skip


def stand_out(questions: Sequence[EntryQuestion]) -> list[EntryQuestion]:
    """Return the questions to put to the board.

    These were seen more often than chance would give or, where no chance expectation exists, in at least one entry in
    twenty. Questions asked of fewer than ten entries are left out (statistics 1.6).
    """
    return [question for question in questions if not question.share.few and _beyond(question)]


def _beyond(question: EntryQuestion) -> bool:
    share = question.share
    if question.expected is None:
        return share.count * _ONE_IN >= share.of
    return share.low is not None and share.low > question.expected


def describe_questions(questions: Sequence[EntryQuestion]) -> str:
    """Describe which of the questions are shown, and what chance means."""
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
    """Return the faults found in the period, or held now where they belong to no period.

    Ordinary contact is not a fault. The single values of a class are listed only in the full figures.
    """
    asked = (each for each in quality if each.key not in _NO_FAULT | _ASKED and "/" not in each.key)
    return [each for each in asked if each.in_week or (each.in_week is None and each.held)]


def describe_quality(found: Quality) -> str:
    """Describe a class of data quality, with its date where it cannot be judged as known at K (1.2a)."""
    return f"{found.meaning} (as of {instant(found.as_of)})" if found.as_of else found.meaning


def _entries(figures: Figures) -> Iterator[Claim]:
    if figures.late_teams and figures.late_teams.beyond and figures.late_teams.far:
        yield late_teams_of(figures.late_teams)
    for question in stand_out(figures.questions):
        by_chance = question.expected is not None
        yield Claim(
            kind=ClaimKind.BEYOND_CHANCE if by_chance else ClaimKind.SEEN_OFTEN, subject=f"question.{question.key}",
            period=figures.kind, about=question.title, words=question.asks,
            stated=(Stated("rate", question.share.rate), Stated("expected", question.expected)),
        )  # fmt: skip


def _backlog(figures: Figures) -> Iterator[Claim]:
    for requirement in figures.requirements:
        long = sum(band.count or 0 for band in requirement.overdue.bands if band.first > 28)
        if long:
            yield Claim(
                kind=ClaimKind.OVERDUE_LONG, subject=f"overdue.{requirement.id}", period=figures.kind,
                about=requirement.id, stated=(Stated("count", long),),
            )  # fmt: skip
    closed = figures.closing.without_a_word
    if closed.count:
        yield Claim(
            kind=ClaimKind.CLOSED_SILENTLY, subject="closed-without-a-word", period=figures.kind,
            listed=figures.edition != PUBLIC, stated=(Stated("count", closed.count), Stated("of", closed.of)),
        )  # fmt: skip
