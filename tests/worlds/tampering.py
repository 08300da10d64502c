"""What is done to a planted force other than changing its chances: to its size, to its habits, to its records."""

from dataclasses import replace
from typing import Final

import numpy as np

from tests.worlds.force import EVENT, Cases, Contacts, Force, Ints, Size

TEAM: Final = -1
"""The last team, which belongs to the last division."""
_LATE: Final = 10
_AT: Final = 7 * 60


def unchanged(size: Size) -> Size:
    """Leave the size as it is."""
    return size


def one_division(size: Size) -> Size:
    """Make the force one division, with the same teams."""
    return replace(size, divisions=("The force",), shares=(1.0,), teams=(sum(size.teams),))


def tiny_teams(size: Size) -> Size:
    """Give every team three officers, and each division as many teams as before."""
    return replace(size, officers=(3, 3), teams=tuple(2 * count for count in size.teams))


def enter_late(cases: Cases, force: Force) -> Cases:
    """Enter what one team does 10 to 20 days after it was done."""
    given = cases.updates
    late = (cases.team[given.crime] == force.staff.teams - 1) & (given.day >= EVENT * 7 - 7)
    return replace(cases, updates=replace(given, lag=np.where(late, _LATE + given.crime % 11, given.lag)))


def at_dawn(force: Force) -> None:
    """Let one officer of the last team give every update that is in time at 07:00 on the day on which it is due."""
    own = force.officer == len(force.staff.team_of) - 1
    force.when[:, own] = np.nextafter(np.float32(1), np.float32(0))
    force.hour[:, own] = _AT
    force.lag[:, own] = 0


def duplicate(cases: Cases, force: Force) -> Cases:
    """Record a quarter of the crimes of the last division twice: at the same minute, by the same team, never updated."""
    again = np.flatnonzero(
        (cases.division == len(force.size.divisions) - 1)
        & (cases.day >= EVENT * 7 - 7)
        & (np.arange(len(cases)) % 4 == 0)
    )
    own = {
        name: np.append(getattr(cases, name), getattr(cases, name)[again])
        for name in Cases.__dataclass_fields__ if name != "updates"
    }  # fmt: skip
    return Cases(**own, updates=cases.updates)


def begin(cases: Cases, first: int) -> Cases:
    """Leave out the crimes reported before a day."""
    kept = np.flatnonzero(cases.day >= first)
    own = {name: getattr(cases, name)[kept] for name in Cases.__dataclass_fields__ if name != "updates"}
    return Cases(**own, updates=_of(cases.updates, kept, len(cases)))


def _of(updates: Contacts, kept: Ints, count: int) -> Contacts:
    new = np.full(count, -1, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    left = updates.where(new[updates.crime] >= 0)
    return replace(left, crime=new[left.crime])
