"""The page on the policy: what is asked, in plain English with clauses and examples, and which was in use when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from compliance.batch.clauses import load_clauses
from compliance.errors import ComplianceError
from compliance.policy import Policy, Requirement
from compliance.policy.calendars import plain_date
from compliance.policy.in_words import PolicySentence, describe_common, describe_requirement
from compliance.reports.publishing.policy_history import list_policy_uses
from compliance.resources import resource
from compliance.service.answers.policy_examples import ShownExample, example_of
from compliance.service.report_jobs.policy_proof import SamePolicy
from compliance.web.page_table import Answer, Visit

_TELLING: Final = {"Met by": 0, "Repeats": 1, "Due within": 2}
"""What an example shows best of a requirement, if there is one."""


@dataclass(frozen=True, slots=True)
class _ShownRequirement:
    """A requirement with what it asks, and an example of it."""

    asked: Requirement
    sentences: tuple[PolicySentence, ...]
    example: ShownExample | None


def show_policy(visit: Visit) -> Answer:
    """Return the policy of the settings in plain English, and the policies by which the service has judged."""
    policy, local = visit.service.policy, visit.service.policy.local
    requirements = _requirements(SamePolicy(policy))
    common = tuple(describe_common(policy))
    uses = list_policy_uses(visit.service.store, policy)
    cited = [sentence for each in requirements for sentence in each.sentences]
    values = {
        "policy": policy,
        "requirements": requirements,
        "common": common,
        "clauses": list(_clauses_cited([*cited, *common])),
        "uses": uses,
        "is_in_use": bool(uses) and uses[0].digest == policy.digest,
        "day": lambda at: plain_date(local.date_of(at)),
    }
    return Answer("policy.html.j2", "Policy", values)


def _clauses_cited(sentences: Iterable[PolicySentence]) -> Iterator[tuple[str, str]]:
    """Yield each clause that is cited, once, in the order of the rules, with what it is about."""
    cited = {clause for sentence in sentences for clause in sentence.clause.split(", ")}
    yield from ((number, about) for number, about in _clauses() if number in cited)


@lru_cache(maxsize=1)
def _clauses() -> tuple[tuple[str, str], ...]:
    entries = load_clauses(resource("rules") / "examples" / "clauses.toml")
    return tuple((each.id.removeprefix("rules "), each.about) for each in entries if each.id.startswith("rules "))


@lru_cache(maxsize=2)
def _requirements(same: SamePolicy) -> tuple[_ShownRequirement, ...]:
    """Return the requirements of a policy. Its examples are judged once."""
    return tuple(_show(same.policy, asked) for asked in same.policy.requirement)


def _show(policy: Policy, asked: Requirement) -> _ShownRequirement:
    sentences = tuple(describe_requirement(policy, asked))
    telling = sorted(sentences, key=lambda each: _TELLING.get(each.matter, len(_TELLING)))
    clauses = [clause for sentence in telling for clause in sentence.clause.split(", ")]
    try:
        example = example_of(policy, asked, clauses)
    except ComplianceError:  # `check` says what is wrong with the examples; the policy is shown without them
        example = None
    return _ShownRequirement(asked, sentences, example)
