"""The worlds: what is planted in each, what is due to be said of it, and by when."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.worlds import tampering
from tests.worlds.force import CONTINUING, EVENT, FIRST, FURTHER, WEEKS, Cases, Force, Size
from tests.worlds.truth import Change

LAST: Final = WEEKS - 2
"""The newest week that is settled in the end."""
CHRISTMAS: Final = 68
"""The week of Monday 22 December 2025."""
TELFORD, HEREFORD, NORTH = 4, 0, 1
FALL, PATTERN, GAP, POLICY = "worse", "pattern", "gap", "policy"


@dataclass(frozen=True)
class Due:
    """Something that is so and must be said by a week: worse, better, a pattern of the entries, a feed gap or another policy.

    `divisions`: of which; none: of the whole force; `team`: of which team, in its division's edition. `over`: the last
    week in which it must be said. `first`: whether it belongs to what to look at first. `subjects`: of a pattern, the
    figures that show it, that which must first.
    """

    what: str
    by: int
    divisions: tuple[int, ...] = ()
    team: bool = False
    over: int = WEEKS
    first: bool = True
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reorganised:
    """Divisions become others from a week on: each, by its number, becomes one or, by halves of its teams, two."""

    week: int
    became: dict[int, tuple[str, ...]]
    mapped: bool


@dataclass(frozen=True)
class World:
    """A world.

    - `planted`: in one line.
    - `changes`: of the chances. `recorded`: of what the records show of them by the time a week is settled.
    - `due`: what must be said by when.
    - `size`: changes the size of the force. `before`, `after`: change what chance gave, and the records.
    - `begins`: the first week that is held. `whole`: whether every report is first made at the end.
    - `gap`: weeks in which the crime system was not read. `policy`: the week in which the policy changes.
    - `edition`: the division whose edition is judged too.
    - `never`: whether anything false beyond what the quiet force of the same seed has is another cause than chance.
    - `settled_since`: the first week to report on.
    """

    name: str
    planted: str
    changes: tuple[Change, ...] = ()
    recorded: tuple[Change, ...] = ()
    due: tuple[Due, ...] = ()
    size: Callable[[Size], Size] = tampering.unchanged
    before: Callable[[Force], None] | None = None
    after: Callable[[Cases, Force], Cases] | None = None
    reorganised: Reorganised | None = None
    begins: int = 0
    whole: bool = False
    gap: tuple[int, int] | None = None
    policy: int | None = None
    edition: int | None = None
    never: bool = False
    reported_since: int = EVENT - 2


def _fall(points: float, *divisions: int, ramp: int = 1, last: int = WEEKS) -> Change:
    return Change(-points, EVENT, last, divisions=divisions, ramp=ramp)


_LATE_ENTRY: Final = ("pattern.entered-long-after",)
_LATE_TEAM: Final = (
    Change(-45, EVENT, series=(FIRST,), team=tampering.TEAM),
    Change(-20, EVENT, series=(FURTHER, CONTINUING), team=tampering.TEAM),
)
WORLDS: Final = {
    world.name: world
    for world in (
        World("quiet", "nothing happens"),
        World(
            "begins", "records begin 20 weeks ago", begins=LAST - 20, never=True, reported_since=LAST - 18,
        ),
        World("one division, 8 points", "one division worsens by 8 points", (_fall(8, TELFORD),),
              due=(Due(FALL, EVENT + 7, (TELFORD,)),)),
        World("one division, 4 points", "one division worsens by 4 points", (_fall(4, TELFORD),),
              due=(Due(FALL, EVENT + 12, (TELFORD,)),)),
        World("one division, slowly", "one division worsens by 8 points over 8 weeks", (_fall(8, TELFORD, ramp=8),),
              due=(Due(FALL, EVENT + 12, (TELFORD,)),)),
        World("two divisions, 8 points", "two divisions worsen by 8 points", (_fall(8, TELFORD, NORTH),),
              due=(Due(FALL, EVENT + 7, (TELFORD,)), Due(FALL, EVENT + 7, (NORTH,)))),
        World("two divisions, slowly", "two divisions worsen by 8 points over 8 weeks",
              (_fall(8, TELFORD, NORTH, ramp=8),),
              due=(Due(FALL, EVENT + 12, (TELFORD,)), Due(FALL, EVENT + 12, (NORTH,)))),
        World("the force, 7 points", "all divisions worsen by 7 points at once", (_fall(7),),
              due=(Due(FALL, EVENT),)),
        World("the force, slowly", "all divisions worsen by 7 points over 8 weeks", (_fall(7, ramp=8),),
              due=(Due(FALL, EVENT + 9),)),
        World("dip", "two weeks 25 points lower, then as before", (_fall(25, last=EVENT + 1),),
              due=(Due(FALL, EVENT, over=EVENT + 1),), never=True),
        World("Christmas", "the two weeks of Christmas 15 points lower, then as before",
              (Change(-15, CHRISTMAS, CHRISTMAS + 1),), due=(Due(FALL, CHRISTMAS, over=CHRISTMAS + 1),), never=True,
              reported_since=CHRISTMAS - 2),
        World("new supervisor", "one team 20 points better from a week on",
              (Change(20, EVENT, team=tampering.TEAM),), due=(Due("better", EVENT + 12, team=True, first=False),),
              edition=TELFORD),
        World("late entry", "one team enters its updates 10 to 20 days later", recorded=_LATE_TEAM,
              due=(Due(PATTERN, EVENT + 8, (TELFORD,), first=False, subjects=_LATE_ENTRY),
                   Due(PATTERN, EVENT + 8, team=True, first=False, subjects=_LATE_ENTRY)),
              after=tampering.enter_late, edition=TELFORD),
        World("renamed, mapped", "a division is renamed, and the map says so", never=True,
              reorganised=Reorganised(EVENT, {TELFORD: ("The East",)}, mapped=True)),
        World("renamed, no map", "a division is renamed, and no map says so", never=True,
              reorganised=Reorganised(EVENT, {TELFORD: ("The East",)}, mapped=False)),
        World("split, mapped", "a division is split in two, and the map says so", never=True,
              reorganised=Reorganised(EVENT, {TELFORD: ("Telford", "The Wrekin")}, mapped=True)),
        World("split, no map", "a division is split in two, and no map says so", never=True,
              reorganised=Reorganised(EVENT, {TELFORD: ("Telford", "The Wrekin")}, mapped=False)),
        World("merged, mapped", "two divisions are merged, and the map says so", never=True,
              reorganised=Reorganised(EVENT, {TELFORD: ("The East",), NORTH: ("The East",)}, mapped=True)),
        World("merged, no map", "two divisions are merged, and no map says so", never=True,
              reorganised=Reorganised(EVENT, {TELFORD: ("The East",), NORTH: ("The East",)}, mapped=False)),
        World("feed gap", "the crime system is not read for ten days", gap=(EVENT, EVENT + 1), never=True,
              due=(Due(GAP, EVENT, over=EVENT + 1, first=False),)),
        World("policy", "the first update is due within 10 days instead of 7 from a week on", policy=EVENT,
              due=(Due(POLICY, EVENT, over=EVENT + 3, first=False),)),
        World("duplicates", "a quarter of the crimes of a division is on record twice", never=True,
              after=tampering.duplicate,
              due=(Due(PATTERN, EVENT, (TELFORD,), subjects=("duplicates",)),
                   Due(PATTERN, EVENT + 8, (TELFORD,), first=False, subjects=("pattern.probable-duplicates",)))),
        World("dawn", "one officer gives every update at 07:00 on the due day", before=tampering.at_dawn,
              edition=TELFORD, due=(Due(PATTERN, EVENT, team=True, first=False, subjects=("pattern.same-clock", "pattern.on-the-due-day")),)),
        World("one division", "a force of one division, all of it 8 points worse", (_fall(8),),
              due=(Due(FALL, EVENT + 1),), size=tampering.one_division),
        World("tiny teams", "teams of three officers, all alike", size=tampering.tiny_teams, edition=TELFORD),
        World("published late", "nothing happens; every report is first made months later", whole=True, never=True),
        World("standing", "one division is 6 points worse than the others, always",
              (Change(-6, 0, divisions=(TELFORD,)),), due=(Due(FALL, EVENT, (TELFORD,)),)),
    )
}  # fmt: skip
"""By name. Whatever is due stays due until it is over."""
