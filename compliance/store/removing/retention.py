"""Retention: removing or stripping a crime a set time after it was closed (management of police information).

A crime is removed with everything that follows from it, or stripped of its officers' references. Published figures
stay: they name no crime. Each removal is recorded, without the crime number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec
import zstandard
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from compliance.policy.calendars import LocalDates, from_day
from compliance.policy.status import shut_since, status_at, statuses_of
from compliance.progress import tell_step
from compliance.records import Crime
from compliance.records.collector import paused_gc
from compliance.records.columns import OPEN, Statuses
from compliance.records.instants import to_micros
from compliance.records.wire import StatusChange
from compliance.store.content import crime_digest, pack, unpack
from compliance.store.database.dialect import add, set_by_key
from compliance.store.database.engine import Store
from compliance.store.kept.disputes import forget_disputes
from compliance.store.kept.reviews import forget_reviewed
from compliance.store.owed.owed_counts import kept_up
from compliance.store.receiving.victim_characteristics import forget_characteristics
from compliance.store.removing.expiry import ENDED
from compliance.store.tables import (
    CRIME,
    CRIME_VERSION,
    NOTICE,
    OBLIGATION,
    OUTBOX,
    QUARANTINE,
    REMOVAL,
    SET_ASIDE,
    TRANSITION,
)

Action = Literal["remove", "strip"]
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """What is done to a crime, and how many days after it was closed, by local date."""

    action: Action
    days_after_closing: int
    local: LocalDates


@dataclass(frozen=True, slots=True)
class Ended:
    """A crime due for retention: its number and the local date on which it was closed."""

    crime_ref: str
    closed_on: date


class _Story(msgspec.Struct):
    """The part of a record that says whether the crime is closed."""

    status: list[StatusChange] | None = None


def retention_due(store: Store, retention: RetentionPeriods, now: datetime) -> Iterator[Ended]:
    """Yield the crimes due for retention, by crime number.

    These are closed or cancelled, with nothing later on record and nothing outstanding. Reads every record; holds one
    batch of them in memory.
    """
    last = ""
    while True:
        with store.reading() as connection:
            refs = _batch(connection, last)
            ended = _list_ended(connection, refs, retention, now)
        yield from ended
        if not refs:
            return
        last = refs[-1]


def apply_retention(store: Store, retention: RetentionPeriods, now: datetime) -> int:
    """Remove or strip the crimes due for retention, and return how many.

    There is one transaction per batch, so that an interruption leaves each crime whole or gone. Doing it again finds
    nothing more to do.
    """
    last, count, seen = "", 0, 0
    with store.reading() as connection:
        crimes = connection.execute(select(func.count()).select_from(CRIME)).scalar_one()
    while True:
        with paused_gc(), store.writing() as connection:
            refs = _batch(connection, last)
            if not refs:
                return count
            ended = _list_ended(connection, refs, retention, now)
            _write_down(connection, ended, retention.action, now)
            of_ended = [crime.crime_ref for crime in ended]
            with kept_up(connection, of_ended):
                (_remove if retention.action == "remove" else _strip)(connection, of_ended)
        count, seen, last = count + len(ended), seen + len(refs), refs[-1]
        tell_step("crimes looked at for retention", seen, max(crimes, seen))


def _batch(connection: Connection, last: str) -> list[str]:
    asked = select(CRIME.c.crime_ref).where(CRIME.c.crime_ref > last).order_by(CRIME.c.crime_ref).limit(_AT_ONCE)
    return list(connection.execute(asked).scalars())


def _list_ended(connection: Connection, refs: Sequence[str], retention: RetentionPeriods, now: datetime) -> list[Ended]:
    """Return the crimes due for retention among some. One stripped before is not due again until it changes."""
    owed = select(OBLIGATION.c.crime_ref).where(_of(OBLIGATION, refs), OBLIGATION.c.state == "overdue")
    stripped = select(REMOVAL.c.digest).where(REMOVAL.c.action == "strip")
    asked = select(CRIME.c.crime_ref, CRIME.c.record).where(CRIME.c.crime_ref.in_(refs), CRIME.c.crime_ref.not_in(owed))
    if retention.action == "strip":
        asked = asked.where(CRIME.c.digest.not_in(stripped))
    stored = connection.execute(asked.order_by(CRIME.c.crime_ref)).all()
    decompress, decode = zstandard.ZstdDecompressor().decompress, msgspec.json.Decoder(_Story).decode
    statuses = statuses_of([decode(decompress(row.record)).status for row in stored])
    refs = [row.crime_ref for row in stored]
    found = zip(refs, _closing_date(statuses, len(stored), retention.local, now), strict=True)
    last = from_day(retention.local.day_of(now) - retention.days_after_closing)
    return [Ended(ref, closed_on) for ref, closed_on in found if closed_on is not None and closed_on < last]


def _closing_date(statuses: Statuses, crimes: int, local: LocalDates, now: datetime) -> list[date | None]:
    """Return the local date of the change that finally closed or cancelled each crime.

    None if the last change on record is another, or is in the future (rules 2.9).
    """
    status, shut = status_at(statuses, crimes, None), shut_since(statuses, crimes, None)
    for_good = (status.kind != OPEN) & (status.since <= to_micros(now))
    days = zip(for_good.tolist(), local.of(shut).tolist(), strict=True)
    return [from_day(day) if ended else None for ended, day in days]


def _write_down(connection: Connection, ended: Sequence[Ended], action: Action, now: datetime) -> None:
    refs = [crime.crime_ref for crime in ended]
    stored = connection.execute(select(CRIME.c.crime_ref, CRIME.c.digest).where(_of(CRIME, refs)))
    digests = dict(stored.all())
    counts = {
        name: _counts(connection, table, refs)
        for name, table in {
            "versions": CRIME_VERSION,
            "obligations": OBLIGATION,
            "transitions": TRANSITION,
            "notices": NOTICE,
        }.items()
    }
    rows: list[dict[str, Any]] = [
        {
            "crime_digest": crime_digest(crime.crime_ref),
            "digest": digests[crime.crime_ref],
            "action": action,
            "closed_on": crime.closed_on,
            "removed_at": now,
            **{name: found.get(crime.crime_ref, 0) for name, found in counts.items()},
        }
        for crime in ended
    ]
    add(connection, REMOVAL, rows)


def _counts(connection: Connection, table: Table, refs: Sequence[str]) -> dict[str, int]:
    """Return how many rows each of some crimes has in a table."""
    ref = table.c.crime_ref
    counted = connection.execute(select(ref, func.count()).where(_of(table, refs)).group_by(ref))
    return dict(counted.all())


def _remove(connection: Connection, refs: Sequence[str]) -> None:
    """Remove the crimes and everything that follows from them."""
    forget_reviewed(connection, refs, strip=False)
    forget_characteristics(connection, refs)
    _forget_mails(connection, refs)
    for table in (CRIME, CRIME_VERSION, OBLIGATION, SET_ASIDE, TRANSITION, QUARANTINE):
        connection.execute(delete(table).where(_of(table, refs)))


def _strip(connection: Connection, refs: Sequence[str]) -> None:
    """Remove the officers from every version of the crimes, along with what says who was notified.

    The digests remain those of what was received, so that receiving the same record again changes nothing.
    """
    _forget_mails(connection, refs)
    forget_reviewed(connection, refs, strip=True)
    for table in (CRIME, CRIME_VERSION):
        (key,) = table.primary_key
        stored = connection.execute(select(key, table.c.record).where(_of(table, refs))).all()
        records = pack(map(_without_officers, unpack(row.record for row in stored)))
        set_by_key(connection, table, [{key.name: row[0], "record": r} for row, r in zip(stored, records, strict=True)])
    connection.execute(update(OBLIGATION).where(_of(OBLIGATION, refs)).values(officer_ref=None))
    connection.execute(delete(QUARANTINE).where(_of(QUARANTINE, refs)))


def _without_officers(crime: Crime) -> Crime:
    crime.officer_ref = None
    for item in [*(crime.allocations or ()), *(crime.updates or ())]:
        item.officer_ref = None
    for victim in crime.victims or ():
        for hold in victim.contact_holds or ():
            hold.by = None
    return crime


def _forget_mails(connection: Connection, refs: Sequence[str]) -> None:
    """Remove the text of emails about the crimes, keeping their key, and delete their notices and disputes."""
    emails = select(NOTICE.c.outbox_id).where(_of(NOTICE, refs), NOTICE.c.outbox_id.is_not(None))
    done = OUTBOX.c.state.in_(ENDED)
    connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(emails), done).values(text="", html=None))
    connection.execute(delete(NOTICE).where(_of(NOTICE, refs)))
    forget_disputes(connection, refs)


def _of(table: Table, refs: Sequence[str]) -> ColumnElement[bool]:
    return table.c.crime_ref.in_(refs)
