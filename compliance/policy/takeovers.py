"""Chains that go on under another requirement: a policy that changes while cases are open (rules A5).

A cycle belongs to the requirement in force when it starts (decision 0033). Days are local dates as whole numbers since
1970-01-01 (int32), `NEVER` for a day that does not come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from compliance.policy.calendars import NEVER, Days, Ints, to_day
from compliance.policy.facts import Block
from compliance.policy.model import Policy
from compliance.policy.requirement import Requirement
from compliance.policy.status import Flags
from compliance.policy.whom import covers
from compliance.policy.windows import Windows
from compliance.records.columns import Columns


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The cases whose chain goes on under another requirement.

    `clock`: the clock date of its first cycle there. `earliest`: the earliest day on which that cycle may be due.
    """

    case: Ints
    clock: Days
    earliest: Days

    @staticmethod
    def join(parts: "Sequence[HandedOver]") -> "HandedOver":
        """Join parts that have no case in common."""
        case = np.concatenate([np.empty(0, np.int64), *(part.case for part in parts)])
        clock = np.concatenate([np.empty(0, np.int32), *(part.clock for part in parts)]).astype(np.int32)
        earliest = np.concatenate([np.empty(0, np.int32), *(part.earliest for part in parts)]).astype(np.int32)
        return HandedOver(case, clock, earliest)

    def take(self, rows: Any) -> "HandedOver":
        """Return the chosen rows."""
        return HandedOver(self.case[rows], self.clock[rows], self.earliest[rows])

    def where(self, wanted: Flags) -> "HandedOver":
        """Return those of the chosen cases (one flag for each case of the block)."""
        return self.take(wanted[self.case])

    def split(self, last: int) -> "tuple[HandedOver, HandedOver]":
        """Return the cases whose cycle starts on or before a day, and those whose cycle starts later (rules A5)."""
        start = np.maximum(self.clock, self.earliest)
        return self.take(start <= last), self.take(start > last)


def last_start(policy: Policy, requirement: Requirement) -> int:
    """Return the last day on which a cycle may start: the day before a takeover, otherwise NEVER (rules A5)."""
    return to_day(requirement.until) if requirement.until and policy.successor(requirement) else NEVER


def find_begins(requirement: Requirement, policy: Policy, columns: Columns) -> Ints:
    """Return the victims (rows of the columns) to whom a requirement is owed, but the one before it was not.

    The one before it is that from which it takes over.
    """
    every = np.arange(len(columns.victims))
    before = policy.requirement_by_id(str(requirement.takes_over))
    return np.flatnonzero(covers(requirement, columns, every) & ~covers(before, columns, every))


def begin_chains(requirement: Requirement, before: Requirement, block: Block, windows: Windows) -> HandedOver:
    """Return the chains that begin when a requirement takes over from one that was not owed to the victim.

    The clock date is the first day, from the day of the takeover on, at whose end the case is open, as if a cycle had
    lapsed the day before (rules A5a, 4.6, 5.4).
    """
    cases, openness, today = block.cases, block.openness, block.moment.today
    first = to_day(requirement.since) if requirement.since else NEVER
    if first >= today:
        return HandedOver.join([])
    begins = windows.covers(requirement) & ~windows.covers(before) & (cases.day_0 < first)
    begins &= ~openness.cancelled[cases.crime] & (cases.exempt < 0)
    case = np.flatnonzero(begins)
    is_open, following = openness.at(cases.crime[case], np.full(len(case), first, dtype=np.int32))
    clock = np.where(is_open, np.int32(first), following)
    declined, asked_again = cases.declined[case], cases.asked_again[case]
    ended = (clock > declined) & (clock < asked_again) & (clock < NEVER)
    clock = np.where(ended, np.where(asked_again <= today, asked_again, np.int32(NEVER)), clock).astype(np.int32)
    return HandedOver(case, clock, clock).take(clock < NEVER)
