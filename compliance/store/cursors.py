"""Where a feed was left at earlier times, so that a poll can begin earlier than where the last one ended.

What a crime system commits late may lie before the cursor that it has given out already. A cursor is the feed's, never
parsed or invented (records section 4): one that was given earlier is the only way back.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from compliance.store.database import Store
from compliance.store.tables import FEED_CURSOR, POLL

_KEPT: Final = 10_000
_PAGES_BACK: Final = 100


def note_cursor(store: Store, source: str, cursor: str, overlap: timedelta, now: datetime) -> None:
    """Keep where a feed was left now. What is older than the newest one of `overlap` ago is forgotten, and all but the
    newest ten thousand."""
    held = select(FEED_CURSOR.c.id).where(FEED_CURSOR.c.source == source).order_by(FEED_CURSOR.c.id.desc())
    with store.writing() as connection:
        connection.execute(insert(FEED_CURSOR), [{"source": source, "cursor": cursor, "taken_at": now}])
        bounds = [
            connection.execute(asked.limit(1)).scalar()
            for asked in (held.where(FEED_CURSOR.c.taken_at <= now - overlap), held.offset(_KEPT - 1))
        ]
        oldest = max((bound for bound in bounds if bound is not None), default=0)
        connection.execute(delete(FEED_CURSOR).where(FEED_CURSOR.c.source == source, FEED_CURSOR.c.id < oldest))


def cursor_before(store: Store, source: str, overlap: timedelta, now: datetime) -> str | None:
    """The newest cursor that was taken `overlap` ago or earlier; where none is so old, the oldest of the last hundred.
    None where none is kept, or the last poll of the source did not come to its end: it is to be gone on with first."""
    last = select(POLL.c.complete).where(POLL.c.source == source)
    kept = select(FEED_CURSOR.c.cursor).where(FEED_CURSOR.c.source == source).order_by(FEED_CURSOR.c.id.desc())
    with store.reading() as connection:
        if not connection.execute(last.order_by(POLL.c.id.desc()).limit(1)).scalar():
            return None
        old = connection.execute(kept.where(FEED_CURSOR.c.taken_at <= now - overlap).limit(1)).scalars().all()
        found = old or connection.execute(kept.limit(_PAGES_BACK)).scalars().all()
        return str(found[-1]) if found else None
