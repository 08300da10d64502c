"""What every answer owes the access log: written before anything is shown, by the pages and by the JSON API alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from compliance.store import Access, log_access
from compliance.store.owed_crimes import crimes_within
from compliance.web.page_table import Visit
from compliance.web.roles import CaseScope

_NOT_SECRET: Final = frozenset({"token", "reason", "text", "note"})
"""What is posted and not repeated in the log's query: tokens, and words that stand elsewhere."""


def note_access(visit: Visit, given: Mapping[str, str] | None = None, **what: Any) -> None:
    """Add an entry on a visit to the access log. `given`: what else is to stand beside what was asked for.

    `what`: the other fields of the entry.
    """
    asked = {**visit.place, **visit.query, **visit.form, **(given or {})}
    asked = {name: text[:200] for name, text in asked.items() if name not in _NOT_SECRET}
    entry = Access(visit.now, visit.viewer.person, visit.viewer.role, visit.page.path, asked)
    log_access(visit.service.store, replace(entry, **what))


def are_within(visit: Visit, crimes: Sequence[str]) -> bool:
    """Return whether all these crimes are of the scope that is shown to this person, as it is now."""
    if visit.scope is CaseScope.FORCE:
        return True
    return set(crimes) <= crimes_within(visit.service.store, visit.within, crimes)
