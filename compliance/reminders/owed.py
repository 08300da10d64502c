"""What is outstanding now, as the engine judges it, with the facts of the record that the officer has to know."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from compliance.policy import Policy, Verdicts, judge
from compliance.policy.calendars import from_day
from compliance.policy.facts import cases, contacts
from compliance.policy.standing import Moment, owners
from compliance.policy.verdicts import OVERDUE, YES
from compliance.records import Crime, columns, to_micros
from compliance.records.columns import EVERY_VICTIM, UNKNOWN_VICTIM, Columns
from compliance.records.instants import NONE, parse_instants

Key = tuple[str, str, str, int, date]
"""Which obligation: crime, victim, requirement, cycle, clock date."""

_ATTEMPTED: Final = "attempted"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A victim who waits for an update on a crime. Dates are local."""

    crime_ref: str
    victim_ref: str
    several: bool
    """Whether the crime has other victims, so that the reference has to be told."""
    officer_ref: str | None
    """Who has the case now."""
    on_hold: bool
    """Contact must not be made as usual today."""
    reported_on: date
    last_update: date | None
    """The last counted update (rules 2.4)."""
    attempts: tuple[date, ...]
    """Attempts since the last counted update."""
    uncounted: tuple[date, ...]
    """Other contacts since then that do not count."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One outstanding obligation. `spell`: how often it has become overdue, from 1."""

    waiting: Waiting
    requirement: str
    cycle: int
    clock_date: date
    due_date: date
    days_over: int
    same_day: bool
    """Whether there was an update on the clock date, which does not discharge it (rules 3.3)."""
    spell: int

    @property
    def key(self) -> Key:
        """Which obligation it is, whenever it is asked."""
        return self.waiting.crime_ref, self.waiting.victim_ref, self.requirement, self.cycle, self.clock_date


def outstanding_now(crimes: Sequence[Crime], policy: Policy, now: datetime, spells: Mapping[Key, int]) -> list[Owed]:
    """Every obligation of these crimes that is overdue as at `now` (aware), the most overdue first.

    `spells` says how often an obligation has become overdue; 1 where it says nothing.
    """
    table = columns(crimes)
    verdicts = judge(table, policy, now)
    rows = np.flatnonzero(verdicts.state == OVERDUE)
    waiting = _waiting(crimes, verdicts, {int(victim) for victim in verdicts.victim[rows]})
    found = []
    for row in rows:
        victim = waiting[int(verdicts.victim[row])]
        requirement = policy.requirement[int(verdicts.requirement[row])].id
        cycle, clock = int(verdicts.cycle[row]), from_day(verdicts.clock_date[row])
        found.append(
            Owed(
                waiting=victim,
                requirement=requirement,
                cycle=cycle,
                clock_date=clock,
                due_date=from_day(verdicts.due_date[row]),
                days_over=int(verdicts.days_late[row]),
                same_day=bool(verdicts.same_day_update[row] == YES),
                spell=spells.get((victim.crime_ref, victim.victim_ref, requirement, cycle, clock), 1),
            )
        )
    return sorted(found, key=lambda owed: (-owed.days_over, owed.key))


def _waiting(crimes: Sequence[Crime], verdicts: Verdicts, wanted: set[int]) -> dict[int, Waiting]:
    """The facts of the victims asked for, by their rows in the columns."""
    table, policy = verdicts.columns, verdicts.policy
    moment = Moment(to_micros(verdicts.as_at), None, policy.local.day_of(verdicts.as_at))
    found = cases(table, policy, moment)
    counted = contacts(table, policy, found, moment)
    last_at = np.full(len(table.victims), NONE, dtype=np.int64)
    since = counted.day >= found.day_0[counted.case]  # what came before the report never counts (rules 3.5)
    np.maximum.at(last_at, found.victim[counted.case[since]], counted.at[since])
    last_day = policy.local.of(last_at)
    others = _uncounted(table, moment, set(counted.row.tolist()), last_at)
    has_case = owners(table.allocations, len(table), moment, policy.local).now
    of_crime = np.bincount(found.crime, minlength=len(table))
    reported = policy.local.of(table.reported_at)
    held = _on_hold(crimes, policy, moment)
    refs, crime_of = table.victims.ref, table.victims.crime
    result = {}
    for victim in wanted:
        crime = int(crime_of[victim])
        crime_ref, victim_ref = crimes[crime].crime_ref, refs[victim].as_py()
        result[victim] = Waiting(
            crime_ref=crime_ref,
            victim_ref=victim_ref,
            several=bool(of_crime[crime] > 1),
            officer_ref=_officer(table, crime, int(has_case[crime])),
            on_hold=(crime, victim_ref) in held,
            reported_on=from_day(reported[crime]),
            last_update=None if last_at[victim] == NONE else from_day(last_day[victim]),
            attempts=_dates(policy, others[victim, True]),
            uncounted=_dates(policy, others[victim, False]),
        )
    return result


def _officer(table: Columns, crime: int, allocation: int) -> str | None:
    """Who has the case now: the last allocation, else the record's own field (records section 1)."""
    told = table.officer if allocation < 0 else table.allocations.officer
    code = int(told.codes[crime if allocation < 0 else allocation])
    return told.values[code] if code >= 0 else None


def _uncounted(table: Columns, moment: Moment, counted: set[int], last_at: Any) -> dict[tuple[int, bool], list[int]]:
    """Contacts that do not count and came after the victim's last counted update: (victim, was it an attempt) ->
    instants."""
    updates, start = table.updates, table.victims_of
    attempted = updates.outcome.codes == updates.outcome.code(_ATTEMPTED)
    result: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for row in np.flatnonzero((updates.at <= moment.as_at) & (updates.victim != UNKNOWN_VICTIM)).tolist():
        if row in counted:
            continue
        named, crime = int(updates.victim[row]), int(updates.crime[row])
        everyone = range(int(start[crime]), int(start[crime + 1]))
        for victim in everyone if named == EVERY_VICTIM else (named,):
            if updates.at[row] > last_at[victim]:
                result[victim, bool(attempted[row])].append(int(updates.at[row]))
    return result


def _dates(policy: Policy, instants: list[int]) -> tuple[date, ...]:
    days = policy.local.of(np.array(instants, dtype=np.int64))
    return tuple(from_day(day) for day in np.unique(days))


def _on_hold(crimes: Sequence[Crime], policy: Policy, moment: Moment) -> set[tuple[int, str]]:
    """The victims, as (crime, reference), whom a contact hold covers on any part of today (records section 1)."""

    def day(text: str | None, otherwise: int) -> int:
        return otherwise if text is None else int(policy.local.of(parse_instants([text])[0])[0])

    def holds() -> Iterator[tuple[int, str, bool]]:
        for place, crime in enumerate(crimes):
            for victim in crime.victims or ():
                spans = [(day(h.start, moment.today), day(h.end, moment.today)) for h in victim.contact_holds or ()]
                yield place, victim.victim_ref, any(start <= moment.today <= end for start, end in spans)

    # Of victims with the same reference the last one stands.
    last = {(place, ref): held for place, ref, held in holds()}
    return {victim for victim, held in last.items() if held}
