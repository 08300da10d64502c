"""The interface of every kind of feed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from compliance.records import Officer, PageRecord, Refusal, SourceRecord, text_of


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a feed (records section 4).

    - `records`: as received, as mapped, or to be mapped when read.
    - `next`: the cursor to ask from next time; None: the same cursor as before.
    - `more`: whether there is more now.
    - `whole`: with the last page of a full export, the crime numbers of everything in the export. A crime that is not
      among them has vanished at the source.
    - `clock_changes`: how many instants without an offset were in an hour that the clock shows twice or skips, and were
      read by the rule for it. `count_clock_changes` adds those of records mapped since.
    - `waits`: with a last page without records, what is there and cannot be taken yet, and what it waits for.
    """

    records: Sequence[PageRecord]
    next: str | None
    more: bool
    whole: Collection[str] | None = None
    clock_changes: int = 0
    waits: str | None = None

    @property
    def raws(self) -> list[bytes]:
        """The JSON text of each record."""
        return [text_of(record) for record in self.records]

    def count_clock_changes(self) -> int:
        """Return how many such instants there were, once the records have been read."""
        return self.clock_changes + sum(r.clock_changes for r in self.records if isinstance(r, SourceRecord))


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class DirectoryEntries:
    """The officer directory: the usable entries, and why the others were refused.

    `unchanged`: it is the same as when last stored, and is not given again. `read`: false if there is none or it is
    being written. `kept`: to be called once it is stored, so that it is not given again until it changes.
    """

    officers: list[Officer]
    refusals: list[Refusal]
    unchanged: bool = False
    read: bool = True
    kept: Callable[[], None] = field(default=_nothing, compare=False, repr=False)


class Feed(Protocol):
    """A crime system and its officer directory."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield the pages from a cursor (None: from the beginning) to "nothing further for now".

        Each page is yielded as it arrives, so that it is kept if a later one fails. Requesting the next page confirms
        that the page before it is stored. Raises UnavailableError.
        """
        ...

    def officers(self) -> DirectoryEntries:
        """Return the current officer directory. Raises UnavailableError."""
        ...

    def close(self) -> None:
        """Close what the feed holds open."""
        ...
