"""The control chart against a plain second implementation in exact fractions (docs/statistics.md, section 2)."""

from fractions import Fraction
from random import Random

import pytest

from compliance.reports.control import Control, assurance, control_chart

Values = list[float | None]


def plain(values: Values) -> tuple[list[Fraction], dict[int, tuple[str, bool]]]:
    """(centre, lower, upper, near lower, near upper; special causes by place) by the text of section 2 alone."""
    held = [(i, Fraction(str(v))) for i, v in enumerate(values) if v is not None]  # as printed: 70.1 is 701/10
    points = [v for _, v in held]
    centre = sum(points) / Fraction(len(points))
    moves = [abs(points[i] - points[i - 1]) for i in range(1, len(points))]
    reach = Fraction(266, 100) * sum(moves) / len(moves) if moves else Fraction(0)
    low, high, near_low, near_high = centre - reach, centre + reach, centre - reach * 2 / 3, centre + reach * 2 / 3
    causes: dict[int, tuple[str, bool]] = {}
    for i, v in enumerate(points):
        runs = [points[a : a + 7] for a in range(i - 6, i + 1) if a >= 0 and a + 7 <= len(points)]
        threes = [points[a : a + 3] for a in range(i - 2, i + 1) if a >= 0 and a + 3 <= len(points)]
        rising = [all(run[k] < run[k + 1] for k in range(6)) for run in runs]
        falling = [all(run[k] > run[k + 1] for k in range(6)) for run in runs]

        def is_near(x: Fraction, up: bool) -> bool:
            return near_high < x <= high if up else low <= x < near_low

        if not low <= v <= high:
            causes[held[i][0]] = ("outside", v > centre)
        elif any(rising) or any(falling):
            first = min(
                (rising + falling).index(True) % len(runs), *(k for k in range(len(runs)) if rising[k] or falling[k])
            )
            causes[held[i][0]] = ("trend", rising[first])
        elif (
            v != centre
            and is_near(v, v > centre)
            and any(
                all((x > centre) == (v > centre) and x != centre for x in three)
                and sum(is_near(x, v > centre) for x in three) >= 2
                for three in threes
            )
        ):
            causes[held[i][0]] = ("two in three", v > centre)
        elif any(all(x > centre for x in run) or all(x < centre for x in run) for run in runs):
            causes[held[i][0]] = ("shift", v > centre)
    return [centre, low, high, near_low, near_high], causes


def signals(chart: Control) -> dict[int, tuple[str, bool]]:
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


def test_2_limits_and_special_causes_of_a_thousand_series() -> None:
    rng = Random(1)
    seen: set[tuple[str, bool]] = set()
    for _ in range(1000):
        values = series(rng)
        chart = control_chart(values)
        (lines,) = chart.limits
        expected, causes = plain(values)
        got = [lines.centre, lines.lower, lines.upper, lines.near_lower, lines.near_upper]
        assert got == pytest.approx([float(value) for value in expected], rel=0, abs=1e-9)
        assert signals(chart) == causes, values
        assert lines.points == sum(v is not None for v in values)
        seen |= set(causes.values())
    assert seen == {(rule, up) for rule in ("outside", "trend", "two in three", "shift") for up in (True, False)}


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
