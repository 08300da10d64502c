"""How far two readers of the same cases agree: percent agreement and Cohen's kappa (docs/reviews-method.md).

Proportions are from 0 to 1, kappa from -1 to 1.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from math import sqrt
from typing import Final, NamedTuple

from compliance.reports.methods.statistics import Interval, Z, wilson

_NO_CASES: Final = "No case was read by both readers."
_ONE_CATEGORY: Final = (
    "Both readers put every case in the same category. Chance alone would let such readers agree as often, so kappa is "
    "not defined."
)
_ALL_AGREED: Final = "The readers agree on every case, so the error of kappa cannot be estimated."
_ONE_READER: Final = (
    "One reader put every case in the same category. Kappa is then 0, whatever the other found, and its error cannot "
    "be estimated."
)


class ReaderAgreement(NamedTuple):
    """The agreement of two readers.

    `cases`: how many both have read; `agreed`: of how many they say the same. `share`, `share_limits`: the latter as a
    proportion, with its Wilson interval; None if there are no cases. `expected`: the proportion that chance alone would
    give two readers who use the categories as often as these do. `kappa`, `kappa_limits`: Cohen's kappa with its 95 %
    interval; None where there is none, and then `remark` says why in a sentence.
    """

    cases: int
    agreed: int
    share: float | None
    share_limits: Interval | None
    expected: float | None
    kappa: float | None
    kappa_limits: Interval | None
    remark: str | None


def measure_agreement(readings: Iterable[tuple[Hashable, Hashable]]) -> ReaderAgreement:
    """Return how far two readers agree. `readings`: what the first and the second say of each case.

    Categories are nominal: any two that differ do so as much as any others.
    """
    cells = Counter(readings)
    cases = cells.total()
    agreed = sum(number for (first, second), number in cells.items() if first == second)
    if not cases:
        return ReaderAgreement(0, 0, None, None, None, None, None, _NO_CASES)
    of_first, of_second = _count_readers(cells)
    by_chance = sum(number * of_second[category] for category, number in of_first.items())
    share, limits = agreed / cases, wilson(agreed, cases)
    # In whole numbers: a fraction could miss 1 by a rounding.
    if by_chance == cases**2:
        return ReaderAgreement(cases, agreed, share, limits, 1.0, None, None, _ONE_CATEGORY)
    expected = by_chance / cases**2
    # By whole numbers too, so that full agreement is 1 exactly.
    kappa = (agreed * cases - by_chance) / (cases**2 - by_chance)
    # There the formula gives no error at all, however few the cases.
    if agreed == cases:
        return ReaderAgreement(cases, agreed, share, limits, expected, kappa, None, _ALL_AGREED)
    if min(len(of_first), len(of_second)) == 1:
        return ReaderAgreement(cases, agreed, share, limits, expected, kappa, None, _ONE_READER)
    half = Z * _standard_error(cells, kappa, expected)
    interval = Interval(max(kappa - half, -1.0), min(kappa + half, 1.0))
    return ReaderAgreement(cases, agreed, share, limits, expected, kappa, interval, None)


def _count_readers(
    cells: Counter[tuple[Hashable, Hashable]],
) -> tuple[Counter[Hashable], Counter[Hashable]]:
    """Return how often each reader uses each category."""
    of_first: Counter[Hashable] = Counter()
    of_second: Counter[Hashable] = Counter()
    for (first, second), number in cells.items():
        of_first[first] += number
        of_second[second] += number
    return of_first, of_second


def _standard_error(cells: Counter[tuple[Hashable, Hashable]], kappa: float, expected: float) -> float:
    """Return the asymptotic standard error of Fleiss, Cohen and Everitt (1969), formula 13."""
    cases = cells.total()
    of_first, of_second = _count_readers(cells)
    same = apart = 0.0
    for (first, second), number in cells.items():
        # The first reader's share of the second's category, and the other way round.
        crossed = (of_first[second] + of_second[first]) / cases
        if first == second:
            same += number / cases * (1 - crossed * (1 - kappa)) ** 2
        else:
            apart += number / cases * (1 - kappa) ** 2 * crossed**2
    variance = same + apart - (kappa - expected * (1 - kappa)) ** 2
    return sqrt(max(variance, 0.0) / cases) / (1 - expected)
