"""The facts about the outbox: what waits in it, since when, and what needs a person."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from compliance.mail import count_inbound, goes_to
from compliance.mail.delivery import LONGEST_WAIT
from compliance.store import Store
from compliance.store.tables import DISPUTE, OUTBOX
from compliance.teams_settings import SCHEME

REFUSED_LATELY: Final = timedelta(days=7)
DEFERRED_LONG: Final = timedelta(days=2)
CARD_LATE: Final = timedelta(days=1)
OPEN_LONG: Final = timedelta(days=7)
"""How long a dispute may be open before it waits too long."""


@dataclass(frozen=True, slots=True)
class EmailFacts:
    """The outbox at an instant.

    - `by_state`: how many emails are in each state.
    - `waiting_since`: since when the email that has waited longest could have been sent (UTC); None: none waits. An
      email that a mailbox defers, or that is postponed to a later instant, does not count.
    - `deferred`: how many a mailbox has deferred for `DEFERRED_LONG`.
    - `refused`: how many the mail server has refused within `REFUSED_LATELY`. `bounced`: how many have bounced in it.
    - `disputes`: how many have been open for `OPEN_LONG`.
    - `inbound`: how many messages of each kind were read in the mailbox of bounces.
    - `uncertain`, `held`: uncertain emails that are sent again by the next run, and those that wait for a person.
    - `cards`: how many cards for leaders were refused within `REFUSED_LATELY`, or have not been taken for `CARD_LATE`.

    All but `by_state` and `cards` are of emails only.
    """

    by_state: dict[str, int]
    waiting_since: datetime | None
    deferred: int
    refused: int
    uncertain: int
    held: int
    bounced: int = 0
    disputes: int = 0
    inbound: dict[str, int] = field(default_factory=dict)
    cards: int = 0


def read_emails(store: Store, by_state: dict[str, int], now: datetime) -> EmailFacts:
    """Return the facts about the outbox at an instant (aware)."""
    state, again, deferred = OUTBOX.c.state, OUTBOX.c.next_attempt_at, OUTBOX.c.deferred_since
    waiting = select(state, OUTBOX.c.created_at, again).where(
        state.in_(("queued", "retry")), deferred.is_(None), goes_to(None)
    )
    tried_at = func.coalesce(OUTBOX.c.claimed_at, OUTBOX.c.created_at)
    with store.reading() as connection:
        since = [_due_since(*row, now=now) for row in connection.execute(waiting)]

        def count(*conditions: ColumnElement[bool]) -> int:
            return _count(connection, goes_to(None), *conditions)

        return EmailFacts(
            by_state=by_state,
            waiting_since=min(filter(None, since), default=None),
            deferred=count(state == "retry", deferred <= now - DEFERRED_LONG),
            refused=count(state == "refused", tried_at >= now - REFUSED_LATELY),
            uncertain=count(state == "uncertain", again.is_not(None)),
            held=count(state == "uncertain", again.is_(None)),
            bounced=count(state == "bounced", OUTBOX.c.bounced_at >= now - REFUSED_LATELY),
            disputes=_count(
                connection, DISPUTE.c.answer.is_(None), DISPUTE.c.received_at <= now - OPEN_LONG, of=DISPUTE
            ),
            inbound=count_inbound(store),
            cards=_count(
                connection,
                goes_to(SCHEME),
                or_(
                    and_(state == "refused", tried_at >= now - REFUSED_LATELY),
                    and_(state.in_(("retry", "uncertain")), OUTBOX.c.created_at <= now - CARD_LATE),
                ),
            ),
        )


def _due_since(state: str, created_at: datetime, again: datetime | None, *, now: datetime) -> datetime | None:
    """Return since when an email could have been sent; None if it is postponed.

    One that was tried is tried again after `LONGEST_WAIT` at most, and has waited all the time.
    """
    if again is None or (state == "retry" and again <= now + LONGEST_WAIT):
        return created_at
    return max(created_at, again) if again <= now else None


def _count(connection: Connection, *conditions: ColumnElement[bool], of: Table = OUTBOX) -> int:
    return connection.execute(select(func.count()).select_from(of).where(*conditions)).scalar_one()
