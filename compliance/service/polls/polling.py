"""One poll: the feed's pages into the store, each stored as it arrives (decision 0013).

A poll has a row from the first page with something to store. One without such a page is stored at its end (decision
0043).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from compliance.errors import ComplianceError, StoppedError, System, UnavailableError
from compliance.feeds import Feed, Page
from compliance.policy.vocabulary import Vocabulary
from compliance.progress import tell_step
from compliance.service.polls.directory_poll import (
    DEFAULT_RULES,
    NOT_READ,
    DirectoryOutcome,
    DirectoryRules,
    read_directory,
)
from compliance.service.polls.feed_changes import check_origin
from compliance.service.polls.feed_waits import keeping_waits
from compliance.store import (
    AuditEntry,
    AuditKind,
    IdlePoll,
    PageOutcome,
    ReadPage,
    Store,
    Unknown,
    begin_poll,
    cursor_before,
    cursor_of,
    end_poll,
    is_nothing_new,
    mark_missing,
    newest_poll,
    note_cursor,
    note_directory,
    note_idle_poll,
    take_page,
)
from compliance.store.audit.actors import THE_SERVICE, Actor

log = structlog.get_logger()

NOTHING_YET: Final = "there was nothing to take yet"
TOLD_TO_STOP: Final = "told to stop"
"""Why a poll is not complete though nothing failed: how the problem stored with it begins."""

MOST_UNCHANGED: Final = 10_000
"""How many pages in a row without a new or changed record end a poll; the next continues from there."""


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """The result of a poll.

    - `poll_id`: its number; None if it found nothing to store.
    - `pages`, `received`, `changed`, `refused`: pages; records received, of these new or changed, and refused.
    - `complete`: the feed had nothing further, regardless of the officer `directory`. `problem`: why it is not
      complete.
    - `clock_changes`: instants without an offset in an hour that the clock shows twice or skips.
    - `vanished`: crimes that a full export no longer holds.
    - `late`: records older than the stored ones (records section 4).
    - `unknown`: unknown values in new or changed records (rules section 8).
    - `waits`: an export that is not whole yet, and which file it waits for.
    """

    poll_id: int | None
    pages: int
    received: int
    changed: int
    refused: int
    complete: bool
    problem: str | None = None
    clock_changes: int = 0
    vanished: int = 0
    late: int = 0
    unknown: Unknown = field(default_factory=Unknown)
    waits: str | None = None
    directory: DirectoryOutcome = NOT_READ

    @property
    def is_idle(self) -> bool:
        """Whether the crimes in the store are as before, and nothing failed."""
        found = self.changed or self.refused or self.vanished or self.late
        return not found and (self.complete or self.problem == NOTHING_YET)


def poll(
    store: Store,
    feed: Feed,
    source: str,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
    overlap: timedelta = timedelta(0),
    known: Vocabulary | None = None,
    origin: str | None = None,
    ask_now: bool = False,
    directory_rules: DirectoryRules = DEFAULT_RULES,
    actor: Actor = THE_SERVICE,
) -> PollOutcome:
    """Read a feed from the stored cursor to "nothing further for now", then the officer directory.

    - `source`: the name under which its cursor and polls are stored. `clock`: returns the present instant (aware).
    - `stopping`: when it returns true, the poll ends after a page, incomplete.
    - Any failure ends the poll incomplete, with the problem recorded, and is raised again. The pages received are kept,
      and the next poll continues after the last of them.
    - A directory that cannot be read or is not accepted is a separate problem (`read_directory`). It is read whatever
      happened to the crimes.
    - If the crime system asks for a wait (Retry-After), it is not asked again before, by any process. `ask_now`: ask
      all the same.
    - `overlap`: how late the source may commit. The poll then begins before anything that may still be committed late,
      once the previous poll reached its end.
    - `known`: values that are not in it are counted; new ones are logged by field, without the values.
    - `actor`: who polls, for the audit log, which has an entry of each poll that stored something.
    - `origin`: which crime system it is (`origin_of`). Raises SettingsError if the stored cursor belongs to another.
    """
    crimes = _Poll(store, source, clock, overlap, known, actor)
    start = cursor_before(store, source, overlap) if overlap else None
    try:
        if origin is not None:
            check_origin(store, source, origin)
        with keeping_waits(store, source, clock, "ask_again_at", "the crime system", ask_now):
            outcome = crimes.take(feed, start, stopping)
    except BaseException as error:
        if isinstance(error, UnavailableError) and error.system is None:
            error.system = System.CRIME_SYSTEM
        # Only our own errors are known to contain no personal data.
        problem = str(error) if isinstance(error, ComplianceError) else f"a fault: {type(error).__name__}"
        with suppress(UnavailableError):  # the store itself may be unusable
            crimes.end(complete=False, problem=problem)
            if isinstance(error, ComplianceError) and not isinstance(error, StoppedError):
                read_directory(store, feed, source, crimes.note_directory, clock, directory_rules, ask_now)
        raise
    finally:
        _log_new(source, crimes.unknown)
    crimes.end(outcome.complete, outcome.problem, outcome.is_idle)
    if crimes.stopped:
        return outcome
    directory = read_directory(store, feed, source, crimes.note_directory, clock, directory_rules, ask_now)
    return replace(outcome, directory=directory)


def _log_new(source: str, unknown: Unknown) -> None:
    """Log that there are new unknown values, without the values.

    A careless feed may have personal data in them, so only `check` shows them.
    """
    for name in sorted({name for name, _ in unknown.new}):
        new = [value for value in unknown.new if value[0] == name]
        times = sum(unknown.counts[value] for value in new)
        log.warning("unknown values", source=source, field=name, values=len(new), times=times)


class _Poll:
    """A poll under way."""

    def __init__(
        self,
        store: Store,
        source: str,
        clock: Callable[[], datetime],
        overlap: timedelta,
        known: Vocabulary | None,
        actor: Actor,
    ) -> None:
        self._store, self._source, self._clock, self._overlap = store, source, clock, overlap
        self._started_at, self._after = clock(), newest_poll(store, source)
        self._id: int | None = None
        self._reads_again = False
        self._idle: IdlePoll | None = None
        self._pages = self._received = self._changed = self._refused = self._clock_changes = self._vanished = 0
        self._late = 0
        self._actor = actor
        self.stopped = False
        self._known, self.unknown = known, Unknown()
        self._unchanged = 0
        self._reaches: datetime | None = None

    def take(self, feed: Feed, start: str | None, stopping: Callable[[], bool]) -> PollOutcome:
        """Store everything the feed has, and return the result. `stopped`: whether it was left before its end."""
        problem: str | None = NOTHING_YET
        waits: str | None = None
        cursor = cursor_of(self._store, self._source)
        self._reads_again = start not in (None, cursor)
        for page in feed.pages(cursor if start is None else start):
            if page.waits is not None:
                waits = page.waits
                problem = f"{NOTHING_YET}: {waits}" if problem == NOTHING_YET else problem
                continue
            self._take(page)
            problem = "there is more to come" if page.more else None
            if page.more and (reason := self._reason_to_stop(stopping)):
                problem, self.stopped = reason, True
                break
        return PollOutcome(
            self._id,
            self._pages,
            self._received,
            self._changed,
            self._refused,
            problem is None,
            problem,
            self._clock_changes,
            self._vanished,
            self._late,
            self.unknown,
            waits,
        )

    def end(self, complete: bool, problem: str | None, is_idle: bool = False) -> None:
        """Store how the poll ended; one that found nothing to store, with what comes of the directory."""
        now = self._clock()
        if is_idle and self._id is None:
            self._idle = IdlePoll(self._started_at, now, complete, problem, None, None)
        else:
            end_poll(self._store, self._begin(), now, complete, problem, is_idle, self._entry(now, complete))

    def _entry(self, now: datetime, complete: bool) -> AuditEntry | None:
        """Return what the audit log says of the poll; None if it stored no record."""
        stored = {
            "changed": self._changed, "refused": self._refused, "vanished": self._vanished, "late": self._late,
        }  # fmt: skip
        if not any(stored.values()):
            return None
        details = {"poll": self._id, "received": self._received, "complete": complete}
        counts = {name: count for name, count in stored.items() if count}
        who = self._actor
        return AuditEntry(now, who.who, who.role, AuditKind.COLLECTION, self._source, details | counts)

    def note_directory(self, entries: int | None, problem: str | None) -> None:
        """Store what came of the directory (`note_directory` of the store), and with it an idle poll."""
        if self._idle is None:
            note_directory(self._store, self._begin(), entries, problem)
        else:
            idle = self._idle._replace(officers=entries, directory_problem=problem)
            note_idle_poll(self._store, self._source, self._after, idle)

    def _begin(self) -> int:
        """Return the number of the poll, which has a row from now on."""
        if self._id is None:
            self._id = begin_poll(self._store, self._source, self._started_at, self._after)
        return self._id

    def _reason_to_stop(self, stopping: Callable[[], bool]) -> str | None:
        if stopping():
            return TOLD_TO_STOP
        if self._unchanged >= MOST_UNCHANGED:
            return f"{self._unchanged:,} pages in a row brought nothing new; the next poll goes on from there"
        return None

    def _take(self, page: Page) -> None:
        now = self._clock()
        if page.whole is not None:
            # Before the page that marks the export as taken, so that an interruption in between repeats it.
            self._begin()
            self._vanished += mark_missing(self._store, self._source, page.whole, now).lost
        taken = self._store_page(page, now)
        self._pages += 1
        self._received += taken.received
        self._changed += taken.changed
        self._refused += taken.refused
        self._late += taken.late
        self.unknown |= taken.unknown
        self._clock_changes += page.count_clock_changes()
        self._unchanged = 0 if taken.changed else self._unchanged + 1
        tell_step("records received", self._received)
        if taken.latest is not None:
            self._reaches = taken.latest if self._reaches is None else max(self._reaches, taken.latest)
        if self._overlap and page.next is not None and self._id is not None:
            reaches = self._reaches if taken.latest is not None else None
            note_cursor(self._store, self._source, page.next, reaches, self._overlap, now)

    def _store_page(self, page: Page, now: datetime) -> PageOutcome:
        store, source, records, cursor = self._store, self._source, page.records, page.next
        read = None
        if self._id is None and not page.more:
            read = ReadPage(records, store.recent, now)
            leads_on = bool(records) and not self._reads_again
            if is_nothing_new(store, source, read, cursor, now, leads_on=leads_on):
                return PageOutcome(len(records), changed=0, refused=0)
        return take_page(store, self._begin(), source, records, cursor, now, self._known, read)
