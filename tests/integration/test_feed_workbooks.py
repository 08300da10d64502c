"""Exports in Excel workbooks, whatever stands in them (records sections 1 and 4)."""

import io
import struct
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.errors import SettingsError, UnavailableError
from compliance.feed_settings import FieldMapping
from compliance.feeds import workbooks
from compliance.records import decode_crimes
from tests import exports
from tests.exports import Folder, feed_of, polled

folder = exports.folder

LONDON = "Europe/London"
XLSX = {"crimes": "*.xlsx"}
RULES = FieldMapping(timezone=LONDON, crime={"crime_ref": "Crime No", "reported_at": "Reported"})
FORMATS = {datetime: "dd/mm/yyyy hh:mm", date: "dd/mm/yyyy", time: "hh:mm"}
HEADER = ["Crime No", "Reported", "team"]
ROW = ["22A/1/26", datetime(2026, 7, 1, 14, 30), "North"]  # noqa: DTZ001  # a workbook knows no zones


def workbook(*sheets: tuple[str, Any], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of sheets, each a name and its rows. `change` is given the workbook before it is written."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for column, value in enumerate(row):
                    if type(value) in formats:
                        sheet.write_datetime(place, column, value, formats[type(value)])
                    elif isinstance(value, str) and not value.startswith("="):
                        sheet.write_string(place, column, value)
                    else:
                        sheet.write(place, column, value)
        if change:
            change(book)
    return held.getvalue()


def taken(folder: Folder, content: bytes, rules: FieldMapping = RULES, **said: Any) -> list[dict[str, Any]]:
    folder.put("a.xlsx", content)
    return polled(feed_of(folder, rules, tables=XLSX, **said))[0]


def failed(folder: Folder, content: bytes, **said: Any) -> str:
    with pytest.raises(UnavailableError) as raised:
        taken(folder, content, **said)
    assert folder.names("failed") == ["a.xlsx", "a.xlsx.reason.txt"]
    return str(raised.value)


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


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def without(content: bytes, *names: str, **others: bytes) -> bytes:
    """A workbook without some of its parts, or with others in their place."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in names:
                new.writestr(name, others.get(Path(name).stem, old.read(name)))
    return held.getvalue()


GOOD = workbook(("Crimes", [HEADER, ROW]))
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)


def sheet(rows: str) -> bytes:
    return without(GOOD, sheet1=(SHEET % rows).encode())


ENTITIES = '<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"Crime No,Reported\n", "is no workbook, perhaps text"),
        (b"\xef\xbb\xbf <html><table>", "is a web page or XML under the name of a workbook"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "is protected with a password"),
        (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), r"of Excel 97 to 2003 (.xls); save it as .xlsx"),
        (b"PK\x03\x04 and no more", "cannot be read as an Excel workbook (BadZipFile"),
        (GOOD[:-300], "cannot be read as an Excel workbook (BadZipFile"),
        (without(GOOD, "[Content_Types].xml"), "cannot be read as an Excel workbook"),
        (without(GOOD, "xl/worksheets/sheet1.xml"), "there is no sheet"),
        (without(GOOD, sheet1=b"<worksheet"), "cannot be read as an Excel workbook (ParseError"),
        (sheet(""), "sheet 'Crimes' has no header in its first 20 rows"),
        (sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), "cannot be read as an Excel workbook (IndexError"),
        (without(GOOD, sharedStrings=f"{ENTITIES}]><sst>&a9;</sst>".encode()), "cannot be read as an Excel workbook"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_workbook_fails_by_what_it_is_and_the_next_is_taken(
    folder: Folder, content: bytes, said: str
) -> None:
    folder.put("b.xlsx", workbook(("Crimes", [HEADER, ROW])))
    assert said in failed(folder, content)
    assert folder.names("done") == ["b.xlsx"]


def test_a_binary_workbook_is_named(folder: Folder) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
    assert "is a binary workbook (.xlsb)" in failed(folder, held.getvalue())


@pytest.mark.parametrize(
    ("limit", "content", "said"),
    [
        ("MAX_UNPACKED", sheet("<row></row>" * 200_000), "2 MiB unpacked, where 1 MiB are read; export it as CSV"),
        ("MAX_ROW", sheet("<row>" + "<c/>" * 600_000), "a row of more than 1 MiB"),
        ("MAX_TEXTS", without(GOOD, sharedStrings=b"<si/>" * 600_000), "2 MiB of texts and styles, where 1 MiB are read"),
    ],
    ids=["unpacked", "a row", "texts"],
)  # fmt: skip
def test_what_unpacks_to_more_than_memory_should_hold_is_refused_before_it_is_read(
    folder: Folder, limit: str, content: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(path: Path) -> Any:
        raise AssertionError(path)

    monkeypatch.setattr(workbooks, "_opened", never)
    monkeypatch.setattr(workbooks, limit, 1 << 20)
    assert len(content) < 100_000
    assert said in failed(folder, content)


def test_a_part_that_gives_more_than_it_is_said_to_have_is_not_read_on(folder: Folder) -> None:
    """The sizes in an archive are claims."""
    content = bytearray(sheet('<row r="1">' + '<c r="A1"><v>1</v></c>' * 100_000 + "</row>"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    place = content.index(b"PK\x01\x02")
    while content[place + 46 : place + 46 + len(part.filename)] != part.filename.encode():
        place = content.index(b"PK\x01\x02", place + 4)
    struct.pack_into("<I", content, place + 24, 100)
    assert "cannot be read as an Excel workbook (BadZipFile" in failed(folder, bytes(content))


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing(folder: Folder) -> None:
    def stray(book: Any) -> None:
        book.get_worksheet_by_name("Crimes").write(1_048_575, 16_383, "x")

    assert len(taken(folder, workbook(("Crimes", [HEADER, ROW]), change=stray))) == 1


def test_a_row_beyond_the_end_of_a_sheet_is_refused(folder: Folder) -> None:
    header = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    content = sheet(f'<row r="1">{header}</row><row r="999999999999"><c><v>1</v></c></row>')
    assert "more than 1,048,576 rows" in failed(folder, content)


def test_a_size_that_a_program_wrote_wrongly_hides_no_rows(folder: Folder) -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        written = archive.read("xl/worksheets/sheet1.xml").replace(
            b'<dimension ref="A1:C2"/>', b'<dimension ref="A1"/>'
        )
    assert b'ref="A1"/>' in written
    assert taken(folder, without(GOOD, sheet1=written))[0]["team"] == "North"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=40))
def test_whatever_is_damaged_in_a_workbook_it_is_taken_or_failed(place: int, damage: bytes) -> None:
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        folder.put("a.xlsx", GOOD[:place] + damage + GOOD[place + len(damage) :])
        try:
            records = [raw for page in feed_of(folder, RULES, tables=XLSX).pages(None) for raw in page.raws]
        except UnavailableError:
            assert len(folder.names("failed")) == 2
        else:
            assert folder.names("done") == ["a.xlsx"]
            decode_crimes(records)
        assert folder.names() == []


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"tables": {"crimes": "*.xls"}}, r"tables.crimes: found '\*.xls'; expected a name ending in .*\.xlsx"),
        ({"tables": {"crimes": "*.csv"}, "sheets": {"crimes": "A"}}, "sheets.crimes: expected a table in an Excel workbook"),
        ({"tables": XLSX, "sheets": {"victims": "A"}}, "sheets.victims: expected a table in an Excel workbook"),
    ],
)  # fmt: skip
def test_sheets_that_cannot_be_are_a_wrong_setting(folder: Folder, said: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        feed_of(folder, **said)
