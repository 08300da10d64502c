"""What a class of data quality counts (rules section 8)."""

from dataclasses import dataclass
from typing import Literal

from compliance.policy.calendars import Days, Ints
from compliance.policy.status import Flags
from compliance.reports.periods.spans import Span

Table = Literal["updates", "crimes", "obligations", "victims", "events"]


@dataclass(frozen=True, slots=True)
class QualityRows:
    """Rows of a table of the columns, or of the verdicts' `obligations`, each with the local date of its period."""

    table: Table
    rows: Ints
    day: Days

    def within(self, period: Span) -> Flags:
        """Return which of the rows belong to a period."""
        first, last = period.days
        belongs: Flags = (self.day >= first) & (self.day <= last)
        return belongs
