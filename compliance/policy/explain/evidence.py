"""The engine's answer about one crime and the facts that it used, as plain values to be explained.

Days are local dates as whole numbers since 1970-01-01, `NEVER` for a day that does not come.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from compliance.policy.allocation import CaseHolders, owners
from compliance.policy.calendars import Ints, to_day
from compliance.policy.explain.phrases import Clock, plain
from compliance.policy.facts import Block
from compliance.policy.hours import find_events
from compliance.policy.intervals import intervals
from compliance.policy.judgement import judge
from compliance.policy.model import Policy
from compliance.policy.moment import Moment
from compliance.policy.requirement import Requirement
from compliance.policy.status import Status, status_at
from compliance.policy.verdicts import STATES, Clause
from compliance.policy.wake import find_end_days
from compliance.policy.whom import covers
from compliance.records.columns import Columns
from compliance.records.instants import NONE


@dataclass(frozen=True, slots=True)
class Duty:
    """One verdict. `place`: its row. `victim` and `update`: rows of the columns, `update` -1 if there is none."""

    place: int
    victim: int
    requirement: Requirement
    cycle: int
    clock: int
    opens: int
    due: int
    state: str
    clause: Clause
    discharged: int
    update: int
    ended: int
    """The day on which it fell away or stopped being owed, NO_DAY if it did not."""
    limit: int | None
    """The last instant that is on time, in microseconds; None if the limit is not in hours (rules A6)."""

    @property
    def done(self) -> bool:
        """Whether an update discharged it."""
        return self.update >= 0


@dataclass(frozen=True, slots=True)
class VictimEvidence:
    """One victim who exists as at T. `declined` is X and `asked_again` is U (rules 5.4)."""

    place: int
    victim: int
    ref: str
    category: str
    day_0: int
    exempt: bool
    agreed: int
    declined: int
    asked_again: int


@dataclass(frozen=True, slots=True)
class AsideEvidence:
    """What is set aside (rules 6.1a). `cycle`: the event's number, 0 if the requirement runs from the report."""

    requirement: Requirement
    cycle: int
    clock: int
    reason: str

    @property
    def label(self) -> str:
        """Its name within a sentence: 7-day; arrested (2 April 2026)."""
        return f"{self.requirement.id} ({plain(self.clock)})" if self.cycle else self.requirement.id


class Evidence:
    """The judgement of one crime, with the facts behind it."""

    def __init__(self, columns: Columns, policy: Policy, as_at: datetime, known_at: datetime | None) -> None:
        if len(columns) != 1:
            raise ValueError(f"an explanation is of one crime; {len(columns)} were given")
        self.columns, self.policy = columns, policy
        self.moment = Moment.of(policy.local, as_at, known_at)
        self.clock = Clock(policy.timezone)
        self.block = Block.of(columns, policy, self.moment)
        self.verdicts = judge(columns, policy, as_at, known_at)
        self.cancelled = bool(self.block.openness.cancelled[0])

    def days(self, micros: Ints) -> list[int]:
        """Return the local days of instants in microseconds."""
        days: list[int] = self.policy.local.of(micros).tolist()
        return days

    def day(self, micros: int) -> int:
        """Return the local day of one instant in microseconds."""
        return self.days(np.array([micros], dtype=np.int64))[0]

    @cached_property
    def status(self) -> Status:
        """How the crime stands as at T (rules 2.9)."""
        return status_at(self.columns.statuses, 1, self.moment.as_at)

    @cached_property
    def holder_now(self) -> CaseHolders:
        """Who has the case as at T."""
        crime = np.zeros(1, dtype=np.int64)
        return CaseHolders(self.columns, crime, owners(self.columns, self.moment, self.policy.local).now)

    @property
    def exists(self) -> bool:
        """Whether the crime had been reported by T. If not, it does not exist yet (rules 2.7)."""
        return self.reported <= self.moment.as_at

    @cached_property
    def reported(self) -> int:
        """The instant of the report, in microseconds."""
        return int(self.columns.reported_at[0])

    @cached_property
    def refs(self) -> list[str]:
        """The references of all victims of the record, by row."""
        refs: list[str] = self.columns.victims.ref.to_pylist()
        return refs

    @cached_property
    def cases(self) -> dict[int, VictimEvidence]:
        """The victims who exist as at T, by row."""
        found, category = self.block.cases, self.columns.victims.category.texts().to_pylist()
        columns = zip(
            *(part.tolist() for part in (
                found.victim, found.day_0, found.exempt, found.agreed, found.declined, found.asked_again
            )),
            strict=True,
        )  # fmt: skip
        return {
            victim: VictimEvidence(place, victim, self.refs[victim], category[victim], day_0, exempt >= 0, agreed, x, u)
            for place, (victim, day_0, exempt, agreed, x, u) in enumerate(columns)
        }

    @cached_property
    def duties(self) -> dict[tuple[int, str], list[Duty]]:
        """The verdicts by (victim's row, requirement's id), in the order of the cycles."""
        verdicts, requirements = self.verdicts, self.policy.requirement
        rows = zip(
            *(part.tolist() for part in (
                verdicts.victim, verdicts.requirement, verdicts.cycle, verdicts.clock_date, verdicts.window_opens,
                verdicts.due_date, verdicts.state, verdicts.clause, verdicts.discharged_on, verdicts.update,
                find_end_days(verdicts), verdicts.due_instants(),
            )),
            strict=True,
        )  # fmt: skip
        found: dict[tuple[int, str], list[Duty]] = {}
        for place, (victim, requirement, cycle, clock, opens, due, state, clause, *last, limit) in enumerate(rows):
            asked = requirements[requirement]
            last.append(None if limit == NONE else limit)
            duty = Duty(place, victim, asked, cycle, clock, opens, due, STATES[state], Clause(clause), *last)
            found.setdefault((victim, asked.id), []).append(duty)
        return found

    @cached_property
    def asides(self) -> dict[tuple[int, str], list[AsideEvidence]]:
        """What is set aside, by (victim's row, requirement's id), in the order of the cycles (rules 6.1a)."""
        aside, requirements = self.verdicts.set_aside, self.policy.requirement
        columns = (aside.victim, aside.requirement, aside.cycle, aside.clock_date)
        found: dict[tuple[int, str], list[AsideEvidence]] = {}
        for (victim, place, cycle, clock), reason in zip(
            zip(*(column.tolist() for column in columns), strict=True), aside.reasons(), strict=True
        ):
            asked = requirements[place]
            found.setdefault((victim, asked.id), []).append(AsideEvidence(asked, cycle, clock, reason))
        return found

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The verdicts in the form of records section 2."""
        rows: list[dict[str, Any]] = self.verdicts.table().to_pylist()
        return rows

    def previous(self, duty: Duty) -> Duty | None:
        """Return the cycle before, or None.

        Before the first cycle under a requirement that took over, that is the last one of the requirement before (rules
        A5).
        """
        if self.took_over(duty):
            return self._before_takeover(duty)
        return next((d for d in self.duties[duty.victim, duty.requirement.id] if d.cycle == duty.cycle - 1), None)

    def following(self, duty: Duty) -> Duty | None:
        """Return the cycle after, or None. It may be another requirement's (rules A5)."""
        own = self.duties[duty.victim, duty.requirement.id]
        if duty.cycle < own[-1].cycle:
            return next(d for d in own if d.cycle == duty.cycle + 1)
        later = self.policy.successor(duty.requirement)
        while later is not None:
            if found := self.duties.get((duty.victim, later.id)):
                return found[0] if self.previous(found[0]) == duty else None
            later = self.policy.successor(later)
        return None

    def is_put_after(self, before: Duty, duty: Duty) -> bool:
        """Return whether a cycle is due the day after the cycle it follows (A5).

        One interval after its clock date would not be later than the due date of that cycle.
        """
        every = intervals(duty.requirement, self.policy, self.columns, np.array([duty.victim]))
        return every is not None and int(every.after(np.array([duty.clock], dtype=np.int32))[0]) <= before.due

    def took_over(self, duty: Duty) -> bool:
        """Return whether it is the first cycle of a chain that its requirement took over or began then (A5, A5a)."""
        since, day_0 = duty.requirement.since, self.cases[duty.victim].day_0
        return bool(duty.cycle == 1 and duty.requirement.takes_over and since and day_0 < to_day(since))

    def _before_takeover(self, duty: Duty) -> Duty | None:
        """Return the last cycle of the chain that was taken over, None if the chain began then (rules A5a)."""
        name = duty.requirement.takes_over
        while name:
            before = self.policy.requirement_by_id(name)
            if not covers(before, self.columns, np.array([duty.victim]))[0]:
                return None
            if found := self.duties.get((duty.victim, name)):
                return found[-1]
            name = before.takes_over
        return None

    @cached_property
    def counted(self) -> dict[int, dict[int, int]]:
        """The counted updates of each victim, by the victim's row, in order: row of the update -> local day."""
        found: dict[int, dict[int, int]] = {victim: {} for victim in self.cases}
        contacts, victims = self.block.contacts, self.block.cases.victim.tolist()
        for case, row, day in zip(contacts.case.tolist(), contacts.row.tolist(), contacts.day.tolist(), strict=True):
            found[victims[case]][row] = day
        return found

    @cached_property
    def _off_recording_day(self) -> set[tuple[int, int]]:
        contacts, victims = self.block.without_recording_day(), self.block.cases.victim.tolist()
        return {(victims[case], row) for case, row in zip(contacts.case.tolist(), contacts.row.tolist(), strict=True)}

    def eligible_updates(self, requirement: Requirement, victim: int) -> dict[int, int]:
        """Return those of a victim's counted updates that a requirement considers: row -> local day (rules 9.7)."""
        counted = self.counted[victim]
        if requirement.recording_day == "counts":
            return counted
        return {row: day for row, day in counted.items() if (victim, row) in self._off_recording_day}

    def event_of(self, duty: Duty) -> int:
        """Return the row of the event that created an obligation: the cycle is its number by time (rules 7.1)."""
        return self.events_of(duty.requirement)[duty.cycle - 1]

    def start_of(self, duty: Duty) -> int:
        """Return the instant that starts the clock, in microseconds (rules 3, 7.1).

        It is that of the event, or the later of the report and the adding of the victim.
        """
        if duty.requirement.event:
            return int(self.columns.events.at[self.event_of(duty)])
        return max(self.reported, int(self.columns.victims.added_at[duty.victim]))

    def events_of(self, requirement: Requirement) -> list[int]:
        """Return the rows of the events that start a requirement's clock and exist as at T, by time."""
        rows: list[int] = find_events(self.columns, requirement, self.moment.as_at).tolist()
        return rows

    def next_change(self, after: int) -> int:
        """Return the next day at whose end the case is open although it was not at the end of a day, or the reverse."""
        return int(self.block.openness.at(np.zeros(1, dtype=np.int64), np.array([after], dtype=np.int32))[1][0])
