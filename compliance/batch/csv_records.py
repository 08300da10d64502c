"""Read CSV files of crime records, one crime a row (records section 1).

The header names the fields of a record; an empty cell means absent. A list (status, allocations, victims, updates,
events) is JSON in one cell, as databases write lists to CSV.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, Final

import msgspec

from compliance.batch.inputs import BLOCK_BYTES, BROKEN, LineBlock, RefusedRecord, check_start, ends_too_soon
from compliance.errors import SettingsError
from compliance.records.wire import MAX_RECORD_BYTES

_REQUIRED: Final = ("crime_ref", "reported_at")
_LISTS: Final = frozenset(("status", "allocations", "victims", "updates", "events"))


def csv_blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """Yield the rows of a CSV file (UTF-8, comma, standard quoting) as lines of NDJSON, in blocks.

    Rows are numbered as in a spreadsheet: the header is row 1. A malformed row becomes an empty line and is refused
    with its reason. Raises SettingsError if the header lacks a required column or has one twice, and RecordError if a
    compressed stream is broken.
    """
    csv.field_size_limit(MAX_RECORD_BYTES)
    if peek := getattr(stream, "peek", None):
        with suppress(*BROKEN):  # then it is named below, with the number of rows
            check_start(peek(4)[:4])
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(text, strict=True)
    number, lines, held, refused = 1, list[bytes](), 0, list[RefusedRecord]()
    try:
        header = _header(_first(rows))
        while True:
            number += 1
            try:
                row = next(rows, None)
                if row is None:
                    break
                line = _line(header, row) if row else b""
            except (csv.Error, ValueError) as error:
                line = b""
                refused.append(RefusedRecord(number, None, f"is not a valid row of this table: {error}"))
            lines.append(line)
            held += len(line)
            if held >= size:
                yield LineBlock(number + 1 - len(lines), b"\n".join(lines), tuple(refused))
                lines, held, refused = [], 0, []
    except BROKEN as error:
        raise ends_too_soon(number - 1, error) from None
    finally:
        text.detach()  # the caller that opened the stream closes it
    if lines:
        yield LineBlock(number - len(lines), b"\n".join(lines), tuple(refused))


def _first(rows: Iterator[list[str]]) -> list[str]:
    try:
        return next(rows, [])
    except csv.Error as error:
        raise SettingsError(f"the input has no header that can be read as CSV ({error})") from None


def _header(names: list[str]) -> list[str]:
    names = [name.strip() for name in names]
    for name in _REQUIRED:
        if name not in names:
            raise SettingsError(f"the input has no column {name}, which is required (the first row names the columns)")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SettingsError(f"the input has the column {twice!r} twice")
    return names


def _line(header: list[str], row: list[str]) -> bytes:
    """Return a row as the JSON of a record. Raises ValueError if it has too many or too few cells, or is not UTF-8."""
    if len(row) != len(header):
        raise ValueError(f"it has {len(row)} cells, the header has {len(header)}")
    record: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        if cell:
            record[name] = _list(cell) if name in _LISTS else cell
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        raise ValueError("it contains bytes that are not UTF-8") from None


def _list(cell: str) -> Any:
    """Return the JSON of a cell; if it is not valid JSON, the text itself, which is later refused as not a list."""
    try:
        return msgspec.json.decode(cell)
    except msgspec.DecodeError:
        return cell
