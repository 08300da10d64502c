"""Files of verdicts: NDJSON, CSV or Parquet by the output's ending, also compressed (records section 3).

Verdicts are *encoded* wherever there is a core to spare and *appended* in their order by one.
"""

import gzip
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import zstandard

from compliance.batch.inputs import STANDARD
from compliance.errors import SettingsError
from compliance.policy import Verdicts
from compliance.text import printable_json
from compliance.writing import whole_file

Encode = Callable[[Verdicts, bool], Any]
"""Verdicts, and whether they are the first of a file, as they are handed to `append`: bytes, for Parquet a table."""


class Output:
    """Where verdicts go. Used as a context manager: the file appears under its name only when all is written."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: AbstractContextManager[IO[bytes]] = (
            nullcontext(sys.stdout.buffer) if path == STANDARD else whole_file(Path(path))
        )
        self._stream: IO[bytes]

    def __enter__(self) -> "Output":
        try:
            self._stream = self._file.__enter__()
        except OSError as error:
            raise SettingsError(f"--output {self._path}: cannot be written ({error.strerror})") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        self._stream.flush()
        self._file.__exit__(kind, error, trace)

    def append(self, encoded: Any) -> None:
        """Write encoded verdicts after those before them."""
        self._stream.write(encoded)

    def _finish(self) -> None:
        """What a format puts at its end."""


class ParquetOutput(Output):
    """A row group for each part; texts as dictionaries, dates as dates."""

    _writer: pq.ParquetWriter | None = None

    def append(self, encoded: pa.Table) -> None:
        """Write encoded verdicts after those before them."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._stream,
                encoded.schema,
                compression="zstd",
                dictionary_pagesize_limit=16 * 1024 * 1024,
                # The least and the most of each text would cost as much as all the rest.
                write_statistics=[field.name for field in encoded.schema if not pa.types.is_dictionary(field.type)],
            )
        self._writer.write_table(encoded)

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.close()


def encode_parquet(verdicts: Verdicts, _: bool) -> pa.Table:
    """A table, which `ParquetOutput` writes: a Parquet file has one writer."""
    return verdicts.table(coded=True)


def encode_csv(verdicts: Verdicts, first: bool) -> bytes:
    """Comma separated, with a header; null is empty."""
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(verdicts.table(), sink, pa_csv.WriteOptions(include_header=first, quoting_style="needed"))
    return memoryview(sink.getvalue()).tobytes()


def encode_ndjson(verdicts: Verdicts, _: bool) -> bytes:
    """One JSON object a line."""
    table = verdicts.table()
    if table.num_rows == 0:
        return b""
    pieces: list[Any] = []
    for i, name in enumerate(table.column_names):
        pieces += [("{" if i == 0 else ", ") + json.dumps(name) + ": ", _json_texts(table.column(name))]
    lines = pc.binary_join_element_wise(*pieces, "}\n", "")
    return b"".join(_text_of(chunk) for chunk in lines.chunks)


def _text_of(texts: pa.Array) -> memoryview:
    """The bytes of all texts of an array, which stand one after another."""
    ends = memoryview(texts.buffers()[1]).cast("i")
    return memoryview(texts.buffers()[2])[ends[texts.offset] : ends[texts.offset + len(texts)]]


def _json_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the JSON texts of its values."""
    kind = column.type
    if pa.types.is_string(kind):
        # Nearly every text stands as it is; only where one holds something special are they written out one by one.
        if pc.any(pc.match_substring_regex(column, r'["\\\pC\p{Zl}\p{Zp}]')).as_py():
            texts = [None if text is None else _json_text(text) for text in column.to_pylist()]
            quoted: Any = pa.chunked_array([pa.array(texts, pa.string())])
        else:
            quoted = pc.binary_join_element_wise('"', column, '"', "")
    elif pa.types.is_date(kind):
        quoted = pc.binary_join_element_wise('"', column.cast(pa.string()), '"', "")
    else:
        quoted = column.cast(pa.string())
    return quoted.fill_null("null")


def _json_text(text: str) -> str:
    """Printable, for it may go to a terminal."""
    return printable_json(json.dumps(text, ensure_ascii=False))


def _gzipped(verdicts: Verdicts, first: bool, encode: Encode) -> Any:
    return gzip.compress(encode(verdicts, first), compresslevel=6, mtime=0)


def _zstandard(verdicts: Verdicts, first: bool, encode: Encode) -> Any:
    return zstandard.compress(encode(verdicts, first))


_FORMATS: Final[dict[str, tuple[type[Output], Encode]]] = {
    ".ndjson": (Output, encode_ndjson),
    ".jsonl": (Output, encode_ndjson),
    ".csv": (Output, encode_csv),
    ".parquet": (ParquetOutput, encode_parquet),
}
_PACKED: Final[dict[str, Callable[[Verdicts, bool, Encode], Any]]] = {".gz": _gzipped, ".zst": _zstandard}


def output(path: str) -> Output:
    """Where the verdicts of a path go. Raises SettingsError for an ending that no format has."""
    return _format(path)[0](path)


def encode(path: str, verdicts: Verdicts, first: bool) -> Any:
    """Verdicts as the output of that path takes them. Compressed parts stand one after another, as gzip members or
    Zstandard frames may."""
    _, plain, packed = _format(path)
    return plain(verdicts, first) if packed is None else _PACKED[packed](verdicts, first, plain)


def _format(path: str) -> tuple[type[Output], Encode, str | None]:
    packed = next((ending for ending in _PACKED if path.endswith(ending)), None)
    plain = ".ndjson" if path == STANDARD else path.removesuffix(packed or "")
    for ending, (kind, encoder) in _FORMATS.items():
        if plain.endswith(ending) and not (packed and kind is ParquetOutput):
            return kind, encoder, packed
    raise SettingsError(
        f"--output {path}: expected an ending among {', '.join(_FORMATS)} (the first three also with "
        f"{' or '.join(_PACKED)}), or - for standard output"
    )
