"""Read blocks of lines of JSON as columns: quickly where nothing is in doubt, otherwise record by record.

The quick way is Arrow's JSON reader. It takes some things that the record format refuses, and it ends the process at
others, so it is only given lines that can each only be one object, and only believed if it reads them all. Any other
block goes the careful way. Either way, only the record format refuses a record, and says why.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from compliance.batch.inputs import LineBlock, RefusedRecord
from compliance.batch.learned_fields import LearnedFields
from compliance.batch.unknown_fields import count_in_batch, count_in_lines
from compliance.policy.calendars import Ints
from compliance.records import Columns, columns_from_arrow, decode_crimes
from compliance.records.wire import MAX_RECORD_BYTES, Refusal, decode_structs, instant_reason

_NEWLINE, _BEGIN, _END = b"\n{}"
_AFTER_END: Final = np.isin(np.arange(256), list(b"\n,]}"))
"""The bytes that may follow the end of an object in one line of JSON."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of the records of a file, in order, and the refused ones among them.

    `lines` has the line or row number of each record that was not refused. It is empty if the records are not from a
    file. `unknown_fields`: how often each field that the record format does not have occurs, by path.
    """

    columns: Columns
    refused: list[RefusedRecord]
    lines: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    unknown_fields: Counter[str] = field(default_factory=Counter)


def chunk_of(
    columns: Columns,
    refusals: list[Refusal],
    numbers: Ints,
    unknown: Counter[str],
    before: tuple[RefusedRecord, ...] = (),
) -> Chunk:
    """Return what was read, given the number of each record and the records refused before they were read."""
    refused = [RefusedRecord(int(numbers[each.index]), each.crime_ref, each.reason) for each in refusals]
    good = np.delete(numbers, [each.index for each in refusals])
    return Chunk(columns, sorted([*before, *refused], key=lambda each: each.line), good, unknown)


class LineReader:
    """A reader of the blocks of one file. It learns the file's unknown fields, so that they do not slow it down.

    Threads may share it.
    """

    def __init__(self) -> None:
        self._learned = LearnedFields()

    def read(self, block: LineBlock) -> Chunk:
        """Decode the records of a block."""
        self._learned.begin(block.text)
        return self._read_quickly(block) or self._read_carefully(block)

    def _read_quickly(self, block: LineBlock) -> Chunk | None:
        """Return the records, or None if it is not certain which of them are good."""
        text = block.text.rstrip(b"\r\n")
        if b"\r" in text:  # as Windows ends lines
            text = text.replace(b"\r\n", b"\n")
        schema = self._learned.schema
        if not _is_an_object_each_line(text) or (self._learned.has_floats and (b"NaN" in text or b"Inf" in text)):
            return None
        try:
            table = _parse(text, schema)
        except pa.ArrowException:
            return None
        if _has_null_holds(table):
            return None
        columns, doubted = columns_from_arrow(table)
        refusals = _refuse(text, [each.index for each in doubted])
        if len(refusals) < len(doubted):
            return None
        numbers = np.arange(len(table)) + block.number
        return chunk_of(columns, refusals, numbers, count_in_batch(table), block.refused)

    def _read_carefully(self, block: LineBlock) -> Chunk:
        """Decode each record as the service does, then read the good ones again, as they are written anew."""
        lines = block.text.split(b"\n")
        places = np.flatnonzero([bool(line.strip()) for line in lines])
        crimes, found, refusals = decode_structs([lines[place] for place in places.tolist()])
        columns, bad = columns_from_arrow(_parse(msgspec.json.Encoder().encode_lines(crimes), LearnedFields().schema))
        for row in (each.index for each in bad):
            refusals.append(Refusal(found[row], crimes[row].crime_ref, instant_reason(crimes[row])))
        unknown = count_in_lines(lines)
        if unknown:
            self._learned.learn(lines)
        refusals.sort(key=lambda refusal: refusal.index)
        return chunk_of(columns, refusals, places + block.number, unknown, block.refused)


def _refuse(text: bytes, rows: list[int]) -> list[Refusal]:
    """Return the refusals of some of the lines, as the record format words them."""
    if not rows:
        return []
    lines = text.split(b"\n")
    return [
        Refusal(rows[each.index], each.crime_ref, each.reason)
        for each in decode_crimes([lines[row] for row in rows])[1]
    ]


def _parse(text: bytes, schema: pa.Schema) -> pa.Table:
    """Return lines of JSON as a table. Raises ArrowException for anything that is not in the schema."""
    if not text:
        return schema.empty_table()
    return pa_json.read_json(
        pa.BufferReader(text),
        pa_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
        pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
    )


def _is_an_object_each_line(text: bytes) -> bool:
    """Return whether every line is UTF-8 and can only be one JSON object, or no JSON at all.

    Where an object ends, there follows neither a space nor the start of another value, and between two lines there is
    `}`, the newline and `{`, which do not follow each other in JSON. False may be wrong; True is not.
    """
    if not (text.startswith(b"{") and text.endswith(b"}")) or b"\0" in text or not _is_utf8(text):
        return False
    bytes_ = np.frombuffer(text, dtype=np.uint8)
    newlines = np.flatnonzero(bytes_ == _NEWLINE)
    ends = np.flatnonzero(bytes_[:-1] == _END)
    return bool(
        (bytes_[newlines - 1] == _END).all()
        and (bytes_[newlines + 1] == _BEGIN).all()
        and _AFTER_END[bytes_[ends + 1]].all()
        and np.diff(newlines, prepend=-1, append=len(text)).max() <= MAX_RECORD_BYTES
    )


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _has_null_holds(table: Any) -> bool:
    """Return whether null stands for a contact hold. Other items have a required field, which is then missing."""
    holds = pc.struct_field(pc.list_flatten(table["victims"]), "contact_holds")
    return bool(pc.list_flatten(holds).null_count)
