"""Obligations that a case event creates (rules section 7)."""

from dataclasses import replace

import numpy as np

from compliance.policy.calendars import NEVER, NO_DAY, Days, Ints
from compliance.policy.facts import Block, Counted
from compliance.policy.model import Requirement
from compliance.policy.obligations import OpenObligations, always_owed, chain, waive
from compliance.policy.setting_aside import RequirementAside
from compliance.policy.verdict_rows import RequirementRows
from compliance.policy.windows import Windows, due_date


def event_obligations(requirement: Requirement, block: Block, windows: Windows) -> RequirementRows:
    """One obligation an event of the kind and victim (rules 7.1 to 7.3), owed within 3.6 or, if open only, 4.1."""
    case, number, instant, day = _find_created(requirement, block)
    keep = windows.applies(requirement, day, case)
    case, number, instant, day = case[keep], number[keep], instant[keep], day[keep]
    due = due_date(requirement, block, day, case)
    unknown = np.flatnonzero(due == NO_DAY)
    own = np.full(len(unknown), block.policy.requirement.index(requirement), dtype=np.int8)
    once = np.zeros(len(unknown), dtype=np.bool_)
    aside = RequirementAside(case[unknown], number[unknown], own, day[unknown], once)
    if len(unknown):
        known = due != NO_DAY
        case, number, instant, day, due = case[known], number[known], instant[known], day[known], due[known]
    counted, place = _first_at_or_after(requirement, block, case, instant)
    owed = OpenObligations(case, day, day, due, place)
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
    return RequirementRows(rows, [rank[part] for part in parts], held, aside, [number[part] for part in parts])


def _find_created(requirement: Requirement, block: Block) -> tuple[Ints, Ints, Ints, Days]:
    """(case, the event's number, its instant, its local date) for every obligation that an event creates, by case and
    number.

    An event's number is its place among all events of the kind by time, created or not (rules 7.1). One before the
    victim's D0 creates nothing for that victim (7.1a), nor does one on X+1 to U-1 of a decline (5.4).
    """
    events, found = block.columns.events, block.cases
    wanted = events.kind.code(str(requirement.event))
    row = np.flatnonzero((events.kind.codes == wanted) & (events.at <= block.moment.as_at))
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
    return case[order], number[place][order], instant[order], day[order]


def _first_at_or_after(requirement: Requirement, block: Block, case: Ints, instant: Ints) -> tuple[Counted, Ints]:
    """The counted updates by instant, and where the first at or after each event's instant stands among them: an
    update later on the same day counts (rules 7.1)."""
    contacts = block.contacts if requirement.recording_day == "counts" else block.without_recording_day()
    start = contacts.span(len(block.cases))
    low, high = start[case], start[case + 1]
    while len(live := np.flatnonzero(low < high)):
        middle = (low[live] + high[live]) // 2
        less = contacts.at[middle] < instant[live]
        low[live] = np.where(less, middle + 1, low[live])
        high[live] = np.where(less, high[live], middle)
    place = np.where(low < start[case + 1], low, len(contacts.at))
    ended = replace(
        block.counted, start=start, day=np.append(contacts.day, NEVER).astype(np.int32), row=np.append(contacts.row, -1)
    )
    return ended, place
