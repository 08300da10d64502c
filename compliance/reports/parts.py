"""What a report is made of, whatever its form: a tree of parts (decision 0032).

A section is made once, of these; each form (HTML, PDF, XLSX, email) shows each kind of part in one place, and knows no
section. What is drawn stands beside the numbers that say the same.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from compliance.reports.charts import BarChart, ControlChart, FunnelChart
from compliance.reports.claims import Claim

Tone = Literal["", "few", "strong", "aside", "code"]
"""How a text is set: as all is, grey (statistics 1.6), bold, muted, or as what is typed."""


Look = Literal["plain", "muted", "outlined", "few", "bar", "muted-bar"]
"""How a value with its interval is drawn: `outlined` is provisional, a bar reaches from 0 to the value."""


class Run(Struct, frozen=True):
    """A piece of text. `value`, `figure`: the exact number it shows, and the name of that number; `link`: the id of the
    part it leads to."""

    text: str
    tone: Tone = ""
    value: int | float | None = None
    figure: str = ""
    link: str = ""


Text = tuple[Run, ...]
Direction = Literal["", "better", "worse"]
"""The sign of a special cause."""


class Range(Struct, frozen=True, tag_field="drawn"):
    """A value with its interval, drawn on a scale from 0 to 1. `mark`: a line across, None for none."""

    low: float
    at: float
    high: float
    mark: float | None
    look: Look
    words: str


class Stack(Struct, frozen=True, tag_field="drawn"):
    """Shares of the width, one beside another, in the order of the columns that have a key."""

    shares: tuple[float, ...]


class Cell(Struct, frozen=True):
    """A cell of a table: text, or something drawn; what it claims."""

    text: Text = ()
    drawn: Range | Stack | None = None
    claim: Claim | None = None


class Column(Struct, frozen=True):
    """A column. `kind`: `name` (of the row), `words`, `short` words, `number`, `drawn`. `group`: a title over it and
    its neighbours of the same group. `scale`: what stands at the left, in the middle and at the right of what is drawn;
    `key`: which part of a `Stack` it counts, from 1."""

    title: str
    kind: Literal["name", "words", "short", "number", "drawn"] = "number"
    group: str = ""
    scale: tuple[str, ...] = ()
    key: int = 0


Row = tuple[Cell, ...]


class Table(Struct, frozen=True, tag="table", tag_field="part"):
    """A table. `foot`: rows of totals. `cases`: the names of the figures whose cases can be listed. `dense`: whether
    its rows are many and short."""

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
    """A sentence or some, as a paragraph or as an item of a list. `about`: what it is about, to be set before it."""

    text: Text
    about: str = ""
    direction: Direction = ""
    claims: tuple[Claim, ...] = ()

    @property
    def words(self) -> str:
        """It as a text."""
        return plain(self.text)


class Note(Struct, frozen=True, tag="note", tag_field="part"):
    """What helps to read the part before it, in small print. `of_drawing`: how a drawing is to be read, for forms that
    have it."""

    text: Text
    claims: tuple[Claim, ...] = ()
    of_drawing: bool = False


class Items(Struct, frozen=True, tag="items", tag_field="part"):
    """A list of statements: one below another, numbered, each beside what it is about (`terms`), or short ones in
    columns."""

    items: tuple[Statement, ...]
    look: Literal["plain", "numbered", "terms", "columns"] = "plain"


class Chart(Struct, frozen=True, tag="chart", tag_field="part"):
    """A chart: its caption, where its parts lie, and what it shows in words."""

    id: str
    caption: str
    drawing: ControlChart | FunnelChart | BarChart
    words: str


class Comparison(Struct, frozen=True):
    """A line of a key figure that is drawn: of which period, the share, and its text."""

    name: str
    drawn: Range | None
    text: Text


class KeyFigure(Struct, frozen=True):
    """A rate to be read from afar: its name, what it is, the number and its unit, counts below, the periods beside it,
    and how it changed. `known`: whether there is a number."""

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
"""What a section holds."""


class Section(Struct, frozen=True):
    """A section. `full`: whether it belongs to the figures in full, which follow what a board reads."""

    id: str
    heading: str
    parts: tuple[Part, ...]
    full: bool = False


class Report(Struct, frozen=True):
    """A report: its name as a document, whose it is, its title, the period in dates and about it, the sections in the
    order in which they are read, and its last line."""

    name: str
    force: str
    title: str
    period: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str

    def section(self, name: str) -> Section:
        """The section of an id. Raises KeyError where it has none."""
        for section in self.sections:
            if section.id == name:
                return section
        raise KeyError(name)


def text_of(*pieces: str | Run | Text) -> Text:
    """Texts one after another."""
    runs: list[Run] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            runs += piece
        else:
            runs.append(Run(piece) if isinstance(piece, str) else piece)
    return tuple(run for run in runs if run.text)


def plain(text: Text) -> str:
    """A text without how it is set."""
    return "".join(run.text for run in text)


def statement(*pieces: str | Run | Text, about: str = "", claims: Sequence[Claim] = ()) -> Statement:
    """A statement of texts one after another."""
    return Statement(text_of(*pieces), about, claims=tuple(claims))


def note(*pieces: str | Run | Text, claims: Sequence[Claim] = ()) -> Note:
    """A note of texts one after another."""
    return Note(text_of(*pieces), tuple(claims))


def cell(*pieces: str | Run | Text, claim: Claim | None = None) -> Cell:
    """A cell of texts one after another."""
    return Cell(text_of(*pieces), None, claim)


def code(text: str) -> Run:
    """A name as it is typed."""
    return Run(text, "code")


def strong(text: Text) -> Text:
    """A text in bold."""
    return tuple(replace(run, tone="strong") for run in text)


def claims_in(part: Part) -> Iterator[Claim]:
    """All that a part claims."""
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
