"""CSV files of crime records, one crime a row (records section 1).

The header names the fields of a record; an empty cell is absent. What is a list in a record (status, allocations,
victims, updates, events) is the same list as JSON in one cell, as databases write lists to CSV.
"""

import csv
import io
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec

from compliance.batch.inputs import BLOCK_BYTES, BROKEN, Block, Refused, ends_too_soon
from compliance.errors import SettingsError
from compliance.records.wire import MAX_RECORD_BYTES

_REQUIRED: Final = ("crime_ref", "reported_at")
_LISTS: Final = frozenset(("status", "allocations", "victims", "updates", "events"))


def csv_blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[Block]:
    """The rows of a CSV file (UTF-8, comma, quoted as usual) as lines of NDJSON, many at a time.

    Rows are numbered as a spreadsheet does: the header is row 1. One that is no row of this table becomes an empty line
    and is refused with its reason. Raises SettingsError for a header that lacks a required column or has one twice,
    RecordError where a compressed stream is broken.
    """
    csv.field_size_limit(MAX_RECORD_BYTES)
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(text, strict=True)
    number, lines, held, refused = 1, list[bytes](), 0, list[Refused]()
    try:
        header = _header(next(rows, []))
        while True:
            number += 1
            try:
                row = next(rows, None)
                if row is None:
                    break
                line = _line(header, row) if row else b""
            except (csv.Error, ValueError) as error:
                line = b""
                refused.append(Refused(number, None, f"is no row of this table: {error}"))
            lines.append(line)
            held += len(line)
            if held >= size:
                yield Block(number + 1 - len(lines), b"\n".join(lines), tuple(refused))
                lines, held, refused = [], 0, []
    except BROKEN as error:
        raise ends_too_soon(number - 1, error) from None
    finally:
        text.detach()  # the stream is closed by whoever opened it
    if lines:
        yield Block(number - len(lines), b"\n".join(lines), tuple(refused))


def _header(names: list[str]) -> list[str]:
    names = [name.strip() for name in names]
    for name in _REQUIRED:
        if name not in names:
            raise SettingsError(f"the input has no column {name}, which is required (the first row names the columns)")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SettingsError(f"the input has the column {twice!r} twice")
    return names


def _line(header: list[str], row: list[str]) -> bytes:
    """A row as the JSON of a record. Raises ValueError where it has more or fewer cells, or is not UTF-8."""
    if len(row) != len(header):
        raise ValueError(f"it has {len(row)} cells, the header has {len(header)}")
    record: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        if cell:
            record[name] = _list(cell) if name in _LISTS else cell
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        raise ValueError("it holds bytes that are not UTF-8") from None


def _list(cell: str) -> Any:
    """The JSON of a cell; where it is none, the text itself, which is then refused as no list."""
    try:
        return msgspec.json.decode(cell)
    except msgspec.DecodeError:
        return cell
