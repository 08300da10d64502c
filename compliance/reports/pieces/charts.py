"""The layout of charts: numbers for the SVG templates, in the units of their view box (decision 0022)."""

from itertools import pairwise
from math import ceil, floor
from statistics import median
from typing import Final, NamedTuple

from compliance.reports.model.findings import Funnel, Trend
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.drawing import (
    BARS_BOTTOM,
    BOTTOM,
    LEFT,
    LINE,
    RIGHT,
    TOP,
    Dot,
    Label,
    Place,
    Scale,
    Tick,
    annotate,
    label_dots,
    nice,
)

_LABELLED: Final = 12
"""The largest number of units that are all labelled; with more, only those that differ from the rest are."""


class LimitBand(NamedTuple):
    """The limits over some weeks: from x to x, the y of centre, upper and lower limit, and their labels."""

    x0: float
    x1: float
    centre: float
    upper: float
    lower: float
    centre_label: str
    upper_label: str
    lower_label: str


class ShadedWeeks(NamedTuple):
    """Weeks that are explained, from x to x."""

    x0: float
    x1: float


class ControlChart(NamedTuple):
    """A control chart.

    - `lines`: runs of points to be joined.
    - `newest`: the label of the last point.
    - `target`: its y, or None.
    - `marks`: labelled vertical lines; `explained`: weeks shaded from top to bottom.
    - `labels`: what is said at them, above the chart.
    - `head`: the height that the labels need above it.
    """

    bands: list[LimitBand]
    lines: list[list[Dot]]
    dots: list[Dot]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    newest: Tick | None
    target: Tick | None
    marks: list[float]
    explained: list[ShadedWeeks]
    labels: list[Label]
    head: int


class FunnelChart(NamedTuple):
    """A funnel plot. The curves are lists of (x, y); the labels are those of the units."""

    dots: list[Dot]
    labels: list[Label]
    curves: dict[str, list[Place]]
    rate: Tick
    x_ticks: list[Tick]
    y_ticks: list[Tick]


class BarChart(NamedTuple):
    """Counts week by week: (x, y, width, height, label) of each bar."""

    bars: list[tuple[float, float, float, float, str]]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


def control(trend: Trend) -> ControlChart:
    """Lay out a requirement's weeks as a control chart, clipped to 0–100 (statistics 2.1)."""
    known = [(place, 100 * share.rate) for place, share in enumerate(trend.shares) if share.rate is not None]
    limits = trend.control.limits
    every = [value for _, value in known]
    every += [min(max(value, 0.0), 100.0) for lines in limits for value in (lines.lower, lines.upper)]
    every += [trend.target] if trend.target is not None else []
    low, high = _range(every)
    x, y = _weeks_scale(len(trend.weeks)), Scale(low, high, BOTTOM, TOP)
    kinds = {s.place: "up" if s.improvement else "down" for s in trend.control.signals}
    hollow = {each.place for each in trend.explained}
    parted = {each.place for each in trend.explained if each.excluded}
    dots = [Dot(x(place), y(value), kinds.get(place, "plain"), place in hollow) for place, value in known]
    half = (x(1) - x(0)) / 2
    bands: list[LimitBand] = []
    runs: list[list[Dot]] = []
    for lines in limits:
        upper, lower = min(lines.upper, 100.0), max(lines.lower, 0.0)
        bands.append(
            LimitBand(
                x(lines.first) - half, x(lines.last) + half, y(lines.centre), y(upper), y(lower),
                f"mean {lines.centre:.1f}%", f"limit {_percent(upper)}", f"limit {_percent(lower)}",
            )
        )  # fmt: skip
        runs.append([])
        for dot, (place, _) in zip(dots, known, strict=True):
            if lines.first <= place <= lines.last:
                runs += [[]] if place in parted else []
                runs[-1] += [] if place in parted else [dot]
    newest = Tick(dots[-1].y, f"newest {_percent(known[-1][1])}") if dots else None
    target = None if trend.target is None else Tick(y(trend.target), f"target {trend.target:g}%")
    marks = [round(x(mark.place) - half, 1) for mark in trend.marks]
    explained = [
        (ShadedWeeks(round(x(weeks[0].place) - half, 1), round(x(weeks[-1].place) + half, 1)), weeks[0].reason)
        for weeks in trend.explanations
    ]
    said = [(at, mark.reason) for at, mark in zip(marks, trend.marks, strict=True)]
    labels = annotate([*said, *((span.x0, reason) for span, reason in explained)])
    head = TOP - round(min((label.y for label in labels), default=TOP)) + (LINE if labels else 0)
    return ControlChart(bands, runs, dots, _week_ticks(trend.weeks, x), _percent_ticks(low, high, y), newest, target,
                        marks, [span for span, _ in explained], labels, head)  # fmt: skip


def silent(trend: Trend) -> ControlChart:
    """Lay out the silent victims over the weeks as a line: a stock has neither limits nor signals (statistics 1.7)."""
    known = [(place, 100 * share.rate) for place, share in enumerate(trend.silent or ()) if share.rate is not None]
    low, high = _range([value for _, value in known])
    x, y = _weeks_scale(len(trend.weeks)), Scale(low, high, BOTTOM, TOP)
    dots = [Dot(x(place), y(value), "plain") for place, value in known]
    newest = Tick(dots[-1].y, f"newest {_percent(known[-1][1])}") if dots else None
    ticks = _percent_ticks(low, high, y)
    return ControlChart([], [dots], dots, _week_ticks(trend.weeks, x), ticks, newest, None, [], [], [], 0)


def funnel(found: Funnel) -> FunnelChart:
    """Lay out units by effective size, with the limits around the force rate as far as they fit in the drawing."""
    ordered = sorted(found.points, key=lambda point: (-(point.share.rate or 0.0), point.name))
    sizes = [point.bounds.size for point in ordered]
    usual = min(found.curve, key=lambda limits: abs(limits.size - median(sizes)))
    values = [100 * (point.share.rate or 0.0) for point in ordered]
    low, high = _range([*values, 100 * found.rate, 100 * usual.low_998, 100 * usual.high_998])
    first, last = found.curve[0].size, max(found.curve[-1].size, found.curve[0].size + 1)
    x, y = Scale(first, last, LEFT, RIGHT), Scale(low, high, BOTTOM, TOP)
    curves = {
        name: [(x(size), y(value)) for size, value in _within(
            [(float(limits.size), 100 * getattr(limits, name)) for limits in found.curve], low, high)]
        for name in ("low_95", "high_95", "low_998", "high_998")
    }  # fmt: skip
    dots = [Dot(x(point.bounds.size), y(value), "different" if point.different else "plain")
            for point, value in zip(ordered, values, strict=True)]  # fmt: skip
    named = [(dot, point.name) for dot, point in zip(dots, ordered, strict=True)
             if len(dots) <= _LABELLED or point.different]  # fmt: skip
    rate = Tick(y(100 * found.rate), f"rate {_percent(100 * found.rate)}")
    level = [(at, rate.at) for at in range(LEFT, RIGHT, 10)]
    labels = label_dots(named, dots, [*level, *(place for curve in curves.values() for place in curve)])
    step = nice((last - first) / 6)
    ticks = [Tick(x(size), f"{size:,}") for size in range(step * ceil(first / step), last + 1, step)]
    return FunnelChart(dots, labels, curves, rate, ticks, _percent_ticks(low, high, y))


def _within(curve: list[Place], low: float, high: float) -> list[Place]:
    """Return the part of a curve between two values, cut exactly at the edges."""
    kept: list[Place] = [place for place in curve[:1] if low <= place[1] <= high]
    for (before, was), (size, value) in pairwise(curve):
        inside = low <= value <= high
        if inside != (low <= was <= high):
            edge = low if min(value, was) < low else high
            kept.append((before + (edge - was) / (value - was) * (size - before), edge))
        if inside:
            kept.append((size, value))
    return kept


def overdue(trend: Trend) -> BarChart:
    """Lay out what was outstanding when each week was settled."""
    counts = [count or 0 for count in trend.overdue]
    most = max([*counts, 1])
    step = nice(most / 3)
    top = step * ceil(most / step)
    x, y = _weeks_scale(len(trend.weeks)), Scale(0, top, BARS_BOTTOM, TOP)
    width = 0.68 * (x(1) - x(0))
    bars = [
        (x(place) - width / 2, y(count), width, BARS_BOTTOM - y(count), f"{count:,}")
        for place, count in enumerate(counts)
    ]
    ticks = [Tick(y(value), f"{value:,}") for value in range(0, top + 1, step)]
    return BarChart(bars, _week_ticks(trend.weeks, x), ticks)


def _weeks_scale(count: int) -> Scale:
    return Scale(-0.5, max(count, 1) - 0.5, LEFT, RIGHT)


def _week_ticks(weeks: tuple[str, ...], x: Scale) -> list[Tick]:
    """Return a tick for every fourth week, counted back from the newest, with the date of its Monday."""
    ticks = []
    for place in range(len(weeks) - 1, -1, -4):
        first = parse_period(weeks[place]).first
        ticks.append(Tick(x(place), f"{first.day} {first:%b}"))
    return ticks[::-1]


def _range(values: list[float]) -> tuple[int, int]:
    """Return multiples of five around some percentages, at least 20 points apart so that chance is not exaggerated."""
    low, high = 5 * floor(min(values, default=0) / 5), 5 * ceil(max(values, default=100) / 5)
    while high - low < 20:
        if high == 100 or (low > 0 and min(values) - low < high - max(values)):
            low -= 5
        else:
            high += 5
    return low, high


def _percent_ticks(low: int, high: int, y: Scale) -> list[Tick]:
    step = 5 if high - low <= 30 else 10 if high - low <= 60 else 20
    return [Tick(y(value), f"{value}%") for value in range(step * ceil(low / step), high + 1, step)]


def _percent(value: float) -> str:
    return f"{value:.0f}%" if value in (0.0, 100.0) else f"{value:.1f}%"
