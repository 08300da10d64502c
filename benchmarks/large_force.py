"""A store of many crimes with the officers, teams and divisions of a force: for the measurement of the pages."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.crimes import AS_AT, crime_columns, lines_of
from benchmarks.store import NOW, fill
from compliance.records import Officer, to_micros
from compliance.records.columns import EVERY_VICTIM, Coded, Columns, Updates
from compliance.store import Store, save_officers

Codes = npt.NDArray[np.int32]
OFFICERS, TEAMS, DIVISIONS = 900, 145, 5
_YEARS: Final = 6
_DAY: Final = 86_400_000_000


def units_of(officer: int) -> tuple[str, str]:
    """The team and the division of an officer."""
    team = officer % TEAMS
    return f"T{team:03}", f"Division {'ABCDE'[team % DIVISIONS]}"


def large_force(count: int, still_open: float, *, are_informed: bool = False) -> Columns:
    """Crimes of six years, each with the team and division of whoever has it; some never close.

    `are_informed`: the victims of these hear something about every three weeks for as long; otherwise nothing after the
    first weeks.
    """
    crimes = crime_columns(count, days=365 * _YEARS, still_open=still_open)
    allocations = crimes.allocations
    last = np.searchsorted(allocations.crime, np.arange(count), side="right") - 1
    team, division = _units(allocations.officer.codes)
    given = replace(allocations, team=team, division=division)
    officer = Coded(allocations.officer.codes[last], allocations.officer.values)
    team, division = _units(officer.codes)
    crimes = replace(crimes, allocations=given, officer=officer, team=team, division=division)
    return _informed(crimes) if are_informed else crimes


def _informed(crimes: Columns) -> Columns:
    """The same with updates that go on in the crimes that never close."""
    rng, end = np.random.default_rng(2), to_micros(AS_AT)
    forever = np.setdiff1d(np.arange(len(crimes.reported_at)), crimes.statuses.crime)
    most = int((end - crimes.reported_at[forever]).max() // (15 * _DAY))
    gaps = rng.gamma(9.0, 22 * _DAY / 9.0, (len(forever), most)).astype(np.int64)
    at = crimes.reported_at[forever, None] + gaps.cumsum(axis=1)
    place, _ = np.nonzero(at < end)
    at, crime = at[at < end], forever[place]
    had, many = crimes.updates, len(at)
    order = np.lexsort((np.r_[had.at, at], np.r_[had.crime, crime]))

    def coded(column: Coded, value: str) -> Coded:
        more = np.full(many, column.values.index(value), np.int32)
        return Coded(np.r_[column.codes, more][order], column.values)

    refs = pa.concat_arrays([had.ref, pa.array([f"R{number}" for number in range(many)])])
    return replace(
        crimes,
        updates=Updates(
            np.r_[had.crime, crime][order],
            refs.take(pa.array(order)),
            np.r_[had.victim, np.full(many, EVERY_VICTIM)][order],
            np.r_[had.at, at][order],
            np.r_[had.entered_at, at][order],
            coded(had.outcome, "informed"),
            coded(had.method, "phone"),
        ),
    )


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
