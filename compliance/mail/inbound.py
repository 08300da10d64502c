"""Reading what comes back: emails that were not delivered after all are marked as bounced.

What a message means is stored before it leaves the mailbox. If the service ends in between, the message is
still there, is known by its digest, and only has to leave.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from compliance.mail.inbox import InboundMessage, Inbox, OpenInbox
from compliance.mail.incoming import InboundKind, Incoming, read_incoming, recipients_of
from compliance.mail.own_words import own_words
from compliance.mail.tokens import MailToken, Purpose, TokenAddresses
from compliance.mail_settings import InboundMail
from compliance.store import Store, file_dispute
from compliance.store.tables import INBOUND, OUTBOX

AT_ONCE: Final = 1000
"""The number of messages that one run deals with; the next run continues."""
NOT_OURS: Final = Incoming(InboundKind.OTHER)
"""A message without a genuine token, whatever it holds."""
REPLIES_LAST: Final = timedelta(days=60)
"""How long after an email was written a reply to it is filed."""
BOUNCING: Final = ("sent", "uncertain")
"""The states of an email that a report can make bounced: it was accepted, or may have been."""


@dataclass(frozen=True, slots=True)
class InboundOutcome:
    """The result of one run: how many messages of each kind, and how many wait for the next run."""

    kinds: Mapping[InboundKind, int] = field(default_factory=dict)
    waiting: int = 0

    def __str__(self) -> str:
        said = [f"{count:,} {_WORDS[kind]}" for kind, count in sorted(self.kinds.items())]
        return (
            ", ".join([*said, *([f"{self.waiting:,} left for the next run"] if self.waiting else [])]) or "no messages"
        )


_WORDS: Final = {
    InboundKind.BOUNCED: "bounced",
    InboundKind.DELAYED: "delayed",
    InboundKind.AUTOMATIC: "automatic replies",
    InboundKind.REPLY: "filed as disputes",
    InboundKind.OTHER: "for a person to look at",
}


def read_inbound(
    store: Store,
    inbox: Inbox,
    addresses: TokenAddresses,
    settings: InboundMail,
    clock: Callable[[], datetime],
    is_to_stop: Callable[[], bool] = lambda: False,
) -> InboundOutcome:
    """Read the messages in a mailbox, at most `AT_ONCE`, and let them leave it.

    `clock` returns the present instant (aware). `is_to_stop`: whether to end between two messages. Whatever a message
    holds, the run goes on. Raises UnavailableError if the mailbox cannot be used; what was read by then is stored.
    """
    kinds: Counter[InboundKind] = Counter()
    waiting = 0
    with closing(inbox.open()) as opened:
        for message in opened.messages():
            if is_to_stop() or kinds.total() + waiting >= AT_ONCE:
                break
            kind = _take(store, message, addresses, clock())
            if kind is None:
                waiting += 1
                continue
            _let_leave(opened, message, kind, settings)
            kinds[kind] += 1
    return InboundOutcome(kinds, waiting)


def _take(store: Store, message: InboundMessage, addresses: TokenAddresses, now: datetime) -> InboundKind | None:
    """Store what a message means and return its kind; None if that cannot be known yet."""
    tokens = list(addresses.find(recipients_of(message.content)))
    found = read_incoming(message.content) if tokens else NOT_OURS
    with store.writing() as connection:
        known = connection.execute(select(INBOUND.c.kind).where(INBOUND.c.digest == message.digest)).scalar()
        if known is not None:
            return InboundKind(known)
        purpose, row = _find_row(connection, tokens, addresses)
        if row is not None and row.state == "sending":
            return None  # its delivery has not been stored yet: the report was faster
        if row is None:
            found = NOT_OURS
        elif purpose is Purpose.REPLY:
            found = _take_reply(connection, message, row, found, now)
        elif found.kind is InboundKind.BOUNCED and row.state in BOUNCING:
            bounced = {"state": "bounced", "problem": found.said, "bounced_at": now, "next_attempt_at": None}
            connection.execute(update(OUTBOX).where(OUTBOX.c.id == row.id).values(bounced))
        seen = {"digest": message.digest, "kind": found.kind, "outbox_id": row and row.id, "read_at": now}
        connection.execute(INBOUND.insert().values(seen))
    return found.kind


def _take_reply(connection: Connection, message: InboundMessage, row: Any, found: Incoming, now: datetime) -> Incoming:
    """File a person's reply, unless it comes too late, and return what it is. An automatic one is only counted."""
    if found.kind is not InboundKind.OTHER:
        return Incoming(InboundKind.AUTOMATIC)
    if now > row.created_at + REPLIES_LAST:
        return NOT_OURS
    file_dispute(connection, row.id, row.recipient_ref, own_words(message.content, row.text), now)
    return Incoming(InboundKind.REPLY)


def _find_row(
    connection: Connection, tokens: Iterable[MailToken], addresses: TokenAddresses
) -> tuple[Purpose | None, Any]:
    """Return the email that a message is about, and why it comes, as a genuine token says; None if there is none."""
    for token in tokens:
        row = connection.execute(select(OUTBOX).where(OUTBOX.c.id == token.row_id)).first()
        if row is not None and addresses.signs(token, row.key):
            return token.purpose, row
    return None, None


def _let_leave(opened: OpenInbox, message: InboundMessage, kind: InboundKind, settings: InboundMail) -> None:
    folder = settings.other_folder if kind is InboundKind.OTHER else settings.done_folder
    if folder is None:
        opened.remove(message)
    else:
        opened.move(message, folder)


def count_inbound(store: Store) -> dict[str, int]:
    """Return how many messages of each kind were read, with every kind included."""
    asked = select(INBOUND.c.kind, func.count()).group_by(INBOUND.c.kind)
    with store.reading() as connection:
        found = {row[0]: row[1] for row in connection.execute(asked)}
    return {kind.value: found.get(kind, 0) for kind in InboundKind}
