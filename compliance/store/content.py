"""How a record is identified by its content, and how it is stored.

The content of a record is everything the record format defines except `changed_at`. If a feed changes the order of its
keys, adds keys of its own or serves a record again, nothing is written.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import msgspec
import zstandard

from compliance.records import Crime, FeedRecord, MappedRecord, PageRecord, Refusal, as_read, decode_crimes, text_of
from compliance.records.characteristics import Described, take_characteristics
from compliance.records.collector import paused_gc
from compliance.records.instants import AHEAD, NONE, from_micros, parse_instants
from compliance.records.wire import MAX_RECORD_BYTES, decode_structs

_DIGEST_BYTES: Final = 16
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Crime).decode


class _Stamped(msgspec.Struct):
    """The part of a record that says when it changed, regardless of its other fields."""

    changed_at: str | None = None


_decode_stamp = msgspec.json.Decoder(_Stamped).decode


class Content(msgspec.Struct):
    """A checked record: its crime number, the digest of its content, and its `changed_at` as an instant, or None.

    The record itself (`crime`) and its `text` as stored are read from `record` if they are not there: of most records
    received again nobody asks for them. `described`: the characteristics of its victims, which are stored apart and are
    no part of its content; None if none are kept.
    """

    crime_ref: str
    digest: bytes
    changed_at: datetime | None
    described: Described | None = None
    read: Crime | None = None
    written: bytes | None = None
    record: PageRecord = b""

    @property
    def crime(self) -> Crime:
        """The record."""
        if self.read is None:
            [self.read] = decode_structs([as_read(self.record)])[0]
            take_characteristics(self.read, ())
        return self.read

    @property
    def text(self) -> bytes:
        """Its text as stored."""
        if self.written is None:
            self.written = _encode(self.crime)
        return self.written


def content_of(crimes: Sequence[Crime], characteristics: Collection[str] = ()) -> list[Content]:
    """Return each record, its instants checked, with its text and the digest of its content.

    Its victims' characteristics are taken out of it; `characteristics` names those that are kept (records A7).

    Raises UnicodeError for half a surrogate pair, which only a mapped record can hold.
    """
    contents = []
    for crime in crimes:
        found = take_characteristics(crime, characteristics)
        text, changed_at, described = _encode(crime), crime.changed_at, found if characteristics else None
        digest = _digest(text if changed_at is None else _unstamped(text))
        instant = None if changed_at is None else _instant(changed_at)
        contents.append(Content(crime.crime_ref, digest, instant, described, crime, text))
    return contents


def read_contents(
    records: Sequence[FeedRecord], characteristics: Collection[str] = ()
) -> tuple[list[Content], list[Refusal]]:
    """Return the valid records, in their order, and a refusal for each of the others, by its position."""
    crimes, refusals = decode_crimes(records)
    try:
        contents = content_of(crimes, characteristics)
        if all(len(content.text) <= MAX_RECORD_BYTES for content in contents):
            return contents, [_as_text(records[refusal.index], refusal) for refusal in refusals]
    except UnicodeError:
        pass
    # A mapped record is too long, or cannot be written: reading its text refuses it, and gives the reason.
    crimes, refusals = decode_crimes([text_of(record) for record in records])
    return content_of(crimes, characteristics), refusals


def _as_text(record: FeedRecord, refusal: Refusal) -> Refusal:
    """Return the refusal of the record's text, the only part of a refused record that is stored."""
    if not isinstance(record, MappedRecord):
        return refusal
    [read_again] = decode_crimes([record.text])[1]
    return replace(read_again, index=refusal.index)


def _unstamped(text: bytes) -> bytes:
    """Return the text of a record without `changed_at`, its last field.

    Inside a value, a quotation mark has a backslash before it, so nothing else looks like the field's name.
    """
    return text[: text.rindex(b',"changed_at":')] + b"}"


def _instant(text: str) -> datetime:
    """Return a checked instant of a record in UTC."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def believed(changed_at: datetime | None, now: datetime) -> datetime | None:
    """Return the `changed_at` of a record as it is believed at an instant (aware).

    No record has changed at an instant to come: one far ahead counts as absent (decision 0044).
    """
    return None if changed_at is None or changed_at > now + AHEAD else changed_at


def is_older(one: datetime | None, other: datetime | None, now: datetime) -> bool:
    """Return whether a record changed at one instant is older than one changed at another, as believed at a third.

    It never is if either does not say (records section 4).
    """
    one, other = believed(one, now), believed(other, now)
    return one is not None and other is not None and one < other


def stamps(raws: Sequence[bytes]) -> list[datetime | None]:
    """Return the `changed_at` of records as JSON, including refused ones; None if it cannot be read."""
    return _instants([_stamp(raw) for raw in raws])


def read_packed_stamps(records: Iterable[bytes]) -> list[datetime | None]:
    """Return the `changed_at` of records as stored."""
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
    """Return whole records as stored: JSON, compressed."""
    return pack_texts(map(_encode, crimes))


def pack_texts(texts: Iterable[bytes]) -> list[bytes]:
    """Return the texts of whole records as stored."""
    compress = zstandard.ZstdCompressor().compress
    return [compress(text) for text in texts]


def unpack(records: Iterable[bytes]) -> list[Crime]:
    """Return records as they were received."""
    decompress = zstandard.ZstdDecompressor().decompress
    with paused_gc():
        return [_decode(decompress(record)) for record in records]


def raw_digest(source: str, raw: bytes) -> str:
    """Return the digest of a refused record: that of its bytes as received from a source."""
    return blake2b(source.encode() + b"\0" + raw, digest_size=_DIGEST_BYTES).hexdigest()


def crime_digest(crime_ref: str) -> bytes:
    """Return the digest that identifies a removed crime."""
    return blake2b(crime_ref.encode(), digest_size=_DIGEST_BYTES).digest()


def pack_raw(raw: bytes) -> bytes:
    """Return a refused record as stored: its bytes, compressed, cut to the longest record allowed."""
    return zstandard.ZstdCompressor().compress(raw[:MAX_RECORD_BYTES])


def unpack_raw(record: bytes) -> bytes:
    """Return the bytes of a refused record."""
    return zstandard.ZstdDecompressor().decompress(record)
