"""The days that a figure of a published report covers, and those as at whose end its cases were judged."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from compliance.reports.catalogue.case import TracedCase
from compliance.reports.catalogue.unit_levels import AREAS, DIVISIONS
from compliance.reports.judging.judged import TRAILING, list_charted_weeks
from compliance.reports.model.changes import PAST_FIGURE
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span

_SETTLED_AFTER: Final = timedelta(days=7)
_WEEKS: Final = {
    **dict.fromkeys((DIVISIONS.trailing, AREAS.trailing, "offence"), TRAILING),
    **dict.fromkeys(PAST_FIGURE.values(), 2 * TRAILING),
}
"""The figures over several weeks, and over how many."""
_OF_A_WEEK: Final = frozenset({"week", "week-first-further", "week-continuing", "restated"})
"""The figures whose names say of which period they are."""
_BEFORE: Final = frozenset({"before", "silent-before"})
_LAST_YEAR: Final = frozenset({"last-year", "silent-last-year"})
_PROVISIONAL: Final = frozenset({"provisional", "silent-provisional"})


def spans_of(name: str, group: str, period: Span, begun: date | None) -> Sequence[Span]:
    """Return the spans that a figure covers, the earliest first, by its first name and group in a period's report.

    `begun`: where the records begin. Empty: the year before had no such week. Raises SettingsError if the group is to
    be a period and is none.
    """
    if name in _WEEKS:
        return list_charted_weeks(period, begun)[-_WEEKS[name] :]
    if name in _OF_A_WEEK:
        return [parse_period(group.partition("/")[0])]
    if name in _LAST_YEAR:
        return [] if period.last_year is None else [period.last_year]
    return [period.plus(1 if name in _PROVISIONAL else -1 if name in _BEFORE else 0)]


def judged_on(name: str, group: str, period: Span, spans: Sequence[Span], case: TracedCase) -> tuple[date, date]:
    """Return the local days as at whose end, and as known at whose end, a case of a figure was judged (statistics 1.2).

    Each span is judged when it was settled; what is provisional when the report was. A restatement judges an earlier
    period as known for the report (statistics 5).
    """
    settled = period.last + _SETTLED_AFTER
    if name in _PROVISIONAL or not spans:
        return settled, settled
    due = case.due_date
    own = next((span for span in spans if due is not None and span.first <= due <= span.last), spans[-1])
    as_at = own.last + _SETTLED_AFTER
    return as_at, settled if name == "restated" and not group.endswith("/published") else as_at
