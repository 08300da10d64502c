"""Exports in Excel workbooks: what the cells mean (records sections 1 and 4)."""

from datetime import date, datetime, time
from typing import Any

import pytest

from compliance.feed_settings import FieldMapping
from compliance.records import decode_crimes
from tests import exports
from tests.exports import Folder, feed_of, polled
from tests.workbooks import HEADER, LONDON, ROW, RULES, XLSX, failed, taken, workbook

folder = exports.folder


def test_a_workbook_is_a_table(folder: Folder) -> None:
    assert taken(folder, workbook(("Crimes", [HEADER, ROW]))) == [
        {"crime_ref": "22A/1/26", "reported_at": "2026-07-01T14:30:00+01:00", "team": "North"}
    ]
    assert folder.names("done") == ["a.xlsx"]


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("0042", "0042"),
        (42, "42"),
        (42.0, "42"),
        (999_999_999_999_999, "999999999999999"),
        ("  T1  ", "T1"),
        ("1e5", "1e5"),
    ],
)
def test_an_identifier_is_what_was_typed(folder: Folder, value: Any, made: str) -> None:
    """Zeros in front of a text stay; a number has no decimals that it did not have."""
    assert taken(folder, workbook(("Crimes", [HEADER, [*ROW[:2], value]])))[0]["team"] == made


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (datetime(2026, 7, 1, 0, 0), "2026-07-01T00:00:00+01:00"),  # noqa: DTZ001
        (datetime(2026, 12, 1, 23, 59), "2026-12-01T23:59:00+00:00"),  # noqa: DTZ001
        ("2026-07-01 14:30", "2026-07-01T14:30:00+01:00"),
        (date(2026, 7, 1), "2026-07-01"),
    ],
)
def test_a_date_and_time_is_an_instant_and_a_date_is_none(folder: Folder, value: Any, made: str) -> None:
    assert taken(folder, workbook(("Crimes", [HEADER, ["1", value, ""]])))[0]["reported_at"] == made


def test_every_minute_of_a_day_is_read_as_written(folder: Folder) -> None:
    """Excel keeps a time as a fraction of a day."""
    minutes = [datetime(2026, 7, 1, hour, minute) for hour in range(24) for minute in range(60)]  # noqa: DTZ001
    records = taken(folder, workbook(("Crimes", [HEADER, *([str(n), at, ""] for n, at in enumerate(minutes))])))
    assert [record["reported_at"] for record in records] == [f"{at.isoformat()}+01:00" for at in minutes]


def test_a_date_and_a_time_in_two_columns(folder: Folder) -> None:
    rules = FieldMapping(timezone=LONDON, crime={"reported_at": ["Day", "Time"]})
    rows = [
        ["crime_ref", "Day", "Time"],
        ["1", date(2026, 7, 1), time(14, 30)],
        ["2", date(2026, 7, 1), "14:30"],
        ["3", date(2026, 7, 1), ""],
    ]
    assert [record["reported_at"] for record in taken(folder, workbook(("Crimes", rows)), rules)] == [
        "2026-07-01T14:30:00+01:00",
        "2026-07-01T14:30:00+01:00",
        "2026-07-01",
    ]


BOOK = workbook(
    ("Notes", [["nothing"]]),
    ("Crimes", [HEADER, ROW]),
    ("Persons", [["Crime No", "Id", "Role"], ["22A/1/26", "V1", "VIC"], ["22A/1/26", "S1", "SUS"]]),
    ("Staff", [["officer_ref", "email"], [1042, "o@force.example"]]),
)


def test_the_sheets_of_one_workbook_are_tables(folder: Folder) -> None:
    rules = RULES.model_copy(update={"victims": {"victim_ref": "Id"}, "rows": {"victims": {"Role": ["VIC"]}}})
    for name in ("day_1.xlsx", "staff.xlsx"):
        folder.put(name, BOOK)
    feed = feed_of(
        folder,
        rules,
        tables={"crimes": "day_*.xlsx", "victims": "day_*.xlsx"},
        officers="staff.xlsx",
        sheets={"crimes": "Crimes", "victims": "Persons", "officers": "Staff"},
    )
    assert [record["victims"] for record in polled(feed)[0]] == [[{"victim_ref": "V1"}]]
    assert [officer.officer_ref for officer in feed.officers().officers] == ["1042"]


def test_the_first_sheet_that_can_be_seen_is_read_unless_one_is_named(folder: Folder) -> None:
    sheets = (("Codes", [["x"]]), ("Crimes", [HEADER, ROW]))
    assert "no column 'Crime No'" in failed(folder, workbook(*sheets))

    def hide(book: Any) -> None:
        book.get_worksheet_by_name("Crimes").activate()
        book.get_worksheet_by_name("Codes").hide()

    assert len(taken(folder, workbook(*sheets, change=hide))) == 1
    assert len(taken(folder, workbook(*sheets), sheets={"crimes": "Crimes"})) == 1


def test_a_sheet_that_is_not_there_is_named(folder: Folder) -> None:
    found = failed(folder, BOOK, sheets={"crimes": "Crime"})
    assert "there is no sheet 'Crime', which crime_system.files.sheets.crimes names; did you mean 'Crimes'?" in found


def test_a_title_may_stand_above_the_header(folder: Folder) -> None:
    def merge(book: Any) -> None:
        book.get_worksheet_by_name("Crimes").merge_range("A1:C1", "Crimes of week 27")

    content = workbook(("Crimes", [[], [], HEADER, ROW]), change=merge)
    assert len(taken(folder, content)) == 1


def test_columns_without_a_name_and_rows_without_values_are_no_data(folder: Folder) -> None:
    """A merged heading leaves columns without a name; empty rows keep the format of a table."""

    def add(book: Any) -> None:
        sheet = book.get_worksheet_by_name("Crimes")
        for row in range(2, 300):
            sheet.write_blank(row, 0, None, book.add_format({"bold": True}))
        sheet.write_string(300, 1, "  ")

    content = workbook(("Crimes", [[*HEADER, "", "", "note"], [*ROW, "x", "y", "z"]]), change=add)
    assert [record["team"] for record in taken(folder, content)] == ["North"]


def test_two_columns_of_one_name_cannot_be_told_apart(folder: Folder) -> None:
    found = failed(folder, workbook(("Crimes", [[*HEADER, "team"], [*ROW, "South"]])))
    assert "columns 3 and 4 of the header have the same name" in found


def test_a_formula_has_the_value_that_was_kept_with_it(folder: Folder) -> None:
    def calculate(book: Any) -> None:
        book.get_worksheet_by_name("Crimes").write_formula("C2", '="No"&"rth"', None, "North")

    assert taken(folder, workbook(("Crimes", [HEADER, ROW]), change=calculate))[0]["team"] == "North"


@pytest.mark.parametrize("code", ["#N/A", "#DIV/0!", "#REF!"])
def test_a_cell_with_an_error_refuses_its_crime_alone(folder: Folder, code: str) -> None:
    def spoil(book: Any) -> None:
        sheet = book.get_worksheet_by_name("Crimes")
        sheet.write_formula("C2", "=A9", None, code)
        sheet.write_formula("D3", "=A9", None, code)

    content = workbook(("Crimes", [[*HEADER, "remark"], ROW, ["22A/2/26", *ROW[1:]]]), change=spoil)
    folder.put("a.xlsx", content)
    [page] = feed_of(folder, RULES, tables=XLSX).pages(None)
    crimes, [refusal] = decode_crimes(page.raws)
    assert f"cell C2 is {code} (a.xlsx)" in refusal.reason
    assert [crime.crime_ref for crime in crimes] == ["22A/2/26"], "an error where nothing is read does no harm"


def test_a_number_that_has_lost_digits_is_refused(folder: Folder) -> None:
    content = workbook(("Crimes", [HEADER, [1_234_567_890_123_456, *ROW[1:]]]))
    folder.put("a.xlsx", content)
    [page] = feed_of(folder, RULES, tables=XLSX).pages(None)
    _, [refusal] = decode_crimes(page.raws)
    assert refusal.crime_ref == "1234567890123456"
    assert "cell A2 has over 15 digits (a.xlsx)" in refusal.reason
