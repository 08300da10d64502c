"""What charts are drawn of: points, ticks, scales and labels, in the units of their view box (decision 0022)."""

from textwrap import shorten
from typing import Final, NamedTuple

WIDTH: Final = 760
LEFT: Final = 44
RIGHT: Final = 640
TOP: Final = 14
BOTTOM: Final = 212
BARS_BOTTOM: Final = 122
_LETTER: Final = 6.4
"""The approximate width of a letter in a label."""
LINE: Final = 14
"""The height of a line of labels above a chart."""
_LONGEST: Final = 44
"""The largest number of letters in such a label; the text beside the chart says all."""
Place = tuple[float, float]
Box = tuple[float, float, float, float]


class Label(NamedTuple):
    """A text, its position, and which end of the text that is (`start`, `middle` or `end`)."""

    x: float
    y: float
    anchor: str
    text: str


class Dot(NamedTuple):
    """A point: its position and kind (`plain`, `up`, `down`; in a funnel `within`, `95`, `998`).

    `hollow`: it is explained.
    """

    x: float
    y: float
    kind: str
    hollow: bool = False


class Tick(NamedTuple):
    """A mark on an axis, with its label."""

    at: float
    label: str


class Scale(NamedTuple):
    """A linear scale from values between `low` and `high` to positions between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the position of a value to one decimal: precise enough to draw, and the same bytes everywhere."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def label_dots(named: list[tuple[Dot, str]], dots: list[Dot], lines: list[Place]) -> list[Label]:
    """Place a label for each dot where it hides least: no dot, no other label and, if possible, no line."""
    occupied: list[Box] = [(dot.x - 7, dot.y - 7, dot.x + 7, dot.y + 7) for dot in dots]
    labels = []
    for dot, text in named:
        wide = _LETTER * len(text)
        places = [
            (Label(dot.x + 10, dot.y + 4, "start", text), (dot.x + 8, dot.y - 8, dot.x + 10 + wide, dot.y + 8)),
            (Label(dot.x - 10, dot.y + 4, "end", text), (dot.x - 10 - wide, dot.y - 8, dot.x - 8, dot.y + 8)),
            (Label(dot.x, dot.y - 11, "middle", text), (dot.x - wide / 2, dot.y - 23, dot.x + wide / 2, dot.y - 7.5)),
            (Label(dot.x, dot.y + 20, "middle", text), (dot.x - wide / 2, dot.y + 7.5, dot.x + wide / 2, dot.y + 23)),
        ]
        label, box = min(places, key=lambda place: _hides(place[1], occupied, lines))
        occupied.append(box)
        labels.append(Label(round(label.x, 1), round(label.y, 1), label.anchor, text))
    return labels


def _hides(box: Box, occupied: list[Box], lines: list[Place]) -> int:
    left, top, right, bottom = box
    over = sum(left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in occupied)
    outside = left < LEFT or right > RIGHT or top < 0 or bottom > BOTTOM
    across = any(left < x < right and top < y < bottom for x, y in lines)
    return 100 * over + 10 * outside + across


def annotate(said: list[tuple[float, str]]) -> list[Label]:
    """Place what is said at some x above the chart, each in the lowest line that has room for it."""
    lines: list[list[tuple[float, float]]] = []
    labels = []
    for at, reason in sorted(said):
        text = shorten(reason, _LONGEST, placeholder=" …")
        start = at < (LEFT + RIGHT) / 2
        wide = _LETTER * len(text) + 12
        box = (at, at + wide) if start else (at - wide, at)
        place = next(
            (i for i, line in enumerate(lines) if all(box[0] >= b or box[1] <= a for a, b in line)), len(lines)
        )
        lines += [[]] if place == len(lines) else []
        lines[place].append(box)
        labels.append(Label(at, TOP - 8.0 - LINE * place, "start" if start else "end", text))
    return labels


def nice(value: float) -> int:
    """Return the first of 1, 2, 5, 10, 20 … that is at least a value."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step >= value:
                return step
        size *= 10
