"""What units are compared by, against independent implementations (docs/statistics.md, sections 1.3, 1.5 and 1.5b)."""

from fractions import Fraction
from itertools import pairwise
from math import inf, sqrt
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import f_oneway, norm, t
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from compliance.reports.methods.statistics import (
    benjamini_hochberg,
    cumulative_sum,
    intra_cluster_correlation,
    newcombe,
    newcombe_p,
    paired_change,
    two_sided_of_few,
)

Counts = npt.NDArray[np.int64]


def officers(draw: np.random.Generator, most: int = 40) -> tuple[Counts, Counts]:
    """How many of the obligations of some officers, each with a habit of their own, were met; and how many there were."""
    count = int(draw.integers(2, most))
    size = draw.integers(1, int(draw.integers(2, 40)), count)
    spread = 10 ** draw.uniform(-0.5, 2)
    return draw.binomial(size, draw.beta(2 * spread, spread, count)), size


def test_1_3_rho_is_that_of_a_one_way_analysis_of_variance() -> None:
    """F of another implementation on the single obligations; ρ = (F − 1) / (F + n₀ − 1)."""
    draw, above, cases = np.random.default_rng(1), 0, 0
    while cases < 1000:
        met, size = officers(draw)
        if not 0 < met.sum() < size.sum() or size.max() == 1:
            continue
        outcomes = [np.arange(n) < m for m, n in zip(met, size, strict=True)]
        if all(each.min() == each.max() for each in outcomes):
            continue  # nothing varies within an officer: F is infinite
        f = f_oneway(*outcomes).statistic
        common = (size.sum() - (size**2).sum() / size.sum()) / (len(size) - 1)
        expected = max(0.0, (f - 1) / (f + common - 1))
        assert intra_cluster_correlation(met, size) == pytest.approx(expected, abs=1e-9)
        above += expected > 0
        cases += 1
    assert 300 < above < 980


@pytest.mark.parametrize(
    ("met", "size", "expected"),
    [
        ([], [], 0),
        ([3], [7], 0),  # J < 2
        ([0, 3], [0, 7], 0),  # an officer without obligations is not one of the J
        ([1, 0, 1], [1, 1, 1], 0),  # N = J
        ([0, 0], [5, 9], 0),  # the denominator is 0
        ([5, 9], [5, 9], 0),
        ([50, 0], [50, 50], 1),
        ([25, 25], [50, 50], 0),
    ],
)
def test_1_3_rho_at_its_edges(met: list[int], size: list[int], expected: float) -> None:
    assert intra_cluster_correlation(met, size) == pytest.approx(expected, abs=1e-12)


def test_1_2a_rho_is_the_same_to_the_last_digit_in_whatever_order_the_officers_come() -> None:
    dice = Random(4)
    for _ in range(50):
        pairs = [(dice.randint(0, n), n) for n in (dice.randint(1, 30) for _ in range(40))]
        shuffled = dice.sample(pairs, len(pairs))
        every = (pairs, shuffled, [*shuffled, (0, 0)])
        assert len({intra_cluster_correlation(*zip(*each, strict=True)) for each in every}) == 1


def test_1_5_p_is_the_level_at_which_newcombes_interval_just_touches_0() -> None:
    """By another implementation of the interval: at a level 1e-9 lower it holds 0, at one 1e-9 higher it does not."""
    draw = np.random.default_rng(2)
    size, other = (
        draw.integers(1, 10 ** draw.integers(1, 5, 5000) + 1) / draw.choice([1, 1.7, 3.2], 5000) for _ in "ab"
    )
    met, other_met = (n * np.clip(draw.uniform(-0.05, 1.05, 5000), 0, 1) for n in (size, other))
    p = np.array([newcombe_p(*case) for case in zip(met, size, other_met, other, strict=True)])
    higher = met / size > other_met / other

    def nearest_0(level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The end of the interval that comes to 0 first, as far on the side of the difference."""
        low, high = confint_proportions_2indep(
            met, size, other_met, other, method="newcomb", compare="diff", alpha=level
        )
        return np.where(higher, low, -high)

    assert (nearest_0(np.minimum(p + 1e-9, 1))[p < 1] > 0).all()
    assert (nearest_0(np.maximum(p - 1e-9, 1e-300))[(p > 1e-9) & (p < 1)] < 0).all()
    assert (p[met / size == other_met / other] == 1).all()
    assert ((p > 1e-9) & (p < 1)).sum() > 2000


def test_1_5_p_is_below_5_per_cent_exactly_where_the_interval_leaves_out_0() -> None:
    draw = np.random.default_rng(3)
    seen = set()
    for _ in range(1000):
        size, other = (int(n) for n in draw.integers(5, 200, 2))
        case = (int(draw.binomial(size, 0.6)), size, int(draw.binomial(other, 0.7)), other)
        found, p = newcombe(*case), newcombe_p(*case)
        assert found is not None
        assert p is not None
        assert found.significant is (p < 0.05)
        assert p == newcombe_p(*case[2:], *case[:2]) or abs(p - (newcombe_p(*case[2:], *case[:2]) or 0)) < 1e-12
        seen.add(found.significant)
    assert seen == {True, False}
    assert newcombe_p(0, 0, 5, 10) is None
    assert newcombe_p(5, 10, 0, 0) is None


@pytest.mark.parametrize("level", [0.01, 0.02, 0.05])
def test_1_5_a_family_is_judged_together_by_benjamini_and_hochberg(level: float) -> None:
    draw, seen = np.random.default_rng(4), set()
    for _ in range(1000):
        p = draw.random(int(draw.integers(1, 30))) ** draw.uniform(1, 8)
        if draw.random() < 0.2:
            p = np.round(p, 2)  # with ties
        mine, theirs = benjamini_hochberg(p.tolist(), level), multipletests(p, alpha=level, method="fdr_bh")[0]
        assert mine == tuple(theirs.tolist())
        seen.add(sum(mine))
    assert len(seen) > 10
    assert benjamini_hochberg([], level) == ()
    # The second is above 5 % / 2 and is kept by the third.
    assert benjamini_hochberg([0.9, 0.049, 0.03, 0.03], 0.05) == (False, False, False, False)
    assert benjamini_hochberg([0.9, 0.036, 0.03, 0.001], 0.05) == (False, True, True, True)


def paired_plainly(spans: tuple[Counts, Counts, Counts, Counts]) -> tuple[float, float, float]:
    """p₁, p₀ and z by the formula of 1.5b, in exact fractions."""
    m_1, n_1, m_0, n_0 = ([Fraction(int(value)) for value in column] for column in spans)
    p_1, p_0 = sum(m_1) / sum(n_1), sum(m_0) / sum(n_0)
    d = [
        (m_1[o] - n_1[o] * p_1) / sum(n_1) - (m_0[o] - n_0[o] * p_0) / sum(n_0)
        for o in range(len(m_1))
        if n_1[o] or n_0[o]
    ]
    return float(p_1), float(p_0), float(p_1 - p_0) / sqrt(sum(each**2 for each in d))


def test_1_5b_thirteen_weeks_against_the_thirteen_before_are_paired_by_officer() -> None:
    draw = np.random.default_rng(5)
    for _ in range(300):
        now, before = officers(draw), officers(draw)
        count = max(len(now[0]), len(before[0])) + 1  # officers of either span, and one of neither
        spans = tuple(np.pad(column, (0, count - len(column))) for column in (*now, *before))
        found = paired_change(*spans)
        assert found is not None
        p_1, p_0, z = paired_plainly((spans[0], spans[1], spans[2], spans[3]))
        assert (found.now, found.before, found.z) == pytest.approx((p_1, p_0, z), rel=1e-9)
        assert found.p == pytest.approx(2 * norm.sf(abs(z)), abs=1e-9)
        few = found.officers
        assert found.p_of_few == pytest.approx(2 * t.sf(abs(z) * sqrt((few - 1) / few), few - 1), abs=1e-9)


def test_the_t_of_few_is_students() -> None:
    for freedom in (*range(1, 40), 100, 1001):
        for value in (0.0, 1e-6, 0.3, 1.0, -2.5, 12.7, 300.0):
            assert two_sided_of_few(value, freedom) == pytest.approx(2 * t.sf(abs(value), freedom), abs=1e-9)
    assert two_sided_of_few(inf, 3) == 0.0


def test_1_5b_teams_of_a_few_officers_who_are_all_alike_seldom_change() -> None:
    """Of 4,000 teams of six in which nothing changes, one in a hundred is beyond 1 %; by the normal, one in twelve."""
    draw = np.random.default_rng(7)
    beyond = {"few": 0, "normal": 0}
    for _ in range(4000):
        chance = draw.beta(14, 5, 6)
        size, before = draw.poisson(24, 6), draw.poisson(24, 6)
        found = paired_change(draw.binomial(size, chance), size, draw.binomial(before, chance), before)
        assert found is not None
        beyond["few"] += found.p_of_few < 0.01
        beyond["normal"] += found.p < 0.01
    assert beyond["few"] < 60
    assert beyond["normal"] > 200


def test_1_5b_what_an_officer_always_did_is_no_change() -> None:
    """Five who update all and five who update none, and again: paired, a fall of 5 points is far beyond chance."""
    size = [40] * 10
    before, now = [38, 37, 39, 38, 37, 2, 3, 2, 1, 3], [36, 35, 37, 36, 35, 0, 1, 0, 0, 1]
    found = paired_change(now, size, before, size)
    assert found is not None
    assert found.before - found.now == pytest.approx(0.0475)
    assert found.z < -5
    alone = paired_change([*now, *[0] * 10], [*size, *[0] * 10], [*[0] * 10, *before], [*[0] * 10, *size])
    assert alone is not None  # the same numbers by officers of one span only
    assert alone.p > 0.5


def test_1_5b_a_change_has_no_measure_of_chance_with_nothing_due_or_one_officer() -> None:
    assert paired_change([], [], [], []) is None
    assert paired_change([5], [9], [4], [9]) is None
    assert paired_change([5, 0], [9, 0], [4, 0], [9, 0]) is None
    assert paired_change([5, 5], [9, 9], [0, 0], [0, 0]) is None
    # All officers stopped, each as much as the other: nothing but the change is left.
    stopped, same = paired_change([0, 0], [9, 9], [9, 9], [9, 9]), paired_change([9, 9], [9, 9], [9, 9], [9, 9])
    assert stopped == (0, 1, -inf, 0, 2)
    assert same == (1, 1, 0, 1, 2)


def summed_plainly(values: list[float]) -> tuple[list[float], list[float]]:
    centre, sigma = float(np.mean(values[:26])), float(np.std(values[:26], ddof=1))
    below, above = [0.0], [0.0]
    for x in values[26:]:
        below.append(max(0.0, below[-1] + (centre - x) / sigma - 0.5))
        above.append(max(0.0, above[-1] + (x - centre) / sigma - 0.5))
    return below[1:], above[1:]


def test_1_5b_the_cumulative_sum_is_of_the_last_13_weeks_against_the_26_before() -> None:
    draw = np.random.default_rng(6)
    seen = set()
    for _ in range(1000):
        values = draw.normal(70, 4, 39)
        values[26 + int(draw.integers(0, 13)) :] += draw.choice([-12, -6, 0, 6])
        found = cumulative_sum(values.tolist())
        assert found is not None
        below, above = summed_plainly(values.tolist())
        np.testing.assert_allclose([found.below, found.above], [below, above], rtol=0, atol=1e-9)
        assert (found.fell is not None, found.rose is not None) == (max(below) > 10, max(above) > 10)
        for since, sums in ((found.fell, below), (found.rose, above)):
            if since is not None:
                passed = next(place for place, value in enumerate(sums) if value > 10)
                assert all(value > 0 for value in sums[since - 26 : passed + 1])
                assert since == 26 or sums[since - 27] == 0
        seen.add((found.fell is not None, found.rose is not None))
    assert len(seen) >= 3


def test_1_5b_a_change_is_dated_from_the_week_after_the_sum_was_last_0() -> None:
    quiet = [69.0, 71.0] * 13
    fallen = cumulative_sum([*quiet, *[70.0] * 5, *[66.0] * 8])
    assert fallen is not None
    assert (fallen.fell, fallen.rose) == (31, None)
    risen = cumulative_sum([*quiet, *[74.0] * 13])
    assert risen is not None
    assert (risen.fell, risen.rose) == (None, 26)
    steady = cumulative_sum([*quiet, *[70.0] * 13])
    assert steady is not None
    assert (steady.fell, steady.rose) == (None, None)
    assert all(after - before < 0.01 for before, after in pairwise(steady.below))


def test_1_5b_no_cumulative_sum_without_spread_or_with_a_week_without_a_figure() -> None:
    assert cumulative_sum([*[70.1] * 26, *[50.0] * 13]) is None
    assert cumulative_sum([*[69.0, 71.0] * 13, None, *[50.0] * 12]) is None
    with pytest.raises(ValueError, match="38 values, not 39"):
        cumulative_sum([50.0] * 38)
