"""The PDF and the workbook of a report as they are read and printed: structure, page, and the room that texts have."""

import io
from collections.abc import Iterator
from functools import cache
from textwrap import wrap
from typing import Any

from msgspec.structs import replace
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from pypdf import PdfReader

from compliance.reports.model.claims import ClaimKind
from compliance.reports.model.release_facts import Gate
from compliance.reports.model.report_model import Figures
from compliance.reports.pieces.parts import Items, Statement
from compliance.reports.rendering.forms import form
from compliance.reports.rendering.workbook import NOTES, REPORT, SUMMARY
from compliance.reports.sections import report_of
from compliance.reports.sections.summary import summary
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


def test_the_board_reads_one_page_and_the_annex_begins_on_the_next() -> None:
    """Its rates, what to look at first, whether the data are fit, and when the next report comes."""
    found = figures()
    basis = replace(found.basis, questions_to="Performance team, extension 4711")
    found = replace(found, basis=basis, gate=Gate(None))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(form(found, "pdf"))).pages]
    for said in ("7-day rate", "Silent victims", "To look at first", "every check of the records", "extension 4711"):
        assert said in pages[0]
    assert "Annex" not in pages[0]
    assert pages[1].startswith("Annex")


def test_what_the_board_is_told_of_the_report_itself() -> None:
    """Week 45 ends on 8 November 2026 and is judged on the 16th (statistics 1.2); the next is judged a week later."""
    told = about(figures())
    assert told.words == (
        "Next report on 23 November 2026 or after, about 9 to 15 November 2026. This one is as at 16 November 2026."
    )
    assert not told.claims, "nothing was checked"
    fit, unfit = (about(replace(figures(), gate=Gate(None, faults))) for faults in ((), ("unfit",)))
    assert [claim.kind for claim in (*fit.claims, *unfit.claims)] == [ClaimKind.DATA_FIT, ClaimKind.DATA_UNFIT]
    assert fit.words.startswith("Data. Fit: ")
    assert unfit.words.startswith("Data. The data of this week may be unfit: ")


def about(found: Figures) -> Statement:
    last = summary(found).parts[-1]
    assert isinstance(last, Statement)
    return last
