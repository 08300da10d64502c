"""The engine's answer: one row an obligation, as columns (records section 2)."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compliance.policy.calendars import NO_DAY, Days, Ints
from compliance.policy.model import Policy, Requirement
from compliance.policy.setting_aside import SetAside
from compliance.records.columns import Coded, Columns

PENDING, MET, LATE, OVERDUE, MISSED, LAPSED, EXEMPT = range(7)
STATES: Final = ("pending", "met", "late", "overdue", "missed", "lapsed", "exempt")
NO, YES, NOT_ASKED = 0, 1, -1
"""A yes or no that may be null."""


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
STATE_OF: Final = np.array(
    [LAPSED, EXEMPT, EXEMPT, MISSED, LAPSED, MET, LATE, PENDING, OVERDUE, MISSED, MISSED, MISSED], dtype=np.int8
)
"""The state that each Clause makes."""
_DISCHARGES: Final = {Clause.MET, Clause.LATE}


def cited(clause: Clause, requirement: Requirement) -> str:
    """The number of the clause of the rules behind a reason, for a requirement of its kind."""
    if clause in _DISCHARGES:
        return "7.1" if requirement.event else "4.3" if requirement.open_only else "3.2"
    if requirement.open_only and clause == Clause.NOT_YET_DUE:
        return "5.2"
    if requirement.open_only and clause == Clause.OUTSTANDING:
        return "4.3" if requirement.repeat_every else "9.6"
    if requirement.event and clause in {Clause.OUTSTANDING, Clause.WRITTEN_OFF}:
        return "7.3"
    return _CITED[clause]


_NO_REASON, DECLINED, CLOSED, CANCELLED, FIRST_CATEGORY = 0, 1, 2, 3, 4
REASON_OF: Final = np.array([CANCELLED, 0, DECLINED, 0, CLOSED, 0, 0, 0, 0, 0, 0, 0], dtype=np.int8)
"""The reason that each Clause gives; of CATEGORY it is the category itself."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts in the order of records section 2. Every array has one element a verdict.

    Days are local dates as whole numbers since 1970-01-01 (int32), `NO_DAY` where absent. Rows point into `columns`,
    the records that were judged, in which crimes keep their places.
    """

    columns: Columns
    policy: Policy
    as_at: datetime
    known_at: datetime | None
    set_aside: SetAside
    """What has no verdict, for the calendar does not know a date that it needs (rules 6.1a)."""
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
    """0 none, then DECLINED, CLOSED, CANCELLED, and from FIRST_CATEGORY on the policy's `exempt_victims`."""
    same_day_update: npt.NDArray[np.int8]
    entered_after_due: npt.NDArray[np.int8]
    allocation: Ints
    """Row in `columns.allocations` of who had the case, -1 where the record's own fields say."""
    window_opens: Days
    """First day whose updates can discharge the obligation."""
    update: Ints
    """Row in `columns.updates` of the update that discharged it, -1 where none did."""
    clause: npt.NDArray[np.int8]
    """The Clause that decided."""

    def __len__(self) -> int:
        return len(self.state)

    @property
    def crime(self) -> Ints:
        """Row in `columns` of the crime of each verdict."""
        return self.columns.victims.crime[self.victim]

    def owner(self, name: str) -> Coded:
        """`division`, `team` or `officer` of who had the case."""
        own: Coded = getattr(self.columns, name)
        told: Coded = getattr(self.columns.allocations, name)
        place = {value: code for code, value in enumerate(own.values)}
        for value in told.values:
            place.setdefault(value, len(place))
        moved = np.array([place[value] for value in told.values] + [-1], dtype=np.int32)[told.codes]
        codes = own.codes[self.crime]
        if len(told.codes):
            codes = np.where(self.allocation >= 0, moved[self.allocation], codes)
        return Coded(codes, tuple(place))

    def table(self, *, coded: bool = False) -> pa.Table:
        """The verdicts as an Arrow table, the columns of records section 2 in their order, dates as date32; texts as
        strings, or as dictionaries where `coded`."""
        ids = tuple(requirement.id for requirement in self.policy.requirement)
        reasons = ("declined", "closed", "cancelled", *self.policy.exempt_victims)
        columns, victims = self.columns, self.columns.victims
        texts = {
            "crime_ref": _taken(columns.crime_ref, self.crime),
            "victim_ref": _taken(victims.ref, self.victim),
            "requirement": Coded(self.requirement.astype(np.int32), ids).dictionary(),
            "state": Coded(self.state.astype(np.int32), STATES).dictionary(),
            "reason": Coded(self.reason.astype(np.int32) - 1, reasons).dictionary(),
            **{name: self.owner(name).dictionary() for name in ("division", "team")},
            "officer_ref": self.owner("officer").dictionary(),
        }
        others = {
            "cycle": pa.array(self.cycle),
            "clock_date": _dates(self.clock_date),
            "due_date": _dates(self.due_date),
            "discharged_on": _dates(self.discharged_on),
            "days_late": pa.array(self.days_late, mask=self.days_late == NO_DAY),
            "same_day_update": _flags(self.same_day_update),
            "entered_after_due": _flags(self.entered_after_due),
        }
        if not coded:
            texts = {name: text.cast(pa.string()) for name, text in texts.items()}
        every = texts | others
        return pa.table({name: every[name] for name in VERDICT_COLUMNS})


VERDICT_COLUMNS: Final = (
    "crime_ref", "victim_ref", "requirement", "cycle", "clock_date", "due_date", "state", "discharged_on", "days_late",
    "reason", "same_day_update", "entered_after_due", "division", "team", "officer_ref",
)  # fmt: skip


def _taken(texts: pa.Array, rows: Ints) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(rows.astype(np.int32)), texts)


def _dates(days: Days) -> pa.Array:
    return pa.array(days, pa.int32(), mask=days == NO_DAY).cast(pa.date32())


def _flags(values: Any) -> pa.Array:
    return pa.array(values == YES, mask=values == NOT_ASKED)
