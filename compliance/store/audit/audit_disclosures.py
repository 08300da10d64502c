"""The audit log's entries about what the service tells people by itself: emails and cards, and published reports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from compliance.store.audit.actors import Actor
from compliance.store.audit.audit_entry import AuditEntry, AuditKind
from compliance.store.audit.audit_log import append_entry, newest_details
from compliance.store.database.dialect import take_turn_in_log
from compliance.store.database.engine import Store
from compliance.store.tables import OUTBOX

THE_OUTBOX: Final = "outbox"
"""The target of an entry about messages that are to be sent."""
REPORTS: Final = "reports"
"""The target of an entry about reports that were published."""
_LAST: Final = "last"


def note_messages(store: Store, actor: Actor, now: datetime) -> None:
    """Write how many messages have been queued since the last entry about them, by kind, if any have been.

    To be called before any is sent, so that whatever is sent is in the log. `first` and `last` are their numbers in the
    outbox, which says to whom each goes and what became of it. Those queued before there was such an entry count if
    nobody has tried to send them.
    """
    with store.reading() as connection:
        if not _count(connection):
            return
    with store.writing(in_turn=False) as connection:
        take_turn_in_log(connection)
        if found := _count(connection):  # another service may have noted them meanwhile
            append_entry(connection, AuditEntry(now, actor.who, actor.role, AuditKind.DISCLOSURE, THE_OUTBOX, found))


def _count(connection: Connection) -> dict[str, Any]:
    """Return the details of an entry about the messages that no entry is about; empty if there are none."""
    before = newest_details(connection, AuditKind.DISCLOSURE, THE_OUTBOX).get(_LAST)
    are_new = OUTBOX.c.id > before if isinstance(before, int) else _not_tried()
    asked = select(OUTBOX.c.kind, func.count(), func.min(OUTBOX.c.id), func.max(OUTBOX.c.id))
    rows = connection.execute(asked.where(are_new).group_by(OUTBOX.c.kind).order_by(OUTBOX.c.kind)).all()
    if not rows:
        return {}
    kinds = {kind: count for kind, count, _, _ in rows}
    return {"messages": kinds, "first": min(row[2] for row in rows), _LAST: max(row[3] for row in rows)}


def _not_tried() -> ColumnElement[bool]:
    return (OUTBOX.c.state == "queued") & (OUTBOX.c.attempts == 0)


def append_publication(
    connection: Connection, actor: Actor, now: datetime, period: str, editions: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write in the transaction that publishes which editions of a period were published, each with its files."""
    details = {"period": period, "editions": editions}
    append_entry(connection, AuditEntry(now, actor.who, actor.role, AuditKind.DISCLOSURE, REPORTS, details))
