"""Crimes missing from a full export: flagged with the date-time, and never deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from compliance.store.database.dialect import chunks, set_by_key
from compliance.store.database.engine import Store
from compliance.store.tables import CRIME, POLL


@dataclass(frozen=True, slots=True)
class Missing:
    """How many crimes were newly missing from a full export, and how many flagged ones it contains again."""

    lost: int
    found: int


def mark_missing(store: Store, source: str, seen_refs: Collection[str], now: datetime) -> Missing:
    """Compare the stored crimes of a source (the one that last changed a crime) with a full export of it.

    `seen_refs` is every crime number in the export, including those of refused records; a set is fastest. All or
    nothing. A flagged crime continues to be judged; the flag is cleared when the crime is received again, on any page.
    """
    seen = seen_refs if isinstance(seen_refs, set | frozenset) else set(seen_refs)
    asked = select(CRIME.c.crime_ref, CRIME.c.missing_since).join(POLL, POLL.c.id == CRIME.c.seen_poll)
    lost: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    with store.writing() as connection:
        for ref, missing_since in connection.execute(asked.where(POLL.c.source == source)):
            if (ref in seen) != (missing_since is None):
                row = {"crime_ref": ref, "missing_since": None if ref in seen else now}
                (found if ref in seen else lost).append(row)
        for part in chunks([*lost, *found]):
            set_by_key(connection, CRIME, part)
    return Missing(len(lost), len(found))


def list_missing_crimes(store: Store, as_at: datetime) -> list[tuple[str, datetime]]:
    """Return the crimes flagged by an instant, each with the instant of flagging, by crime number.

    The flag of a crime received again is gone, regardless of when it was set.
    """
    asked = select(CRIME.c.crime_ref, CRIME.c.missing_since).where(CRIME.c.missing_since <= as_at)
    with store.reading() as connection:
        return [(ref, since) for ref, since in connection.execute(asked.order_by(CRIME.c.crime_ref))]
