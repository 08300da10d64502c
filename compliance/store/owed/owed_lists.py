"""What is outstanding now, listed for the pages: overdue, due today, due in the next days, as last judged.

Everything here goes by one index, which holds what is outstanding and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select

from compliance.store.database.engine import Store
from compliance.store.owed.owed_bands import OwedBand, OwedPeriod, or_nothing
from compliance.store.owed.owed_counts import OwedCount
from compliance.store.tables import OBLIGATION


class OwedOrder(StrEnum):
    """In which order a list stands; within it by crime number."""

    FIRST_DUE = "first-due"
    LAST_DUE = "last-due"
    CRIME = "crime"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class OwedEntry:
    """One outstanding obligation, with who has the case now."""

    crime_ref: str
    victim_ref: str
    requirement: str
    cycle: int
    due_date: date
    is_overdue: bool
    division: str | None
    team: str | None
    officer_ref: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class OwedChoice:
    """Which obligations are listed: those with these values (empty: with none); None: whatever it is."""

    requirement: str | None = None
    division: str | None = None
    team: str | None = None
    category: str | None = None
    bands: Sequence[OwedBand] | None = None

    def holds(self, counted: OwedCount) -> bool:
        """Return whether what is counted is among them."""
        asked = (self.requirement, self.division, self.team, self.category)
        has = (counted.requirement, counted.division, counted.team, counted.category)
        is_of_band = self.bands is None or counted.band in self.bands
        return is_of_band and all(value in {None, held} for value, held in zip(asked, has, strict=True))


Key = tuple[Any, str]
"""What a page of a list ends with: the value it is ordered by, and the crime number."""

_DUE, _CRIME = OBLIGATION.c.due_date, OBLIGATION.c.crime_ref
_LISTED: Final = (
    _CRIME, OBLIGATION.c.victim_ref, OBLIGATION.c.requirement, OBLIGATION.c.cycle, _DUE, OBLIGATION.c.state,
    OBLIGATION.c.division, OBLIGATION.c.team, OBLIGATION.c.officer_ref, OBLIGATION.c.category,
)  # fmt: skip


def page_owed(
    store: Store,
    which: Sequence[ColumnElement[bool]],
    order: OwedOrder,
    after: Key | None,
    limit: int,
) -> tuple[list[OwedEntry], Key | None]:
    """Return the entries of one page of a list, and the key after which the next begins, None if this is the last.

    What is due of one crime at once is not parted: a page has at most `limit` entries, or those of one crime. `which`
    is as `choose_owed` gives it.
    """
    value, is_down = _value(order), order is OwedOrder.LAST_DUE
    asked = select(value, _CRIME, func.count()).where(*which).group_by(value, _CRIME)
    asked = asked.order_by(value.desc() if is_down else value, _CRIME).limit(limit + 1)
    if after is not None:
        last, crime_ref = after
        # The first of the two is what an index can begin with.
        asked = asked.where(value <= last if is_down else value >= last, or_(value != last, crime_ref < _CRIME))
    with store.reading() as connection:
        found = connection.execute(asked).all()
        keys, total = list[Key](), 0
        for key, crime_ref, count in found:
            total += count
            if keys and total > limit:
                break
            keys.append((key, crime_ref))
        of_crimes = select(*_LISTED).where(*which, _CRIME.in_(sorted({crime_ref for _, crime_ref in keys})))
        entries = [_entry(row) for row in connection.execute(of_crimes).all()] if keys else []
    place = {key: number for number, key in enumerate(keys)}
    mine = [entry for entry in entries if _key(entry, order) in place]
    mine.sort(key=lambda entry: (place[_key(entry, order)], entry.due_date, entry.victim_ref, entry.requirement))
    return mine, keys[-1] if len(keys) < len(found) else None


def list_owed(store: Store, which: Sequence[ColumnElement[bool]], order: OwedOrder, limit: int) -> list[OwedEntry]:
    """Return the entries of a whole list, at most `limit`."""
    value = _value(order).desc() if order is OwedOrder.LAST_DUE else _value(order)
    asked = select(*_LISTED).where(*which).order_by(value, _CRIME, _DUE, *_LISTED[1:4]).limit(limit)
    with store.reading() as connection:
        return [_entry(row) for row in connection.execute(asked)]


def choose_owed(within: ColumnElement[bool], period: OwedPeriod, choice: OwedChoice) -> list[ColumnElement[bool]]:
    """Return the conditions on the obligations of a scope that are chosen."""
    asked = {"requirement": choice.requirement, "division": choice.division, "team": choice.team}
    asked["category"] = choice.category
    chosen = [or_nothing(name) == value for name, value in asked.items() if value is not None]
    if choice.bands is not None:
        chosen.append(period.band.in_(choice.bands))
    return [*period.owed, within, *chosen]


def _value(order: OwedOrder) -> ColumnElement[Any]:
    """Return what a list is ordered by. A crime number stands in a function: else all crimes after it would be read."""
    named = {OwedOrder.CRIME: or_nothing("crime_ref"), OwedOrder.OFFICER: or_nothing("officer_ref")}
    return named.get(order, _DUE)


def _key(entry: OwedEntry, order: OwedOrder) -> Key:
    values = {OwedOrder.CRIME: entry.crime_ref, OwedOrder.OFFICER: entry.officer_ref or ""}
    return values.get(order, entry.due_date), entry.crime_ref


def _entry(row: Any) -> OwedEntry:
    crime_ref, victim_ref, requirement, cycle, due, state, *rest = row
    return OwedEntry(crime_ref, victim_ref, requirement, cycle, due, state == "overdue", *rest)
