"""Excel workbooks (.xlsx) read as rows, their values as typed (decision 0036)."""

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, time
from errno import EINVAL
from itertools import islice
from pathlib import Path
from typing import Any, Final

from compliance.errors import RecordError, nearest
from compliance.feeds.fields import FIELDS
from compliance.feeds.table_rows import WRONG, Row, check_columns

MAX_UNPACKED: Final = 256 << 20
"""The most bytes of a workbook, unpacked: about half a million rows of ten columns."""
MAX_TEXTS: Final = 64 << 20
"""The most bytes of all its parts but the sheets: they are held in memory."""
MAX_ROW: Final = 16 << 20
"""The most bytes of one row: it is held in memory."""
MAX_ROWS: Final = 1 << 20
"""Excel's own limit of rows."""
_HEADER_WITHIN: Final = 20
_BATCH: Final = 2000
_READ: Final = frozenset(name for fields in FIELDS.values() for name in fields)
_DIGITS: Final = 10**15
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ROW_END: Final = re.compile(rb"</(?:\w+:)?row>")
_LITERAL: Final = re.compile(r'\[[^\]]*\]|"[^"]*"|\\.')


def workbook_rows(path: Path, sheet: str | None, setting: str, needed: dict[str, str]) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a sheet that are not empty, as typed, each with its number in it, from 1.

    A row with a value that is an error is marked as wrong.

    `sheet`: its name, None for the first visible one; `setting` names it. `needed`: the columns that the settings name,
    each with its setting. Raises RecordError if the workbook as a whole cannot be read.
    """
    _check_kind(path)
    try:
        _check_size(path)
        with closing(_opened(path)) as workbook:
            found = _find_sheet(workbook, path.name, sheet, setting)
            place, header = _header(found, path.name, needed)
            check_columns([name for name in header if name], path.name, needed)
            rows = found.iter_rows(min_row=place + 1, max_col=len(header))
            used = {name for name in header if name in needed or name in _READ}
            for number, cells in enumerate(_quietly(rows), place + 1):
                if number > MAX_ROWS:
                    raise RecordError(f"{path.name}: more than {MAX_ROWS:,} rows")
                if any(_holds(cell.value) for cell in cells):
                    yield number, _row(header, cells, used, path.name)
    except RecordError:
        raise
    except Exception as error:  # a damaged workbook fails in any way
        if isinstance(error, OSError) and error.errno not in (None, EINVAL):
            raise  # the disk's fault, not the file's; a damaged index leads to a place before the file's start
        problem = f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
        raise RecordError(f"{path.name}: cannot be read as an Excel workbook ({problem})") from None


def _check_kind(path: Path) -> None:
    """Raise RecordError for a file that is something else, by what it is."""
    with path.open("rb") as file:
        start = file.read(4096)
        if start.startswith(b"PK\x03\x04"):
            return
        expected = "expected an Excel workbook (.xlsx)"
        if start.startswith(_OLE):
            # An encrypted workbook is kept in a file of the old kind, in a stream of this name.
            encrypted = "EncryptedPackage".encode("utf-16-le")
            held = start + file.read(MAX_TEXTS)
            problem = (
                "is protected with a password; save it without one"
                if encrypted in held
                else "is a workbook of Excel 97 to 2003 (.xls); save it as .xlsx"
            )
        elif start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            problem = f"is a web page or XML under the name of a workbook; {expected}"
        else:
            problem = f"is empty; {expected}" if not start else f"is no workbook, perhaps text; {expected}"
    raise RecordError(f"{path.name}: {problem}")


def _check_size(path: Path) -> None:
    """Raise RecordError for more than memory should hold. No part gives more bytes than it is said to have."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.filename == "xl/workbook.bin" for part in parts):
            raise RecordError(f"{path.name}: is a binary workbook (.xlsb); save it as .xlsx")
        sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
        unpacked = sum(part.file_size for part in parts)
        texts = unpacked - sum(part.file_size for part in sheets)
        for size, most, what in ((unpacked, MAX_UNPACKED, "unpacked"), (texts, MAX_TEXTS, "of texts and styles")):
            if size > most:
                raise RecordError(
                    f"{path.name}: {size >> 20:,} MiB {what}, where {most >> 20:,} MiB are read; export it as CSV"
                )
        for part in sheets:
            with archive.open(part) as file:
                _check_rows(file, path.name)


def _check_rows(file: Any, name: str) -> None:
    since = 0
    while piece := file.read(1 << 20):
        ends = [found.end() for found in _ROW_END.finditer(piece)]
        since = len(piece) - ends[-1] if ends else since + len(piece)
        if since > MAX_ROW:
            raise RecordError(f"{name}: a row of more than {MAX_ROW >> 20} MiB")


def _opened(path: Path) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415  # heavy, and most feeds never need it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats and extensions that are not data
        return load_workbook(path, read_only=True, data_only=True, keep_links=False)


def _find_sheet(workbook: Any, name: str, sheet: str | None, setting: str) -> Any:
    visible = [each for each in workbook.worksheets if each.sheet_state == "visible"] or workbook.worksheets
    chosen = [each for each in workbook.worksheets if each.title == sheet] if sheet is not None else visible
    if not chosen:
        titles = [each.title for each in workbook.worksheets]
        raise RecordError(f"{name}: there is no sheet {sheet!r}, which {setting} names{nearest(sheet or '', titles)}")
    # Some programs write a size that is wrong, and what lies outside it would not be read.
    chosen[0].reset_dimensions()
    return chosen[0]


def _header(sheet: Any, name: str, needed: dict[str, str]) -> tuple[int, list[str]]:
    """Return the row of the header, from 1, and its names; "" for a column without one.

    It is the first row that is not empty or, of the first 20, the first that has all the columns needed: a title may
    stand above it.
    """
    first: tuple[int, list[str]] | None = None
    for place, cells in enumerate(_quietly(sheet.iter_rows(max_row=_HEADER_WITHIN, values_only=True)), 1):
        names = ["" if value is None else str(value).strip() for value in cells]
        while names and not names[-1]:
            names.pop()
        if names:
            first = first or (place, names)
            if needed.keys() <= set(names):
                return place, names
    if first is None:
        raise RecordError(f"{name}: sheet {sheet.title!r} has no header in its first {_HEADER_WITHIN} rows")
    return first


def _quietly(rows: Iterator[Any]) -> Iterator[Any]:
    """Yield rows without the library's warnings, which would stand in the log without the name of the file."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            some = list(islice(rows, _BATCH))
        if not some:
            return
        yield from some


def _row(header: Sequence[str], cells: Sequence[Any], used: set[str], name: str) -> Row:
    row: dict[str, Any] = dict.fromkeys((column for column in header if column), None)
    wrong = []
    for column, cell in zip(header, cells, strict=False):
        if not column or cell.value is None:
            continue
        row[column] = _typed(cell)
        if column in used and (problem := _problem(cell)):
            wrong.append(f"cell {cell.coordinate} {problem} ({name})")  # a refusal shows its first 40 characters
    return row | {WRONG: wrong[0]} if wrong else row


def _problem(cell: Any) -> str | None:
    if cell.data_type == "e":
        return f"is {cell.value}"
    if cell.data_type == "n" and not isinstance(cell.value, bool) and abs(cell.value) >= _DIGITS:
        return "has over 15 digits"  # of which Excel keeps 15
    return None


def _typed(cell: Any) -> Any:
    """Return a cell's value: whole numbers without decimals; a date, where its format shows no time, as a date."""
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime) and value.time() == time() and not _shows_time(cell.number_format):
        return value.date()
    return value


def _shows_time(number_format: str) -> bool:
    shown = _LITERAL.sub("", number_format).lower()
    return "h" in shown or "s" in shown


def _holds(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or not value.isspace()) and value != ""
