"""What the pages and the JSON API have written to the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from compliance.store import AuditKind, Store
from compliance.store.audit.audit_log import StoredEntry, iterate_entries
from compliance.store.tables import AUDIT_ENTRY


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


def newest_number(store: Store) -> int:
    """The number of the newest entry."""
    with store.reading() as connection:
        return int(connection.execute(select(func.max(AUDIT_ENTRY.c.number))).scalar() or 0)


def list_accesses(store: Store, after: int = -1) -> list[PageAccess]:
    """What people saw and did on pages, and programs by the API, the oldest first; of the entries after one, by number."""
    with store.reading() as connection:
        entries = list(iterate_entries(connection, select(AUDIT_ENTRY).where(AUDIT_ENTRY.c.number > after)))
    found = [stored.entry for stored in entries if stored.entry.target.startswith("/")]
    return [
        PageAccess(
            each.at, each.who, each.role, each.what, each.target, each.details.get("asked", {}),
            each.details.get("crimes", []), each.details.get("refused"), each.reason,
        )
        for each in found
    ]  # fmt: skip
