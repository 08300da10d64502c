"""What the pages and the JSON API have written to the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.store import AuditKind, Store
from compliance.store.audit_log import StoredEntry, iterate_entries


@dataclass(frozen=True)
class PageAccess:
    """An entry about a page or a resource of the API, in the words of pages."""

    at: datetime
    person: str
    role: str
    what: AuditKind
    page: str
    asked: Mapping[str, str]
    crimes: Sequence[str]
    refused: str | None
    reason: str | None


def list_entries(store: Store) -> list[StoredEntry]:
    """The whole log, the oldest entry first."""
    with store.reading() as connection:
        return list(iterate_entries(connection))


def list_accesses(store: Store) -> list[PageAccess]:
    """What people saw and did on pages, and programs by the API, the oldest first."""
    found = [stored.entry for stored in list_entries(store) if stored.entry.target.startswith("/")]
    return [
        PageAccess(
            each.at, each.who, each.role, each.what, each.target, each.details.get("asked", {}),
            each.details.get("crimes", []), each.details.get("refused"), each.reason,
        )
        for each in found
    ]  # fmt: skip
