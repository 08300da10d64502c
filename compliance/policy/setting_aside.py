"""What cannot be judged because the calendar does not know a date it needs: set aside, with the reason (rules 6.1a)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from compliance.policy.calendars import Days, Ints, from_day, plain_date
from compliance.policy.model import Policy
from compliance.policy.status import Flags
from compliance.records.columns import Coded, Columns

CLAUSE: Final = "6.1a"
"""The clause of the rules by which an obligation is set aside."""


class CalendarGap(StrEnum):
    """The side of the calendar on which the unknown working days lie."""

    BEFORE = "before the calendar"
    AFTER = "after the calendar"


def calendar_advice(policy: Policy, gap: CalendarGap) -> str:
    """Return which calendar is too short, and what to do. It is the same for everything with this gap."""
    calendar = policy.working
    first, last = plain_date(from_day(calendar.first)), plain_date(from_day(calendar.last))
    if gap is CalendarGap.BEFORE:
        advice = "check that date in the record, or move covers_from in the calendar's file"
    else:
        advice = "add the bank holidays proclaimed since to the calendar's file and move covers_until"
    return f"calendar {calendar.name!r} is known from {first} to {last}: {advice}"


@dataclass(frozen=True, slots=True, repr=False)
class SetAside:
    """The obligations set aside, in the order of the verdicts. Rows point into `columns`.

    A row is all of a victim's obligations under one requirement or, if its clock is an event, the obligation of one
    event.
    """

    columns: Columns
    policy: Policy
    victim: Ints
    """Row in `columns.victims`."""
    requirement: npt.NDArray[np.int8]
    """Place in `policy.requirement`."""
    cycle: npt.NDArray[np.int32]
    """The event's number (rules 7.1), 0 if the requirement runs from the report."""
    cause: npt.NDArray[np.int8]
    """Place in `policy.requirement` of the one whose due date is not known.

    It is the requirement itself, one that its `after` leads to (rules 9.4) or one from which it takes over (A5).
    """
    clock_date: Days
    """The local date from which the working days would be counted."""
    repeats: Flags
    """Whether these are the working days of `repeat_every` (A3), not of `within`."""

    def __len__(self) -> int:
        return len(self.victim)

    def __repr__(self) -> str:
        return f"<SetAside: {len(self):,} on {len(self.columns):,} crimes>"

    @property
    def crime(self) -> Ints:
        """Row in `columns` of the crime of each entry."""
        return self.columns.victims.crime[self.victim]

    def gaps(self) -> list[CalendarGap]:
        """Return, for each entry, the side of the calendar on which the unknown days lie."""
        before = self.clock_date < self.policy.working.first
        return [CalendarGap.BEFORE if one else CalendarGap.AFTER for one in before.tolist()]

    def reasons(self) -> list[str]:
        """Return why each is set aside and what to do about it: a sentence that goes with the crime number."""
        category = self.columns.victims.category
        enhanced = (category.codes == category.code("enhanced"))[self.victim]
        keys = (self.requirement, self.cause, self.clock_date, enhanced, self.repeats)
        each = zip(*(part.tolist() for part in keys), strict=True)
        known: dict[tuple[int, int, int, bool, bool], str] = {}
        return [known.get(key) or known.setdefault(key, self._reason(*key)) for key in each]

    def _reason(self, requirement: int, cause: int, clock: int, enhanced: bool, repeats: bool) -> str:
        own = self.policy.requirement[cause]
        category = "enhanced" if enhanced else None
        number = ((repeats and own.repeat_for(category)) or own.within_for(category)).working_days
        start = "a further cycle" if repeats else own.event.replace("_", " ") if own.event else "day 0"
        one = number == 1
        days = f"{number} working day{'' if one else 's'}"
        if clock < self.policy.working.first:
            gap = CalendarGap.BEFORE
            fact = f"{days} after {plain_date(from_day(clock))} ({start}) begin{'s' * one} before the calendar does"
        else:
            gap = CalendarGap.AFTER
            fact = f"{days} after {plain_date(from_day(clock))} ({start}) end{'s' * one} after the calendar does"
        if cause != requirement:
            how = "takes over from" if self.policy.requirement[requirement].takes_over == own.id else "comes after"
            fact = f"it {how} {own.id}, which is set aside: {fact}"
        return f"{fact}; {calendar_advice(self.policy, gap)}"

    def table(self) -> pa.Table:
        """Return an Arrow table: crime_ref, victim_ref, requirement, cycle, clause, reason."""
        refs, victims = self.columns.crime_ref, self.columns.victims
        ids = tuple(requirement.id for requirement in self.policy.requirement)
        return pa.table(
            {
                "crime_ref": refs.take(pa.array(self.crime)),
                "victim_ref": victims.ref.take(pa.array(self.victim)),
                "requirement": Coded(self.requirement.astype(np.int32), ids).texts(),
                "cycle": pa.array(self.cycle),
                "clause": pa.array([CLAUSE] * len(self), pa.string()),
                "reason": pa.array(self.reasons(), pa.string()),
            }
        )


@dataclass(frozen=True, slots=True)
class RequirementAside:
    """What is set aside of one requirement in a block: the cases, and the columns of `SetAside` that differ."""

    case: Ints
    cycle: Ints
    cause: npt.NDArray[np.int8]
    clock: Days
    repeats: Flags

    @classmethod
    def of_cases(cls, case: Ints, cause: Any, clock: Days, *, repeats: Any = False) -> "RequirementAside":
        """Return all obligations of some cases. `cause` and `repeats` are one value, or one for each case."""
        causes = np.broadcast_to(np.asarray(cause, dtype=np.int8), case.shape)
        return cls(case, np.zeros_like(case), causes, clock, np.broadcast_to(np.asarray(repeats, np.bool_), case.shape))

    def where(self, wanted: Flags) -> "RequirementAside":
        """Return what is set aside of the chosen cases (one flag for each case of the block)."""
        keep = np.flatnonzero(wanted[self.case])
        names = [field.name for field in fields(RequirementAside)]
        return RequirementAside(*(getattr(self, name)[keep] for name in names))

    @staticmethod
    def join(parts: "Sequence[RequirementAside]") -> "RequirementAside":
        """Join parts that have no case in common, in the order of the cases."""
        order = np.argsort(np.concatenate([part.case for part in parts]), kind="stable")
        names = [field.name for field in fields(RequirementAside)]
        return RequirementAside(*(np.concatenate([getattr(part, name) for part in parts])[order] for name in names))


def arrange_aside(
    asides: Sequence[tuple[int, RequirementAside]], columns: Columns, policy: Policy, victim: Ints
) -> SetAside:
    """Return what is set aside by case, then requirement, then cycle.

    `asides`: in the order of the requirements' ids, each with the place of its requirement in the policy. `victim`: the
    row of each case's victim.
    """

    def joined(parts: list[Any], dtype: Any) -> Any:
        return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)

    case = joined([aside.case for _, aside in asides], np.int64)
    # Each part is in order of the cases and, within a case, of the cycles. A stable sort keeps the parts in order.
    order = np.argsort(case, kind="stable")
    return SetAside(
        columns,
        policy,
        victim[case[order]].astype(np.int32),
        joined([np.full(len(aside.case), place) for place, aside in asides], np.int8)[order],
        joined([aside.cycle for _, aside in asides], np.int32)[order],
        joined([aside.cause for _, aside in asides], np.int8)[order],
        joined([aside.clock for _, aside in asides], np.int32)[order],
        joined([aside.repeats for _, aside in asides], np.bool_)[order],
    )


def join_aside(blocks: Sequence[SetAside], columns: Columns) -> SetAside:
    """Join what is set aside in consecutive blocks of crimes, as rows of all their columns."""
    shifts = np.cumsum([0, *(len(block.columns.victims) for block in blocks[:-1])])
    victim = [block.victim + shift for block, shift in zip(blocks, shifts, strict=True)]
    others = (
        np.concatenate([getattr(block, name) for block in blocks])
        for name in ("requirement", "cycle", "cause", "clock_date", "repeats")
    )
    return SetAside(columns, blocks[0].policy, np.concatenate(victim), *others)
