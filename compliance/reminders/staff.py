"""The weekly list of supervisors and champions: what their mails of the week's first morning say besides what is stuck.

what is stuck is mentioned again on the day of the list (stages) -> whose it is, since when, who is away (digest)
    -> officers with repeated misses, as a matter for support: to those above them alone, never in a report
"""

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
from compliance.reminders.owed import SETTLED
from compliance.reminders.routing import is_absent
from compliance.reminders.stages import Situation
from compliance.store import Store, load_crimes
from compliance.store.tables import Obligation, OfficerRow

SPAN: Final = timedelta(days=28)
"""Misses are counted over so long."""


@dataclass(frozen=True, slots=True)
class Support:
    """An officer with repeated misses: how many."""

    officer: str
    team: str | None
    misses: int


def support_for(store: Store, policy: Policy, about: Situation) -> dict[str, tuple[Support, ...]]:
    """Leader -> the officers below with `repeated_misses` and more in the last 28 days, the most first; of the leaders
    whose list has not gone out.

    A miss is an update of a crime not given when it fell due, whatever the number of victims, as judged at the
    beginning of the day of the list: late, missed, or overdue for so long that the supervisor is told of it (the
    list does not overtake the ladder). It counts for whoever had the case when it fell due, if they had had it for
    4 days and more, not counting days of absence.
    """
    if about.list_day is None or about.silence or about.recovering:
        return {}  # on old data, or before officers had a day to record what they did
    misses = _misses(store, policy, about, about.list_day)
    found: dict[str, list[Support]] = {}
    for ref, count in sorted(misses.items(), key=lambda item: (-item[1], item[0])):
        officer = about.officers[ref]
        if count >= about.rules.repeated_misses:
            for leader in about.directory.leaders_of(officer):
                if about.owes_list(leader):
                    found.setdefault(leader, []).append(Support(ref, officer.team, count))
    return {leader: tuple(officers) for leader, officers in found.items()}


def _misses(store: Store, policy: Policy, about: Situation, today: date) -> Counter[str]:
    """How many updates each officer of the directory missed."""
    first = max(today - SPAN, about.rules.due_from)
    due = col(Obligation.due_date).between(first, today - timedelta(days=1))
    failed = col(Obligation.state).in_(("overdue", "late", "missed"))
    with store.session(reading=True) as session:
        refs = sorted(session.exec(select(Obligation.crime_ref).where(due, failed).distinct()).all())
    verdicts = judge(columns(load_crimes(store, refs)), policy, policy.local.start_of(today))
    return Counter(officer for officer, *_ in set(_missed_by(verdicts, first, today, about)))


def _missed_by(verdicts: Verdicts, first: date, today: date, about: Situation) -> Iterator[tuple[str, int, int, int]]:
    """Of every miss that counts: officer, crime, requirement and cycle."""
    victims, ids = verdicts.columns.victims, [requirement.id for requirement in verdicts.policy.requirement]
    owner, local = verdicts.owner("officer"), verdicts.policy.local
    failed = np.isin(verdicts.state, (OVERDUE, LATE, MISSED)) & (owner.codes >= 0)
    failed &= (verdicts.due_date >= to_day(first)) & (verdicts.due_date < to_day(today))
    reported, allocated = local.of(verdicts.columns.reported_at), local.of(verdicts.columns.allocations.at)
    for row in np.flatnonzero(failed).tolist():
        category = victims.category.codes[verdicts.victim[row]]
        named = victims.category.values[category] if category >= 0 else None
        patience = about.rules.ladder_for(ids[int(verdicts.requirement[row])], named).supervisor_days
        if verdicts.state[row] == OVERDUE and to_day(today) - int(verdicts.due_date[row]) < patience:
            continue
        ref = owner.values[int(owner.codes[row])]
        told = _first_with(verdicts, int(verdicts.allocation[row]))
        had = int(allocated[told] if told >= 0 else reported[verdicts.crime[row]])
        since, officer = max(had, int(verdicts.clock_date[row])), about.officers.get(ref)
        if officer and _was_there(officer, since, int(verdicts.due_date[row])):
            yield ref, int(verdicts.crime[row]), int(verdicts.requirement[row]), int(verdicts.cycle[row])


def _first_with(verdicts: Verdicts, allocation: int) -> int:
    """The allocation by which an officer got a case, however often it was allocated to them since; -1 as it is."""
    told = verdicts.columns.allocations
    while (
        allocation > 0
        and told.crime[allocation - 1] == told.crime[allocation]
        and (told.officer.codes[allocation - 1] == told.officer.codes[allocation])
    ):
        allocation -= 1
    return allocation


def _was_there(officer: OfficerRow, since: int, due: int) -> bool:
    """Whether an officer who had a case from one day to another was present on `SETTLED` and more of them."""
    count = 0
    for day in range(since, due + 1):
        count += not is_absent(officer, from_day(day))
        if count == SETTLED:
            return True
    return False
