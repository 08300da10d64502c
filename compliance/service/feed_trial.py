"""`compliance feed try`: a few records of the crime system, as they come and as they are taken; nothing is written."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from compliance.config import Settings
from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Feed
from compliance.policy import load_policy
from compliance.policy.vocabulary import count_unknown_values
from compliance.records import FeedRecord, decode_crimes, text_of
from compliance.service.crime_feed import feed_of, mapper_of, vocabulary_of
from compliance.service.directory_poll import useless


@dataclass(frozen=True, slots=True)
class Tried:
    """A record: what the source said (decoded where it is JSON; rows by table), what it was mapped to, and why it would
    be refused."""

    source: Any
    mapped: Any
    refused: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What came: records, the officer directory and why a poll would not take it over, the instants without an offset
    in an hour that comes twice or never, and how often values stood in the records that nobody knows, by field and
    value (rules section 8)."""

    records: list[Tried]
    officers: DirectoryEntries
    directory_problem: str | None
    clock_changes: int
    unknown: Counter[tuple[str, str]]


def try_feed(settings: Settings, clock: Callable[[], datetime], count: int) -> Trial:
    """The first `count` records and the officer directory. Raises SettingsError, and UnavailableError where no records
    are had, as a poll would."""
    mapper = mapper_of(settings)
    mapper.watch = []
    came: list[FeedRecord] = []
    clock_changes = 0
    with feed_of(settings, clock, mapper=mapper, limit=count) as feed:
        for page in feed.pages(None):
            came += page.records[: count - len(came)]
            clock_changes += page.clock_changes
            if len(came) >= count or page.more is False:
                break
        officers, problem = _directory(feed)
    raws = [text_of(record) for record in came]
    crimes, refusals = decode_crimes(raws)
    reasons = {refusal.index: refusal.reason for refusal in refusals}
    watched = {text_of(record): source for source, record in mapper.watch}
    records = [Tried(_show(watched.get(raw, raw)), _show(raw), reasons.get(n)) for n, raw in enumerate(raws)]
    unknown = count_unknown_values(crimes, vocabulary_of(settings, load_policy(settings.policy)))
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
