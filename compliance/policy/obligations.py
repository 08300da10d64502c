"""How one requirement is judged for many cases at once: as a single obligation, or as a chain of cycles.

Days are local dates as whole numbers since 1970-01-01 (int32), `NEVER` for a day that does not come.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import NEVER, NO_DAY, Days, Ints
from compliance.policy.facts import Block, Counted, Places, advance
from compliance.policy.hours import is_in_time
from compliance.policy.intervals import Intervals, is_known
from compliance.policy.moment import Moment
from compliance.policy.status import Flags
from compliance.policy.verdicts import Clause

Clauses = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class OpenObligations:
    """Obligations to be judged, one row each: what they run from, and where to look for updates.

    A case has at most one, except under a requirement whose clock is an event. `place`: where the first counted update
    that is not before the window stands among the counted updates. `limit`, only for a requirement in hours: the last
    instant that is on time, in microseconds; `due` is its local date (A6).
    """

    case: Ints
    clock: Days
    opens: Days
    due: Days
    place: Ints
    limit: Ints | None = None

    def take(self, rows: Any) -> "OpenObligations":
        """Return the chosen rows."""
        limit = None if self.limit is None else self.limit[rows]
        return OpenObligations(
            self.case[rows], self.clock[rows], self.opens[rows], self.due[rows], self.place[rows], limit
        )

    def has_passed(self, moment: Moment) -> Flags:
        """Return whether each due date has passed (rules 2.7); in hours, whether T is later than `limit` (A6)."""
        return self.due < moment.today if self.limit is None else self.limit < moment.as_at


@dataclass(frozen=True, slots=True)
class Found:
    """Judged obligations: for each row of `owed`, the clause that decided it and so its state.

    If nothing discharged the obligation, `discharged` is NO_DAY and `update` (a row of the columns' updates) is -1.
    """

    owed: OpenObligations
    clause: Clauses
    discharged: Days
    update: Places

    def take(self, rows: Any) -> "Found":
        """Return the chosen rows."""
        return Found(self.owed.take(rows), self.clause[rows], self.discharged[rows], self.update[rows])


def waive(block: Block, owed: OpenObligations) -> Found:
    """Judge what is owed to no one: the crime is cancelled, or the category exempt (rules 5.3, 5.5, 5.7, 5.8)."""
    cancelled = block.openness.cancelled[block.cases.crime[owed.case]]
    clause = np.where(cancelled, np.int8(Clause.CANCELLED), np.int8(Clause.CATEGORY))
    nothing = np.full(len(clause), NO_DAY, dtype=np.int32)
    return Found(owed, clause, nothing, np.full(len(clause), -1, dtype=np.int32))


def always_owed(block: Block, counted: Counted, owed: OpenObligations) -> Found:
    """Judge a requirement that is owed whether the case is open or closed, until it is written off (rules 3.2, 3.6).

    Declines are considered (5.4).
    """
    today, due, first = block.moment.today, owed.due, counted.day[owed.place]
    off = block.openness.written_off(block.cases.crime[owed.case], due, block.policy.owed_after_close_days, today)
    discharged = (first < NEVER) & (first <= off)
    clause = _outstanding_clause(owed.has_passed(block.moment))
    _set(clause, off < NEVER, Clause.WRITTEN_OFF)
    _set(clause, discharged, Clause.LATE)
    _set(clause, discharged & is_in_time(block, counted, owed.place, due, owed.limit), Clause.MET)
    declined, asked_again = block.cases.declined[owed.case], block.cases.asked_again[owed.case]
    if (declined < NEVER).any():
        affected = (declined < NEVER) & ~(discharged & (first <= declined)) & (due < asked_again)
        _set(clause, affected & (due >= declined), Clause.DECLINED)
        _set(clause, affected & (due < declined) & ~(off < declined), Clause.DECLINED_AFTER_DUE)
    return _settle(counted, owed, clause)


@dataclass(frozen=True, slots=True)
class Chains:
    """The judged cycles of chains, and the chains that have to go on elsewhere.

    `cycles`: one `Found` for each cycle number. `unknown`: the cases whose chain needs a date that the calendar does
    not know; they are in no cycle. `clock`: the day from which that date would be counted (rules 6.1a, A3). `over`: the
    cases whose next cycle is another requirement's. `over_clock`: its clock date. `over_earliest`: the day after the
    due date of the cycle before (A5).
    """

    cycles: list[Found]
    unknown: Ints
    clock: Days
    over: Ints
    over_clock: Days
    over_earliest: Days


def chain(
    block: Block, counted: Counted, owed: OpenObligations, repeat: Intervals | None, last_start: int = NEVER
) -> Chains:
    """Judge a requirement that is owed while the case is open, with its cycles (rules 4.1 to 4.7, 5.4, 5.6).

    `repeat` is the interval of each row, None if the requirement does not repeat (rules 9.6). A cycle whose clock date
    would be later than `last_start` is another requirement's (A5).
    """
    if repeat is None:
        found = _Cycle(block, counted, owed, Intervals.never(len(owed.case))).found
        no_case, no_day = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
        return Chains([found], no_case, no_day, no_case, no_day, no_day)
    cycles: list[Found] = []
    asides: list[tuple[Ints, Days]] = []
    over: list[tuple[Ints, Days]] = []
    earliest = [np.empty(0, dtype=np.int32)]
    while len(owed.case):
        cycle = _Cycle(block, counted, owed, repeat)
        cycles.append(cycle.found)
        clock = cycle.next_clock()
        start = np.maximum(clock, owed.due + 1)
        beyond = (start > last_start) & (clock < NEVER)
        over.append((owed.case[beyond], clock[beyond]))
        earliest.append(owed.due[beyond] + 1)
        clock[beyond] = NEVER
        due = repeat.after(np.where(clock < NEVER, clock, owed.due))
        unknown = (clock < NEVER) & ~is_known(due)
        asides += [(owed.case[cycle.unknown], owed.due[cycle.unknown]), (owed.case[unknown], clock[unknown])]
        goes_on = np.flatnonzero((clock < NEVER) & ~unknown)
        clock, due, repeat, owed = clock[goes_on], due[goes_on], repeat.take(goes_on), owed.take(goes_on)
        # A first window may open long after its due date (7.4, 9.4). The next window then opens before the first.
        place = np.where(clock + 1 < owed.opens, counted.start[owed.case], owed.place)
        advance(counted.day, place, clock + 1)
        owed = OpenObligations(owed.case, clock, clock + 1, due, place)
    aside = _join(asides)
    return Chains(_without_unknown(cycles, aside[0]), *aside, *_join(over), np.concatenate(earliest))


def _without_unknown(cycles: list[Found], unknown: Ints) -> list[Found]:
    """Return the cycles without the cases that have an unknown date: none of theirs is judged (rules 6.1a)."""
    if len(unknown):
        cycles = [cycle.take(np.flatnonzero(~np.isin(cycle.owed.case, unknown))) for cycle in cycles]
    return cycles


def _join(parts: list[tuple[Ints, Days]]) -> tuple[Ints, Days]:
    """Join the cases of several cycles, each with a day."""
    case = np.concatenate([np.empty(0, np.int64), *(part for part, _ in parts)])
    return case, np.concatenate([np.empty(0, np.int32), *(day for _, day in parts)]).astype(np.int32)


class _Cycle:
    """One cycle, for every chain that has it."""

    def __init__(self, block: Block, counted: Counted, owed: OpenObligations, repeat: Intervals) -> None:
        self._block, self._day, self._owed = block, counted.day, owed
        today, due, self._first = block.moment.today, owed.due, counted.day[owed.place]
        self._crime = block.cases.crime[owed.case]
        self._passed = due < today
        was_open, self._flips = block.openness.at(self._crime, due)
        self._silent_until = repeat.after(due, due + 1)
        self.unknown: Ints = np.empty(0, dtype=np.int64)
        """The rows whose silence cannot be counted because the calendar does not know its end (rules 6.1a)."""
        clause = np.where(self._first <= due, np.int8(Clause.MET), np.int8(Clause.OUTSTANDING))
        _set(clause, ~was_open, Clause.NOT_OPEN_WHEN_DUE)
        self._behind(clause)
        pending = np.flatnonzero(~self._passed)
        in_window = self._first[pending] <= due[pending]
        clause[pending] = np.where(in_window, np.int8(Clause.MET), np.int8(Clause.NOT_YET_DUE))
        self._declined, self._asked_again = block.cases.declined[owed.case], block.cases.asked_again[owed.case]
        self._any_declined = bool((self._declined < NEVER).any())
        if self._any_declined:
            clause = self._decline(clause)
        self.found = _settle(counted, owed, clause)

    def _behind(self, clause: Clauses) -> None:
        """Set the clause of the cycles that were open and not discharged when due (rules 4.3, 4.5, 5.6)."""
        rows = np.flatnonzero(clause == Clause.OUTSTANDING)
        first, closes, silent_until = self._first[rows], self._flips[rows], self._silent_until[rows]
        self.unknown = rows[~is_known(silent_until) & self._passed[rows]]
        until = np.minimum(closes, silent_until)
        came = clause[rows]
        _set(came, silent_until < self._block.moment.today, Clause.SILENCE)
        _set(came, (closes <= silent_until) & (closes < NEVER), Clause.CLOSED_WHILE_OVERDUE)
        _set(came, (first <= until) & (first < NEVER), Clause.LATE)
        clause[rows] = came

    def _decline(self, clause: Clauses) -> Clauses:
        """Return the clauses after the table of rules 5.4, line by line."""
        declined, due, first = self._declined, self._owed.due, self._first
        discharged = (first <= due) | (clause == Clause.LATE)
        affected = (declined < NEVER) & ~(discharged & (first <= declined)) & (due < self._asked_again)
        # If it had become missed before X, the chain goes on as if no one had declined; no update after X changes that.
        gone = (clause == Clause.CLOSED_WHILE_OVERDUE) & (self._flips < declined)
        gone |= (clause == Clause.SILENCE) & (self._silent_until < declined)
        lapsed = clause == Clause.NOT_OPEN_WHEN_DUE
        judged = clause.copy()
        _set(judged, affected & (due >= declined), Clause.DECLINED)
        _set(judged, affected & (due < declined) & ~lapsed & ~gone, Clause.DECLINED_AFTER_DUE)
        return judged

    def next_clock(self) -> Days:
        """Return the clock date of each chain's next cycle (rules 4.4 to 4.6, 5.4), NEVER if it does not go on now."""
        clause, due = self.found.clause, self._owed.due
        clock = np.full(len(due), NEVER, dtype=np.int32)
        met = np.flatnonzero((clause == Clause.MET) & self._passed)
        clock[met] = _last_in_window(self._day, self._owed.place[met], due[met])
        late = np.flatnonzero(clause == Clause.LATE)
        clock[late] = self._first[late]
        silent = np.flatnonzero(clause == Clause.SILENCE)
        clock[silent] = due[silent]
        lapsed = np.flatnonzero(clause == Clause.NOT_OPEN_WHEN_DUE)
        clock[lapsed] = self._flips[lapsed]
        shut = np.flatnonzero(clause == Clause.CLOSED_WHILE_OVERDUE)
        if len(shut):
            _, clock[shut] = self._block.openness.at(self._crime[shut], self._flips[shut])
        if self._any_declined:
            # The date on which the next cycle comes into being: after a met one, the day after its due date; after a
            # silent one, the end of the silence; otherwise its clock date.
            born = clock.copy()
            born[met], born[silent] = due[met] + 1, self._silent_until[silent]
            ended = (clause == Clause.DECLINED) | (clause == Clause.DECLINED_AFTER_DUE)
            ended |= (born > self._declined) & (born < self._asked_again) & (born < NEVER)
            asked_again = np.where(self._asked_again <= self._block.moment.today, self._asked_again, np.int32(NEVER))
            clock = np.where(ended, asked_again, clock)
        clock[self.unknown] = NEVER
        return clock


def _outstanding_clause(passed: Flags) -> Clauses:
    """Return the clause of obligations that nothing has discharged (rules 2.7, section 5)."""
    return np.where(passed, np.int8(Clause.OUTSTANDING), np.int8(Clause.NOT_YET_DUE))


def _set(clause: Clauses, where: Flags, to: Clause) -> None:
    np.putmask(clause, where, np.int8(to))


def _settle(counted: Counted, owed: OpenObligations, clause: Clauses) -> Found:
    discharged = np.full(len(clause), NO_DAY, dtype=np.int32)
    update = np.full(len(clause), -1, dtype=np.int32)
    done = np.flatnonzero((clause == Clause.MET) | (clause == Clause.LATE))
    place = owed.place[done]
    discharged[done], update[done] = counted.day[place], counted.row[place]
    return Found(owed, clause, discharged, update)


def _last_in_window(day: Days, place: Ints, due: Days) -> Days:
    """Return the last day on or before each due date, starting from a place whose own day is."""
    at = place.copy()
    live = np.arange(len(at))
    while len(live := live[day[at[live] + 1] <= due[live]]):
        at[live] += 1
    return day[at]
