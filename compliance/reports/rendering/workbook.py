"""The report as a workbook: its numbers on one sheet for each section, and its text, one block for each part."""

import io
from collections.abc import Callable, Iterable
from itertools import chain, repeat
from textwrap import wrap
from typing import Any, Final

from msgspec import Struct

from compliance.reports.figure_rows import SECTIONS, Row, cases_command, rows
from compliance.reports.model.printable_figures import make_printable
from compliance.reports.model.report_model import Figures
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
    Text,
    plain,
)
from compliance.reports.rendering.sheets import HEAD, open_workbook, print_on_a4, write_text

_FIXED: Final = ("Figure", "What it is", "Group", "Period", "Status")
_TEXT_WIDTHS: Final = (34, 34, 26, 12, 14)
"""The widths of the columns of `_FIXED`, in letters."""
_LINE: Final = 15
_SHARES: Final = ("rate", "low", "high", "difference", "centre", "limit", "funnel", "silent", "expected")
_TITLES: Final = {"count": "Count", "of": "Of", "rate": "Rate", "low": "95% from", "high": "95% to"}
SUMMARY, REPORT, NOTES = "Summary", "Report", "Notes"
"""The sheets with the text of the report; the others hold its numbers."""


def workbook(figures: Figures, report: Report) -> bytes:
    """Return an XLSX file of the figures and of the report made from them.

    Rates are fractions of 1, shown in per cent; an empty cell means not available.
    """
    out = io.BytesIO()
    book = open_workbook(out, f"Keeping victims informed, {figures.period}", figures.force)
    styles = {
        "head": book.add_format(HEAD),
        "text": book.add_format({"text_wrap": True, "valign": "top", "indent": 1}),
        "small": book.add_format({"text_wrap": True, "valign": "top", "font_color": "#54606C"}),
        "strong": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14, "font_color": "#17496B"}),
        "share": book.add_format({"num_format": "0.0%", "valign": "top"}),
        "count": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "number": book.add_format({"num_format": "0.00", "valign": "top"}),
    }
    _write_sections(book.add_worksheet(SUMMARY), styles, report, report.sections[:1])
    every = rows(figures)
    for section, title in SECTIONS.items():
        held = [row for row in every if row.section == section]
        if held:
            name = "Teams" if section == "units" and figures.unit is not None else title
            _numbers(book.add_worksheet(name), styles, held)
    _write_sections(book.add_worksheet(REPORT), styles, report, report.sections[1:])
    _notes(book.add_worksheet(NOTES), styles, figures)
    for sheet in book.worksheets():
        print_on_a4(sheet, f"{report.force}, {report.title}, {report.period}")
    book.close()
    return out.getvalue()


def _numbers(sheet: Any, styles: dict[str, Any], held: list[Row]) -> None:
    measures = list(dict.fromkeys(measure for row in held for measure in row.numbers))
    titles = [*_FIXED, *(_TITLES.get(measure, measure.replace("_", " ").capitalize()) for measure in measures)]
    for column, title in enumerate(titles):
        write_text(sheet, 0, column, title, styles["head"])
    sheet.set_row(0, _height(zip(titles, _widths(len(titles)), strict=True)))
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    for column, width in enumerate(_widths(len(titles))):
        sheet.set_column(column, column, width)
    sheet.autofilter(0, 0, len(held), len(titles) - 1)
    for place, row in enumerate(held, 1):
        texts = (row.figure, row.what, row.group, row.period, row.status)
        for column, text in enumerate(texts):
            write_text(sheet, place, column, text, styles["text"])
        sheet.set_row(place, _height(zip(texts, _TEXT_WIDTHS, strict=True)))
        for column, measure in enumerate(measures, len(_FIXED)):
            value = row.numbers.get(measure)
            if value is not None:
                sheet.write_number(place, column, value, styles[_style(measure, value)])


def _widths(columns: int) -> list[int]:
    return [*_TEXT_WIDTHS, *[12] * (columns - len(_TEXT_WIDTHS))]


def _height(cells: Iterable[tuple[str, int]]) -> int:
    """Return the height in points of a row of (text, width in letters), each wrapped at its words.

    A row keeps its height in LibreOffice whatever it holds, so it has to be said.
    """
    return _LINE * max((len(wrap(text, width - 2)) or 1 for text, width in cells), default=1)


def _style(measure: str, value: float) -> str:
    if any(part in measure for part in _SHARES) and isinstance(value, float):
        return "share"
    return "count" if isinstance(value, int) else "number"


class _SheetWriter(Struct):
    """A sheet written from top to bottom: text in the first columns, tables as wide as they are."""

    sheet: Any
    styles: dict[str, Any]
    row: int = 0

    def line(self, *texts: str, style: str = "text") -> None:
        """Write a row of texts."""
        for column, text in enumerate(texts):
            if text:
                write_text(self.sheet, self.row, column, text, self.styles[style])
        self.fit(texts)

    def fit(self, texts: Iterable[str]) -> None:
        """End a row, as high as its texts need."""
        self.sheet.set_row(self.row, _height(zip(texts, chain((_FIRST,), repeat(_OTHERS)), strict=False)))
        self.row += 1

    def wide(self, text: str, style: str = "text") -> None:
        """Write a text across the columns, in as many lines as it needs."""
        self.sheet.merge_range(self.row, 0, self.row, _ACROSS - 1, make_printable(text), self.styles[style])
        self.sheet.set_row(self.row, _height([(text, _LETTERS)]))
        self.row += 1


_ACROSS: Final = 6
_FIRST, _OTHERS = 34, 24
"""The widths of the first and the other columns of a page, in letters."""
_LETTERS: Final = _FIRST + (_ACROSS - 1) * _OTHERS


def _write_sections(sheet: Any, styles: dict[str, Any], report: Report, sections: tuple[Section, ...]) -> None:
    """Write some sections as a page."""
    sheet.set_column(0, 0, _FIRST)
    sheet.set_column(1, 9, _OTHERS)
    page = _SheetWriter(sheet, styles)
    page.wide(f"{report.force}: {report.title}", style="title")
    for line in (report.period, *report.about):
        page.wide(line)
    for section in sections:
        page.row += 1
        page.wide(section.heading, style="title")
        for part in section.parts:
            _PARTS[type(part)](page, part)


def _heading(page: _SheetWriter, part: Heading) -> None:
    page.wide(part.text, style="strong")


def _statement(page: _SheetWriter, part: Statement) -> None:
    sign = {"better": "▲ ", "worse": "▼ ", "": ""}[part.direction]
    about = f"{part.about}. " if part.about else ""
    page.wide(f"{sign}{about}{part.words}")


def _note(page: _SheetWriter, part: Note) -> None:
    page.wide(plain(part.text), style="small")


def _items(page: _SheetWriter, part: Items) -> None:
    for item in part.items:
        if part.look != "terms":
            _statement(page, item)
            continue
        write_text(page.sheet, page.row, 0, item.about, page.styles["head"])
        page.sheet.merge_range(page.row, 1, page.row, _ACROSS - 1, make_printable(item.words), page.styles["text"])
        page.sheet.set_row(page.row, _height([(item.about, _FIRST), (item.words, _LETTERS - _FIRST)]))
        page.row += 1


def _key_figures(page: _SheetWriter, part: KeyFigures) -> None:
    for figure in part.figures:
        page.line(figure.title, style="strong")
        page.wide(figure.about, style="small")
        page.line(f"{figure.number.text}{figure.unit}", style="strong")
        for text in map(plain, figure.counts):
            page.wide(text)
        for line in figure.beside:
            page.line(line.name, plain(line.text))
        page.wide(figure.change.words)


def _table(page: _SheetWriter, part: Table) -> None:
    page.row += 1
    page.wide(part.caption, style="strong")
    if part.cases:
        page.wide(f"Cases: figure {', '.join(part.cases)}", style="small")
    shown = [place for place, column in enumerate(part.columns) if column.kind != "drawn"]
    if any(column.group for column in part.columns):
        page.line(*(part.columns[place].group for place in shown), style="head")
    page.line(*(part.columns[place].title for place in shown), style="head")
    for row in (*part.rows, *part.foot):
        for column, place in enumerate(shown):
            _cell(page, column, row[place].text)
        page.fit(plain(row[place].text) for place in shown)


def _cell(page: _SheetWriter, column: int, text: Text) -> None:
    if len(text) == 1 and text[0].value is not None:
        value = text[0].value
        style = "count" if isinstance(value, int) else "share"
        page.sheet.write_number(page.row, column, value, page.styles[style])
    elif text:
        write_text(page.sheet, page.row, column, plain(text), page.styles["text"])


def _chart(page: _SheetWriter, part: Chart) -> None:
    page.wide(part.caption, style="strong")
    page.wide(part.words)


_PARTS: Final[dict[type[Part], Callable[[_SheetWriter, Any], None]]] = {
    Heading: _heading, Statement: _statement, Note: _note, Items: _items, KeyFigures: _key_figures, Table: _table,
    Chart: _chart,
}  # fmt: skip


def _notes(sheet: Any, styles: dict[str, Any], figures: Figures) -> None:
    """Write notes for readers of the sheets of numbers."""
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    notes = (
        ("Status", "few: fewer than 10, never ranked or tested; not available: nothing that is held was due; withheld: "
         "a count from 1 to 4 would show or could be worked out"),
        ("Cases", f"{cases_command(figures.period, figures.unit)} FIGURE lists the crimes behind a figure"),
    )  # fmt: skip
    for place, (what, text) in enumerate(notes):
        write_text(sheet, place, 0, what, styles["head"])
        write_text(sheet, place, 1, text, styles["text"])
        sheet.set_row(place, _height([(what, 28), (text, 110)]))
