"""What is outstanding, and by when: the words of the lists and counts that the pages have."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, false, func, literal_column, text

from compliance.store.tables import OBLIGATION

AHEAD_DAYS: Final = 7
"""How many days ahead something is listed."""


class OwedBand(StrEnum):
    """How long something has been overdue, in days, or when it falls due."""

    LONG = "over 28"
    MONTH = "8 to 28"
    WEEK = "up to 7"
    TODAY = "today"
    SOON = "soon"


LATER: Final = "later"
"""What is due after the days that are listed has this in place of a band: no list has it."""
FALLS_AWAY: Final = "falls away"
"""What is pending and will lapse, as its case is closed, has this in place of a band: no list has it."""
OVERDUE_BANDS: Final = (OwedBand.LONG, OwedBand.MONTH, OwedBand.WEEK)
"""Those of what is overdue, the longest first."""

OUTSTANDING: Final = text("obligation.state NOT IN ('met', 'late', 'missed', 'lapsed', 'exempt')")
"""What is pending or overdue by the rules, in the words of the index, without which it does not serve.

Put as `IN`, SQLite would take the one on states instead, which does not hold what is listed.
"""
STAYS: Final = OBLIGATION.c.falls_away.is_(false())
"""The condition on what is outstanding that it does not fall away as its case is closed."""
_NOTHING: Final[ColumnElement[str]] = literal_column("''")


@dataclass(frozen=True, slots=True)
class OwedPeriod:
    """The local date on which lists and counts are made. They go as far as `AHEAD_DAYS` after it."""

    today: date

    @property
    def until(self) -> date:
        """The last due date that is of interest."""
        return self.today + timedelta(days=AHEAD_DAYS)

    @property
    def owed(self) -> list[Any]:
        """The conditions on an obligation that is outstanding and of interest."""
        return [OUTSTANDING, self.until >= OBLIGATION.c.due_date, STAYS]

    @property
    def band(self) -> ColumnElement[str]:
        """The band of an obligation. One that should have been judged overdue since is overdue."""
        due, today, is_pending = OBLIGATION.c.due_date, self.today, OBLIGATION.c.state == "pending"
        return case(
            (OBLIGATION.c.falls_away, FALLS_AWAY),
            (and_(is_pending, due > self.until), LATER),
            (and_(is_pending, due > today), OwedBand.SOON),
            (and_(is_pending, due == today), OwedBand.TODAY),
            (due < today - timedelta(days=28), OwedBand.LONG),
            (due < today - timedelta(days=7), OwedBand.MONTH),
            else_=OwedBand.WEEK,
        )


def or_nothing(name: str) -> ColumnElement[str]:
    """Return a column of the obligations, empty where there is no value."""
    return func.coalesce(OBLIGATION.c[name], _NOTHING)
