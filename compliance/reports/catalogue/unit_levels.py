"""The levels of units that a report compares: areas and divisions of the force, teams of a division."""

from dataclasses import dataclass
from typing import Final

from compliance.reports.catalogue.row import NO_NAME
from compliance.reports.model.force_model import ComparedRequirement
from compliance.reports.model.report_model import DivisionFigures, Figures, RequirementFigures


@dataclass(frozen=True, slots=True)
class UnitLevel:
    """A level of units.

    `name`: what a unit is called, and the name of its figure in the period. `whole`: what the units are parts of.
    `trailing` and `silent`: the names of their other figures. `nameless`: the group of cases without a unit, in the
    name of a figure. `untitled`: the same in a table.
    """

    name: str
    whole: str
    trailing: str = "trailing"
    silent: str = "silent"
    nameless: str = NO_NAME
    untitled: str = "None recorded"

    def list_units(self, requirement: RequirementFigures | ComparedRequirement) -> tuple[DivisionFigures, ...]:
        """Return the units of the level under a requirement."""
        if self.name != AREAS.name:
            return requirement.divisions
        return requirement.areas if isinstance(requirement.areas, tuple) else ()

    def group(self, unit: DivisionFigures) -> str:
        """Return the group of a unit, as in the name of a figure."""
        return unit.name or self.nameless

    def title(self, unit: DivisionFigures) -> str:
        """Return the title of a unit in a table."""
        return unit.name or self.untitled


AREAS: Final = UnitLevel("area", "force", "trailing-area", "silent-area", "in no area", "In no area")
DIVISIONS: Final = UnitLevel("division", "force")
TEAMS: Final = UnitLevel("team", "division")


def find_level(figures: Figures) -> UnitLevel:
    """Return the level that an edition is about: divisions or, in a division's edition, teams."""
    return DIVISIONS if figures.unit is None else TEAMS


def list_levels(figures: Figures) -> tuple[UnitLevel, ...]:
    """Return the levels of an edition, the widest first."""
    return (AREAS, find_level(figures)) if figures.areas else (find_level(figures),)
