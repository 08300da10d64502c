"""The audit log: who saw, changed or decided what. It is only added to, one entry after another (decision 0066).

Entries are written by whoever does the thing, before it is done or shown, or in the transaction that does it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, String, insert, select, type_coerce

from compliance.store.audit.audit_entry import (
    BEGINNING,
    AuditEntry,
    AuditHead,
    AuditKind,
    entry_text,
    hash_entry,
    write_details,
)
from compliance.store.database.dialect import take_turn_in_log
from compliance.store.database.engine import Store
from compliance.store.tables import AUDIT_ENTRY

_AT_ONCE: Final = 2000
_AS_STORED: Final = [
    type_coerce(column, String).label("at") if column.name == "at" else column for column in AUDIT_ENTRY.c
]
"""The columns of an entry. SQLite takes any text for an instant, so it is read as a text there."""


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

    @property
    def text(self) -> bytes:
        """Return the text of which the hash is, if the entry is as it was written."""
        return entry_text(self.number, self.entry, self.details, self.previous)


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
    with store.writing(in_turn=False) as connection:
        take_turn_in_log(connection)
        found = newest_details(connection, AuditKind.CONFIGURATION, entry.target)
        is_new = not found or found.get(known_by) != entry.details[known_by]
        if is_new:
            append_entry(connection, entry)
    return is_new


def newest_details(connection: Connection, what: AuditKind, target: str) -> dict[str, Any]:
    """Return the details of the newest entry of a kind about a target; empty if there is none."""
    about = (AUDIT_ENTRY.c.what == what.value, AUDIT_ENTRY.c.target == target)
    newest = select(AUDIT_ENTRY.c.details).where(*about).order_by(AUDIT_ENTRY.c.number.desc()).limit(1)
    found = connection.execute(newest).scalar_one_or_none()
    return {} if found is None else _read_details(found)


def audit_head(connection: Connection) -> AuditHead:
    """Return the head of the log: its last entry's number and hash; that of no entry if there is none."""
    asked = select(AUDIT_ENTRY.c.number, AUDIT_ENTRY.c.hash).order_by(AUDIT_ENTRY.c.number.desc()).limit(1)
    found = connection.execute(asked).one_or_none()
    return BEGINNING if found is None else AuditHead(*found)


def read_entry(connection: Connection, number: int | None = None) -> StoredEntry | None:
    """Return the entry of a number, by default the last one; None if there is none."""
    asked = select(*_AS_STORED).order_by(AUDIT_ENTRY.c.number.desc()).limit(1)
    found = connection.execute(asked if number is None else asked.where(AUDIT_ENTRY.c.number == number)).one_or_none()
    return None if found is None else _stored(found)


def read_audit_head(store: Store) -> AuditHead:
    """Return the head of the log as it is now."""
    with store.reading() as connection:
        return audit_head(connection)


def iterate_entries(connection: Connection, asked: Select[Any] | None = None) -> Iterator[StoredEntry]:
    """Yield the entries in order, some at a time: all, or those of a selection of the log's rows."""
    last, chosen = -1, select(AUDIT_ENTRY) if asked is None else asked
    chosen = chosen.with_only_columns(*_AS_STORED).order_by(AUDIT_ENTRY.c.number).limit(_AT_ONCE)
    while rows := connection.execute(chosen.where(AUDIT_ENTRY.c.number > last)).all():
        yield from map(_stored, rows)
        last = rows[-1].number


def select_entries(
    since: datetime | None = None, until: datetime | None = None, who: str | None = None, crime: str | None = None
) -> Select[Any]:
    """Return a selection of the entries from an instant on, before another, of a person, and that may be of a crime."""
    asked = select(AUDIT_ENTRY)
    if since is not None:
        asked = asked.where(AUDIT_ENTRY.c.at >= since)
    if until is not None:
        asked = asked.where(AUDIT_ENTRY.c.at < until)
    if who is not None:
        asked = asked.where(AUDIT_ENTRY.c.who == who)
    if crime is not None:
        asked = asked.where(AUDIT_ENTRY.c.details.contains(json.dumps(crime), autoescape=True))
    return asked


def is_about(entry: AuditEntry, crime: str) -> bool:
    """Return whether a crime was shown or concerned, or asked for."""
    named = [entry.details.get("crimes"), *_values(entry.details.get("asked"))]
    return any(crime == each or (isinstance(each, list) and crime in each) for each in named)


def _values(asked: Any) -> list[Any]:
    return list(asked.values()) if isinstance(asked, dict) else []


def _stored(row: Any) -> StoredEntry:
    at, details = _read_instant(row.at), _read_details(row.details)
    entry = AuditEntry(at, row.who, row.role, row.what, row.target, details, row.reason)
    return StoredEntry(row.number, entry, row.details, row.previous, row.hash)


def _read_instant(at: Any) -> datetime:
    """Return an instant as it is stored; the first there is for what somebody has made unreadable."""
    if isinstance(at, datetime):
        return at
    try:
        return datetime.fromisoformat(at).replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def _read_details(details: str) -> dict[str, Any]:
    """Return details as data; what somebody has made unreadable is shown as it stands."""
    try:
        found = json.loads(details)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": details}
