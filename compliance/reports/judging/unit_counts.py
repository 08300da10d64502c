"""The rates of many sets of units, from one look at the obligations (statistics 1.3, 1.5).

To leave each of 43 forces out of the rest of each other means 1,806 rates, of millions of obligations each.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import MET
from compliance.records.columns import Coded, Codes
from compliance.reports.judging.clusters import teams
from compliance.reports.judging.rates import Cohort, counted_share
from compliance.reports.methods.statistics import design_effect_of
from compliance.reports.model.proportions import Clustering, Proportion


@dataclass(frozen=True, slots=True)
class Clusters:
    """How the clusters of one kind lie in the units.

    `shared[a, b]`: the sum over all clusters of their obligations in unit a times those in unit b, so that the sum over
    a set of units is that of the squares of the sizes of their clusters. `rho`: how alike those of one are.
    """

    shared: npt.NDArray[np.int64]
    rho: float

    @classmethod
    def of(cls, clusters: Codes, units: Ints, count: int, rho: float) -> "Clusters":
        """Count the clusters in `count` units. Both are given by their codes; -1 is a cluster of its own."""
        own = clusters < 0
        names, place = np.unique(clusters[~own], return_inverse=True)
        each = np.bincount(place * count + units[~own], minlength=len(names) * count).reshape(len(names), count)
        return cls(each.T @ each + np.diag(np.bincount(units[own], minlength=count)), rho)


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """How many obligations were met and due in each unit, and how their clusters lie. The last unit is none."""

    column: Coded
    met: Ints
    due: Ints
    clusters: tuple[Clusters, ...]

    @classmethod
    def of(cls, cohort: Cohort, column: Coded, found: Clustering, by_team: bool) -> "UnitCounts":
        """Count some obligations by unit. `by_team`: whether the design effect is also that by teams (1.3)."""
        count = len(column.values) + 1
        units = np.where(column.codes < 0, count - 1, column.codes).astype(np.int64)
        clusters = [Clusters.of(cohort.officer.codes, units, count, found.officer)]
        if by_team:
            clusters.append(Clusters.of(teams(cohort.division, cohort.team), units, count, found.team))
        met, due = (np.bincount(units[rows], minlength=count) for rows in (cohort.state == MET, slice(None)))
        return cls(column, met, due, tuple(clusters))

    def without(self, *names: str | None) -> Proportion:
        """Return the rate of all units but some, with the larger design effect of the kinds of clusters."""
        kept: Flags = np.ones(len(self.due), dtype=np.bool_)
        for name in names:
            kept[-1 if name is None else self.column.code(name)] = False
        due = int(self.due[kept].sum())
        effects = (
            design_effect_of(due, int(each.shared[np.ix_(kept, kept)].sum()), each.rho) for each in self.clusters
        )
        return counted_share(int(self.met[kept].sum()), due, max(effects))
