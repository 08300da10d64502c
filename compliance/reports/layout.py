"""What a typeset report is made of: paragraphs are texts; tables and drawings are these."""

from msgspec import Struct


class Table(Struct, frozen=True):
    """A table: its caption, its column titles (those that begin with `#` hold numbers), its cells as text."""

    caption: str
    columns: list[str]
    rows: list[list[str]]


class Drawing(Struct, frozen=True):
    """A drawing: its caption, the SVG, and what it shows in words."""

    caption: str
    svg: str
    alt: str


class Section(Struct, frozen=True):
    """A part of the report, in the order in which it is read."""

    heading: str
    parts: list[str | Table | Drawing]


class Document(Struct, frozen=True):
    """A report ready for typesetting; `parts` of a section are paragraphs, tables and drawings."""

    force: str
    title: str
    period: str
    about: str
    footer: str
    summary: list[list[str]]
    things: list[str]
    sections: list[Section]
