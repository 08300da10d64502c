"""Put the facts of records in the promised order, regardless of the order in which they arrived (records section 1)."""

from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compliance.records.columns import (
    EVERY_VICTIM,
    UNKNOWN_VICTIM,
    Allocations,
    Events,
    Ints,
    Rows,
    Statuses,
    Updates,
    Victims,
)

R = TypeVar("R", bound=Rows)
T = TypeVar("T", Statuses, Allocations, Updates, Events)


def victims_by_reference(rows: Victims) -> Victims:
    """Sort the victims of each crime by reference; of several with the same reference, keep the last.

    The order is that of verdicts (records sections 1 and 2).
    """
    same = np.flatnonzero(np.diff(rows.crime) == 0)
    if pc.all(pc.less(rows.ref.take(pa.array(same)), rows.ref.take(pa.array(same + 1)))).as_py() is not False:
        return rows
    rank = ranks(rows.ref)
    kept = last_of_each(rows.crime, rank)
    return rows.take(kept[np.lexsort((rank[kept], rows.crime[kept]))])


def find_named_victims(crime: Ints, asked_for: pa.Array, victims: Victims) -> Ints:
    """Return the row of the victim that each update names, EVERY_VICTIM or UNKNOWN_VICTIM (rules 2.3)."""
    result = np.full(len(asked_for), EVERY_VICTIM, dtype=np.int64)
    if asked_for.null_count == len(asked_for):
        return result
    rows = np.flatnonzero(asked_for.is_valid().to_numpy(zero_copy_only=False))
    every = _numbers(pa.concat_arrays([victims.ref, asked_for.drop_null()]).dictionary_encode())
    size = int(every.max()) + 1
    held = victims.crime * size + every[: len(victims)]
    asked = crime[rows] * size + every[len(victims) :]
    order = np.argsort(held, kind="stable")
    place = np.searchsorted(held[order], asked)
    found = np.append(held[order], -1)[place] == asked
    result[rows] = np.where(found, np.append(order, 0)[place], UNKNOWN_VICTIM)
    return result


def ranks(texts: pa.Array) -> Ints:
    """Return whole numbers in the order of the texts by code point (UTF-8 has the same order)."""
    encoded = texts.dictionary_encode()
    size = len(encoded.dictionary)
    rank = np.full(size + 1, size)
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(size)
    return rank[_numbers(encoded)]


def _numbers(encoded: pa.DictionaryArray) -> Ints:
    """Return the place of each text in the dictionary, its length if absent (such a record is refused)."""
    return encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)


def keep_last(rows: R, refs: pa.Array) -> R:
    """Keep the last of the rows with the same reference within a crime (records section 1)."""
    ascending = pc.or_(pc.less(refs[:-1], refs[1:]), pa.array(np.diff(rows.crime) > 0))
    if pc.all(ascending).as_py() is not False:
        return rows
    kept = last_of_each(rows.crime, _numbers(refs.dictionary_encode()))
    return rows if len(kept) == len(rows) else rows.take(kept)


def last_of_each(crime: Ints, key: Any) -> Ints:
    """Return the places, ascending, of the last row of each (crime, key)."""
    pair = crime * (int(key.max()) + 1) + key if len(key) else crime
    _, last = np.unique(pair[::-1], return_index=True)
    return np.sort(len(pair) - 1 - last)


def by_instant(rows: T) -> T:
    """Sort within each crime by instant (updates then by entry), keeping ties in order; no work if already sorted."""
    keys = (rows.at, rows.crime) if not isinstance(rows, Updates) else (rows.entered_at, rows.at, rows.crime)
    same = rows.crime[1:] == rows.crime[:-1]
    behind = rows.at[1:] < rows.at[:-1]
    if isinstance(rows, Updates):
        behind |= (rows.at[1:] == rows.at[:-1]) & (rows.entered_at[1:] < rows.entered_at[:-1])
    return rows.take(np.lexsort(keys)) if (same & behind).any() else rows
