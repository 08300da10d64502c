"""How many to read of each stratum (docs/reviews-method.md)."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.reviews.sample_sizes import (
    ASSUMED_ERRORS,
    HALF_WIDTH,
    LEAST,
    PlannedStratum,
    plan_half_width,
    plan_total,
)
from tests.dip_samples import WORLDS, measure, plan

HALF = PlannedStratum("half", 100, 0.5, recorded_met=True)
TENTH = PlannedStratum("tenth", 100, 0.1, recorded_met=False)


@st.composite
def planned(draw: st.DrawFn, name: str) -> PlannedStratum:
    return PlannedStratum(name, draw(st.integers(0, 80)), draw(st.floats(0.01, 0.6)), draw(st.booleans()))


STRATA = st.integers(1, 4).flatmap(lambda many: st.tuples(*(planned(f"stratum {place}") for place in range(many))))


def test_neyman_by_hand() -> None:
    """N √(e (1 − e)): 100 × 0.5 and 100 × 0.3. Of 48, 30 and 18."""
    assert plan_total([HALF, TENTH], 48).sizes == {"half": 30, "tenth": 18}
    twice = plan_total([HALF._replace(population=200), TENTH], 52)
    assert twice.sizes == {"half": 40, "tenth": 12}


def test_a_few_are_read_of_each_and_all_where_there_are_few() -> None:
    small = PlannedStratum("small", 3, 0.3, recorded_met=False)
    empty = PlannedStratum("empty", 0, 0.3, recorded_met=False)
    sure = PlannedStratum("sure", 100, 0.001, recorded_met=True)
    assert plan_total([HALF, small, empty, sure], 30).sizes == {"half": 22, "small": 3, "empty": 0, "sure": LEAST}


def test_the_whole_numbers_are_the_best_there_are() -> None:
    """Against every way to read 24 of three strata."""
    strata = [HALF._replace(population=12), TENTH, PlannedStratum("third", 40, 0.3, recorded_met=False)]

    def variance(sizes: tuple[int, ...]) -> float:
        return sum(
            each.population**2 * each.error_rate * (1 - each.error_rate) * (1 / n - 1 / each.population)
            for each, n in zip(strata, sizes, strict=True)
        )

    every = [sizes for sizes in product(range(LEAST, 13), range(LEAST, 25), range(LEAST, 25)) if sum(sizes) == 24]
    found = tuple(plan_total(strata, 24).sizes.values())
    assert variance(found) == pytest.approx(min(variance(sizes) for sizes in every))


def test_the_plan_is_the_smallest_that_is_narrow_enough() -> None:
    strata = [HALF._replace(population=2000), TENTH._replace(population=1000)]
    for wanted in (0.1, HALF_WIDTH, 0.03):
        found = plan_half_width(strata, wanted)
        assert found.half_width <= wanted < plan_total(strata, found.total - 1).half_width
    assert plan_half_width(strata) == plan_half_width(strata, 0.05)


def test_a_half_width_of_0_reads_everything_and_so_does_a_total_beyond_it() -> None:
    for found in (plan_half_width([HALF, TENTH], 0.0), plan_total([HALF, TENTH], 500)):
        assert (found.sizes, found.half_width, found.at_most) == ({"half": 100, "tenth": 100}, 0.0, 0.0)
    assert plan_half_width([]).sizes == {}


def test_the_half_width_is_near_the_textbooks_where_many_are_read() -> None:
    """One stratum of 100,000, a half wrong, 400 read: 1.96 × √(0.25 / 400) = 0.049."""
    assert plan_total([HALF._replace(population=100_000)], 400).half_width == pytest.approx(0.049, abs=0.0005)


def test_the_half_width_planned_comes_if_the_record_is_as_wrong_as_assumed() -> None:
    world = WORLDS[2]
    _, planned_reading = plan(world, 1500, 200)
    assert measure(world, 1500, 200, 200).width / 2 == pytest.approx(planned_reading.half_width, rel=0.08)


def test_at_most_is_what_comes_if_half_of_the_record_is_wrong() -> None:
    found = plan_total([TENTH], 40)
    assert found.half_width < found.at_most
    assert plan_total([HALF], 40).half_width == plan_total([HALF], 40).at_most


def test_every_assumed_error_rate_can_be_planned_with() -> None:
    strata = [PlannedStratum(name, 100, rate, recorded_met=True) for name, rate in ASSUMED_ERRORS.items()]
    assert plan_half_width(strata).total < 700


@pytest.mark.parametrize(
    ("strata", "said"),
    [
        ([HALF, HALF], "stratum 'half' is given twice"),
        ([HALF._replace(population=-1)], "stratum 'half' cannot have -1 obligations and an error rate of 0.5"),
        ([HALF._replace(error_rate=0.0)], "stratum 'half' cannot have 100 obligations and an error rate of 0.0"),
        ([HALF._replace(error_rate=1.0)], "stratum 'half' cannot have 100 obligations and an error rate of 1.0"),
        ([HALF, TENTH], "9 are too few to read: 5 of each group, or all of it, are 10"),
    ],
)
def test_what_cannot_be_planned_is_refused(strata: list[PlannedStratum], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        plan_total(strata, 9)


def test_a_half_width_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a half-width of -0\.1 cannot be: it is 0 or more$"):
        plan_half_width([HALF], -0.1)


@settings(max_examples=60)
@given(STRATA, st.integers(0, 200))
def test_a_plan_reads_what_it_may_and_more_reading_reads_no_stratum_less(
    strata: tuple[PlannedStratum, ...], more: int
) -> None:
    least, whole = sum(min(each.population, LEAST) for each in strata), sum(each.population for each in strata)
    found, next_one = plan_total(strata, least + more), plan_total(strata, least + more + 1)
    assert found.total == min(least + more, whole)
    for each in strata:
        assert min(each.population, LEAST) <= found.sizes[each.name] <= next_one.sizes[each.name] <= each.population
    assert plan_total(strata[::-1], least + more).sizes == found.sizes
