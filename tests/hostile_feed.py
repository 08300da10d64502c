"""A crime system that answers wrongly in every way that a generator can think of, over real HTTP, among good records.

Each variation serves some good records in a hostile answer, then as they should be. Whatever the answer was, the poll
ends or says that the crime system cannot be used, and every good record is held when the crime system has come right.
"""

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from compliance.errors import UnavailableError
from compliance.feed_settings import FieldMapping
from compliance.feeds import HttpFeed, Mapper
from compliance.service.polls.polling import poll
from compliance.store import Store, cursor_of, load_crimes
from tests.hostile import NASTY, RECORDS, good_record
from tests.stores import Record, at
from tests.web_server import WebServer, answer

NDJSON: Final = "application/x-ndjson"
SOURCE: Final = "hostile"


@dataclass(frozen=True)
class Variation:
    """Good records, and an answer that is not as it should be, whose cursor is `cursor`."""

    what: str
    good: list[Record]
    cursor: str
    answer: bytes
    mapped: bool


def variation(number: int) -> Variation:
    """The variation of a number, always the same."""
    chance = random.Random(number)
    good = [good_record(f"{number}/{n}") for n in range(3)]
    lines = chance.random() < 0.5
    if chance.random() < 0.5:
        kind = chance.choice(RECORDS)
        raws = [json.dumps(record).encode() for record in good]
        # A crime number that comes twice: the last one stands, so the good one comes last.
        raws.insert(chance.randrange(3), kind(chance, good_record(f"{number}/2")))
        given = page(raws, f"h{number}", lines)
    else:
        kind = chance.choice(WIRES)
        raws = [json.dumps(record).encode() for record in good]
        given = kind(chance, raws, f"h{number}", lines)
    what = f"{kind.__name__.strip('_')}, {'lines' if lines else 'JSON'}, number {number}"
    return Variation(what, good, f"h{number}", given, mapped=chance.random() < 0.3)


def body_of(raws: list[bytes], cursor: str, lines: bool) -> bytes:
    if lines:
        return b"".join(raw + b"\n" for raw in raws)
    return b'{"records":[' + b",".join(raws) + b'],"next":' + json.dumps(cursor).encode() + b',"more":false}'


def page(raws: list[bytes], cursor: str, lines: bool, body: bytes | None = None, **said: Any) -> bytes:
    """An answer with a page; `said` takes the place of what is right."""
    found = body_of(raws, cursor, lines) if body is None else body
    headers = {"Content_Type": NDJSON, "Next_Cursor": cursor, "More": "false"} if lines else {}
    return answer(found, **(headers | said))


# A hostile answer around good records.


def _cut_answer(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    given = page(raws, cursor, lines)
    return given[: chance.randrange(len(given) - 1)]


def _wrong_length(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    length = len(body_of(raws, cursor, lines))
    short = chance.randrange(2, len(raws[-1]))  # never where a line ends: nobody could tell that more was to come
    return page(raws, cursor, lines, length=length + chance.choice([-short, 1, 1_000, 10**12]))


def _no_length(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    return page(raws, cursor, lines, body_of(raws, cursor, lines)[: -chance.randrange(2, 40)], length=-1)


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * 10_000_000) for _ in range(20)) + packer.flush()


def _gzip_bomb(_: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    return page(raws, cursor, lines, _bomb(), Content_Encoding="gzip")


def _wrong_packing(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    packed = bytearray(gzip.compress(body_of(raws, cursor, lines)))
    packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
    packing = chance.choice(["gzip", "gzip", "gzip, gzip", "deflate", "br", "zstd", "x" * 5000])
    return page(raws, cursor, lines, bytes(packed), Content_Encoding=packing)


def _wrong_page(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    whole = json.loads(body_of(raws, cursor, lines=False))
    whole[chance.choice(["records", "next", "more"])] = chance.choice([*NASTY, 7, "true", [1], {"a": []}])
    if chance.random() < 0.3:
        del whole[chance.choice(["records", "next", "more"])]
    if whole.get("records") != json.loads(body_of(raws, cursor, lines=False))["records"]:
        whole["next"] = cursor if chance.random() < 0.5 else whole.get("next")
        whole.pop("more", None)  # a page of other records is as good as any: this one is none
    return page(raws, cursor, False, json.dumps(whole).encode())


def _wrong_cursor(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    more = chance.choice(["", "maybe", "true\0", "1", "x" * 70_000])
    if lines:
        long: dict[str, Any] = {"More": "", "X": "x" * 200_000}
        said: dict[str, Any] = chance.choice([{"More": more}, {"Next_Cursor": "\x01"}, long])
        return page(raws, cursor, lines, **said)
    return page(raws, chance.choice(["\0", "c" * 10_000, "\ud800", "\x1b[2J"]), lines)


def _wrong_status(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    status = chance.choice(["100 Continue", "102 Processing", "204 No Content", "206 Partial Content", "301 Moved", "304 Not Modified",
                            "400 Bad", "401 No", "403 No", "404 No", "410 Gone", "418 Teapot", "429 Slow", "500 Oh", "503 Busy", "599 Oh", "999 Oh", "7", "x", ""])  # fmt: skip
    return page(
        raws, cursor, lines, status=status, Location="//[", Retry_After=chance.choice(["-1", "9" * 400, "soon", "1e9"])
    )


def _no_answer(chance: random.Random, raws: list[bytes], _: str, __: bool) -> bytes:
    return chance.choice([b"", b"\0" * 1000, b"SSH-2.0-x\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n{}",
                          b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 200_000, b"HTTP/1.1 200 OK\r\n" * 3, raws[0]])  # fmt: skip


def _wrong_chunks(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    body = body_of(raws, cursor, lines)
    size = chance.choice([b"%x" % (len(body) + 7), b"-5", b"zz", b"f" * 30, b"%x;%s" % (len(body), b"y" * 100_000)])
    head = page(raws, cursor, lines, b"", length=-1, Transfer_Encoding="chunked")
    return head + size + b"\r\n" + body + chance.choice([b"", b"\r\n", b"\r\nx\r\n"])


def _not_json(chance: random.Random, raws: list[bytes], cursor: str, lines: bool) -> bytes:
    body = chance.choice([b"<!doctype html><title>Sign in</title>", b"\xff\xfe{\0}\0", b"[" * 200_000, b"", b"null",
                          b'{"records":' * 10_000, b'"' * 100_001, b"," * 300_000, b"\xef\xbb\xbf" + raws[0]])  # fmt: skip
    return page(raws, cursor, False, body)


WIRES: Final[tuple[Callable[..., bytes], ...]] = (
    _cut_answer, _cut_answer, _wrong_length, _wrong_length, _no_length, _gzip_bomb, _wrong_packing, _wrong_packing,
    _wrong_page, _wrong_cursor, _wrong_status, _no_answer, _wrong_chunks, _not_json,
)  # fmt: skip


def survive(store: Store, web: WebServer, number: int) -> str:
    """Poll through a variation. Returns what it was; fails where a poll ends otherwise than it may, or a good record is
    not held in the end."""
    found = variation(number)
    mapper = Mapper(FieldMapping(timezone="Europe/London"), tabular=False) if found.mapped else None
    now = at("2026-07-20 06:00")
    for place, given in enumerate((found.answer, None)):
        taken = cursor_of(store, SOURCE) == found.cursor
        last = page(
            [] if taken else [json.dumps(record).encode() for record in found.good], f"{found.cursor} end", True
        )
        web.answers = [last if given is None else given]
        with HttpFeed(web.url, None, timeout=5, largest_body=20_000_000, mapper=mapper, page_size=1) as feed:
            try:
                # The first answer may ask for a wait of any length.
                outcome = poll(store, feed, SOURCE, lambda: now, ask_now=place == 1)
            except UnavailableError:
                assert place == 0, f"{found.what}: the crime system came right and was not read"
            else:
                assert outcome.complete or place == 0, found.what
    refs = [record["crime_ref"] for record in found.good]
    held = load_crimes(store, refs)
    assert [crime.crime_ref for crime in held] == refs, f"{found.what}: a good record was lost"
    assert all(len(crime.updates or ()) == 1 and len(crime.victims or ()) == 1 for crime in held), found.what
    return found.what
