"""How many obligations of each stratum to read (docs/reviews-method.md).

Half-widths are of the 95 % interval of the adjusted rate, as proportions: 0.05 is five percentage points.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heapreplace
from typing import Final, NamedTuple

from compliance.reviews.posterior import ReadStratum, limits_of_met

HALF_WIDTH: Final = 0.05
"""The half-width that is wanted unless another is given."""
LEAST: Final = 5
"""How many are read of each stratum at least; one of no more is read whole."""
ASSUMED_ERRORS: Final[Mapping[str, float]] = {
    "met": 0.05,
    "met-entered-late": 0.10,
    "late": 0.05,
    "overdue": 0.15,
    "missed": 0.15,
    "same-day-only": 0.30,
    "closed-without-a-word": 0.20,
}
"""In how many of a stratum the record is assumed to be wrong before any have been read.

Assumptions, not findings: most errors where the record says least. A force that has read one sample uses its own.
"""


class PlannedStratum(NamedTuple):
    """A stratum to be read: how many obligations it has, and the share in which its record is assumed to be wrong.

    `error_rate`: above 0 and below 1, for a stratum thought to have no errors would not be read.
    """

    name: str
    population: int
    error_rate: float
    recorded_met: bool


class ReadingPlan(NamedTuple):
    """How many to read of each stratum, by its name in the order given, and what to expect of it.

    `half_width`: of the adjusted rate, if the record is wrong as often as assumed. `at_most`: the same if it is wrong
    in half of every stratum, which is the most uncertain it can be.
    """

    sizes: dict[str, int]
    half_width: float
    at_most: float

    @property
    def total(self) -> int:
        """How many are read in all."""
        return sum(self.sizes.values())


def plan_half_width(strata: Sequence[PlannedStratum], half_width: float = HALF_WIDTH) -> ReadingPlan:
    """Return the smallest plan whose expected half-width is at most `half_width`.

    Raises ValueError for a half-width below 0 and for strata that cannot be.
    """
    _check(strata)
    if half_width < 0:
        raise ValueError(f"a half-width of {half_width} cannot be: it is 0 or more")
    few, many = _least(strata), sum(each.population for each in strata)
    while few < many:
        middle = (few + many) // 2
        if _expect(strata, _allocate(strata, middle)) <= half_width:
            many = middle
        else:
            few = middle + 1
    return plan_total(strata, few)


def plan_total(strata: Sequence[PlannedStratum], total: int) -> ReadingPlan:
    """Return the plan that makes the best use of reading `total` obligations, or all there are if those are fewer.

    Raises ValueError for fewer than the least that a stratum must have, and for strata that cannot be.
    """
    _check(strata)
    if total < (least := _least(strata)):
        raise ValueError(f"{total} are too few to read: {LEAST} of each group, or all of it, are {least}")
    sizes = _allocate(strata, total)
    names = [each.name for each in strata]
    worst = [each._replace(error_rate=0.5) for each in strata]
    return ReadingPlan(dict(zip(names, sizes, strict=True)), _expect(strata, sizes), _expect(worst, sizes))


def _check(strata: Sequence[PlannedStratum]) -> None:
    names = [each.name for each in strata]
    for each in strata:
        if names.count(each.name) > 1:
            raise ValueError(f"stratum {each.name!r} is given twice")
        if each.population < 0 or not 0 < each.error_rate < 1:
            given = f"{each.population} obligations and an error rate of {each.error_rate}"
            raise ValueError(f"stratum {each.name!r} cannot have {given}")


def _least(strata: Sequence[PlannedStratum]) -> int:
    return sum(min(each.population, LEAST) for each in strata)


def _allocate(strata: Sequence[PlannedStratum], total: int) -> list[int]:
    """Return Neyman's allocation in whole numbers, from the least of each stratum up to all of it.

    The next obligation is read where it lowers the variance most, which is exact (Wright 2012): that of a stratum is
    proportional to N² e (1 − e) / n, up to what no n changes. Equal strata are taken in the order of their names.
    """
    sizes = [min(each.population, LEAST) for each in strata]
    gains = [
        (-(each.population**2) * each.error_rate * (1 - each.error_rate) / (n * (n + 1)), each.name, place)
        for place, (each, n) in enumerate(zip(strata, sizes, strict=True))
        if n < each.population
    ]
    heapify(gains)
    for _ in range(min(total, sum(each.population for each in strata)) - sum(sizes)):
        gain, name, place = gains[0]
        n = sizes[place] = sizes[place] + 1
        # A stratum read whole gains nothing more.
        after = gain * (n - 1) / (n + 1) if n < strata[place].population else 0.0
        heapreplace(gains, (after, name, place))
    return sizes


def _expect(strata: Sequence[PlannedStratum], sizes: Sequence[int]) -> float:
    """Return the half-width if just as many errors are found as are assumed."""
    read = [
        ReadStratum(each.population, n, n * each.error_rate, each.recorded_met)
        for each, n in zip(strata, sizes, strict=True)
        if n
    ]
    limits = limits_of_met(read)
    return (limits.high - limits.low) / 2 / sum(each.population for each in read) if read else 0.0
