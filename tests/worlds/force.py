"""A force whose every chance of an update in time is known: its size, its people, its crimes and its records.

All that happens by chance is drawn before anything planted is looked at, so two worlds of one seed differ by what was
planted and by nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import to_day
from compliance.simulator.force_profile import DIVISIONS, MONTH_DAYS, OFFENCES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

START: Final = date(2024, 9, 2)
"""The Monday on which the crimes begin."""
WEEKS: Final = 79
"""How many weeks of crimes there are."""
EVENT: Final = 62
"""The week in which what is planted begins: that of Monday 10 November 2025."""
SERIES: Final = ("first", "further", "continuing")
"""First update within 7 days; first further one within 28 days of the report; the ones after that (statistics 1.10)."""
FIRST, FURTHER, CONTINUING = range(3)
CHANCES: Final = (0.78, 0.72, 0.70)
"""The chance of an update in time, of each series, where nothing is planted."""
OFFICER_SPREAD: Final = 0.10
"""Standard deviation of what an officer adds to the chances: an intra-officer correlation of about 0.05."""
_STEPS: Final = 22
"""The most continuing contacts of a case that are drawn."""


@dataclass(frozen=True)
class Size:
    """How large a force is: crimes a week; its divisions, their shares of crime and teams; the officers of a team."""

    weekly: float
    divisions: tuple[str, ...]
    shares: tuple[float, ...]
    teams: tuple[int, ...]
    officers: tuple[int, int]


_NAMES: Final = tuple(division.name for division in DIVISIONS)
_SHARES: Final = tuple(division.share for division in DIVISIONS)
_WEEKLY: Final = sum(offence.monthly for offence in OFFENCES) / MONTH_DAYS * 7
SIZES: Final = {
    "force": Size(_WEEKLY, _NAMES, _SHARES, tuple(division.teams for division in DIVISIONS), (4, 8)),
    "small": Size(_WEEKLY / 8, _NAMES, _SHARES, (3, 4, 4, 4, 3), (4, 8)),
}
"""The size of the force that the simulator plays, and an eighth of it for tests."""


@dataclass(frozen=True)
class Staff:
    """Who works where: the division of each team, the team of each officer, and what each adds to the chances."""

    division_of: Ints
    team_of: Ints
    adds: Floats

    @property
    def teams(self) -> int:
        """How many teams there are."""
        return len(self.division_of)

    def of_division(self, division: int) -> Ints:
        """Return the officers of a division."""
        return np.flatnonzero(self.division_of[self.team_of] == division)

    @cached_property
    def share_of_team(self) -> Floats:
        """The share of a division's officers, and so of its crimes, that each team has."""
        own = np.bincount(self.team_of, minlength=self.teams)
        return own / np.bincount(self.division_of, own)[self.division_of]


@dataclass
class Cases:
    """The crimes of a force as arrays, one element a crime; days are counted from START.

    `closed`: the day on which it closes. `cancelled`: whether it then is cancelled. `category`: 0 standard, 1 enhanced,
    2 state. `declined`: the day on which its first victim declines, -1 if none. `updates`: all updates as columns.
    """

    day: Ints
    minute: Ints
    offence: Ints
    division: Ints
    team: Ints
    officer: Ints
    closed: Ints
    cancelled: Flags
    victims: Ints
    category: Ints
    declined: Ints
    updates: "Contacts"

    def __len__(self) -> int:
        return len(self.day)


@dataclass
class Contacts:
    """Updates: the crime of each, the day and minute on which it was given, and how many days later it was entered."""

    crime: Ints
    day: Ints
    minute: Ints
    lag: Ints
    due: Ints
    """The day on which what it met was due, -1 if it met nothing."""
    method: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def joined(cls, parts: Sequence["Contacts"]) -> "Contacts":
        """Join some."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

    def where(self, rows: Any) -> "Contacts":
        """Return the chosen ones."""
        return Contacts(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


class Force:
    """A force of some size by a seed, before anything is planted: its staff, its crimes and all that chance decides."""

    def __init__(self, size: Size, seed: int) -> None:
        """Draw everything."""
        rng = np.random.default_rng([seed, 17])
        self.size, self.seed, self.staff = size, seed, _hire(size, rng)
        self._draw_crimes(rng)
        self._draw_contacts(rng)

    def _draw_crimes(self, rng: np.random.Generator) -> None:
        size, weekly = self.size, rng.poisson(self.size.weekly, WEEKS)
        self.day = np.sort(np.repeat(np.arange(WEEKS) * 7, weekly) + rng.integers(0, 7, int(weekly.sum())))
        count = len(self.day)
        self.minute = rng.integers(6 * 60, 20 * 60, count)
        self.offence = rng.choice(len(OFFENCES), count, p=_shares_of([offence.monthly for offence in OFFENCES]))
        self.division = rng.choice(len(size.divisions), count, p=_shares_of(size.shares))
        self.officer = np.empty(count, dtype=np.int64)
        for division in range(len(size.divisions)):
            rows = np.flatnonzero(self.division == division)
            self.officer[rows] = rng.choice(self.staff.of_division(division), len(rows))
        self.team = self.staff.team_of[self.officer]
        screened = rng.random(count) < _by_offence(self.offence, "screened")
        mean = np.where(screened, 5.0, _by_offence(self.offence, "days"))
        self.closed = self.day + 1 + rng.exponential(mean).astype(np.int64)
        self.cancelled = rng.random(count) < 0.01
        kind, ends = (
            rng.random(count),
            np.cumsum([_by_offence(self.offence, name) for name in ("victimless", "state")], 0),
        )
        several = rng.random(count) < _by_offence(self.offence, "several")
        self.victims = np.where(kind < ends[0], 0, 1 + several)
        enhanced = rng.random(count) < _by_offence(self.offence, "enhanced")
        self.category = np.where(kind < ends[1], 2, enhanced.astype(np.int64))
        declines = rng.random(count) < 0.02
        self.declined = np.where(declines, self.day + rng.integers(1, 60, count), -1)

    def _draw_contacts(self, rng: np.random.Generator) -> None:
        shape = (_STEPS + 2, len(self.day))
        self.chance = rng.random(shape, dtype=np.float32)
        self.when = rng.random(shape, dtype=np.float32)
        self.hour = rng.integers(8 * 60, 20 * 60, shape, dtype=np.int32)
        self.lag = np.where(rng.random(shape, dtype=np.float32) < 0.75, 0, rng.integers(1, 4, shape)).astype(np.int8)
        self.same_day = rng.random(len(self.day)) < 0.3
        self.tells_close = rng.random(len(self.day)) < 0.75

    @property
    def crimes_a_week(self) -> Ints:
        """How many crimes were reported in each week."""
        return np.bincount(self.day // 7, minlength=WEEKS)


def _hire(size: Size, rng: np.random.Generator) -> Staff:
    division_of = np.repeat(np.arange(len(size.divisions)), size.teams)
    team_of = np.repeat(
        np.arange(len(division_of)), rng.integers(size.officers[0], size.officers[1] + 1, len(division_of))
    )
    adds = np.clip(rng.normal(0, OFFICER_SPREAD, len(team_of)), -0.2, 0.2)
    return Staff(division_of, team_of, adds)


def _shares_of(weights: Sequence[float]) -> Floats:
    given = np.array(weights)
    return given / given.sum()


def _by_offence(offence: Ints, name: str) -> Floats:
    return np.array([getattr(each, name) for each in OFFENCES])[offence]


def day_of(week: int) -> date:
    """Return the Monday of a week."""
    return date.fromordinal(START.toordinal() + 7 * week)


FIRST_DAY: Final = to_day(START)
