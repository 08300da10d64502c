"""The rows of all requirements in order, and the columns that follow from them (records section 2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from compliance.policy.allocation import owners
from compliance.policy.calendars import NO_DAY, Days, Ints
from compliance.policy.facts import Block
from compliance.policy.hours import find_due_instants
from compliance.policy.obligations import Found
from compliance.policy.setting_aside import RequirementAside, arrange_aside
from compliance.policy.status import starts
from compliance.policy.verdicts import (
    FIRST_CATEGORY,
    LATE,
    MISSED,
    NO,
    NOT_ASKED,
    OVERDUE,
    Clause,
    Verdicts,
    reasons_of,
    states_of,
)
from compliance.records.instants import NONE

_PLACED: Final = {
    "clock_date": np.int32, "due_date": np.int32, "window_opens": np.int32, "discharged_on": np.int32,
    "clause": np.int8, "update": np.int32,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RequirementRows:
    """The obligations under one requirement.

    `ranks`: for each `Found`, the rank of its rows within their case. `held`: how many rows each case has in all.
    `aside`: what cannot be judged (rules 6.1a). `cycles`: for each `Found`, the cycle of its rows; None if it is their
    rank plus 1.
    """

    rows: list[Found]
    ranks: list[Any]
    held: Ints
    aside: RequirementAside
    cycles: list[Any] | None = None


def arrange(answers: dict[int, RequirementRows], block: Block, as_at: datetime, known_at: datetime | None) -> Verdicts:
    """Return the rows of all requirements by case, then requirement id by code point, then cycle.

    `answers`: by the requirement's place in the policy.
    """
    order = sorted(answers, key=lambda place: block.policy.requirement[place].id)
    held = np.stack([answers[place].held for place in order], axis=1)
    first = starts(held.ravel())
    size = int(first[-1])
    first = first[:-1].reshape(held.shape)
    out: dict[str, Any] = {name: np.empty(size, dtype=dtype) for name, dtype in _PLACED.items()}
    out["requirement"] = np.repeat(np.tile(np.array(order, dtype=np.int8), len(held)), held.ravel())
    cycle = np.arange(1, size + 1, dtype=np.int32)
    cycle -= np.repeat(first.ravel().astype(np.int32), held.ravel())
    out["cycle"] = cycle
    out["same_day_update"] = np.full(size, NOT_ASKED, dtype=np.int8)
    same_day = _same_day(block)
    for column, place in enumerate(order):
        answer, begins = answers[place], np.ascontiguousarray(first[:, column])
        for number, (rows, rank) in enumerate(zip(answer.rows, answer.ranks, strict=True)):
            owed = rows.owed
            at = begins[owed.case] + rank
            out["clock_date"][at] = owed.clock
            out["due_date"][at] = owed.due
            out["window_opens"][at] = owed.opens
            out["discharged_on"][at] = rows.discharged
            out["clause"][at] = rows.clause
            out["update"][at] = rows.update
            if answer.cycles is not None:
                cycle[at] = answer.cycles[number]
            if block.policy.requirement[place].shows_same_day:
                out["same_day_update"][at] = same_day[owed.case]
    out["set_aside"] = arrange_aside(
        [(place, answers[place].aside) for place in order], block.columns, block.policy, block.cases.victim
    )
    return _finish(out, held.sum(axis=1), block, as_at, known_at)


def _finish(out: dict[str, Any], held: Ints, block: Block, as_at: datetime, known_at: datetime | None) -> Verdicts:
    """Return the verdicts, with the columns that follow from those placed and from the case.

    `held`: how many rows each case has.
    """
    found = block.cases
    due, clause = out["due_date"], out["clause"]
    state = states_of(clause)
    days_late = np.zeros(len(due), dtype=np.int32)
    late, overdue = np.flatnonzero(state == LATE), np.flatnonzero(state == OVERDUE)
    days_late[late] = out["discharged_on"][late] - due[late]
    days_late[overdue] = block.moment.today - due[overdue]
    np.putmask(days_late, state == MISSED, np.int32(NO_DAY))
    reason = reasons_of(clause)
    by_category = np.flatnonzero(clause == Clause.CATEGORY)
    if len(by_category):
        case = np.searchsorted(np.cumsum(held), by_category, side="right")
        reason[by_category] = FIRST_CATEGORY + found.exempt[case]
    victim: Ints = np.repeat(found.victim.astype(np.int32), held)
    return Verdicts(
        columns=block.columns,
        policy=block.policy,
        as_at=as_at,
        known_at=known_at,
        victim=victim,
        state=state,
        days_late=days_late,
        reason=reason,
        entered_after_due=_entered_after_due(out, victim, block),
        allocation=_allocations(due, held, block),
        **out,
    )


def _entered_after_due(out: dict[str, Any], victim: Ints, block: Block) -> Any:
    """Return whether the discharging update took place on time but was entered on a date after the due date.

    If the limit is in hours: whether it was entered after the last instant that is on time (rules A6).
    """
    updates, result = block.columns.updates, np.full(len(out["clause"]), NOT_ASKED, dtype=np.int8)
    done = np.flatnonzero(out["update"] >= 0)
    result[done] = NO
    # Most are entered when they take place, and need no further check.
    later = (updates.entered_at > updates.at)[out["update"][done]]
    done = done[later]
    row = out["update"][done]
    due = out["due_date"][done]
    entered = block.policy.local.of(updates.entered_at[row])
    result[done] = (entered > due) & (out["discharged_on"][done] <= due)
    if block.policy.is_in_hours:
        keys = (victim[done], out["requirement"][done], out["cycle"][done])
        limit = find_due_instants(block.columns, block.policy, block.moment.as_at, *keys)
        by_instant = (updates.at[row] <= limit) & (updates.entered_at[row] > limit)
        result[done] = np.where(limit == NONE, result[done], by_instant)
    return result


def _allocations(due: Days, held: Ints, block: Block) -> Ints:
    """Return who had the case at the end of each due date, or who has it now.

    The former if the due date has passed and allocations say (records section 2).
    """
    columns, found, today = block.columns, block.cases, block.moment.today
    who = owners(columns, block.moment, block.policy.local)
    allocation = np.repeat(who.now[found.crime], held)
    case = np.flatnonzero(who.several[found.crime])
    many = held[case]
    row = np.arange(int(many.sum())) + np.repeat((np.cumsum(held) - held)[case] - starts(many)[:-1], many)
    case = np.repeat(case, many)
    passed = due[row] < today
    allocation[row[passed]] = who.at(found.crime[case[passed]], due[row[passed]])
    return allocation


def _same_day(block: Block) -> Any:
    """Return whether each victim had a counted update on D0, which the first contact owed shows (records section 2)."""
    contacts, same = block.contacts, np.zeros(len(block.cases), dtype=np.bool_)
    same[contacts.case[contacts.day == block.cases.day_0[contacts.case]]] = True
    return same.astype(np.int8)
