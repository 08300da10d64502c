"""What can be wrong with a running service: one list of conditions, worked out from facts that are read once."""

from compliance.service.conditions.condition import Condition, FoundCondition, Severity
from compliance.service.conditions.condition_list import CONDITIONS, find_conditions
from compliance.service.conditions.service_facts import ServiceFacts, read_facts

__all__ = ["CONDITIONS", "Condition", "FoundCondition", "ServiceFacts", "Severity", "find_conditions", "read_facts"]
