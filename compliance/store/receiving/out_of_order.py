"""Crimes whose `changed_at` does not say what it should: which of two records of a crime is the newer one.

One that lies ahead is not believed (decision 0044). One that went back makes a new record look older than the one held,
which then stays (records section 4).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from compliance.records.instants import AHEAD
from compliance.store.database.engine import Store
from compliance.store.tables import CRIME, CRIME_VERSION

LASTS: Final = timedelta(days=7)
"""How long it is told that a record came late."""
LISTED: Final = 40


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """How many crimes there are, and the first 40 with an instant (UTC): of the change, or of when the record came."""

    count: int = 0
    first: tuple[tuple[str, datetime], ...] = ()


def find_changed_ahead(store: Store, now: datetime) -> OutOfOrder:
    """Return the crimes held whose `changed_at` is not believed at an instant (aware), the furthest ahead first."""
    return _read(store, changed_ahead(now), CRIME.c.changed_at.desc())


def changed_ahead(now: datetime) -> Select[Any]:
    """Return the query for the crimes whose `changed_at` lies ahead: by an index that has few of them."""
    of_index = CRIME.c.changed_at > CRIME.c.seen_at
    return select(CRIME.c.crime_ref, CRIME.c.changed_at.label("at")).where(of_index, CRIME.c.changed_at > now + AHEAD)


def find_late(store: Store, now: datetime) -> OutOfOrder:
    """Return the crimes of which an unknown, older record came in the last 7 days, and none that applies since.

    As at an instant (aware), the last to come first.
    """
    came = CRIME_VERSION.c.seen_at
    late = (
        select(CRIME_VERSION.c.crime_ref, func.max(came).label("at"))
        .join(CRIME, CRIME.c.crime_ref == CRIME_VERSION.c.crime_ref)
        .where(CRIME_VERSION.c.replaced_at > now - LASTS, CRIME_VERSION.c.replaced_at == came, CRIME_VERSION.c.late)
        .where(CRIME.c.seen_at < came)
        .group_by(CRIME_VERSION.c.crime_ref)
    )
    return _read(store, late, func.max(came).desc())


def _read(store: Store, asked: Select[Any], order: ColumnElement[Any]) -> OutOfOrder:
    with store.reading() as connection:
        count = connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
        if not count:
            return OutOfOrder()
        rows = connection.execute(asked.order_by(order, asked.selected_columns[0]).limit(LISTED)).all()
    return OutOfOrder(count, tuple((row[0], row[1]) for row in rows))
