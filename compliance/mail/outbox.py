"""The outbox: each email is queued exactly once and sent at least once, and an unknown result is reported as such.

A row is *queued* once for its key. Delivery (`compliance.mail.delivery`) claims it (*sending*). The result is one of:

- *sent*: accepted by the mail server
- *bounced*: accepted, and then reported as not delivered (`compliance.mail.inbound`)
- *retry*: not now (4xx, or a connection lost before the email was complete)
- *refused* (5xx): never tried again
- *uncertain*: the email was complete and no answer arrived, or this service ended in between
- *pilot*: written to disk and not sent
- *cancelled*: no longer due just before sending, or cancelled by hand
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session

from compliance.errors import RecordError
from compliance.mail.channel import Rendered
from compliance.mail.message import address_problem, bare_address, check_header, check_line, message_id
from compliance.store.database.dialect import insert_into
from compliance.store.tables import OUTBOX, Outbox


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An email that is no longer due, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """An email that must not go out before an instant, and why."""

    until: datetime
    reason: str


StillDue = Callable[[Outbox], Rendered | Withdrawn | Postponed]
"""The check made just before a row is sent: what it says now, or why it is not sent."""


def as_written(row: Outbox) -> Rendered:
    """Return an email as it was when queued, whenever it is sent."""
    return Rendered(row.subject, row.text, row.html)


def row_of(
    *, key: str, kind: str, recipient_ref: str | None, to_address: str, content: Rendered, headers: Mapping[str, str],
    domain: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Return an email as a row to be queued.

    `headers` are all except To, Subject, Date and Message-ID; `From` is required. The Message-ID follows from the key
    and `domain`. Raises RecordError for an invalid address, SettingsError for an invalid header.
    """
    if problem := address_problem(to_address):
        raise RecordError(f"the address of {recipient_ref or 'a recipient'}: {problem}; correct it at its source")
    check_line("mail header Subject", content.subject)
    bare_address(headers.get("From", ""))
    for name, value in headers.items():
        check_header(name, value)
    row = message_row(
        key=key, kind=kind, destination=to_address, content=content, headers=headers, domain=domain, now=now
    )  # fmt: skip
    return row | {"recipient_ref": recipient_ref}


def message_row(
    *, key: str, kind: str, destination: str, content: Rendered, headers: Mapping[str, str], domain: str, now: datetime
) -> dict[str, Any]:
    """Return a message to a destination of any channel as a row to be queued, which is to nobody in the directory."""
    return {
        "key": key, "kind": kind, "recipient_ref": None, "to_address": destination,
        "subject": content.subject, "text": content.text, "html": content.html, "headers": dict(headers),
        "message_id": message_id(key, domain), "state": "queued", "created_at": now, "attempts": 0,
    }  # fmt: skip


def goes_to(scheme: str | None) -> ColumnElement[bool]:
    """Return the condition that a row goes to a destination that begins with a scheme; None: to an email address.

    No email address has a colon, and every scheme ends with one.
    """
    return OUTBOX.c.to_address.not_like("%:%") if scheme is None else OUTBOX.c.to_address.startswith(scheme)


def enqueue(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Queue emails (`row_of`) in the caller's transaction, and return the row id of each key.

    A key that already has a row is left out, and its email is not queued.
    """
    if not rows:
        return {}
    insert = insert_into(session.connection(), OUTBOX)
    unless_there = insert.on_conflict_do_nothing(index_elements=["key"]).returning(OUTBOX.c.key, OUTBOX.c.id)
    return {key: int(row_id) for key, row_id in session.execute(unless_there, list(rows))}
