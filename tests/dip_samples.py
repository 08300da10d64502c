"""Dip samples of simulated records whose errors are planted, and how often their intervals hold the truth.

For each seed the error rates are drawn, then the errors, then the sample. What a reader finds is the truth.
"""

from functools import cache
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from compliance.reports.methods.statistics import Z
from compliance.reviews.estimates import EstimatedRate, ReviewEstimate, StratumCounts, estimate
from compliance.reviews.sample_sizes import ASSUMED_ERRORS, PlannedStratum, ReadingPlan, plan_total

STRATA: Final = tuple(ASSUMED_ERRORS)
RECORDED_MET: Final = np.array([name in {"met", "met-entered-late"} for name in STRATA])
USUAL: Final = (0.60, 0.08, 0.06, 0.06, 0.10, 0.06, 0.04)
"""The shares of the strata in a week's obligations: 68 in 100 are recorded as met."""
POOR: Final = (0.30, 0.05, 0.10, 0.15, 0.25, 0.08, 0.07)
"""The same of a force of whose obligations 35 in 100 are recorded as met."""
READ: Final = (60, 120, 200, 400)
POPULATIONS: Final = (300, 1500, 6000)
_ROUNDING: Final = 1e-9

Counts = npt.NDArray[np.int64]


class ReviewWorld(NamedTuple):
    """`rates`: between which the error rate of each stratum is drawn; those assumed if None.

    `where`: the only stratum with errors, if it is one.
    """

    name: str
    rates: tuple[float, float] | None
    where: str | None = None
    shares: tuple[float, ...] = USUAL


WORLDS: Final = (
    ReviewWorld("few errors", (0.01, 0.02)),
    ReviewWorld("plenty", (0.10, 0.20)),
    ReviewWorld("as assumed", None),
    ReviewWorld("all in same-day-only", (0.30, 0.60), "same-day-only"),
    ReviewWorld("all in met-entered-late", (0.30, 0.60), "met-entered-late"),
    ReviewWorld("few errors, poor record", (0.01, 0.02), None, POOR),
    ReviewWorld("plenty, poor record", (0.10, 0.20), None, POOR),
)


class Held(NamedTuple):
    """How often intervals held the truth, from 0 to 1, and how wide they were on average, as proportions.

    `plain`: of the textbook's interval of the adjusted rate.
    """

    adjusted: float
    width: float
    plain: float
    plain_width: float
    errors: float
    flattering: float
    harming: float


def plan(world: ReviewWorld, population: int, read: int) -> tuple[Counts, ReadingPlan]:
    """The obligations of each stratum, and the plan of how many to read of each."""
    many = np.array([round(share * population) for share in world.shares])
    planned = [
        PlannedStratum(name, int(number), ASSUMED_ERRORS[name], bool(is_met))
        for name, number, is_met in zip(STRATA, many, RECORDED_MET, strict=True)
    ]
    return many, plan_total(planned, read)


def draw(world: ReviewWorld, population: int, read: int, seeds: int) -> list[tuple[tuple[StratumCounts, ...], Counts]]:
    """What was read in each of `seeds` samples, and how many errors there really are in each stratum."""
    many, planned = plan(world, population, read)
    sizes = np.array([planned.sizes[name] for name in STRATA])
    chance = np.random.default_rng([2026, population, read])
    low, high = world.rates or (0, 0)
    rates = chance.uniform(low, high, size=(seeds, len(STRATA)))
    if world.rates is None:
        rates += [ASSUMED_ERRORS[name] for name in STRATA]
    if world.where:
        rates[:, [name != world.where for name in STRATA]] = 0
    wrong = chance.binomial(many, rates)
    met = np.where(RECORDED_MET, sizes, 0) + np.where(RECORDED_MET, -1, 1) * chance.hypergeometric(
        wrong, many - wrong, sizes
    )
    strata = list(zip(STRATA, many.tolist(), sizes.tolist(), RECORDED_MET.tolist(), strict=True))
    return [
        (tuple(StratumCounts(name, n_of, n, m, 0, is_met) for (name, n_of, n, is_met), m in zip(strata, row, strict=True)), of)
        for row, of in zip(met.tolist(), wrong, strict=True)
    ]  # fmt: skip


def plain_interval(strata: tuple[StratumCounts, ...]) -> EstimatedRate:
    """The textbook's: stratified mean and variance of a finite population, normal (Cochran 1977, chapter 5)."""
    whole = sum(each.population for each in strata)
    rate = variance = 0.0
    for each in strata:
        share, p = each.population / whole, each.met / each.read
        rate += share * p
        variance += share**2 * (1 - each.read / each.population) * p * (1 - p) / max(each.read - 1, 1)
    half = Z * sqrt(variance)
    return EstimatedRate(rate, rate - half, rate + half)


def measure(world: ReviewWorld, population: int, read: int, seeds: int) -> Held:
    """How often the intervals of `seeds` samples hold what is so."""
    estimated = cache(estimate)
    rows = []
    for strata, wrong in draw(world, population, read, seeds):
        found: ReviewEstimate = estimated(strata)
        many = np.array([each.population for each in strata])
        flattering, harming = wrong[RECORDED_MET].sum() / many.sum(), wrong[~RECORDED_MET].sum() / many.sum()
        met = many[RECORDED_MET].sum() / many.sum() - flattering + harming
        plain = plain_interval(strata)
        rows.append(
            [
                holds(found.adjusted, met),
                width(found.adjusted),
                holds(plain, met),
                width(plain),
                holds(found.errors, flattering + harming),
                holds(found.flattering, flattering),
                holds(found.harming, harming),
            ]
        )
    return Held(*np.mean(np.array(rows, dtype=np.float64), axis=0).tolist())


def holds(rate: EstimatedRate | None, truth: float) -> bool:
    assert rate is not None
    return bool(rate.low - _ROUNDING <= truth <= rate.high + _ROUNDING)


def width(rate: EstimatedRate | None) -> float:
    assert rate is not None
    return rate.high - rate.low
