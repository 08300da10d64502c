"""What a policy leaves out: victims owed nothing, gaps and overlaps of dates, unknown words (rules A4).

Nothing here decides a verdict. A force may intend all of it, so these are notes and never errors.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Final, NamedTuple

from compliance.errors import nearest
from compliance.policy.calendars import plain_date
from compliance.policy.model import Policy
from compliance.policy.requirement import Requirement
from compliance.policy.vocabulary import (
    CATEGORY,
    KIND,
    METHOD,
    OFFENCE,
    OUTCOME,
    SPECIFIED,
    Vocabulary,
    words_in,
    words_of,
)
from compliance.records import Crime
from compliance.text import join_words

_FIRST: Final = date.min.toordinal()
_LAST: Final = date.max.toordinal()
_NAMES: Final = {
    OUTCOME: "outcome",
    METHOD: "method",
    CATEGORY: "category",
    KIND: "event kind",
    OFFENCE: "offence group",
}


class Whom(NamedTuple):
    """Victims of a category, of crimes of an offence group (None: of any group that the policy does not name)."""

    category: str
    offence: str | None


class _Span(NamedTuple):
    """Days as ordinals, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        first, last = (plain_date(date.fromordinal(day)) for day in self)
        if self.first == _FIRST:
            return f"before {plain_date(date.fromordinal(self.last + 1))}"
        if self.last == _LAST:
            return f"from {first} on"
        return f"on {first}" if self.first == self.last else f"from {first} to {last}"


def describe_coverage(policy: Policy, known: Vocabulary = SPECIFIED) -> Iterator[str]:
    """Yield a sentence for each thing that a policy leaves out or may have misspelt.

    `known`: the words that it may use, by field.
    """
    yield from _unknown_words(policy, known)
    everyone = _everyone(policy)
    uncovered = [whom for whom in everyone if not any(_admits(each, whom) for each in policy.requirement)]
    if uncovered:
        yield f"no requirement covers {_victims(uncovered, everyone)}: they are owed nothing, and have no verdict"
    for alike in _groups(policy):
        yield from _gaps_and_overlaps(alike, everyone)


def _unknown_words(policy: Policy, known: Vocabulary) -> Iterator[str]:
    """Yield a sentence for each unknown word of the policy, with its key and the nearest known word."""
    for key, field, word in words_of(policy):
        if word not in known.get(field, (word,)):
            yield (
                f"{key}: neither the specification nor the mapping of the crime system has the {_NAMES[field]} "
                f"{word!r}{nearest(word, sorted(known[field]))}"
            )


def describe_unused(policy: Policy, crimes: Iterable[Crime]) -> Iterator[str]:
    """Yield a sentence for each word of a policy that is in none of the records, with the nearest one that is."""
    used = words_in(crimes)
    for key, field, word in words_of(policy):
        if word not in used[field]:
            there = sorted(filter(None, used[field]))
            yield f"{key}: the {_NAMES[field]} {word!r} is in none of them{nearest(word, there)}"


def _everyone(policy: Policy) -> list[Whom]:
    """Return every kind of victim that the policy or the specification distinguishes, without those who are exempt."""
    named = [name for each in policy.requirement for name in (*(each.only_for or ()), *(each.except_for or ()))]
    categories = dict.fromkeys(("standard", *sorted({*SPECIFIED[CATEGORY], *named})))
    groups = [g for each in policy.requirement for g in (*(each.only_offences or ()), *(each.except_offences or ()))]
    offences: list[str | None] = [*dict.fromkeys(groups), None]
    return [
        Whom(category, offence)
        for category in categories
        if category not in policy.exempt_victims
        for offence in offences
    ]


def _admits(requirement: Requirement, whom: Whom) -> bool:
    """Return whether a requirement is owed to such victims on some date (rules 9.5, A1a, A2)."""
    return (
        (requirement.only_for is None or whom.category in requirement.only_for)
        and whom.category not in (requirement.except_for or ())
        and (requirement.only_offences is None or whom.offence in requirement.only_offences)
        and whom.offence not in (requirement.except_offences or ())
    )


def _groups(policy: Policy) -> list[list[Requirement]]:
    """Return the groups of requirements that could take each other's place, if one of the group has limited dates.

    The requirements of a group have the same clock, and are alike in being a further contact or not and in repeating or
    not.
    """
    found: dict[tuple[str, bool, bool], list[Requirement]] = {}
    for each in policy.requirement:
        found.setdefault((each.clock, bool(each.after), bool(each.repeat_every)), []).append(each)
    return [alike for alike in found.values() if any(each.since or each.until for each in alike)]


def _gaps_and_overlaps(alike: list[Requirement], everyone: list[Whom]) -> Iterator[str]:
    """Yield a sentence for each gap and overlap in the dates of a group of requirements.

    Only victims to whom at least one of the group is owed are considered.
    """
    gaps: dict[tuple[str, str], list[Whom]] = {}
    overlaps: dict[tuple[str, str], list[Whom]] = {}
    for whom in everyone:
        owed = [each for each in alike if _admits(each, whom)]
        ids = join_words([each.id for each in owed])
        for gap in _gaps([_span(each) for each in owed]) if owed else ():
            gaps.setdefault((ids, str(gap)), []).append(whom)
        for one, other in combinations(owed, 2):
            both = _Span(max(_span(one).first, _span(other).first), min(_span(one).last, _span(other).last))
            if both.first <= both.last and (one.since, one.until) != (other.since, other.until):
                overlaps.setdefault((join_words([one.id, other.id]), str(both)), []).append(whom)
    clock = alike[0].event
    what = f"events {clock!r}" if clock else "crimes reported"
    for (ids, span), whoms in gaps.items():
        yield f"a gap in the dates of {ids}: for {what} {span} none is owed to {_victims(whoms, everyone)}"
    for (ids, span), whoms in overlaps.items():
        yield f"the dates of {ids} overlap: for {what} {span} both are owed to {_victims(whoms, everyone)}"


def _span(requirement: Requirement) -> _Span:
    first, last = requirement.since, requirement.until
    return _Span(first.toordinal() if first else _FIRST, last.toordinal() if last else _LAST)


def _gaps(spans: list[_Span]) -> Iterator[_Span]:
    """Yield the days that are in no span."""
    reached = _FIRST
    for span in sorted(spans):
        if span.first > reached:
            yield _Span(reached, span.first - 1)
        reached = max(reached, span.last + 1)
    if reached <= _LAST:
        yield _Span(reached, _LAST)


def _victims(whoms: list[Whom], everyone: list[Whom]) -> str:
    """Return who they are in words: any victim; standard and enhanced victims; standard victims (Fraud)."""
    if whoms == everyone:
        return "any victim"
    by_groups: dict[tuple[str | None, ...], list[str]] = {}
    for category in dict.fromkeys(whom.category for whom in whoms):
        groups = tuple(whom.offence for whom in whoms if whom.category == category)
        by_groups.setdefault(groups, []).append(category)
    every = tuple(dict.fromkeys(whom.offence for whom in everyone))
    parts = []
    for groups, categories in by_groups.items():
        named = join_words([group or "any other offence group" for group in groups])
        parts.append(f"{join_words(categories)} victims" + ("" if groups == every else f" ({named})"))
    return "; ".join(parts)
