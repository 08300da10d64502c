"""The parts of a report, independent of its form: a tree (decision 0032).

A section is built once from these parts. Each form (HTML, PDF, XLSX, email) renders each kind of part in one place, and
knows no section. Every drawing has its numbers next to it.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from compliance.reports.model.claims import Claim
from compliance.reports.pieces.charts import BarChart, ControlChart, FunnelChart

Tone = Literal["", "few", "strong", "aside", "code"]
"""The style of a text: normal, grey (statistics 1.6), bold, muted, or code."""


Look = Literal["plain", "muted", "outlined", "few", "bar", "muted-bar"]
"""How a value with its interval is drawn. `outlined` is provisional; a bar extends from 0 to the value."""


class Run(Struct, frozen=True):
    """A piece of text. `value`, `figure`: the exact number shown, and its name. `link`: the id of its target part."""

    text: str
    tone: Tone = ""
    value: int | float | None = None
    figure: str = ""
    link: str = ""


Text = tuple[Run, ...]
Direction = Literal["", "better", "worse"]
"""The direction of a special cause."""


class Range(Struct, frozen=True, tag_field="drawn"):
    """A value with its interval, drawn on a scale from 0 to 1. `mark`: a line across it, None for none."""

    low: float
    at: float
    high: float
    mark: float | None
    look: Look
    words: str


class Stack(Struct, frozen=True, tag_field="drawn"):
    """Shares of the width side by side, in the order of the columns that have a key."""

    shares: tuple[float, ...]


class Cell(Struct, frozen=True):
    """A cell of a table: text or a drawing, and its claim."""

    text: Text = ()
    drawn: Range | Stack | None = None
    claim: Claim | None = None


class Column(Struct, frozen=True):
    """A column.

    - `kind`: `name` (of the row), `words`, `short` words, `number` or `drawn`.
    - `group`: a title above it and its neighbours of the same group.
    - `scale`: labels at the left, in the middle and at the right of what is drawn.
    - `key`: which part of a `Stack` it counts, from 1.
    """

    title: str
    kind: Literal["name", "words", "short", "number", "drawn"] = "number"
    group: str = ""
    scale: tuple[str, ...] = ()
    key: int = 0


Row = tuple[Cell, ...]


class Table(Struct, frozen=True, tag="table", tag_field="part"):
    """A table.

    `foot`: rows of totals. `cases`: the names of the figures whose cases can be listed. `dense`: whether it has many
    short rows.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    foot: tuple[Row, ...] = ()
    cases: tuple[str, ...] = ()
    dense: bool = False


class Heading(Struct, frozen=True, tag="heading", tag_field="part"):
    """A heading within a section."""

    id: str
    text: str


class Statement(Struct, frozen=True, tag="statement", tag_field="part"):
    """One or more sentences, as a paragraph or an item of a list. `about`: the subject, shown before them."""

    text: Text
    about: str = ""
    direction: Direction = ""
    claims: tuple[Claim, ...] = ()

    @property
    def words(self) -> str:
        """Its plain text."""
        return plain(self.text)


class Note(Struct, frozen=True, tag="note", tag_field="part"):
    """Small print that explains the part before it. `of_drawing`: explains a drawing, for forms that have it.

    `of_trace`: says by which names or command cases are listed.
    """

    text: Text
    claims: tuple[Claim, ...] = ()
    of_drawing: bool = False
    of_trace: bool = False


class Items(Struct, frozen=True, tag="items", tag_field="part"):
    """A list of statements: plain, numbered, each with its subject (`terms`), or short ones in columns."""

    items: tuple[Statement, ...]
    look: Literal["plain", "numbered", "terms", "columns"] = "plain"


class Chart(Struct, frozen=True, tag="chart", tag_field="part"):
    """A chart: its caption, its layout, and what it shows in words."""

    id: str
    caption: str
    drawing: ControlChart | FunnelChart | BarChart
    words: str


class Comparison(Struct, frozen=True):
    """A drawn line of a key figure: the name of the period, the share, and its text."""

    name: str
    drawn: Range | None
    text: Text


class KeyFigure(Struct, frozen=True):
    """A headline rate.

    It has a name, a description, the number and its unit, counts below, other periods next to it, and how it changed.
    `known`: whether there is a number.
    """

    id: str
    title: str
    about: str
    number: Run
    unit: str
    known: bool
    counts: tuple[Text, ...]
    beside: tuple[Comparison, ...]
    change: Statement


class KeyFigures(Struct, frozen=True, tag="key figures", tag_field="part"):
    """Key figures side by side."""

    figures: tuple[KeyFigure, ...]


Part = Heading | Statement | Note | Items | KeyFigures | Table | Chart
"""A part of a section."""


class Section(Struct, frozen=True):
    """A section. `full`: whether it belongs to the full figures, which follow the pages for the board."""

    id: str
    heading: str
    parts: tuple[Part, ...]
    full: bool = False


def ids_in(section: Section) -> Iterator[str]:
    """Yield the ids of a section and of its parts, to which links lead."""
    yield section.id
    for part in section.parts:
        if isinstance(part, Heading | Table | Chart):
            yield part.id
        elif isinstance(part, KeyFigures):
            yield from (figure.id for figure in part.figures)


class Report(Struct, frozen=True):
    """A report: its document name, force, title, period in dates and notes on it, sections in order, and footer."""

    name: str
    force: str
    title: str
    period: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str

    def section(self, name: str) -> Section:
        """Return the section with an id. Raises KeyError if there is none."""
        for section in self.sections:
            if section.id == name:
                return section
        raise KeyError(name)


def text_of(*pieces: str | Run | Text) -> Text:
    """Join texts."""
    runs: list[Run] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            runs += piece
        else:
            runs.append(Run(piece) if isinstance(piece, str) else piece)
    return tuple(run for run in runs if run.text)


def plain(text: Text) -> str:
    """Return a text without its styles."""
    return "".join(run.text for run in text)


def statement(*pieces: str | Run | Text, about: str = "", claims: Sequence[Claim] = ()) -> Statement:
    """Return a statement of joined texts."""
    return Statement(text_of(*pieces), about, claims=tuple(claims))


def note(*pieces: str | Run | Text, claims: Sequence[Claim] = ()) -> Note:
    """Return a note of joined texts."""
    return Note(text_of(*pieces), tuple(claims))


def cell(*pieces: str | Run | Text, claim: Claim | None = None) -> Cell:
    """Return a cell of joined texts."""
    return Cell(text_of(*pieces), None, claim)


def code(text: str) -> Run:
    """Return a name styled as code."""
    return Run(text, "code")


def strong(text: Text) -> Text:
    """Return a text in bold."""
    return tuple(replace(run, tone="strong") for run in text)


def claims_in(part: Part) -> Iterator[Claim]:
    """Yield the claims of a part."""
    if isinstance(part, Statement | Note):
        yield from part.claims
    elif isinstance(part, Items):
        for item in part.items:
            yield from item.claims
    elif isinstance(part, KeyFigures):
        for figure in part.figures:
            yield from figure.change.claims
    elif isinstance(part, Table):
        for row in (*part.rows, *part.foot):
            yield from (each.claim for each in row if each.claim)
