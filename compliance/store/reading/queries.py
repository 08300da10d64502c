"""Queries for other rooms: what is outstanding, who is who, and how fresh the data is."""

from datetime import date, datetime

from sqlmodel import col, func, select

from compliance.records import Crime
from compliance.store.content import unpack
from compliance.store.database.engine import Store
from compliance.store.kept.idle_polls import covering_end
from compliance.store.tables import CrimeRow, Obligation, Poll, Projection


def list_overdue(store: Store, today: date) -> list[Obligation]:
    """Return the obligations that are overdue as last judged, the longest overdue first.

    `today` is a local date: what fell due on it or later has not passed.
    """
    overdue = select(Obligation).where(Obligation.state == "overdue", Obligation.due_date < today)
    order = (Obligation.due_date, Obligation.crime_ref, Obligation.victim_ref, Obligation.requirement, Obligation.cycle)
    with store.session(reading=True) as session:
        return list(session.exec(overdue.order_by(*map(col, order))))


def latest_crimes(store: Store, count: int) -> list[Crime]:
    """Return as many of the current records as asked for, the last received first."""
    latest = select(CrimeRow.record).order_by(col(CrimeRow.seen_at).desc(), CrimeRow.crime_ref).limit(count)
    with store.session(reading=True) as session:
        return unpack(session.exec(latest))


def last_complete_poll(store: Store) -> Poll | None:
    """Return the newest poll that came to "nothing further for now", or None."""
    complete = select(Poll).where(Poll.complete).order_by(col(Poll.ended_at).desc())
    with store.session(reading=True) as session:
        return session.exec(complete.limit(1)).first()


def first_poll(store: Store) -> datetime | None:
    """Return when the crime system was first read, or None."""
    with store.session(reading=True) as session:
        return session.exec(select(func.min(Poll.started_at))).one()


def seen_by(store: Store, k: datetime) -> datetime | None:
    """Return by when everything known at K had been seen (decision 0008); None: not yet (`covering_end`)."""
    with store.reading() as connection:
        return covering_end(connection, k)


def policies_used(store: Store) -> list[Projection]:
    """Return the policies by which obligations were judged, in order, each with the instant at which its use began."""
    with store.session(reading=True) as session:
        return list(session.exec(select(Projection).order_by(col(Projection.id))))
