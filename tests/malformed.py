"""Real stories spoilt, each in one way: what a poll of records must survive, from a seed."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

import msgspec

from tests.histories import histories

Json = dict[str, Any]
INSTANTS: Final = (
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "1900-01-01T00:00:00Z",
    "1900-01-01T00:00:00+23:59", "2999-12-31T23:59:59.999999Z", "2999-12-31T23:59:59-23:59", "3000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-07-01T24:00:00Z", "2026-06-30T23:59:60Z", "2026-07-01T09:00:00", "2026-07-01",
    "2026-07-01T09:00:00+99:99", "2026-07-01T09:00:00.1234567Z", "２０２６-07-01T09:00:00Z", "2026-07-01T09:00:00z",
    "2026-07-01 09:00:00Z", "soon", "", " ", "2026-07-01T09:00:00Z\0", "NaN", "1751360400", "P1D",
)  # fmt: skip
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 367, 2**31, 2**63, 2**64 - 1, 0.5, 1e308, "", "x", "x" * 200, "x" * 201, "x" * 5000,
    "\0", "a\0b", "\ufffe", "\u202e", "🚔" * 200, "é" * 200, [], [None], [[]], [1, "2", {}], {}, {"": None},
    {"crime_ref": "X"}, "null", "{}", "\\u0000", "'; DROP TABLE crime; --", "%s%n%x", "{{7*7}}", "<script>", "\x1b[31m",
    *INSTANTS,
)  # fmt: skip
BYTES: Final = (
    b"", b" ", b"\0", b"null", b"[]", b"{}", b"{", b"}", b'"', b"true", b"NaN", b"-Infinity", b"1e999999",
    b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b'{"crime_ref":"X"', b'{"crime_ref":}', b'{crime_ref:"X"}',
    b"<html>502 Bad Gateway</html>", b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"crime_ref":"' + b"x" * 1_100_000 + b'"}', b" " * 1_100_000,
    b'{"crime_ref":"X","reported_at":"2026-07-01T09:00:00Z","updates":[' + b"{}," * 200_000 + b"{}]}",
)  # fmt: skip
_LETTERS: Final = (
    b"\\ud800", b"\\udfff", b"\\ud83d\\ud83d", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe9", b"\\x",
    b"\t", b"\x07",
)  # fmt: skip


def variations(seed: int, count: int) -> Iterator[bytes]:
    """That many records, each the record of a real story spoilt in one way, or no record at all."""
    dice = Random(seed)
    ways: tuple[Callable[[Random, Json], bytes], ...] = (
        _value, _value, _value, _instant, _field, _bytes, _cut, _letter, _twice, _raw,
    )  # fmt: skip
    for number, story in enumerate(histories(seed, count)):
        yield dice.choice(ways)(dice, story | {"crime_ref": f"malformed {number}"})


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a record."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _value(dice: Random, story: Json) -> bytes:
    """Something else in the place of a value."""
    container, key = dice.choice(list(_places(story)))
    container[key] = dice.choice(VALUES)
    return msgspec.json.encode(story)


def _instant(dice: Random, story: Json) -> bytes:
    """An instant at, or past, the ends of time."""
    at = [(c, k) for c, k in _places(story) if isinstance(k, str) and (k.endswith("at") or k in ("from", "until"))]
    container, key = dice.choice(at)
    container[key] = dice.choice(INSTANTS)
    return msgspec.json.encode(story)


def _field(dice: Random, story: Json) -> bytes:
    """A field missing, or two too many."""
    container, key = dice.choice([(c, k) for c, k in _places(story) if isinstance(c, dict)])
    if dice.random() < 0.5:
        del container[key]
    else:
        container[f"{key}\0"] = container[str(dice.choice(VALUES))[:50]] = dice.choice(VALUES)
    return msgspec.json.encode(story)


def _bytes(dice: Random, story: Json) -> bytes:
    """Some of its bytes otherwise."""
    raw = bytearray(msgspec.json.encode(story))
    for _ in range(dice.choice((1, 1, 2, 5))):
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    return bytes(raw)


def _cut(dice: Random, story: Json) -> bytes:
    """An end missing, or the record twice over."""
    raw = msgspec.json.encode(story)
    return raw[: dice.randrange(len(raw))] if dice.random() < 0.7 else raw + raw


def _letter(dice: Random, story: Json) -> bytes:
    """Half a surrogate, or bytes that are no UTF-8, in a text."""
    raw = msgspec.json.encode(story)
    place = raw.index(b'"', dice.randrange(len(raw) - 30)) + 1
    return raw[:place] + dice.choice(_LETTERS) + raw[place:]


def _twice(dice: Random, story: Json) -> bytes:
    """A key twice, the second time with any value."""
    key, value = (msgspec.json.encode(each) for each in (dice.choice(list(story)), dice.choice(VALUES)))
    return msgspec.json.encode(story)[:-1] + b"," + key + b":" + value + b"}"


def _raw(dice: Random, _: Json) -> bytes:
    """No record at all."""
    return dice.choice(BYTES)
