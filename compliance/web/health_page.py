"""The page on how the service is: what `compliance status` shows."""

from typing import Final

from compliance.service.conditions import find_conditions, read_facts
from compliance.service.overview import Overview, describe_facts
from compliance.web.local_times import in_local_time
from compliance.web.page_table import Answer, Visit
from compliance.web.roles import WebRole

_PAGES: Final = {"records-in-quarantine": "/quality/refused"}
"""The page on what a condition is about, for whoever has it."""


def show_health(visit: Visit) -> Answer:
    """Return what is wrong with the service and what to do, then the facts."""
    service = visit.service
    facts = read_facts(service.settings, service.policy, visit.now, service.store)
    seen = Overview(facts, find_conditions(facts))
    pages = _PAGES if visit.viewer.role is WebRole.PERFORMANCE else {}
    values = {
        "local": lambda text: in_local_time(text, service.policy.local),
        "pages": pages,
        "summary": seen.summary(),
        "found": seen.found,
        "facts": list(describe_facts(facts)),
    }
    return Answer("health.html.j2", "Health", values)
