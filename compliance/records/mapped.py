"""A record mapped from a crime system's own fields (records section 4)."""

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

import msgspec

_UNWRITABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError, TypeError)
_encode = msgspec.json.Encoder(enc_hook=str).encode


class MappedRecord:
    """The fields of a mapped record, and its JSON text, which is made only when needed.

    A valid record is read from its fields. A refused one is read from its text, and stored as text.
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        """Take the fields, named as in the record format. A value may be anything that a database or JSON holds."""
        self.fields = fields

    @cached_property
    def text(self) -> bytes:
        """Its JSON text.

        A value that cannot be written (half a surrogate pair, endless nesting) becomes words that the format refuses.
        """
        try:
            return _encode(self.fields)
        except _UNWRITABLE:
            plain = {
                key: value if isinstance(value, str) else "cannot be written as JSON"
                for key, value in self.fields.items()
            }
            return json.dumps(plain).encode("ascii")


FeedRecord = bytes | MappedRecord
"""A record as it is read: its JSON text as received, or the result of a mapping."""


class SourceRecord:
    """A record in a crime system's own fields, mapped only when it must be read.

    `raw`: its JSON text as received. `mapping`: the digest of the mapping. `clock_changes`: how many instants the
    mapping read in an hour that the clock shows twice or skips.
    """

    def __init__(self, raw: bytes, mapping: bytes, map_counted: Callable[[bytes], tuple[FeedRecord, int]]) -> None:
        """Take the text and the mapping; `map_counted` returns the record in the format and its `clock_changes`."""
        self.raw, self.mapping, self._map = raw, mapping, map_counted
        self.clock_changes = 0

    @cached_property
    def mapped(self) -> FeedRecord:
        """The record in the record format."""
        record, self.clock_changes = self._map(self.raw)
        return record


PageRecord = FeedRecord | SourceRecord
"""A record in a page of a feed."""


def as_read(record: PageRecord) -> FeedRecord:
    """Return a record of a page in the record format."""
    return record.mapped if isinstance(record, SourceRecord) else record


def text_of(record: PageRecord) -> bytes:
    """Return the JSON text of a record in the record format."""
    record = as_read(record)
    return record.text if isinstance(record, MappedRecord) else record
