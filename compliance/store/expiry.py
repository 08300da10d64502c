"""Expired refused records. Those of a stored crime are removed with it (compliance/store/retention.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select

from compliance.policy.calendars import LocalDates, from_day
from compliance.store.engine import Store
from compliance.store.tables import CRIME, QUARANTINE


@dataclass(frozen=True, slots=True)
class RefusedLife:
    """How long refused records are kept, in local dates.

    A record is kept for `days` after it left the quarantine or, if its crime number could not be read, after it was
    last received. `abandoned_days`, if set, applies to one still in quarantine whose crime has nothing else stored,
    counted from when it was last received.
    """

    days: int
    abandoned_days: int | None
    local: LocalDates


@dataclass(frozen=True, slots=True)
class Over:
    """An expired refused record: its number, and the local date on which it was last received."""

    number: int
    last_seen_on: date


def list_expired_refusals(store: Store, life: RefusedLife, now: datetime) -> Iterator[Over]:
    """Yield the refused records that have expired at an instant, by number."""
    asked = select(QUARANTINE.c.id, QUARANTINE.c.last_seen_at).where(_over(life, now)).order_by(QUARANTINE.c.id)
    with store.reading() as connection:
        found = connection.execute(asked).all()
    for number, last_seen_at in found:
        yield Over(number, life.local.date_of(last_seen_at))


def remove_refused(store: Store, life: RefusedLife, now: datetime) -> int:
    """Remove the expired refused records, and return how many."""
    with store.writing() as connection:
        return connection.execute(delete(QUARANTINE).where(_over(life, now))).rowcount


def _over(life: RefusedLife, now: datetime) -> ColumnElement[bool]:
    def before(days: int) -> datetime:
        return life.local.start_of(from_day(life.local.day_of(now) - days))

    cleared_at, crime_ref, last_seen_at = QUARANTINE.c.cleared_at, QUARANTINE.c.crime_ref, QUARANTINE.c.last_seen_at
    over = [cleared_at < before(life.days), and_(crime_ref.is_(None), last_seen_at < before(life.days))]
    if life.abandoned_days is not None:
        is_stored = select(CRIME.c.crime_ref).where(CRIME.c.crime_ref == crime_ref).exists()
        over.append(and_(last_seen_at < before(life.abandoned_days), ~is_stored))
    return or_(*over)
