"""What could not be judged at the last judging (rules 6.1a): how much, for which reasons, of which crimes."""

from dataclasses import dataclass

from sqlmodel import col, func, select

from compliance.policy.setting_aside import CalendarGap
from compliance.store.database.engine import Store
from compliance.store.tables import SetAsideRow


@dataclass(frozen=True, slots=True)
class SetAsideReason:
    """Why some obligations of a requirement are set aside: how many they are, and the first of their crimes."""

    requirement: str
    gap: CalendarGap
    clause: str
    count: int
    first_crime: str


def set_aside_reasons(store: Store) -> list[SetAsideReason]:
    """Return the reasons, the most frequent first."""
    why = (col(SetAsideRow.requirement), col(SetAsideRow.gap), col(SetAsideRow.clause))
    many, first = func.count(), func.min(SetAsideRow.crime_ref)
    with store.session(reading=True) as session:
        found = session.exec(select(*why, many, first).group_by(*why).order_by(many.desc(), *why)).all()  # type: ignore[call-overload]
    return [SetAsideReason(requirement, CalendarGap(gap), clause, *rest) for requirement, gap, clause, *rest in found]


def page_set_aside(store: Store, after: str | None, limit: int) -> list[list[SetAsideRow]]:
    """Return what is set aside of the next `limit` crimes, by number: the rows of each. `after`: a crime number."""
    ref = col(SetAsideRow.crime_ref)
    crimes = select(ref).distinct().order_by(ref).limit(limit)
    if after is not None:
        crimes = crimes.where(ref > after)
    key = (ref, col(SetAsideRow.victim_ref), col(SetAsideRow.requirement), col(SetAsideRow.cycle))
    with store.session(reading=True) as session:
        refs = session.exec(crimes).all()
        by_crime: dict[str, list[SetAsideRow]] = {each: [] for each in refs}
        for row in session.exec(select(SetAsideRow).where(ref.in_(refs)).order_by(*key)):
            by_crime[row.crime_ref].append(row)
    return list(by_crime.values())


def count_set_aside_crimes(store: Store) -> int:
    """Return how many crimes something is set aside of."""
    with store.session(reading=True) as session:
        return session.exec(select(func.count(func.distinct(SetAsideRow.crime_ref)))).one()


def count_set_aside(store: Store) -> int:
    """Return the number of entries that cannot be judged."""
    with store.session(reading=True) as session:
        return session.exec(select(func.count()).select_from(SetAsideRow)).one()
