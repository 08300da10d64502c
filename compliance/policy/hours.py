"""Limits in hours, judged on instants (rules A6). Instants are microseconds since 1970 in UTC."""

from typing import Any, Final

import numpy as np

from compliance.policy.calendars import NEVER, Days, Ints
from compliance.policy.facts import Block, Counted
from compliance.policy.model import Policy
from compliance.policy.requirement import Requirement
from compliance.policy.status import Flags
from compliance.records.columns import Columns
from compliance.records.instants import NONE

_HOUR: Final = 3_600_000_000


def find_limits(requirement: Requirement, instant: Ints, enhanced: Flags) -> Ints | None:
    """Return the last instant that is on time for each start of a clock, None if the limit is not in hours."""
    if not requirement.is_in_hours:
        return None
    hours = [requirement.within_for(category).hours for category in (None, "enhanced")]
    return instant + np.array(hours, dtype=np.int64)[enhanced.astype(np.int8)] * _HOUR


def find_due_instants(columns: Columns, policy: Policy, as_at: int, victim: Ints, requirement: Any, cycle: Any) -> Ints:
    """Return the last instant that is on time for each verdict, NONE if its limit is not in hours.

    A verdict is given by the row of its victim, its requirement's place in the policy, and its cycle. `as_at` is T in
    microseconds.
    """
    found = np.full(len(victim), NONE, dtype=np.int64)
    victims = columns.victims
    enhanced = victims.category.codes == victims.category.code("enhanced")
    for place, asked in enumerate(policy.requirement):
        rows = np.flatnonzero(requirement == place)
        if not asked.is_in_hours or len(rows) == 0:
            continue
        whose = victim[rows]
        if asked.event:
            events = find_events(columns, asked, as_at)
            first = np.searchsorted(columns.events.crime[events], victims.crime[whose])
            instant = columns.events.at[events[first + cycle[rows] - 1]]
        else:
            instant = np.maximum(columns.reported_at[victims.crime[whose]], victims.added_at[whose])
        limit = find_limits(asked, instant, enhanced[whose])
        if limit is not None:
            found[rows] = limit
    return found


def find_events(columns: Columns, requirement: Requirement, as_at: int) -> Ints:
    """Return the rows of the events that start a requirement's clock and exist as at T (rules 2.7, 7.1).

    They are ordered by crime and time.
    """
    events = columns.events
    return np.flatnonzero((events.kind.codes == events.kind.code(str(requirement.event))) & (events.at <= as_at))


def is_in_time(block: Block, counted: Counted, place: Ints, due: Days, limit: Ints | None) -> Flags:
    """Return whether the update at each place came on or before its due date or, in hours, at or before `limit`.

    False if there is no update at the place.
    """
    if limit is None:
        return counted.day[place] <= due
    row = counted.row[place]
    return (row >= 0) & (np.append(block.columns.updates.at, 0)[row] <= limit)


def find_day_met(requirement: Requirement, block: Block) -> Days:
    """Return, for each case, the local date of the first counted update within the hours (rules 9.4).

    The hours run from the report or the adding of the victim. NEVER if there is no such update.
    """
    cases, contacts = block.cases, block.contacts_for(requirement)
    limit = find_limits(requirement, cases.began, cases.enhanced)
    counted, place = contacts.first_at_or_after(np.arange(len(cases)), cases.began, len(cases))
    met = is_in_time(block, counted, place, cases.day_0, limit)
    return np.where(met, counted.day[place], np.int32(NEVER)).astype(np.int32)
