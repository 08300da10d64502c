"""The crimes that can matter to a period, so that a past one is not judged on every crime held (decision 0053)."""

from datetime import datetime
from typing import Final

import numpy as np

from compliance.policy import Policy
from compliance.policy.calendars import NEVER, Days, Ints
from compliance.policy.requirement import Within
from compliance.policy.status import shut_since
from compliance.records.columns import Columns
from compliance.records.instants import NONE, to_micros
from compliance.reports.periods.spans import Span

_HOURS: Final = 24
_HOLIDAYS: Final = 60
"""More days than can be lost to holidays in any row of working days."""


def find_relevant(columns: Columns, policy: Policy, period: Span, instant: datetime) -> Ints:
    """Return the rows of the crimes that can matter to a settled period, as at an aware instant after it.

    A crime is left out if it was not reported by then, or if it was shut by the first day of the period and has been
    since, was written off before the instant (rules 3.6), and nothing that is owed regardless of its status could be
    due in the period. Such a crime has no obligation in the period's rates, none outstanding and no silent victim.
    """
    local, (first, _), as_at = policy.local, period.days, to_micros(instant)
    today = local.day_of(instant)
    since = shut_since(columns.statuses, len(columns), as_at)
    shut = np.where(since == NONE, np.int32(NEVER), local.of(since))
    done = (shut <= first) & (shut < today - policy.owed_after_close_days)
    done &= _last_start(columns, policy) < _earliest_start(policy, first)
    return np.flatnonzero((columns.reported_at <= as_at) & ~done)


def _last_start(columns: Columns, policy: Policy) -> Days:
    """Return the last day on which anything in each crime could start a clock."""
    last = columns.reported_at.copy()
    for table, at in ((columns.victims, columns.victims.added_at), (columns.events, columns.events.at)):
        np.maximum.at(last, table.crime, at)
    return policy.local.of(last)


def _earliest_start(policy: Policy, day: int) -> int:
    """Return the first day from which what is owed regardless of the crime's status could be due on a day or later."""
    limits: list[Within] = []
    for requirement in policy.requirement:
        if not requirement.open_only:
            limits += [requirement.within_for(None), requirement.within_for("enhanced")]
    return min((_start_for(policy, limit, day) for limit in limits), default=NEVER)


def _start_for(policy: Policy, limit: Within, day: int) -> int:
    if limit.hours is not None:
        return day - limit.hours // _HOURS - 1
    if limit.days is not None:
        return day - limit.days
    working = limit.working_days or 0
    starts = np.arange(day - 3 * working - _HOLIDAYS, day, dtype=np.int32)
    later = np.flatnonzero(policy.working.add_working_days(starts, working) >= day)
    return int(starts[later[0]]) if len(later) else day
