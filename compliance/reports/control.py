"""The control chart of individual values (XmR; statistics section 2): limits and special causes.

Values are rates in per cent, one a settled week. None means that nothing was due: the week has no point, and the points
on either side are consecutive.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import fsum
from typing import Final, Literal

from msgspec import Struct

FACTOR: Final = 2.66
"""The factor from the mean moving range of two to the natural process limits."""
ENOUGH: Final = 13
"""The fewest points for limits that are not provisional."""
RUN: Final = 7
"""The number of consecutive points that make a trend or a shift."""
_ROUNDING: Final = 1e-9
"""Tolerance for floating-point sums, so that a point on a line does not count as beyond it."""

Rule = Literal["outside", "trend", "two in three", "shift"]
Assurance = Literal["consistently met", "consistently missed", "hit and miss"]


class Limits(Struct, frozen=True):
    """The lines over the weeks from place `first` to `last` inclusive, in per cent and not clipped.

    `reason`: why they were recalculated from there on, None for the first.
    """

    first: int
    last: int
    points: int
    centre: float
    lower: float
    upper: float
    near_lower: float
    near_upper: float
    reason: str | None

    @property
    def provisional(self) -> bool:
        """Whether there are too few points to rely on the limits."""
        return self.points < ENOUGH


class Signal(Struct, frozen=True):
    """A special cause at one place (statistics 2.2), and whether it is an improvement (2.3)."""

    place: int
    rule: Rule
    improvement: bool


class Control(Struct, frozen=True):
    """A control chart: its lines, and its special causes in order of place, at most one a point."""

    limits: tuple[Limits, ...]
    signals: tuple[Signal, ...]


def control_chart(values: Sequence[float | None], recalculate_from: Sequence[tuple[int, str]] = ()) -> Control:
    """Return the lines and special causes of a series.

    `recalculate_from` lists in order the places from which the limits are recalculated, with the reason (statistics
    2.5). Runs of points do not reach across them.
    """
    bounds = [
        (0, None),
        *((place, reason) for place, reason in recalculate_from if 0 < place < len(values)),
        (len(values), None),
    ]
    limits: list[Limits] = []
    signals: list[Signal] = []
    for (first, reason), (end, _) in pairwise(bounds):
        points = [(place, value) for place, value in enumerate(values[first:end], first) if value is not None]
        if points:
            lines = _limits([value for _, value in points], first, end - 1, reason)
            limits.append(lines)
            signals += _signals(points, lines)
    return Control(tuple(limits), tuple(signals))


def assurance(target: float, limits: Limits) -> Assurance:
    """Return what to expect of a target in per cent while nothing changes (statistics 2.4)."""
    if target < limits.lower - _ROUNDING:
        return "consistently met"
    if target > limits.upper + _ROUNDING:
        return "consistently missed"
    return "hit and miss"


def _limits(values: Sequence[float], first: int, last: int, reason: str | None) -> Limits:
    """Calculate the limits (2.1), without screening out large moving ranges."""
    centre = fsum(values) / len(values)
    ranges = [abs(after - before) for before, after in pairwise(values)]
    reach = FACTOR * fsum(ranges) / len(ranges) if ranges else 0.0
    near = reach * 2 / 3
    return Limits(
        first, last, len(values), centre, centre - reach, centre + reach, centre - near, centre + near, reason
    )


def _signals(points: Sequence[tuple[int, float]], limits: Limits) -> list[Signal]:
    values = [value for _, value in points]
    found: dict[int, tuple[Rule, bool]] = {}
    rules: tuple[tuple[Rule, Callable[[Sequence[float], Limits], dict[int, bool]]], ...] = (
        ("outside", _outside), ("trend", _trend), ("two in three", _two_in_three), ("shift", _shift),
    )  # fmt: skip
    for rule, flagged in rules:
        for place, improvement in flagged(values, limits).items():
            found.setdefault(place, (rule, improvement))
    return [Signal(points[place][0], *found[place]) for place in sorted(found)]


def _outside(values: Sequence[float], limits: Limits) -> dict[int, bool]:
    return {
        place: value > limits.centre
        for place, value in enumerate(values)
        if value > limits.upper + _ROUNDING or value < limits.lower - _ROUNDING
    }


def _trend(values: Sequence[float], _: Limits) -> dict[int, bool]:
    """Flag trends. A point at which one run ends and another begins belongs to the run that it ends."""
    steps = [_sign(after - before) for before, after in pairwise(values)]
    found: dict[int, bool] = {}
    for start in range(len(steps) - RUN + 2):
        if steps[start] and len(set(steps[start : start + RUN - 1])) == 1:
            for place in range(start, start + RUN):
                found.setdefault(place, steps[start] > 0)
    return found


def _two_in_three(values: Sequence[float], limits: Limits) -> dict[int, bool]:
    side = [_sign(value - limits.centre) for value in values]
    near = [
        limits.near_upper + _ROUNDING < value <= limits.upper + _ROUNDING
        or limits.lower - _ROUNDING <= value < limits.near_lower - _ROUNDING
        for value in values
    ]
    found: dict[int, bool] = {}
    for start in range(len(values) - 2):
        three = range(start, start + 3)
        if side[start] and len({side[place] for place in three}) == 1 and sum(near[place] for place in three) >= 2:
            found |= {place: side[place] > 0 for place in three if near[place]}
    return found


def _shift(values: Sequence[float], limits: Limits) -> dict[int, bool]:
    side = [_sign(value - limits.centre) for value in values]
    found: dict[int, bool] = {}
    for start in range(len(values) - RUN + 1):
        if side[start] and len(set(side[start : start + RUN])) == 1:
            found |= dict.fromkeys(range(start, start + RUN), side[start] > 0)
    return found


def _sign(difference: float) -> int:
    return 0 if abs(difference) <= _ROUNDING else 1 if difference > 0 else -1
