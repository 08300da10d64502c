"""Convert crime records from Arrow (Parquet, or an analyst's own columns) directly to the engine's columns.

The columns are the fields of records section 1 under their names: texts as strings, instants as timestamps with a time
zone (or RFC 3339 texts), lists as lists of structs. A missing column is absent in every record.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compliance.errors import SettingsError
from compliance.records.columns import (
    CANCELLED,
    CLOSED,
    OPEN,
    Allocations,
    Coded,
    Columns,
    Events,
    Ints,
    Statuses,
    Updates,
    Victims,
)
from compliance.records.instant_texts import parse_texts
from compliance.records.instants import NONE, SHAPE
from compliance.records.ordering import by_instant, find_named_victims, keep_last, victims_by_reference
from compliance.records.wire import Refusal

_LONGEST: Final = 200
_FIRST, _LAST = -2_208_988_800_000_000, 32_503_680_000_000_000  # from 1900-01-01, before 3000-01-01, in microseconds
CODED: Final = frozenset(
    ("offence", "division", "team", "officer_ref", "status", "category", "outcome", "method", "kind")
)
"""The text fields with few values, which are fastest as Arrow dictionaries."""
_STATUS: Final = {"open": OPEN, "closed": CLOSED, "cancelled": CANCELLED}


def columns_from_arrow(table: Any) -> tuple[Columns, list[Refusal]]:
    """Convert an Arrow table -> (the valid records as columns, a refusal for each of the others, by row).

    The table may also come from Polars' `to_arrow` or `pyarrow.Table.from_pandas`. Raises SettingsError for a column of
    the wrong type, such as an instant column without a time zone.
    """
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    reader = _Reader(table)
    made = reader.columns()
    if not reader.reasons:
        return made, []
    refs = reader.refs()
    refusals = [Refusal(row, refs[row].as_py() or None, reason) for row, reason in sorted(reader.reasons.items())]
    keep = np.ones(len(table), dtype=np.bool_)
    keep[list(reader.reasons)] = False
    return _Reader(table.filter(pa.array(keep))).columns(), refusals


class _Level:
    """The fields of one kind of item: the records themselves, or the items of one of their lists.

    It holds no reference to its reader: a cycle would keep a whole part of a file in memory until garbage collection.
    """

    def __init__(self, reasons: dict[int, str], path: str, crime: Ints, field: Callable[[str], Any]) -> None:
        self._reasons, self._path, self.crime, self._field = reasons, path, crime, field

    def __len__(self) -> int:
        return len(self.crime)

    def text(self, name: str, required: bool = False) -> pa.Array:
        """Return a text column, checked: at most 200 characters and, if required, neither absent nor empty."""
        array = self._array(name, required)
        if array is None:
            return pa.nulls(len(self), pa.string())
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if pa.types.is_null(array.type) or pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
            array = array.cast(pa.string())
        if not pa.types.is_string(array.type):
            raise self._wrong(name, array.type, "texts")
        size = pc.binary_length(array)
        if (pc.max(size).as_py() or 0) > _LONGEST:  # in bytes, so possibly fewer characters
            self._mark(pc.greater(pc.utf8_length(array), _LONGEST), name, array, f"at most {_LONGEST} characters")
        if required:
            self._mark(pc.equal(size, 0), name, array, "at least 1 character")
            self._mark(array.is_null(), name, array, "a text; it is required")
        return array

    def encode(self, name: str, required: bool = False) -> Coded:
        """Return a text column with few values, checked like any text."""
        array = self._array(name, required)
        if array is not None and pa.types.is_dictionary(array.type):
            values = array.dictionary.to_pylist()
            sound = all(isinstance(value, str) and 0 < len(value) <= _LONGEST for value in values)
            if sound and len(set(values)) == len(values) and not (required and array.null_count):
                return Coded(_codes(array), tuple(values))
        return _encode(self.text(name, required))

    def instants(self, name: str, required: bool = False) -> Ints:
        """Return an instant column in microseconds, NONE where absent."""
        array = self._array(name, required)
        if array is None or pa.types.is_null(array.type):
            found = np.full(len(self), NONE, dtype=np.int64)
        elif pa.types.is_timestamp(array.type) and array.type.tz is not None:
            micros = array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())
            found = micros.fill_null(NONE).to_numpy(zero_copy_only=False)
            outside = (found != NONE) & ((found < _FIRST) | (found >= _LAST))
            self._mark(pa.array(outside), name, array, "years 1900 to 2999")
        elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            found, bad = parse_texts(array)
            self._mark(pa.array(bad), name, array, SHAPE)
        else:
            raise self._wrong(name, array.type, "timestamps with a time zone, or RFC 3339 texts")
        if required:
            self._mark(pa.array(found == NONE), name, None, "an instant; it is required")
        return found

    def whole(self, name: str, least: int, most: int) -> Ints:
        """Return a column of whole numbers from `least` to `most`, 0 where absent."""
        array = self._array(name, False)
        if array is None or pa.types.is_null(array.type):
            return np.zeros(len(self), dtype=np.int64)
        if not pa.types.is_integer(array.type):
            raise self._wrong(name, array.type, "whole numbers")
        outside = pc.or_(pc.less(array, least), pc.greater(array, most))
        self._mark(outside, name, array, f"{least} to {most}")
        return array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)

    def status(self) -> Any:
        """Return the column of changes of status as OPEN, CLOSED and CANCELLED."""
        found = self.encode("status", required=True)
        kinds = np.array([_STATUS.get(value, -1) for value in found.values] + [-1], dtype=np.int8)[found.codes]
        if (kinds < 0).any():
            self._mark(pa.array(kinds < 0), "status", found.texts(), "open, closed or cancelled")
        return kinds

    def items(self, name: str) -> "_Level":
        """Return the items of one list in every item."""
        lists, path = self._field(name), f"{self._path}{name}"
        none = _Level(self._reasons, f"{path}[].", np.empty(0, dtype=np.int64), lambda _: None)
        if lists is None or pa.types.is_null(lists.type):
            return none
        if not (pa.types.is_list(lists.type) or pa.types.is_large_list(lists.type)):
            raise SettingsError(f"column {path} holds {lists.type}; expected a list of structs")
        found = lists.flatten()
        if pa.types.is_null(found.type) and not len(found):  # every list is empty, so its type is unknown
            return none
        if not pa.types.is_struct(found.type):
            raise SettingsError(f"column {path} holds lists of {found.type}; expected a list of structs")
        counts = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
        fields = dict(zip((field.name for field in found.type), found.flatten(), strict=True))
        return _Level(self._reasons, f"{path}[].", np.repeat(self.crime, counts), fields.get)

    def _array(self, name: str, required: bool) -> Any:
        array = self._field(name)
        if array is None and required and len(self):
            raise SettingsError(f"the input has no column {self._path}{name}, which is required")
        return array

    def _wrong(self, name: str, found: Any, expected: str) -> SettingsError:
        return SettingsError(f"column {self._path}{name} holds {found}; expected {expected}")

    def _mark(self, bad: pa.Array, name: str, array: Any, expected: str) -> None:
        if not pc.any(bad).as_py():
            return
        for row in np.flatnonzero(bad.fill_null(False).to_numpy(zero_copy_only=False)):
            reason = f"{self._path}{name}: found {_shorten(array, int(row))}; expected {expected}"
            self._reasons.setdefault(int(self.crime[row]), reason)


class _Reader:
    """A reader of one table. `reasons`: why rows are refused, the first fault of each."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.reasons: dict[int, str] = {}
        self._crimes = _Level(self.reasons, "", np.arange(len(table)), partial(_column, table))

    def refs(self) -> pa.Array:
        """Return the crime numbers, unchecked."""
        return _column(self._table, "crime_ref")

    def columns(self) -> Columns:
        """Return every column, checked."""
        crimes = self._crimes
        refs = crimes.text("crime_ref", required=True)
        crimes.instants("changed_at")
        victims = self._victims()
        return Columns(
            crime_ref=refs,
            reported_at=crimes.instants("reported_at", required=True),
            recorded_at=crimes.instants("recorded_at"),
            offence=crimes.encode("offence"),
            division=crimes.encode("division"),
            team=crimes.encode("team"),
            officer=crimes.encode("officer_ref"),
            statuses=self._statuses(),
            allocations=self._allocations(),
            victims=victims,
            updates=self._updates(victims),
            events=self._events(),
        )

    def _statuses(self) -> Statuses:
        level = self._crimes.items("status")
        kind = level.status() if len(level) else np.empty(0, dtype=np.int8)
        return by_instant(Statuses(level.crime, level.instants("at", required=True), kind))

    def _allocations(self) -> Allocations:
        level = self._crimes.items("allocations")
        start = level.instants("from", required=True)
        return by_instant(
            Allocations(level.crime, start, level.encode("division"), level.encode("team"), level.encode("officer_ref"))
        )

    def _victims(self) -> Victims:
        level = self._crimes.items("victims")
        _check_holds(level.items("contact_holds"))
        return victims_by_reference(
            Victims(
                level.crime,
                level.text("victim_ref", required=True),
                _standard_where_absent(level.encode("category")),
                level.instants("added_at"),
                level.instants("declined_at"),
                level.instants("declined_until"),
                level.instants("declined_entered_at"),
                level.whole("agreed_interval_days", 1, 366),
            )
        )

    def _updates(self, victims: Victims) -> Updates:
        level = self._crimes.items("updates")
        refs = level.text("update_ref", required=True)
        at, entered = level.instants("at", required=True), level.instants("entered_at")
        rows = Updates(
            level.crime,
            refs,
            find_named_victims(level.crime, level.text("victim_ref"), victims),
            at,
            np.where(entered == NONE, at, entered),
            level.encode("outcome"),
            level.encode("method"),
        )
        level.text("officer_ref")
        return by_instant(keep_last(rows, refs))

    def _events(self) -> Events:
        level = self._crimes.items("events")
        refs = level.text("event_ref", required=True)
        rows = Events(level.crime, level.instants("at", required=True), level.encode("kind", required=True))
        return by_instant(keep_last(rows, refs))


def _check_holds(level: _Level) -> None:
    """Check contact holds like all other facts, although they decide nothing here."""
    level.text("reason")
    level.instants("from")
    level.instants("until")
    level.text("by")


def _column(table: pa.Table, name: str) -> Any:
    """Return one column as one array, None if there is none of that name."""
    if name not in table.column_names:
        return None
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _encode(texts: pa.Array) -> Coded:
    encoded = texts.dictionary_encode()
    return Coded(_codes(encoded), tuple(encoded.dictionary.to_pylist()))


def _codes(encoded: pa.DictionaryArray) -> Any:
    return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)


def _standard_where_absent(category: Coded) -> Coded:
    """Replace an absent or empty category by "standard" (records section 1)."""
    place: dict[str, int] = {}
    moved = [place.setdefault(value or "standard", len(place)) for value in (*category.values, None)]
    return Coded(np.array(moved, dtype=np.int32)[category.codes], tuple(place))


def _shorten(array: Any, row: int) -> str:
    """Return the value in a row, short enough to print."""
    if array is None or not array[row].is_valid:
        return "nothing"
    try:
        return repr(array[row].as_py())[:60]
    except (OverflowError, ValueError):
        return "an instant beyond all years"
