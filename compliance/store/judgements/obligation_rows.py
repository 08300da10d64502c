"""Verdicts as rows of the `obligation` table, and what cannot be judged as rows of `set_aside`."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np

from compliance.policy.status import status_at
from compliance.policy.verdicts import PENDING, Clause, Verdicts, cite
from compliance.records.columns import OPEN
from compliance.records.instants import to_micros

KEY: Final = ("crime_ref", "victim_ref", "requirement", "cycle")
COLUMNS: Final = (
    *KEY, "clock_date", "due_date", "state", "clause", "discharged_on", "reason", "same_day_update", "division", "team",
    "officer_ref", "category", "falls_away",
)  # fmt: skip
CLOCK_DATE, DUE_DATE, STATE = COLUMNS.index("clock_date"), COLUMNS.index("due_date"), COLUMNS.index("state")
DISCHARGED_ON = COLUMNS.index("discharged_on")

ASIDE_COLUMNS: Final = (*KEY, "clause", "reason", "gap")

Key = tuple[Any, ...]
Obligations = dict[Key, tuple[Any, ...]]
"""Rows in the order of COLUMNS, or of ASIDE_COLUMNS, by their first columns, KEY."""


def obligations_of(verdicts: Verdicts) -> Obligations:
    """Return the row of every verdict, in the order of the verdicts.

    The officer is the one who has the case now (records section 1), not on the due date: reminders go there.
    """
    table = verdicts.held_now().table()
    clauses = np.array([[cite(clause, r) for clause in Clause] for r in verdicts.policy.requirement], dtype=object)
    category = verdicts.columns.victims.category
    others = {
        "clause": clauses[verdicts.requirement, verdicts.clause].tolist(),
        "category": np.array([*category.values, None], dtype=object)[category.codes[verdicts.victim]].tolist(),
        "falls_away": _falls_away(verdicts).tolist(),
    }
    lists = [others[name] if name in others else table[name].to_numpy().tolist() for name in COLUMNS]
    rows = list(zip(*lists, strict=True))
    return {row[: len(KEY)]: row for row in rows}


def _falls_away(verdicts: Verdicts) -> Any:
    """Return whether each verdict is pending and will lapse, as its case is not open now (rules 4.1, 5.2)."""
    open_only = np.array([r.open_only for r in verdicts.policy.requirement], dtype=np.bool_)[verdicts.requirement]
    table = verdicts.columns
    is_open = status_at(table.statuses, len(table), to_micros(verdicts.as_at)).kind == OPEN
    return (verdicts.state == PENDING) & open_only & ~is_open[verdicts.crime]


def asides_of(verdicts: Verdicts) -> Obligations:
    """Return the row of everything that is set aside (rules 6.1a)."""
    table, gaps = verdicts.set_aside.table(), verdicts.set_aside.gaps()
    rows = list(zip(*(table[name].to_pylist() for name in ASIDE_COLUMNS[:-1]), map(str, gaps), strict=True))
    return {row[: len(KEY)]: row for row in rows}


def is_aside(key: Key, asides: Collection[Key]) -> bool:
    """Return whether an obligation is set aside: by its event, or with its whole requirement (cycle 0)."""
    return bool(asides) and (key in asides or (*key[:-1], 0) in asides)
