"""Write what was not judged in a file of a dataset: refused records, and obligations set aside (rules 6.1a)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from compliance.batch.inputs import NotJudged, RefusedRecord
from compliance.writing import whole_file

COLUMNS: Final = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("crime_ref", pa.string()),
        ("victim_ref", pa.string()),
        ("requirement", pa.string()),
        ("cycle", pa.int32()),
        ("clause", pa.string()),
        ("reason", pa.string()),
    ]
)
"""The name of the file read and the row in it, from 1; then what was not judged. Of a refused record, `victim_ref` to
`clause` are null; its `crime_ref` too if it could not be read."""
_TOGETHER: Final = 10_000


@contextmanager
def not_judged_file(path: Path, source: str) -> Iterator[Callable[[RefusedRecord | NotJudged], None]]:
    """Give a function that takes what was not judged in the file named `source`, for a Parquet file at `path`.

    The file is there once the context ends without an error, and only if something was not judged. Nobody
    waits until it is on disk. Raises OSError.
    """
    held: list[dict[str, Any]] = []
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None

        def write() -> None:
            nonlocal writer
            if writer is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                writer = stack.enter_context(
                    pq.ParquetWriter(stack.enter_context(whole_file(path, synced=False)), COLUMNS)
                )
            writer.write_table(pa.Table.from_pylist(held, COLUMNS))
            held.clear()

        def tell(each: RefusedRecord | NotJudged) -> None:
            found = asdict(each)
            held.append({"file": source, "row": found.pop("line"), **found})
            if len(held) == _TOGETHER:
                write()

        yield tell
        if held:
            write()
