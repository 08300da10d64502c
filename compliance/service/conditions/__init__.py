"""What can be wrong with a running service: one list of conditions, worked out from facts or found by looks."""

from compliance.service.conditions.condition import Condition, FoundCondition, Severity, Sight
from compliance.service.conditions.condition_list import CONDITIONS, find_conditions, name_conditions
from compliance.service.conditions.finding import Finding, Problem, as_sentences, note_problem
from compliance.service.conditions.service_facts import ServiceFacts, read_facts

__all__ = [
    "CONDITIONS",
    "Condition",
    "Finding",
    "FoundCondition",
    "Problem",
    "ServiceFacts",
    "Severity",
    "Sight",
    "as_sentences",
    "find_conditions",
    "name_conditions",
    "note_problem",
    "read_facts",
]
