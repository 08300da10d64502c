"""Managing the outbox by hand: listing emails, sending them again and cancelling them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from compliance.errors import RecordError
from compliance.store import Store
from compliance.store.tables import CHANNEL_REST, NOTICE, OUTBOX, Outbox

STATES: Final = ("queued", "sending", "sent", "retry", "refused", "uncertain", "pilot", "cancelled", "bounced")
RESENDABLE: Final = ("queued", "retry", "refused", "uncertain", "pilot", "cancelled", "bounced")
"""The states in which an email can be sent again, or written again for the pilot: all except sending and sent."""
CANCELLABLE: Final = ("queued", "retry", "uncertain")
"""The states in which an email can be cancelled: those in which it would, or might, still go out."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An email in a list. Instants are in UTC.

    `next_attempt_at` is None for an uncertain email that is held. `deferred_since` is when the mail server first
    deferred its recipient, whatever happened later.
    """

    id: int
    state: str
    kind: str
    recipient_ref: str | None
    to_address: str
    subject: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime | None
    problem: str | None
    deferred_since: datetime | None


_COLUMNS: Final = [OUTBOX.c[name] for name in Listed.__slots__]


def list_emails(
    store: Store, states: Collection[str] = (), limit: int | None = None, before: int | None = None
) -> list[Listed]:
    """Return the emails in some states (none given: in any), the newest first, at most `limit`.

    `before`: only those with a smaller number.
    """
    asked = select(*_COLUMNS).order_by(OUTBOX.c.id.desc()).limit(limit)
    if states:
        asked = asked.where(OUTBOX.c.state.in_(states))
    if before is not None:
        asked = asked.where(OUTBOX.c.id < before)
    with store.reading() as connection:
        return [Listed(*row) for row in connection.execute(asked)]


def counts(store: Store) -> dict[str, int]:
    """Return the number of emails in each state, with every state included."""
    asked = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
    with store.reading() as connection:
        found = {row[0]: row[1] for row in connection.execute(asked)}
    return {state: found.get(state, 0) for state in STATES}


def show_email(store: Store, number: int) -> Outbox:
    """Return one email in full. Raises RecordError if the number does not exist."""
    with store.reading() as connection:
        return Outbox(**_row(connection, number))


def crimes_told(store: Store, number: int) -> list[str]:
    """Return the crimes that an email tells of, by number."""
    asked = select(NOTICE.c.crime_ref).where(NOTICE.c.outbox_id == number).distinct().order_by(NOTICE.c.crime_ref)
    with store.reading() as connection:
        return list(connection.execute(asked).scalars())


def send_again(store: Store, numbers: Sequence[int], now: datetime) -> None:
    """Queue emails for the next run, regardless of what happened to them before.

    That run tries a mail server that is not tried at present (`compliance.mail.resting`). An email that is no longer
    due is still not sent. The Message-ID stays the same. An uncertain email stays uncertain
    until it is sent; if the result is uncertain again, it is held. All or none: raises RecordError if one is sent,
    being sent or unknown.
    """

    def change(row: Any) -> dict[str, Any]:
        state = "uncertain" if row["state"] == "uncertain" else "queued"
        return {"state": state, "next_attempt_at": now}

    _change(store, numbers, RESENDABLE, "sent again", change)


def cancel_emails(store: Store, numbers: Sequence[int]) -> None:
    """Cancel emails. Nobody counts as notified by them, so the next digest includes what they would have said.

    All or none: raises RecordError if one can no longer be cancelled, or is unknown.
    """
    ended = {"state": "cancelled", "next_attempt_at": None, "problem": "cancelled by hand"}
    _change(store, numbers, CANCELLABLE, "cancelled", lambda _: ended)


def _change(
    store: Store, numbers: Sequence[int], states: Sequence[str], what: str, change: Callable[[Any], dict[str, Any]]
) -> None:
    with store.writing() as connection:
        for number in numbers:
            row = _row(connection, number)
            if row["state"] not in states:
                raise RecordError(
                    f"email {number} is {row['state']} and cannot be {what}: it must be {', '.join(states[:-1])} or "
                    f"{states[-1]}; nothing was changed"
                )
            connection.execute(update(OUTBOX).where(OUTBOX.c.id == number).values(change(row)))
        if states is RESENDABLE:
            connection.execute(delete(CHANNEL_REST))


def _row(connection: Connection, number: int) -> Any:
    found = connection.execute(select(OUTBOX).where(OUTBOX.c.id == number)).mappings().first()
    if found is None:
        raise RecordError(f"there is no email with the number {number}; `compliance outbox list` shows them")
    return found
