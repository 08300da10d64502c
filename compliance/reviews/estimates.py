"""What a dip sample says of a compliance rate and of the record behind it: plain functions of counts by stratum.

Rates and their limits are proportions from 0 to 1; intervals are 95 %. Formulae, sources and how often the intervals
hold the truth: docs/reviews-method.md.
"""

from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from compliance.reports.methods.statistics import Difference, Interval
from compliance.reviews.posterior import (
    ReadStratum,
    estimate_errors,
    estimate_met,
    limits_of_errors,
    limits_of_met,
)


class StratumCounts(NamedTuple):
    """A stratum: obligations of which the record says the same, and what readers found of those drawn.

    `population`: the obligations of the week in it. `read`: how many were drawn and read. `met`: how many of those were
    truly met. `unclear`: how many could not be established. `recorded_met`: whether the recorded rate counts it as met.
    """

    name: str
    population: int
    read: int
    met: int
    unclear: int
    recorded_met: bool

    @property
    def established(self) -> int:
        """How many were read and could be established."""
        return self.read - self.unclear


class EstimatedRate(NamedTuple):
    """A rate estimated from a sample, with its 95 % interval, which holds it."""

    value: float
    low: float
    high: float


class StratumErrors(NamedTuple):
    """The errors of the record in one stratum.

    `errors`: how many of the `established` the record has wrong. `rate`: of the stratum's obligations; None if none was
    established.
    """

    name: str
    population: int
    read: int
    established: int
    errors: int
    rate: EstimatedRate | None


class ReviewEstimate(NamedTuple):
    """What a dip sample says of a week.

    `population`: the obligations of the week. `covered`: those in strata of which at least one was established; every
    rate below but `recorded` is of these. `uncovered`: the names of the others that have obligations.
    `read`, `unclear`: how many were read, and how many of those could not be established, in all strata.
    `recorded`: the rate as recorded, of all obligations. `recorded_covered`: of those covered.
    `adjusted`: the rate that the readings give. `difference`: adjusted minus `recorded_covered`.
    `flattering`: obligations recorded as met that truly were not; `harming`: recorded as not met that truly were;
    `errors`: either. Each as a share of the obligations covered, met or not.
    `if_unclear_met`, `if_unclear_not`: the adjusted rate if all that could not be established were met, or none.
    None: nothing is covered (`recorded`: there are no obligations).
    """

    population: int
    covered: int
    uncovered: tuple[str, ...]
    read: int
    unclear: int
    recorded: float | None
    recorded_covered: float | None
    adjusted: EstimatedRate | None
    difference: Difference | None
    flattering: EstimatedRate | None
    harming: EstimatedRate | None
    errors: EstimatedRate | None
    by_stratum: tuple[StratumErrors, ...]
    if_unclear_met: float | None
    if_unclear_not: float | None


def estimate(strata: Sequence[StratumCounts]) -> ReviewEstimate:
    """Return what a dip sample says of a week. `by_stratum` and `uncovered` are in the order given.

    Raises ValueError for a stratum that is given twice or whose counts cannot be.
    """
    _check(strata)
    population = sum(each.population for each in strata)
    covered = [each for each in strata if each.established]
    whole = sum(each.population for each in covered)
    read = [_as_read(each) for each in covered]
    recorded_covered = _share_recorded_met(covered)
    adjusted = _rate(estimate_met(read), limits_of_met(read), whole) if read else None
    return ReviewEstimate(
        population=population,
        covered=whole,
        uncovered=tuple(each.name for each in strata if each.population and not each.established),
        read=sum(each.read for each in strata),
        unclear=sum(each.unclear for each in strata),
        recorded=_share_recorded_met(strata),
        recorded_covered=recorded_covered,
        adjusted=adjusted,
        difference=None if adjusted is None or recorded_covered is None else _less(adjusted, recorded_covered),
        flattering=_error_rate([each for each in read if each.recorded_met], whole),
        harming=_error_rate([each for each in read if not each.recorded_met], whole),
        errors=_error_rate(read, whole),
        by_stratum=tuple(_errors_of(each) for each in strata),
        if_unclear_met=_bound(covered, met=True),
        if_unclear_not=_bound(covered, met=False),
    )


def _check(strata: Sequence[StratumCounts]) -> None:
    names = [each.name for each in strata]
    for each in strata:
        counts = f"{each.read} read of {each.population}, {each.met} met, {each.unclear} unclear"
        if names.count(each.name) > 1:
            raise ValueError(f"stratum {each.name!r} is given twice")
        if min(each.met, each.unclear) < 0 or each.read > each.population or each.met + each.unclear > each.read:
            raise ValueError(f"stratum {each.name!r} cannot have {counts}")


def _as_read(of: StratumCounts) -> ReadStratum:
    errors = of.established - of.met if of.recorded_met else of.met
    return ReadStratum(of.population, of.established, errors, of.recorded_met)


def _share_recorded_met(strata: Sequence[StratumCounts]) -> float | None:
    whole = sum(each.population for each in strata)
    return sum(each.population for each in strata if each.recorded_met) / whole if whole else None


def _rate(number: float, limits: Interval, whole: int) -> EstimatedRate:
    return EstimatedRate(number / whole, limits.low / whole, limits.high / whole)


def _less(rate: EstimatedRate, recorded: float) -> Difference:
    """Subtract what is known exactly, which moves an interval and does not widen it."""
    return Difference(rate.value - recorded, rate.low - recorded, rate.high - recorded)


def _error_rate(strata: Sequence[ReadStratum], whole: int) -> EstimatedRate | None:
    """Return the errors of some strata as a share of all obligations covered.

    None if these strata are none: nothing is known of such errors.
    """
    return _rate(estimate_errors(strata), limits_of_errors(strata), whole) if strata else None


def _errors_of(of: StratumCounts) -> StratumErrors:
    if not of.established:
        return StratumErrors(of.name, of.population, of.read, 0, 0, None)
    read = _as_read(of)
    rate = _error_rate([read], of.population)
    return StratumErrors(of.name, of.population, of.read, of.established, int(read.errors), rate)


def _bound(strata: Sequence[StratumCounts], *, met: bool) -> float | None:
    """Return the adjusted rate if all that is unclear was met, or none of it."""
    whole = sum(each.population for each in strata)
    found = fsum(each.population * (each.met + (each.unclear if met else 0)) / each.read for each in strata)
    return found / whole if whole else None
