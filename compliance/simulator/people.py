"""The people of the simulated force: officers with habits, their supervisors and a champion in each division.

All names are made from trees, birds, stones and tools; all addresses end in `.example`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from compliance.simulator.days import NEVER, Days
from compliance.simulator.force_profile import CID, DIVISIONS, SimulatedDivision

_GIVEN: Final = """
Alder Aspen Beech Birch Bramble Briar Cedar Clover Crane Curlew Dunlin Elder Fennel Fern Finch Hawthorn Hazel Heron
Holly Juniper Kestrel Lapwing Larch Linnet Lupin Maple Martin Merlin Mistle Oak Osprey Pine Plover Poppy Redstart
Rowan Rush Siskin Sorrel Swift
"""
_FAMILY: Final = """
Adze Agate Amber Anvil Basalt Beryl Chalk Chert Chisel Copper Feldspar Flint Gabbro Gneiss Granite Gypsum Hammer
Jasper Lathe Limestone Mallet Marble Marl Mica Obsidian Onyx Opal Pewter Pumice Quartz Rasp Sandstone Schist Shale
Slate Spade Tinder Topaz Trowel Zircon
"""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of officer keeps victims informed. All but `share` (of officers) and `lag` (days) are chances.

    `same_day`: makes contact on the day of the report; `enough`: then thinks that it settles the first week.
    `first`: makes contact on days 1 to 7; `late`: if not, later. `monthly`: makes each further contact in time.
    `closing`: reports the outcome. `uncoded`: makes contact but never enters it. `lagging`: enters a contact up to
    `lag` days later. `heeds`: acts on a first reminder.
    """

    name: str
    share: float
    same_day: float
    enough: float
    first: float
    late: float
    monthly: float
    closing: float
    uncoded: float
    lagging: float
    lag: int
    heeds: float


HABITS: Final = (
    Habit("prompt", 0.31, 0.60, 0.40, 0.90, 0.80, 0.90, 0.80, 0.01, 0.03, 2, 0.90),
    Habit("steady", 0.18, 0.60, 0.60, 0.74, 0.60, 0.74, 0.65, 0.03, 0.06, 3, 0.75),
    Habit("same-day updater", 0.19, 0.93, 0.88, 0.60, 0.35, 0.62, 0.50, 0.03, 0.05, 2, 0.70),
    Habit("forgetful", 0.12, 0.40, 0.50, 0.46, 0.50, 0.46, 0.35, 0.14, 0.10, 5, 0.60),
    Habit("late typist", 0.11, 0.55, 0.45, 0.78, 0.60, 0.76, 0.60, 0.05, 0.75, 9, 0.75),
    Habit("backlogged", 0.09, 0.40, 0.60, 0.40, 0.70, 0.50, 0.40, 0.06, 0.30, 6, 0.35),
)

LEADING: Final = Habit("leading", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""The habit of a supervisor or champion, who has no cases."""


@dataclass(frozen=True, slots=True)
class SimulatedOfficer:
    """One person in the directory.

    `absent` has (first day, last day, day from which it is known); `left` is a day or NEVER. `care` multiplies the
    chances of `habit`.
    """

    ref: str
    name: str
    email: str | None
    team: str
    division: SimulatedDivision
    supervisor_ref: str | None
    role: str
    habit: Habit
    care: float
    absent: tuple[tuple[int, int, int], ...] = ()
    left: int = NEVER

    def back(self, day: int) -> int:
        """Return the first day at work on or after `day`, or NEVER once the officer has left."""
        for first, last, _ in self.absent:
            if first <= day <= last:
                day = last + 1
        return day if day < self.left else NEVER


@dataclass(slots=True)
class Staff:
    """All officers and where they work. `teams[name]` lists a team's officers, `lpts[division]` its team names."""

    everyone: list[SimulatedOfficer] = field(default_factory=list)
    teams: dict[str, list[SimulatedOfficer]] = field(default_factory=dict)
    lpts: dict[str, list[str]] = field(default_factory=dict)
    by_email: dict[str, SimulatedOfficer] = field(default_factory=dict)

    def directory(self, days: Days, today: int) -> list[dict[str, Any]]:
        """Return the officer directory on a day (records section 4), with absences and departures known by then.

        `role` is an extra field: `champion`, `supervisor`, or the kind of work.
        """
        return [_entry(officer, days, today) for officer in self.everyone]

    def _hire(self, officer: SimulatedOfficer) -> SimulatedOfficer:
        self.everyone.append(officer)
        if officer.email:
            self.by_email[officer.email] = officer
        return officer


def _entry(officer: SimulatedOfficer, days: Days, today: int) -> dict[str, Any]:
    known = [{"from": days.date(a), "until": days.date(b)} for a, b, since in officer.absent if since <= today]
    return {
        "officer_ref": officer.ref,
        "name": officer.name,
        "email": officer.email,
        "team": officer.team,
        "division": officer.division.name,
        "supervisor_ref": officer.supervisor_ref,
        "absent": known,
        "left_on": days.date(officer.left) if officer.left <= today + 14 else None,
        "role": officer.role,
    }


def recruit(seed: int, weeks: int) -> Staff:
    """Create the staff of the force: the same people for the same seed and number of weeks."""
    rng = Random(f"{seed}/staff")
    staff = Staff()
    names = [f"{given} {family}" for family in _FAMILY.split() for given in _GIVEN.split()]
    rng.shuffle(names)
    for division in DIVISIONS:
        lpts = [f"{division.name} LPT {number:02}" for number in range(1, division.teams + 1)]
        cid = f"{division.name} {CID}"
        staff.lpts[division.name] = lpts
        champion = staff._hire(_leader(names, division, division.name, None, "champion"))
        for team in [*lpts, cid]:
            sergeant = staff._hire(_leader(names, division, team, champion.ref, "supervisor"))
            size = 28 if team == cid else 4 + int(rng.random() * 3)
            staff.teams[team] = [
                staff._hire(_constable(rng, _identity(names, division), sergeant, weeks, place))
                for place in range(size)
            ]
    return staff


def _identity(names: list[str], division: SimulatedDivision) -> tuple[str, str, str]:
    """Return the next officer's reference, name and address."""
    name = names.pop()
    return f"{division.letter}{1000 + len(names)}", name, f"{name.lower().replace(' ', '.')}@force.example"


def _leader(
    names: list[str], division: SimulatedDivision, team: str, supervisor: str | None, role: str
) -> SimulatedOfficer:
    ref, name, email = _identity(names, division)
    return SimulatedOfficer(ref, name, email, team, division, supervisor, role, LEADING, 1.0)


def _constable(
    rng: Random, identity: tuple[str, str, str], sergeant: SimulatedOfficer, weeks: int, place: int
) -> SimulatedOfficer:
    ref, name, email = identity
    division = sergeant.division
    role = "investigation" if sergeant.team.endswith(CID) else ("response", "neighbourhood")[place % 3 == 2]
    care = division.care * min(1.15, max(0.80, rng.gauss(1.0, 0.08)))
    left = NEVER
    if rng.random() < 0.03:
        left = int(rng.random() * weeks * 7)
    return SimulatedOfficer(
        ref,
        name,
        None if rng.random() < 0.008 else email,
        sergeant.team,
        division,
        sergeant.ref,
        role,
        _pick(rng.random(), HABITS),
        care,
        _absences(rng, weeks),
        left,
    )


def _pick(chance: float, habits: Sequence[Habit]) -> Habit:
    for habit in habits:
        chance -= habit.share
        if chance < 0:
            return habit
    return habits[-1]


def _absences(rng: Random, weeks: int) -> tuple[tuple[int, int, int], ...]:
    """Return leave of a week or two about once a quarter, known a month before; for a few, a long sudden absence."""
    spells = []
    for quarter in range(0, weeks * 7, 91):
        first = quarter + int(rng.random() * 80)
        length = 7 if rng.random() < 0.7 else 14
        if rng.random() < 0.8:
            spells.append((first, first + length - 1, first - 28))
    if rng.random() < 0.04:
        first = int(rng.random() * weeks * 7)
        spells.append((first, first + 27 + int(rng.random() * 40), first))
    return tuple(sorted(spells))


def at_work(officers: Sequence[SimulatedOfficer], chance: float, day: int) -> SimulatedOfficer | None:
    """Return one of some officers at work on a day, by a chance from 0 to 1, or None if there is none."""
    count = len(officers)
    first = int(chance * count)
    for step in range(count):
        officer = officers[(first + step) % count]
        if officer.back(day) == day:
            return officer
    return None
