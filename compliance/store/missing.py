"""Crimes that a full export no longer holds: flagged with since when, and never deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from compliance.store.dialect import chunks, set_by_key
from compliance.store.engine import Store
from compliance.store.tables import CRIME, POLL


@dataclass(frozen=True, slots=True)
class Missing:
    """How many crimes a full export was the first to lack, and how many flagged ones it holds again."""

    lost: int
    found: int


def mark_missing(store: Store, source: str, seen_refs: Collection[str], now: datetime) -> Missing:
    """Compare what is held of a source (the one that last changed a crime) with a full export of it.

    `seen_refs` is every crime number in the export, those of refused records too; a set is quickest. All or nothing.
    A flagged crime goes on being judged; the flag goes when the crime comes again, in whatever page.
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
    """The crimes that were flagged by an instant, each with since when, by their numbers. The flag of one that came
    again is gone, whenever it was set."""
    asked = select(CRIME.c.crime_ref, CRIME.c.missing_since).where(CRIME.c.missing_since <= as_at)
    with store.reading() as connection:
        return [(ref, since) for ref, since in connection.execute(asked.order_by(CRIME.c.crime_ref))]
