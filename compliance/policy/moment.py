"""The moment of a judgement: as at which instant, and with whose knowledge (rules 2.7, 2.8)."""

from dataclasses import dataclass
from datetime import datetime

from compliance.policy.calendars import LocalDates
from compliance.records.instants import to_micros


@dataclass(frozen=True, slots=True)
class Moment:
    """As at T (rules 2.7) and as known at K (rules 2.8), in microseconds; `today` is the local day of T."""

    as_at: int
    known_at: int | None
    today: int

    @classmethod
    def of(cls, local: LocalDates, as_at: datetime, known_at: datetime | None = None) -> "Moment":
        """Return the moment of aware instants; the local day is that of the policy's time zone."""
        return cls(to_micros(as_at), None if known_at is None else to_micros(known_at), local.day_of(as_at))
