"""Obligations that run from an instant, not from a date.

They are those created by case events (rules section 7) and those with a limit in hours (A6).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from compliance.policy.calendars import NO_DAY, Days, Ints
from compliance.policy.facts import Block
from compliance.policy.hours import find_events, find_limits
from compliance.policy.obligations import OpenObligations, always_owed, chain, waive
from compliance.policy.requirement import Requirement
from compliance.policy.setting_aside import RequirementAside
from compliance.policy.verdict_rows import RequirementRows
from compliance.policy.windows import Windows, due_date


@dataclass(frozen=True, slots=True)
class Started:
    """What starts a clock, one row each.

    `number`: the event's number (rules 7.1), 1 if the report starts the clock. `instant`: in microseconds. `day`: its
    local date.
    """

    case: Ints
    number: Ints
    instant: Ints
    day: Days

    def take(self, rows: Any) -> "Started":
        """Return the chosen rows."""
        return Started(self.case[rows], self.number[rows], self.instant[rows], self.day[rows])


def instant_obligations(requirement: Requirement, block: Block, windows: Windows) -> RequirementRows:
    """Return the obligations under a requirement that runs from an instant.

    There is one for each event of the kind and victim (rules 7.1 to 7.3), or one for each victim in hours from the
    report (A6). They are owed within 3.6 or, if the requirement is open only, 4.1.
    """
    started = _find_created(requirement, block) if requirement.event else _reports(block)
    started = started.take(windows.applies(requirement, started.day, started.case))
    limit = find_limits(requirement, started.instant, block.cases.enhanced[started.case])
    due = due_date(requirement, block, started.day, started.case) if limit is None else block.policy.local.of(limit)
    unknown = np.flatnonzero(due == NO_DAY)
    own = np.full(len(unknown), block.policy.requirement.index(requirement), dtype=np.int8)
    once = np.zeros(len(unknown), dtype=np.bool_)
    aside = RequirementAside(started.case[unknown], started.number[unknown], own, started.day[unknown], once)
    if len(unknown):
        known = due != NO_DAY
        started, due = started.take(known), due[known]
    case = started.case
    counted, place = block.contacts_for(requirement).first_at_or_after(case, started.instant, len(block.cases))
    owed = OpenObligations(case, started.day, started.day, due, place, limit)
    is_waived = block.openness.cancelled[block.cases.crime[case]] | (block.cases.exempt[case] >= 0)
    rows, parts = [], []
    if len(some := np.flatnonzero(is_waived)):
        rows.append(waive(block, owed.take(some)))
        parts.append(some)
    if len(some := np.flatnonzero(~is_waived)):
        start = (block, counted, owed.take(some))
        rows += chain(*start, None).cycles if requirement.open_only else [always_owed(*start)]
        parts.append(some)
    held = np.bincount(case, minlength=len(block.cases)).astype(np.int64)
    rank = np.arange(len(case)) - (np.cumsum(held) - held)[case]
    cycles = [started.number[part] for part in parts]
    return RequirementRows(rows, [rank[part] for part in parts], held, aside, cycles)


def _reports(block: Block) -> Started:
    """Return the report of every case, or the adding of a victim who was added later (rules 3, A6)."""
    cases = block.cases
    return Started(np.arange(len(cases)), np.ones(len(cases), dtype=np.int64), cases.began, cases.day_0)


def _find_created(requirement: Requirement, block: Block) -> Started:
    """Return the events that create an obligation.

    An event's number is its place among all events of the kind by time, whether or not they create one (rules 7.1). One
    before the victim's D0 creates none for that victim (7.1a), nor does one on X+1 to U-1 of a decline (5.4).
    """
    events, found = block.columns.events, block.cases
    row = find_events(block.columns, requirement, block.moment.as_at)
    crime = events.crime[row]
    number = np.arange(len(row)) - np.searchsorted(crime, crime) + 1
    start = np.searchsorted(found.crime, np.arange(len(block.columns) + 1))
    times = (start[1:] - start[:-1])[crime]
    place = np.repeat(np.arange(len(row)), times)
    case = np.repeat(start[crime], times) + np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
    instant = events.at[row][place]
    day = block.policy.local.of(instant)
    created = (day >= found.day_0[case]) & ~((day > found.declined[case]) & (day < found.asked_again[case]))
    place, case, instant, day = place[created], case[created], instant[created], day[created]
    order = np.argsort(case, kind="stable")
    return Started(case[order], number[place][order], instant[order], day[order])
