"""The control chart against a plain second implementation in exact fractions (docs/statistics.md, section 2)."""

from collections.abc import Collection
from fractions import Fraction
from random import Random

import pytest

from compliance.reports.methods.control import Control, assurance, chart_as_told, control_chart

Values = list[float | None]
Runs = list[list[tuple[int, Fraction]]]
Found = dict[int, tuple[str, bool]]


def runs_of(values: Values, excluded: Collection[int] = ()) -> Runs:
    """(place, value as printed: 70.1 is 701/10) of adjacent points; an excluded week parts them (2.2b)."""
    runs: Runs = [[]]
    for i, v in enumerate(values):
        if i in excluded:
            runs.append([])
        elif v is not None:
            runs[-1].append((i, Fraction(str(v))))
    return runs


def lines_of(runs: Runs) -> list[Fraction]:
    """Centre, lower, upper, near lower, near upper (2.1)."""
    points = [v for run in runs for _, v in run]
    centre = sum(points) / Fraction(len(points))
    moves = [abs(run[i][1] - run[i - 1][1]) for run in runs for i in range(1, len(run))]
    reach = Fraction(266, 100) * sum(moves) / len(moves) if moves else Fraction(0)
    return [centre, centre - reach, centre + reach, centre - reach * 2 / 3, centre + reach * 2 / 3]


def by_rule(runs: Runs) -> dict[str, dict[int, bool]]:
    """What each rule of 2.2 flags by itself, with whether it is up."""
    centre, low, high, near_low, near_high = lines_of(runs)
    found: dict[str, dict[int, bool]] = {rule: {} for rule in ("outside", "trend", "two in three", "shift")}
    for run in runs:
        points = [v for _, v in run]
        for i, (place, v) in enumerate(run):
            sevens = [points[a : a + 7] for a in range(i - 6, i + 1) if a >= 0 and a + 7 <= len(points)]
            threes = [points[a : a + 3] for a in range(i - 2, i + 1) if a >= 0 and a + 3 <= len(points)]
            moving = [
                way
                for seven in sevens
                for way in (True, False)
                if all((seven[k] < seven[k + 1]) if way else (seven[k] > seven[k + 1]) for k in range(6))
            ]

            def is_near(x: Fraction, up: bool) -> bool:
                return near_high < x <= high if up else low <= x < near_low

            up = v > centre
            if not low <= v <= high:
                found["outside"][place] = up
            if moving:
                found["trend"][place] = moving[0]
            if (
                v != centre
                and is_near(v, up)
                and any(
                    all((x > centre) == up and x != centre for x in three) and sum(is_near(x, up) for x in three) >= 2
                    for three in threes
                )
            ):
                found["two in three"][place] = up
            if any(all(x > centre for x in seven) or all(x < centre for x in seven) for seven in sevens):
                found["shift"][place] = up
    return found


def plain(values: Values, excluded: Collection[int] = ()) -> tuple[list[Fraction], Found]:
    """(centre, lower, upper, near lower, near upper; special causes by place) by the text of section 2 alone."""
    runs = runs_of(values, excluded)
    if all(len(run) < 2 for run in runs):
        return lines_of(runs), {}
    found = by_rule(runs)
    left = [[point for point in run if point[0] not in found["outside"]] for run in runs]
    if found["outside"]:
        again = by_rule(left) if any(left) else {"two in three": {}, "shift": {}}
        for rule in ("two in three", "shift"):
            found[rule] = {place: up for place, up in found[rule].items() if again[rule].get(place) == up}
    causes: Found = {}
    for rule, flagged in found.items():
        for place, up in flagged.items():
            causes.setdefault(place, (rule, up))
    return lines_of(runs), causes


def signals(chart: Control) -> Found:
    return {s.place: (s.rule, s.improvement) for s in chart.signals}


def series(rng: Random) -> Values:
    """Quiet, drifting, shifting or coarse series; some weeks without a point."""
    length, step = rng.randrange(1, 40), rng.choice([0.5, 5.0, 0.01])
    level, drift = rng.uniform(5, 95), rng.choice([0, 0, 0.7, -0.7])
    made: Values = []
    for _ in range(length):
        level += drift + (rng.choice([-15, 15]) if rng.random() < 0.04 else 0)
        value = round(round((level + rng.gauss(0, 4)) / step) * step, 2)
        made.append(None if rng.random() < 0.05 else min(max(value, 0.0), 100.0))
    return made if any(v is not None for v in made) else [50.0]


def test_2_limits_and_special_causes_of_hundreds_of_series() -> None:
    """A third of them with weeks that are excluded (2.2b)."""
    rng = Random(1)
    seen: set[tuple[str, bool]] = set()
    echoes = 0
    for _ in range(800):
        values = series(rng)
        held = [place for place, value in enumerate(values) if value is not None]
        excluded = rng.sample(held, rng.randrange(min(len(held), 4))) if rng.random() < 1 / 3 else []
        chart = control_chart(values, excluded=excluded)
        (lines,) = chart.limits
        expected, causes = plain(values, excluded)
        got = [lines.centre, lines.lower, lines.upper, lines.near_lower, lines.near_upper]
        assert got == pytest.approx([float(value) for value in expected], rel=0, abs=1e-9)
        assert signals(chart) == causes, (values, excluded)
        assert lines.points == len(held) - len(excluded)
        seen |= set(causes.values())
        echoes += bool(set().union(*by_rule(runs_of(values, excluded)).values()) - causes.keys())
    assert seen == {(rule, up) for rule in ("outside", "trend", "two in three", "shift") for up in (True, False)}
    assert echoes > 20


def test_2_a_week_in_which_nothing_was_due_has_no_point() -> None:
    """Its neighbours are neighbours."""
    chart = control_chart([50.0, None, 60.0, None, None, 50.0])
    (lines,) = chart.limits
    assert (lines.points, lines.last) == (3, 5)
    assert lines.centre == pytest.approx(160 / 3)
    assert lines.upper - lines.centre == pytest.approx(26.6)
    assert control_chart([None, None]) == Control((), ())
    assert control_chart([]) == Control((), ())


def test_2_fewer_than_13_points_make_provisional_limits() -> None:
    assert control_chart([50.0, 52.0] * 6).limits[0].provisional
    assert not control_chart([50.0, 52.0] * 6 + [50.0]).limits[0].provisional


def test_2_1_equal_points_are_on_the_line_and_never_beyond_it() -> None:
    """Though the mean of many thirds is not a third to the last digit."""
    assert control_chart([100 / 3] * 29).signals == ()
    assert control_chart([12.3]).signals == ()


def test_2_2_outside_comes_before_all_else() -> None:
    chart = control_chart([50.0, 51.0] * 12 + [90.0])
    assert signals(chart)[24] == ("outside", True)


def test_2_2_six_differences_of_one_sign_make_a_trend_and_five_do_not() -> None:
    noise = [40.0, 60.0] * 8
    rising = [30.0 + 5 * step for step in range(7)]
    found = signals(control_chart([*noise, *rising]))
    assert {place: found.get(place) for place in range(16, 23)} == dict.fromkeys(range(16, 23), ("trend", True))
    assert "trend" not in {rule for rule, _ in signals(control_chart([*noise, 60.0, *rising[:5]])).values()}
    falling = signals(control_chart([*noise, *rising[::-1]]))
    assert falling[20] == ("trend", False)


def test_2_2_only_the_points_near_the_limit_are_flagged_of_two_in_three() -> None:
    values: Values = [*([48.0, 52.0] * 10), 59.0, 51.0, 59.0]
    found = signals(control_chart(values))
    assert (found[20], found.get(21), found[22]) == (("two in three", True), None, ("two in three", True))


def test_2_2_seven_on_one_side_are_a_shift_and_six_are_not() -> None:
    values: Values = [*([45.0, 46.0] * 10), *([54.0, 55.0] * 10)]
    found = signals(control_chart(values))
    assert found[5] == ("shift", False) or found[5][0] == "outside"
    assert signals(control_chart([*([40.0, 60.0] * 6), 60.0, 60.0, 60.0, 60.0, 60.0, 40.0])) == {}


QUIET = [70.0, 72.0]
DIP: Values = [*QUIET * 4, 46.0, 46.0, *QUIET * 4]


def test_2_2a_a_dip_of_two_weeks_does_not_make_the_weeks_around_it_a_shift() -> None:
    """By hand: the mean is (16 x 71 + 2 x 46) / 18 = 68.2, so all 8 weeks on each side lie above it. The moving ranges are
    14 of 2, one of 26, one of 0 and one of 24, in the mean 78 / 17 = 4.6; the lower limit is 68.2 - 12.2 = 56.0. Without
    the two weeks outside, the mean is 71, and no seven weeks are on one side of it."""
    chart = control_chart(DIP)
    (lines,) = chart.limits
    assert [lines.centre, lines.lower] == pytest.approx([1228 / 18, 1228 / 18 - 2.66 * 78 / 17])
    assert signals(chart) == {8: ("outside", False), 9: ("outside", False)}
    assert by_rule(runs_of(DIP))["shift"].keys() == {*range(8), *range(10, 18)}, "what the rule alone would flag"


def test_2_2a_a_shift_that_stands_without_the_dip_stands() -> None:
    """Seven weeks 6 points higher after the dip: above the mean of the weeks left too, their neighbours then adjacent."""
    values: Values = [*QUIET * 5, 40.0, *[78.0, 76.0] * 4]
    found = signals(control_chart(values))
    assert found[10] == ("outside", False)
    assert {place: found[place] for place in range(11, 19)} == dict.fromkeys(range(11, 19), ("shift", True))
    parted: Values = [*[60.0, 64.0] * 4, 70.0, 72.0, 70.0, 20.0, 72.0, 70.0, 72.0, 70.0]
    assert signals(control_chart(parted)) == {11: ("outside", False)}, "seven in a row only without it: none to stand"


def steady(level: float, weeks: int) -> list[float | None]:
    return [level + (1 if week % 2 else -1) for week in range(weeks)]


@pytest.mark.parametrize("way", [-1, 1])
def test_2_2a_what_came_later_makes_nothing_of_the_weeks_before_it(way: int) -> None:
    """Before a fall that lasts the weeks are above the mean for the fall alone; the fall itself is told to its end."""
    series = [*steady(80, 20), *steady(80 + 5 * way, 15)]
    before = {each.place for each in control_chart(series).signals if each.improvement is (way < 0)}
    assert before >= set(range(20)), "among all its points every week before it is on the other side"
    told = chart_as_told(series).signals
    assert {each.improvement for each in told} == {way > 0}
    assert {each.place for each in told} == set(range(20, 35))


def test_2_2a_what_was_so_at_its_time_is_told_after_a_fall_too() -> None:
    """Weeks that were above the mean when they were the newest, as the chart then showed."""
    series = [*steady(70, 13), *steady(75, 13), *steady(72, 13)]
    assert {each.place for each in chart_as_told(series).signals if each.improvement} == set(range(13, 26))


def test_2_2a_without_a_point_outside_nothing_is_an_echo() -> None:
    values: Values = [*([45.0, 46.0, 52.0] * 4), *([54.0, 60.0] * 4)]
    found = control_chart(values)
    assert {signal.rule for signal in found.signals} == {"shift"}
    assert signals(found) == plain(values)[1]


def test_2_2b_excluded_weeks_take_no_part_in_centre_limits_or_rules() -> None:
    """By hand: without the two weeks the 16 others have the mean 71 and 14 moving ranges of 2, not 16: the week before
    them is not next to the week after them."""
    (lines,) = control_chart(DIP, excluded=(8, 9)).limits
    assert [lines.points, lines.centre, lines.upper] == pytest.approx([16, 71, 71 + 2.66 * 2])
    stepped: Values = [*QUIET * 4, 46.0, *[76.0, 78.0] * 4]
    (lines,) = control_chart(stepped, excluded=(8,)).limits
    assert lines.upper - lines.centre == pytest.approx(2.66 * 2), "the step of 4 points across it is no moving range"
    assert control_chart(DIP, excluded=(8, 9)).signals == ()


def test_2_2b_no_run_reaches_across_an_excluded_week() -> None:
    high: Values = [*[40.0, 60.0] * 6, *[55.0, 56.0] * 3, 55.0]
    assert set(signals(control_chart(high))) >= set(range(12, 19))
    parted = [*high[:15], 50.0, *high[15:]]
    assert signals(control_chart(parted, excluded=(15,))) == {}
    assert set(signals(control_chart([*high[:15], None, *high[15:]]))) >= {12, 13, 14, 16, 17, 18, 19}
    assert control_chart([50.0, 51.0], excluded=(0, 1)) == Control((), ())
    (lines,) = control_chart([50.0, 70.0, 90.0], excluded=(1,)).limits
    assert (lines.centre, control_chart([50.0, 70.0, 90.0], excluded=(1,)).signals) == (70.0, ()), "no moving range"


def test_2_4_assurance_of_a_target() -> None:
    (lines,) = control_chart([50.0, 60.0] * 10).limits
    assert assurance(lines.lower - 0.1, lines) == "consistently met"
    assert assurance(lines.upper + 0.1, lines) == "consistently missed"
    for target in (lines.lower, lines.centre, lines.upper):
        assert assurance(target, lines) == "hit and miss"


def test_2_5_limits_calculated_anew_from_a_date_with_a_reason() -> None:
    before, after = [50.0, 52.0] * 8, [70.0, 74.0] * 8
    chart = control_chart([*before, *after], [(16, "a new policy")])
    assert chart.signals == ()
    assert [(part.first, part.last, part.reason) for part in chart.limits] == [(0, 15, None), (16, 31, "a new policy")]
    one, other = chart.limits
    assert (one.centre, other.centre) == (51.0, 72.0)
    assert control_chart([*before, *after]).signals
    assert control_chart(before, [(0, "at its start"), (40, "beyond its end")]).limits == control_chart(before).limits
