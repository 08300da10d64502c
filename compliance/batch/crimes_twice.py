"""Find the crimes of a dataset that stand more than once in their force, and so are judged more than once."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compliance.batch.dataset_files import FORCE, DatasetFile, keys_of
from compliance.batch.parquet import crime_refs, in_order
from compliance.progress import tell_step

_AT_ONCE: Final = 4
"""At most so many forces, because memory is not to grow with the cores, and to sort is quick."""
COLUMNS: Final = pa.schema([("crime_ref", pa.string()), ("file", pa.string()), ("row", pa.int64())])


def crimes_twice(source: Path, files: Sequence[DatasetFile], workers: int) -> pa.Table:
    """Return where the crimes are that stand more than once in a force, those of a number together (records section 1).

    Columns: the crime number, the name of the file in the dataset, and the row in it, from 1. Files whose folders have
    no key `force` are of one force. The crime numbers of at most four forces are in memory, with fewer `workers` of as
    many, at 110 bytes each. Raises SettingsError if a file cannot be read.
    """
    forces = defaultdict[str | None, list[DatasetFile]](list)
    for file in files:
        forces[keys_of(file.name).get(FORCE)].append(file)
    found, compared, every = [COLUMNS.empty_table()], 0, sum(file.rows for file in files)
    workers = min(workers, _AT_ONCE)
    with ThreadPoolExecutor(workers) as threads:  # Arrow, which takes longest, leaves the interpreter free
        answers = in_order(threads, lambda own: _twice(source, own), iter(forces.values()), workers)
        for own, table in zip(forces.values(), answers, strict=True):
            found.append(table)
            compared += sum(file.rows for file in own)
            tell_step("crime numbers compared", compared, every)
    return pa.concat_tables(found)


def _twice(source: Path, files: Sequence[DatasetFile]) -> pa.Table:
    """Return the places of the crimes that stand more than once in the files of a force."""
    refs = pa.chunked_array([chunk for file in files for chunk in crime_refs(str(source / file.name))])
    order = pc.sort_indices(refs)
    ordered = refs.take(order)
    same = _flags(pc.and_(pc.equal(ordered[1:], ordered[:-1]), pc.not_equal(ordered[1:], "")))
    again = np.flatnonzero(np.append(same, False) | np.append(False, same))
    places = order.to_numpy()[again].astype(np.int64)
    ends = np.cumsum([file.rows for file in files])
    number = np.searchsorted(ends, places, side="right")
    names = pa.array([file.name for file in files]).take(number)
    rows = places - np.append(0, ends)[number] + 1
    return pa.table([ordered.take(again).cast(pa.string()), names, pa.array(rows)], COLUMNS)


def _flags(values: Any) -> Any:
    return values.combine_chunks().fill_null(False).to_numpy(zero_copy_only=False)
