"""Sessions of people who are signed in to the pages (decision 0059)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from compliance.store.database.engine import Store
from compliance.store.tables import WEB_SESSION, WebSession

KEPT: Final = timedelta(days=30)
"""How long after it began a session is kept."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How often it is stored, at most, that a session was used."""


def begin_session(store: Store, session: WebSession) -> None:
    """Store a new session, and remove those that began long ago."""
    with store.writing(in_turn=False) as connection:
        connection.execute(delete(WEB_SESSION).where(WEB_SESSION.c.began_at < session.seen_at - KEPT))
        connection.execute(insert(WEB_SESSION).values(session.model_dump()))


def find_session(store: Store, digest: bytes) -> WebSession | None:
    """Return a session that has not ended, or None."""
    asked = select(WebSession).where(col(WebSession.digest) == digest, col(WebSession.ended_at).is_(None))
    with store.session(reading=True) as session:
        return session.execute(asked).scalar_one_or_none()


def touch_session(store: Store, session: WebSession, now: datetime) -> None:
    """Store that a session was used, if that is news."""
    if now - session.seen_at >= SEEN_EVERY:
        with store.writing(in_turn=False) as connection:
            mine = WEB_SESSION.c.digest == session.digest
            connection.execute(update(WEB_SESSION).where(mine).values(seen_at=now))


def end_session(store: Store, digest: bytes, why: str, now: datetime) -> None:
    """End a session for good; the first reason stays."""
    standing = (WEB_SESSION.c.digest == digest, WEB_SESSION.c.ended_at.is_(None))
    with store.writing(in_turn=False) as connection:
        connection.execute(update(WEB_SESSION).where(*standing).values(ended_at=now, ended=why))
