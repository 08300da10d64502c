"""Crimes that lose all their updates or victims: a mark of an export that lacks a list, rather than of corrections.

One crime may lose its only update because it was entered by mistake. If most of those that changed do, nobody deleted
them: the source left the list out, and verdicts and reminders would follow what is not true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import zstandard
from sqlalchemy import Connection, and_, func, select

from compliance.store.content import Content
from compliance.store.database.dialect import among, chunks, rows_of
from compliance.store.database.engine import Store
from compliance.store.tables import CRIME, POLL

MANY: Final = 20
"""How many crimes a poll must empty before it is no coincidence, if they are half of those that it changed."""
LASTS: Final = timedelta(days=7)
_UPDATES: Final = b'"updates":[{'
_VICTIMS: Final = b'"victims":[{'
"""How a list with something in it begins in a stored record. In a text, the quotation marks would be escaped."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """A poll that emptied crimes: when it ended (UTC), how many it emptied, and of how many that it changed."""

    ended_at: datetime
    crimes: int
    changed: int


def count_emptied(connection: Connection, came: Mapping[str, Content]) -> int:
    """Return how many of some changed crimes have updates or victims as stored, and none of them as received."""
    bare = {ref: content for ref, content in came.items() if not (content.crime.updates and content.crime.victims)}
    decompress, count = zstandard.ZstdDecompressor().decompress, 0
    for refs in chunks(bare):
        asked = select(CRIME.c.crime_ref, CRIME.c.record).where(among(connection, CRIME.c.crime_ref, refs))
        for ref, record in rows_of(connection, asked):
            before, now = decompress(record), bare[ref].crime
            count += (not now.updates and _UPDATES in before) or (not now.victims and _VICTIMS in before)
    return count


def find_emptied(store: Store, source: str, now: datetime) -> Emptied | None:
    """Return the newest poll of a source that emptied many crimes, as at an instant (aware).

    None if there was none in the last 7 days, or if half of the crimes that it changed have changed again since.
    """
    many = and_(POLL.c.emptied >= MANY, 2 * POLL.c.emptied >= POLL.c.changed)
    lately = and_(POLL.c.source == source, POLL.c.ended_at > now - LASTS)
    with store.reading() as connection:
        poll = connection.execute(select(POLL).where(lately, many).order_by(POLL.c.id.desc()).limit(1)).first()
        if poll is None:
            return None
        as_left = select(func.count()).select_from(CRIME).where(CRIME.c.seen_poll == poll.id)
        is_mended = 2 * connection.execute(as_left).scalar_one() <= poll.changed
    return None if is_mended else Emptied(poll.ended_at, poll.emptied, poll.changed)
