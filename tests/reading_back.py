"""A report read back from its forms, part by part: what stands in the tree of parts and is not found in a form, in its
order, is named."""

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from pypdf import PdfReader

from compliance.reports.pieces.parts import (
    Chart,
    Heading,
    Items,
    KeyFigures,
    Note,
    Part,
    Report,
    Section,
    Statement,
    Table,
    plain,
)

Rows = list[list[str]]


def words_of(report: Report, sections: Sequence[Section] | None = None) -> Iterator[str]:
    """Every text of a report, or of some of its sections, in the order in which it is read. What is only drawn is
    none."""
    yield from (report.force, report.title, report.period, *report.about)
    for section in report.sections if sections is None else sections:
        yield section.heading
        for part in section.parts:
            yield from words_of_part(part)


def words_of_part(part: Part) -> Iterator[str]:
    """Every text of a part, as it is read."""
    match part:
        case Heading():
            yield part.text
        case Statement():
            yield from (part.about, part.words)
        case Note():
            yield plain(part.text)
        case Items():
            for item in part.items:
                yield from (item.about, item.words)
        case KeyFigures():
            for figure in part.figures:
                yield from (figure.title, figure.about, figure.number.text + figure.unit, *map(plain, figure.counts))
                for line in figure.beside:
                    yield from (line.name, plain(line.text))
                yield figure.change.words
        case Table():
            yield part.caption
            yield from part.cases
            yield from dict.fromkeys(column.group for column in part.columns)
            for row in rows_of(part):
                yield from row
        case Chart():
            yield part.caption


def rows_of(table: Table) -> Rows:
    """The texts of a table's cells, those of its totals last; without what is drawn."""
    told = [place for place, column in enumerate(table.columns) if column.kind != "drawn"]
    return [[plain(row[place].text) for place in told] for row in (*table.rows, *table.foot)]


def columns_of(table: Table) -> list[str]:
    """The titles of its columns, those under the title of a group last; without what is drawn."""
    ordered = sorted(table.columns, key=lambda column: bool(column.group))
    return [column.title for column in ordered if column.kind != "drawn"]


def named_numbers_of(table: Table) -> list[tuple[str, float]]:
    """Each number of a table that is named, with its name."""
    rows = (*table.rows, *table.foot)
    return [(run.figure, run.value) for row in rows for cell in row for run in cell.text
            if run.figure and run.value is not None]  # fmt: skip


def tables_of(report: Report) -> dict[str, Table]:
    """The tables of a report by their ids."""
    return {part.id: part for section in report.sections for part in section.parts if isinstance(part, Table)}


def squeezed(text: str) -> str:
    """A text without its spaces: where lines break is a matter of each form."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


def missing(words: Iterator[str], read: str) -> list[str]:
    """The texts that are not found in what was read, one after another."""
    place, lost, read = 0, [], squeezed(read)
    for text in words:
        found = read.find(squeezed(text), place)
        if found < 0:
            lost.append(text)
        else:
            place = found + len(squeezed(text))
    return lost


def in_pdf(content: bytes, report: Report) -> str:
    """The text of a PDF, without the last line of each page."""
    pages = [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]
    last = rf"{re.escape(squeezed(report.footer))}\d+of{len(pages)}"
    assert all(re.search(last, page) for page in pages)
    return "".join(re.sub(last, "", page) for page in pages)


class PageRead(HTMLParser):
    """A page or the HTML of a mail: its text, and each table by the id of its caption: its titles (not those of
    groups), its rows, its named numbers. What is only drawn is left out."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.text = ""
        self.titles: dict[str, list[str]] = {}
        self.rows: dict[str, Rows] = {}
        self.numbers: dict[str, list[tuple[str, float]]] = {}
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._table = ""
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "br", "col", "line", "rect", "circle"):
            self._open.append((tag, given))
        if tag == "caption" and given.get("id"):
            self._table = given["id"] or ""
            self.titles[self._table], self.rows[self._table], self.numbers[self._table] = [], [], []
        elif tag == "tr" and self._within("tbody", "tfoot"):
            self.rows.get(self._table, []).append([])
        elif tag in ("th", "td") and self._table and "drawn" not in (given.get("class") or ""):
            if self._within("thead"):
                if given.get("scope") == "col":
                    self.titles[self._table].append("")
            else:
                self.rows[self._table][-1].append("")
        elif tag == "data" and self._table and given.get("data-figure"):
            self.numbers[self._table].append((given["data-figure"] or "", float(given["value"] or "nan")))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
        if tag == "table":
            self._table = ""

    def _within(self, *tags: str) -> bool:
        return any(tag in tags for tag, _ in self._open)

    def handle_data(self, data: str) -> None:
        if self._within("style", "svg", "title"):
            return
        self.text += data
        cell = next((given for tag, given in self._open if tag in ("th", "td")), None)
        if cell is None or not self._table or "drawn" in (cell.get("class") or ""):
            return
        if not self._within("thead"):
            self.rows[self._table][-1][-1] += data
        elif cell.get("scope") == "col":
            self.titles[self._table][-1] += data


def trimmed(rows: Rows) -> Rows:
    """The texts of cells with single spaces."""
    return [[" ".join(cell.split()) for cell in row] for row in rows]
