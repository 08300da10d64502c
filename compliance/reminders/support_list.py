"""The support section of the weekly list to supervisors and champions.

Overdue updates are repeated on the day of the list (`compliance.reminders.decisions`), with who has them, since when,
and who is away (`compliance.reminders.emails`). The list adds officers with repeated misses, as a matter for support.
It goes only to their supervisors and champions, and never into a report.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, cast

import numpy as np
from sqlmodel import col, select

from compliance.policy import Policy, Verdicts, judge
from compliance.policy.allocation import first_with
from compliance.policy.calendars import from_day, to_day
from compliance.policy.facts import Block
from compliance.policy.moment import Moment
from compliance.policy.verdicts import LATE, MISSED, OVERDUE, Clause
from compliance.policy.wake import find_silence_ends
from compliance.records import columns
from compliance.reminders.history import read_notified_before, spells
from compliance.reminders.ladder import CaseOfficer, find_day_reached
from compliance.reminders.morning import Morning
from compliance.reminders.owed import SETTLED, Became, Key, Owed
from compliance.reminders.recipients import is_absent
from compliance.reminders.waiting import Waiting, find_waiting
from compliance.store import Store, load_crimes
from compliance.store.database.dialect import chunks
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import Obligation

SPAN: Final = timedelta(days=28)
"""The period over which misses are counted."""
NAMED: Final = 5
"""The most officers that one list names."""
_FAILED: Final = ("overdue", "late", "missed")
_Update = tuple[str, str, int]
"""An update owed to the victims of a crime: crime, requirement and cycle."""


@dataclass(frozen=True, slots=True)
class Support:
    """An officer with repeated misses: how many, of how many updates that fell due in their cases."""

    officer: str
    team: str | None
    misses: int
    due: int

    @property
    def _rank(self) -> tuple[float, int, str]:
        """Return the sort key: the largest share first, then the most misses."""
        return -self.misses / self.due, -self.misses, self.officer


def support_for(store: Store, policy: Policy, about: Morning) -> dict[str, tuple[Support, ...]]:
    """Return the officers with at least `repeated_misses` misses in the last 28 days, at most `NAMED`, by leader.

    Those come first who missed the largest share of the updates that fell due in their cases: a raw count would name
    whoever has the most cases. A leader is a supervisor or champion; only those whose list has not gone out are
    included. A miss is an update of a crime not given by its due date, regardless of the number of victims, as judged
    at the start of the day of the list: late, missed or overdue.

    A miss counts for the officer who had the case at the due date, if they had had it for at least 4 days while present
    and could act on it for at least 4 days after the due date (`compliance.reminders.ladder`). If it is still overdue,
    they must have had as long as it takes until the supervisor is notified, so that the list does not overtake the
    ladder.
    """
    if about.list_day is None or about.silence or about.recovering:
        return {}  # on old data, or before officers had a day to record what they did
    misses: dict[str, set[_Update]] = defaultdict(set)
    for ref, update in _misses(store, policy, about, about.list_day):
        misses[ref].add(update)
    misses = {ref: missed for ref, missed in misses.items() if len(missed) >= about.rules.repeated_misses}
    due = _list_due(store, about, about.list_day, misses)
    found: dict[str, list[Support]] = defaultdict(list)
    for ref, missed in misses.items():
        officer = about.officers[ref]
        support = Support(ref, officer.team, len(missed), len(missed | due.get(ref, set())))
        for leader in filter(about.owes_list, about.directory.leaders_of(officer)):
            found[leader].append(support)
    return {leader: tuple(sorted(officers, key=lambda each: each._rank)[:NAMED]) for leader, officers in found.items()}


def _first_day(about: Morning, today: date) -> date:
    """Return the first due date that counts."""
    return max(today - SPAN, about.rules.due_from)


def _list_due(store: Store, about: Morning, today: date, officers: Collection[str]) -> dict[str, set[_Update]]:
    """Return the updates that fell due in the cases that some officers have now, by officer."""
    due = col(Obligation.due_date).between(_first_day(about, today), today - timedelta(days=1))
    asked = select(Obligation.officer_ref, Obligation.crime_ref, Obligation.requirement, Obligation.cycle).distinct()
    asked = asked.where(due, col(Obligation.state).in_((*_FAILED, "met")))
    found: dict[str, set[_Update]] = defaultdict(set)
    with store.session(reading=True) as session:
        for part in chunks(sorted(officers)):
            for officer, *update in session.exec(asked.where(col(Obligation.officer_ref).in_(part))):
                found[str(officer)].add(cast("_Update", tuple(update)))
    return found


def _misses(store: Store, policy: Policy, about: Morning, today: date) -> Iterator[tuple[str, _Update]]:
    """Yield officer and update for every miss that counts."""
    first = _first_day(about, today)
    due = col(Obligation.due_date).between(first, today - timedelta(days=1))
    failed = col(Obligation.state).in_(_FAILED)
    with store.session(reading=True) as session:
        refs = sorted(session.exec(select(Obligation.crime_ref).where(due, failed).distinct()).all())
        often, accepted = spells(session, refs), read_notified_before(session, policy, refs)[1]
    crimes, start = load_crimes(store, refs), policy.local.start_of(today)
    verdicts = judge(columns(crimes), policy, start)
    rows = _find_failed(verdicts, first, today)
    block = Block.of(verdicts.columns, policy, Moment.of(policy.local, start))
    waiting = find_waiting(crimes, block, {int(verdicts.victim[row]) for row in rows}, about.rules.hold_days)
    about = replace(about, history=replace(about.history, accepted=accepted))
    for row in rows:
        missed = _Missed.of(verdicts, row, waiting[int(verdicts.victim[row])], often, about)
        if missed is not None and missed.counts(today):
            yield (
                missed.officer.officer_ref,
                (missed.owed.waiting.crime_ref, missed.owed.requirement, missed.owed.cycle),
            )


def _find_failed(verdicts: Verdicts, first: date, today: date) -> list[int]:
    """Return the rows of what was not given by its due date, between two days."""
    failed = np.isin(verdicts.state, (OVERDUE, LATE, MISSED)) & (verdicts.owner("officer").codes >= 0)
    failed &= (verdicts.due_date >= to_day(first)) & (verdicts.due_date < to_day(today))
    return [int(row) for row in np.flatnonzero(failed)]


@dataclass(frozen=True, slots=True)
class _Missed:
    """An obligation not discharged in time, with the officer who had it at the due date."""

    verdicts: Verdicts
    row: int
    owed: Owed
    officer: DirectoryEntry
    about: Morning

    @classmethod
    def of(
        cls, verdicts: Verdicts, row: int, waiting: Waiting, often: Mapping[Key, Became], about: Morning
    ) -> "_Missed | None":
        """Return the miss of a row, or None if the officer is not in the directory."""
        ref = verdicts.holders([row]).owner("officer").text(0)
        officer = None if ref is None else about.officers.get(ref)
        if officer is None:
            return None
        requirement = verdicts.policy.requirement[int(verdicts.requirement[row])].id
        clock, due = from_day(verdicts.clock_date[row]), from_day(verdicts.due_date[row])
        owed = Owed(waiting, requirement, int(verdicts.cycle[row]), clock, due, (about.today - due).days, False, 1)
        became = often.get(owed.key)
        return cls(verdicts, row, replace(owed, spell=became.spell if became else 1), officer, about)

    def counts(self, today: date) -> bool:
        """Return whether the officer had it for 4 days by the due date, and could act for long enough since."""
        verdicts, row = self.verdicts, self.row
        allocations = verdicts.columns.allocations
        first = first_with(allocations, int(verdicts.allocation[row]))
        at = allocations.at[first] if first >= 0 else verdicts.columns.reported_at[verdicts.crime[row]]
        since = max(to_day(verdicts.policy.local.date_at(at)), int(verdicts.clock_date[row]))
        days, ref = SETTLED, self.officer.officer_ref
        if verdicts.state[row] == OVERDUE:
            days = max(days, self.about.ladder(self.owed).supervisor_days)
        case = CaseOfficer(
            ref, self.officer, self.about.history.accepted_for(self.about.directory.reader(ref), self.owed)
        )
        until = min(self._end_day(), today) - timedelta(days=1)
        return _was_there(self.officer, since, int(verdicts.due_date[row])) and bool(
            find_day_reached(self.owed, case, until, days)
        )

    def _end_day(self) -> date:
        """Return the day from which the update was given or no longer owed."""
        verdicts, row = self.verdicts, self.row
        if verdicts.state[row] == LATE:
            return from_day(verdicts.discharged_on[row])
        if verdicts.clause[row] == Clause.SILENCE:
            return from_day(find_silence_ends(verdicts, np.array([row]))[0]) + timedelta(days=1)
        if verdicts.clause[row] == Clause.DECLINED_AFTER_DUE:
            return verdicts.policy.local.date_at(verdicts.columns.victims.declined_at[verdicts.victim[row]])
        return self.owed.waiting.closed_on or date.max


def _was_there(officer: DirectoryEntry, since: int, due: int) -> bool:
    """Return whether an officer was present for at least `SETTLED` days between two days."""
    count = 0
    for day in range(since, due + 1):
        count += not is_absent(officer, from_day(day))
        if count == SETTLED:
            return True
    return False
