"""Local days of the simulated force as whole numbers, so that histories use integer arithmetic.

Day 0 is the first simulated day, a Monday. A second is a second since 1970 in UTC. All local time is Europe/London.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
HOUR: Final = 3600
DAY: Final = 24 * HOUR
NEVER: Final = 1 << 60
"""A second, and a day, that never comes."""


def instant(second: int) -> datetime:
    """Return the aware instant, in UTC, of a second since 1970."""
    return datetime.fromtimestamp(second, UTC)


def local_midnight(day: date) -> datetime:
    """Return the instant at which a local date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


class Days:
    """The local days from `first` (a Monday): `count` days, and a year more for what happens after them.

    `midnights[d]` is the second at which day d begins; `end` is the second at which the simulated span ends.
    """

    def __init__(self, first: date, count: int) -> None:
        """Create the days from `first`, a local date; `count` is the number of days to simulate."""
        self.first = first
        self.count = count
        self.midnights = [int(local_midnight(first + timedelta(days=day)).timestamp()) for day in range(count + 366)]
        self.end = self.midnights[count]

    def of(self, second: int) -> int:
        """Return the day of a second; -1 for any second before day 0."""
        return bisect_right(self.midnights, second) - 1

    def date(self, day: int) -> date:
        """Return the local date of a day."""
        return self.first + timedelta(days=day)

    def is_working(self, day: int) -> bool:
        """Return whether a day is from Monday to Friday (bank holidays do not change a force's shifts)."""
        return day % 7 < 5
