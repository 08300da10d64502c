"""What a sample says of the obligations that nobody read: 95 % limits of how many were truly met, or recorded wrongly.

The interval is that of Bayes' theorem for a finite population, worked out exactly: nothing is simulated, so the same
counts have the same limits. How often it holds the truth is measured (docs/reviews-method.md).
"""

from collections.abc import Iterable, Sequence
from math import fsum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from compliance.reports.methods.statistics import Interval

Chances = npt.NDArray[np.float64]

_JEFFREYS: Final = 0.5
_TAIL: Final = 0.025


class ReadStratum(NamedTuple):
    """The obligations of one stratum, and what those of them that were read say.

    `population`: all of them. `established`: how many were read and could be established. `errors`: in how many of
    those the record is wrong; a fraction if it is only expected. `recorded_met`: whether the record says that they were
    met.
    """

    population: int
    established: int
    errors: float
    recorded_met: bool

    @property
    def unread(self) -> int:
        """How many were not read, or not established."""
        return self.population - self.established

    @property
    def met(self) -> float:
        """How many of those established were truly met."""
        return self.established - self.errors if self.recorded_met else self.errors

    @property
    def error_rate(self) -> float:
        """The share of those established in which the record is wrong."""
        return self.errors / self.established


def estimate_met(strata: Sequence[ReadStratum]) -> float:
    """Return how many obligations of some strata were truly met, as estimated. Each must have some established."""
    return fsum(each.population * each.met / each.established for each in strata)


def estimate_errors(strata: Sequence[ReadStratum]) -> float:
    """Return for how many obligations of some strata the record is wrong, as estimated."""
    return fsum(each.population * each.error_rate for each in strata)


def limits_of_met(strata: Sequence[ReadStratum]) -> Interval:
    """Return the 95 % limits of how many obligations of some strata were truly met: numbers, not shares."""
    chances = ((row[::-1] if each.recorded_met else row) for each, row in _chances_of_errors(strata))
    return _limits(chances, fsum(each.met for each in strata), estimate_met(strata))


def limits_of_errors(strata: Sequence[ReadStratum]) -> Interval:
    """Return the 95 % limits of for how many obligations of some strata the record is wrong."""
    chances = (row for _, row in _chances_of_errors(strata))
    return _limits(chances, fsum(each.errors for each in strata), estimate_errors(strata))


def _chances_of_errors(strata: Sequence[ReadStratum]) -> Iterable[tuple[ReadStratum, Chances]]:
    """Yield each stratum with the chance of 0, 1, 2 … errors among its unread obligations.

    Before anything is read, each stratum is given the weight of one obligation: in error by the stratum's share of all
    obligations, and by half at most (Jeffreys). All of them together thus hold about one error, not half of one each:
    that would be three and a half errors in seven strata, more than are found where few are wrong.
    """
    whole = sum(each.population for each in strata)
    # In one order, so that rounding is the same in whatever order the strata come.
    for each in sorted(strata):
        share = min(each.population / whole, _JEFFREYS)
        yield each, _beta_binomial(each.unread, each.errors + share, each.established - each.errors + 1 - share)


def _beta_binomial(unread: int, wrong: float, right: float) -> Chances:
    """Return the chances of 0 to `unread` errors, if the error rate is distributed as Beta(wrong, right)."""
    k = np.arange(unread)
    steps = np.log((unread - k) * (k + wrong) / ((k + 1) * (unread - k - 1 + right)))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    chances = np.exp(logs - logs.max())
    return np.asarray(chances / chances.sum())


def _limits(chances: Iterable[Chances], known: float, estimate: float) -> Interval:
    """Return the 2.5 % and 97.5 % points of a sum of independent numbers on top of what is known."""
    rows = list(chances)
    size = sum(len(row) - 1 for row in rows) + 1
    room = 1 << (size - 1).bit_length()
    product = np.ones(room // 2 + 1, dtype=np.complex128)
    for row in rows:
        product = product * np.fft.rfft(row, room)
    below = np.cumsum(np.clip(np.fft.irfft(product, room)[:size], 0, None)) if size > 1 else np.ones(1)
    low, high = np.searchsorted(below, (_TAIL * below[-1], (1 - _TAIL) * below[-1]))
    return Interval(min(known + int(low), estimate), max(known + int(high), estimate))
