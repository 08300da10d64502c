"""How large the database is, and how much it has grown: one row a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, text

from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.tables import DATABASE_SIZE

LATELY: Final = timedelta(days=30)
"""The time whose growth is looked at."""


@dataclass(frozen=True, slots=True)
class Growth:
    """By how many bytes the database has grown (negative: shrunk), in which time."""

    size: int
    time: timedelta

    def time_to_fill(self, free: int) -> timedelta | None:
        """Return how long so many bytes last at this rate; None if it does not grow, or for longer than ten years."""
        if self.size <= 0 or self.time <= timedelta(0):
            return None
        days = free / self.size * (self.time / timedelta(days=1))
        return timedelta(days=days) if days < 3650 else None


def read_size(connection: Connection) -> int:
    """Return the size of the database in bytes; of SQLite without what is still in its log."""
    if connection.dialect.name == "sqlite":
        pages, size = (connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
        return int(pages * size)
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def note_size(store: Store, day: date, now: datetime) -> None:
    """Store the size of the database on a local date; a later one of the same date replaces it."""
    with store.reading() as connection:
        size = read_size(connection)
    with store.writing() as connection:
        upsert(connection, DATABASE_SIZE, [{"day": day, "taken_at": now, "size": size}])


def read_growth(connection: Connection, now: datetime) -> Growth | None:
    """Return the growth since the first size stored lately; None if there is none at least a day old."""
    asked = select(DATABASE_SIZE.c.taken_at, DATABASE_SIZE.c.size).where(DATABASE_SIZE.c.taken_at >= now - LATELY)
    first = connection.execute(asked.order_by(DATABASE_SIZE.c.taken_at).limit(1)).first()
    if first is None or now - first.taken_at < timedelta(days=1):
        return None
    return Growth(read_size(connection) - first.size, now - first.taken_at)
