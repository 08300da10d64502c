"""Weeks that a force explains, such as those of an outage of its crime system (statistics 2.2b)."""

from dataclasses import dataclass

from compliance.reports.periods.weeks import Week


@dataclass(frozen=True, slots=True)
class ExplainedWeeks:
    """The weeks from `first` to `last` inclusive, and the reason.

    `excluded`: whether they take no part in the centre, limits and rules of a control chart.
    """

    first: Week
    last: Week
    reason: str
    excluded: bool = False

    def __contains__(self, week: object) -> bool:
        """Return whether a week is one of them."""
        return isinstance(week, Week) and self.first <= week <= self.last
