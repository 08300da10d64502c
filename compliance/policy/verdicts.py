"""The engine's answer: one row for each obligation, as columns (records section 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compliance.policy.allocation import CaseHolders, owners
from compliance.policy.calendars import NO_DAY, Days, Ints
from compliance.policy.hours import find_due_instants
from compliance.policy.model import Policy
from compliance.policy.moment import Moment
from compliance.policy.requirement import Requirement
from compliance.policy.setting_aside import SetAside, join_aside
from compliance.records.columns import Coded, Columns
from compliance.records.instants import NONE, to_micros

PENDING, MET, LATE, OVERDUE, MISSED, LAPSED, EXEMPT = range(7)
STATES: Final = ("pending", "met", "late", "overdue", "missed", "lapsed", "exempt")
NO, YES, NOT_ASKED = 0, 1, -1
"""The values of a yes or no that may be null."""


class Clause(IntEnum):
    """The clause that decided a verdict, for `explain` (decision 0003)."""

    CANCELLED = 0
    CATEGORY = 1
    DECLINED = 2
    DECLINED_AFTER_DUE = 3
    NOT_OPEN_WHEN_DUE = 4
    MET = 5
    LATE = 6
    NOT_YET_DUE = 7
    OUTSTANDING = 8
    WRITTEN_OFF = 9
    CLOSED_WHILE_OVERDUE = 10
    SILENCE = 11


_CITED: Final = {
    Clause.CANCELLED: "5.3",
    Clause.CATEGORY: "5.5",
    Clause.DECLINED: "5.4",
    Clause.DECLINED_AFTER_DUE: "5.4",
    Clause.NOT_OPEN_WHEN_DUE: "4.1",
    Clause.WRITTEN_OFF: "3.6",
    Clause.CLOSED_WHILE_OVERDUE: "5.6",
    Clause.SILENCE: "4.5",
    Clause.NOT_YET_DUE: "2.7",
    Clause.OUTSTANDING: "3.6",
}
STATE_OF: Final = {
    Clause.CANCELLED: LAPSED,
    Clause.CATEGORY: EXEMPT,
    Clause.DECLINED: EXEMPT,
    Clause.DECLINED_AFTER_DUE: MISSED,
    Clause.NOT_OPEN_WHEN_DUE: LAPSED,
    Clause.MET: MET,
    Clause.LATE: LATE,
    Clause.NOT_YET_DUE: PENDING,
    Clause.OUTSTANDING: OVERDUE,
    Clause.WRITTEN_OFF: MISSED,
    Clause.CLOSED_WHILE_OVERDUE: MISSED,
    Clause.SILENCE: MISSED,
}
"""The state that follows from each Clause."""
_DISCHARGES: Final = {Clause.MET, Clause.LATE}
_BY_THE_HOUR: Final = {Clause.MET, Clause.LATE, Clause.NOT_YET_DUE, Clause.OUTSTANDING}


def cite(clause: Clause, requirement: Requirement) -> str:
    """Return the number of the clause of the rules behind a Clause, for a requirement of this kind."""
    if requirement.is_in_hours and clause in _BY_THE_HOUR:
        return "A6"
    if clause in _DISCHARGES:
        return "7.1" if requirement.event else "4.3" if requirement.open_only else "3.2"
    if requirement.open_only and clause == Clause.NOT_YET_DUE:
        return "5.2"
    if requirement.open_only and clause == Clause.OUTSTANDING:
        return "4.3" if requirement.repeat_every else "9.6"
    if requirement.event and clause in {Clause.OUTSTANDING, Clause.WRITTEN_OFF}:
        return "7.3"
    return _CITED[clause]


NO_REASON, DECLINED, CLOSED, CANCELLED, FIRST_CATEGORY = range(5)
REASONS: Final = {DECLINED: "declined", CLOSED: "closed", CANCELLED: "cancelled"}
REASON_OF: Final = {
    Clause.CANCELLED: CANCELLED,
    Clause.DECLINED: DECLINED,
    Clause.NOT_OPEN_WHEN_DUE: CLOSED,
}
"""The reason that follows from a Clause, if it has one; that of CATEGORY is the category itself."""


def _by_clause(values: Mapping[Clause, int]) -> npt.NDArray[np.int8]:
    """Return the values as a column indexed by Clause, 0 for those without a value."""
    column = np.zeros(len(Clause), dtype=np.int8)
    for clause, value in values.items():
        column[clause] = value
    return column


_STATES, _REASONS = _by_clause(STATE_OF), _by_clause(REASON_OF)


def states_of(clauses: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the state that follows from each clause."""
    return _STATES[clauses]


def reasons_of(clauses: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the reason that follows from each clause, NO_REASON if it has none or the reason is the category."""
    return _REASONS[clauses]


@dataclass(frozen=True, slots=True, repr=False)
class Verdicts:
    """Verdicts in the order of records section 2. Every array has one element for each verdict.

    Days are local dates as whole numbers since 1970-01-01 (int32), `NO_DAY` if absent. Rows point into `columns`, the
    records that were judged, in which crimes keep their places.
    """

    columns: Columns
    policy: Policy
    as_at: datetime
    known_at: datetime | None
    set_aside: SetAside
    """What has no verdict because the calendar does not know a date that it needs (rules 6.1a)."""
    victim: Ints
    """Row in `columns.victims`."""
    requirement: npt.NDArray[np.int8]
    """Place in `policy.requirement`."""
    cycle: npt.NDArray[np.int32]
    clock_date: Days
    due_date: Days
    state: npt.NDArray[np.int8]
    """Place in STATES."""
    discharged_on: Days
    days_late: Days
    reason: npt.NDArray[np.int8]
    """NO_REASON, DECLINED, CLOSED, CANCELLED, or FIRST_CATEGORY plus the place in the policy's `exempt_victims`."""
    same_day_update: npt.NDArray[np.int8]
    entered_after_due: npt.NDArray[np.int8]
    allocation: Ints
    """Row in `columns.allocations` of who had the case, -1 if the record's own fields say."""
    window_opens: Days
    """The first day whose updates can discharge the obligation."""
    update: Ints
    """Row in `columns.updates` of the update that discharged it, -1 if none did."""
    clause: npt.NDArray[np.int8]
    """The Clause that decided."""

    def __post_init__(self) -> None:
        """Raise ValueError if the columns differ in their number of rows."""
        lengths = {name: len(getattr(self, name)) for name in _EACH}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of verdicts differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.state)

    def __repr__(self) -> str:
        """Return the counts and what they were judged by, never the rows."""
        known = "" if self.known_at is None else f", known at {self.known_at.isoformat()}"
        counted = f"{len(self):,} on {len(self.columns):,} crimes, {len(self.set_aside):,} set aside"
        return f"<Verdicts: {counted}, {self.policy!r}, as at {self.as_at.isoformat()}{known}>"

    @property
    def crime(self) -> Ints:
        """Row in `columns` of the crime of each verdict."""
        return self.columns.victims.crime[self.victim]

    def holders(self, rows: Any = slice(None)) -> CaseHolders:
        """Return who had the cases of the chosen verdicts (mask, slice or places)."""
        return CaseHolders(self.columns, self.columns.victims.crime[self.victim[rows]], self.allocation[rows])

    def owner(self, name: str) -> Coded:
        """Return the `division`, `team` or `officer` who had the case of each verdict."""
        return self.holders().owner(name)

    def held_now(self) -> "Verdicts":
        """Return the verdicts with who has the case as at T, instead of who had it at the end of the due date."""
        local = self.policy.local
        held = owners(self.columns, Moment.of(local, self.as_at), local)
        return replace(self, allocation=held.now[self.crime])

    def due_instants(self) -> Ints:
        """Return the last instant that is on time for each verdict, NONE if its limit is not in hours (rules A6).

        In microseconds since 1970 in UTC.
        """
        as_at = to_micros(self.as_at)
        return find_due_instants(self.columns, self.policy, as_at, self.victim, self.requirement, self.cycle)

    def take(self, rows: Any) -> "Verdicts":
        """Return the chosen verdicts (mask, slice or places) on the same records; what is set aside stays."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _EACH})

    @staticmethod
    def concatenate(blocks: "Sequence[Verdicts]", columns: Columns) -> "Verdicts":
        """Join the verdicts on consecutive blocks of crimes, at least one, as rows of all their columns."""
        joined: dict[str, Any] = {}
        for name in _EACH:
            parts = [getattr(block, name) for block in blocks]
            if name in _ROWS_OF:
                sizes = [len(getattr(block.columns, _ROWS_OF[name])) for block in blocks]
                shifts = np.cumsum([0, *sizes[:-1]])
                parts = [np.where(part >= 0, part + shift, part) for part, shift in zip(parts, shifts, strict=True)]
            joined[name] = np.concatenate(parts)
        aside = join_aside([block.set_aside for block in blocks], columns)
        return replace(blocks[0], columns=columns, set_aside=aside, **joined)

    def table(self, *, coded: bool = False) -> pa.Table:
        """Return the verdicts as an Arrow table with the columns of `verdict_columns`.

        Dates are date32, instants are timestamps in UTC, and texts are strings or, if `coded`, dictionaries.
        """
        ids = tuple(requirement.id for requirement in self.policy.requirement)
        reasons = (*(REASONS[code] for code in sorted(REASONS)), *self.policy.exempt_victims)
        columns, victims, holders = self.columns, self.columns.victims, self.holders()
        texts = {
            "crime_ref": _take(columns.crime_ref, holders.crime),
            "victim_ref": _take(victims.ref, self.victim),
            "requirement": Coded(self.requirement.astype(np.int32), ids).dictionary(),
            "state": Coded(self.state.astype(np.int32), STATES).dictionary(),
            "reason": Coded(self.reason.astype(np.int32) - 1, reasons).dictionary(),
            **{name: holders.owner(name).dictionary() for name in ("division", "team")},
            "officer_ref": holders.owner("officer").dictionary(),
        }
        others = {
            "cycle": pa.array(self.cycle),
            "clock_date": _numbers(self.clock_date, pa.date32()),
            "due_date": _numbers(self.due_date, pa.date32()),
            "discharged_on": _numbers(self.discharged_on, pa.date32()),
            "days_late": _numbers(self.days_late, pa.int32()),
            "same_day_update": _flags(self.same_day_update),
            "entered_after_due": _flags(self.entered_after_due),
        }
        if not coded:
            texts = {name: text.cast(pa.string()) for name, text in texts.items()}
        every = texts | others
        if self.policy.is_in_hours:
            due_at = self.due_instants()
            every["due_at"] = pa.array(due_at, pa.timestamp("us", "UTC"), mask=due_at == NONE)
        return pa.table({name: every[name] for name in verdict_columns(self.policy)})


_ASKED: Final = {"columns", "policy", "as_at", "known_at", "set_aside"}
"""The fields that belong to all the verdicts together."""
_EACH: Final = tuple(field.name for field in fields(Verdicts) if field.name not in _ASKED)
_ROWS_OF: Final = {"victim": "victims", "allocation": "allocations", "update": "updates"}
"""The columns that are rows of the records, -1 if there is none: field -> the table."""

VERDICT_COLUMNS: Final = (
    "crime_ref", "victim_ref", "requirement", "cycle", "clock_date", "due_date", "state", "discharged_on", "days_late",
    "reason", "same_day_update", "entered_after_due", "division", "team", "officer_ref",
)  # fmt: skip


def verdict_columns(policy: Policy) -> tuple[str, ...]:
    """Return the names of the columns of verdicts in order: those of records section 2.

    If the policy has limits in hours, `due_at` is the last (rules A6).
    """
    return (*VERDICT_COLUMNS, "due_at") if policy.is_in_hours else VERDICT_COLUMNS


def _take(texts: pa.Array, rows: Ints) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(rows.astype(np.int32)), texts)


def _numbers(days: Days, kind: Any) -> pa.Array:
    values = np.ascontiguousarray(days, dtype=np.int32)
    return pa.Array.from_buffers(kind, len(values), [_bits(values != NO_DAY), pa.py_buffer(values)])


def _flags(values: Any) -> pa.Array:
    return pa.Array.from_buffers(pa.bool_(), len(values), [_bits(values != NOT_ASKED), _bits(values == YES)])


def _bits(values: npt.NDArray[np.bool_]) -> pa.Buffer:
    """Return yes and no as Arrow stores them. NumPy packs them several times as fast as `pa.array` does."""
    return pa.py_buffer(np.packbits(values, bitorder="little"))
