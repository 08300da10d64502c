"""What is no workbook, is damaged, or is too large fails by what it is, and never more than itself."""

import io
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compliance.errors import SettingsError, UnavailableError
from compliance.feeds import workbooks
from compliance.records import decode_crimes
from tests import exports
from tests.exports import Folder, feed_of
from tests.workbooks import HEADER, ROW, RULES, XLSX, failed, taken, workbook

folder = exports.folder


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


@example(GOOD.rindex(b"PK\x05\x06") + 19, b"\x01")  # where the index begins
@settings(max_examples=60)
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
