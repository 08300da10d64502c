"""Faults planted in a simulated force on purpose, to test what a report must find."""

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and where. By default, nothing does.

    `worse_division` (its name): from week `worse_from_week` (0 is the first), its officers make each contact with
    `1 - worse_by` of their usual chance. `feed_gap`: local dates on which the crime system answers 503.
    """

    worse_division: str | None = None
    worse_from_week: int = 0
    worse_by: float = 0.4
    feed_gap: frozenset[date] = frozenset()


NONE: Final = Faults()
"""No planted faults."""
