"""Where the records begin, and which periods are not reported for it (statistics 1.2b)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np

from compliance.errors import UnavailableError
from compliance.policy import Policy
from compliance.policy.calendars import LocalDates, from_day, to_day
from compliance.policy.model import Requirement, Within
from compliance.records.columns import Columns
from compliance.reports import words
from compliance.reports.spans import Span

TELLING: Final = 10
"""A week of fewer crimes may by chance alone have half as many as another: it ends nothing."""


class CannotReportError(UnavailableError):
    """A period that is not reported, and is not tried again by itself: before the records begin, or after retention has
    removed what it was made of."""

    exit_code = 2


@dataclass(frozen=True)
class Beginning:
    """From which local date on crimes are held completely (B), None where no crime is held, under a policy."""

    begun: date | None
    policy: Policy

    @property
    def first_due(self) -> date | None:
        """The first local date on which anything reported since could fall due: B + the shortest `within`."""
        days = [day for requirement in self.policy.requirement if (day := self.due_from(requirement))]
        return min(days, default=None)

    def due_from(self, requirement: Requirement) -> date | None:
        """The first local date on which a requirement could be due for what was reported or happened since."""
        if self.begun is None:
            return None
        limits = (requirement.within, requirement.enhanced and requirement.enhanced.within)
        return from_day(min(self._after(to_day(self.begun), limit) for limit in limits if limit))

    def check(self, period: Span) -> None:
        """Raises CannotReportError for a period that ends before anything could be due."""
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
        """The day so long after another; beyond what the calendar covers every day is taken for a working day."""
        if limit.days is not None:
            return start + limit.days
        calendar, day, left = self.policy.working, start, limit.working_days or 0
        while left:
            day += 1
            left -= not calendar.first <= day <= calendar.last or calendar.is_working(day)
        return day


def begin(columns: Columns, local: LocalDates, read_at: datetime) -> date | None:
    """The first Monday from which no week has fewer than half the median number of crimes reported a week, None where
    no crime is held.

    Each whole ISO week (local dates) before the one in which the records were read (`read_at`, an aware instant) is
    compared with the median of the weeks after it. So years of which only open cases were brought over do not decide
    what a full week is, and a poor week at the end, which is no matter of where the records begin, moves nothing.
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
