"""The audit log: who saw, changed or decided what. It is only added to, one entry after another (decision 0066).

Entries are written by whoever does the thing, before it is done or shown, or in the transaction that does it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select

from compliance.store.audit_entry import BEGINNING, AuditEntry, AuditHead, AuditKind, hash_entry, write_details
from compliance.store.dialect import take_turn_in_log
from compliance.store.engine import Store
from compliance.store.tables import AUDIT_ENTRY

_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it stands in the log. `details`: as they are stored. `previous`: the hash of the entry before."""

    number: int
    entry: AuditEntry
    details: str
    previous: str
    hash: str

    @property
    def head(self) -> AuditHead:
        """Return what stands for the log up to this entry."""
        return AuditHead(self.number, self.hash)


def log_entry(store: Store, entry: AuditEntry) -> AuditHead:
    """Add an entry, and return its head once it is stored for good. It waits for no writer but of this log."""
    with store.writing(in_turn=False) as connection:
        return append_entry(connection, entry)


def append_entry(connection: Connection, entry: AuditEntry) -> AuditHead:
    """Add an entry in a transaction that writes, which ought to end at once: until then nobody else can add one.

    Nothing is locked after it: whoever waits for this log holds no lock that its holder may wait for.
    """
    take_turn_in_log(connection)
    before = audit_head(connection)
    number, details = before.number + 1, write_details(entry.details)
    head = AuditHead(number, hash_entry(number, entry, details, before.hash))
    connection.execute(
        insert(AUDIT_ENTRY).values(
            number=number, at=entry.at, who=entry.who, role=entry.role, what=str(entry.what), target=entry.target,
            details=details, reason=entry.reason, previous=before.hash, hash=head.hash,
        )
    )  # fmt: skip
    return head


def log_if_changed(store: Store, entry: AuditEntry, known_by: str) -> bool:
    """Add an entry of configuration if it says something new, and return whether it does.

    `known_by`: the part of its details that the last entry about its target must have too for it to be nothing new.
    """
    about = (AUDIT_ENTRY.c.what == AuditKind.CONFIGURATION.value, AUDIT_ENTRY.c.target == entry.target)
    newest = select(AUDIT_ENTRY.c.details).where(*about).order_by(AUDIT_ENTRY.c.number.desc()).limit(1)
    with store.writing(in_turn=False) as connection:
        take_turn_in_log(connection)
        found = connection.execute(newest).scalar_one_or_none()
        is_new = found is None or _read_details(found).get(known_by) != entry.details[known_by]
        if is_new:
            append_entry(connection, entry)
    return is_new


def audit_head(connection: Connection) -> AuditHead:
    """Return the head of the log: its last entry's number and hash; that of no entry if there is none."""
    asked = select(AUDIT_ENTRY.c.number, AUDIT_ENTRY.c.hash).order_by(AUDIT_ENTRY.c.number.desc()).limit(1)
    found = connection.execute(asked).one_or_none()
    return BEGINNING if found is None else AuditHead(*found)


def read_audit_head(store: Store) -> AuditHead:
    """Return the head of the log as it is now."""
    with store.reading() as connection:
        return audit_head(connection)


def iterate_entries(connection: Connection, asked: Select[Any] | None = None) -> Iterator[StoredEntry]:
    """Yield the entries in order, some at a time: all, or those of a selection of the log's rows."""
    last, chosen = -1, select(AUDIT_ENTRY) if asked is None else asked
    chosen = chosen.order_by(AUDIT_ENTRY.c.number).limit(_AT_ONCE)
    while rows := connection.execute(chosen.where(AUDIT_ENTRY.c.number > last)).all():
        yield from map(_stored, rows)
        last = rows[-1].number


def _stored(row: Any) -> StoredEntry:
    entry = AuditEntry(row.at, row.who, row.role, row.what, row.target, _read_details(row.details), row.reason)
    return StoredEntry(row.number, entry, row.details, row.previous, row.hash)


def _read_details(details: str) -> dict[str, Any]:
    """Return details as data; what somebody has made unreadable is shown as it stands."""
    try:
        found = json.loads(details)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": details}
