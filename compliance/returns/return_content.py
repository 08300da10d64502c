"""What a made return says, as it is stored: its forms are drawn from this alone."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from compliance.returns.definition import FORCE

Standing = Literal["shown", "withheld", "none", "by hand"]


class ReturnLine(Struct, frozen=True):
    """A measure of one group.

    - `by`, `group`: `force` and empty for the whole, `division` or a characteristic and the name of a group.
    - `standing`: `withheld` if it, or another count that follows from it, is from 1 to 4 (statistics 1.6); `none` if
      there is nothing to count; `by hand` for people to fill in.
    - `count`, `of`: how many of how many; None unless shown, and where the rate is an estimate.
    - `rate`, `low`, `high`: from 0 to 1, with the 95 % interval (statistics 1.3, 1.4).
    - `few`: fewer than 10, too few to be compared.
    - `rest`, `difference`: the rate of all others whose value is recorded, and this one minus it with its 95 %
      interval. `p`: the level at which that interval just touches 0. `compared`: whether they were compared;
      `differs`: whether the difference is unlikely to have occurred by chance, all comparisons of the return judged
      together (statistics 1.5).
    """

    by: str = FORCE
    group: str = ""
    standing: Standing = "shown"
    count: int | None = None
    of: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    few: bool = False
    rest: float | None = None
    difference: tuple[float, float, float] | None = None
    p: float | None = None
    compared: bool = False
    differs: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is of all that the measure counts."""
        return self.by == FORCE


class ReturnMeasure(Struct, frozen=True):
    """A measure: what it is, the name of the figure behind it (empty if by hand), a note, and its lines."""

    id: str
    title: str
    figure: str
    clause: str
    note: str
    lines: tuple[ReturnLine, ...]

    @property
    def whole(self) -> ReturnLine:
        """The line of all that it counts."""
        return self.lines[0]


class ReturnContent(Struct, frozen=True):
    """A return for a period.

    - `known_at`: T and K of its figures, in UTC. `was_read`: whether the crime system had been read by then.
    - `records_begin`: the local date from which crimes are held completely (statistics 1.2b).
    - `kept_since`: the characteristics that were kept only later, with the local date from which.
    - `compared`: in how many comparisons.
    """

    name: str
    title: str
    status: str
    source: str
    receiver: str
    force: str
    period: str
    first: date
    last: date
    known_at: datetime
    policy: str
    small_counts: str
    by: dict[str, str]
    measures: tuple[ReturnMeasure, ...]
    sign_off: tuple[str, ...]
    compared: int = 0
    was_read: bool = True
    records_begin: date | None = None
    kept_since: dict[str, date] = {}


class Signature(Struct, frozen=True):
    """Who signed it off in which role, and when (UTC)."""

    role: str
    signed_by: str
    signed_at: datetime
