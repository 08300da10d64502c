"""What a dip sample says of the rate and of the record (docs/reviews-method.md)."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom

from compliance.reviews.estimates import EstimatedRate, ReviewEstimate, StratumCounts, estimate
from compliance.reviews.posterior import ReadStratum, limits_of_errors, limits_of_met
from tests.dip_samples import WORLDS, measure, width

MET = StratumCounts("met", 600, 60, 54, 0, recorded_met=True)
MISSED = StratumCounts("missed", 400, 20, 5, 0, recorded_met=False)


@st.composite
def counts(draw: st.DrawFn, name: str) -> StratumCounts:
    population = draw(st.integers(0, 60))
    read = draw(st.integers(0, population))
    unclear = draw(st.integers(0, read))
    return StratumCounts(name, population, read, draw(st.integers(0, read - unclear)), unclear, draw(st.booleans()))


STRATA = st.integers(1, 5).flatmap(lambda many: st.tuples(*(counts(f"stratum {place}") for place in range(many))))


def rates(of: ReviewEstimate) -> list[EstimatedRate]:
    found = [of.adjusted, of.flattering, of.harming, of.errors, *(each.rate for each in of.by_stratum)]
    return [each for each in found if each is not None]


def test_the_adjusted_rate_and_the_errors_by_hand() -> None:
    """Of 600 recorded as met 54 of 60 were: 540. Of 400 recorded as missed 5 of 20 were met: 100."""
    found = estimate([MET, MISSED])
    assert (found.population, found.covered, found.uncovered, found.read, found.unclear) == (1000, 1000, (), 80, 0)
    assert (found.recorded, found.recorded_covered) == (0.6, 0.6)
    assert found.adjusted is not None
    assert found.difference is not None
    assert found.adjusted.value == pytest.approx(0.64)
    assert tuple(found.difference) == pytest.approx([each - 0.6 for each in found.adjusted])
    assert [each.value for each in rates(found)] == pytest.approx([0.64, 0.06, 0.10, 0.16, 0.10, 0.25])
    assert [(each.name, each.established, each.errors) for each in found.by_stratum] == [
        ("met", 60, 6),
        ("missed", 20, 5),
    ]
    assert found.if_unclear_met == found.if_unclear_not == pytest.approx(0.64)


def test_limits_are_those_of_bayes_theorem_for_the_unread() -> None:
    """Two strata of 600 and 400, so that their priors are Beta(½, ½), as 0.6 is cut to ½, and Beta(0.4, 0.6)."""
    unread = np.convolve(betabinom.pmf(np.arange(541), 540, 6 + 0.5, 54 + 0.5),
                         betabinom.pmf(np.arange(381), 380, 5 + 0.4, 15 + 0.6))  # fmt: skip
    low, high = np.searchsorted(np.cumsum(unread), (0.025, 0.975))
    errors = limits_of_errors([ReadStratum(600, 60, 6, True), ReadStratum(400, 20, 5, False)])
    assert errors == (11 + low, 11 + high)
    met = np.convolve(betabinom.pmf(np.arange(541), 540, 54 + 0.5, 6 + 0.5),
                      betabinom.pmf(np.arange(381), 380, 5 + 0.4, 15 + 0.6))  # fmt: skip
    low, high = np.searchsorted(np.cumsum(met), (0.025, 0.975))
    assert limits_of_met([ReadStratum(600, 60, 6, True), ReadStratum(400, 20, 5, False)]) == (59 + low, 59 + high)


def test_the_smallest_case_by_hand() -> None:
    """One of two read and right: the other is wrong by a chance of ½ / 2, so both limits of 95 % are possible."""
    assert limits_of_errors([ReadStratum(2, 1, 0, True)]) == (0, 1)
    assert limits_of_met([ReadStratum(2, 1, 0, True)]) == (1, 2)


def test_a_stratum_read_whole_has_no_uncertainty() -> None:
    found = estimate([MET._replace(population=60), MISSED._replace(population=20)])
    assert all(each.low == each.value == each.high for each in rates(found))
    part = estimate([MET._replace(population=60), MISSED])
    assert part.flattering == (6 / 460, 6 / 460, 6 / 460)
    assert width(part.harming) == width(part.adjusted) > 0


def test_a_stratum_of_which_nothing_was_read_is_named_and_never_counted_as_nothing() -> None:
    late = StratumCounts("late", 500, 0, 0, 0, recorded_met=False)
    found = estimate([MET, late, MISSED])
    assert (found.population, found.covered, found.uncovered) == (1500, 1000, ("late",))
    assert (found.recorded, found.recorded_covered) == (0.4, 0.6)
    without = estimate([MET, MISSED])
    assert (found.adjusted, found.difference, found.errors) == (without.adjusted, without.difference, without.errors)
    assert found.by_stratum[1].rate is None
    assert estimate([MET, late._replace(population=0)]).uncovered == ()


def test_what_could_not_be_established_is_left_out_and_its_bounds_are_stated() -> None:
    """Of 60 read 54 were met and 6 are unclear: 54 of 54 established. Bounds: all 60, or 54 of 60."""
    found = estimate([MET._replace(unclear=6)])
    assert found.adjusted is not None
    assert (found.adjusted.value, found.unclear, found.if_unclear_met, found.if_unclear_not) == (1.0, 6, 1.0, 0.9)
    assert estimate([MET._replace(population=60, unclear=6)]).adjusted != (1.0, 1.0, 1.0)
    nothing = estimate([MET, MISSED._replace(met=0, unclear=20)])
    assert nothing.uncovered == ("missed",)
    assert nothing.by_stratum[1].rate is None


def test_where_nothing_was_read_there_is_no_rate() -> None:
    found = estimate([MET._replace(read=0, met=0)])
    assert (found.recorded, found.adjusted, found.difference, found.errors, found.if_unclear_met) == (1.0, *[None] * 4)
    assert estimate([]).recorded is None


def test_no_error_of_a_kind_is_known_where_no_stratum_of_it_was_read() -> None:
    found = estimate([MET])
    assert found.harming is None
    assert found.flattering is not None


@pytest.mark.parametrize(
    ("strata", "said"),
    [
        ([MET, MET], "stratum 'met' is given twice"),
        ([MET._replace(met=61)], "stratum 'met' cannot have 60 read of 600, 61 met, 0 unclear"),
        ([MET._replace(unclear=7)], "stratum 'met' cannot have 60 read of 600, 54 met, 7 unclear"),
        ([MET._replace(read=601)], "stratum 'met' cannot have 601 read of 600, 54 met, 0 unclear"),
        ([MET._replace(met=-1)], "stratum 'met' cannot have 60 read of 600, -1 met, 0 unclear"),
        ([MET._replace(unclear=-1)], "stratum 'met' cannot have 60 read of 600, 54 met, -1 unclear"),
    ],
)
def test_counts_that_cannot_be_are_refused(strata: list[StratumCounts], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        estimate(strata)


@settings(max_examples=200)
@given(STRATA)
def test_limits_hold_the_estimate_and_lie_where_rates_can(strata: tuple[StratumCounts, ...]) -> None:
    found = estimate(strata)
    for each in rates(found):
        assert 0 <= each.low <= each.value <= each.high <= 1 + 1e-12
    if found.adjusted is not None and found.if_unclear_met is not None and found.if_unclear_not is not None:
        assert found.if_unclear_not - 1e-12 <= found.adjusted.value <= found.if_unclear_met + 1e-12


@settings(max_examples=200)
@given(STRATA, st.randoms(use_true_random=False))
def test_the_order_of_strata_does_not_matter(strata: tuple[StratumCounts, ...], random: Random) -> None:
    mixed = list(strata)
    random.shuffle(mixed)
    found, other = estimate(strata), estimate(mixed)
    assert {*found.by_stratum} == {*other.by_stratum}
    assert {*found.uncovered} == {*other.uncovered}
    assert found._replace(by_stratum=(), uncovered=()) == other._replace(by_stratum=(), uncovered=())


@given(STRATA)
def test_all_read_gives_width_0(strata: tuple[StratumCounts, ...]) -> None:
    whole = estimate([each._replace(population=each.established, read=each.established, unclear=0) for each in strata])
    assert all(each.high - each.low == pytest.approx(0, abs=1e-12) for each in rates(whole))


@pytest.mark.parametrize("of_ten", [0, 1, 3, 5])
def test_the_more_are_read_the_narrower_the_interval(of_ten: int) -> None:
    """The same shares found in 10, 20, 40 … of each stratum."""
    widths = []
    for times in (1, 2, 4, 8, 16, 32):
        read = 10 * times
        strata = [
            StratumCounts("met", 1000, read, read - of_ten * times, 0, recorded_met=True),
            StratumCounts("missed", 500, read, of_ten * times, 0, recorded_met=False),
        ]
        widths.append(width(estimate(strata).adjusted))
    assert all(later < earlier for earlier, later in pairwise(widths))


@pytest.mark.parametrize(
    ("world", "population", "read"), [(0, 1500, 120), (1, 1500, 200), (3, 1500, 60), (5, 300, 120)]
)
def test_the_interval_of_the_adjusted_rate_holds_the_truth(world: int, population: int, read: int) -> None:
    """The short form of `tests/soak/test_review_coverage.py`: 93 in 100, less three standard errors of 1,000 seeds."""
    found = measure(WORLDS[world], population, read, 1000)
    assert min(found.adjusted, found.errors, found.flattering, found.harming) > 0.906


def test_the_textbook_interval_does_not_where_errors_are_few() -> None:
    """Why another is used: in a stratum where no error was found it takes it for certain that there is none."""
    assert measure(WORLDS[0], 1500, 120, 400).plain < 0.85
