"""One poll: the feed's pages into the store, each kept as it comes (design: data flows one way)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from compliance.errors import ComplianceError, UnavailableError
from compliance.feeds import Feed
from compliance.store import Store, begin_poll, cursor_of, end_poll, save_officers, take_page

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What a poll brought: pages, records received, of these new or changed, and refused; usable entries of the officer
    directory, and others. `complete`: the feed had nothing further."""

    poll_id: int
    pages: int
    received: int
    changed: int
    refused: int
    officers: int
    officers_refused: int
    complete: bool


def poll(
    store: Store,
    feed: Feed,
    source: str,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
) -> PollOutcome:
    """Ask a feed from where it was left to "nothing further for now", then for the officer directory.

    `source` is the name under which its cursor and its polls are kept, `clock` gives the present instant (aware). Where
    `stopping` says so the poll ends after a page, incomplete. Any failure ends it incomplete, the problem noted, and is
    raised again; the pages that came are kept, and the next poll goes on from the last of them.
    """
    poll_id = begin_poll(store, source, clock())
    try:
        outcome = _taken(store, feed, source, poll_id, clock, stopping)
    except BaseException as error:
        # Only our own errors are known to be free of personal data.
        problem = str(error) if isinstance(error, ComplianceError) else f"a fault: {type(error).__name__}"
        with suppress(UnavailableError):  # the store itself may be what cannot be used
            end_poll(store, poll_id, clock(), complete=False, problem=problem)
        raise
    end_poll(store, poll_id, clock(), outcome.complete, None if outcome.complete else "told to stop")
    return outcome


def _taken(
    store: Store,
    feed: Feed,
    source: str,
    poll_id: int,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool],
) -> PollOutcome:
    pages = received = changed = refused = 0
    complete = False
    for page in feed.pages(cursor_of(store, source)):
        taken = take_page(store, poll_id, source, page.raws, page.next, clock())
        pages, received = pages + 1, received + taken.received
        changed, refused = changed + taken.changed, refused + taken.refused
        complete = not page.more
        if stopping():
            break
    officers = officers_refused = 0
    if complete:
        directory = feed.officers()
        save_officers(store, directory.officers, clock())
        for refusal in directory.refusals:
            log.warning("officer refused", source=source, reason=refusal.reason)
        officers, officers_refused = len(directory.officers), len(directory.refusals)
    return PollOutcome(poll_id, pages, received, changed, refused, officers, officers_refused, complete)
