"""Who has a case: now, and at the end of a day (records sections 1 and 2).

Nothing else decides which allocation holds. A case is held by an allocation, told by its row, or where that is -1 by
whom the record's own fields name. Days are local dates as whole numbers since 1970-01-01 (int32).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from compliance.policy.calendars import NEVER, Days, Ints, LocalDates
from compliance.policy.moment import Moment
from compliance.policy.status import starts
from compliance.records.columns import Allocations, Coded, Columns

_FEW_ALLOCATIONS: Final = 3


@dataclass(frozen=True, slots=True)
class CaseHolders:
    """Who has each of some cases: the row of its crime in the columns, and of the allocation that holds, -1 where the
    record's own fields say."""

    columns: Columns
    crime: Ints
    allocation: Ints

    def owner(self, name: str) -> Coded:
        """`division`, `team` or `officer` of who has each."""
        own: Coded = getattr(self.columns, name)
        told: Coded = getattr(self.columns.allocations, name)
        place = {value: code for code, value in enumerate(own.values)}
        for value in told.values:
            place.setdefault(value, len(place))
        moved = np.array([place[value] for value in told.values] + [-1], dtype=np.int32)[told.codes]
        codes = own.codes[self.crime]
        if len(told.codes):
            codes = np.where(self.allocation >= 0, moved[self.allocation], codes)
        return Coded(codes, tuple(place))


def owners(columns: Columns, moment: Moment, local: LocalDates) -> "Owners":
    """Who had each case, and when, as at T: an allocation still to come has not happened (rules 2.7)."""
    allocations, crimes = columns.allocations, len(columns)
    row = np.flatnonzero(allocations.at <= moment.as_at)
    crime = allocations.crime[row]
    held = np.bincount(crime, minlength=crimes)
    several = np.flatnonzero((held > 1)[crime])
    day = np.zeros(len(row), dtype=np.int32)
    day[several] = local.of(allocations.at[row[several]])
    return Owners(crime, row, day, held)


class Owners:
    """Who had the case at the end of a day, else now (records section 2); rows of the allocations, -1 where the
    record's own fields say."""

    def __init__(self, crime: Ints, row: Ints, day: Days, held: Ints) -> None:
        """The allocations at or before T in order, and how many each crime has; of a crime with one its day is not
        looked at."""
        self._start = starts(held)
        self._row = np.append(row, -1).astype(np.int32)
        self._day = np.append(day, NEVER)
        self._key = crime * (1 << 32) + day
        self.now = np.where(held > 0, self._row[self._start[1:] - 1], -1)
        self.several = held > 1

    def history(self, crime: int) -> Ints:
        """Who has had one case as at T, in order."""
        return self._row[self._start[crime] : self._start[crime + 1]].astype(np.int64)

    def at(self, crime: Ints, due: Days) -> Ints:
        """Who had each case at the end of a due date that has passed, if an allocation tells, else who has it now."""
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
    """The allocation by which an officer got the case that one allocates to them, however often it was allocated to
    them since; -1 for -1."""
    while (
        row > 0
        and allocations.crime[row - 1] == allocations.crime[row]
        and allocations.officer.codes[row - 1] == allocations.officer.codes[row]
    ):
        row -= 1
    return row
