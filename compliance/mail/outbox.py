"""The outbox: the intent to send is exactly once, the sending at least once, and what is not known is said.

A row is *queued* once for its key. Delivery (`compliance.mail.delivery`) claims it (*sending*), and what came of it is
one of: *sent*, taken by the mail server; *retry*, not now (4xx, or a connection lost before the mail was complete);
*refused* (5xx), never tried again; *uncertain*, the mail was complete and the answer did not come, or this service
ended in between; *pilot*, written to disk and not sent. *Cancelled*: no longer due just before it was to be sent, or
by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from compliance.errors import RecordError
from compliance.mail.message import address_problem, bare_address, check_header, check_line, message_id
from compliance.store.dialect import insert_into
from compliance.store.tables import OUTBOX, Outbox


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a mail says."""

    subject: str
    text: str
    html: str | None
    to_address: str | None = None
    """Where it goes now; None: where it was to go when it was queued."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A mail is no longer due, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A mail must not go out before an instant, and why."""

    until: datetime
    reason: str


StillDue = Callable[[Outbox], Rendered | Withdrawn | Postponed]
"""Asked just before a row is sent: what it says now, or why it is not to be sent."""


def as_written(row: Outbox) -> Rendered:
    """A mail that says what it said when it was queued, whenever it is sent."""
    return Rendered(row.subject, row.text, row.html)


def row_of(
    *, key: str, kind: str, recipient_ref: str | None, to_address: str, content: Rendered, headers: Mapping[str, str],
    domain: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """A mail as a row to be queued.

    `headers` are all but To, Subject, Date and Message-ID; `From` must be there. The Message-ID follows from the key
    and `domain`. Raises RecordError for an address that cannot be used, SettingsError for a header that cannot.
    """
    if problem := address_problem(to_address):
        raise RecordError(f"the address of {recipient_ref or 'a recipient'}: {problem}; correct it at its source")
    check_line("mail header Subject", content.subject)
    bare_address(headers.get("From", ""))
    for name, value in headers.items():
        check_header(name, value)
    return {
        "key": key, "kind": kind, "recipient_ref": recipient_ref, "to_address": to_address,
        "subject": content.subject, "text": content.text, "html": content.html, "headers": dict(headers),
        "message_id": message_id(key, domain), "state": "queued", "created_at": now, "attempts": 0,
    }  # fmt: skip


def enqueue(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Queue mails (`row_of`) in the caller's transaction -> the row's id of each key; a key of which there is a row
    already is left out, and its mail is not queued."""
    if not rows:
        return {}
    insert = insert_into(session.connection(), OUTBOX)
    unless_there = insert.on_conflict_do_nothing(index_elements=["key"]).returning(OUTBOX.c.key, OUTBOX.c.id)
    return {key: int(row_id) for key, row_id in session.execute(unless_there, list(rows))}
