"""Write files of verdicts: NDJSON, CSV or Parquet by the output's ending, also compressed (records section 3).

Any core can *encode* verdicts; one writer *appends* them in order.
"""

import errno
import gzip
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import zstandard

from compliance.batch.inputs import STANDARD
from compliance.errors import ComplianceError, SettingsError, UnavailableError
from compliance.policy import Verdicts
from compliance.text import printable_json
from compliance.writing import abandon, whole_file

Encode = Callable[[Verdicts, bool], Any]
"""Encode verdicts for `append`, given whether they are the first in the file: as bytes, or a table for Parquet."""


class Output:
    """The target for verdicts. A context manager: the file gets its name only once everything is written.

    Raises SettingsError if the target cannot be opened. Raises UnavailableError if it cannot be written to the end, for
    example because the disk is full. Then there is no file; for standard output, the error says that it is partial.
    """

    def __init__(self, path: str, *, synced: bool = True) -> None:
        self._path, self._synced = path, synced
        self._begun = False
        self._file: AbstractContextManager[IO[bytes]]
        self._stream: IO[bytes]

    def __enter__(self) -> "Output":
        try:
            self._file = self._target()
            self._stream = self._file.__enter__()
        except OSError as error:
            raise SettingsError(f"--output {self._path}: cannot be written ({error.strerror})") from None
        return self

    def _target(self) -> AbstractContextManager[IO[bytes]]:
        if self._path == STANDARD:
            if sys.stdout is None:  # as it is if the process was started without one
                raise SettingsError(f"--output {STANDARD}: standard output is closed")
            return nullcontext(sys.stdout.buffer)
        if Path(self._path).is_dir():
            raise SettingsError(f"--output {self._path}: is a folder; give the name of a file in it")
        return whole_file(Path(self._path), synced=self._synced)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                self._abandon(error, trace)
                return
            with self._writing():
                try:
                    self._finish()
                    self._stream.flush()
                except BaseException as fault:
                    self._abandon(fault, fault.__traceback__)
                    raise
                self._file.__exit__(None, None, None)
        except UnavailableError as failed:
            self._name_partial(failed)
            raise
        finally:
            if isinstance(error, ComplianceError):
                self._name_partial(error)

    def append(self, encoded: Any) -> None:
        """Append encoded verdicts."""
        with self._writing():
            self._write(encoded)
        self._begun = self._begun or len(encoded) > 0

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._path == STANDARD:
                self._begun = True
                abandon(sys.stdout)
            gone = self._path == STANDARD and error.errno == errno.EPIPE
            why = "its reader has closed it" if gone else error.strerror or str(error)
            left = "" if self._path == STANDARD else "; there is no output file: solve this, then run the command again"
            raise UnavailableError(f"--output {self._path}: could not be written to the end ({why}){left}") from None

    def _abandon(self, error: BaseException, trace: TracebackType | None) -> None:
        """Leave no file. Closing it may fail once more, for the same reason."""
        with suppress(OSError):
            self._discard()
        with suppress(OSError, type(error)):
            self._file.__exit__(type(error), error, trace)

    def _name_partial(self, error: ComplianceError) -> None:
        if self._path == STANDARD and self._begun:
            error.args = (f"{error}; the verdicts on standard output are partial: do not use them",)

    def _write(self, encoded: Any) -> None:
        self._stream.write(encoded)

    def _finish(self) -> None:
        """Write the end of the format."""

    def _discard(self) -> None:
        """Release what holds the stream, after an error."""


class ParquetOutput(Output):
    """A Parquet file with a row group for each part; read back, texts are dictionaries and dates are dates."""

    _writer: pq.ParquetWriter | None = None

    def _write(self, encoded: pa.Table) -> None:
        if self._writer is None:
            schema = encoded.schema
            self._writer = pq.ParquetWriter(
                self._stream,
                schema,
                # The least time at the size of a file with dictionaries and Zstandard throughout.
                use_dictionary=[field.name for field in schema if _has_few_values(field)],
                compression={name: "zstd" if name in _REFERENCES else "snappy" for name in schema.names},
                write_statistics=[field.name for field in schema if pa.types.is_date(field.type)],
            )
        self._writer.write_table(encoded)

    def _finish(self) -> None:
        if self._writer is not None:
            self._writer.close()

    _discard = _finish


_REFERENCES: Final = frozenset(("crime_ref", "victim_ref"))
"""The text columns with many values, which take the least space as plain texts: most repeat the one before."""


def _has_few_values(field: pa.Field) -> bool:
    return pa.types.is_dictionary(field.type) and field.name not in _REFERENCES


def encode_parquet(verdicts: Verdicts, _: bool) -> pa.Table:
    """Return a table for `ParquetOutput`: a Parquet file has one writer."""
    return verdicts.table(coded=True)


def encode_csv(verdicts: Verdicts, first: bool) -> bytes:
    """Encode as CSV: comma separated, with a header; null is empty."""
    return _csv(verdicts.table(), first)


def _csv(table: pa.Table, first: bool) -> bytes:
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, _instant_texts(table.column(place)))
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(table, sink, pa_csv.WriteOptions(include_header=first, quoting_style="needed"))
    return memoryview(sink.getvalue()).tobytes()


def _instant_texts(instants: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return instants in UTC as ISO 8601, with a fraction of a second only where there is one."""
    texts = pc.strftime(instants, "%Y-%m-%dT%H:%M:%SZ")
    return pc.replace_substring(texts, ".000000Z", "Z")


_FORMULA: Final = r"^[=+\-@\t\r]"
"""What a spreadsheet takes for the start of a formula, also after a tab or carriage return."""


def encode_spreadsheet(verdicts: Verdicts, first: bool) -> bytes:
    """Encode as `encode_csv`, for people who open the file in a spreadsheet.

    A text that would be a formula gets an apostrophe before it, so it is shown and not run.
    """
    table = verdicts.table()
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(place, field, _without_formulas(table.column(place)))
    return _csv(table, first)


def _without_formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.match_substring_regex(texts, _FORMULA), pc.binary_join_element_wise("'", texts, ""), texts)


def encode_ndjson(verdicts: Verdicts, _: bool) -> bytes:
    """Encode as one JSON object a line."""
    table = verdicts.table()
    if table.num_rows == 0:
        return b""
    pieces: list[Any] = []
    for i, name in enumerate(table.column_names):
        pieces += [("{" if i == 0 else ", ") + json.dumps(name) + ": ", _json_texts(table.column(name))]
    lines = pc.binary_join_element_wise(*pieces, "}\n", "")
    return b"".join(_text_of(chunk) for chunk in lines.chunks)


def _text_of(texts: pa.Array) -> memoryview:
    """Return the bytes of all texts of an array, which are contiguous."""
    ends = memoryview(texts.buffers()[1]).cast("i")
    return memoryview(texts.buffers()[2])[ends[texts.offset] : ends[texts.offset + len(texts)]]


def _json_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values of a column as JSON."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column, kind = _instant_texts(column), pa.string()
    if pa.types.is_string(kind):
        # Nearly every text needs no escape; only a column with a special character is encoded value by value.
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
    """Return printable text, because it may go to a terminal."""
    return printable_json(json.dumps(text, ensure_ascii=False))


def _gzip(verdicts: Verdicts, first: bool, encode: Encode) -> Any:
    return gzip.compress(encode(verdicts, first), compresslevel=6, mtime=0)


def _zstandard(verdicts: Verdicts, first: bool, encode: Encode) -> Any:
    return zstandard.compress(encode(verdicts, first))


_FORMATS: Final[dict[str, tuple[type[Output], Encode]]] = {
    ".ndjson": (Output, encode_ndjson),
    ".jsonl": (Output, encode_ndjson),
    ".csv": (Output, encode_csv),
    ".parquet": (ParquetOutput, encode_parquet),
}
_PACKED: Final[dict[str, Callable[[Verdicts, bool, Encode], Any]]] = {".gz": _gzip, ".zst": _zstandard}


def output(path: str, *, for_spreadsheet: bool = False, synced: bool = True) -> Output:
    """Return the output for a path, on disk once written or, unless `synced`, some time later.

    Raises SettingsError if no format has its ending. Also raises SettingsError if it is for a spreadsheet and not CSV.
    """
    kind, encoder, _ = _format(path)
    if for_spreadsheet and encoder is not encode_csv:
        raise SettingsError(f"--for-spreadsheet is for CSV; --output {path} does not end in .csv, .csv.gz or .csv.zst")
    return kind(path, synced=synced)


def encode(path: str, verdicts: Verdicts, first: bool, *, for_spreadsheet: bool = False) -> Any:
    """Encode verdicts for the output of a path.

    Compressed parts follow each other, as gzip members or Zstandard frames may.
    """
    _, plain, packed = _format(path)
    if for_spreadsheet:
        plain = encode_spreadsheet
    return plain(verdicts, first) if packed is None else _PACKED[packed](verdicts, first, plain)


def has_file_ending(path: str) -> bool:
    """Return whether a path is that of a file of verdicts, or `-`."""
    return path == STANDARD or path.removesuffix(".gz").removesuffix(".zst").endswith(tuple(_FORMATS))


def _format(path: str) -> tuple[type[Output], Encode, str | None]:
    packed = next((ending for ending in _PACKED if path.endswith(ending)), None)
    plain = ".ndjson" if path == STANDARD else path.removesuffix(packed or "")
    for ending, (kind, encoder) in _FORMATS.items():
        if plain.endswith(ending) and not (packed and kind is ParquetOutput):
            return kind, encoder, packed
    raise SettingsError(
        f"--output {path}: expected one of the endings {', '.join(_FORMATS)} (the first three also with "
        f"{' or '.join(_PACKED)}), or - for standard output"
    )
