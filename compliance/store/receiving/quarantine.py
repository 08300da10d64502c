"""Refused records: each stored once with the reason, and cleared when the crime is corrected (decision 0014)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, literal, or_, update
from sqlalchemy.orm import defer
from sqlmodel import col, select

from compliance.errors import RecordError
from compliance.store.content import is_older, pack_raw, raw_digest, read_packed_stamps, unpack_raw
from compliance.store.database.dialect import among, chunks, insert_into
from compliance.store.database.engine import Store
from compliance.store.tables import QUARANTINE, Quarantined


@dataclass(frozen=True, slots=True)
class Refused:
    """A record as received, with its crime number and `changed_at` if readable, and why it was refused.

    `stands` means that nothing newer of the same crime arrived with it or is stored.
    """

    raw: bytes
    crime_ref: str | None
    reason: str
    changed_at: datetime | None
    stands: bool


def update_quarantine(
    connection: Connection, source: str, right: Mapping[str, datetime | None], refused: Sequence[Refused], now: datetime
) -> None:
    """Store refused records and clear earlier refusals.

    Earlier refusals of a crime are cleared when a valid record (`right`: crime number to `changed_at`) or a different
    refused one arrives, unless the refusal is newer (records section 4). A refusal whose crime number could not be read
    stays until a person clears it.
    """
    came = dict(right) | {
        record.crime_ref: record.changed_at for record in refused if record.stands and record.crime_ref
    }
    newer = _clear(connection, came, now)
    put_in(connection, source, [replace(r, stands=r.stands and r.crime_ref not in newer) for r in refused], now)


def are_in_quarantine(connection: Connection, crime_refs: Collection[str]) -> bool:
    """Return whether an earlier refusal of any of these crimes stands."""
    standing = select(QUARANTINE.c.id).where(QUARANTINE.c.cleared_at.is_(None)).limit(1)
    found = (
        connection.execute(standing.where(among(connection, QUARANTINE.c.crime_ref, refs))).first()
        for refs in chunks(sorted(crime_refs))
    )
    return any(row is not None for row in found)


def _clear(connection: Connection, came: Mapping[str, datetime | None], now: datetime) -> set[str]:
    """Clear earlier refusals of crimes received again, and return the crimes with a newer one that stays."""
    asked = select(QUARANTINE.c.id, QUARANTINE.c.crime_ref, QUARANTINE.c.record)
    standing = asked.where(QUARANTINE.c.cleared_at.is_(None))
    newer: set[str] = set()
    if connection.execute(select(QUARANTINE.c.id).limit(1)).first() is None:
        return newer
    for refs in chunks(sorted(came)):
        held = connection.execute(standing.where(among(connection, QUARANTINE.c.crime_ref, refs))).all()
        stood = read_packed_stamps(row.record for row in held)
        is_newer = [is_older(came[row.crime_ref], instant, now) for row, instant in zip(held, stood, strict=True)]
        newer.update(row.crime_ref for row, stays in zip(held, is_newer, strict=True) if stays)
        gone = [row.id for row, stays in zip(held, is_newer, strict=True) if not stays]
        connection.execute(update(QUARANTINE).where(QUARANTINE.c.id.in_(gone)).values(cleared_at=now))
    return newer


def put_in(connection: Connection, source: str, refused: Sequence[Refused], now: datetime) -> None:
    """Store refused records, each once by its bytes, with how often and when they arrived.

    One that does not stand, and was already cleared, keeps the instant at which it was cleared.
    """
    cleared = literal(now, QUARANTINE.c.cleared_at.type)
    for record in refused:
        row = {
            "source": source,
            "digest": raw_digest(source, record.raw),
            "crime_ref": record.crime_ref,
            "reason": record.reason,
            "record": pack_raw(record.raw),
            "first_seen_at": now,
            "last_seen_at": now,
            "times": 1,
            "cleared_at": None if record.stands else now,
        }
        again = {
            "times": QUARANTINE.c.times + 1,
            "reason": record.reason,
            "last_seen_at": now,
            "cleared_at": None if record.stands else func.coalesce(QUARANTINE.c.cleared_at, cleared),
        }
        statement = insert_into(connection, QUARANTINE).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["digest"], set_=again))


def list_quarantined(store: Store) -> list[Quarantined]:
    """Return the refused records still in quarantine, newest first, without their bytes."""
    asked = select(Quarantined).where(col(Quarantined.cleared_at).is_(None)).options(defer(Quarantined.record))  # type: ignore[arg-type]
    order = col(Quarantined.last_seen_at).desc(), col(Quarantined.id).desc()
    with store.session(reading=True) as session:
        return list(session.exec(asked.order_by(*order)))


def page_quarantined(store: Store, before: int | None, limit: int) -> list[Quarantined]:
    """Return refused records still in quarantine by number, the newest first, at most `limit`, without their bytes.

    `before`: only those with a smaller number.
    """
    asked = select(Quarantined).where(col(Quarantined.cleared_at).is_(None)).options(defer(Quarantined.record))  # type: ignore[arg-type]
    if before is not None:
        asked = asked.where(col(Quarantined.id) < before)
    with store.session(reading=True) as session:
        return list(session.exec(asked.order_by(col(Quarantined.id).desc()).limit(limit)))


def read_quarantined(store: Store, number: int) -> tuple[Quarantined, bytes]:
    """Return one refused record, in quarantine or cleared, and its bytes as received.

    The bytes are cut to the longest record allowed. Raises RecordError if the number does not exist.
    """
    with store.session(reading=True) as session:
        found = session.get(Quarantined, number)
    if found is None:
        raise RecordError(f"no refused record has the number {number}; `compliance quarantine list` shows them")
    return found, unpack_raw(found.record)


def quarantine_counts(store: Store, as_at: datetime | None = None) -> dict[str, int]:
    """Return how many refused records were in quarantine at an instant (None: now), by reason, most frequent first.

    A record that was valid between two refusals counts as in quarantine throughout.
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
