"""Changes over time as data: units against their own past, a rate outside its limits, and what reports told first.

Parts of the figures (`report_model.Figures`). Weeks are ISO weeks as texts; rates are proportions from 0 to 1.
"""

from typing import Literal

from msgspec import Struct

Part = Literal["", "first", "continuing"]
"""A part of a requirement that repeats (statistics 1.10): its first cycle, or those after it; empty: all of it."""
Turn = Literal["worse", "better"]


class OwnPast(Struct, frozen=True):
    """A division (or team) against its own past in one series (statistics 1.5b).

    - `met`, `due`: over the last 13 settled weeks compared; `met_before`, `due_before`: over the 13 before.
    - `p`: two-sided, of their difference paired by officer; None if it is not tested.
    - `paired`, `summed`: what each of the two questions says; None: no change, or not asked.
    - `since`: the week since which it is worse or better; `base`: the rate before that week.
    - `missed`: the updates missed since it became worse (statistics 6), 0 otherwise.
    - `unlike`: why it is not the same unit throughout, and therefore not compared; empty if it is.
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
    missed: float = 0.0
    unlike: str = ""

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
