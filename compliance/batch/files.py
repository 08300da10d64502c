"""Files of crime records and of verdicts: lines in by the chunk, rows out by the table (records section 3)."""

import gzip
import json
import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import zstandard

from compliance.errors import SettingsError
from compliance.records.wire import MAX_RECORD_BYTES

CHUNK_BYTES: Final = 16 * 1024 * 1024
STANDARD: Final = "-"


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


def line_chunks(stream: IO[bytes], size: int = CHUNK_BYTES) -> Iterator[tuple[int, list[bytes]]]:
    """The lines of a stream, many at a time, with the number of the first (from 1).

    Memory stays bounded: of a line longer than any record may be only the beginning is kept, enough to refuse it.
    Raises SettingsError where a compressed stream is broken or ends too soon.
    """
    number, pending = 1, b""
    while True:
        try:
            block = stream.read(size)
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise SettingsError(f"the input cannot be read to its end near line {number:,} ({error})") from None
        if not block:
            break
        lines = (pending + block).split(b"\n")
        pending = lines.pop()[: MAX_RECORD_BYTES + 1]
        if lines:
            yield number, lines
            number += len(lines)
    if pending:
        yield number, [pending]


class Writer(ABC):
    """Where verdicts go. Used as a context manager: the file appears under its name only when all is written."""

    def __init__(self, path: str) -> None:
        self._path, self._part = path, path + ".part"
        self._stream: IO[bytes]

    def __enter__(self) -> "Writer":
        if self._path == STANDARD:
            self._stream = sys.stdout.buffer
            return self
        try:
            self._stream = Path(self._part).open("wb")
        except OSError as error:
            raise SettingsError(f"--output {self._path}: cannot be written ({error.strerror})") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._path == STANDARD:
            self._stream.flush()
            return
        self._stream.close()
        if kind is None:
            Path(self._part).replace(self._path)
        else:
            Path(self._part).unlink(missing_ok=True)

    @abstractmethod
    def write(self, table: pa.Table) -> None:
        """Append the rows of one table of verdicts."""


class NdjsonWriter(Writer):
    """One JSON object a line."""

    def write(self, table: pa.Table) -> None:
        """Append the rows of one table of verdicts."""
        if table.num_rows == 0:
            return
        pieces: list[Any] = []
        for i, name in enumerate(table.column_names):
            pieces += [("{" if i == 0 else ", ") + json.dumps(name) + ": ", _json_texts(table.column(name))]
        lines = pc.binary_join_element_wise(*pieces, "}\n", "")
        for chunk in lines.chunks:
            offsets = chunk.buffers()[1]
            first, last = _span(offsets, chunk.offset, len(chunk))
            self._stream.write(memoryview(chunk.buffers()[2])[first:last])


def _span(offsets: pa.Buffer, start: int, length: int) -> tuple[int, int]:
    ends = memoryview(offsets).cast("i")
    return ends[start], ends[start + length]


def _json_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the JSON texts of its values."""
    kind = column.type
    if pa.types.is_string(kind):
        # Nearly every text stands as it is; only those that hold something special are written out one by one.
        special = pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py()
        if special:
            texts = [None if v is None else json.dumps(v, ensure_ascii=False) for v in column.to_pylist()]
            quoted: Any = pa.chunked_array([pa.array(texts, pa.string())])
        else:
            quoted = pc.binary_join_element_wise('"', column, '"', "")
    elif pa.types.is_date(kind):
        quoted = pc.binary_join_element_wise('"', column.cast(pa.string()), '"', "")
    else:
        quoted = column.cast(pa.string())
    return quoted.fill_null("null")


class CsvWriter(Writer):
    """Comma separated, with a header; null is empty."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._header = True

    def write(self, table: pa.Table) -> None:
        """Append the rows of one table of verdicts."""
        options = pa_csv.WriteOptions(include_header=self._header, quoting_style="needed", quoting_header="needed")
        pa_csv.write_csv(table, self._stream, options)
        self._header = False


_WRITERS: Final[dict[str, type[Writer]]] = {".ndjson": NdjsonWriter, ".jsonl": NdjsonWriter, ".csv": CsvWriter}


def writer(path: str) -> Writer:
    """The writer for an output by its ending; `-` is standard output as NDJSON. Raises SettingsError for another."""
    if path == STANDARD:
        return NdjsonWriter(path)
    for ending, kind in _WRITERS.items():
        if path.endswith(ending):
            return kind(path)
    raise SettingsError(f"--output {path}: expected an ending among {', '.join(_WRITERS)}, or - for standard output")
