"""What every kind of feed gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from compliance.records import Officer, Refusal


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a feed (records section 4): the JSON text of each record, as it came; the cursor to ask from next time;
    whether there is something further now."""

    raws: list[bytes]
    next: str
    more: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """The officer directory: the entries that can be used, and why the others cannot."""

    officers: list[Officer]
    refusals: list[Refusal]


class Feed(Protocol):
    """A crime system and its officer directory."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """The pages from a cursor (None: from the beginning) to "nothing further for now".

        Each is given out as it comes, so that what came is kept when a later one does not. Raises UnavailableError.
        """
        ...

    def officers(self) -> Directory:
        """The officer directory as it stands; empty where there is none. Raises UnavailableError."""
        ...
