"""The entries of the organisation's file: areas, divisions and teams, each from a date until a date."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field

DAY: Final = timedelta(days=1)


class UnitEntry(BaseModel):
    """What areas, divisions and teams have in common: a name, and a time."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    name: str = Field(min_length=1)
    since: date | None = Field(None, alias="from")
    until: date | None = None

    @property
    def first(self) -> date:
        """The first day on which it exists."""
        return self.since or date.min

    @property
    def last(self) -> date:
        """The last day on which it exists."""
        return self.until or date.max

    @property
    def day_after(self) -> date | None:
        """The day after its last; None if it has no end."""
        return None if self.last == date.max else self.last + DAY

    @property
    def successors(self) -> list[str]:
        """What took its place on the day after its last, by name."""
        return []

    def holds(self, day: date) -> bool:
        """Return whether it exists on a day."""
        return self.first <= day <= self.last


class SucceededEntry(UnitEntry):
    """What forces, areas and divisions have in common.

    `became`: what took its place on the day after: one name (renamed, or merged with others that became the same), or
    several (split). `spellings`: how else it is named.
    """

    became: list[str] = []
    spellings: list[str] = []

    @property
    def successors(self) -> list[str]:
        """What took its place, by name."""
        return list(self.became)


class AreaEntry(SucceededEntry):
    """An area from a date until a date, both included. It is split by division."""


class DivisionEntry(SucceededEntry):
    """A division from a date until a date, both included. It is split by team.

    `area`: the area it belongs to; None: in no area. A division that moves has an entry for each area.
    """

    area: str | None = None


class TeamSpelling(BaseModel):
    """How the records write a team whose name other divisions have too."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    division: str
    team: str


class TeamEntry(UnitEntry):
    """A team of a division from a date until a date, both included.

    A team that moves has an entry for each division. `became`: the team that took its place on the day after, if that
    has another name.
    """

    division: str
    became: str | None = None
    spellings: list[str | TeamSpelling] = []

    @property
    def successors(self) -> list[str]:
        """The team that took its place, by name; empty if none did."""
        return [self.became] if self.became else []


class OrganisationEntries(BaseModel):
    """Everything that the file holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    area: list[AreaEntry] = []
    division: list[DivisionEntry] = []
    team: list[TeamEntry] = []


AnyUnit = TypeVar("AnyUnit", bound=UnitEntry)


def find_entry(entries: Sequence[AnyUnit], name: str, day: date) -> AnyUnit | None:
    """Return the entry of a day that a name leads to: its own, or the one that it became or came from; else None."""
    own = [entry for entry in entries if entry.name == name]
    if here := [entry for entry in own if entry.holds(day)]:
        return here[0]
    past = [entry for entry in own if entry.last < day]
    if past:
        others = max(past, key=lambda entry: entry.last).successors
    else:
        eve = min(entry.first for entry in own) - DAY
        others = sorted({entry.name for entry in entries if entry.until == eve and name in entry.successors})
    return find_entry(entries, others[0], day) if len(others) == 1 else None
