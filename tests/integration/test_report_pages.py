"""The PDF and the workbook of a report as they are read and printed: structure, page, and the room that texts have."""

import io
from collections.abc import Iterator
from functools import cache
from textwrap import wrap
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pypdf import PdfReader

from compliance.reports.forms import form
from compliance.reports.parts import Items
from compliance.reports.sections import report_of
from compliance.reports.workbook import NOTES, REPORT, SUMMARY
from tests.integration.test_report_forms import figures


@cache
def book() -> Any:
    return load_workbook(io.BytesIO(form(figures(), "xlsx")))


def test_the_pdf_has_one_title_its_sections_under_it_and_its_definitions_as_lists() -> None:
    """PDF/UA: a reader of the structure finds its way by headings, and hears terms with what is said of them."""
    found = figures()
    reader = PdfReader(io.BytesIO(form(found, "pdf")))
    tags = [tag for tag, _ in structure(reader)]
    assert tags.count("/H1") == 1
    assert tags.count("/H2") == len(report_of(found).sections) + 1, "and the contents"
    terms = next(part for part in report_of(found).sections[0].parts if isinstance(part, Items))
    assert tags.count("/LBody") >= len(terms.items)


def structure(reader: PdfReader) -> Iterator[tuple[str, Any]]:
    """Every element of a PDF's structure, in order."""
    waiting: list[Any] = [reader.root_object["/StructTreeRoot"]]
    while waiting:
        each = waiting.pop().get_object()
        if not isinstance(each, dict):
            continue
        if "/S" in each:
            yield str(each["/S"]), each
        kids = each.get("/K", [])
        kids = kids.get_object() if hasattr(kids, "get_object") else kids
        waiting += reversed(kids if isinstance(kids, list) else [kids])


def test_the_workbook_prints_on_a4_with_the_head_of_each_sheet_of_numbers_repeated() -> None:
    for sheet in book().worksheets:
        page = sheet.page_setup
        assert (page.orientation, int(page.paperSize)) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert page.fitToHeight in (0, "0"), "as many pages as it needs, one across"
        numbers = sheet.title not in (SUMMARY, REPORT, NOTES)
        assert (sheet.print_title_rows == "$1:$1") is numbers, sheet.title


def test_no_text_of_the_workbook_is_cut_off_or_lies_over_the_next_row() -> None:
    """A row is as high as its texts need in the widths of their columns: no program works that out when it opens it."""
    for sheet in book().worksheets:
        widths = {
            get_column_letter(column): each.width
            for each in sheet.column_dimensions.values()
            for column in range(each.min, each.max + 1)
        }
        across = {merged.min_row: merged for merged in sheet.merged_cells.ranges}
        for row in sheet.iter_rows():
            for cell in row:
                if not isinstance(cell.value, str) or cell.column_letter not in widths or not cell.alignment.wrap_text:
                    continue
                held = across.get(cell.row)
                if held is not None and held.min_col == cell.column:
                    continue
                lines = len(wrap(cell.value, int(widths[cell.column_letter]))) or 1
                assert (sheet.row_dimensions[cell.row].height or 15) >= 15 * lines, (sheet.title, cell.coordinate)
