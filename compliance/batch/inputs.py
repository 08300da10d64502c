"""Read files of crime records, plain or compressed, as blocks of lines (records section 3)."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import msgspec
import zstandard

from compliance.errors import ComplianceError, RecordError, SettingsError
from compliance.records.wire import MAX_RECORD_BYTES

BLOCK_BYTES: Final = 8 * 1024 * 1024
STANDARD: Final = "-"
BROKEN: Final = (OSError, EOFError, zlib.error, zstandard.ZstdError)
"""The errors of a compressed stream that is broken or ends too soon."""
_BOM: Final = b"\xef\xbb\xbf"
_NOT_RECORDS: Final = {
    b"\xff\xfe": "is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8",
    b"\xfe\xff": "is UTF-16, not UTF-8; save it as UTF-8",
    b"PAR1": "is a Parquet file; give it a name that ends in .parquet",
    b"PK\x03\x04": "is a workbook or ZIP file; save the table as CSV in UTF-8, or unpack it",
    b"\x1f\x8b": "is compressed with gzip; give it a name that ends in .gz",
    b"\x28\xb5\x2f\xfd": "is compressed with Zstandard; give it a name that ends in .zst",
}
"""How a file that is not UTF-8 text begins, and what to do."""
_PACKED_BYTES: Final = 2048
"""Bytes of a Zstandard file read at a time. Even if crafted to, they unpack to at most 64 MiB."""


@contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """Open a file of records: plain, gzip (.gz) or Zstandard (.zst) by its ending, or `-` for standard input.

    An error in reading it while it is open is raised with the file's name. Raises SettingsError if it cannot be opened
    or is not UTF-8 text.
    """
    try:
        with _open_bytes(path) as stream:
            yield stream
    except _UnreadableError as error:
        raise error.kind(f"--input {path}: {error}") from None


@contextmanager
def _open_bytes(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD:
        if sys.stdin is None:  # as it is if the process was started without one
            raise SettingsError("--input -: standard input is closed")
        yield sys.stdin.buffer
        return
    try:
        raw = Path(path).open("rb")  # noqa: SIM115 (it is closed below)
    except OSError as error:
        raise SettingsError(f"--input {path}: cannot be read ({error.strerror})") from None
    with raw:
        if path.endswith(".gz"):
            yield cast(IO[bytes], gzip.GzipFile(fileobj=raw))
        elif path.endswith(".zst"):
            yield io.BufferedReader(_Frames(raw))
        else:
            yield raw


class _Frames(io.RawIOBase):
    """The content of Zstandard frames. Raises EOFError if the last frame is incomplete, which the library ignores."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._held = raw, memoryview(b"")
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as much as fits into the buffer; return 0 at the end."""
        while not self._held:
            packed = self._raw.read(_PACKED_BYTES)
            if not packed:
                if self._begun:
                    raise EOFError("the last Zstandard frame is incomplete")
                return 0
            self._held = memoryview(b"".join(self._unpack(packed)))
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        return count

    def _unpack(self, packed: bytes) -> Iterator[bytes]:
        while packed:
            yield self._frame.decompress(packed)
            self._begun, packed = not self._frame.eof, self._frame.unused_data
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A refused record: its line or row number (from 1), its crime number if it can be read, and the reason."""

    line: int
    crime_ref: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class NotJudged:
    """An obligation set aside (rules 6.1a).

    The record's line or row number (from 1), the crime and victim, the requirement (`cycle`: the event's number, else
    0), the clause and the reason.
    """

    line: int
    crime_ref: str
    victim_ref: str
    requirement: str
    cycle: int
    clause: str
    reason: str


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines of a file, the number of the first (from 1), and the records refused before they became lines."""

    number: int
    text: bytes
    refused: tuple[RefusedRecord, ...] = ()


class _UnreadableError(RecordError):
    """A stream ends too soon, is broken or is not lines of records. `kind` is the error once it names the file."""

    kind: type[ComplianceError] = RecordError


class _OtherFormatError(_UnreadableError):
    kind = SettingsError


def check_start(text: bytes) -> None:
    """Check the start of a file: that it is UTF-8 text.

    Raises SettingsError, with the file's name once `open_input` ends, that says what the file is instead.
    """
    for start, what in _NOT_RECORDS.items():
        if text.startswith(start):
            raise _OtherFormatError(what)
    if text[:2].count(b"\0") == 1:
        raise _OtherFormatError("is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8")


def _check_lines(text: bytes) -> None:
    """Check that the file has one record a line. A bad record is refused later; a file in another form is an error."""
    first, _, rest = text.lstrip().partition(b"\n")
    if first.startswith(b"[") and not (rest.strip() and _is_json(first)):
        raise _OtherFormatError(
            "is one JSON array, not one record a line; convert it, for example with: jq -c '.[]' FILE > FILE.ndjson"
        )
    if first.strip() == b"{" and rest.strip() and not rest.lstrip().startswith(b"{"):
        raise _OtherFormatError(
            "has records over several lines, not one record a line; convert it, for example with: "
            "jq -c . FILE > FILE.ndjson"
        )


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def ends_too_soon(number: int, error: Exception) -> RecordError:
    """Return the error for a compressed stream that is broken or cut off after a number of lines or rows."""
    return _UnreadableError(
        f"is incomplete or broken: {number:,} lines could be read, then no more ({error}); nothing in it was judged; "
        "fetch the file again"
    )


def line_blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """Yield the lines of a stream in blocks.

    Memory stays bounded: only the start of a line that is too long for a record is kept, enough to refuse it. Raises
    RecordError if a compressed stream is broken or ends too soon.
    """
    number, pending, broken = 1, b"", None
    while broken is None:
        text, broken = _read(stream, size)
        if not text:
            break
        if number == 1 and not pending:
            check_start(text)
            text = text.removeprefix(_BOM)  # as some editors begin a file of UTF-8
            _check_lines(text)
        end = text.rfind(b"\n")
        if end >= 0:
            yield LineBlock(number, b"".join((pending, memoryview(text)[:end])))  # copied once
            number += text.count(b"\n")
            pending = b""
        pending = (pending + text[end + 1 :])[: MAX_RECORD_BYTES + 1]
    if broken is not None:
        raise ends_too_soon(number - 1, broken)
    if pending:
        yield LineBlock(number, pending)


def _read(stream: IO[bytes], size: int) -> tuple[bytes, Exception | None]:
    """Return the next `size` bytes, or fewer at the end, and the reason if reading cannot continue."""
    pieces, count = list[bytes](), 0
    try:
        while count < size and (piece := cast(io.BufferedIOBase, stream).read1(size - count)):
            pieces.append(piece)
            count += len(piece)
    except BROKEN as error:
        return b"".join(pieces), error
    return b"".join(pieces), None
