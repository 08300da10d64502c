"""Read a file of crime records as columns, in chunks and bounded memory: NDJSON, CSV or Parquet by its ending."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from compliance.batch.csv_records import csv_blocks
from compliance.batch.inputs import LineBlock, line_blocks, open_input
from compliance.batch.line_reader import Chunk, LineReader, chunk_of
from compliance.batch.unknown_fields import count_in_batch, twice_named
from compliance.errors import SettingsError
from compliance.records import columns_from_arrow
from compliance.records.arrow import CODED

P = TypeVar("P")
T = TypeVar("T")
_ROWS: Final = 32_768
"""Number of Parquet records read together."""


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """Records of a Parquet file as read, with the number of the first (from 1)."""

    number: int
    batch: Any


Part = LineBlock | ParquetRows
"""A part of a file, read but not yet decoded: the unit of work for a core."""


def place_word(source: str) -> str:
    """Return what the records of a file are numbered by: `line`, or `row` if it is a table."""
    return "row" if is_parquet(source) or _is_csv(source) else "line"


def _is_csv(source: str) -> bool:
    return source.removesuffix(".gz").removesuffix(".zst").endswith(".csv")


def is_parquet(source: str) -> bool:
    """Return whether a file is read as Parquet, by its ending."""
    return source.endswith(".parquet")


def parts(source: str) -> Iterator[Part]:
    """Yield a file in parts. Raises SettingsError if it cannot be read."""
    if not is_parquet(source):
        with open_input(source) as stream:
            yield from csv_blocks(stream) if _is_csv(source) else line_blocks(stream)
        return
    number = 1
    try:
        coded = _dictionary_columns(source)
        # Without this, Arrow reads ahead to the end of the file, regardless of its size.
        with pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20, read_dictionary=coded) as file:
            if twice := twice_named(file.schema_arrow):
                raise SettingsError(f"--input {source}: has the column {twice!r} twice; keep one of them")
            # A dictionary within a list must not change within a batch, and each row group has its own.
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(_ROWS, [group]):
                    yield ParquetRows(number, batch)
                    number += len(batch)
    except (OSError, pa.ArrowException) as error:
        raise SettingsError(f"--input {source}: cannot be read as Parquet ({error})") from None


def _dictionary_columns(source: str) -> list[str]:
    """Return the paths of the Parquet columns that are fastest to read as dictionaries."""
    with pq.ParquetFile(source, pre_buffer=False) as file:
        columns = [file.schema.column(place) for place in range(len(file.schema.names))]
    return [it.path for it in columns if it.physical_type == "BYTE_ARRAY" and it.path.split(".")[-1] in CODED]


def crime_refs(source: str) -> list[Any]:
    """Return the crime numbers of a Parquet file as arrays of texts, unchecked, without reading anything else.

    Raises SettingsError if the file cannot be read.
    """
    try:
        with pq.ParquetFile(source, pre_buffer=False) as file:
            return file.read(["crime_ref"], use_threads=False)["crime_ref"].cast(pa.large_string()).chunks
    except (OSError, pa.ArrowException) as error:
        raise SettingsError(f"--input {source}: cannot be read as Parquet ({error})") from None


def read(part: Part, lines: LineReader) -> Chunk:
    """Decode the records of a part. `lines` reads the lines of this file."""
    if isinstance(part, LineBlock):
        return lines.read(part)
    columns, refusals = columns_from_arrow(part.batch)
    return chunk_of(columns, refusals, np.arange(len(part.batch)) + part.number, count_in_batch(part.batch))


def record_chunks(source: str) -> Iterator[Chunk]:
    """Yield the records of a file in chunks. Raises SettingsError if it cannot be read."""
    return map(partial(read, lines=LineReader()), parts(source))


def in_order(pool: Executor, work: Callable[[P], T], given: Iterator[P], ahead: int) -> Iterator[T]:
    """Yield the result of `work` for each part, in order, with at most `ahead` parts in progress."""
    waiting = deque(pool.submit(work, part) for part in islice(given, ahead))
    while waiting:
        answer = waiting.popleft().result()
        waiting.extend(pool.submit(work, part) for part in islice(given, 1))
        yield answer
