"""How a crime stands: at an instant, at the end of a day, and since when it has been shut (rules 2.7, 2.9).

A crime is shut while it is closed or cancelled. Nothing else reads changes of status. Days are local dates as whole
numbers since 1970-01-01 (int32), `NEVER` for a day that does not come; instants are microseconds since 1970 in UTC,
`NONE` if absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import NEVER, Days, Ints, LocalDates
from compliance.policy.moment import Moment
from compliance.records.columns import CANCELLED, CLOSED, OPEN, Statuses
from compliance.records.instants import NONE, parse_instants
from compliance.records.ordering import by_instant
from compliance.records.wire import StatusChange

Flags = npt.NDArray[np.bool_]
STATUS_NAMES: Final = {OPEN: "open", CLOSED: "closed", CANCELLED: "cancelled"}
_KINDS: Final = {name: kind for kind, name in STATUS_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Status:
    """How each crime stands.

    `kind`: OPEN, CLOSED or CANCELLED. `since`: the instant of the change that made it so, NONE if it has been open
    since the report.
    """

    kind: npt.NDArray[np.int8]
    since: Ints


def statuses_of(changes: Sequence[Sequence[StatusChange] | None]) -> Statuses:
    """Return the changes of status of checked records as columns for the engine.

    Of changes at the same instant, the later one in the record comes last (rules 2.9).
    """
    every = list(chain.from_iterable(filter(None, changes)))
    crime = np.repeat(np.arange(len(changes)), [len(each or ()) for each in changes])
    kind = np.array([_KINDS[change.status] for change in every], dtype=np.int8)
    return by_instant(Statuses(crime, parse_instants([change.at for change in every])[0], kind))


def status_at(statuses: Statuses, crimes: int, as_at: int | None) -> Status:
    """Return how each crime stands at an instant in microseconds, or after its last change if that is None.

    Its last change at or before the instant decides; without one it is open (rules 2.7, 2.9). `crimes`: the number of
    crimes.
    """
    statuses = changes_by(statuses, as_at)
    kind, since = np.full(crimes, OPEN, dtype=np.int8), np.full(crimes, NONE, dtype=np.int64)
    last = _last_of_run(statuses.crime)
    crime = statuses.crime[last]
    kind[crime], since[crime] = statuses.kind[last], statuses.at[last]
    return Status(kind, since)


def shut_since(statuses: Statuses, crimes: int, as_at: int | None) -> Ints:
    """Return the instant since which each crime has been shut, NONE if it is open (rules 2.9).

    It is the instant of the change that closed or cancelled the crime, after which nothing opened it again up to
    `as_at`, in microseconds (None: to the end of the record). `crimes`: the number of crimes.
    """
    statuses = changes_by(statuses, as_at)
    shuts = (statuses.kind != OPEN) & ~_shut_before(statuses.crime, statuses.kind != OPEN)
    since = np.full(crimes, NONE, dtype=np.int64)
    since[statuses.crime[shuts]] = statuses.at[shuts]  # in order of time, so the last of each remains
    since[status_at(statuses, crimes, None).kind == OPEN] = NONE
    return since


def changes_by(statuses: Statuses, as_at: int | None) -> Statuses:
    """Return the changes that exist at an instant in microseconds: those at or before it (rules 2.7). None: all."""
    if as_at is not None and len(statuses) and int(statuses.at.max()) > as_at:
        return statuses.take(statuses.at <= as_at)
    return statuses


def last_of_day(statuses: Statuses, day: Days) -> Flags:
    """Return which changes are the last of their crime on their local day.

    They decide how it stands at the end of that day (rules 2.9).
    """
    return _last_of_run(statuses.crime, day)


def changed_today(statuses: Statuses, moment: Moment, local: LocalDates) -> Ints:
    """Return the crimes whose status has changed today: the end of today decides, and is not known yet (rules 2.9)."""
    statuses = changes_by(statuses, moment.as_at)
    return statuses.crime[local.of(statuses.at) == moment.today]


class Openness:
    """Whether each crime was open at the end of a day before today (rules 2.9)."""

    def __init__(self, statuses: Statuses, crimes: int, moment: Moment, local: LocalDates) -> None:
        """Take the status changes, of which only those at or before T are used. `crimes`: the number of crimes."""
        statuses = changes_by(statuses, moment.as_at)
        crime, kind = statuses.crime, statuses.kind
        self.cancelled: Flags = status_at(statuses, crimes, None).kind == CANCELLED
        """Which crimes are cancelled as at T (rules 5.3)."""
        day = local.of(statuses.at)
        # The end of today is not known yet. On each earlier day the last change decides.
        keep = last_of_day(statuses, day) & (day < moment.today)
        crime, day, shut = crime[keep], day[keep], kind[keep] != OPEN
        flips = shut != _shut_before(crime, shut)
        self._crime, self._day = crime[flips], day[flips]
        counts = np.bincount(self._crime, minlength=crimes)
        self._start = starts(counts)
        # Nearly every crime closes and reopens at most once. Two columns answer for those, a search for the others.
        self.closes, self.reopens = np.full(crimes, NEVER, np.int32), np.full(crimes, NEVER, np.int32)
        self.closes[counts > 0] = self._day[self._start[:-1][counts > 0]]
        self.reopens[counts > 1] = self._day[self._start[:-1][counts > 1] + 1]
        self.often = counts > 2
        self._key = self._crime * (1 << 32) + self._day

    def at(self, crime: Ints, day: Days) -> tuple[Flags, Days]:
        """Return whether each crime was open at the end of its day, and the next day at whose end that changes.

        NEVER if it does not change before today.
        """
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
        """Return the first day after each due date on which the case is written off (rules 3.6).

        It is the first at whose end the case was not open, and had not been at the end of any of the `shut_for` days
        before. NEVER if there is none before `today`.
        """
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


def starts(counts: Ints) -> Ints:
    """Return the start of each of several consecutive runs and, as a last element, the end of the last one."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return ends


def _last_of_run(*keys: Any) -> Flags:
    """Return which rows are the last of a run of rows with the same keys."""
    last = np.ones(len(keys[0]), dtype=np.bool_)
    last[:-1] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return last


def _shut_before(crime: Ints, shut: Flags) -> Flags:
    """Return which rows follow a row that left the same crime shut: a crime is open until something shuts it."""
    before = np.zeros(len(shut), dtype=np.bool_)
    before[1:] = shut[:-1] & (crime[1:] == crime[:-1])
    return before
