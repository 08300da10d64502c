"""What is said of a dip sample beyond its numbers. Each sentence is tested where it is true and where it is not."""

from compliance.reviews.estimates import EstimatedRate, ReviewEstimate
from compliance.reviews.results import ReviewResults
from compliance.text import count_noun, join_words, percent


def rate_in_words(rate: EstimatedRate) -> str:
    """Return a rate with its interval: `64.8% (58.1% to 70.9%)`."""
    return f"{percent(rate.value)} ({percent(rate.low)} to {percent(rate.high)})"


def state_adjusted(found: ReviewEstimate) -> str:
    """Return what the readings make of the recorded rate."""
    if found.adjusted is None or found.difference is None or found.recorded_covered is None:
        return "Nothing could be established yet, so nothing can be said of the recorded rate."
    of = (
        "of all that was due"
        if not found.uncovered
        else f"of the {found.covered:,} obligations, of {found.population:,}, that the sample covers"
    )
    said = f"Recorded: {percent(found.recorded_covered)} {of} was met. As read: {rate_in_words(found.adjusted)}."
    low, high = found.difference.low, found.difference.high
    if high < 0:
        return f"{said} The record flatters, by {_between(-high, -low)} percentage points."
    if low > 0:
        return f"{said} The record is too harsh, by {_between(low, high)} percentage points."
    return f"{said} The readings do not show that the recorded rate is wrong in either direction."


def state_errors(found: ReviewEstimate) -> str:
    """Return in how many cases the record is wrong, and in whose favour."""
    if found.errors is None:
        return ""
    parts = [f"The record is wrong about {rate_in_words(found.errors)} of the obligations"]
    if found.flattering is not None:
        parts.append(f"recorded as met and not met: {rate_in_words(found.flattering)}")
    if found.harming is not None:
        parts.append(f"met and not recorded as met: {rate_in_words(found.harming)}")
    return "; ".join(parts) + "."


def state_limits(results: ReviewResults) -> list[str]:
    """Return what the sample does not say."""
    found, said = results.record, list[str]()
    if results.unread:
        said.append(f"{count_noun(len(results.unread), 'case')} of {results.drawn:,} not read yet.")
    if found.unclear and found.if_unclear_not is not None and found.if_unclear_met is not None:
        said.append(
            f"{count_noun(found.unclear, 'case')} could not be established and left out. If none of them was met the "
            f"adjusted rate would be {percent(found.if_unclear_not)}, if all were {percent(found.if_unclear_met)}."
        )
    if found.uncovered:
        said.append(
            f"Nothing is said of obligations that the record calls {join_words(found.uncovered)}: none was read."
        )
    return said


def state_agreement(results: ReviewResults) -> str:
    """Return how far two readers agree."""
    readers = results.readers
    if readers.share is None:
        return "No case was read by two readers, so it is not known how far readers would agree."
    said = f"Two readers agree in {readers.agreed:,} of {count_noun(readers.cases, 'case')}"
    if readers.kappa is None:
        return f"{said}. {readers.remark}"
    if readers.kappa_limits is None:
        return f"{said} (Cohen's kappa {readers.kappa:.2f}). {readers.remark}"
    limits = f"{readers.kappa_limits.low:.2f} to {readers.kappa_limits.high:.2f}"
    return f"{said} (Cohen's kappa {readers.kappa:.2f}, {limits}; 1 is full agreement, 0 what chance gives)."


def state_quality(results: ReviewResults) -> str:
    """Return how many victims were told in time, and well enough."""
    rate = results.good_enough.adjusted
    if rate is None:
        return ""
    return f"Told in time, and well enough by all criteria: {rate_in_words(rate)}."


def _between(low: float, high: float) -> str:
    """Return a range of percentage points, from shares."""
    first, last = f"{100 * low:.1f}", f"{100 * high:.1f}"
    return first if first == last else f"{first} to {last}"
