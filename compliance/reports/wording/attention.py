"""What the board should see first (statistics 6), questions that stand out, faults in the records."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.methods.statistics import wilson
from compliance.reports.model.changes import LastTold, ToldStatement
from compliance.reports.model.claims import Claim, ClaimKind, FirstClaim, Stated
from compliance.reports.model.findings import EntryQuestion
from compliance.reports.model.report_model import Figures, Quality
from compliance.reports.model.words import instant, units
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.weeks import Week
from compliance.reports.pieces.parts import Statement, statement
from compliance.reports.wording.duplicate_claims import DUPLICATES, find_duplicated
from compliance.reports.wording.event_sentences import name_with_weeks
from compliance.reports.wording.events import Change, ChangeEvent, find_events
from compliance.reports.wording.passages import pattern_of
from compliance.reports.wording.sentences import sentence
from compliance.text import join_words

MOST: Final = 5
"""The largest number of statements that ask for action."""
SAME: Final = timedelta(weeks=4)
"""How far apart two dates of the same force-wide event may lie in two reports."""
_WHOLE: Final = "worse/"
_FAR: Final = 3.090232
"""Far beyond chance: the 99.8 % point of the normal distribution, as in the funnel (statistics 3.1)."""
_STANDING: Final = frozenset(
    {ClaimKind.BELOW_REST, ClaimKind.BEYOND_CHANCE, ClaimKind.DUPLICATED, ClaimKind.TEAMS_SHOW_PATTERN}
)
"""What is so rather than begins (statistics 6): it comes after what is new."""
_CHANGES: Final = frozenset({ClaimKind.CONCERN, ClaimKind.WORSE_THAN_BEFORE})

_ONE_IN: Final = 20
"""A question without a chance expectation is put to the board if it is true of one entry in this many or more."""
_NO_FAULT: Final = frozenset({"attempt", "same-day", "recording-day"})
"""Classes of rules section 8 that are ordinary contact."""
_ASKED: Final = frozenset({"late-entry", "entered-after-due"})
"""Classes that are put to the board as questions instead."""


def things_to_look_at(figures: Figures) -> list[Statement]:
    """Return at most five statements, in order; empty if nothing stands out.

    If more divisions worsened than there is room for, the last statement names the others together.
    """
    found = list_first(figures)
    left = [claim for claim in found[MOST:] if claim.kind in _CHANGES]
    if not left:
        return [statement(sentence(claim), claims=[claim]) for claim in found[:MOST]]
    together = [claim for claim in found[MOST - 1 :] if claim.kind in _CHANGES]
    text = f"Also worse than before: {join_words([name_with_weeks(claim) for claim in together])}."
    return [*(statement(sentence(claim), claims=[claim]) for claim in found[: MOST - 1]),
            statement(text, claims=together)]  # fmt: skip


def list_first(figures: Figures) -> list[FirstClaim]:
    """Return every statement that asks for action: new, then standing, then told in the last report (statistics 6).

    Within each, those that cost most updates come first.
    """
    found = [_recall(claim, figures.attention.last) for find in _FIND for claim in find(figures)]
    return sorted(found, key=lambda claim: (_place(claim), -claim.missed, claim.keys))


def tell_first(figures: Figures) -> tuple[ToldStatement, ...]:
    """Return what the statements told first are about, for the next report."""
    claims = [claim for each in things_to_look_at(figures) for claim in each.claims if isinstance(claim, FirstClaim)]
    return tuple(
        ToldStatement(claim.keys, str(Week.of(claim.since)) if claim.since else None, claim.missed,
             claim.told_first or figures.period)
        for claim in claims
    )  # fmt: skip


def _place(claim: FirstClaim) -> int:
    if claim.told_last:
        return 3
    return 0 if claim.kind == ClaimKind.DATA_UNFIT else 2 if claim.kind in _STANDING else 1


def _recall(claim: FirstClaim, last: LastTold | None) -> FirstClaim:
    """Return a statement with what the last report said of it, if that told all that it is about."""
    if last is None:
        return claim
    known = [told for told in last.told if any(_is_told(key, claim, told) for key in claim.keys)]
    if not all(any(_is_told(key, claim, told) for told in known) for key in claim.keys):
        return claim
    first = min((told.first for told in known), key=lambda period: parse_period(period).first)
    return replace(claim, told_first=first, told_last=last.period, told_missed=sum(told.missed for told in known))


def _is_told(key: str, claim: FirstClaim, told: ToldStatement) -> bool:
    """Return whether something was told: by itself or, of a division, with the whole at about the same time."""
    if key in told.keys:
        return True
    if not key.startswith(_WHOLE) or _WHOLE not in told.keys or told.since is None or claim.since is None:
        return False
    return abs(parse_period(told.since).first - claim.since) <= SAME


def _find_unfit(figures: Figures) -> Iterator[FirstClaim]:
    """Yield that the report was released although something stood against it (statistics 7)."""
    if figures.gate is not None and (faults := figures.gate.faults):
        checks = figures.gate.checks_at_fault
        yield FirstClaim(
            kind=ClaimKind.DATA_UNFIT, subject="gate", period=figures.kind, words=join_words(checks),
            keys=tuple(f"unfit/{name}" for name in faults), stated=(Stated("checks", len(checks)),),
        )  # fmt: skip


def _find_changes(figures: Figures) -> Iterator[FirstClaim]:
    """Yield each event for the worse (2.2c): of the whole, or of divisions against their own past (1.5b)."""
    for event in find_events(figures):
        whole = event.whole[0] if event.whole else None
        subject = (whole or event.changes[0]).figure
        keys = ((_WHOLE,) if whole else ()) + tuple(f"{_WHOLE}{name}" for name in event.units)
        yield FirstClaim(
            kind=ClaimKind.CONCERN if whole else ClaimKind.WORSE_THAN_BEFORE, subject=subject, period=figures.kind,
            since=event.since, until=figures.last, units=event.units,
            about=f"the whole {units(figures)[1]}" if whole else units(figures)[0],
            keys=keys, missed=event.missed, listed=figures.edition != PUBLIC,
            stated=tuple(_state_changes(event, figures)),
        )  # fmt: skip


def _state_changes(event: ChangeEvent, figures: Figures) -> Iterator[Stated]:
    """Yield what an event cost, and the rates of each of its series now and before, in order of the policy."""
    yield Stated("missed", event.missed)
    order = {requirement.id: place for place, requirement in enumerate(figures.requirements)}
    for change in sorted(
        event.changes, key=lambda each: (order[each.requirement], each.part == "continuing", each.unit)
    ):
        since = None if _is_near(change, event) else change.since
        yield Stated("now", change.now, change.requirement, change.unit, change.part, since)
        yield Stated("base", change.base, change.requirement, change.unit, change.part)


def _is_near(change: Change, event: ChangeEvent) -> bool:
    return abs(change.since - event.since) <= timedelta(weeks=2)


def _find_below(figures: Figures) -> Iterator[FirstClaim]:
    """Yield each division that is worse than the rest, in what it has not worsened in (2.2c)."""
    told = {(change.unit, change.requirement) for event in find_events(figures) for change in event.changes}
    unit, whole = units(figures)
    standing = [each for each in figures.attention.standing if (each.name, each.requirement) not in told]
    for name in dict.fromkeys(each.name for each in standing):
        own = [each for each in standing if each.name == name]
        worst = max(own, key=lambda each: each.missed)
        yield FirstClaim(
            kind=ClaimKind.BELOW_REST, subject=f"trailing.{worst.requirement}/{name}", period=figures.kind, about=unit,
            units=(name,), keys=(f"below/{name}",), against=f"the rest of the {whole}", until=figures.last,
            missed=sum(each.missed for each in own), listed=figures.edition != PUBLIC,
            stated=(Stated("weeks", figures.basis.trailing_weeks), *(
                stated for each in own for stated in (
                    Stated("now", each.now, each.requirement, name), Stated("rest", each.rest, each.requirement, name))
            )),
        )  # fmt: skip


def _find_patterns(figures: Figures) -> Iterator[FirstClaim]:
    """Yield the patterns of the entries far beyond chance. A new kind of pattern is yielded here."""
    yield from find_duplicated(figures)
    for pattern in figures.patterns:
        if pattern.beyond and not (figures.duplicates and pattern.key == DUPLICATES):
            claim = pattern_of(pattern)
            yield FirstClaim(
                kind=claim.kind, subject=claim.subject, period=figures.kind, about=claim.about, words=claim.words,
                stated=claim.stated, keys=(f"pattern/{pattern.key}",),
            )  # fmt: skip
    for question in figures.questions:
        if question.expected is not None and _is_far_beyond(question):
            yield FirstClaim(
                kind=ClaimKind.BEYOND_CHANCE, subject=f"question.{question.key}", period=figures.kind,
                about=question.title, words=question.asks, keys=(f"pattern/{question.key}",),
                stated=(Stated("rate", question.share.rate), Stated("expected", question.expected)),
            )  # fmt: skip


def _is_far_beyond(question: EntryQuestion) -> bool:
    """Return whether the answer is yes far more often than by chance: beyond the 99.8 % interval."""
    share = question.share
    limits = None if share.few else wilson(share.count / share.deff, share.of / share.deff, _FAR)
    return limits is not None and question.expected is not None and limits.low > question.expected


_FIND: Final[tuple[Callable[[Figures], Iterator[FirstClaim]], ...]] = (
    _find_unfit, _find_changes, _find_below, _find_patterns,
)  # fmt: skip
"""What is looked for. What a report is to tell first besides is added here."""


def silence_of(figures: Figures) -> Iterator[Claim]:
    """Yield how many victims are silent: a line of its own, outside the five (statistics 6)."""
    silent = next((requirement.week.silent for requirement in figures.requirements if requirement.week.silent), None)
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
        f"{shown} of {every} questions put to the entries: those seen clearly more often than chance would give, "
        f"or in one of {_ONE_IN} and more where chance cannot be said. All are below, in full. {chance}"
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
