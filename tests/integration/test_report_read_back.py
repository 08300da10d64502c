"""Every part of a report is read back from every form, and is found to say the same words and numbers."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from compliance.policy import load_policy
from compliance.records import columns
from compliance.reports.catalogue.editions import public
from compliance.reports.figures import figures_of, report_figures
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.report_model import Figures
from compliance.reports.organisation import organisation_of
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Chart, Note, Report, Table, plain
from compliance.reports.rendering.announcement import announce
from compliance.reports.rendering.forms import form
from compliance.reports.rendering.workbook import REPORT, SUMMARY
from compliance.reports.sections import board_page, report_of
from tests.histories import BEGUN
from tests.integration.test_report_forms import SETTLED, figures
from tests.integration.test_report_forms import given as histories_given
from tests.read_forms import sheets
from tests.reading_back import (
    PageRead,
    columns_of,
    in_pdf,
    missing,
    named_numbers_of,
    rows_of,
    squeezed,
    tables_of,
    trimmed,
    words_of,
)
from tests.unit import test_figures_words as weeks


def nothing() -> Figures:
    given = GivenRecords("nothing", columns([]))
    return report_figures(given, load_policy("west-mercia"), parse_period("2026-W45"), SETTLED, force="A force")


def areas(edition: str = "board") -> Figures:
    """By a map of two areas and a division in none."""
    by_map = organisation_of({
        "area": [{"name": "Marches & <Border>"}, {"name": "Vale"}],
        "division": [{"name": "A", "area": "Vale"}, {"name": "B", "area": "Marches & <Border>"}, {"name": "C"}],
    })  # fmt: skip
    options = ReportOptions(organisation=by_map, records_begin=BEGUN)
    judged = judge_periods(histories_given(), load_policy("west-mercia"), parse_period("2026-W45"), SETTLED, options)
    found = figures_of(judged, force="A force")
    return public(found) if edition == "public" else found


REPORTS = {
    "board": figures,
    "areas": areas,
    "areas to the public": lambda: areas("public"),
    "division": lambda: figures("division"),
    "public": lambda: figures("public"),
    "month": lambda: figures(period="2026-10"),
    "events": lambda: figures(policy="victims-code-2020"),
    "first week": lambda: weeks.figures(*weeks.crimes(12, 6), begun=date(2026, 6, 1)),
    "divisions": lambda: weeks.figures(*weeks.weeks_of("North", 14), *weeks.weeks_of("West", 4)),
    "nothing": nothing,
}


@cache
def given(name: str) -> Figures:
    made: Figures = REPORTS[name]()  # type: ignore[operator]
    return made


@cache
def report(name: str) -> Report:
    return report_of(given(name))


EVERY = pytest.mark.parametrize("name", REPORTS)


@EVERY
def test_html_says_every_part_and_holds_every_cell_and_number(name: str) -> None:
    read, told = PageRead(form(given(name), "html").decode()), report(name)
    assert missing(words_of(told), read.text) == []
    for key, table in tables_of(told).items():
        assert trimmed(read.rows[key]) == trimmed(rows_of(table)), key
        assert trimmed([read.titles[key]]) == trimmed([columns_of(table)]), key
        assert read.numbers[key] == named_numbers_of(table), key
    assert set(read.rows) == set(tables_of(told))


IN_SHORT = ("board", "areas", "public", "events", "nothing")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in IN_SHORT else pytest.mark.long) for name in REPORTS]
)
def test_pdf_says_every_part(name: str) -> None:
    """It takes longest to read: half of the reports, and all in the long form."""
    told = report(name)
    assert missing(words_of(told), in_pdf(form(given(name), "pdf"), told)) == []


@EVERY
def test_the_workbook_says_every_part_and_numbers_are_numbers(name: str) -> None:
    told, book = report(name), sheets(form(given(name), "xlsx"))
    lines = [[digits(cell) for cell in line if cell is not None] for line in (*book[SUMMARY], *book[REPORT])]
    for table in tables_of(told).values():
        for row in (*table.rows, *table.foot):
            assert in_book(row, table) in lines, table.id
    said = " ".join(str(cell) for line in lines for cell in line if isinstance(cell, str))
    assert missing(sentences(told), said) == []


def in_book(row: Any, table: Table) -> list[Any]:
    """A row as the workbook has it: a number alone in its cell is one."""
    cells = [cell for cell, column in zip(row, table.columns, strict=True) if column.kind != "drawn" and cell.text]
    return [digits(cell.text[0].value) if len(cell.text) == 1 and cell.text[0].value is not None else plain(cell.text)
            for cell in cells]  # fmt: skip


def digits(value: Any) -> Any:
    """A number to twelve digits: a workbook keeps not many more."""
    return float(f"{value:.12g}") if isinstance(value, int | float) else value


def sentences(told: Report) -> Iterator[str]:
    """All texts but those of cells."""
    for section in told.sections:
        yield section.heading
        for part in section.parts:
            if isinstance(part, Table):
                yield part.caption
            else:
                page = Report("", "", "", "", (), (), "")
                yield from list(words_of(page, [type(section)("", "", (part,))]))[4:]


@EVERY
def test_the_readers_mail_says_every_part_of_the_first_page_in_text_and_html(name: str) -> None:
    mail, page = announce(given(name), ["2026-W45-board.html"], "reports"), board_page(given(name))
    assert mail.html is not None
    assert "A dot is the rate" not in mail.text + mail.html, "it has no drawings"
    assert page.sections == report(name).sections[:2]
    assert missing(words_of(without_drawings(page)), PageRead(mail.html).text) == []
    assert lost_in_text(without_drawings(page), mail.text) == []


def without_drawings(page: Report) -> Report:
    sections = (
        replace(section, parts=tuple(p for p in section.parts if not (isinstance(p, Note) and p.of_drawing)))
        for section in page.sections
    )
    return replace(page, sections=tuple(sections))


def lost_in_text(page: Report, text: str) -> list[str]:
    """A text has headings in capitals, and a table's rows as sentences."""
    read = squeezed(text)
    return [each for each in words_of(page) if squeezed(each) not in read and squeezed(each.upper()) not in read]


@EVERY
def test_every_link_leads_to_a_part_and_no_two_parts_share_an_id(name: str) -> None:
    sections = report(name).sections
    ids = [section.id for section in sections]
    ids += [part.id for section in sections for part in section.parts if hasattr(part, "id")]
    assert len(set(ids)) == len(ids)
    links = {run.link for section in sections for part in section.parts for run in getattr(part, "text", ())
             if not isinstance(run, str) and run.link}  # fmt: skip
    assert links <= set(ids)


@EVERY
def test_what_is_drawn_is_said_in_words_too(name: str) -> None:
    for section in report(name).sections:
        for part in section.parts:
            if isinstance(part, Chart):
                assert part.caption
                assert part.words
            if isinstance(part, Table):
                for row in (*part.rows, *part.foot):
                    assert len(row) == len(part.columns), part.id
                    assert all(cell.drawn is None or column.kind == "drawn"
                               for cell, column in zip(row, part.columns, strict=True))  # fmt: skip
