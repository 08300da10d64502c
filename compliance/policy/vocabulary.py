"""The words that a crime system may use for updates, victims and events, and unknown words (rules section 8).

An unknown value is kept and shown, but counts for nothing. If it was meant to count, nobody would notice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from compliance.policy.model import Policy
from compliance.records import Crime

OUTCOME, METHOD, CATEGORY, KIND = "updates.outcome", "updates.method", "victims.category", "events.kind"
OFFENCE: Final = "offence"
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
"""The words that the specification names (records section 1; rules section 10)."""


class PolicyWord(NamedTuple):
    """A word that a policy names: under which key, and for which field."""

    key: str
    field: str
    word: str


def words_of(policy: Policy) -> list[PolicyWord]:
    """Return every outcome, method, category, event kind and offence group that a policy names.

    They are in the order of the policy's keys.
    """
    named: list[tuple[str, str, Sequence[str]]] = [
        ("counted_outcomes", OUTCOME, policy.counted_outcomes),
        ("counted_methods", METHOD, policy.counted_methods or ()),
        ("exempt_victims", CATEGORY, policy.exempt_victims),
    ]
    for each in policy.requirement:
        where = f"requirement {each.id!r}: "
        named += [(f"{where}only_for", CATEGORY, each.only_for or ())]
        named += [(f"{where}except_for", CATEGORY, each.except_for or ())]
        named += [(f"{where}only_offences", OFFENCE, each.only_offences or ())]
        named += [(f"{where}except_offences", OFFENCE, each.except_offences or ())]
        named += [(f"{where}clock", KIND, [each.event] if each.event else ())]
    return [PolicyWord(key, field, word) for key, field, words in named for word in words]


def words_in(crimes: Iterable[Crime]) -> dict[str, set[str | None]]:
    """Return the words that occur in records, by field."""
    found: dict[str, set[str | None]] = {field: set() for field in (OUTCOME, METHOD, CATEGORY, KIND, OFFENCE)}
    for crime in crimes:
        found[OFFENCE].add(crime.offence)
        found[OUTCOME].update(update.outcome for update in crime.updates or ())
        found[METHOD].update(update.method for update in crime.updates or ())
        found[CATEGORY].update(victim.category or "standard" for victim in crime.victims or ())
        found[KIND].update(event.kind for event in crime.events or ())
    return found


def vocabulary(policy: Policy, *more: Mapping[str, Iterable[str]]) -> Vocabulary:
    """Return the words of the specification and of a policy, and those of `more`, by field."""
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
    """Return how often each unknown value occurs in records, by (field, value). Empty texts are not counted."""
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
    """Return a value fit to be shown: unprintable characters are escaped, and a long value is cut off."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST: Final = 40
