"""Numbers, dates and names as a report shows them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import ceil
from typing import Final

from compliance import text
from compliance.reports.model.report_model import DivisionFigures, Figures, Proportion, RateDifference

UNLIKELY: Final = "unlikely to have occurred by chance"
NO_DIFFERENCE: Final = "no significant difference"
ON_DUPLICATES: Final = "not judged: rests on probable duplicates"
NOT_AVAILABLE: Final = "not available"
WITHHELD: Final = "withheld, because a count from 1 to 4 would show or could be worked out"
"""Why a figure does not leave the force (statistics 1.6)."""
MINUS: Final = "−"


def percent(share: float | None) -> str:
    """Format a proportion as a percentage, or "not available"."""
    return NOT_AVAILABLE if share is None else text.percent(share)


def interval(share: Proportion) -> str:
    """Format the 95 % interval of a share."""
    return NOT_AVAILABLE if share.low is None else limits_text(share.low, share.high)


def limits_text(low: float | None, high: float | None) -> str:
    """Format the limits of an interval."""
    return f"{_bound(low)} to {_bound(high)}"


def _bound(share: float | None) -> str:
    """Format an end of an interval, rounded. Unlike a rate it does not show whether anything happened at all."""
    return percent(share) if share in (None, 0.0, 1.0) else f"{share:.1%}"


def number(count: int | None) -> str:
    """Format a whole number with thousands commas, or a dash if it is unknown."""
    return "–" if count is None else f"{count:,}"


def count_of(count: int | None, one: str, many: str | None = None) -> str:
    """Format a number with its noun: 1 victim, 2 victims; None: withheld (statistics 1.6)."""
    return f"a withheld number of {many or one + 's'}" if count is None else text.count_noun(count, one, many)


def points_text(difference: float) -> str:
    """Format a difference of rates in percentage points, with its sign."""
    points = round(difference * 100, 1)
    return "0.0" if points == 0 else f"{'+' if points > 0 else MINUS}{abs(points):.1f}"


def points_between(one: Proportion, other: Proportion) -> float:
    """Return the rate of one share minus that of another as both are shown (`subtract_shown`)."""
    return subtract_shown(one.rate, other.rate)


def subtract_shown(one: float | None, other: float | None) -> float:
    """Return one rate minus another as both are shown, to a tenth of a percentage point: from -1 to 1.

    68.3% and 66.6% are 1.7 points apart, whatever their further digits. 0 if either is not available.
    """
    shown = [float(text.percent(rate)[:-1]) for rate in (one, other) if rate is not None]
    return round((shown[0] - shown[1]) / 100, 3) if len(shown) == 2 else 0.0


def difference_of(unit: DivisionFigures) -> float:
    """Return the difference of a compared unit from the rest, as its rate and theirs are shown: from -1 to 1."""
    return points_between(unit.trailing.share, unit.rest.share) if unit.trailing and unit.rest else 0.0


def verdict(change: RateDifference | None) -> str:
    """Return the verdict on a difference (statistics 1.5, 1.6)."""
    if change is None:
        return NOT_AVAILABLE
    if not change.tested:
        return "too few to compare"
    return ON_DUPLICATES if change.on_duplicates else UNLIKELY if change.significant else NO_DIFFERENCE


def day(value: date) -> str:
    """Format a date: 2 May 2016."""
    return f"{value.day} {value:%B %Y}"


def span(first: date, last: date) -> str:
    """Format two dates: 2 to 8 May 2016; 30 May to 5 June 2016; 28 December 2015 to 3 January 2016."""
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    return f"{first.day}{'' if first.month == last.month else f' {first:%B}'} to {day(last)}"


def instant(value: datetime) -> str:
    """Format an instant in UTC as RFC 3339."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def heading(text: str) -> str:
    """Return a text with a capital first letter and the rest unchanged."""
    return text[:1].upper() + text[1:]


def reach(divisions: Sequence[DivisionFigures]) -> int:
    """Return how many points a drawing of the divisions' differences has to reach on either side: a multiple of 10."""
    changes = [division.change for division in divisions if division.change and division.change.tested]
    furthest = max((max(-change.low, change.high) for change in changes), default=0.1)
    return max(10, 10 * ceil(furthest * 10))


def units(figures: Figures) -> tuple[str, str]:
    """Return what the report compares and within what: "division" and "force", or "team" and "division"."""
    return ("division", "force") if figures.unit is None else ("team", "division")


def list_names(names: Sequence[str], most: int = 5) -> str:
    """Return names as in a sentence, at most `most`: A, B and C; A, B and 2 others."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return text.join_words(names)
