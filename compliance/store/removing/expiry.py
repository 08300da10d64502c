"""Rows that have been kept long enough, apart from crimes and what goes with them (`retention.py`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, tuple_, update

from compliance.policy.calendars import LocalDates, from_day
from compliance.store.database.engine import Store
from compliance.store.kept.disputes import concerns_none
from compliance.store.receiving.directory import last_good_directory
from compliance.store.tables import (
    CRIME,
    DATABASE_SIZE,
    DISPUTE,
    INBOUND,
    NOTICE,
    OFFICER,
    OUTBOX,
    POLL,
    QUARANTINE,
    UNKNOWN_VALUE,
)

ENDED: Final = ("sent", "bounced", "refused", "pilot", "cancelled")
"""The states of an email for which nothing more is done."""
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Lives:
    """For how many local days rows are kept. None: for good.

    - `refused`: refused records, after they left the quarantine or, if their crime number could not be read, after they
      were last received. `crimes`: crimes after they were closed, refused records still in quarantine whose crime has
      nothing else stored, and polls.
    - `emails`: the text of emails for which nothing more is done, and of disputes once they are answered. `other`:
      entries that the officer directory no longer has, unknown values that no longer come, messages read, sizes of the
      database.
    """

    refused: int
    crimes: int | None
    emails: int
    other: int
    local: LocalDates


@dataclass(frozen=True, slots=True)
class Expired:
    """Rows of one kind that have expired: a noun for one, and which rows of a table they are.

    They are deleted or, with `changes`, changed.
    """

    noun: str
    table: Table
    which: ColumnElement[bool]
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Over:
    """An expired refused record: its number, and the local date on which it was last received."""

    number: int
    last_seen_on: date


def list_expired(store: Store, lives: Lives, now: datetime) -> list[Expired]:
    """Return what has expired at an instant, in the order in which it is to be removed."""

    def before(days: int) -> datetime:
        return lives.local.start_of(from_day(lives.local.day_of(now) - days))

    good = last_good_directory(store)
    found = [
        Expired("refused record", QUARANTINE, _refused(lives, now)),
        Expired("text of an email", OUTBOX, _texts(before(lives.emails)), {"text": "", "html": None}),
        Expired("email", OUTBOX, _emails(before(lives.emails))),
        Expired("unknown value", UNKNOWN_VALUE, UNKNOWN_VALUE.c.last_seen_at < before(lives.other)),
        Expired("text of a dispute", DISPUTE, _answered(before(lives.emails)), {"text": "", "note": None}),
        Expired("dispute", DISPUTE, and_(DISPUTE.c.answered_at < before(lives.other), concerns_none())),
        Expired("read message", INBOUND, INBOUND.c.read_at < before(lives.other)),
        Expired("database size", DATABASE_SIZE, DATABASE_SIZE.c.taken_at < before(lives.other)),
    ]
    if good is not None:
        # Counted from when the directory was last read: one that cannot be read loses nobody.
        gone = OFFICER.c.seen_at < lives.local.start_of(from_day(lives.local.day_of(good.as_of) - lives.other))
        found.append(Expired("directory entry", OFFICER, gone))
    if lives.crimes is not None:
        found.append(Expired("poll", POLL, _polls(before(lives.crimes))))
    return found


def count_expired(store: Store, expired: Expired) -> int:
    """Return how many rows have expired."""
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(expired.table).where(expired.which)).scalar_one()


def remove_expired(store: Store, expired: Expired) -> int:
    """Delete or change the rows that have expired, some at a time, and return how many."""
    key, count = list(expired.table.primary_key), 0
    change = update(expired.table).values(expired.changes) if expired.changes else delete(expired.table)
    while True:
        with store.writing() as connection:
            some = connection.execute(select(*key).where(expired.which).limit(_AT_ONCE)).all()
            if some:
                connection.execute(change.where(tuple_(*key).in_([tuple(row) for row in some])))
        count += len(some)
        if len(some) < _AT_ONCE:
            return count


def list_expired_refusals(store: Store, lives: Lives, now: datetime) -> Iterator[Over]:
    """Yield the refused records that have expired at an instant, by number."""
    asked = select(QUARANTINE.c.id, QUARANTINE.c.last_seen_at).where(_refused(lives, now)).order_by(QUARANTINE.c.id)
    with store.reading() as connection:
        found = connection.execute(asked).all()
    for number, last_seen_at in found:
        yield Over(number, lives.local.date_of(last_seen_at))


def _refused(lives: Lives, now: datetime) -> ColumnElement[bool]:
    def before(days: int) -> datetime:
        return lives.local.start_of(from_day(lives.local.day_of(now) - days))

    cleared_at, crime_ref, last_seen_at = QUARANTINE.c.cleared_at, QUARANTINE.c.crime_ref, QUARANTINE.c.last_seen_at
    over = [cleared_at < before(lives.refused), and_(crime_ref.is_(None), last_seen_at < before(lives.refused))]
    if lives.crimes is not None:
        is_stored = select(CRIME.c.crime_ref).where(CRIME.c.crime_ref == crime_ref).exists()
        over.append(and_(last_seen_at < before(lives.crimes), ~is_stored))
    return or_(*over)


def _answered(before: datetime) -> ColumnElement[bool]:
    """Return which disputes were answered so long ago that their words are not needed any more."""
    return and_(DISPUTE.c.answered_at < before, or_(DISPUTE.c.text != "", DISPUTE.c.note.is_not(None)))


def _ended(before: datetime) -> ColumnElement[bool]:
    return and_(OUTBOX.c.state.in_(ENDED), func.coalesce(OUTBOX.c.sent_at, OUTBOX.c.created_at) < before)


def _texts(before: datetime) -> ColumnElement[bool]:
    return and_(_ended(before), OUTBOX.c.text != "")


def _emails(before: datetime) -> ColumnElement[bool]:
    """Return which emails nobody asks for any more.

    What an officer was told is asked for as long as its notices are kept. Whether the newest email to each recipient
    was refused decides where the next one goes.
    """
    told = select(NOTICE.c.outbox_id).where(NOTICE.c.outbox_id == OUTBOX.c.id).exists()
    newest = select(func.max(OUTBOX.c.id)).group_by(OUTBOX.c.recipient_ref)
    return and_(_ended(before), ~told, OUTBOX.c.id.not_in(newest))


def _polls(before: datetime) -> ColumnElement[bool]:
    """Return which polls are older than the records that they brought.

    A crime names the poll that last changed it, and reports say when the first of all was.
    """
    named = select(CRIME.c.seen_poll).where(CRIME.c.seen_poll.is_not(None))
    return and_(
        POLL.c.ended_at < before, POLL.c.id.not_in(named), POLL.c.id != select(func.min(POLL.c.id)).scalar_subquery()
    )
