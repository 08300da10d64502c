"""How the service is, for programs: what `compliance status --json` gives."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from compliance.service.conditions import find_conditions, read_facts
from compliance.service.overview import Overview
from compliance.web.api.resource_table import ApiAnswer
from compliance.web.page_table import Visit


class HealthCondition(msgspec.Struct, frozen=True):
    """Something that is wrong. `name`: one of docs/conditions.md. `sentence`: with the facts. `remedy`: what to do."""

    name: str
    severity: Literal["fault", "warning"]
    sentence: str
    remedy: str


class Health(msgspec.Struct, frozen=True):
    """How the service is. `conditions`: what is wrong, the faults first. `facts`: as `compliance status --json`."""

    at: datetime
    conditions: list[HealthCondition]
    facts: dict[str, Any]


def give_health(visit: Visit) -> ApiAnswer:
    """Return what is wrong with the service and what to do, then the facts."""
    facts = read_facts(visit.service.settings, visit.service.policy, visit.now, visit.service.store)
    seen = Overview(facts, find_conditions(facts))
    return ApiAnswer(msgspec.convert(seen.as_json(), Health))
