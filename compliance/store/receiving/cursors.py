"""A feed's earlier cursors, so that a poll can begin before the point where the last one ended.

What a crime system commits late may lie before a cursor that it has already given. A cursor belongs to the feed and is
never parsed or invented (records section 4), so an earlier one is the only way back (decision 0013).

A change is committed at most the *overlap* after the instant it bears. A cursor is *settled* if it reaches no further
than the overlap before what lies there was last read: nothing more can arrive before it. A poll begins at the newest
settled cursor. A cursor reaches to the latest `changed_at` before it, so after a first reading of years only the last
minutes are read again. If the records do not say, it reaches to the instant when it was given.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from compliance.store.database.engine import Store
from compliance.store.tables import FEED_CURSOR, POLL

_KEPT: Final = 10_000
_PAGES_BACK: Final = 100
_POLLS_BACK: Final = 100


def note_cursor(
    store: Store, source: str, cursor: str, reaches: datetime | None, overlap: timedelta, now: datetime
) -> None:
    """Store where a feed was left now, and how far that reaches (None: unknown).

    Cursors before a settled one are deleted, and all except the newest 10,000.
    """
    # A date in the future says nothing; it would keep everything after it from ever being settled.
    reaches = now if reaches is None else min(reaches, now)
    row = {"source": source, "cursor": cursor, "taken_at": now, "reaches": reaches}
    with store.writing() as connection:
        place = connection.execute(insert(FEED_CURSOR).values(row).returning(FEED_CURSOR.c.id)).scalar_one()
        if reaches <= now - overlap:
            _forget_before(connection, source, place)
            return
        newest_first = select(FEED_CURSOR.c.id).where(FEED_CURSOR.c.source == source).order_by(FEED_CURSOR.c.id.desc())
        if oldest := connection.execute(newest_first.offset(_KEPT - 1).limit(1)).scalar():
            _forget_before(connection, source, oldest)


def cursor_before(store: Store, source: str, overlap: timedelta) -> str | None:
    """Return the newest settled cursor or, if none is settled, the oldest of the last hundred.

    None if no cursor is stored, or if the source's last poll was incomplete: it must be continued first.
    """
    found = select(POLL.c.complete, POLL.c.started_at, POLL.c.idle_since)
    polls = found.where(POLL.c.source == source).order_by(POLL.c.id.desc())
    kept = select(FEED_CURSOR).where(FEED_CURSOR.c.source == source).order_by(FEED_CURSOR.c.id.desc())
    with store.writing() as connection:
        last = connection.execute(polls.limit(_POLLS_BACK)).all()
        if not last or not last[0].complete:
            return None
        again = _read_again_at(last)
        rows = connection.execute(kept).all()
        for row in rows:
            read_at = row.taken_at if again is None else max(row.taken_at, again)
            if row.reaches <= read_at - overlap:
                _forget_before(connection, source, row.id)
                return str(row.cursor)
        return str(rows[:_PAGES_BACK][-1].cursor) if rows else None


def _read_again_at(polls: Any) -> datetime | None:
    """Return when the part before the last poll's end was last read again.

    That is the start of the newest complete poll that did not continue an incomplete one, which reads nothing again.
    `polls` begins with the newest; the row of an idle one may stand for others before it.
    """
    for poll, before in pairwise(polls):
        goes_on = poll.idle_since is None or poll.started_at <= poll.idle_since
        if poll.complete and (before.complete or not goes_on):
            started: datetime = poll.started_at
            return started
    return None


def _forget_before(connection: Connection, source: str, place: int) -> None:
    connection.execute(delete(FEED_CURSOR).where(FEED_CURSOR.c.source == source, FEED_CURSOR.c.id < place))
