"""Spans of local dates that a report covers, and the instants at which they are judged (statistics 1.2)."""

from abc import ABC, abstractmethod
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal

from compliance.policy.calendars import LocalDates, to_day

Kind = Literal["week", "month", "quarter"]


class Span(ABC):
    """A week, a month or a quarter. Its text parses back into it, and texts of one kind sort by time."""

    __slots__ = ()
    kind: ClassVar[Kind]

    @property
    @abstractmethod
    def first(self) -> date:
        """Its first local date."""

    @property
    @abstractmethod
    def last(self) -> date:
        """Its last local date."""

    @abstractmethod
    def plus(self, count: int) -> "Span":
        """Return the span `count` later of its kind, or earlier if negative."""

    @property
    @abstractmethod
    def last_year(self) -> "Span | None":
        """The same span a year before, None if that year had none."""

    @property
    def days(self) -> tuple[int, int]:
        """Its first and last day as numbers since 1970-01-01."""
        return to_day(self.first), to_day(self.last)

    def end_instant(self, local: LocalDates) -> datetime:
        """Return the first instant after it, in UTC."""
        return local.start_of(self.last + timedelta(days=1))

    def settling_instant(self, local: LocalDates) -> datetime:
        """Return the instant at which it is settled, in UTC (statistics 1.2).

        T = K = the start of the eighth day after it.
        """
        return local.start_of(self.last + timedelta(days=8))
