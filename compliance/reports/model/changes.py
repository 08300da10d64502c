"""Changes over time as data: units against their own past, a rate outside its limits, and what reports told first.

Parts of the figures (`report_model.Figures`). Weeks are ISO weeks as texts; rates are proportions from 0 to 1.
"""

from typing import Final, Literal

from msgspec import Struct

Part = Literal["", "first", "continuing"]
"""A part of a requirement that repeats (statistics 1.10): its first cycle, or those after it; empty: all of it."""
PART_NAMES: Final[dict[Part, str]] = {"first": "first-further", "continuing": "continuing"}
"""The names of the figures of the parts."""
PART_TITLES: Final[dict[Part, str]] = {"first": "first further contact", "continuing": "continuing contact"}
"""The parts within a sentence."""
Turn = Literal["worse", "better"]
TURNS: Final[tuple[Turn, ...]] = ("worse", "better")
PAST_FIGURE: Final[dict[Part, str]] = {
    "": "own-past", "first": "own-past-first", "continuing": "own-past-continuing",
}  # fmt: skip
"""The first part of the name of a unit's figure in a series (statistics 1.5b)."""


class OwnPast(Struct, frozen=True):
    """A division (or team) against its own past in one series (statistics 1.5b).

    - `met`, `due`: over the last 13 settled weeks compared; `met_before`, `due_before`: over the 13 before.
    - `p`: two-sided, of their difference paired by officer; None if it is not tested.
    - `paired`, `summed`: what each of the two questions says; None: no change, or not asked.
    - `since`: the week since which it is worse or better; `base`, `now`: the rate over up to 13 weeks before that week,
      and since.
    - `missed`: the updates missed since it became worse (statistics 6), 0 otherwise.
    - `with_whole`: whether there is no change without the weeks since which the whole is outside its limits (2.2c).
    - `unlike`: why it is not the same unit throughout, and therefore not compared; empty if it is.
    - `on_duplicates`: whether it would be a change only with crimes that are probably on record twice (decision 0058).
    """

    name: str
    met: int
    due: int
    met_before: int
    due_before: int
    p: float | None = None
    paired: Turn | None = None
    summed: Turn | None = None
    since: str | None = None
    base: float | None = None
    now: float | None = None
    missed: float = 0.0
    with_whole: bool = False
    unlike: str = ""
    on_duplicates: bool = False

    @property
    def turn(self) -> Turn | None:
        """What the two questions say together; None if nothing, or if they contradict each other."""
        said = {self.paired, self.summed} - {None}
        return said.pop() if len(said) == 1 else None


class PastSeries(Struct, frozen=True):
    """The divisions (or teams) against their own past in a requirement or a part of it (statistics 1.5b).

    - `weeks`: how many settled weeks can be compared: none excluded, from the first week of the chart or the newest
      recalculation or change of policy on.
    - `broken`: why they do not reach further back than that recalculation or change; empty if they do.
    - `units`: empty while fewer than 26 weeks can be compared.
    """

    requirement: str
    part: Part
    weeks: int
    broken: str
    units: tuple[OwnPast, ...]


class Outside(Struct, frozen=True):
    """The whole outside the limits of its chart, in one of the newest two weeks (statistics 2.2, 2.2c).

    - `weeks`: the first and last week: the last is outside and among the newest two; before it without a gap are weeks
      outside, near the limit or in a shift on the same side (2.2c).
    - `limit`: the line that they lie beyond, from 0 to 1; `now`: the rate of these weeks; `base`: of up to 13 before.
    - `units`: those that changed in the same direction (1.5b), if the others alone would not lie outside; else empty.
    """

    requirement: str
    part: Part
    turn: Turn
    weeks: tuple[str, str]
    limit: float
    now: float
    base: float | None
    missed: float
    units: tuple[str, ...] = ()


class BelowRest(Struct, frozen=True):
    """A division (or team) worse than the rest over the trailing weeks, beyond chance at 2 per cent (statistics 6)."""

    name: str
    requirement: str
    now: float
    rest: float
    missed: float


class ToldStatement(Struct, frozen=True):
    """A statement of what to look at first, as the next report needs it (statistics 6).

    - `keys`: what it is about, the same in every report: `worse/North`, `below/North`.
    - `since`: the ISO week since which it was, if known. `first`: the period whose report told it first.
    """

    keys: tuple[str, ...]
    since: str | None
    missed: float
    first: str


class LastTold(Struct, frozen=True):
    """What the last report before this one told first."""

    period: str
    told: tuple[ToldStatement, ...]


class Attention(Struct, frozen=True):
    """What to look at first, beside the divisions that changed (statistics 6).

    `told`: the statements of this report. `last`: what the last one told; None if none was published before.
    """

    outside: tuple[Outside, ...] = ()
    standing: tuple[BelowRest, ...] = ()
    told: tuple[ToldStatement, ...] = ()
    last: LastTold | None = None
