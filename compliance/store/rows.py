"""Verdicts as rows of the `obligation` table."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from compliance.policy.standing import Moment, owners
from compliance.policy.verdicts import Clause, Verdicts, cited
from compliance.records.instants import to_micros

KEY: Final = ("crime_ref", "victim_ref", "requirement", "cycle")
COLUMNS: Final = (
    *KEY, "clock_date", "due_date", "state", "clause", "discharged_on", "reason", "same_day_update", "division", "team",
    "officer_ref",
)  # fmt: skip
CLOCK_DATE, DUE_DATE, STATE = COLUMNS.index("clock_date"), COLUMNS.index("due_date"), COLUMNS.index("state")
DISCHARGED_ON = COLUMNS.index("discharged_on")

Key = tuple[Any, ...]
Obligations = dict[Key, tuple[Any, ...]]
"""Rows in the order of COLUMNS, by the first of them, KEY."""


def obligations_of(verdicts: Verdicts) -> Obligations:
    """The row of every verdict, in the order of the verdicts.

    Who has the case is said as of now (records section 1), not as of the due date: reminders go there.
    """
    table = _held_now(verdicts).table()
    clauses = np.array([[cited(clause, r) for clause in Clause] for r in verdicts.policy.requirement], dtype=object)
    lists = [
        clauses[verdicts.requirement, verdicts.clause].tolist() if name == "clause" else table[name].to_numpy().tolist()
        for name in COLUMNS
    ]
    rows = list(zip(*lists, strict=True))
    return {row[: len(KEY)]: row for row in rows}


def _held_now(verdicts: Verdicts) -> Verdicts:
    """The same verdicts, with who has the case as at T in place of who had it at the end of the due date."""
    local, columns = verdicts.policy.local, verdicts.columns
    moment = Moment(to_micros(verdicts.as_at), None, local.day_of(verdicts.as_at))
    holder = owners(columns.allocations, len(columns), moment, local).now
    return replace(verdicts, allocation=holder[verdicts.crime])
