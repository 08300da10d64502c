"""A record mapped from a crime system's own fields (records section 4)."""

import json
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
        """`fields`: named as in the record format. A value may be anything that a database or JSON holds."""
        self.fields = fields

    @cached_property
    def text(self) -> bytes:
        """Its JSON text.

        What cannot be written (half a surrogate pair, endless nesting) becomes words that the format refuses.
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
"""A record from a feed: its JSON text as received, or the result of a mapping."""


def text_of(record: FeedRecord) -> bytes:
    """Return the JSON text of a record."""
    return record.text if isinstance(record, MappedRecord) else record
