"""The statistics against independent implementations (docs/statistics.md, sections 1.3 to 1.6)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from compliance.records.columns import encode_texts
from compliance.reports.judging.clusters import clustered, teams
from compliance.reports.judging.rates import change
from compliance.reports.methods.statistics import Z, design_effect, intra_cluster_correlation, newcombe, wilson

ALPHA = 2 * norm.sf(Z)
"""The level at which the other implementations use the very z of statistics 1.4."""
EDGES = [
    (0, 1),
    (1, 1),
    (0, 10),
    (10, 10),
    (1, 2),
    (0, 100_000),
    (100_000, 100_000),
    (1, 100_000),
    (0.5, 1.3),
    (2.5, 2.5),
]


def rates(seed: int, count: int) -> Iterator[tuple[float, float]]:
    """Edges, then random (met, size): whole counts, and fractions as a design effect leaves them."""
    yield from EDGES
    draw = np.random.default_rng(seed)
    for _ in range(count):
        size = int(draw.integers(1, 10 ** int(draw.integers(1, 6))))
        met = int(draw.integers(0, size + 1))
        deff = 1.0 if draw.random() < 0.5 else 1 + draw.exponential(2)
        yield met / deff, size / deff


def test_1_4_wilson_is_the_score_interval_without_correction() -> None:
    cases = list(rates(1, 5000))
    mine = np.array([wilson(met, size) for met, size in cases])
    theirs = proportion_confint(*np.array(cases).T, alpha=ALPHA, method="wilson")
    np.testing.assert_allclose(mine, np.array(theirs).T, rtol=0, atol=1e-9)


def test_1_4_an_interval_never_leaves_0_to_1_and_holds_its_rate() -> None:
    for met, size in rates(2, 2000):
        found = wilson(met, size)
        assert found is not None
        assert 0 <= found.low <= met / size <= found.high <= 1
    assert list(wilson(0, 25) or ()) == pytest.approx([0, 0.1331922], abs=1e-6)
    assert list(wilson(25, 25) or ()) == pytest.approx([0.8668078, 1], abs=1e-6)


def test_1_1_nothing_due_is_not_available_never_0_or_100() -> None:
    assert wilson(0, 0) is None
    assert newcombe(0, 0, 5, 10) is None
    assert newcombe(5, 10, 0, 0) is None
    nothing = clustered(np.zeros(0, dtype=np.bool_), encode_texts([]))
    assert (nothing.rate, nothing.low, nothing.high, nothing.of) == (None, None, None, 0)


def test_1_5_newcombe_is_method_10() -> None:
    ones, others = list(rates(3, 2000)), list(rates(4, 2000))[::-1]
    mine = [newcombe(*one, *other) for one, other in zip(ones, others, strict=True)]
    met, size = np.array(ones).T
    other_met, other_size = np.array(others).T
    theirs = confint_proportions_2indep(met, size, other_met, other_size, method="newcomb", compare="diff", alpha=ALPHA)
    np.testing.assert_allclose([(d.low, d.high) for d in mine if d], np.array(theirs).T, rtol=0, atol=1e-9)
    np.testing.assert_allclose([d.value for d in mine if d], met / size - other_met / other_size, rtol=0, atol=1e-12)


def test_1_5_newcombe_on_the_worked_example_of_the_paper() -> None:
    """Newcombe 1998, table II, example (a): 56/70 against 48/80; method 10 gives 0.0524 to 0.3339."""
    found = newcombe(56, 70, 48, 80)
    assert found is not None
    assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.significant


@pytest.mark.parametrize(
    ("low", "high", "significant"),
    [((55, 100), (50, 100), False), ((90, 100), (50, 100), True), ((50, 100), (90, 100), True)],
)
def test_1_5_significant_is_an_interval_that_leaves_out_0(
    low: tuple[int, int], high: tuple[int, int], significant: bool
) -> None:
    found = newcombe(*low, *high)
    assert found is not None
    assert found.significant is significant


def test_1_3_the_design_effect_is_of_a_sets_own_officers() -> None:
    draw = np.random.default_rng(5)
    for _ in range(1000):
        size, rho = draw.integers(0, 30, int(draw.integers(1, 60))), draw.random()
        plain = 1 + rho * (sum(int(n) ** 2 for n in size) / size.sum() - 1) if size.sum() else 1
        assert design_effect(size, rho) == pytest.approx(plain, abs=1e-9)
    assert design_effect([], 0.5) == 1
    assert design_effect([1, 1, 1], 0.9) == 1
    assert design_effect([50, 50], 1) == 50  # two officers count as two obligations
    assert design_effect([50, 50], 0) == 1


def test_1_3_rho_and_the_design_effect_give_back_the_variance_of_clustered_rates() -> None:
    """In simulated forces of like teams, the variance of a team's rate is p (1 − p) deff / n."""
    draw, rates_of, effects = np.random.default_rng(6), [], []
    for _ in range(60):
        habit = draw.beta(3, 1.5, (40, 5))  # teams of five officers
        met = draw.binomial(20, habit)
        rho = intra_cluster_correlation(met.ravel(), np.full(200, 20))
        rates_of.append(met.mean(axis=1) / 20)
        effects.append(design_effect([20] * 5, rho))
    p = np.mean(rates_of)
    assert np.var(rates_of) == pytest.approx(p * (1 - p) * np.mean(effects) / 100, rel=0.06)


def made(*officers: tuple[str | None, int, int]) -> Any:
    """A proportion of obligations with its own ρ: (officer, met, not met)."""
    hit = [done for _, met, others in officers for done in [True] * met + [False] * others]
    names = [name for name, met, others in officers for _ in range(met + others)]
    return clustered(np.array(hit, dtype=np.bool_), encode_texts(names))


def test_1_3_obligations_without_an_officer_count_as_one_each() -> None:
    loose = made(("A", 30, 0), ("B", 0, 30), (None, 20, 20))
    singles = made(("A", 30, 0), ("B", 0, 30), *((f"N{i}", int(i < 20), int(i >= 20)) for i in range(40)))
    assert loose == singles
    assert loose.deff < made(("A", 30, 0), ("B", 0, 30), ("C", 20, 20)).deff


def test_1_3_teams_of_one_name_in_two_divisions_are_two_and_those_without_a_name_one_each() -> None:
    found = teams(encode_texts(["N", "N", "S", "S", "N", None]), encode_texts(["X", "X", "X", None, None, "X"]))
    assert found[0] == found[1]
    assert len({found[0], found[2], found[5]}) == 3
    assert found[3] == found[4] == -1


def test_1_3_intervals_and_tests_use_the_effective_size() -> None:
    split, loose = made(("A", 45, 5), ("B", 5, 45)), made((None, 50, 50))
    assert split.rate == loose.rate == 0.5
    assert (split.low, split.high) == wilson(50 / split.deff, 100 / split.deff)
    other = made((None, 75, 25))
    tight, wide = change(other, loose), change(other, split)
    assert tight is not None
    assert wide is not None
    assert tight.significant
    assert not wide.significant


def test_1_6_fewer_than_10_are_never_called_significant() -> None:
    many, nine, ten = made((None, 0, 200)), made((None, 9, 0)), made((None, 10, 0))
    few, enough = change(nine, many), change(ten, many)
    assert few is not None
    assert enough is not None
    assert (few.tested, few.significant) == (False, False)
    assert few.low > 0
    assert (enough.tested, enough.significant) == (True, True)
    assert change(many, nine) == replace(few, difference=-few.difference, low=-few.high, high=-few.low)
    assert nine.few
    assert not ten.few
