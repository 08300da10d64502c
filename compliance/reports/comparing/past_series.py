"""What was due in one series over the weeks that can be compared, by week, unit and officer (statistics 1.5b)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import Ints
from compliance.policy.requirement import Requirement
from compliance.policy.status import Flags
from compliance.policy.verdicts import MET
from compliance.reports.catalogue.edition import Edition
from compliance.reports.judging.judged import Judgements
from compliance.reports.judging.rates import together
from compliance.reports.judging.weeks_compared import list_weeks, of_part
from compliance.reports.model.changes import Part
from compliance.reports.periods.weeks import Week

ENHANCED_WEIGHT: Final = 2
"""How much an update missed of an enhanced victim weighs (statistics 6)."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PastRows:
    """The obligations of a requirement, or of a part of it, over the weeks that can be compared: one element each.

    `week`, `unit`, `officer`: their places among `weeks`, `names` and the officers; -1: no unit. `weight`: what each
    counts among updates missed. `broken`: why the weeks do not reach further back.
    """

    requirement: str
    part: Part
    broken: str
    weeks: tuple[Week, ...]
    names: tuple[str, ...]
    week: Ints
    unit: Ints
    officer: Ints
    met: Flags
    weight: Ints

    @classmethod
    def of(cls, judged: Judgements, edition: Edition, asked: Requirement, part: Part) -> "PastRows":
        """Read a series of an edition."""
        weeks, broken = list_weeks(judged, asked, part)
        place = edition.place(asked.id)
        held = [edition.read("week", str(week)).due(place) for week in weeks]
        held = [cohort.where(of_part(cohort, part)) for cohort in held]
        if not held:
            none = np.zeros(0, dtype=np.int64)
            return cls(asked.id, part, broken, (), (), none, none, none, none > 0, none)
        every = together(held)
        unit, codes = edition.unit_of(every, edition.unit), every.officer.codes
        # Obligations without an officer count as one officer each (1.3).
        officer = np.where(codes >= 0, codes, len(every.officer.values) + np.arange(len(codes)))
        return cls(
            asked.id, part, broken, tuple(weeks), tuple(unit.values),
            np.repeat(np.arange(len(held)), [len(cohort) for cohort in held]), unit.codes.astype(np.int64), officer,
            every.state == MET, np.where(every.enhanced, ENHANCED_WEIGHT, 1),
        )  # fmt: skip

    @cached_property
    def counts(self) -> Counts:
        """What was met and due of each unit in each week: (unit, met or due, week)."""
        return self._count(np.ones(len(self.met), dtype=np.int64))

    @cached_property
    def weighed(self) -> Counts:
        """The same, with what each obligation counts among updates missed."""
        return self._count(self.weight)

    def whole(self, *, weighed: bool = False) -> tuple[Ints, Ints]:
        """Return what was met and due in each week, of all units and of none."""
        weight = self.weight if weighed else np.ones(len(self.met), dtype=np.int64)
        met, due = (np.bincount(self.week, each, minlength=len(self.weeks)) for each in (weight * self.met, weight))
        return met.astype(np.int64), due.astype(np.int64)

    def rates(self, unit: int, weeks: Collection[int]) -> list[float | None]:
        """Return the rate of a unit in some weeks, None where nothing was due."""
        met, due = self.counts[unit]
        return [float(met[week] / due[week]) if due[week] else None for week in weeks]

    def by_officer(self, unit: int, *spans: Collection[int]) -> Iterator[list[int]]:
        """Yield what was met and what was due of each officer of a unit, in each of some spans of weeks."""
        own = self.unit == unit
        week, met = self.week[own], self.met[own]
        officer = np.unique(self.officer[own], return_inverse=True)[1]
        for span in spans:
            held = np.isin(week, list(span))
            for rows in (held & met, held):
                yield np.bincount(officer[rows], minlength=int(officer.max(initial=-1)) + 1).tolist()

    def _count(self, weight: Ints) -> Counts:
        units, weeks, named = len(self.names), len(self.weeks), self.unit >= 0
        place, size = (self.unit * weeks + self.week)[named], units * weeks
        met = np.bincount(place, (weight * self.met)[named], minlength=size)
        due = np.bincount(place, weight[named], minlength=size)
        return np.stack([met, due]).astype(np.int64).reshape(2, units, weeks).transpose(1, 0, 2)
