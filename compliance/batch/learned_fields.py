"""The shape of crime records for Arrow's JSON reader, with the unknown fields that a file was found to have."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock
from typing import Any, Final, cast

import msgspec
import pyarrow as pa
from msgspec import inspect

from compliance.batch.unknown_fields import RECORD, Place, unknown_in
from compliance.records.wire import Crime

_LEARNED: Final = 64
"""Number of different unknown fields that are learned. Records with others are read one by one."""
_FIRST_LINES: Final = 500
_LESSONS: Final = 16
"""How often fields are learned from a file: from its first lines, then from blocks with others."""
_LONGEST_TYPE: Final = 500
"""Length of the type of a learned field, in words. It bounds how deep and how wide the field may be."""


class LearnedFields:
    """The unknown fields of one file with their types. `schema`: a record with them; it only ever grows."""

    def __init__(self) -> None:
        self._types: dict[Place, pa.DataType] = {}
        self._lessons = 0
        self._lock = Lock()
        self.schema = _schema({})
        self.has_floats = False

    def begin(self, text: bytes) -> None:
        """Learn from the first lines of a file, once: they mostly have all the unknown fields that there are."""
        with self._lock:
            if self._lessons == 0:
                self._learn(text.split(b"\n", _FIRST_LINES)[:_FIRST_LINES])

    def learn(self, lines: Iterable[bytes]) -> None:
        """Learn the unknown fields of some lines. A field whose values are not all alike is not learned."""
        with self._lock:
            if self._lessons < _LESSONS:
                self._learn(lines)

    def _learn(self, lines: Iterable[bytes]) -> None:
        self._lessons += 1
        for place, values in _unknown_values(lines).items():
            kind = _common_type(self._types.get(place, pa.null()), values)
            if kind is not None and (place in self._types or len(self._types) < _LEARNED):
                self._types[place] = kind
        self.has_floats = any("double" in str(kind) for kind in self._types.values())
        self.schema = _schema(self._types)  # last: whoever reads it before `has_floats` gets what belongs to it


def _unknown_values(lines: Iterable[bytes]) -> dict[Place, list[Any]]:
    found: dict[Place, list[Any]] = defaultdict(list)
    for line in lines:
        try:
            record = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            continue
        for place, value in unknown_in(record, RECORD):
            found[place].append(value)
    return found


def _common_type(known: pa.DataType, values: list[Any]) -> pa.DataType | None:
    """Return the type that a field has with all its values, given the type so far. None if there is none."""
    try:
        kinds = [pa.schema([("", kind)]) for kind in (known, pa.infer_type(values))]
        kind = pa.unify_schemas(kinds, promote_options="permissive").field(0).type
    except (pa.ArrowException, RecursionError, OverflowError):
        return None
    return kind if len(str(kind)) <= _LONGEST_TYPE else None


def _schema(types: dict[Place, pa.DataType]) -> pa.Schema:
    return pa.schema(list(_fields(Crime, "", types)))


def _fields(kind: type, path: str, types: dict[Place, pa.DataType]) -> Iterator[tuple[str, pa.DataType]]:
    """Yield the fields of a record or of the items of one of its lists."""
    for known in _known_fields(kind):
        yield known.encode_name, _arrow_type(known.type, f"{path}{known.encode_name}[].", types)
    yield from ((name, kind) for (level, name), kind in types.items() if level == path)


@lru_cache
def _known_fields(kind: type) -> tuple[inspect.Field, ...]:
    """Return the fields of a struct, which msgspec works out anew each time, as slowly as a short file is judged."""
    return cast(inspect.StructType, inspect.type_info(kind)).fields


def _arrow_type(kind: inspect.Type, path: str, types: dict[Place, pa.DataType]) -> pa.DataType:
    """Return how Arrow reads a field. Instants are texts, because Arrow takes more forms of them than the format."""
    choices = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    for choice in choices:
        if isinstance(choice, inspect.ListType):
            item = cast(inspect.StructType, choice.item_type)
            return pa.list_(pa.struct(list(_fields(item.cls, path, types))))
        if isinstance(choice, inspect.IntType):
            return pa.int64()
    return pa.string()
