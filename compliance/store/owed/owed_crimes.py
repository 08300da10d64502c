"""What is owed now or soon, of the cases in a scope, as last judged: for the lists of the pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, text

from compliance.policy.verdicts import STATES
from compliance.store.database.engine import Store
from compliance.store.owed.owed_bands import STAYS
from compliance.store.tables import OBLIGATION, OFFICER

MISSED_AT_CLOSE: Final = text("obligation.state = 'missed' AND obligation.clause = '5.6'")
"""In the words of the index, without which it does not serve."""


def list_owed_crimes(
    store: Store, within: ColumnElement[bool], today: date, until: date, closed_since: date
) -> list[str]:
    """Return the crimes with something overdue, due by `until`, or owed when the case closed.

    Of a met obligation the next one may fall due by then, and of what was missed the victim may have been told since:
    only judging the crime says. `within`: a condition on the obligations. `closed_since`: what fell due earlier is not
    owed after the close of a case.
    """
    state, due = OBLIGATION.c.state, OBLIGATION.c.due_date
    # Each state by itself, so that the index on state and officer serves.
    is_owed = or_(
        state == "overdue",
        and_(state == "pending", due.between(today, until), STAYS),
        and_(state == "met", due.between(today, until)),
        and_(state == "missed", OBLIGATION.c.clause == "5.6", due >= closed_since),
    )
    asked = select(OBLIGATION.c.crime_ref).where(within, is_owed)
    with store.reading() as connection:
        return sorted(set(connection.execute(asked).scalars()))


def list_missed_at_close(store: Store, within: ColumnElement[bool], since: date) -> set[tuple[str, str, str, int]]:
    """Return the obligations of a scope missed as the case closed (rules 5.6) and due since a date, by their keys."""
    key = (OBLIGATION.c.crime_ref, OBLIGATION.c.victim_ref, OBLIGATION.c.requirement, OBLIGATION.c.cycle)
    asked = select(*key).where(MISSED_AT_CLOSE, OBLIGATION.c.due_date >= since, within)
    with store.reading() as connection:
        return {(crime, victim, requirement, cycle) for crime, victim, requirement, cycle in connection.execute(asked)}


def crimes_within(store: Store, within: ColumnElement[bool], crime_refs: Iterable[str]) -> set[str]:
    """Return those of some crimes that have an obligation in a scope."""
    asked = select(OBLIGATION.c.crime_ref).where(OBLIGATION.c.crime_ref.in_(sorted(set(crime_refs))), within)
    with store.reading() as connection:
        return set(connection.execute(asked.distinct()).scalars())


@dataclass(frozen=True, slots=True)
class OverdueVictim:
    """A victim with something overdue: since the earliest due date and up to the last, and who has the case now."""

    crime_ref: str
    victim_ref: str
    officer_ref: str | None
    team: str | None
    due_date: date
    last_due: date
    is_of_category: bool


def list_overdue_victims(store: Store, within: ColumnElement[bool], most: int, category: str) -> list[OverdueVictim]:
    """Return the victims with something overdue, those of a category first, then the longest overdue; at most `most` of
    each officer."""
    whose = (OBLIGATION.c.crime_ref, OBLIGATION.c.victim_ref, OBLIGATION.c.officer_ref, OBLIGATION.c.team)
    due = func.min(OBLIGATION.c.due_date).label("due_date")
    last = func.max(OBLIGATION.c.due_date).label("last_due")
    is_first = func.max(case((OBLIGATION.c.category == category, 1), else_=0)).label("is_of_category")
    victims = (
        select(*whose, due, last, is_first).where(OBLIGATION.c.state == "overdue", within).group_by(*whose).subquery()
    )
    order = (victims.c.is_of_category.desc(), victims.c.due_date, victims.c.crime_ref, victims.c.victim_ref)
    place = func.row_number().over(partition_by=victims.c.officer_ref, order_by=order).label("place")
    ranked = select(victims, place).subquery()
    in_order = (ranked.c.is_of_category.desc(), ranked.c.due_date, ranked.c.crime_ref, ranked.c.victim_ref)
    columns = [column for column in ranked.c if column.name != "place"]
    asked = select(*columns).where(ranked.c.place <= most)
    with store.reading() as connection:
        rows = connection.execute(asked.order_by(*in_order)).mappings().all()
    return [OverdueVictim(**row | {"is_of_category": bool(row["is_of_category"])}) for row in map(dict, rows)]


def count_overdue_victims(store: Store, within: ColumnElement[bool]) -> int:
    """Return how many victims have something overdue."""
    who = select(OBLIGATION.c.crime_ref, OBLIGATION.c.victim_ref).where(OBLIGATION.c.state == "overdue", within)
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(who.distinct().subquery())).scalar_one()


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
