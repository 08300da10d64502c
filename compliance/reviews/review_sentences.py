"""What is said of a dip sample beyond its numbers. Each sentence is tested where it is true and where it is not."""

from collections.abc import Iterable

from compliance.reviews.estimates import EstimatedRate, ReviewEstimate
from compliance.reviews.results import ReviewResults
from compliance.reviews.strata import IN_WORDS, RecordedState
from compliance.text import count_noun, join_words, percent


def state_findings(results: ReviewResults) -> list[str]:
    """Return all that is said of a dip sample, in order."""
    record = results.record
    said = (state_adjusted(record), state_counts(record), state_errors(record), state_quality(results),
            state_agreement(results), *state_limits(results))  # fmt: skip
    return [each for each in said if each]


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
    said = f"Recorded: {percent(found.recorded_covered)} {of} was met. As read: {_first_in_words(found.adjusted)}."
    low, high = found.difference.low, found.difference.high
    if high < 0:
        return f"{said} The record flatters, by {_between(-high, -low)} percentage points."
    if low > 0:
        return f"{said} The record is too harsh, by {_between(low, high)} percentage points."
    return f"{said} The readings do not show that the recorded rate is too high or too low."


def state_counts(found: ReviewEstimate) -> str:
    """Return in how many of the cases the record is wrong, and in whose favour."""
    established = sum(each.established for each in found.by_stratum)
    if not established:
        return ""
    wrong = sum(each.errors for each in found.by_stratum)
    flattering = sum(each.errors for each in found.by_stratum if RecordedState(each.name).is_met)
    of = f"Of {count_noun(established, 'case')} that could be established, the record is wrong in"
    if not wrong:
        return f"{of} none."
    said = f"{of} {wrong:,}; recorded as met, was not: {flattering:,}; was met, not recorded as met:"
    return f"{said} {wrong - flattering:,}."


def state_errors(found: ReviewEstimate) -> str:
    """Return what share of the obligations the record has wrong, and in whose favour."""
    if found.errors is None:
        return ""
    of = (
        f"the {found.covered:,} obligations that the sample covers"
        if found.uncovered
        else (f"all {found.population:,} obligations, read or not")
    )
    parts = [f"Of {of}, about {rate_in_words(found.errors)} are recorded wrongly"]
    if found.flattering is not None:
        parts.append(f"recorded as met, was not: {rate_in_words(found.flattering)}")
    if found.harming is not None:
        parts.append(f"was met, not recorded as met: {rate_in_words(found.harming)}")
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
    if found.uncovered and found.adjusted is not None:
        said.append(
            f"Nothing is said of obligations that the record calls {join_words(_calls(found.uncovered))}: none was "
            "established."
        )
    return said


def state_agreement(results: ReviewResults) -> str:
    """Return how far two readers agree."""
    readers = results.readers
    if readers.share is None:
        return "No case was read by two readers, so it is not known how far readers would agree."
    of = f"{readers.agreed:,} of {count_noun(readers.cases, 'case')}"
    said = f"Two readers agree in {of} whether the victim was told in time"
    if readers.kappa is None:
        return f"{said}. {readers.remark}"
    if readers.kappa_limits is None:
        return f"{said} (Cohen's kappa {readers.kappa:.2f}). {readers.remark}"
    limits = f"{readers.kappa_limits.low:.2f} to {readers.kappa_limits.high:.2f}"
    return f"{said} (Cohen's kappa {readers.kappa:.2f}, {limits}; 1 is full agreement, 0 what chance gives)."


def state_quality(results: ReviewResults) -> str:
    """Return how many victims were told in time, and well enough."""
    rate = results.good_enough.adjusted
    if rate is None or not results.by_criterion:
        return ""
    return f"Told in time by a contact that meets all criteria: {rate_in_words(rate)}."


def state_readers(results: ReviewResults) -> str:
    """Return who has read how many of their cases."""
    counts = [f"{each.name} ({each.read:,} of {each.given:,})" for each in results.by_reader]
    return f"Read by {join_words(counts)}."


def _calls(states: Iterable[str]) -> list[str]:
    return [f"“{IN_WORDS[RecordedState(each)]}”" for each in states]


def _first_in_words(rate: EstimatedRate) -> str:
    """Return a rate where it is said what the interval beside it is."""
    return f"{percent(rate.value)} (95% interval {percent(rate.low)} to {percent(rate.high)})"


def _between(low: float, high: float) -> str:
    """Return a range of percentage points, from shares."""
    first, last = f"{100 * low:.1f}", f"{100 * high:.1f}"
    return first if first == last else f"{first} to {last}"
