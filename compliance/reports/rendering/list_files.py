"""A list of cases as a file: CSV for other programs, XLSX to read. No text in it is ever a formula or a number."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from compliance.reports.model.printable_figures import cell_text
from compliance.reports.rendering.sheets import HEAD, open_workbook, print_on_a4, write_text

Cell = str | int | float | date | None
"""A cell; None is empty."""
_TO_FILL_IN: Final = {"border": 1, "border_color": "#9AA5AD", "text_wrap": True, "valign": "top", "align": "left"}
_WIDEST: Final = 45
"""The letters of a column, at most."""

_PAGE: Final = 120
"""The letters of a line on how to fill it in, at most."""


@dataclass(frozen=True, slots=True)
class EmptyColumn:
    """A column for people to fill in: what it asks, as a spreadsheet shows it, and the answers it offers, if any."""

    question: str
    answers: Sequence[str] = ()
    width: int = 14


@dataclass(frozen=True, slots=True)
class ListContent:
    """What a file holds: who it is of, what it is, what its columns are called, and its rows.

    `empty`: the columns that people fill in, by their name. `how`: how to do that, lines on a sheet of their own.
    """

    force: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: Mapping[str, EmptyColumn] = field(default_factory=dict)
    how: str = ""


def list_csv(content: ListContent) -> bytes:
    """Return the list as CSV in UTF-8; dates are ISO 8601."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(content.columns)
    writer.writerows([_field(cell) for cell in row] for row in content.rows)
    return out.getvalue().encode("utf-8")


def list_workbook(content: ListContent) -> bytes:
    """Return the list as XLSX with one sheet, to be filtered and printed, and one on how to fill it in.

    Only numbers and dates are not text.
    """
    out = io.BytesIO()
    book = open_workbook(out, content.title, content.force)
    sheet = book.add_worksheet("List")
    head, text = book.add_format(HEAD), book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    day = book.add_format({"num_format": "d mmm yyyy", "valign": "top", "align": "left"})
    number = book.add_format({"num_format": "#,##0", "valign": "top"})
    decimal = book.add_format({"num_format": "0.0", "valign": "top"})
    for column, title in enumerate(content.columns):
        write_text(sheet, 0, column, title, head)
        longest = max((len(str(row[column] or "")) for row in content.rows), default=0)
        sheet.set_column(column, column, min(_WIDEST, max(longest, len(title)) + 2))
    for place, row in enumerate(content.rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(place, column, cell, day)
            elif isinstance(cell, int | float):
                sheet.write_number(place, column, cell, number if isinstance(cell, int) else decimal)
            elif cell:
                write_text(sheet, place, column, cell, text)
    for column, title in enumerate(content.columns):
        if title in content.empty:
            _lay_out(sheet, column, content.empty[title], len(content.rows), book.add_format(_TO_FILL_IN))
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(1, len(content.rows)), len(content.columns) - 1)
    print_on_a4(sheet, f"{content.force}, {content.title}")
    if content.how:
        notes = book.add_worksheet("How to fill it in")
        notes.set_column(0, 0, _PAGE)
        for number, line in enumerate(content.how.splitlines()):
            write_text(notes, number, 0, line)
        print_on_a4(notes, f"{content.force}, {content.title}")
    book.close()
    return out.getvalue()


def _lay_out(sheet: Any, column: int, empty: EmptyColumn, rows: int, style: Any) -> None:
    """Draw the cells of a column to be filled in; whoever reads the form back checks what was written into them."""
    sheet.set_column(column, column, empty.width)
    for row in range(1, rows + 1):
        sheet.write_blank(row, column, None, style)
    offered = {"validate": "list", "source": list(empty.answers)} if empty.answers else {"validate": "any"}
    if rows:
        sheet.data_validation(
            1, column, rows, column, {**offered, "input_message": empty.question, "show_error": False}
        )


def _field(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell_text(cell) if isinstance(cell, str) else str(cell)
