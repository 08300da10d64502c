"""How far obligations come in clusters, and how much information that leaves in them (statistics 1.3) (decision 0052).

Clusters are given as codes, one a row: rows of one officer (or team) have the same code; -1 is a cluster of its own.
"""

from collections.abc import Sequence

import numpy as np

from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import MET
from compliance.records.columns import Coded, Codes
from compliance.reports.judging.rates import Cohort, proportion, together
from compliance.reports.methods.statistics import design_effect, intra_cluster_correlation
from compliance.reports.model.proportions import Clustering, Proportion


def estimate(part: str, weeks: Sequence[Cohort]) -> Clustering:
    """Return how alike the obligations of one officer, of one officer's week and of one team are.

    `weeks`: the obligations of the whole force in each of the weeks.
    """
    every, by_week = together(weeks), [_count(week.state == MET, week.officer.codes) for week in weeks]
    return Clustering(
        part,
        officer=correlation(every.state == MET, every.officer.codes),
        officer_week=intra_cluster_correlation(*(np.concatenate(column) for column in zip(*by_week, strict=True))),
        team=correlation(every.state == MET, teams(every.division, every.team)),
    )


def correlation(hit: Flags, clusters: Codes) -> float:
    """Return ρ of a whole set: how alike its rows of one cluster are."""
    return intra_cluster_correlation(*_count(hit, clusters))


def effect(clusters: Codes, rho: float) -> float:
    """Return the design effect of a set of obligations by its own clusters."""
    return design_effect(_count_sizes(clusters), rho)


def clustered(hit: Flags, officer: Coded) -> Proportion:
    """Return the share of hits of a whole set that has no requirement, with its own ρ."""
    return proportion(hit, own_effect(hit, officer))


def own_effect(hit: Flags, officer: Coded) -> float:
    """Return the design effect of a whole set with its own ρ."""
    return effect(officer.codes, correlation(hit, officer.codes))


def teams(division: Coded, team: Coded) -> Codes:
    """Return the teams as clusters. Teams of one name in two divisions are two."""
    found: Codes = np.where(team.codes < 0, -1, (division.codes + 1) * len(team.values) + team.codes)
    return found


def _count(hit: Flags, clusters: Codes) -> tuple[Ints, Ints]:
    """Return how many of the rows of each cluster are hits, and how many there are."""
    named = clusters >= 0
    size = int(clusters.max(initial=-1)) + 1
    return (
        np.concatenate([np.bincount(clusters[named & hit], minlength=size), hit[~named]]),
        np.concatenate([np.bincount(clusters[named], minlength=size), np.ones(int((~named).sum()), dtype=np.int64)]),
    )


def _count_sizes(clusters: Codes) -> Ints:
    return _count(np.zeros(len(clusters), dtype=np.bool_), clusters)[1]
