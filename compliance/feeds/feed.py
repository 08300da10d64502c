"""What every kind of feed gives."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from compliance.records import FeedRecord, Officer, Refusal, text_of


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a feed (records section 4): the records, as they came or as they were mapped; the cursor to ask from
    next time (None: where it was asked from before); whether there is something further now.

    `whole` is given with the last page of a full export: the crime numbers of all that the export held. A crime that is
    not among them has vanished at the source. `clock_changes` counts the instants without an offset that fell into an
    hour which comes twice or never, and were read by the rule for them.
    """

    records: Sequence[FeedRecord]
    next: str | None
    more: bool
    whole: Collection[str] | None = None
    clock_changes: int = 0

    @property
    def raws(self) -> list[bytes]:
        """The JSON text of each record."""
        return [text_of(record) for record in self.records]


def _nothing() -> None:
    """Nothing is to be noted."""


@dataclass(frozen=True, slots=True)
class DirectoryEntries:
    """The officer directory: the entries that can be used, and why the others cannot.

    `unchanged`: it is as it was when it was last kept, and is not given again. `read`: false where there is none, or it
    is being written just now. `kept` is to be called once it is kept, so that it need not be given again until it
    changes.
    """

    officers: list[Officer]
    refusals: list[Refusal]
    unchanged: bool = False
    read: bool = True
    kept: Callable[[], None] = field(default=_nothing, compare=False, repr=False)


class Feed(Protocol):
    """A crime system and its officer directory."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """The pages from a cursor (None: from the beginning) to "nothing further for now".

        Each is given out as it comes, so that what came is kept when a later one does not. Asking for the next one says
        that the page before it is kept. Raises UnavailableError.
        """
        ...

    def officers(self) -> DirectoryEntries:
        """The officer directory as it stands. Raises UnavailableError."""
        ...

    def close(self) -> None:
        """Let go of what the feed holds open."""
        ...
