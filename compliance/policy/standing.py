"""How a crime stood, and who had it, at the end of a day, as at T (rules 2.9; records section 2).

Days are local dates as whole numbers since 1970-01-01 (int32), `NEVER` where something does not come.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import NEVER, Days, Ints, LocalDates
from compliance.records.columns import CANCELLED, OPEN, Allocations, Statuses

Flags = npt.NDArray[np.bool_]
_FEW_ALLOCATIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """What is asked: as at T (rules 2.7), as known at K (rules 2.8), in microseconds; `today` is the local day of T."""

    as_at: int
    known_at: int | None
    today: int


class Openness:
    """When each case was open at the end of a day (rules 2.9), for days before today."""

    def __init__(self, statuses: Statuses, crimes: int, moment: Moment, local: LocalDates) -> None:
        """Of the status changes only those at or before T are looked at."""
        if len(statuses) and int(statuses.at.max()) > moment.as_at:
            statuses = statuses.take(statuses.at <= moment.as_at)
        crime, kind = statuses.crime, statuses.kind
        self.cancelled = np.zeros(crimes, dtype=np.bool_)
        """Which crimes are cancelled as at T (rules 5.3)."""
        last = _last_of_run(crime)
        self.cancelled[crime[last]] = kind[last] == CANCELLED
        day = local.of(statuses.at)
        # The end of today is not known yet; of each earlier day the last change stands.
        keep = (_last_of_run(crime, day)) & (day < moment.today)
        crime, day, shut = crime[keep], day[keep], kind[keep] != OPEN
        before = np.zeros(len(shut), dtype=np.bool_)
        before[1:] = shut[:-1] & (crime[1:] == crime[:-1])
        flips = shut != before
        self._crime, self._day = crime[flips], day[flips]
        counts = np.bincount(self._crime, minlength=crimes)
        self._start = starts(counts)
        # Nearly every crime closes and reopens at most once: two columns answer for those, a search for the others.
        self.closes, self.reopens = np.full(crimes, NEVER, np.int32), np.full(crimes, NEVER, np.int32)
        self.closes[counts > 0] = self._day[self._start[:-1][counts > 0]]
        self.reopens[counts > 1] = self._day[self._start[:-1][counts > 1] + 1]
        self.often = counts > 2
        self._key = self._crime * (1 << 32) + self._day

    def at(self, crime: Ints, day: Days) -> tuple[Flags, Days]:
        """(whether each crime was open at the end of its day, the next day at whose end that is otherwise)."""
        closes, reopens = self.closes[crime], self.reopens[crime]
        reopened = reopens <= day
        is_open = (closes > day) | reopened
        following = np.where(is_open, closes, reopens)
        following[reopened] = NEVER
        if self._any_often:
            many = np.flatnonzero(self.often[crime] & reopened)
            if len(many):
                place = self._place(crime[many], day[many])
                is_open[many] = (place - self._start[crime[many]]) % 2 == 0
                following[many] = self._flip(crime[many], place)
        return is_open, following

    def written_off(self, crime: Ints, due: Days, shut_for: int, today: int) -> Days:
        """The first day after each due date at whose end the case has not been open for `shut_for` days and more
        (rules 3.6), NEVER where there is none before today."""
        result = np.full(len(crime), NEVER, dtype=np.int32)
        closes = self.closes[crime]
        some = np.flatnonzero(closes < NEVER)
        if len(some) == 0:
            return result
        crime, due = crime[some], due[some]
        close, reopen = closes[some], self.reopens[crime]
        off = np.full(len(some), NEVER, dtype=np.int32)
        live = np.arange(len(some))
        while len(live):
            end = np.maximum(due[live] + 1, close[live] + shut_for)
            ended = (end < reopen[live]) & (end < today)
            off[live[ended]] = end[ended]
            live = live[~ended & (reopen[live] < NEVER)]
            _, close[live] = self.at(crime[live], reopen[live])
            live = live[close[live] < NEVER]
            _, reopen[live] = self.at(crime[live], close[live])
        result[some] = off
        return result

    @cached_property
    def _any_often(self) -> bool:
        return bool(self.often.any())

    def _place(self, crime: Ints, day: Days) -> Ints:
        return np.searchsorted(self._key, crime * (1 << 32) + day, side="right")

    def _flip(self, crime: Ints, place: Ints) -> Days:
        inside = place < self._start[crime + 1]
        return np.where(inside, np.append(self._day, NEVER)[place], NEVER).astype(np.int32)


def owners(allocations: Allocations, crimes: int, moment: Moment, local: LocalDates) -> "Owners":
    """Who had each case, and when, as at T."""
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


def starts(counts: Ints) -> Ints:
    """Where each of several runs that stand one after another starts, and after them where the last ends."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends


def _last_of_run(*keys: Any) -> Flags:
    """Where a row is the last of those with the same keys, which stand together."""
    last = np.ones(len(keys[0]), dtype=np.bool_)
    last[:-1] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return last
