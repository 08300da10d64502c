"""A store of many crimes with the officers, teams and divisions of a force: for the measurement of the pages."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.crimes import crime_columns, lines_of
from benchmarks.store import NOW, fill
from compliance.records import Officer
from compliance.records.columns import Coded, Columns
from compliance.store import Store, save_officers

Codes = npt.NDArray[np.int32]
OFFICERS, TEAMS, DIVISIONS = 900, 145, 5
_YEARS: Final = 6


def units_of(officer: int) -> tuple[str, str]:
    """The team and the division of an officer."""
    team = officer % TEAMS
    return f"T{team:03}", f"Division {'ABCDE'[team % DIVISIONS]}"


def large_force(count: int, still_open: float) -> Columns:
    """Crimes of six years, each with the team and division of whoever has it; some never close."""
    crimes = crime_columns(count, days=365 * _YEARS, still_open=still_open)
    allocations = crimes.allocations
    last = np.searchsorted(allocations.crime, np.arange(count), side="right") - 1
    team, division = _units(allocations.officer.codes)
    given = replace(allocations, team=team, division=division)
    officer = Coded(allocations.officer.codes[last], allocations.officer.values)
    team, division = _units(officer.codes)
    return replace(crimes, allocations=given, officer=officer, team=team, division=division)


def _units(officers: Codes) -> tuple[Coded, Coded]:
    names = [units_of(each) for each in range(OFFICERS)]
    teams, divisions = (tuple(sorted({name[place] for name in names})) for place in (0, 1))
    team, division = (
        np.array([held.index(name[place]) for name in names], np.int32)[officers]
        for place, held in enumerate((teams, divisions))
    )
    return Coded(team, teams), Coded(division, divisions)


def staff() -> list[Officer]:
    """The directory: the officers, a supervisor of each team and a champion of each division."""
    found = []
    for number in range(OFFICERS):
        team, division = units_of(number)
        ref = f"O{number:04}"
        found.append(Officer(ref, name=f"Officer {number}", email=f"{ref}@force.example", team=team, division=division,
                             supervisor_ref=f"S{team}"))  # fmt: skip
    for number in range(TEAMS):
        team, division = units_of(number)
        found.append(Officer(f"S{team}", name=f"Supervisor {team}", role="supervisor", team=team, division=division,
                             email=f"S{team}@force.example"))  # fmt: skip
    for number in range(DIVISIONS):
        division = units_of(number)[1]
        found.append(Officer(f"C{number}", name=f"Champion of {division}", role="champion", division=division,
                             email=f"C{number}@force.example"))  # fmt: skip
    return found


def fill_force(store: Store, crimes: Columns) -> float:
    """Store and judge them all -> seconds."""
    save_officers(store, staff(), NOW)
    return fill(store, lines_of(crimes))


def first_lines(crimes: Columns, places: Sequence[int]) -> list[bytes]:
    """Some of the crimes as the crime system sends them."""
    wanted = frozenset(places)
    return [line.encode() for place, line in enumerate(lines_of(crimes)) if place in wanted]
