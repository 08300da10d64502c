"""How far two readers of the same cases agree (docs/reviews-method.md)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from compliance.reports.methods.statistics import Z, wilson
from compliance.reviews.agreement import measure_agreement

READINGS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=40)


def readings(table: list[list[int]]) -> list[tuple[int, int]]:
    return [(i, j) for i, row in enumerate(table) for j, number in enumerate(row) for _ in range(number)]


def test_kappa_of_two_categories_by_hand() -> None:
    """35 of 50 agree: 0.7. By chance 0.5 × 0.6 + 0.5 × 0.4 = 0.5. Kappa = 0.2 / 0.5."""
    found = measure_agreement(readings([[20, 5], [10, 15]]))
    assert (found.cases, found.agreed, found.share, found.expected) == (50, 35, 0.7, 0.5)
    assert found.share_limits == wilson(35, 50)
    assert found.kappa == pytest.approx(0.4)
    assert found.remark is None


def test_the_published_example_of_fleiss_levin_and_paik() -> None:
    """Statistical Methods for Rates and Proportions (2003), table 18.1: kappa 0.68, standard error 0.087."""
    found = measure_agreement(readings([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))
    assert found.kappa is not None
    assert found.kappa_limits is not None
    assert found.kappa == pytest.approx(0.6765, abs=5e-5)
    assert (found.kappa_limits.high - found.kappa) / Z == pytest.approx(0.0877, abs=5e-5)
    assert found.kappa - found.kappa_limits.low == pytest.approx(found.kappa_limits.high - found.kappa)


def test_the_example_of_scikit_learn() -> None:
    """The example of cohen_kappa_score: 0.6875."""
    first = ["negative", "positive", "negative", "neutral", "positive"]
    second = ["negative", "positive", "negative", "neutral", "negative"]
    assert measure_agreement(zip(first, second, strict=True)).kappa == pytest.approx(0.6875)


def test_kappa_and_its_error_are_those_of_another_implementation() -> None:
    draw = np.random.default_rng(1)
    compared = 0
    while compared < 300:
        size = int(draw.integers(2, 5))
        table = draw.integers(0, 12, (size, size)) + np.diag(draw.integers(0, 30, size))
        found = measure_agreement(readings(table.tolist()))
        if found.kappa_limits is None or found.kappa_limits.low == -1 or found.kappa_limits.high == 1:
            continue
        theirs = cohens_kappa(table)
        assert found.kappa == pytest.approx(theirs.kappa, abs=1e-12)
        assert (found.kappa_limits.high - found.kappa_limits.low) / 2 / Z == pytest.approx(theirs.std_kappa, abs=1e-9)
        compared += 1


def test_kappa_is_not_defined_where_all_is_in_one_category() -> None:
    found = measure_agreement([("in time", "in time")] * 40)
    assert (found.share, found.expected, found.kappa, found.kappa_limits) == (1.0, 1.0, None, None)
    assert found.remark is not None
    assert "Both readers put every case in the same category" in found.remark


def test_kappa_has_no_interval_where_its_error_cannot_be_estimated() -> None:
    agreed = measure_agreement([("in time", "in time")] * 5 + [("late", "late")] * 5)
    assert (agreed.kappa, agreed.kappa_limits) == (1.0, None)
    assert agreed.remark == "The readers agree on every case, so the error of kappa cannot be estimated."
    lopsided = measure_agreement([("in time", "in time")] * 5 + [("in time", "late")] * 5)
    assert (lopsided.kappa, lopsided.kappa_limits) == (0.0, None)
    assert lopsided.remark is not None
    assert lopsided.remark.startswith("One reader put every case in the same category.")


def test_no_case_read_twice_gives_no_figure() -> None:
    found = measure_agreement([])
    assert (found.cases, found.share, found.share_limits, found.kappa) == (0, None, None, None)
    assert found.remark == "No case was read by both readers."


@given(READINGS)
def test_limits_hold_kappa_and_neither_readers_nor_order_matter(pairs: list[tuple[str, str]]) -> None:
    found = measure_agreement(pairs)
    turned = measure_agreement([(second, first) for first, second in reversed(pairs)])
    assert (found.kappa, found.share, found.remark) == (turned.kappa, turned.share, turned.remark)
    assert (found.kappa_limits is None) == (found.remark is not None)
    if found.kappa is not None and found.kappa_limits is not None:
        assert -1 <= found.kappa_limits.low <= found.kappa <= found.kappa_limits.high <= 1
        assert turned.kappa_limits == pytest.approx(found.kappa_limits)
