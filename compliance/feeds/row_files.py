"""Files read as rows (CSV, Parquet and Excel) or as lines (NDJSON) (records sections 1 and 4)."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from compliance.errors import RecordError
from compliance.feed_settings import Files
from compliance.feeds.table_rows import WRONG, Row, check_columns
from compliance.feeds.workbooks import workbook_rows
from compliance.records.wire import MAX_RECORD_BYTES

SUFFIXES: Final = (".csv", ".ndjson", ".parquet", ".xlsx")
_BATCH: Final = 5000
_LONGEST_LINE: Final = 8 * MAX_RECORD_BYTES


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the lines of an NDJSON file that are not blank. Of an overlong line, only enough to refuse it."""
    with path.open("rb") as file:
        first = True
        while line := file.readline(MAX_RECORD_BYTES + 2):
            whole = line.endswith(b"\n")
            if first:
                line, first = line.removeprefix(b"\xef\xbb\xbf"), False
            if text := line.strip(b" \t\r\n"):
                yield text
            while not whole and (rest := file.readline(MAX_RECORD_BYTES)):
                whole = rest.endswith(b"\n")


def rows_of(path: Path, settings: Files, table: str, needed: dict[str, str]) -> Iterator[Row]:
    """Return the rows of a table from its file. A row whose cells do not match the header is marked as wrong.

    `needed`: the columns that the settings name, each with its setting. Raises RecordError if the file as a whole
    cannot be read.
    """
    if path.suffix == ".parquet":
        return _parquet(path, needed)
    return (row for _, row in numbered_rows(path, settings, table, needed))


def numbered_rows(
    path: Path, settings: Files, table: str, needed: dict[str, str], section: str = "crime_system.files"
) -> Iterator[tuple[int, Row]]:
    """Return the rows of a CSV file or a workbook as `rows_of` does, each with its line, or its number in the sheet.

    `section`: of the settings that say how the file is read.
    """
    if path.suffix == ".xlsx":
        return workbook_rows(path, settings.sheets.get(table), f"{section}.sheets.{table}", needed)
    return _csv(path, settings, needed, section)


def _csv(path: Path, settings: Files, needed: dict[str, str], section: str) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(MAX_RECORD_BYTES)
    try:
        with path.open(encoding=settings.encoding, newline="") as file:
            yield from _csv_rows(file, path.name, settings.delimiter, needed)
    except UnicodeError as error:
        found = f"byte {error.object[error.start]:#04x}" if isinstance(error, UnicodeDecodeError) else "it"
        raise RecordError(
            f"{path.name}: {found} is not {settings.encoding}; check that {section}.encoding is right"
        ) from None


def _csv_rows(file: IO[str], name: str, delimiter: str, needed: dict[str, str]) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(_lines(file, name), delimiter=delimiter, strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        check_columns(header, name, needed)
        for cells in reader:
            if len(cells) == len(header):
                yield reader.line_num, dict(zip(header, cells, strict=True))
            elif cells:
                wrong = f"{name}, line {reader.line_num}: {len(cells)} columns where the header has {len(header)}"
                yield reader.line_num, dict(zip(header, cells, strict=False)) | {WRONG: wrong}
    except csv.Error as error:
        raise RecordError(f"{name}, line {reader.line_num}: cannot be read as CSV ({error})") from None


def _lines(file: IO[str], name: str) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise RecordError(f"{name}: a line of more than {_LONGEST_LINE:,} characters; is it CSV?")
        yield line


def _parquet(path: Path, needed: dict[str, str]) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415  # heavy, and most feeds never need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    def without_nanoseconds(batch: Any) -> Any:
        fields = [
            field.with_type(pa.timestamp("us", field.type.tz)) if pa.types.is_timestamp(field.type) else field
            for field in batch.schema
        ]
        return pa.Table.from_batches([batch]).cast(pa.schema(fields), safe=False)

    try:
        with pq.ParquetFile(path) as file:
            check_columns(file.schema_arrow.names, path.name, needed)
            for batch in file.iter_batches(_BATCH):
                yield from without_nanoseconds(batch).to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault, not the file's
        problem = " ".join(str(error).split())[:200]
        raise RecordError(f"{path.name}: cannot be read as Parquet ({problem})") from None
