"""Which area, division and team a crime belongs to on the map of a day, by how its record names them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np

from compliance.policy.calendars import Ints
from compliance.records.columns import Coded, Columns, encode_texts
from compliance.reports.organisation.entries import AreaEntry, DivisionEntry, TeamEntry, find_entry

UNKNOWN_DIVISION: Final = "unknown-division"
UNKNOWN_TEAM: Final = "unknown-team"


@dataclass(frozen=True)
class UnitMap:
    """The map of one day. Names of other days lead to what they became by then, or came from."""

    divisions: Sequence[DivisionEntry]
    teams: Sequence[TeamEntry]
    day: date
    areas: Sequence[AreaEntry] = ()

    def apply(self, columns: Columns) -> Columns:
        """Return the records with the divisions and teams of the map. A name that no map has becomes none."""
        division, team = self._map(columns.division, columns.team)
        table = columns.allocations
        given, of_team = self._map(table.division, table.team)
        allocations = replace(table, division=given, team=of_team)
        return replace(columns, division=division, team=team, allocations=allocations)

    def find_unknown(self, columns: Columns, key: str) -> tuple[Ints, list[str]]:
        """Return (crimes as rows, the name in each) where the records name a unit that no day of the map has.

        `key`: UNKNOWN_DIVISION or UNKNOWN_TEAM. The records are as received; each crime is there once for each name.
        """
        found: set[tuple[int, str]] = set()
        every = np.arange(len(columns))
        tables = ((every, columns.division, columns.team),
                  (columns.allocations.crime, columns.allocations.division, columns.allocations.team))  # fmt: skip
        for crime, division, team in tables:
            pairs, place = pair_units(division, team)
            given = [(pair[0], pair[1 if key == UNKNOWN_TEAM else 0]) for pair in pairs]
            names = [name if name and not self._knows(key, of, name) else "" for of, name in given]
            asked = np.flatnonzero(np.array([name != "" for name in names], dtype=np.bool_)[place])
            found |= {(row, names[number]) for row, number in zip(crime[asked].tolist(), place[asked], strict=True)}
        ordered = sorted(found)
        return np.array([row for row, _ in ordered], dtype=np.int64), [name for _, name in ordered]

    def place(self, division: str | None, team: str | None) -> tuple[str | None, str | None]:
        """Return (division, team) of the map for the names in a record; None for what these do not tell.

        A known team tells its division. A map without teams leaves teams as recorded.
        """
        name = None if team is None else self._team_name(division, team)
        entry = None if name is None else self._team_on(name)
        if entry is not None:
            return entry.division, entry.name
        return self._division_on(division), None if self.teams else team

    def has(self, division: str) -> bool:
        """Return whether a name leads to a division of the day."""
        return self._division_on(division) is not None

    def find_areas(self, division: Coded) -> Coded:
        """Return the area of each row's division; none for a division in no area, and for no division."""
        return encode_texts([*map(self._area_of, division.values), None]).take(division.codes)

    def members(self) -> dict[str | None, list[str]]:
        """Return the divisions of each area of the day; None: those in no area. Empty if there are no areas."""
        there = sorted({entry.name for entry in self.areas if entry.holds(self.day)})
        found: dict[str | None, list[str]] = {name: [] for name in (*there, None)} if there else {}
        for name in sorted({entry.name for entry in self.divisions if entry.holds(self.day)} if there else ()):
            found[self._area_of(name)].append(name)
        return found

    def _area_of(self, division: str) -> str | None:
        """Return the area of a division of the day."""
        entry = next((each for each in self.divisions if each.name == division and each.holds(self.day)), None)
        if entry is None or entry.area is None:
            return None
        name = self._area_names.get(entry.area)
        area = None if name is None else find_entry(self.areas, name, self.day)
        return None if area is None else area.name

    def _knows(self, key: str, division: str | None, name: str) -> bool:
        if key == UNKNOWN_DIVISION:
            return name in self._division_names
        return not self.teams or self._team_name(division, name) is not None

    def _map(self, division: Coded, team: Coded) -> tuple[Coded, Coded]:
        pairs, place = pair_units(division, team)
        placed = [self.place(*pair) for pair in pairs]
        divisions, teams = (encode_texts([each[part] for each in placed]) for part in (0, 1))
        return divisions.take(place), teams.take(place)

    @cached_property
    def _division_names(self) -> dict[str, str]:
        return _by_spelling(self.divisions)

    @cached_property
    def _area_names(self) -> dict[str, str]:
        return _by_spelling(self.areas)

    @cached_property
    def _team_names(self) -> dict[Any, str]:
        """The names of teams by name or spelling, or by (division, spelling)."""
        names: dict[Any, str] = {}
        for entry in self.teams:
            for spelling in entry.spellings:
                key = spelling if isinstance(spelling, str) else (spelling.division, spelling.team)
                names[key] = entry.name
        return names | {entry.name: entry.name for entry in self.teams}

    def _team_name(self, division: str | None, team: str) -> str | None:
        return self._team_names.get((division, team)) or self._team_names.get(team)

    def _team_on(self, name: str) -> TeamEntry | None:
        return find_entry(self.teams, name, self.day)

    def _division_on(self, recorded: str | None) -> str | None:
        name = None if recorded is None else self._division_names.get(recorded)
        entry = None if name is None else find_entry(self.divisions, name, self.day)
        return None if entry is None else entry.name


def _by_spelling(entries: Sequence[AreaEntry] | Sequence[DivisionEntry]) -> dict[str, str]:
    """Return the names of entries by name and by spelling."""
    names = {spelling: entry.name for entry in entries for spelling in entry.spellings}
    return names | {entry.name: entry.name for entry in entries}


def pair_units(division: Coded, team: Coded) -> tuple[list[tuple[str | None, str | None]], Ints]:
    """Return (the different pairs of a division and a team, the place of each row's pair among them)."""
    width = len(team.values) + 1
    keys = (division.codes.astype(np.int64) + 1) * width + team.codes + 1
    found, place = np.unique(keys, return_inverse=True)
    divisions, teams = (None, *division.values), (None, *team.values)
    return [(divisions[key // width], teams[key % width]) for key in found.tolist()], place
