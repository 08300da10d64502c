"""What is known of a feed between polls: where it continues, in which crime system, and until when not to ask it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.tables import FEED, FEED_CURSOR, POLL


@dataclass(frozen=True, slots=True)
class FeedState:
    """The state of a feed, as in the table `feed`. Instants are in UTC; None: not known, or no wait was asked for."""

    cursor: str | None = None
    origin: str | None = None
    ask_again_at: datetime | None = None
    directory_ask_again_at: datetime | None = None


def feed_state(store: Store, source: str) -> FeedState:
    """Return the state of a feed; nothing is known of one that was never read."""
    asked = select(FEED.c.cursor, FEED.c.origin, FEED.c.ask_again_at, FEED.c.directory_ask_again_at)
    with store.reading() as connection:
        row = connection.execute(asked.where(FEED.c.source == source)).first()
    return FeedState() if row is None else FeedState(*row)


def note_feed(store: Store, source: str, **known: str | datetime | None) -> None:
    """Store what has become known of a feed: columns of the table `feed` by name."""
    with store.writing() as connection:
        upsert(connection, FEED, [{"source": source, **known}])


def restart_feed(store: Store, source: str, origin: str, cursor: str | None, now: datetime, problem: str) -> None:
    """Let the next poll read a feed from a cursor (None: from the beginning), without a wait or an overlap.

    Records, their versions and everything made from them remain. A poll under way can add no further pages, because
    they would move the cursor: a poll that begins and ends here, incomplete because of `problem`, supersedes it.
    """
    row = {"source": source, "cursor": cursor, "moved_at": now, "origin": origin}
    no_wait = {"ask_again_at": None, "directory_ask_again_at": None}
    nothing = {"pages": 0, "received": 0, "changed": 0, "refused": 0}
    restarted = {"source": source, "started_at": now, "ended_at": now, "complete": False, "problem": problem}
    with store.writing() as connection:
        upsert(connection, FEED, [row | no_wait])
        connection.execute(delete(FEED_CURSOR).where(FEED_CURSOR.c.source == source))
        connection.execute(insert(POLL).values(restarted | nothing))
