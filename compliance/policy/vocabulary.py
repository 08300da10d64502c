"""The words that a crime system may use of updates, victims and events, and those that nobody knows (rules section 8).

A value that is none of them is kept and shown, and counts for nothing: where it was meant to count, nobody would
notice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from compliance.policy.model import Policy
from compliance.records import Crime

OUTCOME, METHOD, CATEGORY, KIND = "updates.outcome", "updates.method", "victims.category", "events.kind"
Vocabulary = Mapping[str, frozenset[str]]
"""The known words, by field."""

SPECIFIED: Final[Vocabulary] = {
    OUTCOME: frozenset({"informed", "attempted"}),
    METHOD: frozenset({"phone", "visit", "letter", "email", "text"}),
    CATEGORY: frozenset({"standard", "enhanced", "state", "anonymous"}),
    KIND: frozenset(
        {
            "bail_changed", "decision_not_to_investigate", "prosecution_decision", "suspect_arrested", "suspect_bailed",
            "suspect_charged", "suspect_interviewed_under_caution", "suspect_released_under_investigation",
            "suspect_released_without_charge", "suspect_reported_for_summons",
        }
    ),
}  # fmt: skip
"""Those that the specification names (records section 1; rules section 10)."""


def vocabulary(policy: Policy, *more: Mapping[str, Iterable[str]]) -> Vocabulary:
    """The words of the specification, of a policy, and others by field."""
    said: dict[str, Iterable[str]] = {
        OUTCOME: policy.counted_outcomes,
        METHOD: policy.counted_methods or (),
        CATEGORY: {
            *policy.exempt_victims,
            *(name for each in policy.requirement for name in (*(each.only_for or ()), *(each.except_for or ()))),
        },
        KIND: {each.event for each in policy.requirement if each.event},
    }
    return {
        field: words.union(said[field], *(each.get(field, ()) for each in more)) for field, words in SPECIFIED.items()
    }


def count_unknown_values(crimes: Iterable[Crime], known: Vocabulary) -> Counter[tuple[str, str]]:
    """How often unknown values stand in records, by field and value. An empty text says nothing."""
    outcomes, methods, categories, kinds = (
        known[name].union(("",)) | {None} for name in (OUTCOME, METHOD, CATEGORY, KIND)
    )
    found = Counter[tuple[str, str]]()
    for crime in crimes:
        for update in crime.updates or ():
            if update.outcome not in outcomes:
                found[OUTCOME, str(update.outcome)] += 1
            if update.method not in methods:
                found[METHOD, str(update.method)] += 1
        for victim in crime.victims or ():
            if victim.category not in categories:
                found[CATEGORY, str(victim.category)] += 1
        for event in crime.events or ():
            if event.kind not in kinds:
                found[KIND, event.kind] += 1
    return found


def shorten(value: str) -> str:
    """A value as it may be shown: nothing in it that is not printed, and not all of a long one."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST: Final = 40
