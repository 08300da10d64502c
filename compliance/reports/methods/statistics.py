"""The statistics of a report (statistics sections 1.3 to 1.6): plain functions of counts.

Rates and their limits are proportions from 0 to 1. Counts may be fractions: an effective size is n / deff.
"""

from collections.abc import Sequence
from math import atan2, cos, erfc, fsum, inf, isinf, pi, sin, sqrt
from statistics import fmean, stdev
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Z: Final = 1.959964
"""The 97.5 % point of the normal distribution: 95 % lies within it on both sides (statistics 1.4)."""
FEW: Final = 10
"""The number of obligations below which a rate is greyed, never ranked and never tested (statistics 1.6)."""
BASE: Final = 26
"""The number of weeks whose mean and standard deviation a cumulative sum is measured by (statistics 1.5b)."""
SUMMED: Final = 13
"""The number of weeks after them that it sums (statistics 1.5b)."""
_SLACK: Final = 0.5
_DECISIVE: Final = 10.0
_FURTHEST: Final = 40.0
"""A z beyond which the probability is too small for a float."""


class Interval(NamedTuple):
    """The limits of a 95 % interval, both included."""

    low: float
    high: float


class Difference(NamedTuple):
    """One rate minus another, with its 95 % interval; from -1 to 1."""

    value: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval excludes 0 (statistics 1.5)."""
        return self.low > 0 or self.high < 0


class PairedChange(NamedTuple):
    """A rate against an earlier one of mostly the same officers (statistics 1.5b).

    `now`, `before`: the two rates, from 0 to 1. `z`: their difference in standard errors; infinite if every officer
    changed by exactly as much. `p`: two-sided, from the normal distribution. `officers`: of either span.
    """

    now: float
    before: float
    z: float
    p: float
    officers: int

    @property
    def p_of_few(self) -> float:
        """The same for a few officers, who say little of how far officers differ: from Student's t (decision 0062)."""
        few = self.officers
        return two_sided_of_few(self.z * sqrt((few - 1) / few), few - 1)


class CumulativeSum(NamedTuple):
    """The cumulative sums of 13 weeks against the 26 before them (statistics 1.5b).

    `centre`, `sigma`: the mean and standard deviation of the 26, in the unit of the values. `below`, `above`: S after
    each of the 13. `fell`, `rose`: the place among all 39, counted from 0, since which the values are lower or higher;
    None if they are not.
    """

    centre: float
    sigma: float
    below: tuple[float, ...]
    above: tuple[float, ...]
    fell: int | None
    rose: int | None


def wilson(met: float, size: float, z: float = Z) -> Interval | None:
    """Return the Wilson score interval of met / size, without continuity correction (statistics 1.4).

    None if size is 0. `z`: the level; 95 % unless given.
    """
    if size <= 0:
        return None
    rate = met / size
    share = z * z / size
    middle = (rate + share / 2) / (1 + share)
    half = z / (1 + share) * sqrt(rate * (1 - rate) / size + share / (4 * size))
    return Interval(min(max(middle - half, 0.0), rate), max(min(middle + half, 1.0), rate))


def newcombe(met: float, size: float, other_met: float, other_size: float, z: float = Z) -> Difference | None:
    """Return met / size minus other_met / other_size, with Newcombe's hybrid score interval.

    See Newcombe (1998), method 10, and statistics 1.5. None if either size is 0. `z`: the level; 95 % unless given.
    """
    first, second = wilson(met, size, z), wilson(other_met, other_size, z)
    if first is None or second is None:
        return None
    rate, other = met / size, other_met / other_size
    below = sqrt((rate - first.low) ** 2 + (second.high - other) ** 2)
    above = sqrt((first.high - rate) ** 2 + (other - second.low) ** 2)
    return Difference(rate - other, rate - other - below, rate - other + above)


def newcombe_p(met: float, size: float, other_met: float, other_size: float) -> float | None:
    """Return the two-sided p of a difference of two rates (statistics 1.5).

    That is the level at which Newcombe's interval just touches 0. None if either size is 0.
    """
    if size <= 0 or other_size <= 0:
        return None
    if met / size == other_met / other_size:
        return 1.0
    near, far = 0.0, _FURTHEST
    if not _touches(met, size, other_met, other_size, far):
        return 0.0
    while near < (middle := (near + far) / 2) < far:
        if _touches(met, size, other_met, other_size, middle):
            far = middle
        else:
            near = middle
    return two_sided(far)


def _touches(met: float, size: float, other_met: float, other_size: float, z: float) -> bool:
    """Return whether Newcombe's interval at a level has 0 in it. The wider it is, the less can leave it again."""
    found = newcombe(met, size, other_met, other_size, z)
    return found is None or not found.significant


def two_sided(z: float) -> float:
    """Return the probability that a standard normal value lies at least as far from 0 as `z`."""
    return erfc(abs(z) / sqrt(2))


def two_sided_of_few(t: float, freedom: int) -> float:
    """Return the probability that a value of Student's t lies at least as far from 0 as `t`.

    `freedom`: the degrees of freedom, from 1. By the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4.
    """
    if isinf(t):
        return 0.0
    angle = atan2(abs(t), sqrt(freedom))
    sine, cosine = sin(angle), cos(angle)
    term = total = cosine if freedom % 2 else 1.0
    for place in range(freedom % 2 + 2, freedom - 1, 2):
        term *= cosine**2 * (place - 1) / place
        total += term
    inside = sine * total if freedom > 1 else 0.0
    return max(0.0, 1 - (2 / pi * (angle + inside) if freedom % 2 else inside))


def benjamini_hochberg(p: Sequence[float], level: float) -> tuple[bool, ...]:
    """Return which hypotheses of a family are rejected, at a false discovery rate of `level` (statistics 1.5).

    In the order given.
    """
    allowed = [level * rank / len(p) for rank in range(1, len(p) + 1)]
    furthest = max((value for value, limit in zip(sorted(p), allowed, strict=True) if value <= limit), default=-1.0)
    return tuple(value <= furthest for value in p)


def intra_cluster_correlation(met: npt.ArrayLike, size: npt.ArrayLike) -> float:
    """Return ρ, how alike the obligations of one officer are, by one-way analysis of variance (statistics 1.3).

    From 0 to 1. `met` and `size` have one element for each officer (or team): how many of the obligations were met, and
    how many there were. Those without obligations are left out.
    """
    of, n_of = np.asarray(met, dtype=np.float64), np.asarray(size, dtype=np.float64)
    held = n_of > 0
    of, n_of = of[held], n_of[held]
    clusters, n = len(n_of), float(n_of.sum())
    if clusters < 2 or n == clusters:
        return 0.0
    rate, rate_of = float(of.sum()) / n, of / n_of
    # Sums are rounded once, so they are the same to the last digit in any order of officers.
    between = fsum(n_of * (rate_of - rate) ** 2) / (clusters - 1)
    within = fsum(n_of * rate_of * (1 - rate_of)) / (n - clusters)
    common = (n - fsum(n_of**2) / n) / (clusters - 1)
    whole = between + (common - 1) * within
    return max(0.0, (between - within) / whole) if whole else 0.0


def design_effect(size: npt.ArrayLike, correlation: float) -> float:
    """Return by how much clustering divides the information in some obligations (statistics 1.3): at least 1.

    `size`: how many of them each officer (or team) has. `correlation`: ρ, from 0 to 1.
    """
    n_of = np.asarray(size, dtype=np.int64)
    return design_effect_of(int(n_of.sum()), int((n_of**2).sum()), correlation)


def design_effect_of(n: int, squares: int, correlation: float) -> float:
    """Return the same from how many obligations there are, and the sum of the squares of `size`."""
    return 1 + correlation * (squares / n - 1) if n else 1.0


def paired_change(
    met: npt.ArrayLike, size: npt.ArrayLike, met_before: npt.ArrayLike, size_before: npt.ArrayLike
) -> PairedChange | None:
    """Return a division's rate over 13 weeks against that over the 13 before, paired by officer (statistics 1.5b).

    One element for each officer of either span, in the same order: how many obligations were met, and how many there
    were; 0 in a span without any. None if nothing was due in a span, or if there is one officer alone, who gives no
    measure of chance.
    """
    columns = (np.asarray(column).tolist() for column in (met, size, met_before, size_before))
    officers = [each for each in zip(*columns, strict=True) if each[1] or each[3]]
    total, now, total_before, before = (sum(column) for column in zip(*officers, strict=True)) if officers else [0] * 4
    if not (now and before) or len(officers) < 2:
        return None
    # The deviations d_o times now² before²: whole numbers of any size, so 0 is 0, in whatever order the officers come.
    spread = sum(
        ((m * now - n * total) * before**2 - (m_0 * before - n_0 * total_before) * now**2) ** 2
        for m, n, m_0, n_0 in officers
    )
    apart = (total * before - total_before * now) * now * before
    z = apart / sqrt(spread) if spread else (inf if apart > 0 else -inf) if apart else 0.0
    return PairedChange(total / now, total_before / before, z, two_sided(z), len(officers))


def cumulative_sum(values: Sequence[float | None]) -> CumulativeSum | None:
    """Return the cumulative sums of the last 13 of 39 weekly values against the first 26 (statistics 1.5b).

    None if one of them is None, or if the first 26 are all alike. Raises ValueError for another number of values.
    """
    if len(values) != BASE + SUMMED:
        raise ValueError(f"{len(values)} values, not {BASE + SUMMED}")
    held = [value for value in values if value is not None]
    if len(held) < len(values):
        return None
    centre, sigma = fmean(held[:BASE]), stdev(held[:BASE])
    if sigma == 0:
        return None
    steps = [(value - centre) / sigma for value in held[BASE:]]
    below, above = _sums([-step for step in steps]), _sums(steps)
    return CumulativeSum(centre, sigma, below, above, _since(below), _since(above))


def _sums(steps: Sequence[float]) -> tuple[float, ...]:
    found, running = [], 0.0
    for step in steps:
        running = max(0.0, running + step - _SLACK)
        found.append(running)
    return tuple(found)


def _since(sums: Sequence[float]) -> int | None:
    """Return the place after S was last 0 before it first exceeded 10; None if it never did."""
    passed = next((place for place, value in enumerate(sums) if value > _DECISIVE), None)
    if passed is None:
        return None
    return BASE + max((place + 1 for place in range(passed) if sums[place] == 0), default=0)
