"""Where the parts of a chart lie: numbers for the SVG templates, in the units of their view box."""

from math import ceil, floor
from typing import Final, NamedTuple

from compliance.reports.findings import Funnel, Trend
from compliance.reports.periods import parse_period

WIDTH: Final = 760
LEFT: Final = 44
RIGHT: Final = 640
TOP: Final = 14
HEIGHT: Final = 250
BOTTOM: Final = 212
_LABEL: Final = 260


class Dot(NamedTuple):
    """A point: where, what it is (`plain`, `up`, `down`; in a funnel `within`, `95`, `998`), its label, and the y at
    which the label has room."""

    x: float
    y: float
    kind: str
    label: str
    label_y: float = 0.0


class Tick(NamedTuple):
    """A mark on an axis and its label."""

    at: float
    label: str


class Band(NamedTuple):
    """The limits over some weeks: from x to x, centre, upper and lower y; the values they are labelled with."""

    x0: float
    x1: float
    centre: float
    upper: float
    lower: float
    centre_label: str
    upper_label: str
    lower_label: str


class ControlChart(NamedTuple):
    """A control chart; `lines` are runs of points to be joined, `target` a y or None, `marks` drawn upright."""

    bands: list[Band]
    lines: list[list[Dot]]
    dots: list[Dot]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    target: Tick | None
    marks: list[Tick]


class FunnelChart(NamedTuple):
    """A funnel; the curves are lists of (x, y)."""

    dots: list[Dot]
    curves: dict[str, list[tuple[float, float]]]
    rate: Tick
    x_ticks: list[Tick]
    y_ticks: list[Tick]


class BarChart(NamedTuple):
    """Counts over the weeks: (x, y, width, height, label) of each bar."""

    bars: list[tuple[float, float, float, float, str]]
    x_ticks: list[Tick]
    y_ticks: list[Tick]


def control(trend: Trend) -> ControlChart:
    """A requirement over the weeks, clipped to 0–100 (statistics 2.1)."""
    held = [(place, 100 * share.rate) for place, share in enumerate(trend.shares) if share.rate is not None]
    limits = trend.control.limits
    every = [value for _, value in held]
    every += [min(max(value, 0.0), 100.0) for lines in limits for value in (lines.lower, lines.upper)]
    every += [trend.target] if trend.target is not None else []
    low, high = _range(every)
    x, y = _weeks_scale(len(trend.weeks)), Scale(low, high, BOTTOM, TOP)
    kinds = {s.place: "up" if s.improvement else "down" for s in trend.control.signals}
    dots = [Dot(x(place), y(value), kinds.get(place, "plain"), trend.weeks[place]) for place, value in held]
    half = (x(1) - x(0)) / 2
    bands, runs = [], []
    for lines in limits:
        upper, lower = min(lines.upper, 100.0), max(lines.lower, 0.0)
        bands.append(
            Band(
                x(lines.first) - half, x(lines.last) + half, y(lines.centre), y(upper), y(lower),
                f"mean {lines.centre:.1f}%", f"limit {upper:.1f}%", f"limit {lower:.1f}%",
            )
        )  # fmt: skip
        runs.append([dot for dot, (place, _) in zip(dots, held, strict=True) if lines.first <= place <= lines.last])
    target = None if trend.target is None else Tick(y(trend.target), f"target {trend.target:g}%")
    marks = [Tick(x(mark.place) - half, mark.reason) for mark in trend.marks]
    return ControlChart(bands, runs, dots, _week_ticks(trend.weeks, x), _percent_ticks(low, high, y), target, marks)


def funnel(found: Funnel) -> FunnelChart:
    """Units by their effective size, and the limits around the force rate."""
    values = [100 * point.share.rate for point in found.points if point.share.rate is not None]
    values += [100 * found.rate]
    ends = found.curve[len(found.curve) // 3]
    low, high = _range([*values, 100 * ends.low_998, 100 * ends.high_998])
    y = Scale(low, high, BOTTOM, TOP)
    sizes = [limits.size for limits in found.curve]
    x = Scale(0, sizes[-1], LEFT, RIGHT)
    curves = {
        name: [(x(c.size), y(100 * getattr(c, name))) for c in found.curve if low <= 100 * getattr(c, name) <= high]
        for name in ("low_95", "high_95", "low_998", "high_998")
    }
    kinds = {0: "within", 95: "95", 998: "998"}
    dots = [Dot(x(p.bounds.size), y(100 * (p.share.rate or 0.0)), kinds[p.beyond], p.name) for p in found.points]
    dots = _with_room(sorted(dots, key=lambda dot: dot.y))
    step = _nice(sizes[-1] / 5)
    ticks = [Tick(x(size), f"{size:,}") for size in range(0, sizes[-1] + 1, step)]
    rate = Tick(y(100 * found.rate), f"rate {100 * found.rate:.1f}%")
    return FunnelChart(dots, curves, rate, ticks, _percent_ticks(low, high, y))


def overdue(trend: Trend) -> BarChart:
    """What was outstanding when each week was settled."""
    most = max([*trend.overdue, 1])
    step = _nice(most / 3)
    top = step * ceil(most / step)
    x, y = _weeks_scale(len(trend.weeks)), Scale(0, top, BOTTOM, TOP)
    width = 0.68 * (x(1) - x(0))
    bars = [
        (x(place) - width / 2, y(count), width, BOTTOM - y(count), f"{trend.weeks[place]}: {count:,}")
        for place, count in enumerate(trend.overdue)
    ]
    ticks = [Tick(y(value), f"{value:,}") for value in range(0, top + 1, step)]
    return BarChart(bars, _week_ticks(trend.weeks, x), ticks)


class Scale(NamedTuple):
    """Values from `low` to `high` onto places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, to a tenth: enough for the eye, and the same bytes everywhere."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def _with_room(dots: list[Dot]) -> list[Dot]:
    """Labels one under another, none over its neighbour's; the dots come from the top down."""
    placed: list[Dot] = []
    for dot in dots:
        above = [other.label_y for other in placed if abs(other.x - dot.x) < _LABEL]
        placed.append(dot._replace(label_y=round(max([dot.y, *(at + 13 for at in above)]), 1)))
    return placed


def _weeks_scale(count: int) -> Scale:
    return Scale(-0.5, max(count, 1) - 0.5, LEFT, RIGHT)


def _week_ticks(weeks: tuple[str, ...], x: Scale) -> list[Tick]:
    """Every fourth week counted back from the newest, by the date of its Monday."""
    ticks = []
    for place in range(len(weeks) - 1, -1, -4):
        first = parse_period(weeks[place]).first
        ticks.append(Tick(x(place), f"{first.day} {first:%b}"))
    return ticks[::-1]


def _range(values: list[float]) -> tuple[int, int]:
    """Whole tens around some percentages, at least 20 points apart."""
    low, high = 10 * floor(min(values, default=0) / 10), 10 * ceil(max(values, default=100) / 10)
    while high - low < 20:
        low, high = max(low - 10, 0), min(high + 10, 100)
    return low, high


def _percent_ticks(low: int, high: int, y: Scale) -> list[Tick]:
    step = 10 if high - low <= 60 else 20
    return [Tick(y(value), f"{value}%") for value in range(low, high + 1, step)]


def _nice(value: float) -> int:
    """The first of 1, 2, 5, 10, 20 … that is not below a value."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step >= value:
                return step
        size *= 10
