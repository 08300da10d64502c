"""From the body of a page to the text of each record, one that is no JSON set apart from the others (records 4)."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec
from msgspec import Raw, Struct

from compliance.errors import UnavailableError
from compliance.feeds.base import Directory, Page
from compliance.records import Officer, Refusal
from compliance.records.wire import paused_gc

_EXPECTED: Final = 'expected {"records": [...], "next": "the cursor to ask from next time", "more": true or false}'
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}:,]', re.DOTALL)
_SPACE: Final = b" \t\r\n"


class _Body(Struct):
    records: list[Raw]
    next: str
    more: bool


_decode_page = msgspec.json.Decoder(_Body).decode
_decode_officer = msgspec.json.Decoder(Officer).decode


def json_page(body: bytes, source: str) -> Page:
    """A JSON page. `source` is how an error calls the feed.

    A record in it that no JSON decoder takes (half a surrogate pair, nested too deeply) is still given out alone, to be
    refused. Raises UnavailableError where the page as a whole is none.
    """
    try:
        with paused_gc():
            page = _decode_page(body)
            return Page([bytes(raw) for raw in page.records], page.next, page.more)
    except msgspec.ValidationError as error:
        raise UnavailableError(f"{source} gave a page that is not one ({error}); {_EXPECTED}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raws, rest = _set_apart(body)
        try:
            page = _decode_page(rest)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            start = body[:40].decode("utf-8", "replace")
            found = f"{error}; {len(body):,} bytes, beginning {start!r}"
            raise UnavailableError(f"{source} gave no JSON page ({found}); {_EXPECTED}") from None
        return Page(raws, page.next, page.more)


def _set_apart(body: bytes) -> tuple[list[bytes], bytes]:
    """(the text of each record, the page without its records), told by the brackets outside of texts."""
    depth, key, start, began = 0, b"", 0, -1
    raws: list[bytes] = []
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if depth == 2 and began >= 0 and mark in (b",", b"]"):
            if raw := body[start : token.start()].strip(_SPACE):
                raws.append(raw)
            start = token.end()
            if mark == b"]":
                return raws, body[:began] + body[token.start() :]
        if mark in (b"{", b"["):
            depth += 1
            if depth == 2 and mark == b"[" and key == b'"records"':
                began = start = token.end()
        elif mark in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and mark not in (b":", b","):
            key = mark
    return raws, body


def ndjson_page(body: bytes, headers: Mapping[str, str], source: str) -> Page:
    """An NDJSON page, its cursor in the headers `Next-Cursor` and `More`. Raises UnavailableError without them."""
    cursor, more = headers.get("Next-Cursor"), headers.get("More", "").strip().lower()
    if cursor is None or more not in ("true", "false"):
        found = f"Next-Cursor {'absent' if cursor is None else 'given'}, More {more or 'absent'!r}"
        raise UnavailableError(
            f"{source} gave an NDJSON page without its cursor ({found}); expected the headers Next-Cursor and More "
            "(true or false)"
        )
    return Page(_lines(body), cursor, more == "true")


def directory(body: bytes) -> Directory:
    """The officer directory from NDJSON; a bad line is refused with its reason, and the others go on."""
    officers: list[Officer] = []
    refusals: list[Refusal] = []
    for place, line in enumerate(_lines(body)):
        try:
            officers.append(_checked(_decode_officer(line)))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            refusals.append(Refusal(place, None, f"officer directory, entry {place + 1}: {error}"))
    return Directory(officers, refusals)


def _checked(officer: Officer) -> Officer:
    """Raises ValueError where what should be a local date is none."""
    days = [("left_on", officer.left_on)]
    for i, absence in enumerate(officer.absent or ()):
        days += [(f"absent[{i}].from", absence.start), (f"absent[{i}].until", absence.end)]
    for field, text in days:
        if text is None:
            continue
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{field}: found {text[:40]!r}; expected a date, YYYY-MM-DD") from None
    return officer


def _lines(body: bytes) -> list[bytes]:
    return [line for line in (line.strip(_SPACE) for line in body.split(b"\n")) if line]
