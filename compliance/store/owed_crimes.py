"""What is owed now or soon, of the cases in a scope, as last judged: for the lists of the pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from compliance.policy.verdicts import STATES
from compliance.store.engine import Store
from compliance.store.tables import OBLIGATION, OFFICER


def list_owed_crimes(
    store: Store, within: ColumnElement[bool], today: date, until: date, closed_since: date, limit: int
) -> tuple[list[str], int]:
    """Return the crimes with something overdue, due by `until`, or owed when the case closed, and how many there are.

    At most `limit` are returned, what fell due first leading. `within`: a condition on the obligations.
    `closed_since`: what fell due earlier is not owed after the close of a case.
    """
    state, due = OBLIGATION.c.state, OBLIGATION.c.due_date
    # Each state by itself, so that the index on state and officer serves.
    is_owed = or_(
        state == "overdue",
        and_(state == "pending", due.between(today, until)),
        and_(state == "met", due.between(today, until)),
        and_(state == "missed", OBLIGATION.c.clause == "5.6", due >= closed_since),
    )
    found = select(OBLIGATION.c.crime_ref, func.min(due).label("first")).where(within, is_owed)
    crimes = found.group_by(OBLIGATION.c.crime_ref).subquery()
    with store.reading() as connection:
        first = select(crimes.c.crime_ref).order_by(crimes.c.first, crimes.c.crime_ref).limit(limit)
        refs = list(connection.execute(first).scalars())
        if len(refs) < limit:
            return refs, len(refs)
        return refs, connection.execute(select(func.count()).select_from(crimes)).scalar_one()


def crimes_within(store: Store, within: ColumnElement[bool], crime_refs: Iterable[str]) -> set[str]:
    """Return those of some crimes that have an obligation in a scope."""
    asked = select(OBLIGATION.c.crime_ref).where(OBLIGATION.c.crime_ref.in_(sorted(set(crime_refs))), within)
    with store.reading() as connection:
        return set(connection.execute(asked.distinct()).scalars())


@dataclass(frozen=True, slots=True)
class OverdueVictim:
    """A victim with something overdue: since the earliest due date, and who has the case now."""

    crime_ref: str
    victim_ref: str
    officer_ref: str | None
    team: str | None
    due_date: date


def list_overdue_victims(store: Store, within: ColumnElement[bool], limit: int) -> tuple[list[OverdueVictim], int]:
    """Return the victims with something overdue, the longest first, at most `limit`, and how many there are."""
    whose = (OBLIGATION.c.crime_ref, OBLIGATION.c.victim_ref, OBLIGATION.c.officer_ref, OBLIGATION.c.team)
    due = func.min(OBLIGATION.c.due_date).label("due_date")
    victims = select(*whose, due).where(OBLIGATION.c.state == "overdue", within).group_by(*whose)
    with store.reading() as connection:
        rows = connection.execute(victims.order_by(due, *whose[:2]).limit(limit)).all()
        found = [OverdueVictim(*row) for row in rows]
        if len(found) < limit:
            return found, len(found)
        return found, connection.execute(select(func.count()).select_from(victims.subquery())).scalar_one()


def officers_within(store: Store, within: ColumnElement[bool], refs: Iterable[str]) -> set[str]:
    """Return those of some officers of the directory who have an obligation in a scope."""
    # Every state is named, so that the index on state and officer serves.
    theirs = (OBLIGATION.c.officer_ref == OFFICER.c.officer_ref, OBLIGATION.c.state.in_(STATES))
    asked = select(OFFICER.c.officer_ref).where(OFFICER.c.officer_ref.in_(sorted(set(refs))))
    with store.reading() as connection:
        return set(connection.execute(asked.where(exists().where(*theirs, within))).scalars())


def is_any_within(store: Store, within: ColumnElement[bool]) -> bool:
    """Return whether any obligation is in a scope."""
    # Every state is named, so that the index on state and officer serves.
    asked = select(OBLIGATION.c.crime_ref).where(OBLIGATION.c.state.in_(STATES), within).limit(1)
    with store.reading() as connection:
        return connection.execute(asked).first() is not None
