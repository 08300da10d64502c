"""What a claim of a report is judged by: the world, and where the claim stands in its reports."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from compliance.reports.model.claims import Claim
from tests.worlds.catalogue import Due
from tests.worlds.force import START
from tests.worlds.playing import PlayedWorld, Told

SERIES_OF: Final = {"7-day": (0,), "28-day": (1, 2)}
"""The series of each requirement's rate."""
PARTS_OF: Final = {"first": (1,), "continuing": (2,)}
"""The series of the parts of a requirement that repeats (statistics 1.10)."""
TRAILING: Final = 13
LEEWAY: Final = 4
"""A change may be said to have begun so many weeks before it did: chance had its part in when it was seen."""
BETTER: Final = "better"


@dataclass(frozen=True)
class Said:
    """One thing that a claim says: that a unit is worse, better, or has a pattern of entries; and whether it is so."""

    what: str
    unit: str
    true: bool


@dataclass(frozen=True)
class View:
    """What a claim is judged by: the world, and where the claim stands."""

    world: PlayedWorld
    told: Told

    @property
    def claim(self) -> Claim:
        """The claim."""
        return self.told.claim

    @property
    def series(self) -> tuple[int, ...]:
        """The series that the claim is about."""
        part = self.claim.subject.partition(".")[0]
        return PARTS_OF[part] if part in PARTS_OF else SERIES_OF[self.claim.subject.partition(".")[2].partition("/")[0]]

    @property
    def trailing(self) -> range:
        """The weeks over which units are compared."""
        return range(self.told.week - TRAILING + 1, self.told.week + 1)

    def has_moved(self, unit: str, first: int, last: int, series: tuple[int, ...], way: int) -> bool:
        """Return whether what is usual has changed since a week, or since one that is not much later."""
        begins = range(first, min(last, first + LEEWAY) + 1)
        return any(self.world.truth.moved(unit, week, last, series, way) for week in begins)

    def shows(self, unit: str) -> bool:
        """Return whether the pattern of the claim is planted, in a team or, for the board, in any: its own team or that of
        a division."""
        world, subject = self.world, self.claim.subject.partition("/")[0]
        names = {"", world.team, self.told.edition}
        names |= {world.named(division) for due in world.world.due for division in due.divisions}
        return unit in names and self.has_due(subject)

    def has_due(self, subject: str) -> bool:
        """Return whether a pattern that a figure shows is planted."""
        return any(subject in due.subjects for due in self.world.world.due)

    def missing(self, first: bool) -> list[Due]:
        """Return what is due by this week in this edition and not yet over."""
        return [
            due for due in self.world.world.due
            if due.by <= self.told.week <= due.over and (due.first or not first)
            and due.team == bool(self.told.edition)
        ]  # fmt: skip


def unit_of(due: Due, world: PlayedWorld) -> str:
    """Return the name of what something is due of; "": the whole force."""
    if due.team:
        return world.team
    return world.named(due.divisions[0]) if due.divisions else ""


def week_of(day: date) -> int:
    """Return the number of the week of a local date."""
    return (day - START).days // 7
