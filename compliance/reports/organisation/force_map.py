"""Which force, division and team a case belongs to on the map of a day, by the folder and the names of its record."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from compliance.reports.organisation.forces import BETWEEN, Forces
from compliance.reports.organisation.unit_map import UnitMap


class PlacedUnit(NamedTuple):
    """A division of a force; None: of no force, or of no division that is told."""

    force: str | None
    division: str | None


@dataclass(frozen=True)
class ForceMap:
    """The forces of one day. Records of other forces lead to what those became by then, or came from."""

    forces: Forces
    day: date

    @cached_property
    def units(self) -> dict[str, UnitMap]:
        """The divisions and teams of the day of each force that has an organisation."""
        return {name: each.on(self.day) for name, each in self.forces.organisations.items()}

    @cached_property
    def there(self) -> list[str]:
        """The forces of the day."""
        return self.forces.there_on(self.day)

    def place(self, folder: str, division: str | None, team: str | None) -> tuple[PlacedUnit, str | None]:
        """Return (unit, team) of the day for what a record in the folder of a force names.

        If only one force of the day can be meant, it is that. Otherwise the division decides: it is the one force whose
        organisation has it. `folder`: a force's name, as in its entry.
        """
        force = self._force_of(folder, division)
        if force is None:
            return PlacedUnit(None, None), team
        units = self.units.get(force)
        same = self.forces.origin(force) == self.forces.origin(folder)
        if units is None:
            return PlacedUnit(force, division if same or division is None else folder + BETWEEN + division), team
        placed, of_team = units.place(division and self._spell(folder, force, division), team)
        return PlacedUnit(force, placed), of_team

    def _force_of(self, folder: str, division: str | None) -> str | None:
        claiming = [force for force in self.there if division is not None and self._has(force, folder, division)]
        if len(claiming) == 1:
            return claiming[0]
        possible = [force for force in self.there if force in self.forces.lineage(folder)]
        if folder in possible:
            return folder
        return possible[0] if len(possible) == 1 and not claiming else None

    def _has(self, force: str, folder: str, division: str) -> bool:
        """Return whether the organisation of a force has, on the day, a division that a record in a folder names."""
        if force not in self.units:
            return False
        spelt = self._spell(folder, force, division)
        return (spelt != division or force in self.forces.lineage(folder)) and self.units[force].has(spelt)

    def _spell(self, folder: str, force: str, division: str) -> str:
        """Return how the organisation of a force spells a division of a folder: with the folder's force, if it does."""
        if folder == force:
            return division
        spelt = folder + BETWEEN + division
        return spelt if self.units[force].has(spelt) else division
