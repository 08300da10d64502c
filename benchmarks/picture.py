"""The picture of the variants of reminders: mails to officers, and days overdue, by how officers respond (SVG)."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 760
_NAMES: Final = 236
_LINE: Final = 15
_TOP: Final = 74
_INK: Final = ("#444", "#0b5cad", "#a3460b")
_STYLE: Final = """
text { font: 12px Arial, Helvetica, sans-serif; fill: #1a1a1a }
.head { font-weight: bold }
.grid { stroke: #ddd }
.aim { stroke: #1a1a1a; stroke-dasharray: 4 3 }
"""


class Mark(NamedTuple):
    """A value, and half its interval."""

    value: float
    half: float = 0.0


class Panel(NamedTuple):
    """A scale from `low` to `high` with marks every `step`; `aim`: a line not to be passed. `rows`: a mark for each
    variant and way of responding; None: no mark."""

    title: str
    low: float
    high: float
    step: float
    aim: float
    unit: str
    rows: Sequence[Sequence[Mark | None]]


def draw(title: str, says: str, names: Sequence[str], readings: Sequence[str], panels: Sequence[Panel]) -> str:
    """The picture: a row for each variant, a shape and colour for each way of responding, the panels side by side.

    `says`: what it shows, for those who do not see it.
    """
    height = _TOP + len(names) * (len(readings) + 1) * _LINE + 34 + 16 * len(readings)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(says)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" class="head">{escape(title)}</text>',
    ]
    bottom = _TOP + len(names) * (len(readings) + 1) * _LINE
    for place, name in enumerate(names):
        y = _TOP + (place * (len(readings) + 1) + (len(readings) + 1) / 2) * _LINE
        parts.append(f'<text x="8" y="{y + 4:.1f}">{escape(name)}</text>')
    width = (WIDTH - _NAMES - 16) / len(panels)
    for place, panel in enumerate(panels):
        parts += _panel(panel, _NAMES + place * width, width - 44, bottom)
    for place, reading in enumerate(readings):
        y = bottom + 44 + 16 * place
        parts += [_shape(place, 14, y - 4), f'<text x="26" y="{y}">{escape(reading)}</text>']
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, left: float, width: float, bottom: float) -> Iterator[str]:
    def x(value: float) -> float:
        return left + (value - panel.low) / (panel.high - panel.low) * width

    yield f'<text x="{left:.1f}" y="44" class="head">{escape(panel.title)}</text>'
    for number in range(round((panel.high - panel.low) / panel.step) + 1):
        at = panel.low + number * panel.step
        yield f'<line class="grid" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{_TOP - 8}" y2="{bottom}"/>'
        yield f'<text x="{x(at):.1f}" y="{bottom + 16}" text-anchor="middle">{at:g}{panel.unit}</text>'
    yield f'<line class="aim" x1="{x(panel.aim):.1f}" x2="{x(panel.aim):.1f}" y1="{_TOP - 14}" y2="{bottom}"/>'
    yield f'<text x="{x(panel.aim):.1f}" y="{_TOP - 17}" text-anchor="middle">at most {panel.aim:g}{panel.unit}</text>'
    for row, marks in enumerate(panel.rows):
        for place, mark in enumerate(marks):
            if mark is None:
                continue
            y = _TOP + (row * (len(marks) + 1) + place + 1) * _LINE
            ends = (x(max(mark.value - mark.half, panel.low)), x(min(mark.value + mark.half, panel.high)))
            if mark.half:
                yield f'<line stroke="{_INK[place]}" x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y}" y2="{y}"/>'
            yield _shape(place, x(min(max(mark.value, panel.low), panel.high)), y)


def _shape(place: int, x: float, y: float) -> str:
    """A circle, a square or a triangle, so that colour alone tells nothing."""
    ink = _INK[place]
    if place == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{ink}"/>'
    if place == 1:
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{ink}"/>'
    return f'<path d="M{x:.1f} {y - 5:.1f} l5 9 h-10 z" fill="{ink}"/>'
