"""What is planted, and what is therefore so: the chance of an update in time of each series, team and week."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tests.worlds.force import CHANCES, SERIES, WEEKS, Floats, Force, Ints

NOTHING: Final = 0.003
"""A difference of chances below this is none: what one team does to the whole force."""
USUAL: Final = 13
"""So many weeks tell what was usual before."""


@dataclass(frozen=True)
class Change:
    """A planted change: points of the chances of some series, from week `first` to `last`, both included.

    `divisions`, `team`: of whom, by number; neither: of the whole force. `ramp`: over how many weeks it comes.
    """

    points: float
    first: int
    last: int = WEEKS
    series: tuple[int, ...] = (0, 1, 2)
    divisions: tuple[int, ...] = ()
    team: int | None = None
    ramp: int = 1

    def of_weeks(self) -> Floats:
        """Return what it adds to the chances, week by week."""
        week = np.arange(WEEKS)
        full = np.clip((week - self.first + 1) / self.ramp, 0, 1) * self.points / 100
        return np.where((week >= self.first) & (week <= self.last), full, 0.0)


def chances_of(force: Force, changes: Iterable[Change]) -> Floats:
    """Return the chances of (series, team, week), without what an officer adds."""
    staff = force.staff
    chances = np.broadcast_to(np.array(CHANCES)[:, None, None], (len(SERIES), staff.teams, WEEKS)).copy()
    for change in changes:
        teams = np.ones(staff.teams, dtype=np.bool_)
        if change.team is not None:
            teams = np.arange(staff.teams) == change.team % staff.teams
        elif change.divisions:
            teams = np.isin(staff.division_of, change.divisions)
        for series in change.series:
            chances[series, teams] += change.of_weeks()
    return chances


class Truth:
    """What is so, week by week: what a claim about a unit is held against.

    A unit is a list of teams: a team, a division, or the whole force.
    """

    def __init__(self, force: Force, chances: Floats, begins: int, units: dict[str, Ints]) -> None:
        """Take the planted chances, the first week that is held, and the units by name."""
        staff = force.staff
        self._chances, self._weight = chances, np.array(force.size.shares)[staff.division_of] * staff.share_of_team
        self.begins, self._units = begins, units
        self.everybody: Ints = np.arange(staff.teams)

    def teams(self, unit: str) -> Ints:
        """Return the teams of a unit by name; the whole force if it has none. Raises KeyError for an unknown unit."""
        return self._units[unit] if unit else self.everybody

    def list_units(self) -> list[Ints]:
        """Return the teams of each unit, and of the whole force."""
        return [*self._units.values(), self.everybody]

    def level(self, teams: Ints, weeks: Sequence[int], series: Sequence[int]) -> Floats:
        """Return the chance in each of the weeks, the mean of the series."""
        of = self._chances[np.ix_(np.array(series), teams, np.array(weeks))].mean(axis=0)
        return np.average(of, axis=0, weights=self._weight[teams])

    def moved(self, unit: str, first: int, last: int, series: Sequence[int], way: int) -> bool:
        """Return whether what was usual from week `first` to `last` is better (way 1) or worse (-1) than before.

        It is compared with each quarter of the year before that is held. Nothing can have changed since the records
        began; and two weeks that stood out do not change what is usual around them.
        """
        teams, weeks = self.teams(unit), range(first, last + 1)
        usual = np.median(self.level(teams, weeks, series))
        quarters = [range(max(start, self.begins), start + USUAL) for start in range(first - USUAL, first - 53, -USUAL)]
        return way in [sign(usual - np.median(self.level(teams, weeks, series))) for weeks in quarters if len(weeks)]

    def beside(self, unit: str, whole: str, weeks: Sequence[int], series: Sequence[int]) -> int:
        """Return whether a unit is better (1), worse (-1) or as good (0) as the rest of the whole over some weeks."""
        own, every = self.teams(unit), self.teams(whole)
        rest = np.setdiff1d(every, own)
        if not len(rest):
            return 0
        return sign(self.level(own, weeks, series).mean() - self.level(rest, weeks, series).mean())

    def between(self, unit: str, one: Sequence[int], other: Sequence[int], series: Sequence[int]) -> int:
        """Return whether the weeks `one` are better (1), worse (-1) or as good (0) as the weeks `other`."""
        teams = self.teams(unit)
        return sign(self.level(teams, one, series).mean() - self.level(teams, other, series).mean())


def sign(difference: float) -> int:
    """Return the direction of a difference of chances."""
    return 0 if abs(difference) < NOTHING else 1 if difference > 0 else -1
