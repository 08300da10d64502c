"""The report as a workbook: a sheet a section, real numbers, headers that stay in sight, and a sheet of notes."""

import io
from datetime import UTC, datetime
from typing import Any, Final

from compliance.reports import attention, words
from compliance.reports.definitions import GLOSSARY
from compliance.reports.model import Figures
from compliance.reports.rows import SECTIONS, Row, cases_command, rows
from compliance.reports.shown import shown

_FIXED: Final = ("Figure", "What it is", "Group", "Period", "Status")
_SHARES: Final = ("rate", "low", "high", "difference", "centre", "limit", "funnel", "silent", "expected")
_TITLES: Final = {"count": "Count", "of": "Of", "rate": "Rate", "low": "95% from", "high": "95% to"}


def workbook(figures: Figures) -> bytes:
    """An XLSX file. Rates are fractions of 1, shown in per cent; a cell without a number was not available."""
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415  # only where it is asked for

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    # The same figures, the same bytes: a workbook otherwise carries the time of its making.
    book.set_properties(
        {"title": f"Keeping victims informed, {figures.period}", "author": shown(figures.force),
         "created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)}
    )  # fmt: skip
    styles = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EAF1F6"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14, "font_color": "#17496B"}),
        "share": book.add_format({"num_format": "0.0%", "valign": "top"}),
        "count": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "number": book.add_format({"num_format": "0.00", "valign": "top"}),
    }
    _summary(book, styles, figures)
    every = rows(figures)
    for section, title in SECTIONS.items():
        held = [row for row in every if row.section == section]
        if held:
            name = "Teams" if section == "units" and figures.unit is not None else title
            _sheet(book.add_worksheet(name), styles, held)
    _notes(book, styles, figures)
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
    """A text as a cell: never a formula, and only what can be printed."""
    sheet.write_string(row, column, shown(text), style)


def _summary(book: Any, styles: dict[str, Any], figures: Figures) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 110)
    _write(sheet, 0, 0, f"{figures.force}: keeping victims informed", styles["title"])
    _write(sheet, 1, 0, words.span(figures.first, figures.last))
    place = 3
    for line in words.summary(figures):
        _write(sheet, place, 0, line.about, styles["head"])
        _write(sheet, place, 1, line.text, styles["text"])
        place += 1
    for thing in attention.things_to_look_at(figures):
        _write(sheet, place, 0, "To look at", styles["head"])
        _write(sheet, place, 1, thing, styles["text"])
        place += 1


def _sheet(sheet: Any, styles: dict[str, Any], held: list[Row]) -> None:
    measures = list(dict.fromkeys(measure for row in held for measure in row.numbers))
    titles = [*_FIXED, *(_TITLES.get(measure, measure.replace("_", " ").capitalize()) for measure in measures)]
    for column, title in enumerate(titles):
        _write(sheet, 0, column, title, styles["head"])
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 26)
    sheet.set_column(3, len(titles), 12)
    sheet.autofilter(0, 0, len(held), len(titles) - 1)
    for place, row in enumerate(held, 1):
        for column, text in enumerate((row.figure, row.what, row.group, row.period, row.status)):
            _write(sheet, place, column, text, styles["text"])
        for column, measure in enumerate(measures, len(_FIXED)):
            value = row.numbers.get(measure)
            if value is not None:
                sheet.write_number(place, column, value, styles[_style(measure, value)])


def _style(measure: str, value: float) -> str:
    if any(part in measure for part in _SHARES) and isinstance(value, float):
        return "share"
    return "count" if isinstance(value, int) else "number"


def _notes(book: Any, styles: dict[str, Any], figures: Figures) -> None:
    sheet = book.add_worksheet("Notes")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    basis = figures.basis
    notes = [
        ("Policy", f"{basis.policy} ({basis.policy_source})"), ("Policy digest", basis.policy_digest),
        *([("Organisation digest", basis.organisation_digest)] if basis.organisation_digest else []),
        ("Records", basis.records), ("Judged as at (T)", words.instant(basis.as_at)),
        ("As known at (K)", words.instant(basis.known_at)),
        ("The records begin on", "not known" if basis.records_begin is None else words.day(basis.records_begin)),
        ("Status", "few: fewer than 10, never ranked or tested; not available: nothing that is held was due; withheld: "
         "a count from 1 to 4 would show or could be worked out"),
        ("Cases", f"{cases_command(figures.period, figures.unit)} FIGURE lists the crimes behind a figure"),
        *((d.title, f"{d.meaning} ({d.clause})") for d in figures.definitions), *GLOSSARY,
    ]  # fmt: skip
    for place, (what, text) in enumerate(notes):
        _write(sheet, place, 0, what, styles["head"])
        _write(sheet, place, 1, text, styles["text"])
