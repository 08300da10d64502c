"""Who has a case: now, and at the end of a day (records sections 1 and 2).

Nothing else decides which allocation applies. Who has a case is given as the row of an allocation, or as -1 if the
record's own fields say. Days are local dates as whole numbers since 1970-01-01 (int32).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from compliance.policy.calendars import NEVER, Days, Ints, LocalDates
from compliance.policy.moment import Moment
from compliance.policy.status import starts
from compliance.records.columns import Allocations, Coded, Columns

_FEW_ALLOCATIONS: Final = 3


@dataclass(frozen=True)
class CaseHolders:
    """Who has each of several cases.

    `crime`: the row of the case's crime in the columns. `allocation`: the row of the allocation that applies, -1 if the
    record's own fields say.
    """

    columns: Columns
    crime: Ints
    allocation: Ints

    def owner(self, name: str) -> Coded:
        """Return the `division`, `team` or `officer` who has each case."""
        own: Coded = getattr(self.columns, name)
        told: Coded = getattr(self.columns.allocations, name)
        place = {value: code for code, value in enumerate(own.values)}
        for value in told.values:
            place.setdefault(value, len(place))
        moved = np.array([place[value] for value in told.values] + [-1], dtype=np.int32)[told.codes]
        return Coded(np.concatenate((moved, own.codes))[self._holder], tuple(place))

    @cached_property
    def _holder(self) -> Ints:
        """Who has each case as a row of the allocations followed by the records."""
        return np.where(self.allocation >= 0, self.allocation, self.crime + len(self.columns.allocations))


def owners(columns: Columns, moment: Moment, local: LocalDates) -> "Owners":
    """Return who had each case, and when, as at T: later allocations do not exist yet (rules 2.7)."""
    allocations, crimes = columns.allocations, len(columns)
    row = np.flatnonzero(allocations.at <= moment.as_at)
    crime = allocations.crime[row]
    held = np.bincount(crime, minlength=crimes)
    several = np.flatnonzero((held > 1)[crime])
    day = np.zeros(len(row), dtype=np.int32)
    day[several] = local.of(allocations.at[row[several]])
    return Owners(crime, row, day, held)


class Owners:
    """Who had each case at the end of a day, otherwise who has it now (records section 2).

    Answers are rows of the allocations, -1 if the record's own fields say. `now`: who has each case as at T. `several`:
    whether a case has more than one allocation.
    """

    def __init__(self, crime: Ints, row: Ints, day: Days, held: Ints) -> None:
        """Take the allocations at or before T, in order, and how many each crime has (`held`).

        The day of a crime's only allocation does not matter.
        """
        self._start = starts(held)
        self._row = np.append(row, -1).astype(np.int32)
        self._day = np.append(day, NEVER)
        self._key = crime * (1 << 32) + day
        self.now = np.where(held > 0, self._row[self._start[1:] - 1], -1)
        self.several = held > 1

    def history(self, crime: int) -> Ints:
        """Return the allocations of one crime at or before T, in order."""
        return self._row[self._start[crime] : self._start[crime + 1]].astype(np.int64)

    def at(self, crime: Ints, due: Days) -> Ints:
        """Return who had each case at the end of its due date or, if no allocation says, who has it now.

        The due dates must have passed.
        """
        place = self._start[crime]
        # Most cases change hands once or twice: stepping is quicker than searching.
        last = self._start[crime + 1]
        live = np.flatnonzero((place < last) & (self._day[place] <= due))
        for _ in range(_FEW_ALLOCATIONS):
            place[live] += 1
            live = live[(place[live] < last[live]) & (self._day[place[live]] <= due[live])]
        if len(live):
            place[live] = np.searchsorted(self._key, crime[live] * (1 << 32) + due[live], side="right")
        return np.where(place > self._start[crime], self._row[place - 1], self.now[crime])


def first_with(allocations: Allocations, row: int) -> int:
    """Return the allocation by which the officer of the allocation at `row` got the case; -1 for -1.

    Consecutive allocations to the same officer count as one, so it is the first of these.
    """
    while (
        row > 0
        and allocations.crime[row - 1] == allocations.crime[row]
        and allocations.officer.codes[row - 1] == allocations.officer.codes[row]
    ):
        row -= 1
    return row
