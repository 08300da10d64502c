"""Where the records begin, and which periods are therefore not reported (statistics 1.2b)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np

from compliance.errors import UnavailableError
from compliance.policy import Policy
from compliance.policy.calendars import LocalDates, from_day, to_day
from compliance.policy.requirement import Requirement, Within
from compliance.records.columns import Columns
from compliance.reports import words
from compliance.reports.spans import Span

TELLING: Final = 10
"""The smallest median number of crimes a week that can end the search. Smaller numbers may halve by chance alone."""


class CannotReportError(UnavailableError):
    """A period that is not reported and not retried automatically.

    It lies before the records begin, or retention has removed the records it was made from.
    """

    exit_code = 2


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

    def due_from(self, requirement: Requirement) -> date | None:
        """Return the first local date on which a requirement could fall due for what was reported or happened since."""
        if self.begun is None:
            return None
        limits = (requirement.within, requirement.enhanced and requirement.enhanced.within)
        return from_day(min(self._after(to_day(self.begun), limit) for limit in limits if limit))

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

    def _after(self, start: int, limit: Within) -> int:
        """Return the day at a limit after another. Days outside the calendar are taken as working days."""
        if limit.hours is not None:
            return start + limit.hours // 24
        if limit.days is not None:
            return start + limit.days
        calendar, day, left = self.policy.working, start, limit.working_days or 0
        while left:
            day += 1
            left -= not calendar.first <= day <= calendar.last or calendar.is_working(day)
        return day


def begin(columns: Columns, local: LocalDates, read_at: datetime) -> date | None:
    """Return the first Monday from which no week has fewer than half the median number of crimes reported a week.

    Returns None if no crime is held. Each whole ISO week (local dates) before the one in which the records were read
    (`read_at`, an aware instant) is compared with the median of the weeks after it. Years for which only open cases
    were migrated therefore do not set the standard for a full week, and a poor week at the end, which says nothing
    about where the records begin, changes nothing.
    """
    today = local.day_of(read_at)
    days = local.of(columns.reported_at)
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
