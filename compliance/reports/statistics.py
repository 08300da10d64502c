"""The statistics of a report (statistics sections 1.3 to 1.6): plain functions of counts.

Rates and their limits are proportions from 0 to 1. Counts may be fractions: an effective size is n / deff.
"""

from math import fsum, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Z: Final = 1.959964
"""The 97.5 % point of the normal distribution: 95 % lies within it on both sides (statistics 1.4)."""
FEW: Final = 10
"""The number of obligations below which a rate is greyed, never ranked and never tested (statistics 1.6)."""


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


def wilson(met: float, size: float) -> Interval | None:
    """Return the Wilson score interval of met / size, without continuity correction (statistics 1.4).

    None if size is 0.
    """
    if size <= 0:
        return None
    rate = met / size
    share = Z * Z / size
    middle = (rate + share / 2) / (1 + share)
    half = Z / (1 + share) * sqrt(rate * (1 - rate) / size + share / (4 * size))
    return Interval(min(max(middle - half, 0.0), rate), max(min(middle + half, 1.0), rate))


def newcombe(met: float, size: float, other_met: float, other_size: float) -> Difference | None:
    """Return met / size minus other_met / other_size, with Newcombe's hybrid score interval.

    See Newcombe (1998), method 10, and statistics 1.5. None if either size is 0.
    """
    first, second = wilson(met, size), wilson(other_met, other_size)
    if first is None or second is None:
        return None
    rate, other = met / size, other_met / other_size
    below = sqrt((rate - first.low) ** 2 + (second.high - other) ** 2)
    above = sqrt((first.high - rate) ** 2 + (other - second.low) ** 2)
    return Difference(rate - other, rate - other - below, rate - other + above)


def design_effect(met: npt.ArrayLike, size: npt.ArrayLike) -> float:
    """Return the factor by which clustering reduces the information in the obligations (statistics 1.3): at least 1.

    `met` and `size` have one element for each officer: how many of the officer's obligations were met, and how many
    there were. Officers without obligations are left out.
    """
    of, n_of = np.asarray(met, dtype=np.float64), np.asarray(size, dtype=np.float64)
    held = n_of > 0
    of, n_of = of[held], n_of[held]
    clusters, n, total = len(n_of), float(n_of.sum()), float(of.sum())
    if clusters < 2 or total in (0.0, n):
        return 1.0
    rate = total / n
    spread = fsum((of - n_of * rate) ** 2)  # the same to the last digit in any order of officers
    return max(1.0, clusters / (clusters - 1) * spread / (n * rate * (1 - rate)))
