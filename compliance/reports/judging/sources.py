"""The sources of a report's records."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

import numpy as np

from compliance.policy.calendars import LocalDates, to_day
from compliance.records.columns import Columns
from compliance.reports.organisation import Organisation, UnitMap
from compliance.store.reading.column_pool import take_columns


@dataclass(frozen=True)
class KnownRecords:
    """The records as known at one instant.

    For an instant before the service first read the crime system, each record is as first seen (decision 0008), and
    `unobserved` counts those that had been reported by then. `seen_until`: the end of the poll by which these versions
    had been seen. None if no versions from that instant are held: judging then leaves out what was entered since (rules
    2.8), and cannot do more.
    """

    columns: Columns
    unobserved: int = 0
    seen_until: datetime | None = None
    as_recorded: Columns | None = None
    """The same with divisions and teams as the crime system names them; None if `columns` already has them so."""


class RecordSource(Protocol):
    """Records as known at any instant."""

    @property
    def name(self) -> str:
        """The records in words, for the reader of a report."""

    def records_known(self, known_at: datetime) -> KnownRecords:
        """Return the records as known at K, an aware instant."""


@dataclass(frozen=True)
class GivenRecords:
    """Records from a file, which holds one version of each."""

    name: str
    columns: Columns

    def records_known(self, known_at: datetime) -> KnownRecords:  # noqa: ARG002
        """Return the records given, regardless of the instant."""
        return KnownRecords(self.columns)


@dataclass(frozen=True)
class MappedRecords:
    """Records with the divisions and teams of one day's map, for any instant of knowledge (decision 0031)."""

    source: RecordSource
    units: UnitMap

    @property
    def name(self) -> str:
        """The records in words."""
        return self.source.name

    def records_known(self, known_at: datetime) -> KnownRecords:
        """Return the records as known at K, an aware instant, by the map."""
        known = self.source.records_known(known_at)
        return replace(known, columns=self.units.apply(known.columns), as_recorded=known.columns)


@dataclass(frozen=True)
class CompleteRecords:
    """The records of crimes reported since the records begin (statistics 1.2b), for any instant of knowledge."""

    source: RecordSource
    begun: date
    local: LocalDates

    @property
    def name(self) -> str:
        """The records in words."""
        return self.source.name

    def records_known(self, known_at: datetime) -> KnownRecords:
        """Return the records as known at K, an aware instant, without crimes reported before the records begin."""
        return select_complete(self.source.records_known(known_at), self.begun, self.local)


def select_complete(known: KnownRecords, begun: date | None, local: LocalDates) -> KnownRecords:
    """Return known records without crimes reported before a local date; unchanged if it leaves none out, or is None."""
    if begun is None:
        return known
    rows = np.flatnonzero(local.of(known.columns.reported_at) >= to_day(begun))
    if len(rows) == len(known.columns):
        return known
    recorded = None if known.as_recorded is None else take_columns(known.as_recorded, rows)
    return replace(known, columns=take_columns(known.columns, rows), as_recorded=recorded)


def complete_records(source: RecordSource, begun: date | None, local: LocalDates) -> RecordSource:
    """Return records without crimes reported before a local date from which they are complete; None: unchanged."""
    return source if begun is None else CompleteRecords(source, begun, local)


def map_records(source: RecordSource, organisation: Organisation | None, day: date) -> RecordSource:
    """Return records by the map in force on a local date, or unchanged if there is no map."""
    return source if organisation is None else MappedRecords(source, organisation.on(day))
