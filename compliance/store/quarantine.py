"""Refused records: kept once each with the reason, and gone when the crime comes right (design decision 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from compliance.store.content import pack_raw, raw_digest
from compliance.store.database import Store
from compliance.store.dialect import chunks, insert_into
from compliance.store.tables import QUARANTINE


@dataclass(frozen=True, slots=True)
class Refused:
    """A record as it came, its crime number where one could be read, and why it was refused. `stands`: no later record
    of the same crime followed in its page."""

    raw: bytes
    crime_ref: str | None
    reason: str
    stands: bool


def put_in(connection: Connection, source: str, refused: Sequence[Refused], now: datetime) -> None:
    """Keep refused records, each once by its bytes, with how often and when they came."""
    for record in refused:
        cleared_at = None if record.stands else now
        row = {
            "source": source,
            "digest": raw_digest(source, record.raw),
            "crime_ref": record.crime_ref,
            "reason": record.reason,
            "record": pack_raw(record.raw),
            "first_seen_at": now,
            "last_seen_at": now,
            "times": 1,
            "cleared_at": cleared_at,
        }
        again = {
            "times": QUARANTINE.c.times + 1,
            "reason": record.reason,
            "last_seen_at": now,
            "cleared_at": cleared_at,
        }
        statement = insert_into(connection, QUARANTINE).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=again))


def clear(connection: Connection, crime_refs: Sequence[str], now: datetime) -> None:
    """These crimes came anew, right or in another wrong form: what was refused of them before stands no longer. One
    whose crime number could not be read stays until a person clears it."""
    standing = QUARANTINE.c.cleared_at.is_(None)
    for refs in chunks(crime_refs):
        gone = update(QUARANTINE).where(QUARANTINE.c.crime_ref.in_(refs), standing)
        connection.execute(gone.values(cleared_at=now))


def quarantine_counts(store: Store, as_at: datetime | None = None) -> dict[str, int]:
    """How many refused records stood at an instant (None: now), by reason, the most frequent first.

    A record that came right between two refusals counts as standing throughout.
    """
    count = func.count().label("count")
    asked = select(QUARANTINE.c.reason, count).group_by(QUARANTINE.c.reason)
    not_cleared = QUARANTINE.c.cleared_at.is_(None)
    if as_at is None:
        asked = asked.where(not_cleared)
    else:
        asked = asked.where(QUARANTINE.c.first_seen_at <= as_at, or_(not_cleared, QUARANTINE.c.cleared_at > as_at))
    with store.reading() as connection:
        return dict(connection.execute(asked.order_by(count.desc(), QUARANTINE.c.reason)).all())
