"""The control chart of individual values (XmR; statistics section 2): limits and special causes.

Values are rates in per cent, one a settled week. None means that nothing was due: the week has no point, and the points
on either side are adjacent. An excluded week has no point either, but those on either side are not adjacent (2.2b).
"""

from collections.abc import Callable, Collection, Sequence
from itertools import chain, pairwise
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
Flagged = dict[int, bool]
"""By place, whether what is flagged there is an improvement."""
_Points = list[tuple[int, float]]
"""Adjacent points: (place, value)."""


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


def control_chart(
    values: Sequence[float | None],
    recalculate_from: Sequence[tuple[int, str]] = (),
    excluded: Collection[int] = (),
) -> Control:
    """Return the lines and special causes of a series.

    `recalculate_from` lists in order the places from which the limits are recalculated, with the reason (statistics
    2.5). Runs of points do not reach across them. `excluded`: the places of weeks that take no part (2.2b).
    """
    bounds = [
        (0, None),
        *((place, reason) for place, reason in recalculate_from if 0 < place < len(values)),
        (len(values), None),
    ]
    limits: list[Limits] = []
    signals: list[Signal] = []
    for (first, reason), (end, _) in pairwise(bounds):
        runs = _adjacent(values, range(first, end), excluded)
        if any(runs):
            lines = _limits(runs, first, end - 1, reason)
            limits.append(lines)
            signals += _signals(runs, lines)
    return Control(tuple(limits), tuple(signals))


def chart_as_told(
    values: Sequence[float | None],
    recalculate_from: Sequence[tuple[int, str]] = (),
    excluded: Collection[int] = (),
) -> Control:
    """Return the chart with the special causes that were one when the last week on their side of the mean was newest.

    Any other was made by what came later: before a fall that lasts, weeks lie above the mean for that fall alone. A
    trend needs no mean.
    """
    chart, told = control_chart(values, recalculate_from, excluded), dict[int, dict[int, bool]]()
    kept = []
    for signal in chart.signals:
        lines = next(lines for lines in chart.limits if lines.first <= signal.place <= lines.last)
        newest = _end_of_side(values, signal.place, lines)
        if newest not in told:
            then = control_chart(values[: newest + 1], recalculate_from, excluded)
            told[newest] = {each.place: each.improvement for each in then.signals}
        if signal.rule == "trend" or told[newest].get(signal.place) is signal.improvement:
            kept.append(signal)
    return Control(chart.limits, tuple(kept))


def _end_of_side(values: Sequence[float | None], place: int, lines: Limits) -> int:
    """Return the last place up to which the points after one lie on its side of the mean."""
    end, side = place, _sign((values[place] or 0.0) - lines.centre)
    for later in range(place + 1, lines.last + 1):
        value = values[later]
        if value is not None and _sign(value - lines.centre) != side:
            break
        end = later
    return end


def assurance(target: float, limits: Limits) -> Assurance:
    """Return what to expect of a target in per cent while nothing changes (statistics 2.4)."""
    if target < limits.lower - _ROUNDING:
        return "consistently met"
    if target > limits.upper + _ROUNDING:
        return "consistently missed"
    return "hit and miss"


def _adjacent(values: Sequence[float | None], places: range, excluded: Collection[int]) -> list[_Points]:
    """Return the points at some places in runs of adjacent ones; only an excluded week ends a run."""
    runs: list[_Points] = [[]]
    for place in places:
        value = values[place]
        if place in excluded:
            runs.append([])
        elif value is not None:
            runs[-1].append((place, value))
    return runs


def _limits(runs: Sequence[_Points], first: int, last: int, reason: str | None) -> Limits:
    """Calculate the limits (2.1), without screening out large moving ranges."""
    values = [value for _, value in chain.from_iterable(runs)]
    centre = fsum(values) / len(values)
    ranges = [abs(after - before) for run in runs for (_, before), (_, after) in pairwise(run)]
    reach = FACTOR * fsum(ranges) / len(ranges) if ranges else 0.0
    near = reach * 2 / 3
    return Limits(
        first, last, len(values), centre, centre - reach, centre + reach, centre - near, centre + near, reason
    )


def _signals(runs: Sequence[_Points], limits: Limits) -> list[Signal]:
    """Return the special causes in order of place, each point's first in the order of precedence (2.2).

    Without a moving range there are no limits to be beyond.
    """
    if not any(len(run) > 1 for run in runs):
        return []
    outside, trend = _flag(runs, limits, _outside), _flag(runs, limits, _trend)
    two_in_three, shift = _flag(runs, limits, _two_in_three), _flag(runs, limits, _shift)
    left = [[point for point in run if point[0] not in outside] for run in runs]
    if outside and any(left):
        lines = _limits(left, limits.first, limits.last, None)
        two_in_three, shift = (
            _stands(flagged, _flag(left, lines, rule))
            for flagged, rule in ((two_in_three, _two_in_three), (shift, _shift))
        )
    found: dict[int, Signal] = {}
    ordered: tuple[tuple[Rule, Flagged], ...] = (
        ("outside", outside), ("trend", trend), ("two in three", two_in_three), ("shift", shift),
    )  # fmt: skip
    for rule, flagged in ordered:
        for place, improvement in flagged.items():
            found.setdefault(place, Signal(place, rule, improvement))
    return [found[place] for place in sorted(found)]


def _stands(flagged: Flagged, without_outside: Flagged) -> Flagged:
    """Return what is no echo: flagged in the same direction also without the points that are outside (2.2a)."""
    return {place: better for place, better in flagged.items() if without_outside.get(place) is better}


def _flag(runs: Sequence[_Points], limits: Limits, rule: Callable[[Sequence[float], Limits], Flagged]) -> Flagged:
    """Return the points that a rule flags, by their place in the series."""
    return {
        run[place][0]: better for run in runs for place, better in rule([value for _, value in run], limits).items()
    }


def _outside(values: Sequence[float], limits: Limits) -> Flagged:
    return {
        place: value > limits.centre
        for place, value in enumerate(values)
        if value > limits.upper + _ROUNDING or value < limits.lower - _ROUNDING
    }


def _trend(values: Sequence[float], _: Limits) -> Flagged:
    """Flag trends. A point at which one run ends and another begins belongs to the run that it ends."""
    steps = [_sign(after - before) for before, after in pairwise(values)]
    found: Flagged = {}
    for start in range(len(steps) - RUN + 2):
        if steps[start] and len(set(steps[start : start + RUN - 1])) == 1:
            for place in range(start, start + RUN):
                found.setdefault(place, steps[start] > 0)
    return found


def _two_in_three(values: Sequence[float], limits: Limits) -> Flagged:
    side = [_sign(value - limits.centre) for value in values]
    near = [
        limits.near_upper + _ROUNDING < value <= limits.upper + _ROUNDING
        or limits.lower - _ROUNDING <= value < limits.near_lower - _ROUNDING
        for value in values
    ]
    found: Flagged = {}
    for start in range(len(values) - 2):
        three = range(start, start + 3)
        if side[start] and len({side[place] for place in three}) == 1 and sum(near[place] for place in three) >= 2:
            found |= {place: side[place] > 0 for place in three if near[place]}
    return found


def _shift(values: Sequence[float], limits: Limits) -> Flagged:
    side = [_sign(value - limits.centre) for value in values]
    found: Flagged = {}
    for start in range(len(values) - RUN + 1):
        if side[start] and len(set(side[start : start + RUN])) == 1:
            found |= dict.fromkeys(range(start, start + RUN), side[start] > 0)
    return found


def _sign(difference: float) -> int:
    return 0 if abs(difference) <= _ROUNDING else 1 if difference > 0 else -1
