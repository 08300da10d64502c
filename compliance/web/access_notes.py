"""What every answer owes the audit log: written before anything is shown, by the pages and by the JSON API alike."""

from collections.abc import Mapping, Sequence
from typing import Final

from compliance.store import AuditEntry, AuditKind, log_entry
from compliance.store.owed.owed_crimes import crimes_within
from compliance.web.page_table import Visit
from compliance.web.roles import CaseScope

_NOT_SECRET: Final = frozenset({"token", "reason", "text", "note", "told_by"})
"""What is posted and not repeated in what was asked: tokens, and words, and whom, that stand elsewhere."""


def note_access(
    visit: Visit, what: AuditKind, *, crimes: Sequence[str] = (), given: Mapping[str, str] | None = None,
    refused: str | None = None, reason: str | None = None,
) -> None:  # fmt: skip
    """Add an entry on a visit to the audit log.

    `crimes`: the crime numbers shown that are not the person's own, or that an act concerns. `given`: what else is to
    stand beside what was asked for. `refused`: why it was. `reason`: why the person looked or acted, where asked.
    """
    asked = {**visit.place, **visit.query, **visit.form, **(given or {})}
    asked = {name: text[:200] for name, text in asked.items() if name not in _NOT_SECRET}
    found = {"asked": asked, "crimes": list(crimes), "refused": refused}
    details = {name: value for name, value in found.items() if value}
    viewer, page = visit.viewer, visit.page.path
    log_entry(visit.service.store, AuditEntry(visit.now, viewer.person, str(viewer.role), what, page, details, reason))


def are_within(visit: Visit, crimes: Sequence[str]) -> bool:
    """Return whether all these crimes are of the scope that is shown to this person, as it is now."""
    if visit.scope is CaseScope.FORCE:
        return True
    return set(crimes) <= crimes_within(visit.service.store, visit.within, crimes)
