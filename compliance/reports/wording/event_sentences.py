"""What to look at first, in words (statistics 6)."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from compliance.reports.model.changes import Part
from compliance.reports.model.claims import Claim, FirstClaim, Stated
from compliance.reports.model.claims import ClaimKind as Kind
from compliance.reports.model.words import (
    ON_DUPLICATES,
    UNLIKELY,
    count_of,
    day,
    heading,
    list_names,
    number,
    percent,
    subtract_shown,
)
from compliance.reports.periods.periods import in_words
from compliance.reports.periods.weeks import Week
from compliance.text import join_words

_NAMED: Final = 3
"""The largest number of units whose rates are all told; of more, the smallest and the largest fall."""


def series_name(requirement: str, part: Part) -> str:
    """Return the name of a series within a sentence."""
    if part == "":
        return f"the {requirement} rate"
    return f"the rate of {'first further' if part == 'first' else 'continuing'} contact"


def told_before(claim: FirstClaim) -> str:
    """Return what was said of it in earlier reports, as a sentence; empty if it is new."""
    if not claim.told_last:
        return ""
    last = f"in {in_words(claim.told_last)}"
    cost = f", when {_updates(claim.told_missed)} had been missed" if round(claim.told_missed) else ""
    if claim.told_first == claim.told_last:
        return f"First told {last}{cost}."
    return f"First told in {in_words(claim.told_first)}, last {last}{cost}."


def name_with_weeks(claim: FirstClaim) -> str:
    """Return the units of a change for the worse with their series and dates, for a line of several."""
    names = dict.fromkeys(series_name(each.requirement, each.part) for each in claim.of_measure("now"))
    who = join_words(claim.units) if claim.units else heading(claim.about)
    return f"{who} ({join_words(list(names))}, {since_week(claim.since)})"


def since_week(since: date | None) -> str:
    """Return since when: since about 4 May 2026 (week 19)."""
    assert since is not None  # noqa: S101  # a change has a date
    return f"since about {day(since)} (week {Week.of(since).number})"


def _changed(claim: Claim) -> str:
    assert isinstance(claim, FirstClaim)  # noqa: S101  # only these are events
    if not claim.keys:
        return f"worse {since_week(claim.since)}"
    who = heading(claim.about) if claim.kind == Kind.CONCERN else join_words(claim.units)
    parts = list(_series(claim))
    text = f"{who}: {_when(claim)} {'; '.join(parts)}."
    if claim.kind == Kind.CONCERN and claim.units:
        text += f" Against their own past, it is seen in {join_words(claim.units)}."
    return _complete(claim, text)


def _of_unit(side: str) -> Callable[[Claim], str]:
    """Return a function that says of a unit in a table since when it changed."""
    return lambda claim: f"{side} {since_week(claim.since)}"


_UNLIKE: Final = {
    "appeared": "it appeared in these weeks", "vanished": "it vanished in these weeks",
    "remade": "it changed with one that appeared or vanished",
}  # fmt: skip


def _when(claim: FirstClaim) -> str:
    return since_week(claim.since) if claim.kind != Kind.CONCERN else since_week(claim.since).replace("about ", "")


def _series(claim: FirstClaim) -> Iterator[str]:
    """Yield each series with its rates: of the whole where that changed, else of each unit."""
    found = list(claim.of_measure("now"))
    whole = [each for each in found if not each.group]
    for key in dict.fromkeys((each.requirement, each.part) for each in (whole or found)):
        own = [each for each in (whole or found) if (each.requirement, each.part) == key]
        name = series_name(*key)
        if len(own) > _NAMED:
            falls = [(_base_of(claim, each) or 0) - (each.value or 0) for each in own]
            few, many = f"{100 * min(falls):.1f}", f"{100 * max(falls):.1f}"
            yield f"{name} has been lower in {number(len(own))} of them, by {few} to {many} points"
            continue
        rates = join_words([_from_to(claim, each) for each in own])
        yield f"{name} has been {rates}"


def _from_to(claim: FirstClaim, each: Stated) -> str:
    base = _base_of(claim, each)
    where = f" in {each.group}" if each.group and len(claim.units) > 1 else ""
    beside = [since_week(each.since)] if each.since else []
    beside += [] if base is None else [f"{percent(base)} before"]
    return f"{percent(each.value)}{where}" + (f" ({'; '.join(beside)})" if beside else "")


def _base_of(claim: FirstClaim, each: Stated) -> float | None:
    same = (each.requirement, each.part, each.group)
    return next((one.value for one in claim.of_measure("base") if (one.requirement, one.part, one.group) == same), None)


def _below(claim: Claim) -> str:
    assert isinstance(claim, FirstClaim)  # noqa: S101  # a difference told first
    apart = [
        f"{100 * subtract_shown(other.value, each.value):.1f} points on the {each.requirement} rate "
        f"({percent(each.value)} against {percent(other.value)})"
        for each, other in zip(claim.of_measure("now"), claim.of_measure("rest"), strict=True)
    ]
    weeks = claim.count("weeks")
    text = (
        f"{join_words(claim.units)}: over the last {weeks} settled weeks below {claim.against} by {join_words(apart)}, "
        f"{UNLIKELY}."
    )
    return _complete(claim, text)


def _duplicated(claim: Claim) -> str:
    assert isinstance(claim, FirstClaim)  # noqa: S101  # it is told first
    found = zip(*(claim.of_measure(measure) for measure in ("count", "of", "expected")), strict=True)
    parts = [
        f"{number(int(count.value or 0))} of {number(int(of.value or 0))}"
        f"{f' in {count.group}' if len(claim.units) > 1 else ''} (chance would give {expected.value or 0:.1f})"
        for count, of, expected in found
    ]
    held = f" Until then, what they make of {claim.words} is not judged." if claim.words else ""
    where = join_words(claim.units) if claim.units else heading(claim.about)
    text = (
        f"{where}: of the crimes reported in the last 52 weeks, {join_words(parts)} are probably on record twice. They "
        f"are to be put right first: a crime on record twice is updated once.{held}"
    )
    return _complete(claim, text)


def _on_duplicates(claim: Claim) -> str:
    """Say what is not told: of a unit in a table, of units beside the rest, or of weeks in a chart."""
    if isinstance(claim, FirstClaim):
        return ON_DUPLICATES
    held = list(claim.of_measure("held"))
    if not held:
        weeks = count_of(claim.count("weeks"), "week")
        return f"Not told: {weeks} would be a special cause only with crimes that are probably on record twice."
    parts = [
        f"the {key} rate in {list_names([each.group for each in held if each.requirement == key])}"
        for key in dict.fromkeys(each.requirement for each in held)
    ]
    return (
        f"Not judged: the difference from {claim.against} of {join_words(parts)}. It rests on crimes that are probably "
        "on record twice."
    )


def _complete(claim: FirstClaim, text: str) -> str:
    """Return a statement with what it cost, where its cases are, and what was said of it before."""
    cost = f"About {_updates(claim.missed)} missed." if round(claim.missed) else ""
    return " ".join(filter(None, (text, cost, told_before(claim), where_listed(claim))))


def where_listed(claim: Claim) -> str:
    """Return which figure has the cases of a statement, empty if the reader cannot list them."""
    return f"Cases: figure {claim.subject}." if claim.listed else ""


def _updates(missed: float) -> str:
    return count_of(round(missed), "update")


def _unfit(claim: Claim) -> str:
    return (
        f"The data of this {claim.period} may be unfit: {count_of(claim.count('checks'), 'check')} stood against the "
        f"report ({claim.words}). What they found, and who released it, is under How this is computed."
    )


def _not_yet(claim: Claim) -> str:
    asked = {each.group: each for each in claim.of_measure("held")}
    needed = {each.group: int(each.value or 0) for each in claim.of_measure("needed")}
    whether: dict[str, str] = {
        "whole": f"whether {claim.against} has changed", "past": f"whether a {claim.about} has changed",
        "slow": f"whether a {claim.about} has changed slowly", "rest": f"whether a {claim.about} differs from the rest",
    }  # fmt: skip
    parts = [
        f"{whether[group]} ({needed[group]} settled weeks are needed, {int(each.value or 0)} can be compared)"
        for group, each in asked.items()
    ]
    why = f" The weeks are counted since the newest change: {claim.words}." if claim.words else ""
    return f"It cannot be told yet {join_words(parts)}.{why}"


def _policy_changed(claim: Claim) -> str:
    assert claim.since is not None  # noqa: S101  # a policy is in use since a date
    parts = [
        f"the {now.requirement} rate {percent(now.value)} and {percent(before.value)}"
        for now, before in zip(claim.of_measure("now"), claim.of_measure("before"), strict=True)
        if None not in (now.value, before.value)
    ]
    both = f" By this policy and by the one before: {join_words(parts)}." if parts else ""
    return (
        f"Since {day(claim.since)} another policy is in use. {heading(claim.words)}.{both} Every week in this report "
        "is judged by the policy now in use: a difference from what was published before is no change in performance."
    )


EVENT_SENTENCES: Final[dict[Kind, Callable[[Claim], str]]] = {
    Kind.CONCERN: _changed,
    Kind.WORSE_THAN_BEFORE: _changed,
    Kind.BETTER_THAN_BEFORE: _of_unit("better"),
    Kind.AS_BEFORE: lambda _: "no significant change",
    Kind.TOO_FEW_BEFORE: lambda _: "too few to compare",
    Kind.NOT_ONE_UNIT: lambda claim: (
        f"not compared: {_UNLIKE[claim.words]}, and the organisation’s map does not say what it was"
    ),
    Kind.BELOW_REST: _below,
    Kind.DATA_UNFIT: _unfit,
    Kind.DUPLICATED: _duplicated,
    Kind.POLICY_CHANGED: _policy_changed,
    Kind.ON_DUPLICATES: _on_duplicates,
    Kind.NOT_YET_TOLD: _not_yet,
}
