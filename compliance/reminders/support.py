"""Officers with repeated misses, told to their supervisor and champion as a matter for support; never to the board."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from sqlmodel import col, select

from compliance.policy import Policy, Verdicts, judge
from compliance.policy.calendars import from_day, to_day
from compliance.policy.verdicts import LATE, MISSED, OVERDUE
from compliance.records import columns
from compliance.reminders.routing import is_absent
from compliance.reminders.rules import is_list_day
from compliance.reminders.stages import Situation
from compliance.store import Store, load_crimes
from compliance.store.tables import Obligation, OfficerRow

SPAN: Final = timedelta(days=28)
"""Misses are counted over so long."""
HELD_DAYS: Final = 4
"""Only what an officer had for so many days while present counts as their own."""


@dataclass(frozen=True, slots=True)
class Support:
    """An officer with repeated misses, as a matter for support."""

    officer: str
    misses: int


def support_for(store: Store, policy: Policy, about: Situation) -> dict[str, tuple[Support, ...]]:
    """Leader -> the officers with `rules.misses` and more misses in the last 28 days, on the day of their list; nothing
    on other days.

    A miss is an obligation that was not met when it fell due, counted against whoever had the case at the end of the
    due date, if they had had it for 4 days and more, not counting days of absence.
    """
    if not is_list_day(policy, about.rules, about.today):
        return {}
    first = max(about.today - SPAN, about.rules.due_from)
    with store.session(reading=True) as session:
        due = col(Obligation.due_date).between(first, about.today - timedelta(days=1))
        failed = col(Obligation.state).in_(("overdue", "late", "missed"))
        refs = sorted(session.exec(select(Obligation.crime_ref).where(due, failed).distinct()).all())
    verdicts = judge(columns(load_crimes(store, refs)), policy, policy.local.start_of(about.today))
    misses = Counter(_missed_by(verdicts, first, about))
    found: dict[str, list[Support]] = {}
    for ref, count in sorted(misses.items(), key=lambda item: (-item[1], item[0])):
        officer = about.officers.get(ref)
        if count < about.rules.misses or officer is None:
            continue
        for leader in about.directory.leaders_of(officer):
            found.setdefault(leader, []).append(Support(ref, count))
    return {leader: tuple(officers) for leader, officers in found.items()}


def _missed_by(verdicts: Verdicts, first: date, about: Situation) -> Iterator[str]:
    """The officer of every miss."""
    owner, local = verdicts.owner("officer"), verdicts.policy.local
    failed = np.isin(verdicts.state, (OVERDUE, LATE, MISSED)) & (owner.codes >= 0)
    failed &= (verdicts.due_date >= to_day(first)) & (verdicts.due_date < to_day(about.today))
    since = local.of(verdicts.columns.reported_at)[verdicts.crime]
    told = verdicts.allocation >= 0
    since[told] = local.of(verdicts.columns.allocations.at)[verdicts.allocation[told]]
    since = np.maximum(since, verdicts.clock_date)
    for row in np.flatnonzero(failed).tolist():
        ref = owner.values[int(owner.codes[row])]
        officer = about.officers.get(ref)
        if officer and _present_days(officer, int(since[row]), int(verdicts.due_date[row])) >= HELD_DAYS:
            yield ref


def _present_days(officer: OfficerRow, since: int, due: int) -> int:
    """Days, of those up to a due date, on which an officer had a case and was there; no more than are asked for."""
    count = 0
    for day in range(since, due + 1):
        count += not is_absent(officer, from_day(day))
        if count == HELD_DAYS:
            break
    return count
