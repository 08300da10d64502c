"""Malformed crime records in every way that a generator can think of (records section 1)."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

from tests.stores import Record, crime, updates

NASTY: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 10**30, 1.5, 1e308, "", " ", "x" * 201, "x" * 1_100_000, "\0", "a\0b", "\ud800", "\udfff\ud800",
    "\ufffe", "\u202e", "é漢🚓", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1900-01-01T00:00:00Z",
    "2999-12-31T23:59:59.999999-23:59", "2026-02-30T10:00:00Z", "2026-07-01T24:00:00Z", "2026-06-30T23:59:60Z",
    "2026-07-01T10:00:00", "2026-07-01", "٢٠٢٦-07-01T10:00:00Z", [], {}, [None], [[]], [{}], {"a": 1}, ["x"] * 50,
)  # fmt: skip
PLACES: Final = (
    ("crime_ref",), ("reported_at",), ("recorded_at",), ("changed_at",), ("status",), ("status", 0), ("status", 0, "at"),
    ("status", 0, "status"), ("offence",), ("division",), ("team",), ("officer_ref",), ("allocations",), ("victims",),
    ("victims", 0), ("victims", 0, "victim_ref"), ("victims", 0, "declined_at"), ("victims", 0, "contact_holds"),
    ("victims", 0, "agreed_interval_days"), ("updates",), ("updates", 0), ("updates", 0, "update_ref"),
    ("updates", 0, "at"), ("updates", 0, "victim_ref"), ("updates", 0, "outcome"), ("events",),
)  # fmt: skip


def good_record(ref: str) -> Record:
    """A whole record that breaks nothing, with one victim and one update."""
    status = [{"status": "open", "at": "2026-07-01T09:00:00Z"}]
    return crime(ref, status=status, updates=updates("2026-07-05"), changed_at="2026-07-05T12:00:00Z")


def _wrong_value(chance: random.Random, record: Record) -> bytes:
    *way, last = chance.choice(PLACES)
    target: Any = record
    for step in way:
        target = target[step]
    target[last] = chance.choice(NASTY)
    return json.dumps(record).encode()


def _deep(chance: random.Random, record: Record) -> bytes:
    deep = chance.choice([100, 1_000, 100_000])
    opening, closing = chance.choice([("[", "]"), ('{"a":', "}")])
    inner = opening * deep + ("1" if opening != "[" else "") + closing * deep
    return json.dumps(record)[:-1].encode() + f',"offence":{inner}}}'.encode()


def _many(chance: random.Random, record: Record) -> bytes:
    name, count = chance.choice(["victims", "updates", "events", "status", "other"]), chance.choice([1000, 10_000])
    record[name] = [record["victims"][0] | {"victim_ref": f"V{n}"} for n in range(count)]
    return json.dumps(record).encode()


def _spoilt_text(chance: random.Random, record: Record) -> bytes:
    raw = json.dumps(record).encode()
    place = chance.randrange(1, len(raw) - 1)
    bad = chance.choice(
        [b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\0", b"'", b"//", b",,", b"NaN", b"\\", b"}", b"{", b'"']
    )
    return raw[:place] + bad + raw[place + chance.randrange(2) :]


def _cut_record(chance: random.Random, record: Record) -> bytes:
    raw = json.dumps(record).encode()
    return raw[: chance.randrange(1, len(raw))]


def _no_record(chance: random.Random, _: Record) -> bytes:
    return chance.choice(
        [b"null", b"7", b'"x"', b"[]", b"{}", b"true", b'{"crime_ref":null}', b"{]", b"[}", b"-", b"nul"]
    )


def _repeated_keys(_: random.Random, record: Record) -> bytes:
    return json.dumps(record)[:-1].encode() + b',"crime_ref":7,"crime_ref":"","victims":{}}'


RECORDS: Final[tuple[Callable[..., bytes], ...]] = (
    _wrong_value, _wrong_value, _wrong_value, _deep, _many, _spoilt_text, _cut_record, _no_record, _repeated_keys,
)  # fmt: skip
