"""What a record is known by, and how it is kept.

The content of a record is what the record format says of it, its `changed_at` apart: a feed that orders its keys
otherwise, adds keys of its own or serves a record again costs no write.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec
import zstandard

from compliance.records import Crime
from compliance.records.collector import paused_gc
from compliance.records.instants import NONE, from_micros, parse_instants
from compliance.records.wire import MAX_RECORD_BYTES

_DIGEST_BYTES: Final = 16
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Crime).decode


class _Stamped(msgspec.Struct):
    """As much of a record as says when it changed, whatever else it holds."""

    changed_at: str | None = None


_decode_stamp = msgspec.json.Decoder(_Stamped).decode


@dataclass(frozen=True, slots=True)
class Content:
    """A checked record, what it is known by, and its `changed_at` as an instant, None where it has none."""

    crime: Crime
    digest: bytes
    changed_at: datetime | None


def content_of(crimes: Sequence[Crime]) -> list[Content]:
    """Each record with the digest of its content."""
    contents = []
    for crime, instant in zip(crimes, _instants([crime.changed_at for crime in crimes]), strict=True):
        changed_at, crime.changed_at = crime.changed_at, None
        contents.append(Content(crime, blake2b(_encode(crime), digest_size=_DIGEST_BYTES).digest(), instant))
        crime.changed_at = changed_at
    return contents


def is_older(one: datetime | None, other: datetime | None) -> bool:
    """Whether a record that changed at one instant is older than one that changed at another: never where either does
    not say (records section 4)."""
    return one is not None and other is not None and one < other


def stamps(raws: Sequence[bytes]) -> list[datetime | None]:
    """The `changed_at` of records as JSON, refused ones too; None where none can be read."""
    return _instants([_stamp(raw) for raw in raws])


def packed_stamps(records: Iterable[bytes]) -> list[datetime | None]:
    """The `changed_at` of records as they are kept."""
    decompress = zstandard.ZstdDecompressor().decompress
    return stamps([decompress(record) for record in records])


def _stamp(raw: bytes) -> str | None:
    try:
        return _decode_stamp(raw).changed_at
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _instants(texts: Sequence[str | None]) -> list[datetime | None]:
    micros, wrong = parse_instants(texts)
    return [
        None if is_wrong or one == NONE else from_micros(one)
        for one, is_wrong in zip(micros.tolist(), wrong.tolist(), strict=True)
    ]


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
