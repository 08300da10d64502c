"""What a typeset report is made of: paragraphs are texts; cards, tables and drawings are these."""

from msgspec import Struct


class Card(Struct, frozen=True):
    """A rate to be read from afar: its name, what it is, the figure with its unit, and lines below."""

    title: str
    what: str
    figure: str
    unit: str
    lines: list[str]


class Cards(Struct, frozen=True):
    """Cards side by side."""

    cards: list[Card]


class Range(Struct, frozen=True):
    """A cell that draws a value with its interval, on a scale from 0 to 1; `mark`: a line across, None for none.
    `strong`: whether it is more than chance."""

    low: float
    at: float
    high: float
    mark: float | None
    strong: bool


class Faint(Struct, frozen=True):
    """A cell in grey: a rate of fewer than ten (statistics 1.6)."""

    faint: str


Cell = str | Range | Faint


class Table(Struct, frozen=True):
    """A table: its caption, its column titles (those that begin with `#` hold numbers, with `~` drawings), its cells as
    text or drawn."""

    caption: str
    columns: list[str]
    rows: list[list[Cell]]


class Points(Struct, frozen=True):
    """Sentences one below another, under a heading or under none."""

    heading: str
    items: list[str]


class Drawing(Struct, frozen=True):
    """A drawing: its caption, the SVG, and what it shows in words."""

    caption: str
    svg: str
    alt: str


Part = str | Cards | Points | Table | Drawing
"""What a section holds."""


class Section(Struct, frozen=True):
    """A part of the report, in the order in which it is read."""

    heading: str
    parts: list[Part]


class Document(Struct, frozen=True):
    """A report ready for typesetting: the summary as pairs of what a line is about and its text, at most three things
    to look at first, what is for everyone, and the full figures for those who have to defend them."""

    force: str
    title: str
    period: str
    about: str
    footer: str
    summary: list[list[str]]
    things: list[str]
    sections: list[Section]
    full: list[Section]
