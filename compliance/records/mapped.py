"""A record that a mapping made from a crime system's own fields (records section 4)."""

import json
from functools import cached_property
from typing import Any, Final

import msgspec

_UNWRITABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError, TypeError)
_encode = msgspec.json.Encoder(enc_hook=str).encode


class MappedRecord:
    """The fields of a mapped record, and its JSON text, which is made only where somebody needs it: a record that the
    format takes is read from its fields; one that it refuses is read from its text, and kept as that."""

    def __init__(self, fields: dict[str, Any]) -> None:
        """`fields` are named as in the record format; a value may be anything that a database or JSON holds."""
        self.fields = fields

    @cached_property
    def text(self) -> bytes:
        """Its JSON text. What cannot be written (half a surrogate pair, endless nesting) is replaced by words that the
        format refuses."""
        try:
            return _encode(self.fields)
        except _UNWRITABLE:
            plain = {
                key: value if isinstance(value, str) else "cannot be written as JSON"
                for key, value in self.fields.items()
            }
            return json.dumps(plain).encode("ascii")


FeedRecord = bytes | MappedRecord
"""A record as a feed gives it: its JSON text as it came, or what a mapping made of it."""


def text_of(record: FeedRecord) -> bytes:
    """The JSON text of a record."""
    return record.text if isinstance(record, MappedRecord) else record
