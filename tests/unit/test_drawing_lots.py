"""A dip sample is drawn by lot: each obligation of a stratum has the same chance, and anybody can draw it again."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.reviews.drawing_lots import draw
from compliance.reviews.strata import RecordedState, SampledObligation


def obligation(number: int, state: RecordedState, division: str = "") -> SampledObligation:
    day = date(2026, 11, 24)
    return SampledObligation(f"22A/{number}/26", "V1", "7-day", 1, day, day, division, state)


FRAME = [obligation(n, RecordedState.MET, "North" if n < 15 else "South") for n in range(20)]
SIZES = {RecordedState.MET: 6}


def test_each_obligation_of_a_stratum_has_the_same_chance_of_being_drawn_and_of_being_read_twice() -> None:
    """6 of 20, 4,000 times: each about 1,200 times, within five standard errors; two of six read twice likewise."""
    drawn, twice = Counter[str](), Counter[str]()
    for seed in range(4000):
        for case in draw(FRAME, SIZES, str(seed), ("amy", "ben"), 1 / 3):
            drawn[case.obligation.crime_ref] += 1
            twice[case.obligation.crime_ref] += case.second_reader is not None
    assert len(drawn) == 20
    assert all(abs(count - 1200) < 5 * (4000 * 0.3 * 0.7) ** 0.5 for count in drawn.values())
    assert all(abs(count - 400) < 5 * (4000 * 0.1 * 0.9) ** 0.5 for count in twice.values())


def test_where_a_case_stands_in_the_order_of_reading_says_nothing_of_its_stratum() -> None:
    frame = [obligation(n, RecordedState.MET if n % 2 else RecordedState.OVERDUE) for n in range(40)]
    sizes = {RecordedState.MET: 10, RecordedState.OVERDUE: 10}
    first_half = Counter[RecordedState]()
    for seed in range(500):
        cases = draw(frame, sizes, str(seed), ("amy",), 0)
        first_half.update(case.obligation.state for case in cases[:10])
    assert abs(first_half[RecordedState.MET] - 2500) < 200


def test_the_number_of_a_case_does_not_tell_a_reader_that_somebody_else_reads_it() -> None:
    """If readers had every other case, a second reader would know theirs by an odd number among even ones."""
    odd = Counter[bool]()
    for seed in range(500):
        for case in draw(FRAME, {RecordedState.MET: 20}, str(seed), ("amy", "ben"), 0.2):
            odd[case.number % 2 == 1] += case.reader == "amy"
    assert odd[True] + odd[False] == 5000
    assert abs(odd[True] - 2500) < 5 * (10_000 * 0.25) ** 0.5


@given(st.integers(1, 20), st.text(min_size=1, max_size=5))
def test_a_sample_has_its_size_no_case_twice_and_each_division_its_share(size: int, seed: str) -> None:
    cases = draw(FRAME, {RecordedState.MET: size}, seed, ("amy", "ben", "cat"), 0.2)
    assert [case.number for case in cases] == list(range(1, size + 1))
    assert len({case.obligation.key for case in cases}) == size
    north = sum(case.obligation.division == "North" for case in cases)
    assert abs(north - size * 0.75) < 1
    assert sum(case.second_reader is not None for case in cases) == round(0.2 * size)
    assert all(case.reader != case.second_reader for case in cases)
    assert cases == draw(FRAME[::-1], {RecordedState.MET: size}, seed, ("amy", "ben", "cat"), 0.2), "whatever the order"


@pytest.mark.parametrize("readers", [("amy",), ("amy", "ben", "cat")])
def test_readers_share_the_cases_equally_and_one_alone_reads_nothing_twice(readers: tuple[str, ...]) -> None:
    cases = draw(FRAME, {RecordedState.MET: 20}, "s", readers, 0.5)
    shares = Counter(case.reader for case in cases)
    assert max(shares.values()) - min(shares.values()) <= 1
    assert any(case.second_reader for case in cases) is (len(readers) > 1)
