"""The rows that a figure counts. Its value and its cases come from the same rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from compliance.records.columns import Coded, joined_texts
from compliance.reports.catalogue.case import TracedCase
from compliance.reports.proportions import Proportion, Rate
from compliance.reports.rates import proportion

COUNT: Final = "count"
OF: Final = "of"
LATE_STATES: Final = ("late", "overdue", "missed")
"""The states of obligations that were not met."""


@dataclass(frozen=True, slots=True)
class CountedRows:
    """The rows behind a figure, one element each.

    `counts`: for each measure, what each row adds to it; the first measure is the default. `listed`: a function that
    lists the cases in the same order, called only when they are asked for. `officer`: the officer by whom cases are
    clustered if the figure is a share (statistics 1.3); None: the rows are independent.
    """

    counts: Mapping[str, npt.NDArray[Any]]
    listed: Callable[[], Sequence[TracedCase]]
    officer: Coded | None = None

    @property
    def share(self) -> Proportion:
        """The share of the rows that is counted, with its interval (statistics 1.3, 1.4)."""
        hit = next(iter(self.counts.values()))
        alone = Coded(np.full(len(hit), -1, dtype=np.int32), ())
        return proportion(hit, alone if self.officer is None else self.officer)

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


def join_rows(parts: Iterable[CountedRows]) -> CountedRows:
    """Join the rows of several periods. There must be at least one, and all must have the same measures."""
    parts = tuple(parts)
    counts = {measure: np.concatenate([part.counts[measure] for part in parts]) for measure in parts[0].counts}
    officers = [part.officer for part in parts if part.officer is not None]
    return CountedRows(counts, partial(_list_all, parts), joined_texts(officers) if officers else None)


def _list_all(parts: Sequence[CountedRows]) -> list[TracedCase]:
    return list(chain.from_iterable(part.listed() for part in parts))
