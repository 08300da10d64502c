"""Split the body of a page into the text of each record, isolating records that are not valid JSON (records 4)."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Final

import msgspec
from msgspec import Raw, Struct

from compliance.errors import UnavailableError
from compliance.feed_settings import PageNames
from compliance.feeds.feed import DirectoryEntries, Page
from compliance.feeds.mapping import Mapper
from compliance.feeds.requests import AskForLessError
from compliance.records import Officer, Refusal
from compliance.records.collector import paused_gc

_EXPECTED: Final = 'expected {"records": [...], "next": "the cursor to ask from next time", "more": true or false}'
MOST_RECORDS: Final = 100_000
"""The largest number of records in a page: each uses memory, however short it is."""
_MOST_VALUES: Final = 4_000_000
_MOST_OFFICERS: Final = 300_000
_LONGEST_CURSOR: Final = 8192
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}:,]', re.DOTALL)
_SPACE: Final = b" \t\r\n"


class _Body(Struct):
    records: list[Raw]
    next: str
    more: bool


NAMES: Final = PageNames()


@cache
def _decoder(names: PageNames) -> Callable[[bytes], _Body]:
    fields = {"records": names.records, "next": names.next, "more": names.more}
    kinds = list(_Body.__annotations__.items())
    body: type[_Body] = msgspec.defstruct("Body", kinds, bases=(_Body,), rename=fields)  # type: ignore[assignment]
    return msgspec.json.Decoder(body).decode


_decode_officer = msgspec.json.Decoder(Officer).decode


def json_page(body: bytes, source: str, names: PageNames = NAMES) -> Page:
    """Return a JSON page. `source` is the feed's name in errors.

    A record that no JSON decoder accepts (half a surrogate pair, too deep nesting) is still passed on alone, to be
    refused. Raises UnavailableError if the page as a whole is not valid. Raises AskForLessError if it holds too much,
    or if its brackets do not match, so that the faulty record is unknown.
    """
    if body.count(b",") > _MOST_VALUES:
        raise AskForLessError(f"{source} gave a page of more than {_MOST_VALUES:,} values; request smaller pages")
    decode = _decoder(names)
    try:
        with paused_gc():
            page = decode(body)
            return _check_page([bytes(raw) for raw in page.records], page.next, page.more, source)
    except msgspec.ValidationError as error:
        raise UnavailableError(f"{source} gave a page that cannot be read ({error}); {_EXPECTED}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raws, rest = _set_apart(body, msgspec.json.encode(names.records))
        try:
            page = decode(rest)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            # The start of a web page shows who answered; that of anything else may be a record.
            start = body[:40].decode("utf-8", "replace") if body.lstrip(_SPACE).startswith(b"<") else ""
            found = f"{error}; {len(body):,} bytes" + (f", beginning {start!r}" if start else "")
            problem = f"{source} gave no JSON page ({found}); {_EXPECTED}"
            if body.lstrip(_SPACE).startswith(b"{"):
                raise AskForLessError(
                    f"{problem}; where it is a page of one record, the supplier must correct that record: what follows "
                    "waits for it (in NDJSON it would be set apart)"
                ) from None
            raise UnavailableError(problem) from None
        return _check_page(raws, page.next, page.more, source)


def _check_page(raws: list[bytes], cursor: str, more: bool, source: str) -> Page:
    """Return a page after checking its bounds.

    Raises AskForLessError for too many records, and UnavailableError for a cursor that could not be sent back or
    stored.
    """
    if len(raws) > MOST_RECORDS:
        raise AskForLessError(
            f"{source} gave a page of {len(raws):,} records; at most {MOST_RECORDS:,} are read at once"
        )
    if len(cursor) > _LONGEST_CURSOR or not cursor.isprintable():
        raise UnavailableError(
            f"{source} gave a cursor of {len(cursor):,} characters, some of which may not be printable; expected at "
            f"most {_LONGEST_CURSOR:,} printable ones"
        )
    return Page(raws, cursor, more)


def _set_apart(body: bytes, records: bytes) -> tuple[list[bytes], bytes]:
    """Return (the text of each record, the page without its records), split by the brackets outside texts."""
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
            if depth == 2 and mark == b"[" and key == records:
                began = start = token.end()
        elif mark in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and mark not in (b":", b","):
            key = mark
    return raws, body


def ndjson_page(body: bytes, headers: Mapping[str, str], source: str) -> Page:
    """Return an NDJSON page with its cursor from the headers `Next-Cursor` and `More`.

    Raises UnavailableError without them, or if the last line is cut short; AskForLessError if it has too many lines.
    """
    cursor, more = headers.get("Next-Cursor"), headers.get("More", "").strip().lower()
    if cursor is None or more not in ("true", "false"):
        found = f"Next-Cursor {'absent' if cursor is None else 'given'}, More {more or 'absent'!r}"
        raise UnavailableError(
            f"{source} gave an NDJSON page without its cursor ({found}); expected the headers Next-Cursor and More "
            "(true or false)"
        )
    if body.count(b"\n") > _MOST_VALUES:
        raise AskForLessError(f"{source} gave a page of more than {_MOST_VALUES:,} lines; request smaller pages")
    lines = _lines(body)
    if lines and not body.endswith(b"\n") and _is_cut(lines[-1]):
        raise UnavailableError(f"{source} gave an NDJSON page whose last line is cut short: there may have been more")
    return _check_page(lines, cursor, more == "true", source)


def _is_cut(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return "truncated" in str(error)
    return False


def directory(body: bytes, mapper: Mapper | None = None) -> DirectoryEntries:
    """Return the officer directory from NDJSON. A bad line is refused with its reason; the others are used.

    Raises UnavailableError if it has too many lines.
    """
    if body.count(b"\n") > _MOST_OFFICERS:
        raise UnavailableError(f"the officer directory has more than {_MOST_OFFICERS:,} lines; check its address")
    lines = _lines(body)
    return directory_of(lines if mapper is None else [mapper.map_officer(line) for line in lines])


def directory_of(lines: Iterable[bytes]) -> DirectoryEntries:
    """Return the officer directory from the JSON text of each entry, as `directory` does."""
    officers: list[Officer] = []
    refusals: list[Refusal] = []
    for place, line in enumerate(lines):
        try:
            officers.append(_check_officer(_decode_officer(line)))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            refusals.append(Refusal(place, None, f"officer directory, entry {place + 1}: {error}"))
    return DirectoryEntries(officers, refusals)


def _check_officer(officer: Officer) -> Officer:
    """Return an entry after checking its dates. Raises ValueError for an invalid local date."""
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
