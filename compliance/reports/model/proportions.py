"""Shares with their intervals, from which every part of a report is made.

Rates and limits are proportions from 0 to 1, None if not available.
"""

from msgspec import Struct

from compliance.reports.methods.statistics import FEW


class Proportion(Struct, frozen=True):
    """A share: `count` of `of`, with its 95 % interval on `of` / `deff` (statistics 1.3, 1.4).

    If `of` is 0, `rate`, `low` and `high` are None. `withheld`: it would reveal a count from 1 to 4 outside the force
    (1.6); its numbers are then those of an empty share.
    """

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None
    deff: float
    withheld: bool = False

    @property
    def few(self) -> bool:
        """Whether there are too few to be ranked or tested (statistics 1.6)."""
        return self.of < FEW


class Rate(Struct, frozen=True):
    """A compliance rate (statistics 1.1): `share` is met of n, n = met + late + overdue + missed; None: withheld."""

    share: Proportion
    late: int | None
    overdue: int | None
    missed: int | None

    @property
    def not_given(self) -> int | None:
        """The number never met, None if withheld."""
        return None if self.overdue is None or self.missed is None else self.overdue + self.missed


class Clustering(Struct, frozen=True):
    """How alike the obligations of one officer are: ρ over the trailing settled weeks of the force (statistics 1.3).

    From 0 (no more than chance) to 1 (all of one officer's alike). `part`: which of a requirement's obligations or
    countings it is of; empty for all as they count. `officer_week`: the same within one week, because victims of one
    crime fall due together. `team`: of one team instead of one officer.
    """

    part: str
    officer: float
    officer_week: float
    team: float


class RateDifference(Struct, frozen=True):
    """A rate minus another, with Newcombe's 95 % interval (statistics 1.5).

    `tested` is false if either rate is of fewer than 10 obligations (1.6); `significant` is then false too. `p`: the
    level at which the interval just touches 0, of units alone; a change over time is a number and is never called
    significant (1.5a). `on_duplicates`: whether it would be called so only with crimes that are probably on record
    twice (decision 0058).
    """

    difference: float
    low: float
    high: float
    tested: bool
    significant: bool
    p: float | None = None
    on_duplicates: bool = False
