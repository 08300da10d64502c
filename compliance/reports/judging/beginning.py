"""Where the records begin, and what is not reported, charted or compared for it (statistics 1.2b) (decision 0053)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from compliance.errors import UnavailableError
from compliance.policy import Policy
from compliance.policy.calendars import Ints, LocalDates, from_day, to_day
from compliance.policy.requirement import Repeat, Requirement, Within
from compliance.reports.model import words
from compliance.reports.model.changes import Part
from compliance.reports.periods.spans import Span

TELLING: Final = 10
"""The smallest median number of crimes a week that can end the search. Smaller numbers may halve by chance alone."""


class CannotReportError(UnavailableError):
    """A period that is not reported and not retried automatically.

    It lies before the records begin, or retention has removed the records it was made from.
    """

    exit_code = 2


STOCKS: Final = timedelta(days=28)
"""After how long stocks (what is overdue, silent victims) are shown."""
FILLED: Final = timedelta(days=364)
"""After how long stocks are filled, and can be compared."""
AGED: Final = timedelta(days=182)
"""After how long the make-up of continuing contact has aged."""
REPEATS: Final = 3
"""After how many intervals continuing contact is charted."""


@dataclass(frozen=True)
class Beginning:
    """The local date from which crimes are held completely (B), under a policy. `begun` is None if no crime is held."""

    begun: date | None
    policy: Policy

    @property
    def first_due(self) -> date | None:
        """The first local date on which anything reported since could fall due: B + the shortest `within`."""
        days = [day for requirement in self.policy.requirement if (day := self.due_from(requirement))]
        return min(days, default=None)

    def due_from(self, requirement: Requirement, part: Part = "") -> date | None:
        """Return the first local date on which a requirement could fall due for what was reported or happened since.

        Continuing contact cannot before the day after a first further contact could.
        """
        if self.begun is None:
            return None
        limits = (requirement.within, requirement.enhanced and requirement.enhanced.within)
        first = min(self._after(to_day(self.begun), limit) for limit in limits if limit)
        return from_day(first + (part == "continuing"))

    def charted_from(self, requirement: Requirement, part: Part = "") -> date | None:
        """Return the local date on or after which a week begins that is charted, tested or compared.

        It is B + the longest `within`; for continuing contact B + 3 x the longest `repeat_every`. None: no crime is
        held.
        """
        if self.begun is None:
            return None
        start, own = to_day(self.begun), requirement.enhanced
        if part != "continuing":
            limits = (requirement.within, own and own.within)
            return from_day(max(self._after(start, limit) for limit in limits if limit))
        intervals = [each for each in (requirement.repeat_every, own and own.repeat_every) if each]
        for _ in range(REPEATS):
            start = max(self._after(start, interval) for interval in intervals)
        return from_day(start)

    def is_charted(self, week: Span, requirement: Requirement, part: Part = "") -> bool:
        """Return whether a week is charted, tested or compared under a requirement, or a part of it."""
        since = self.charted_from(requirement, part)
        return since is not None and week.first >= since

    def ages_until(self, requirement: Requirement, part: Part = "") -> date | None:
        """Return the local date until which the make-up of a rate still ages; None: it does not, or no crime is held.

        That of continuing contact does, and that of a rate which includes it.
        """
        ages = requirement.repeat_every is not None and part != "first"
        return self.begun + AGED if self.begun and ages else None

    @property
    def stocks_from(self) -> date | None:
        """The local date from which stocks are shown: those at the end of a period that ends on or after it."""
        return None if self.begun is None else self.begun + STOCKS

    @property
    def filled_from(self) -> date | None:
        """The local date until which stocks are still filling; they are compared with nothing before it."""
        return None if self.begun is None else self.begun + FILLED

    def check(self, period: Span) -> None:
        """Raise CannotReportError for a period that ends before anything could fall due."""
        refused = f"{period.kind} {period} is not reported"
        if self.begun is None or self.first_due is None:
            raise CannotReportError(f"{refused}: no crime is held")
        if period.last < self.first_due:
            raise CannotReportError(
                f"{refused}: the records begin on {words.day(self.begun)}, and nothing reported since could fall due "
                f"before {words.day(self.first_due)}; where they are held completely from an earlier day, name it in "
                "[report] records_begin (statistics 1.2b)"
            )

    def _after(self, start: int, limit: Within | Repeat) -> int:
        """Return the day at a limit after another. Days outside the calendar are taken as working days."""
        if isinstance(limit, Within) and limit.hours is not None:
            return start + limit.hours // 24
        if limit.days is not None:
            return start + limit.days
        calendar, day, left = self.policy.working, start, limit.working_days or 0
        while left:
            day += 1
            left -= not calendar.first <= day <= calendar.last or calendar.is_working(day)
        return day


def begin(reported_at: Ints, local: LocalDates, read_at: datetime) -> date | None:
    """Return the first Monday from which no week has fewer than half the median number of crimes reported a week.

    `reported_at`: of each crime, in microseconds since 1970 in UTC. Returns None if no crime is held.

    Each whole ISO week (local dates) before the one in which the records were read (`read_at`, an aware instant) is
    compared with the median of the weeks after it. Years for which only open cases were migrated therefore do not set
    the standard for a full week, and a poor week at the end, which says nothing about where the records begin, changes
    nothing.
    """
    today = local.day_of(read_at)
    days = local.of(reported_at)
    days = days[days <= today]
    if not len(days):
        return None
    weeks = (days.astype(np.int64) + 3) // 7  # 1 January 1970 was a Thursday
    first, running = int(weeks.min()), (today + 3) // 7
    counts = np.trim_zeros(np.bincount(weeks - first)[: running - first], "b")
    begun = first + len(counts)
    for place in range(len(counts) - 1, -1, -1):
        after = counts[place + 1 :]
        median = float(np.median(after)) if len(after) else 0.0
        if median >= TELLING and counts[place] < median / 2:
            break
        begun = first + place
    return from_day(begun * 7 - 3)
