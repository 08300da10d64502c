"""Records that need not be read again, because the same bytes were read before."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple

from compliance.records import MappedRecord, PageRecord, Refusal, SourceRecord, as_read
from compliance.records.characteristics import Described
from compliance.store.content import Content, read_contents

MOST: Final = 100_000
"""How many records are known at most; each takes about 400 bytes of memory."""


class _Reading(NamedTuple):
    crime_ref: str
    digest: bytes
    changed_at: datetime | None
    described: Described | None


class RecentRecords:
    """What valid records were read as, the newest of them, by the digest of their bytes and of their mapping.

    A record is read from these alone, so it need not be read again to know whether it is new: only the store can say
    that. Kept in memory: another version of the service may read the same bytes otherwise.
    """

    def __init__(self, most: int = MOST, characteristics: Collection[str] = ()) -> None:
        """Know at most `most` records. The older half is forgotten at once.

        `characteristics`: those of victims that are kept (records A7).
        """
        self.characteristics = frozenset(characteristics)
        self._half = most // 2
        self._newer: dict[bytes, _Reading] = {}
        self._older: dict[bytes, _Reading] = {}

    def read(self, records: Sequence[PageRecord]) -> tuple[dict[int, Content], list[Refusal]]:
        """Return the valid records of a page by their position, in order, and the refusals of the others."""
        keys = [_key(record) for record in records]
        contents: dict[int, Content] = {}
        for place, key in enumerate(keys):
            reading = self._newer.get(key) or self._older.get(key)
            if reading is not None:
                contents[place] = Content(*reading, record=records[place])
        new = [place for place in range(len(records)) if place not in contents]
        read, refused = read_contents([as_read(records[place]) for place in new], self.characteristics)
        refusals = [replace(refusal, index=new[refusal.index]) for refusal in refused]
        lost = {refusal.index for refusal in refusals}
        for place, content in zip((place for place in new if place not in lost), read, strict=True):
            contents[place] = content
            if _is_worth_knowing(records[place]):
                reading = _Reading(content.crime_ref, content.digest, content.changed_at, content.described)
                self._know(keys[place], reading)
        return dict(sorted(contents.items())), refusals

    def _know(self, key: bytes, reading: _Reading) -> None:
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}
        self._newer[key] = reading


def _key(record: PageRecord) -> bytes:
    if isinstance(record, SourceRecord):
        return blake2b(record.raw, digest_size=16, key=record.mapping).digest()
    return b"" if isinstance(record, MappedRecord) else blake2b(record, digest_size=16).digest()


def _is_worth_knowing(record: PageRecord) -> bool:
    """Return whether a record is known by its bytes, and reading it again would tell nothing else of it."""
    return not isinstance(record, MappedRecord) and not (isinstance(record, SourceRecord) and record.clock_changes)
