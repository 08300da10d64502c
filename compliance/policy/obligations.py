"""How one requirement is judged for many cases at once: a single obligation, or a chain of cycles.

Days are local dates as whole numbers since 1970-01-01 (int32), `NEVER` where something does not come.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from compliance.policy.calendars import NEVER, NO_DAY, Days, Ints
from compliance.policy.facts import Block, Counted
from compliance.policy.standing import Flags
from compliance.policy.verdicts import EXEMPT, LAPSED, LATE, MET, MISSED, OVERDUE, PENDING, Clause

States = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Owed:
    """Obligations to be judged, one row each, at most one a case: what they run from, and where to look.

    `place` is where the first counted update that is not before the window stands among the counted updates.
    """

    case: Ints
    clock: Days
    opens: Days
    due: Days
    place: Ints

    def take(self, rows: Any) -> "Owed":
        """The rows asked for."""
        return Owed(self.case[rows], self.clock[rows], self.opens[rows], self.due[rows], self.place[rows])


@dataclass(frozen=True, slots=True)
class Found:
    """Obligations judged: a state and the clause that decided for every row of `owed`.

    `discharged` is NO_DAY, and `update` (a row of the columns' updates) -1, where nothing discharged the obligation.
    """

    owed: Owed
    state: States
    clause: States
    discharged: Days
    update: Ints


def waived(block: Block, owed: Owed) -> Found:
    """What is owed to no one: the crime is cancelled, or the victim's category exempt (rules 5.3, 5.5, 5.7, 5.8)."""
    cancelled = block.openness.cancelled[block.cases.crime[owed.case]]
    state = np.where(cancelled, np.int8(LAPSED), np.int8(EXEMPT))
    clause = np.where(cancelled, np.int8(Clause.CANCELLED), np.int8(Clause.CATEGORY))
    nothing = np.full(len(state), NO_DAY, dtype=np.int32)
    return Found(owed, state, clause, nothing, np.full(len(state), -1, dtype=np.int64))


def always_owed(block: Block, counted: Counted, owed: Owed) -> Found:
    """A requirement owed whatever the status until the case is written off (rules 3.2, 3.6), with declines (5.4)."""
    today, due, first = block.moment.today, owed.due, counted.day[owed.place]
    off = block.openness.written_off(block.cases.crime[owed.case], due, block.policy.owed_after_close_days, today)
    discharged = (first < NEVER) & (first <= off)
    state, clause = _outstanding(due < today)
    _set(state, clause, off < NEVER, MISSED, Clause.WRITTEN_OFF)
    _set(state, clause, discharged, LATE, Clause.LATE)
    _set(state, clause, discharged & (first <= due), MET, Clause.MET)
    declined, asked_again = block.cases.declined[owed.case], block.cases.asked_again[owed.case]
    affected = (declined < NEVER) & ~(discharged & (first <= declined)) & (due < asked_again)
    _set(state, clause, affected & (due >= declined), EXEMPT, Clause.DECLINED)
    _set(state, clause, affected & (due < declined) & ~(off < declined), MISSED, Clause.DECLINED_AFTER_DUE)
    return _found(counted, owed, state, clause)


def chain(block: Block, counted: Counted, owed: Owed, repeat: Days | None) -> list[Found]:
    """A requirement owed while the case is open, with its cycles (rules 4.1 to 4.7, 5.4, 5.6): one `Found` a cycle.

    `repeat` is the interval in days of each row, None where the requirement does not repeat (rules 9.6).
    """
    if repeat is None:
        return [_Cycle(block, counted, owed, np.full(len(owed.case), NEVER, dtype=np.int32)).found]
    cycles: list[Found] = []
    while len(owed.case):
        cycle = _Cycle(block, counted, owed, repeat)
        cycles.append(cycle.found)
        clock = cycle.next_clock()
        goes_on = np.flatnonzero(clock < NEVER)
        clock, repeat, place = clock[goes_on], repeat[goes_on], owed.place[goes_on]
        _advance(counted.day, place, clock + 1)
        owed = Owed(owed.case[goes_on], clock, clock + 1, clock + repeat, place)
    return cycles


class _Cycle:
    """One cycle of every chain that has it."""

    def __init__(self, block: Block, counted: Counted, owed: Owed, repeat: Days) -> None:
        self._block, self._day, self._owed = block, counted.day, owed
        today, due, first = block.moment.today, owed.due, counted.day[owed.place]
        self._crime = block.cases.crime[owed.case]
        was_open, self._flips = block.openness.at(self._crime, due)
        self._closes = np.where(was_open, self._flips, np.int32(NEVER))
        self._silent_until = due + repeat
        self._passed = passed = due < today
        in_window = first <= due
        behind = passed & was_open & ~in_window
        late = behind & (first <= np.minimum(self._closes, self._silent_until)) & (first < NEVER)
        self._shut = behind & ~late & (self._closes <= self._silent_until) & (self._closes < NEVER)
        self._silence = behind & ~late & ~self._shut & (self._silent_until < today)
        self._lapsed = passed & ~was_open

        state, clause = _outstanding(passed)
        _set(state, clause, in_window, MET, Clause.MET)
        _set(state, clause, self._lapsed, LAPSED, Clause.NOT_OPEN_WHEN_DUE)
        _set(state, clause, late, LATE, Clause.LATE)
        _set(state, clause, self._shut, MISSED, Clause.CLOSED_WHILE_OVERDUE)
        _set(state, clause, self._silence, MISSED, Clause.SILENCE)
        self._declined, self._asked_again = block.cases.declined[owed.case], block.cases.asked_again[owed.case]
        self._cut = np.zeros(len(due), dtype=np.bool_)
        if (self._declined < NEVER).any():
            self._decline(state, clause, (in_window | late) & (first <= self._declined))
        self.found = _found(counted, owed, state, clause)

    def _decline(self, state: States, clause: States, discharged_before: Flags) -> None:
        """The table of rules 5.4, line by line."""
        declined, due = self._declined, self._owed.due
        affected = (declined < NEVER) & ~discharged_before & (due < self._asked_again)
        exempt = affected & (due >= declined)
        # Had it become missed before X, the chain goes on as it would have; an update after X comes too late for that.
        gone = (self._shut & (self._closes < declined)) | (self._silence & (self._silent_until < declined))
        missed = affected & (due < declined) & ~self._lapsed & ~gone
        _set(state, clause, exempt, EXEMPT, Clause.DECLINED)
        _set(state, clause, missed, MISSED, Clause.DECLINED_AFTER_DUE)
        self._cut = exempt | missed

    def next_clock(self) -> Days:
        """The clock date of each chain's next cycle (rules 4.4 to 4.6, 5.4), NEVER where it does not go on now."""
        state, due = self.found.state, self._owed.due
        clock = np.full(len(due), NEVER, dtype=np.int32)
        born = clock.copy()  # the date on which the next cycle comes into being
        met = np.flatnonzero((state == MET) & self._passed)
        clock[met] = _last_in_window(self._day, self._owed.place[met], due[met])
        born[met] = due[met] + 1
        late = np.flatnonzero(state == LATE)
        clock[late] = born[late] = self.found.discharged[late]
        silent = np.flatnonzero(self._silence & ~self._cut)
        clock[silent], born[silent] = due[silent], self._silent_until[silent]
        lapsed = np.flatnonzero(state == LAPSED)
        clock[lapsed] = born[lapsed] = self._flips[lapsed]
        shut = np.flatnonzero(self._shut & ~self._cut)
        if len(shut):
            _, reopens = self._block.openness.at(self._crime[shut], self._closes[shut])
            clock[shut] = born[shut] = reopens
        if (self._declined < NEVER).any():
            ended = self._cut | ((born > self._declined) & (born < self._asked_again) & (born < NEVER))
            asked_again = np.where(self._asked_again <= self._block.moment.today, self._asked_again, np.int32(NEVER))
            clock = np.where(ended, asked_again, clock)
        return clock


def _outstanding(passed: Flags) -> tuple[States, States]:
    """State and clause of what nothing has discharged (rules 2.7, section 5)."""
    state = np.where(passed, np.int8(OVERDUE), np.int8(PENDING))
    return state, np.where(passed, np.int8(Clause.OUTSTANDING), np.int8(Clause.NOT_YET_DUE))


def _set(state: States, clause: States, where: Flags, new_state: int, new_clause: Clause) -> None:
    state[where] = new_state
    clause[where] = new_clause


def _found(counted: Counted, owed: Owed, state: States, clause: States) -> Found:
    done = (state == MET) | (state == LATE)
    discharged = np.where(done, counted.day[owed.place], np.int32(NO_DAY))
    return Found(owed, state, clause, discharged, np.where(done, counted.row[owed.place], -1))


def _advance(day: Days, place: Ints, opens: Days) -> None:
    """Move each place forward, where it stands, to the first day that is not before its window."""
    live = np.flatnonzero(day[place] < opens)
    while len(live):
        place[live] += 1
        live = live[day[place[live]] < opens[live]]


def _last_in_window(day: Days, place: Ints, due: Days) -> Days:
    """The last day on or before each due date, from a place whose day is."""
    at = place.copy()
    live = np.arange(len(at))
    while len(live := live[day[at[live] + 1] <= due[live]]):
        at[live] += 1
    return day[at]
