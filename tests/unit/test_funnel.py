"""The funnel's limits against scipy's binomial distribution (docs/statistics.md, section 3)."""

from random import Random

import numpy as np
import pytest
from scipy.stats import binom

from compliance.reports.methods.funnel import bounds, upper_tail


def plain(size: int, rate: float, p: float) -> float:
    """3.1, with F from another library."""
    r = int(binom.ppf(p, size, rate))
    while r > 0 and binom.cdf(r - 1, size, rate) >= p:
        r -= 1
    while binom.cdf(r, size, rate) < p:
        r += 1
    at, below = binom.cdf(r, size, rate), binom.cdf(r - 1, size, rate)
    return float(np.clip((r - (at - p) / (at - below)) / size, 0, 1))


def cases() -> list[tuple[int, float]]:
    rng = Random(2)
    edges = [(size, rate) for size in (1, 2, 10, 20_000) for rate in (0.0, 1.0, 1e-6, 1 - 1e-6, 0.5, 0.3)]
    return edges + [(rng.randrange(1, 10 ** rng.randrange(1, 5)), rng.random()) for _ in range(1500)]


def test_3_1_exact_binomial_limits_interpolated() -> None:
    for size, rate in cases():
        found = bounds(size, rate)
        expected = [plain(size, rate, p) for p in (0.025, 0.975, 0.001, 0.999)]
        got = [found.low_95, found.high_95, found.low_998, found.high_998]
        assert got == pytest.approx(expected, rel=0, abs=1e-9), (size, rate)


def test_3_1_limits_lie_in_order_within_0_and_1_and_narrow_with_size() -> None:
    for size, rate in cases():
        found = bounds(size, rate)
        assert 0 <= found.low_998 <= found.low_95 <= found.high_95 <= found.high_998 <= 1
    wide, narrow = bounds(50, 0.6), bounds(5000, 0.6)
    assert wide.low_998 < narrow.low_998 < narrow.low_95 < 0.6 < narrow.high_95 < narrow.high_998 < wide.high_998


@pytest.mark.parametrize(("size", "rate"), [(1, 0.5), (20, 0.1), (333, 0.03), (60, 0.0), (5000, 0.4)])
def test_the_upper_tail_is_that_of_the_binomial_distribution(size: int, rate: float) -> None:
    for count in {0, 1, size // 3, size}:
        assert upper_tail(size, rate, count) == pytest.approx(binom.sf(count - 1, size, rate), rel=1e-6, abs=1e-12)
    assert upper_tail(size, rate, 0.4) == upper_tail(size, rate, 1)
