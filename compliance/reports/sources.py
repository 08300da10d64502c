"""Where a report's records come from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from compliance.records.columns import Columns


@dataclass(frozen=True)
class Held:
    """The records as known at one instant. `unobserved` counts the crimes among them that had been reported by then and
    were first seen later: their first version stands (decision 0008). Of an instant before the service first read
    the crime system that is all of them."""

    columns: Columns
    unobserved: int


class RecordSource(Protocol):
    """Records as they were known at any instant."""

    @property
    def name(self) -> str:
        """What the records are, in words for the reader of a report."""

    @property
    def versions(self) -> bool:
        """Whether they are as they were held at the instant. Else they are as they are now, and what was entered since
        is left out in judging them (rules 2.8)."""

    def known(self, known_at: datetime) -> Held:
        """The records as known at K, an aware instant."""


@dataclass(frozen=True)
class GivenRecords:
    """Records from a file, which holds one version of each."""

    name: str
    columns: Columns
    versions: bool = False

    def known(self, known_at: datetime) -> Held:  # noqa: ARG002
        """The records given, whatever is asked."""
        return Held(self.columns, 0)
