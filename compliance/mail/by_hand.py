"""What a person does with the outbox: look, send again, call off."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from compliance.errors import RecordError
from compliance.store import Store
from compliance.store.tables import OUTBOX, Outbox

STATES: Final = ("queued", "sending", "sent", "retry", "refused", "uncertain", "pilot", "cancelled")
SENT_AGAIN: Final = ("queued", "retry", "refused", "uncertain", "pilot", "cancelled")
"""States out of which a mail can be sent, or written for the pilot, by hand: all but on its way and sent."""
CALLED_OFF: Final = ("queued", "retry", "uncertain")
"""States out of which a mail can be called off: those in which it would, or might, still go out."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in a list. Instants are in UTC; `next_attempt_at` of an uncertain mail None: it is held. `deferred_since`:
    when the mail server first put its recipient off, whatever came of it later."""

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


def list_emails(store: Store, states: Collection[str] = (), limit: int | None = None) -> list[Listed]:
    """The mails in some states (none: in any), the newest first, at most `limit`."""
    asked = select(*_COLUMNS).order_by(OUTBOX.c.id.desc()).limit(limit)
    if states:
        asked = asked.where(OUTBOX.c.state.in_(states))
    with store.reading() as connection:
        return [Listed(*row) for row in connection.execute(asked)]


def counts(store: Store) -> dict[str, int]:
    """How many mails are in each state, every state named."""
    asked = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
    with store.reading() as connection:
        found = {row[0]: row[1] for row in connection.execute(asked)}
    return {state: found.get(state, 0) for state in STATES}


def show_email(store: Store, number: int) -> Outbox:
    """A mail whole. Raises RecordError where there is none with this number."""
    with store.reading() as connection:
        return Outbox(**_row(connection, number))


def send_again(store: Store, numbers: Sequence[int], now: datetime) -> None:
    """Let mails be sent with the next run, whatever came of them before; what is no longer due is not sent even so.

    The Message-ID stays. An uncertain one stays uncertain until it is sent: should that be uncertain too, it is held.
    All or none: raises RecordError where one is sent or on its way, or not there.
    """

    def change(row: Any) -> dict[str, Any]:
        state = "uncertain" if row["state"] == "uncertain" else "queued"
        return {"state": state, "next_attempt_at": now}

    _change(store, numbers, SENT_AGAIN, "sent again", change)


def call_off(store: Store, numbers: Sequence[int]) -> None:
    """Let mails not be sent. What they would have told has not been told: the next digest tells it.

    All or none: raises RecordError where one can no longer be called off, or is not there.
    """
    ended = {"state": "cancelled", "next_attempt_at": None, "problem": "cancelled by hand"}
    _change(store, numbers, CALLED_OFF, "cancelled", lambda _: ended)


def _change(
    store: Store, numbers: Sequence[int], states: Sequence[str], what: str, change: Callable[[Any], dict[str, Any]]
) -> None:
    with store.writing() as connection:
        for number in numbers:
            row = _row(connection, number)
            if row["state"] not in states:
                raise RecordError(
                    f"mail {number} is {row['state']}, and cannot be {what}: that can be done while it is "
                    f"{', '.join(states[:-1])} or {states[-1]}; nothing was changed"
                )
            connection.execute(update(OUTBOX).where(OUTBOX.c.id == number).values(change(row)))


def _row(connection: Connection, number: int) -> Any:
    found = connection.execute(select(OUTBOX).where(OUTBOX.c.id == number)).mappings().first()
    if found is None:
        raise RecordError(f"there is no email with the number {number}; `compliance outbox list` shows them")
    return found
