"""Victims waiting for an update, with the facts of the record that a recipient needs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from compliance.policy import Policy
from compliance.policy.calendars import NEVER, Ints, from_day
from compliance.policy.facts import Block
from compliance.policy.moment import Moment
from compliance.policy.status import Flags, status_at
from compliance.records import Crime
from compliance.records.columns import CLOSED, EVERY_VICTIM, OPEN, UNKNOWN_VICTIM, Columns
from compliance.records.instants import NONE
from compliance.reminders.case_officers import Holdings, Tenure
from compliance.reminders.contact_holds import Hold, find_hold, holds_of

ATTEMPTED: Final = "attempted"
"""The outcome of a contact that did not reach the victim."""
ENHANCED: Final = "enhanced"
"""The category of victims who are owed the enhanced service."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A victim waiting for an update on a crime. Dates are local."""

    crime_ref: str
    victim_ref: str
    several: bool
    """Whether the crime has other victims, so that the reference must be shown."""
    officer_ref: str | None
    """The officer who has the case now."""
    hold: Hold
    """The victim's contact holds."""
    reported_on: date
    last_update: date | None
    """The last counted update (rules 2.4)."""
    attempts: tuple[date, ...]
    """Attempts since the last counted update."""
    uncounted: tuple[date, ...]
    """Other contacts since then that do not count."""
    category: str = "standard"
    team: str | None = None
    division: str | None = None
    officer_since: date | None = None
    """When the officer got the case, if after the day of the report: until then another officer, or no one, had it."""
    earlier: tuple[Tenure, ...] = ()
    """The officers who had it before, in order. The current officer may be among them."""
    is_open: bool = True
    closed_on: date | None = None
    """When the case closed; None if it is open or cancelled."""
    declined_on: date | None = None
    """When the victim declined updates (rules 5.4); None if they did not."""
    declined_until: date | None = None
    """When a decline ended; None if it has not."""
    added_on: date | None = None
    """When the victim was added to the record, if after the day of the report: D0 (rules 3)."""
    too_early: date | None = None
    """The last update before D0, if there has been none since: it does not count (rules 3.5)."""
    day_0_by: frozenset[str] = frozenset()
    """The officers recorded as giving the counted updates on D0."""

    @property
    def key(self) -> tuple[str, str]:
        """Return the crime and the victim's reference."""
        return self.crime_ref, self.victim_ref

    @property
    def is_enhanced(self) -> bool:
        """Return whether the victim is owed the enhanced service."""
        return self.category == ENHANCED

    @property
    def declining(self) -> bool:
        """Return whether the victim declines updates now."""
        return self.declined_on is not None and self.declined_until is None

    @property
    def silent_since(self) -> date:
        """Return the date since which the victim has had no counted update."""
        return self.last_update or self.added_on or self.reported_on

    @property
    def again(self) -> bool:
        """Return whether the current officer had the case before, with another in between."""
        return any(tenure.officer == self.officer_ref for tenure in self.earlier)

    def had_on(self, day: date, officer: str) -> bool:
        """Return whether an officer had the case all day, or up to now, whichever time it was with them."""
        if officer == self.officer_ref and (self.officer_since is None or day > self.officer_since):
            return True
        return any(tenure.officer == officer and tenure.since < day < tenure.until for tenure in self.earlier)

    def updated_since(self, day: date) -> bool:
        """Return whether there is a counted update on or after a date."""
        return self.last_update is not None and self.last_update >= day


def find_waiting(crimes: Sequence[Crime], block: Block, wanted: set[int], hold_days: int) -> dict[int, Waiting]:
    """Return the facts of the requested victims, by their rows in the columns.

    A contact hold without an end counts for `hold_days` from its start.
    """
    table, policy, moment, found = block.columns, block.policy, block.moment, block.cases
    counted = block.contacts
    since = counted.day >= found.day_0[counted.case]  # updates before D0 never count (rules 3.5)
    last_at, early_at = _latest(block, since), _latest(block, ~since)
    others = _find_uncounted(table, moment, set(counted.row.tolist()), last_at)
    declines = dict(
        zip(found.victim.tolist(), zip(found.declined.tolist(), found.asked_again.tolist(), strict=True), strict=True)
    )
    several = np.bincount(found.crime, minlength=len(table)) > 1
    reported = policy.local.of(table.reported_at)
    last_on, early_on = _days(policy, last_at), _days(policy, early_at)
    day_0 = dict(zip(found.victim.tolist(), found.day_0.tolist(), strict=True))
    holds, authors = holds_of(crimes, block, hold_days), _day_0_by(crimes, block)
    holdings, status = Holdings(table, policy, moment), status_at(table.statuses, len(table), moment.as_at)
    since_on = _days(policy, status.since)
    refs, crime_of, category = table.victims.ref, table.victims.crime, table.victims.category
    result = {}
    for victim in wanted:
        crime = int(crime_of[victim])
        crime_ref, victim_ref = crimes[crime].crime_ref, refs[victim].as_py()
        holding, kind = holdings.of(crime), int(status.kind[crime])
        last_update = last_on[victim]
        result[victim] = Waiting(
            crime_ref=crime_ref,
            victim_ref=victim_ref,
            several=bool(several[crime]),
            officer_ref=holding.officer,
            hold=find_hold(holds, crime, victim_ref, last_update),
            reported_on=from_day(reported[crime]),
            last_update=last_update,
            attempts=_dates(policy, others[victim, True]),
            uncounted=_dates(policy, others[victim, False]),
            category=category.text(victim) or "standard",
            team=holding.team,
            division=holding.division,
            officer_since=holding.since,
            earlier=holding.earlier,
            is_open=kind == OPEN,
            closed_on=since_on[crime] if kind == CLOSED else None,
            declined_on=_day_or_none(declines[victim][0]),
            declined_until=_day_or_none(declines[victim][1]),
            added_on=from_day(day_0[victim]) if day_0[victim] > reported[crime] else None,
            too_early=early_on[victim] if last_update is None else None,
            day_0_by=frozenset(authors[victim]),
        )
    return result


def _latest(block: Block, which: Flags) -> Ints:
    """Return the instant of each victim's last selected counted update; NONE if there is none."""
    last = np.full(len(block.columns.victims), NONE, dtype=np.int64)
    np.maximum.at(last, block.cases.victim[block.contacts.case[which]], block.contacts.at[which])
    return last


def _day_0_by(crimes: Sequence[Crime], block: Block) -> dict[int, set[str]]:
    """Return the officers recorded as giving the counted updates on D0, by the victim's row."""
    contacts, cases, updates = block.contacts, block.cases, block.columns.updates
    found: dict[int, set[str]] = defaultdict(set)
    for place in np.flatnonzero(contacts.day == cases.day_0[contacts.case]).tolist():
        row = int(contacts.row[place])
        crime, ref = crimes[int(updates.crime[row])], updates.ref[row].as_py()
        officer = {update.update_ref: update.officer_ref for update in crime.updates or ()}[ref]
        if officer:
            found[int(cases.victim[contacts.case[place]])].add(officer)
    return found


def _day_or_none(day: int) -> date | None:
    return None if day == NEVER else from_day(day)


def _days(policy: Policy, instants: Ints) -> list[date | None]:
    days = policy.local.of(instants).tolist()
    return [None if at == NONE else from_day(day) for at, day in zip(instants.tolist(), days, strict=True)]


def _find_uncounted(
    table: Columns, moment: Moment, counted: set[int], last_at: Any
) -> dict[tuple[int, bool], list[int]]:
    """Return the uncounted contacts since the last counted update.

    The keys are (victim, whether it was an attempt); the values are instants.
    """
    updates, start = table.updates, table.victims_of
    attempted = updates.outcome.codes == updates.outcome.code(ATTEMPTED)
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
    if not instants:
        return ()
    days = policy.local.of(np.array(instants, dtype=np.int64))
    return tuple(from_day(day) for day in np.unique(days))
