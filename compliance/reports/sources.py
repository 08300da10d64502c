"""Where a report's records come from."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from compliance.records.columns import Columns
from compliance.reports.organisation import Organisation, UnitMap


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
    as_recorded: Columns | None = None
    """The same with divisions and teams as the crime system names them; None where `columns` has them so."""


class RecordSource(Protocol):
    """Records as they were known at any instant."""

    @property
    def name(self) -> str:
        """What the records are, in words for the reader of a report."""

    def records_known(self, known_at: datetime) -> Held:
        """The records as known at K, an aware instant."""


@dataclass(frozen=True)
class GivenRecords:
    """Records from a file, which holds one version of each."""

    name: str
    columns: Columns

    def records_known(self, known_at: datetime) -> Held:  # noqa: ARG002
        """The records given, whatever is asked."""
        return Held(self.columns)


@dataclass(frozen=True)
class MappedRecords:
    """Records with the divisions and teams of the map of one day, whenever they were known (decision 0031)."""

    source: RecordSource
    units: UnitMap

    @property
    def name(self) -> str:
        """What the records are."""
        return self.source.name

    def records_known(self, known_at: datetime) -> Held:
        """The records as known at K, an aware instant, by the map."""
        held = self.source.records_known(known_at)
        return replace(held, columns=self.units.apply(held.columns), as_recorded=held.columns)


def map_records(source: RecordSource, organisation: Organisation | None, day: date) -> RecordSource:
    """Records by the map in force on a local date; as they are where there is no map."""
    return source if organisation is None else MappedRecords(source, organisation.on(day))
