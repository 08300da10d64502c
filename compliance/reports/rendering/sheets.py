"""What every workbook has: its properties, texts that are never formulas, sheets that print on A4."""

import io
from datetime import UTC, datetime
from typing import Any, Final

from compliance.reports.model.printable_figures import make_printable

_A4: Final = 9
HEAD: Final = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EAF1F6"}
"""The look of the head of a table."""


def open_workbook(out: io.BytesIO, title: str, author: str) -> Any:
    """Return a new workbook, which is written to `out` when it is closed. The same content gives the same bytes."""
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415  # loaded only for a workbook

    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # A fixed date gives the same bytes for the same figures: a workbook otherwise carries its creation time.
    created = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    book.set_properties({"title": title, "author": make_printable(author), "created": created})
    return book


def print_on_a4(sheet: Any, title: str) -> None:
    """Print a sheet on A4, all columns on one page, with its name and the page's number at the foot."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&8" + make_printable(title).replace("&", "&&")[:200] + "&R&8&A, &P/&N")


def write_text(sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
    """Write a text as a cell: never a formula, and printable."""
    sheet.write_string(row, column, make_printable(text), style)
