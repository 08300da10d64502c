"""Refused records: kept once each with the reason, and gone when the crime comes right (decision 0014)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, update
from sqlalchemy.orm import defer
from sqlmodel import col, select

from compliance.errors import RecordError
from compliance.store.content import pack_raw, raw_digest, unpack_raw
from compliance.store.database import Store
from compliance.store.dialect import among, chunks, insert_into
from compliance.store.tables import QUARANTINE, Quarantined


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
        gone = update(QUARANTINE).where(among(connection, QUARANTINE.c.crime_ref, refs), standing)
        connection.execute(gone.values(cleared_at=now))


def quarantined(store: Store) -> list[Quarantined]:
    """The refused records that stand, the newest first, without their bytes."""
    asked = select(Quarantined).where(col(Quarantined.cleared_at).is_(None)).options(defer(Quarantined.record))  # type: ignore[arg-type]
    order = col(Quarantined.last_seen_at).desc(), col(Quarantined.id).desc()
    with store.session(reading=True) as session:
        return list(session.exec(asked.order_by(*order)))


def quarantined_record(store: Store, number: int) -> tuple[Quarantined, bytes]:
    """One refused record and its bytes as they came (of one that is too long, as much as a record may have), whether it
    still stands or not. Raises RecordError where there is no such number."""
    with store.session(reading=True) as session:
        found = session.get(Quarantined, number)
    if found is None:
        raise RecordError(f"no refused record has the number {number}; `compliance quarantine list` shows them")
    return found, unpack_raw(found.record)


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
