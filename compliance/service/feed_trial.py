"""`compliance feed try`: a few records of the crime system, as received and as mapped. Nothing is written."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from compliance.config import Settings
from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Feed, Page
from compliance.policy import load_policy
from compliance.policy.vocabulary import count_unknown_values
from compliance.records import PageRecord, decode_crimes, text_of
from compliance.service.crime_feed import feed_of, mapper_of, vocabulary_of
from compliance.service.directory_poll import useless


@dataclass(frozen=True, slots=True)
class Tried:
    """A record: what the source gave (decoded JSON, or rows by table), its mapped form, and why it is refused."""

    source: Any
    mapped: Any
    refused: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a trial.

    - `records`: those received.
    - `officers`: the officer directory; `directory_problem`: why a poll would not accept it.
    - `clock_changes`: instants without an offset in an hour that the clock shows twice or skips.
    - `unknown`: how often unknown values occur, by field and value (rules section 8).
    """

    records: list[Tried]
    officers: DirectoryEntries
    directory_problem: str | None
    clock_changes: int
    unknown: Counter[tuple[str, str]]


def try_feed(settings: Settings, clock: Callable[[], datetime], count: int) -> Trial:
    """Return the first `count` records and the officer directory.

    Raises SettingsError, and UnavailableError if no records can be obtained, as a poll would.
    """
    mapper = mapper_of(settings)
    mapper.watch = []
    came: list[PageRecord] = []
    pages: list[Page] = []
    with feed_of(settings, clock, mapper=mapper, limit=count) as feed:
        for page in feed.pages(None):
            came += page.records[: count - len(came)]
            pages.append(page)
            if len(came) >= count or page.more is False:
                break
        officers, problem = _directory(feed)
    raws = [text_of(record) for record in came]
    crimes, refusals = decode_crimes(raws)
    reasons = {refusal.index: refusal.reason for refusal in refusals}
    watched = {text_of(record): source for source, record in mapper.watch}
    records = [Tried(_show(watched.get(raw, raw)), _show(raw), reasons.get(n)) for n, raw in enumerate(raws)]
    unknown = count_unknown_values(crimes, vocabulary_of(settings, load_policy(settings.policy)))
    clock_changes = sum(page.count_clock_changes() for page in pages)
    return Trial(records, officers, problem, clock_changes, unknown)


def _directory(feed: Feed) -> tuple[DirectoryEntries, str | None]:
    try:
        found = feed.officers()
    except UnavailableError as error:
        return DirectoryEntries([], [], read=False), str(error)
    return found, useless(found) if found.read else None


def _show(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return value.decode("utf-8", "backslashreplace")
