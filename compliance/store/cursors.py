"""Where a feed was left at earlier times, so that a poll can begin earlier than where the last one ended.

What a crime system commits late may lie before the cursor that it has given out already. A cursor is the feed's, never
parsed or invented (records section 4): one that was given earlier is the only way back (decision 0013).

A change is committed at most the *overlap* after the instant it bears. So nothing can come any more before a cursor
that reaches no further than the overlap before what lies there was last read: the cursor is *settled*, and a poll
begins at the newest that is. How far a cursor reaches is the latest `changed_at` before it: after a first reading of
years, only the last minutes are read again. Where records do not say, it reaches to when it was given.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from compliance.store.engine import Store
from compliance.store.tables import FEED_CURSOR, POLL

_KEPT: Final = 10_000
_PAGES_BACK: Final = 100
_POLLS_BACK: Final = 100


def note_cursor(
    store: Store, source: str, cursor: str, reaches: datetime | None, overlap: timedelta, now: datetime
) -> None:
    """Keep where a feed was left now, and how far that reaches (None: not known). What lies before a settled cursor is
    forgotten, and all but the newest ten thousand."""
    # A date in the future says nothing; it would keep all that follows from ever being settled.
    reaches = now if reaches is None else min(reaches, now)
    row = {"source": source, "cursor": cursor, "taken_at": now, "reaches": reaches}
    with store.writing() as connection:
        place = connection.execute(insert(FEED_CURSOR).values(row).returning(FEED_CURSOR.c.id)).scalar_one()
        if reaches <= now - overlap:
            _forget_before(connection, source, place)
            return
        held = select(FEED_CURSOR.c.id).where(FEED_CURSOR.c.source == source).order_by(FEED_CURSOR.c.id.desc())
        if oldest := connection.execute(held.offset(_KEPT - 1).limit(1)).scalar():
            _forget_before(connection, source, oldest)


def cursor_before(store: Store, source: str, overlap: timedelta) -> str | None:
    """The newest settled cursor; where none is settled yet, the oldest of the last hundred. None where none is kept, or
    the last poll of the source did not come to its end: it is to be gone on with first."""
    polls = select(POLL.c.complete, POLL.c.started_at).where(POLL.c.source == source).order_by(POLL.c.id.desc())
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
    """When what lay before the last poll's end was last read again: at the newest poll that came to its end and went on
    from no poll that had broken off, for such a one reads nothing again. `polls` from the newest."""
    for poll, before in pairwise(polls):
        if poll.complete and before.complete:
            started: datetime = poll.started_at
            return started
    return None


def _forget_before(connection: Connection, source: str, place: int) -> None:
    connection.execute(delete(FEED_CURSOR).where(FEED_CURSOR.c.source == source, FEED_CURSOR.c.id < place))
