"""Where a report's records come from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from compliance.records.columns import Columns


@dataclass(frozen=True)
class Held:
    """The records as known at one instant. Of an instant before the service first read the crime system each stands as
    it was first seen (decision 0008), and `unobserved` counts those that had been reported by then.

    `seen_until`: the end of the poll by which these versions had been seen. None where no version of the instant is
    held: what was entered since is left out in judging them (rules 2.8), and nothing else can be.
    """

    columns: Columns
    unobserved: int = 0
    seen_until: datetime | None = None


class RecordSource(Protocol):
    """Records as they were known at any instant."""

    @property
    def name(self) -> str:
        """What the records are, in words for the reader of a report."""

    def known(self, known_at: datetime) -> Held:
        """The records as known at K, an aware instant."""


@dataclass(frozen=True)
class GivenRecords:
    """Records from a file, which holds one version of each."""

    name: str
    columns: Columns

    def known(self, known_at: datetime) -> Held:  # noqa: ARG002
        """The records given, whatever is asked."""
        return Held(self.columns)
