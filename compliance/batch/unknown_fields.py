"""Count the fields that the record format does not have, at every depth, in JSON and in Arrow (records section 1).

The known fields are those of `compliance.records.wire`, so this module has no list of its own to keep up to date.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import inspect

from compliance.errors import nearest
from compliance.records.collector import paused_gc
from compliance.records.wire import MAX_RECORD_BYTES, Crime
from compliance.text import count_noun, printable

MOST_NAMES: Final = 1000
"""Number of different unknown fields that are counted by name. `OTHERS` counts the rest, so memory stays bounded."""
OTHERS: Final = "other fields"
_SHOWN: Final = 20
_LONGEST: Final = 80
_TOGETHER: Final = 500
"""Number of records counted together: enough to be quick, few enough to stay in the processor's cache."""
_LEARNED: Final = 64
"""Number of different unknown fields in one block that the quick way reads. Records with others are read again."""


_UNLEARNABLE: Final = re.compile('[\\x00-\\x1f"\\\\]')
"""Characters that the decoder does not take in the name of a field."""

Place = tuple[str, str]
"""The path of a level and the name of a field there."""


@dataclass(frozen=True, slots=True)
class RecordLevel:
    """The fields of a record or of the items of one of its lists: their names, and the lists among them."""

    path: str
    names: frozenset[str]
    lists: "Mapping[str, RecordLevel]"


def _level(kind: type, path: str) -> RecordLevel:
    fields = {field.encode_name: _item_kind(field.type) for field in _fields(kind)}
    lists = {name: _level(item, f"{path}{name}[].") for name, item in fields.items() if item is not None}
    return RecordLevel(path, frozenset(fields), lists)


def _fields(kind: type) -> tuple[inspect.Field, ...]:
    return cast(inspect.StructType, inspect.type_info(kind)).fields


def _item_kind(kind: inspect.Type) -> type | None:
    """Return the struct that a list field holds, or None if the field is not a list."""
    choices = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    items = [each.item_type for each in choices if isinstance(each, inspect.ListType)]
    return items[0].cls if items and isinstance(items[0], inspect.StructType) else None


RECORD: Final = _level(Crime, "")
"""The levels of a crime record."""


def _levels(level: RecordLevel = RECORD) -> Iterator[RecordLevel]:
    yield level
    for below in level.lists.values():
        yield from _levels(below)


def count_in_lines(lines: Iterable[bytes]) -> Counter[str]:
    """Return how often each unknown field has a value in records given as JSON, by path (`victims[].age`).

    Texts that are not a JSON object have no fields; the reader refuses them. The first record with an unknown field is
    read in the careful way, which learns the name; then the decoder accepts it. Files whose records are all alike stay
    quick.
    """
    found, learned, alike = Counter[str](), frozenset[Place](), list[Any]()
    decode = _decoder(learned)
    with paused_gc():
        for line in lines:
            if not line or line.isspace() or len(line) > MAX_RECORD_BYTES:
                continue
            try:
                record = decode(line)
                if learned:
                    alike.append(record)
                    if len(alike) == _TOGETHER:
                        _count_level(alike, RECORD, learned, found)
                        alike.clear()
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                places = _count_carefully(line, found)
                if not places <= learned and len(learned | places) <= _LEARNED:
                    _count_level(alike, RECORD, learned, found)
                    alike, learned = [], learned | places
                    decode = _decoder(learned)
        _count_level(alike, RECORD, learned, found)
    return found


def _count_carefully(line: bytes, found: Counter[str]) -> frozenset[Place]:
    """Count the unknown fields of one record. Returns those that the decoder can learn, also those without a value."""
    try:
        record = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return frozenset()
    fields = list(unknown_in(record, RECORD))
    found.update("".join(place) for place, value in fields if value is not None)
    return frozenset((path, name) for (path, name), _ in fields if not _UNLEARNABLE.search(name))


def unknown_in(item: Any, level: RecordLevel) -> Iterator[tuple[Place, Any]]:
    """Yield the unknown fields of a decoded record, or of an item of one of its lists, with their values."""
    if not isinstance(item, dict):
        return
    for name in item.keys() - level.names:
        yield (level.path, name), item[name]
    for name, below in level.lists.items():
        items = item.get(name)
        for each in items if isinstance(items, list) else ():
            yield from unknown_in(each, below)


@lru_cache(maxsize=64)
def _decoder(learned: frozenset[Place]) -> Any:
    """Return a decoder that fails on any field but the known and the learned ones."""
    return msgspec.json.Decoder(_shape(RECORD, learned)).decode


def _shape(level: RecordLevel, learned: frozenset[Place]) -> type[msgspec.Struct]:
    """Return a struct with the known fields of a level, then the learned ones, both in order, as `f0`, `f1`, ..."""
    kinds: dict[str, Any] = dict.fromkeys([*sorted(level.names), *_learned_names(level, learned)], Any)
    kinds |= {name: list[_shape(below, learned)] | None for name, below in level.lists.items()}  # type: ignore[misc]
    fields = [(f"f{place}", kind, None) for place, kind in enumerate(kinds.values())]
    renamed = {f"f{place}": name for place, name in enumerate(kinds)}
    return msgspec.defstruct("Shape", fields, rename=renamed, forbid_unknown_fields=True, gc=False)


def _learned_names(level: RecordLevel, learned: frozenset[Place]) -> list[str]:
    return sorted(name for path, name in learned if path == level.path)


def _count_level(items: list[Any], level: RecordLevel, learned: frozenset[Place], found: Counter[str]) -> None:
    """Count the learned fields in items read by `_shape`."""
    if not items:
        return
    known = sorted(level.names)
    for place, name in enumerate(_learned_names(level, learned), len(known)):
        if count := len(items) - list(map(attrgetter(f"f{place}"), items)).count(None):
            found[level.path + name] += count
    for name, below in level.lists.items():
        if any(path.startswith(below.path) for path, _ in learned):
            lists = map(attrgetter(f"f{known.index(name)}"), items)
            _count_level(list(chain.from_iterable(filter(None, lists))), below, learned, found)


def count_in_batch(batch: Any) -> Counter[str]:
    """Return how often each unknown field has a value in an Arrow table or record batch, by path."""
    found = Counter[str]()
    columns = [(name, batch.column(place)) for place, name in enumerate(batch.schema.names)]
    _count_columns(columns, RECORD, found)
    return found


def _count_columns(columns: Iterable[tuple[str, Any]], level: RecordLevel, found: Counter[str]) -> None:
    for name, column in columns:
        if name not in level.names:
            if count := len(column) - column.null_count:
                found[level.path + name] += count
        elif below := level.lists.get(name):
            _count_columns(_columns_of_items(column, below), below, found)


def _columns_of_items(column: Any, below: RecordLevel) -> Iterator[tuple[str, Any]]:
    """Yield the fields of the items of a list column. Nothing is unpacked if the column's type has only known ones."""
    item = getattr(column.type, "value_type", None)
    if item is None or not pa.types.is_struct(item) or not _has_unknown(item, below):
        return
    items = pc.list_flatten(column)
    for place, field in enumerate(item):
        yield field.name, pc.struct_field(items, [place])


def _has_unknown(struct: Any, level: RecordLevel) -> bool:
    for field in struct:
        if field.name not in level.names:
            return True
        item = getattr(field.type, "value_type", None)
        below = level.lists.get(field.name)
        if below and item is not None and pa.types.is_struct(item) and _has_unknown(item, below):
            return True
    return False


def twice_named(schema: Any, level: RecordLevel = RECORD) -> str | None:
    """Return the path of a column that an Arrow schema or struct has twice, or None."""
    names = [field.name for field in schema]
    for field in schema:
        if names.count(field.name) > 1:
            return level.path + field.name
        item = getattr(field.type, "value_type", None)
        below = level.lists.get(field.name)
        if below and item is not None and pa.types.is_struct(item) and (twice := twice_named(item, below)):
            return twice
    return None


def add_counts(counts: Counter[str], more: Mapping[str, int]) -> None:
    """Add the counts of another part. Names beyond the first `MOST_NAMES` are counted together."""
    for path, count in more.items():
        counts[path if path in counts or len(counts) < MOST_NAMES else OTHERS] += count


def describe(counts: Mapping[str, int]) -> str:
    """Return the unknown fields in words, the most frequent first, each with its count and the nearest right name."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [
        f"{printable(path, _LONGEST)} ({count_noun(times, 'time')}{_meant(path)})" for path, times in ordered[:_SHOWN]
    ]
    if len(ordered) > _SHOWN:
        told.append(f"and {len(ordered) - _SHOWN:,} more")
    head = count_noun(len(counts), "unknown field")
    return f"{head}: {', '.join(told)}" if told else head


def _meant(path: str) -> str:
    """Return the nearest right name at the same level; otherwise where a field of this very name belongs."""
    level = max((each for each in _levels() if path.startswith(each.path)), key=lambda each: len(each.path))
    name = path.removeprefix(level.path)
    if path == OTHERS:
        return ""
    if elsewhere := [each for each in _levels() if name in each.names]:
        return f"; it is a field of {elsewhere[0].path.removesuffix('[].') or 'the record itself'}"
    return nearest(name, sorted(level.names)).removesuffix("?").replace("; did you mean", "; nearest:")
