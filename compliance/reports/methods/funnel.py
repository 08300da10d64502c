"""The funnel plot: rates compared with the limits of chance (statistics section 3).

Rates and limits are proportions from 0 to 1.
"""

from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

WITHIN_95: Final = (0.025, 0.975)
WITHIN_998: Final = (0.001, 0.999)
_ROUNDING: Final = 1e-9
"""Tolerance for counts that were multiplied by a rate."""


class Bounds(Struct, frozen=True):
    """The limits at one size. They are drawn, and no unit is called different by them (statistics 3.2)."""

    size: int
    low_95: float
    high_95: float
    low_998: float
    high_998: float


@lru_cache(maxsize=4096)
def bounds(size: int, rate: float) -> Bounds:
    """Return the limits around a rate for a size of at least 1."""
    cumulative = _cumulative(size, rate)
    low_95, high_95 = (_limit(cumulative, p) for p in WITHIN_95)
    low_998, high_998 = (_limit(cumulative, p) for p in WITHIN_998)
    return Bounds(size, low_95, high_95, low_998, high_998)


def upper_tail(size: int, rate: float, count: float) -> float:
    """Return the probability of at least a count, whole or not, of a size of at least 1: the whole numbers above it."""
    place = ceil(count - _ROUNDING) - 1
    return 1.0 if place < 0 else float(1 - _cumulative(size, rate)[min(place, size)])


def _limit(cumulative: npt.NDArray[np.float64], p: float) -> float:
    """Return an exact binomial limit, interpolated (Spiegelhalter 2005, appendix; statistics 3.1)."""
    size = len(cumulative) - 1
    r = min(int(np.searchsorted(cumulative, p, side="left")), size)
    below = float(cumulative[r - 1]) if r else 0.0
    alpha = (float(cumulative[r]) - p) / (float(cumulative[r]) - below)
    return min(max((r - alpha) / size, 0.0), 1.0)


def _cumulative(size: int, rate: float) -> npt.NDArray[np.float64]:
    """Return F(0) … F(size) of the binomial distribution.

    Each probability is calculated from its neighbour's, outwards from the likeliest count. This needs no factorials and
    cannot overflow.
    """
    if rate in (0.0, 1.0):
        return np.where(np.arange(size + 1) >= rate * size, 1.0, 0.0)
    mode = min(int((size + 1) * rate), size)
    odds = rate / (1 - rate)
    up = np.arange(mode, size, dtype=np.float64)
    down = np.arange(mode, 0, -1, dtype=np.float64)
    above = np.cumprod((size - up) / (up + 1) * odds)
    below = np.cumprod(down / (size - down + 1) / odds)
    probability = np.concatenate([below[::-1], [1.0], above])
    total = np.cumsum(probability)
    cumulative: npt.NDArray[np.float64] = total / total[-1]
    return cumulative
