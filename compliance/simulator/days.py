"""Local days of the simulated force as whole numbers, so that a history is made with integer arithmetic.

Day 0 is the first day simulated, a Monday; a second is a second since 1970 in UTC. All local time is Europe/London.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
HOUR: Final = 3600
DAY: Final = 24 * HOUR
NEVER: Final = 1 << 60
"""A second, and a day, that does not come."""


def instant(second: int) -> datetime:
    """The aware instant, in UTC, of a second since 1970."""
    return datetime.fromtimestamp(second, UTC)


def local_midnight(day: date) -> datetime:
    """The instant at which a local date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


class Days:
    """The local days from `first` (a Monday), `count` of them and a year more for what lies beyond the simulated span.

    `midnights[d]` is the second at which day d begins; `end` the one at which the simulated span ends.
    """

    def __init__(self, first: date, count: int) -> None:
        """`first`: a local date; `count`: days to simulate."""
        self.first = first
        self.count = count
        self.midnights = [int(local_midnight(first + timedelta(days=day)).timestamp()) for day in range(count + 366)]
        self.end = self.midnights[count]

    def of(self, second: int) -> int:
        """The day in which a second lies; -1 for any second before day 0."""
        return bisect_right(self.midnights, second) - 1

    def date(self, day: int) -> date:
        """The local date of a day."""
        return self.first + timedelta(days=day)

    def is_working(self, day: int) -> bool:
        """Whether a day is one from Monday to Friday (bank holidays make no difference to a force's shifts)."""
        return day % 7 < 5
