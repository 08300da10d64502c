"""When a verdict next changes by itself, and when an obligation stopped being owed: the projection needs both.

Days are local dates as whole numbers since 1970-01-01 (int32).
"""

from collections.abc import Iterator

import numpy as np

from compliance.policy.calendars import NEVER, NO_DAY, Days, Ints, to_day
from compliance.policy.intervals import intervals
from compliance.policy.moment import Moment
from compliance.policy.status import Openness, changed_today, status_at
from compliance.policy.takeovers import find_begins
from compliance.policy.verdicts import MET, OVERDUE, PENDING, Clause, Verdicts
from compliance.records.columns import Columns
from compliance.records.instants import to_micros


def wake_on(verdicts: Verdicts) -> Days:
    """Return, for each crime, the local day on which its verdicts next change by themselves, NEVER if they do not.

    Until that day begins, judging the same records gives the same verdicts, except for `days_late`. The day is the
    earliest of:

    - the day after a due date that has not passed (rules 5.2)
    - the local date of a limit in hours that has not passed (A6), which may be today
    - the day after the ends that 3.6 and 4.5 wait for
    - the day after today if a status changed today, because the end of today is not known yet (rules 2.9)
    - the local date of the first fact later than T (rules 2.7), which may be today
    - the day after a requirement takes over, if a chain of the crime may begin then (A5a)

    Who had the case, and what a decline does (rules 5.4), change only with a new fact. `verdicts` must be as known now.
    """
    columns, local = verdicts.columns, verdicts.policy.local
    as_at, today = to_micros(verdicts.as_at), local.day_of(verdicts.as_at)
    wake = np.full(len(columns), NEVER, dtype=np.int32)
    np.minimum.at(wake, verdicts.crime, _deadlines(verdicts, today))
    for requirement in verdicts.policy.requirement:
        if requirement.takes_over and requirement.since and (first := to_day(requirement.since)) >= today:
            begins = columns.victims.crime[find_begins(requirement, verdicts.policy, columns)]
            wake[begins] = np.minimum(wake[begins], first + 1)
    for crime, at in _facts(columns):
        later = at > as_at
        if later.any():
            np.minimum.at(wake, crime[later], local.of(at[later]))
    unsettled = changed_today(columns.statuses, Moment.of(local, verdicts.as_at), local)
    wake[unsettled] = np.minimum(wake[unsettled], today + 1)
    return wake


def find_end_days(verdicts: Verdicts) -> Days:
    """Return, for each verdict, the local day on which the obligation fell away or stopped being owed.

    NO_DAY if it did not, or if the records do not say. The day is the close date (rules 5.6), m (3.6), due + N (4.5),
    the day of the decline (5.4), the due date (4.1) or the day of the cancellation (5.3).
    """
    columns, clause, due, crime = verdicts.columns, verdicts.clause, verdicts.due_date, verdicts.crime
    today = verdicts.policy.local.day_of(verdicts.as_at)
    openness = _openness(verdicts)
    ended = np.full(len(verdicts), NO_DAY, dtype=np.int32)

    def rows(wanted: Clause) -> Ints:
        return np.flatnonzero(clause == wanted)

    at = rows(Clause.SILENCE)
    ended[at] = find_silence_ends(verdicts, at)
    at = rows(Clause.WRITTEN_OFF)
    ended[at] = openness.written_off(crime[at], due[at], verdicts.policy.owed_after_close_days, today)
    at = rows(Clause.CLOSED_WHILE_OVERDUE)
    ended[at] = openness.at(crime[at], due[at])[1]
    at = rows(Clause.NOT_OPEN_WHEN_DUE)
    ended[at] = due[at]
    at = rows(Clause.DECLINED_AFTER_DUE)
    ended[at] = verdicts.policy.local.of(columns.victims.declined_at[verdicts.victim[at]])
    at = rows(Clause.CANCELLED)
    since = status_at(columns.statuses, len(columns), to_micros(verdicts.as_at)).since
    ended[at] = verdicts.policy.local.of(since[crime[at]])
    return ended


def _deadlines(verdicts: Verdicts, today: int) -> Days:
    """Return, for each verdict, the first day on which time alone changes it, NEVER if it does not."""
    state, due, requirement = verdicts.state, verdicts.due_date, verdicts.requirement
    open_only = np.array([r.open_only for r in verdicts.policy.requirement], dtype=np.bool_)[requirement]
    wake = np.full(len(verdicts), NEVER, dtype=np.int32)
    # A met obligation may still lapse when its due date passes (4.1), and the next cycle comes into being then (4.5a).
    waits = (due >= today) & ((state == PENDING) | ((state == MET) & open_only))
    wake[waits] = due[waits] + 1
    by_the_hour = waits & np.array([r.is_in_hours for r in verdicts.policy.requirement], dtype=np.bool_)[requirement]
    wake[by_the_hour] = due[by_the_hour]
    silent = np.flatnonzero((state == OVERDUE) & open_only)
    until = find_silence_ends(verdicts, silent)
    wake[silent] = np.where(until < NEVER, until + 1, NEVER)
    owed = np.flatnonzero((state == OVERDUE) & ~open_only)
    if len(owed):
        openness = _openness(verdicts)
        off = openness.written_off(verdicts.crime[owed], due[owed], verdicts.policy.owed_after_close_days, NEVER)
        wake[owed] = np.where(off < NEVER, off + 1, NEVER)
    return wake


def _facts(columns: Columns) -> Iterator[tuple[Ints, Ints]]:
    """Yield (row of the crime, instant) for every kind of fact that does not exist before its instant (rules 2.7)."""
    victims = columns.victims
    yield np.arange(len(columns)), columns.reported_at
    yield np.arange(len(columns)), columns.recorded_at
    for at in (victims.added_at, victims.declined_at, victims.declined_until):
        yield victims.crime, at
    for rows in (columns.statuses, columns.allocations, columns.updates, columns.events):
        yield rows.crime, rows.at


def find_silence_ends(verdicts: Verdicts, rows: Ints) -> Days:
    """Return due + N of the chosen verdicts: the last day on which an update is in time for the cycle.

    NEVER or later if no cycle follows (rules 4.5, 7.4, 9.6, A1, A3, A5).
    """
    found = np.full(len(rows), NEVER, dtype=np.int32)
    for place, requirement in enumerate(verdicts.policy.requirement):
        some = np.flatnonzero(verdicts.requirement[rows] == place)
        every = intervals(requirement, verdicts.policy, verdicts.columns, verdicts.victim[rows[some]])
        if every is not None:
            due = verdicts.due_date[rows[some]]
            found[some] = every.after(due, due + 1)
    return found


def _openness(verdicts: Verdicts) -> Openness:
    columns = verdicts.columns
    local = verdicts.policy.local
    return Openness(columns.statuses, len(columns), Moment.of(local, verdicts.as_at), local)
