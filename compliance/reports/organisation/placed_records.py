"""Records of several folders joined, by the forces and divisions of a day's map."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np
from msgspec import Struct

from compliance.policy.calendars import Ints
from compliance.records.columns import Coded, Columns, encode_texts
from compliance.reports.organisation.force_map import ForceMap, PlacedUnit
from compliance.reports.organisation.unit_map import pair_units
from compliance.store.reading.column_pool import join_columns


class UnplacedName(Struct, frozen=True):
    """How many crimes in the folder of a force, of those that matter, name a division that no division of the map is.

    `force`: the force they are under; None: of no force.
    """

    folder: str
    division: str | None
    force: str | None
    crimes: int


@dataclass(frozen=True)
class PlacedRecords:
    """The records: the division of each is the number of its unit in `units`, as a text.

    `contributing`: the folders with records of each force.
    """

    columns: Columns
    units: tuple[PlacedUnit, ...]
    contributing: Mapping[str | None, frozenset[str]]
    unplaced: tuple[UnplacedName, ...]


def place_records(folders: Mapping[str, Columns], units: ForceMap) -> PlacedRecords:
    """Return the records of at least one folder, by the name of its force, as on a map.

    Officers of one name in two folders are two, unless the force of the one was made of that of the other, and no
    other folder that it was made of has the name. So are teams that no organisation names.
    """
    before = {folder: _ancestors(folder, units) for folder in folders}
    placing = _Placing(units, before)
    ordered = sorted(folders, key=lambda folder: len(before[folder]))  # whoever was there before comes before
    placed = [placing.place(folder, folders[folder]) for folder in ordered]
    for folder in folders:  # also one of which no crime is here
        if (force := units.place(folder, None, None)[0].force) is not None:
            placing.contributing.setdefault(force, set()).add(folder)
    contributing = {force: frozenset(found) for force, found in placing.contributing.items()}
    return PlacedRecords(reduce(join_columns, placed), tuple(placing.numbers), contributing, tuple(placing.unplaced))


def _ancestors(force: str, units: ForceMap) -> frozenset[str]:
    """Return all forces that a force was made of when it came into being, and those that these were made of."""
    found, ahead = set[str](), [force]
    while ahead:
        new = units.forces.founded(ahead.pop())[1] - found
        found |= new
        ahead += new
    return frozenset(found)


Key = str | tuple[PlacedUnit, str]
"""An officer by name, or a team by its unit and name."""


@dataclass
class _Placing:
    """What has been placed so far. `before`: the forces that the force of each folder was made of.

    `numbers`: of the units, in the order of their first occurrence. `first`: in which folder each officer and team of a
    folder was first.
    """

    map: ForceMap
    before: Mapping[str, frozenset[str]]
    numbers: dict[PlacedUnit, str] = field(default_factory=dict)
    contributing: dict[str | None, set[str]] = field(default_factory=dict)
    unplaced: list[UnplacedName] = field(default_factory=list)
    first: dict[tuple[str, Key], str] = field(default_factory=dict)

    def place(self, folder: str, records: Columns) -> Columns:
        """Return the records of a folder with their units, and officers and teams by the folder they were first in."""
        held, lost = records.allocations, dict[PlacedUnit, list[Ints]]()
        own = self._place(folder, np.arange(len(records)), (records.division, records.team), lost)
        given = self._place(folder, held.crime, (held.division, held.team), lost)
        for (force, division), crimes in lost.items():
            self.unplaced.append(UnplacedName(folder, division, force, len(np.unique(np.concatenate(crimes)))))
        officer, of_allocation = (self._officers(folder, names) for names in (records.officer, held.officer))
        allocations = replace(held, division=given[0], team=given[1], officer=of_allocation)
        return replace(records, division=own[0], team=own[1], officer=officer, allocations=allocations)

    def _place(
        self, folder: str, crime: Ints, named: tuple[Coded, Coded], lost: dict[PlacedUnit, list[Ints]]
    ) -> tuple[Coded, Coded]:
        """Return divisions and teams of rows that are about some crimes; add the crimes of names that are `lost`."""
        pairs, place = pair_units(*named)
        placed = [self.map.place(folder, *pair) for pair in pairs]
        for number, ((division, _), (unit, _)) in enumerate(zip(pairs, placed, strict=True)):
            self.contributing.setdefault(unit.force, set()).add(folder)
            if unit.force is None or (division is not None and unit.division is None):
                lost.setdefault(PlacedUnit(unit.force, division), []).append(crime[place == number])
        divisions = encode_texts([self.numbers.setdefault(unit, str(len(self.numbers))) for unit, _ in placed])
        teams = encode_texts([None if team is None else self._team(folder, unit, team) for unit, team in placed])
        return divisions.take(place), teams.take(place)

    def _team(self, folder: str, unit: PlacedUnit, name: str) -> str:
        """Return the name of a team: of the map, or one of several of that name in several folders."""
        units = None if unit.force is None else self.map.units.get(unit.force)
        return name if units is not None and units.teams else f"{self._first_in(folder, (unit, name))} {name}"

    def _officers(self, folder: str, names: Coded) -> Coded:
        there = {name: f"{self._first_in(folder, name)} {name}" for name in names.present()}
        return Coded(names.codes, tuple(there.get(name, name) for name in names.values))

    def _first_in(self, folder: str, key: Key) -> str:
        """Return the folder in which an officer or team of a folder was first."""
        if (folder, key) not in self.first:
            earlier = {self.first[other, key] for other in self.before[folder] if (other, key) in self.first}
            self.first[folder, key] = earlier.pop() if len(earlier) == 1 else folder
        return self.first[folder, key]
