"""Trying refused records again, as though just received, with a version of the service that may now accept them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from compliance.errors import RecordError
from compliance.records import decode_crimes
from compliance.store.content import Content, believed, content_of, is_older, raw_digest, unpack_raw
from compliance.store.database.engine import Store
from compliance.store.receiving.current_versions import put_crimes, read_changed_at
from compliance.store.receiving.quarantine import update_quarantine
from compliance.store.tables import CRIME, POLL, QUARANTINE

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Retried:
    """How many refused records were accepted, were overtaken by a later record of the crime, or are still refused."""

    taken: int
    overtaken: int
    refused: int


def retry_quarantined(store: Store, now: datetime, numbers: Sequence[int] | None = None) -> Retried:
    """Try again all refused records in quarantine, or those with some numbers.

    A record that is now valid leaves the quarantine. For the others only the reason is updated: they have not been
    received again. A record too long to be stored whole stays refused. Raises RecordError for a number that is not in
    quarantine.
    """
    standing = select(QUARANTINE.c.id).where(QUARANTINE.c.cleared_at.is_(None)).order_by(QUARANTINE.c.id)
    with store.reading() as connection:
        found = list(connection.execute(standing).scalars())
    if unknown := set(numbers or ()).difference(found):
        raise RecordError(
            f"no refused record that stands has the number {min(unknown)}; `compliance quarantine list` shows them"
        )
    chosen = found if numbers is None else sorted(set(numbers))
    done = [0, 0, 0]
    for first in range(0, len(chosen), _AT_ONCE):
        with store.writing() as connection:
            part = _retry(connection, chosen[first : first + _AT_ONCE], now, store.recent.characteristics)
        done = [total + some for total, some in zip(done, part, strict=True)]
    return Retried(*done)


def _retry(
    connection: Connection, numbers: Sequence[int], now: datetime, characteristics: Collection[str]
) -> tuple[int, int, int]:
    still = QUARANTINE.c.cleared_at.is_(None)
    asked = select(QUARANTINE).where(QUARANTINE.c.id.in_(numbers), still).order_by(QUARANTINE.c.last_seen_at)
    held = connection.execute(asked).all()
    raws = [unpack_raw(row.record) for row in held]
    whole = [place for place, row in enumerate(held) if raw_digest(row.source, raws[place]) == row.digest]
    crimes, refusals = decode_crimes([raws[place] for place in whole])
    refused = {whole[refusal.index]: refusal.reason for refusal in refusals}
    right = [held[place] for place in whole if place not in refused]
    for place, reason in refused.items():
        connection.execute(update(QUARANTINE).where(QUARANTINE.c.id == held[place].id).values(reason=reason))
    taken = 0
    for row, content in zip(right, content_of(crimes, characteristics), strict=True):
        if not _is_overtaken(connection, content, row.last_seen_at, now):
            # An idle poll may be deleted, and the crime would then seem to come from no source.
            newest = select(func.max(POLL.c.id)).where(POLL.c.source == row.source, POLL.c.idle_since.is_(None))
            put_crimes(connection, [content], connection.execute(newest).scalar(), now)
            update_quarantine(connection, row.source, {content.crime_ref: content.changed_at}, [], now)
            taken += 1
        connection.execute(update(QUARANTINE).where(QUARANTINE.c.id == row.id).values(cleared_at=now))
    return taken, len(right) - taken, len(held) - len(right)


def _is_overtaken(connection: Connection, content: Content, last_seen_at: datetime, now: datetime) -> bool:
    """Return whether the stored record is newer: by when both changed or, if unknown, by when it arrived."""
    ref = content.crime_ref
    changed_at = read_changed_at(connection, [ref]).get(ref)
    if believed(changed_at, now) and believed(content.changed_at, now):
        return is_older(content.changed_at, changed_at, now)
    seen_at: Any = connection.execute(select(CRIME.c.seen_at).where(CRIME.c.crime_ref == ref)).scalar()
    return seen_at is not None and seen_at > last_seen_at
