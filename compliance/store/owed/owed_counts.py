"""How much is outstanding, by all that pages count by: kept up in the transactions that write the obligations.

The counts are those of one local date, as what is overdue gets older by itself. On a new date they are made anew by the
first judging of it, and until then, or after anything that could not keep them up, the obligations are counted. What is
not outstanding any more is counted by its state alone: it stands there in place of the band.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, case, delete, func, select, update

from compliance.store.database.dialect import among, insert_into, rows_of
from compliance.store.database.engine import Store
from compliance.store.owed.owed_bands import (
    FALLS_AWAY,
    LATER,
    OUTSTANDING,
    OVERDUE_BANDS,
    STAYS,
    OwedBand,
    OwedPeriod,
    or_nothing,
)
from compliance.store.tables import OBLIGATION, OWED_COUNT

Whose = Callable[[Any], ColumnElement[bool]]
"""Gives the condition of a scope on the columns of the obligations, or on those of their counts."""
_NAMES: Final = ("requirement", "division", "team", "category")
_KEY: Final = (*_NAMES, "officer_ref", "band")
_STILL: Final = ("overdue", "pending")
"""The states of what is outstanding."""
_OWED: Final = (*OwedBand, LATER)
"""What is owed as things are has one of these."""
_OPEN: Final = (*_OWED, FALLS_AWAY)
"""What is pending or overdue has one of these."""


@dataclass(frozen=True, slots=True)
class OwedCount:
    """How many obligations have these in common. `division`, `team` and `category` are empty if there is none."""

    requirement: str
    division: str
    team: str
    category: str
    band: OwedBand
    count: int


def count_owed(store: Store, whose: Whose, period: OwedPeriod) -> list[OwedCount]:
    """Return how many obligations of a scope are outstanding and due by the end of a period, by all that is counted."""
    names = (*_NAMES, "band")
    with store.reading() as connection:
        if _counted_on(connection) == period.today:
            rows = connection.execute(_summed(names, whose(OWED_COUNT.c), OWED_COUNT.c.band.in_(list(OwedBand)))).all()
        else:
            rows = connection.execute(_counted(period, names, *period.owed, whose(OBLIGATION.c))).all()
    return [OwedCount(r, d, t, c, OwedBand(band), int(many)) for r, d, t, c, band, many in rows]


def overdue_by_officer(store: Store, whose: Whose, period: OwedPeriod) -> dict[str, int]:
    """Return how many obligations of a scope are overdue, by the reference of the officer; empty: of nobody."""
    names, kept = ("officer_ref",), OWED_COUNT.c.band.in_(OVERDUE_BANDS)
    with store.reading() as connection:
        if _counted_on(connection) == period.today:
            rows = connection.execute(_summed(names, whose(OWED_COUNT.c), kept)).all()
        else:
            is_late = period.band.in_(OVERDUE_BANDS)
            rows = connection.execute(_counted(period, names, *period.owed, is_late, whose(OBLIGATION.c))).all()
    return {ref: int(count) for ref, count in rows}


def outstanding_by_officer(connection: Connection) -> Select[str, int]:
    """Return the statement that gives the reference of each officer, empty for nobody, and how many obligations they
    have outstanding, whenever due, without what falls away as its case is closed (columns `officer_ref` and
    `outstanding`). It does not depend on the day."""
    if _counted_on(connection) is not None:
        kept, many = OWED_COUNT.c.officer_ref, func.sum(OWED_COUNT.c.count)
        return select(kept, many.label("outstanding")).where(OWED_COUNT.c.band.in_(_OWED)).group_by(kept)
    ref = or_nothing("officer_ref")
    return select(ref.label("officer_ref"), func.count().label("outstanding")).where(OUTSTANDING, STAYS).group_by(ref)


def count_states(connection: Connection) -> dict[str, int]:
    """Return how many obligations are in each state, as last judged."""
    state = OBLIGATION.c.state
    if _counted_on(connection) is None:
        asked = [select(state, func.count()).group_by(state)]
    else:
        still = select(state, func.count()).where(state.in_(_STILL)).group_by(state)
        asked = [still, _summed(("band",), OWED_COUNT.c.band.not_in(_OPEN))]
    return {name: int(count) for each in asked for name, count in connection.execute(each)}


@contextmanager
def kept_up(connection: Connection, crime_refs: Sequence[str], empty_on: date | None = None) -> Iterator[None]:
    """Keep the counts up while obligations of some crimes are written in this transaction.

    `empty_on`: the local date for which there being none means that nothing is outstanding, where that is known
    (`count_for`). Otherwise no counts are begun.
    """
    day = (_counted_on(connection) or empty_on) if crime_refs else None
    if day is None:
        yield
        return
    asked = _all(OwedPeriod(day), among(connection, OBLIGATION.c.crime_ref, crime_refs))
    before = _read(connection, asked)
    yield
    changes = _read(connection, asked)
    changes.subtract(before)
    _add(connection, day, changes)


def count_for(connection: Connection, day: date) -> None:
    """Have the counts of a local date. If those kept are of another one, what is outstanding is counted anew; what is
    not any more stays as it is."""
    if _counted_on(connection) == day:
        return
    connection.execute(delete(OWED_COUNT).where(OWED_COUNT.c.band.in_(_OPEN)))
    if _counted_on(connection) is None:
        _count_anew(connection, day)
    else:
        connection.execute(update(OWED_COUNT).values(counted_on=day))
        _add(connection, day, _read(connection, _counted(OwedPeriod(day), _KEY, OUTSTANDING)))


def recount(connection: Connection, day: date) -> int:
    """Make the counts of a local date anew; return how many of those kept differed, none if they were of another."""
    was_of_day = _counted_on(connection) == day
    kept = _read(connection, select(*(OWED_COUNT.c[name] for name in (*_KEY, "count"))))
    fresh = _count_anew(connection, day)
    fresh.subtract(kept)
    return sum(map(bool, fresh.values())) if was_of_day else 0


def _count_anew(connection: Connection, day: date) -> Counter[tuple[Any, ...]]:
    connection.execute(delete(OWED_COUNT))
    found = _read(connection, _counted(OwedPeriod(day), _KEY, OUTSTANDING))
    state = OBLIGATION.c.state
    by_state = connection.execute(select(state, func.count()).group_by(state))
    found.update({_ended(name): count for name, count in by_state if name not in _STILL})
    _add(connection, day, found)
    return found


def _counted(period: OwedPeriod, names: Sequence[str], *which: Any) -> Select[Any]:
    """Return the statement that counts obligations by some of their columns and their band."""
    return _grouped({name: _value(period, name) for name in names}, *which)


def _all(period: OwedPeriod, *which: ColumnElement[bool]) -> Select[Any]:
    """Return the statement that counts all obligations as they are kept: what is not outstanding by its state alone."""
    state = OBLIGATION.c.state
    ended = dict(zip(_KEY, _ended(state), strict=True))
    return _grouped({name: case((state.in_(_STILL), _value(period, name)), else_=ended[name]) for name in _KEY}, *which)


def _ended(state: Any) -> tuple[Any, ...]:
    """Return the key by which what is not outstanding any more is kept."""
    return tuple(state if name == "band" else "" for name in _KEY)


def _value(period: OwedPeriod, name: str) -> ColumnElement[str]:
    return period.band if name == "band" else or_nothing(name)


def _grouped(values: Mapping[str, ColumnElement[str]], *which: Any) -> Select[Any]:
    each = select(*(value.label(name) for name, value in values.items())).where(*which).subquery()
    return select(*each.c, func.count()).group_by(*each.c)


def _summed(names: Sequence[str], *which: ColumnElement[bool]) -> Select[Any]:
    """Return the statement that gives the same from the counts."""
    columns = [OWED_COUNT.c[name] for name in names]
    return select(*columns, func.sum(OWED_COUNT.c.count)).where(*which).group_by(*columns)


def _read(connection: Connection, asked: Select[Any]) -> Counter[tuple[Any, ...]]:
    return Counter({row[:-1]: row[-1] for row in rows_of(connection, asked)})


def _counted_on(connection: Connection) -> date | None:
    """Return of which local date the counts are; None if there are none."""
    found: date | None = connection.execute(select(OWED_COUNT.c.counted_on).limit(1)).scalar()
    return found


def _add(connection: Connection, day: date, changes: Counter[tuple[Any, ...]]) -> None:
    """Add changes to the counts; those that are then none are removed."""
    changed = [(*key, day, by) for key, by in sorted(changes.items()) if by]
    if not changed:
        return
    rows = [dict(zip((*_KEY, "counted_on", "count"), row, strict=True)) for row in changed]
    statement = insert_into(connection, OWED_COUNT)
    more = {"count": OWED_COUNT.c.count + statement.excluded.count}
    connection.execute(statement.on_conflict_do_update(index_elements=list(_KEY), set_=more), rows)
    connection.execute(delete(OWED_COUNT).where(OWED_COUNT.c.count == 0))
