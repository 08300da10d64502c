"""`compliance feed try`: a few records of the crime system, as received and as mapped. Nothing is written."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from compliance.config import Settings
from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Feed, Mapper, Page
from compliance.policy import load_policy
from compliance.policy.vocabulary import count_unknown_values
from compliance.records import Crime, PageRecord, decode_crimes, text_of
from compliance.records.characteristics import NAMES, usable
from compliance.service.polls.crime_feed import feed_of, mapper_of, vocabulary_of
from compliance.service.polls.directory_poll import useless
from compliance.service.polls.feed_waits import standing_wait
from compliance.service.polls.sample_notes import notes_of, notes_of_refusals
from compliance.service.polls.unread_columns import notes_of_unread

EXAMINED: Final = 500
"""How many records a trial reads, however few are to be shown: some faults show only in many."""

_NO_DIRECTORY: Final = DirectoryEntries([], [], read=False)


@dataclass(frozen=True, slots=True)
class Tried:
    """A record: what the source gave (decoded JSON, or rows by table), its mapped form, and why it is refused."""

    source: Any
    mapped: Any
    refused: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a trial.

    - `records`: the first of those received, as many as were asked for.
    - `examined`, `refused`: how many were received, and the reasons of those that are refused.
    - `notes`: what a person should know of those received (`sample_notes`).
    - `officers`: the officer directory; `directory_problem`: why a poll would not accept it.
    - `clock_changes`: instants without an offset in an hour that the clock shows twice or skips.
    - `unknown`: how often unknown values occur, by field and value (rules section 8).
    """

    records: list[Tried]
    examined: int
    refused: list[str]
    notes: list[str]
    officers: DirectoryEntries
    directory_problem: str | None
    clock_changes: int
    unknown: Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FeedSample:
    """The first records of a feed: as `Trial` has them, and decoded those that are not refused."""

    records: list[Tried]
    crimes: list[Crime]
    clock_changes: int


def try_feed(settings: Settings, clock: Callable[[], datetime], count: int, ask_now: bool = False) -> Trial:
    """Return the first `count` records and the officer directory, with what the first 500 records say of the mapping.

    `ask_now`: ask even if a wait that was asked for is not over. Raises SettingsError, and UnavailableError if no
    records can be obtained, as a poll would.
    """
    if not ask_now and (wait := standing_wait(settings, "ask_again_at", clock())):
        raise UnavailableError(f"the crime system was not asked: {wait}; --now asks it all the same")
    mapper, policy, most = mapper_of(settings), load_policy(settings.policy), max(count, EXAMINED)
    with feed_of(settings, clock, mapper=mapper, limit=most) as feed:
        sample = read_sample(feed, mapper, most)
        wait = None if ask_now else standing_wait(settings, "directory_ask_again_at", clock())
        officers, problem = _directory(feed) if wait is None else (_NO_DIRECTORY, f"not asked: {wait}")
    unknown = count_unknown_values(sample.crimes, vocabulary_of(settings, policy))
    refused = [record.refused for record in sample.records if record.refused is not None]
    notes = notes_of(sample.crimes, mapper.filters.seen, policy) + notes_of_refusals(refused)
    notes += notes_of_unread((record.source for record in sample.records), mapper)
    keep = settings.returns.characteristics
    return Trial(
        [replace(each, mapped=as_kept(each.mapped, keep)) for each in sample.records[:count]],
        len(sample.records),
        refused,
        notes,
        officers,
        problem,
        sample.clock_changes,
        unknown,
    )


def read_sample(feed: Feed, mapper: Mapper, count: int) -> FeedSample:
    """Return the first `count` records of a feed opened with this mapper. Raises UnavailableError as `Feed.pages`."""
    mapper.watch = []
    came: list[PageRecord] = []
    pages: list[Page] = []
    for page in feed.pages(None):
        came += page.records[: count - len(came)]
        pages.append(page)
        if len(came) >= count or page.more is False:
            break
    raws = [text_of(record) for record in came]
    crimes, refusals = decode_crimes(raws)
    reasons = {refusal.index: refusal.reason for refusal in refusals}
    watched = {text_of(record): source for source, record in mapper.watch}
    records = [Tried(_show(watched.get(raw, raw)), _show(raw), reasons.get(n)) for n, raw in enumerate(raws)]
    return FeedSample(records, list(crimes), sum(page.count_clock_changes() for page in pages))


def _directory(feed: Feed) -> tuple[DirectoryEntries, str | None]:
    try:
        found = feed.officers()
    except UnavailableError as error:
        return _NO_DIRECTORY, str(error)
    return found, useless(found) if found.read else None


def as_kept(mapped: Any, keep: Collection[str]) -> Any:
    """Return a mapped record with the characteristics of its victims as far as a poll would keep them (records A7)."""
    victims = mapped.get("victims") if isinstance(mapped, dict) else None
    if not isinstance(victims, list):
        return mapped
    kept = [
        {
            name: value
            for name, value in victim.items()
            if name not in NAMES or (name in keep and usable(value) is not None)
        }
        if isinstance(victim, dict)
        else victim
        for victim in victims
    ]
    return mapped | {"victims": kept}


def _show(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return value.decode("utf-8", "backslashreplace")
