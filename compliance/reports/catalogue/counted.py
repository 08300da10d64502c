"""The rows that a figure counts. Its value and its cases come from the same rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from compliance.reports.catalogue.case import TracedCase
from compliance.reports.judging.rates import proportion
from compliance.reports.model.proportions import Proportion, Rate

COUNT: Final = "count"
OF: Final = "of"
LATE_STATES: Final = ("late", "overdue", "missed")
"""The states of obligations that were not met."""


@dataclass(frozen=True, slots=True)
class CountedRows:
    """The rows behind a figure, one element each.

    `counts`: for each measure, what each row adds to it; the first measure is the default. `listed`: a function that
    lists the cases in the same order, called only when they are asked for. `deff`: a function that returns the design
    effect of the figure if it is a share (statistics 1.3); None: the rows are independent.
    """

    counts: Mapping[str, npt.NDArray[Any]]
    listed: Callable[[], Sequence[TracedCase]]
    deff: Callable[[], float] | None = None

    @property
    def share(self) -> Proportion:
        """The share of the rows that is counted, with its interval (statistics 1.3, 1.4)."""
        hit = next(iter(self.counts.values()))
        return proportion(hit, 1.0 if self.deff is None else self.deff())

    @property
    def rate(self) -> Rate:
        """The share that was met, and the numbers not met by state (statistics 1.1)."""
        return Rate(self.share, *map(self.number, LATE_STATES))

    def number(self, measure: str = COUNT) -> int:
        """Return the total of one measure."""
        return int(self.counts[measure].sum())

    def cases(self, measure: str) -> tuple[TracedCase, ...]:
        """Return the cases as one measure counts them. Raises KeyError for an unknown measure."""
        if measure == OF:
            return tuple(replace(case, counted=case.of) for case in self.listed())
        found = self.counts[measure].tolist()
        return tuple(replace(case, counted=int(one)) for case, one in zip(self.listed(), found, strict=True))


def every(rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return flags that count every row."""
    return np.ones(len(rows), dtype=np.bool_)
