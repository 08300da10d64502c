"""What a record is known by, and how it is kept.

The content of a record is what the record format says of it, its `changed_at` apart: a feed that orders its keys
otherwise, adds keys of its own or serves a record again costs no write.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import msgspec
import zstandard

from compliance.records import Crime
from compliance.records.collector import paused_gc
from compliance.records.wire import MAX_RECORD_BYTES

_DIGEST_BYTES: Final = 16
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Crime).decode


@dataclass(frozen=True, slots=True)
class Content:
    """A checked record and what it is known by."""

    crime: Crime
    digest: bytes


def content_of(crimes: Sequence[Crime]) -> list[Content]:
    """Each record with the digest of its content."""
    contents = []
    for crime in crimes:
        changed_at, crime.changed_at = crime.changed_at, None
        contents.append(Content(crime, blake2b(_encode(crime), digest_size=_DIGEST_BYTES).digest()))
        crime.changed_at = changed_at
    return contents


def pack(crimes: Iterable[Crime]) -> list[bytes]:
    """Whole records as they are kept: JSON, compressed."""
    compress = zstandard.ZstdCompressor().compress
    return [compress(_encode(crime)) for crime in crimes]


def unpack(records: Iterable[bytes]) -> list[Crime]:
    """Records as they were taken in."""
    decompress = zstandard.ZstdDecompressor().decompress
    with paused_gc():
        return [_decode(decompress(record)) for record in records]


def raw_digest(source: str, raw: bytes) -> str:
    """What a refused record is known by: the bytes as they came from a source."""
    return blake2b(source.encode() + b"\0" + raw, digest_size=_DIGEST_BYTES).hexdigest()


def crime_digest(crime_ref: str) -> bytes:
    """What a crime that was removed is known by."""
    return blake2b(crime_ref.encode(), digest_size=_DIGEST_BYTES).digest()


def pack_raw(raw: bytes) -> bytes:
    """A refused record as it is kept: its bytes, compressed; of one that is too long as much as a record may have."""
    return zstandard.ZstdCompressor().compress(raw[:MAX_RECORD_BYTES])


def unpack_raw(record: bytes) -> bytes:
    """The bytes of a refused record."""
    return zstandard.ZstdDecompressor().decompress(record)
