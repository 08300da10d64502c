"""Files of crime records: plain or compressed, lines by the block (records section 3)."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import zstandard

from compliance.errors import SettingsError
from compliance.records.wire import MAX_RECORD_BYTES

BLOCK_BYTES: Final = 8 * 1024 * 1024
STANDARD: Final = "-"
BROKEN: Final = (OSError, EOFError, zlib.error, zstandard.ZstdError)
"""What a compressed stream raises where it is broken or ends too soon."""
_BOM: Final = b"\xef\xbb\xbf"


@contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """A file of records to read: plain, gzip (.gz) or Zstandard (.zst) by its ending, `-` for standard input."""
    if path == STANDARD:
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
            yield zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        else:
            yield raw


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused record: its line or row number (from 1), its crime number where one can be read, the reason."""

    line: int
    crime_ref: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file, with the number of the first (from 1), and what was refused before it became lines."""

    number: int
    text: bytes
    refused: tuple[Refused, ...] = ()


def ends_too_soon(number: int, error: Exception) -> SettingsError:
    """A compressed stream that is broken or cut off near a line."""
    return SettingsError(f"the input cannot be read to its end near line {number:,} ({error})")


def line_blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[Block]:
    """The lines of a stream, many at a time.

    Memory stays bounded: of a line longer than any record may be only the beginning is kept, enough to refuse it.
    Raises SettingsError where a compressed stream is broken or ends too soon.
    """
    number, pending = 1, b""
    while True:
        try:
            text = stream.read(size)
        except BROKEN as error:
            raise ends_too_soon(number, error) from None
        if not text:
            break
        if number == 1 and not pending:
            text = text.removeprefix(_BOM)  # as some editors begin a file of UTF-8
        whole, newline, rest = text.rpartition(b"\n")
        if newline:
            yield Block(number, pending + whole)
            number += whole.count(b"\n") + 1
            pending = b""
        pending = (pending + rest)[: MAX_RECORD_BYTES + 1]
    if pending:
        yield Block(number, pending)
