"""The rows of every requirement put in their places, and the columns that follow from them (records section 2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from compliance.policy.calendars import NO_DAY, Ints
from compliance.policy.facts import Block
from compliance.policy.obligations import Found
from compliance.policy.standing import owners
from compliance.policy.verdicts import (
    CANCELLED,
    CLOSED,
    DECLINED,
    FIRST_CATEGORY,
    LAPSED,
    LATE,
    MISSED,
    NOT_ASKED,
    OVERDUE,
    Clause,
    Verdicts,
)

_ROW: Final = {
    "case": np.int64, "requirement": np.int8, "cycle": np.int32, "clock_date": np.int32, "due_date": np.int32,
    "window_opens": np.int32, "state": np.int8, "clause": np.int8, "discharged_on": np.int32, "update": np.int64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """The obligations of one requirement. Of each `Found`: the cycle of every row, and its rank within its case; and
    how many rows each case holds in all."""

    rows: list[Found]
    cycles: list[Any]
    ranks: list[Any]
    held: Ints


def arrange(answers: dict[int, Answer], block: Block, as_at: datetime, known_at: datetime | None) -> Verdicts:
    """Every requirement's rows by case, then requirement id by code point, then cycle; `answers` by the requirement's
    place in the policy."""
    order = sorted(answers, key=lambda place: block.policy.requirement[place].id)
    total = np.sum([answers[place].held for place in order], axis=0)
    base = np.cumsum(total) - total
    out = {name: np.empty(int(total.sum()), dtype=dtype) for name, dtype in _ROW.items()}
    for place in order:
        answer = answers[place]
        for rows, cycle, rank in zip(answer.rows, answer.cycles, answer.ranks, strict=True):
            at = base[rows.owed.case] + rank
            out["requirement"][at] = place
            out["cycle"][at] = cycle
            out["case"][at] = rows.owed.case
            out["clock_date"][at] = rows.owed.clock
            out["due_date"][at] = rows.owed.due
            out["window_opens"][at] = rows.owed.opens
            out["state"][at] = rows.state
            out["clause"][at] = rows.clause
            out["discharged_on"][at] = rows.discharged
            out["update"][at] = rows.update
        base = base + answer.held
    return _finished(out, block, as_at, known_at)


def _finished(out: dict[str, Any], block: Block, as_at: datetime, known_at: datetime | None) -> Verdicts:
    case, state, due, clause = out.pop("case"), out["state"], out["due_date"], out["clause"]
    found, columns, moment, local = block.cases, block.columns, block.moment, block.policy.local
    days_late = np.where(state == LATE, out["discharged_on"] - due, np.where(state == OVERDUE, moment.today - due, 0))
    days_late[state == MISSED] = NO_DAY
    reason = np.zeros(len(case), dtype=np.int8)
    reason[state == LAPSED] = CLOSED
    reason[clause == Clause.CANCELLED] = CANCELLED
    reason[clause == Clause.DECLINED] = DECLINED
    by_category = np.flatnonzero(clause == Clause.CATEGORY)
    reason[by_category] = FIRST_CATEGORY + found.exempt[case[by_category]]
    who = owners(columns.allocations, len(columns), moment, local)
    return Verdicts(
        columns=columns,
        policy=block.policy,
        as_at=as_at,
        known_at=known_at,
        victim=found.victim[case],
        days_late=days_late.astype(np.int32),
        reason=reason,
        same_day_update=_same_day(out["requirement"], case, block),
        entered_after_due=_entered_after_due(out, block),
        allocation=who.at(found.crime[case], due, moment.today),
        **out,
    )


def _entered_after_due(out: dict[str, Any], block: Block) -> Any:
    """Whether the discharging update was entered on a date after the due date, although it took place in time."""
    result = np.full(len(out["state"]), NOT_ASKED, dtype=np.int8)
    done = np.flatnonzero(out["update"] >= 0)
    due = out["due_date"][done]
    entered = block.policy.local.of(block.columns.updates.entered_at[out["update"][done]])
    result[done] = (entered > due) & (out["discharged_on"][done] <= due)
    return result


def _same_day(requirement: Any, case: Ints, block: Block) -> Any:
    """Whether the victim had a counted update on D0: a fact, shown by the first contact owed (records section 2)."""
    shown = np.array([r.shows_same_day for r in block.policy.requirement], dtype=np.bool_)
    result = np.full(len(case), NOT_ASKED, dtype=np.int8)
    asked = np.flatnonzero(shown[requirement])
    if len(asked):
        contacts = block.contacts
        same = np.zeros(len(block.cases), dtype=np.bool_)
        same[contacts.case[contacts.day == block.cases.day_0[contacts.case]]] = True
        result[asked] = same[case[asked]]
    return result
