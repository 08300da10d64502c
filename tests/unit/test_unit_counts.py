"""Rates of sets of units counted once are those of their obligations counted anew (statistics 1.3, 1.5)."""

from itertools import combinations

import numpy as np
import pytest

from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE
from compliance.records.columns import Coded
from compliance.reports.judging.clusters import effect, teams
from compliance.reports.judging.rates import Cohort, has, proportion
from compliance.reports.judging.unit_counts import UnitCounts
from compliance.reports.model.proportions import Clustering

FOUND = Clustering("", officer=0.07, officer_week=0.5, team=0.03)


def cohort(seed: int, count: int) -> Cohort:
    """Obligations by chance: some without a division, team or officer, officers who move between divisions."""
    rng = np.random.default_rng(seed)

    def coded(names: int) -> Coded:
        return Coded(rng.integers(-1, names, count).astype(np.int32), tuple(f"{name}" for name in range(names + 1)))

    none = np.zeros(count, dtype=np.int64)
    flags = np.zeros(count, dtype=np.bool_)
    state = rng.choice([MET, LATE, OVERDUE, MISSED], count).astype(np.int8)
    return Cohort(
        none.astype(np.int8), none.astype(np.int32), state, none, none, flags, flags,
        coded(2), coded(5), coded(9), coded(25),
    )  # fmt: skip


@pytest.mark.parametrize("by_team", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_leaving_units_out_is_counting_the_others(seed: int, by_team: bool) -> None:
    every = cohort(seed, 400)
    counts = UnitCounts.of(every, every.division, FOUND, by_team)
    names = [*every.division.present(), None]
    for left_out in [(), *((name,) for name in names), *combinations(names, 2)]:
        rows = np.ones(len(every), dtype=np.bool_)
        for name in left_out:
            rows &= ~has(every.division, name)
        others = every.where(rows)
        deff = effect(others.officer.codes, FOUND.officer)
        if by_team:
            deff = max(deff, effect(teams(others.division, others.team), FOUND.team))
        assert counts.without(*left_out) == proportion(others.state == MET, deff), left_out


def test_where_nothing_is_left_there_is_no_rate() -> None:
    every = cohort(1, 30)
    found = UnitCounts.of(every, every.division, FOUND, True).without(*every.division.present(), None)
    assert (found.of, found.rate) == (0, None)
