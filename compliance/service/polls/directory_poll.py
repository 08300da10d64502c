"""The officer directory as part of a poll: whether to accept what the feed gives, and which one applies meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from compliance.errors import ComplianceError
from compliance.feeds import DirectoryEntries, Feed
from compliance.service.polls.feed_waits import keeping_waits
from compliance.store import LastGood, Store, last_good_directory, save_officers
from compliance.text import count_noun

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DirectoryRules:
    """When a directory is accepted.

    `shrink_limit`: one that has lost this share of the usable entries of the last good one, or more, is not accepted.
    `accept_shrunk`: a person says that it has really shrunk.
    """

    shrink_limit: float = 0.5
    accept_shrunk: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryOutcome:
    """The result of reading the officer directory in a poll.

    `officers`: usable entries. `refused`: entries refused. `problem`: why it was not accepted. `as_of`: when the
    directory in force was last read or confirmed (None: there is none).
    """

    officers: int = 0
    refused: int = 0
    problem: str | None = None
    as_of: datetime | None = None


Note = Callable[[int | None, str | None], None]
"""Stores with a poll what came of the directory, once: usable entries (None: not read), and the problem."""
NOT_READ: Final = DirectoryOutcome()
DEFAULT_RULES: Final = DirectoryRules()


def read_directory(
    store: Store,
    feed: Feed,
    source: str,
    note: Note,
    clock: Callable[[], datetime],
    rules: DirectoryRules = DEFAULT_RULES,
    ask_now: bool = False,
) -> DirectoryOutcome:
    """Read the directory and store it if it can be accepted; otherwise the last good one stays in force.

    Not accepted: a directory that is empty or has no usable entry, and one that has shrunk (`rules`). The problem is
    recorded with the poll (`note`). A fault of this program is recorded and raised again.
    """
    before = last_good_directory(store, source)
    as_of = None if before is None else before.as_of
    try:
        with keeping_waits(store, source, clock, "directory_ask_again_at", "the officer directory", ask_now):
            directory = feed.officers()
    except ComplianceError as error:
        return _refuse(source, note, DirectoryOutcome(problem=str(error), as_of=as_of))
    except BaseException as error:
        # Only our own errors are known to contain no personal data.
        note(None, f"a fault: {type(error).__name__}")
        raise
    if not directory.read:
        note(None, None)
        return DirectoryOutcome(as_of=as_of)
    if directory.unchanged:
        note(0 if before is None else before.entries, None)
        return DirectoryOutcome(as_of=clock())
    entries, refused = len({officer.officer_ref for officer in directory.officers}), len(directory.refusals)
    for refusal in directory.refusals:
        log.warning("officer refused", source=source, reason=refusal.reason)
    if problem := _problem(directory, entries, before, rules):
        return _refuse(source, note, DirectoryOutcome(0, refused, problem, as_of), entries)
    save_officers(store, directory.officers, clock())
    note(entries, None)
    directory.kept()
    return DirectoryOutcome(entries, refused, as_of=clock())


def _refuse(source: str, note: Note, outcome: DirectoryOutcome, entries: int | None = None) -> DirectoryOutcome:
    note(entries, outcome.problem)
    as_of = None if outcome.as_of is None else outcome.as_of.isoformat()
    log.warning("officer directory not taken over", source=source, problem=outcome.problem, as_of=as_of)
    return outcome


def _problem(directory: DirectoryEntries, entries: int, before: LastGood | None, rules: DirectoryRules) -> str | None:
    """Return why a directory is not accepted, None if it is."""
    if unusable := useless(directory):
        return unusable
    if before is None or rules.accept_shrunk or entries > before.entries * (1 - rules.shrink_limit):
        return None
    return (
        f"it has {count_noun(entries, 'usable entry', 'usable entries')}, where the last good one has "
        f"{before.entries:,}; if it has really shrunk, accept it with `compliance poll --accept-directory`"
    )


def useless(directory: DirectoryEntries) -> str | None:
    """Return why a directory cannot be right, regardless of earlier ones; None if it can."""
    if directory.officers:
        return None
    if not directory.refusals:
        return "it is empty"
    return f"none of its {len(directory.refusals):,} entries can be used; the first: {directory.refusals[0].reason}"
