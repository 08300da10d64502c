"""Where the parts of a chart lie: nothing outside the drawing, no label over another (statistics sections 2 and 3)."""

from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from compliance.reports.judging.trends import funnel, values
from compliance.reports.methods.control import control_chart
from compliance.reports.model.findings import Explained, Mark, Trend
from compliance.reports.model.proportions import Proportion
from compliance.reports.periods.weeks import Week
from compliance.reports.pieces import charts
from compliance.reports.pieces.drawing import BOTTOM, LEFT, RIGHT, TOP, WIDTH, Label


def share(count: int, of: int, deff: float = 1.0) -> Proportion:
    rate = count / of if of else None
    return Proportion(count, of, rate, rate, rate, deff)


def trend(
    *met: int, target: float | None = None, marks: tuple[Mark, ...] = (), explained: tuple[Explained, ...] = ()
) -> Trend:
    """Weeks of 100 updates due each; 0 due where the number is negative."""
    shares = tuple(share(0, 0) if count < 0 else share(count, 100) for count in met)
    weeks = tuple(str(Week.of(date(2026, 1, 5) + timedelta(weeks=place))) for place in range(len(met)))
    return Trend(weeks, shares, None, (), control_chart(values(shares)), marks, target, None, explained)


@given(st.lists(st.integers(-1, 100), min_size=1, max_size=40), st.one_of(st.none(), st.integers(0, 100)))
def test_2_1_points_limits_and_target_lie_within_the_drawing_on_a_scale_of_20_points_or_more(
    met: list[int], target: int | None
) -> None:
    chart = charts.control(trend(*met, target=None if target is None else float(target)))
    heights = [dot.y for dot in chart.dots] + [tick.at for tick in chart.y_ticks]
    heights += [y for band in chart.bands for y in (band.upper, band.centre, band.lower)]
    heights += [chart.target.at] if chart.target else []
    assert all(TOP <= y <= BOTTOM for y in heights)
    assert all(LEFT <= dot.x <= RIGHT for dot in chart.dots)
    shown = [int(tick.label[:-1]) for tick in chart.y_ticks]
    assert shown == sorted(set(shown))
    assert 0 <= shown[0] < shown[-1] <= 100
    assert (chart.newest is None) == all(count < 0 for count in met)


def test_2_1_a_limit_is_100_per_cent_or_0_only_where_it_is_clipped_to_that() -> None:
    (band,) = charts.control(trend(95, 60, 99, 70, 98)).bands
    assert (band.upper_label, band.centre_label) == ("limit 100%", "mean 84.4%")
    (band,) = charts.control(trend(66, 68, 66, 68)).bands
    assert (band.upper_label, band.lower_label) == ("limit 72.3%", "limit 61.7%")


def test_2_5_what_is_said_at_an_upright_line_stays_in_the_drawing() -> None:
    reason = "another policy: Keeping victims informed in all the divisions of the force"
    early, late = charts.control(
        trend(*[60] * 20, marks=(Mark(1, "2026-W03", reason), Mark(19, "2026-W21", reason)))
    ).labels
    assert (early.anchor, late.anchor) == ("start", "end")
    assert early.text == "another policy: Keeping victims informed …"


def test_2_2b_explained_weeks_are_hollow_and_shaded_and_excluded_ones_part_the_line() -> None:
    told = (*(Explained(place, f"2026-W{place + 2:02}", "outage", excluded=True) for place in (4, 5)),
            Explained(9, "2026-W11", "Christmas", excluded=False))  # fmt: skip
    chart = charts.control(trend(*[60, 64] * 8, explained=told))
    assert [place for place, dot in enumerate(chart.dots) if dot.hollow] == [4, 5, 9]
    assert [len(line) for line in chart.lines if line] == [4, 10]
    outage, christmas = chart.explained
    assert [dot.x for dot in chart.dots if outage.x0 < dot.x < outage.x1] == [chart.dots[4].x, chart.dots[5].x]
    assert christmas.x1 - christmas.x0 == pytest.approx((outage.x1 - outage.x0) / 2, abs=0.11)
    assert [label.text for label in chart.labels] == ["outage", "Christmas"]


@given(st.lists(st.tuples(st.integers(0, 29), st.text("abc ", min_size=1, max_size=60)), max_size=8))
def test_2_5_what_is_said_above_a_chart_lies_over_nothing_else(said: list[tuple[int, str]]) -> None:
    marks = tuple(
        Mark(place, str(Week.of(date(2026, 1, 5) + timedelta(weeks=place))), f"m{why}") for place, why in said
    )
    chart = charts.control(trend(*[60] * 30, marks=marks))
    boxes = [box(label) for label in chart.labels]
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(
        left >= 0 and right <= WIDTH and bottom <= TOP and top >= -chart.head for left, top, right, bottom in boxes
    )
    assert (chart.head == 0) == (not said)


def box(label: Label) -> tuple[float, float, float, float]:
    wide = 6.4 * len(label.text)
    left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
    return left, label.y - 9, left + wide, label.y + 3


CROWDED = [
    (f"Division {name}", share(count, 3000, 1.4)) for name, count in zip("ABCDEFG", range(1900, 2110, 30), strict=True)
]


def test_section_3_units_close_together_have_labels_that_lie_neither_over_another_nor_over_a_dot() -> None:
    found = funnel(CROWDED, 2000 / 3000)
    assert found is not None
    chart = charts.funnel(found)
    assert [label.text for label in chart.labels] == [f"Division {name}" for name in "GFEDCBA"]
    for one, other in combinations(map(box, chart.labels), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    for left, top, right, bottom in map(box, chart.labels):
        assert not any(left < dot.x < right and top < dot.y < bottom for dot in chart.dots)


@pytest.mark.parametrize("sizes", [(30, 3000), (12, 15), (1900, 2500)])
def test_section_3_the_limits_run_through_the_whole_drawing_and_no_further(sizes: tuple[int, int]) -> None:
    found = funnel([(str(of), share(of // 2, of)) for of in sizes], 0.6)
    assert found is not None
    chart = charts.funnel(found)
    for curve in chart.curves.values():
        assert all(TOP <= y <= BOTTOM and LEFT <= x <= RIGHT for x, y in curve)
        assert curve[-1][0] == RIGHT
        assert curve[0][0] == LEFT or curve[0][1] in (TOP, BOTTOM)


def test_section_3_of_many_units_only_those_that_differ_are_named_and_drawn_so() -> None:
    """Beyond a limit of the funnel or not: a unit is called different only as the table beside it says (3.2)."""
    units = [(f"Team {place}", share(600, 1000)) for place in range(20)] + [("Team far", share(300, 1000))]
    found = funnel(units, 0.6)
    assert found is not None
    assert charts.funnel(found).labels == []
    assert {dot.kind for dot in charts.funnel(found).dots} == {"plain"}
    points = tuple(replace(point, different=point.name in ("Team 3", "Team far")) for point in found.points)
    chart = charts.funnel(replace(found, points=points))
    assert [label.text for label in chart.labels] == ["Team 3", "Team far"]
    assert [dot.kind for dot in chart.dots].count("different") == 2
