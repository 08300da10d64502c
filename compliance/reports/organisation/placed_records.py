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
    """How many crimes in the folder of a force name a division that no division of the map is.

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

    Officers of one name in two folders are two, unless the one force is the other under an earlier name; so are teams
    that no organisation names.
    """
    origins = {folder: units.forces.origin(folder) for folder in folders}
    placing, several = _Placing(units), len({*origins.values()}) > 1
    placed = [
        placing.place(folder, records, f"{origins[folder]} " if several else "") for folder, records in folders.items()
    ]
    contributing = {force: frozenset(found) for force, found in placing.contributing.items()}
    return PlacedRecords(reduce(join_columns, placed), tuple(placing.numbers), contributing, tuple(placing.unplaced))


@dataclass
class _Placing:
    """What has been placed so far. `numbers`: of the units, in the order of their first occurrence."""

    map: ForceMap
    numbers: dict[PlacedUnit, str] = field(default_factory=dict)
    contributing: dict[str | None, set[str]] = field(default_factory=dict)
    unplaced: list[UnplacedName] = field(default_factory=list)

    def place(self, folder: str, records: Columns, mark: str) -> Columns:
        """Return the records of a folder with their units. `mark`: put before the names of officers and teams."""
        held, lost = records.allocations, dict[PlacedUnit, list[Ints]]()
        own = self._place(folder, np.arange(len(records)), (records.division, records.team), mark, lost)
        given = self._place(folder, held.crime, (held.division, held.team), mark, lost)
        for (force, division), crimes in lost.items():
            self.unplaced.append(UnplacedName(folder, division, force, len(np.unique(np.concatenate(crimes)))))
        officer = _marked(held.officer, mark)
        allocations = replace(held, division=given[0], team=given[1], officer=officer)
        return replace(
            records, division=own[0], team=own[1], officer=_marked(records.officer, mark), allocations=allocations
        )

    def _place(
        self, folder: str, crime: Ints, named: tuple[Coded, Coded], mark: str, lost: dict[PlacedUnit, list[Ints]]
    ) -> tuple[Coded, Coded]:
        """Return divisions and teams of rows that are about some crimes; add the crimes of names that are `lost`."""
        pairs, place = pair_units(*named)
        placed = [self.map.place(folder, *pair) for pair in pairs]
        for number, ((division, _), (unit, _)) in enumerate(zip(pairs, placed, strict=True)):
            self.contributing.setdefault(unit.force, set()).add(folder)
            if unit.force is None or (division is not None and unit.division is None):
                lost.setdefault(PlacedUnit(unit.force, division), []).append(crime[place == number])
        divisions = encode_texts([self.numbers.setdefault(unit, str(len(self.numbers))) for unit, _ in placed])
        teams = encode_texts([None if team is None else self._team(unit, team, mark) for unit, team in placed])
        return divisions.take(place), teams.take(place)

    def _team(self, unit: PlacedUnit, name: str, mark: str) -> str:
        """Return the name of a team: of the map, or one of several of that name in several folders."""
        units = None if unit.force is None else self.map.units.get(unit.force)
        return name if units is not None and units.teams else mark + name


def _marked(names: Coded, mark: str) -> Coded:
    return Coded(names.codes, tuple(mark + value for value in names.values))
