"""The one function that decides whether a victim was updated in time.

`judge(columns, policy, as_at, known_at)` is pure: the same records, policy and instants give the same verdicts, for one
crime and for six million (decision 0001).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from compliance.policy.calendars import NEVER, to_day
from compliance.policy.facts import Block, Counted, advance
from compliance.policy.instant_obligations import instant_obligations
from compliance.policy.intervals import Intervals, intervals, is_known
from compliance.policy.model import Policy
from compliance.policy.moment import Moment
from compliance.policy.obligations import OpenObligations, always_owed, chain, waive
from compliance.policy.requirement import Requirement
from compliance.policy.setting_aside import RequirementAside
from compliance.policy.status import Flags
from compliance.policy.takeovers import HandedOver, begin_chains, last_start
from compliance.policy.verdict_rows import RequirementRows, arrange
from compliance.policy.verdicts import Verdicts
from compliance.policy.windows import KNOWN, Windows
from compliance.records.columns import Columns

BLOCK: Final = 65_536
"""The number of crimes judged together: enough for each step to be long, few enough for the processor's caches."""


def judge(
    columns: Columns, policy: Policy, as_at: datetime, known_at: datetime | None = None, *, threads: int = 1
) -> Verdicts:
    """Return every obligation of every victim as at T and, if K is given, as known at K (rules 2.7, 2.8).

    `as_at` and `known_at` are aware datetimes. `threads`: how many blocks are judged at once. The verdicts are in the
    order of records section 2. What needs a date that the policy's calendar does not know is in `set_aside` and has no
    verdict (rules 6.1a).
    """
    blocks = list(judge_blocks(columns, policy, as_at, known_at, threads=threads))
    return blocks[0] if len(blocks) == 1 else Verdicts.concatenate(blocks, columns)


def judge_blocks(
    columns: Columns, policy: Policy, as_at: datetime, known_at: datetime | None = None, *, threads: int = 1
) -> Iterator[Verdicts]:
    """Yield what `judge` returns, a block of crimes at a time.

    The rows of a block's verdicts point into the block's own slice of the columns.
    """
    moment = Moment.of(policy.local, as_at, known_at)

    def judged(start: int) -> Verdicts:
        block = Block.of(columns.slice(start, start + BLOCK), policy, moment)
        judgement = _BlockJudgement(block)
        answers = {i: judgement.of(requirement).rows for i, requirement in enumerate(policy.requirement)}
        return arrange(answers, block, as_at, known_at)

    starts = range(0, max(len(columns), 1), BLOCK)
    if threads == 1 or len(starts) == 1:
        yield from map(judged, starts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(judged, starts)


@dataclass(frozen=True, slots=True)
class _Judged:
    """The rows of one requirement, and the chains that go on under the requirement that takes over (rules A5)."""

    rows: RequirementRows
    over: HandedOver


@dataclass(frozen=True, slots=True)
class _Start:
    """The first obligation of every case under a requirement.

    `applies`: which cases have one. `aside`: what is set aside. `passed_on`: the chains that go straight on to the
    requirement that takes over from this one (rules A5).
    """

    owed: OpenObligations
    applies: Flags
    aside: RequirementAside
    passed_on: HandedOver


class _BlockJudgement:
    """The judgement of each requirement of a policy, for the cases of a block that it applies to.

    A requirement that takes over from another needs that one's chains, so each is judged once, when it is first needed.
    """

    def __init__(self, block: Block) -> None:
        self._block, self._windows = block, Windows(block)
        self._judged: dict[str, _Judged] = {}

    def of(self, requirement: Requirement) -> _Judged:
        """Return the judgement of one requirement (rules 5.8: cancelled, exempt category, declined, then itself)."""
        if requirement.id not in self._judged:
            if requirement.event or requirement.is_in_hours:
                judged = _Judged(instant_obligations(requirement, self._block, self._windows), HandedOver.join([]))
            else:
                judged = self._judge(requirement)
            self._judged[requirement.id] = judged
        return self._judged[requirement.id]

    def _judge(self, requirement: Requirement) -> _Judged:
        block, cases, policy = self._block, self._block.cases, self._block.policy
        every = intervals(requirement, policy, block.columns, cases.victim)
        start = self._find_owed(requirement, every)
        owed, asides, over = start.owed, [start.aside], [start.passed_on]
        own, last = policy.requirement.index(requirement), last_start(policy, requirement)
        is_waived = block.openness.cancelled[cases.crime] | (cases.exempt >= 0)
        groups = [[waive(block, owed.take(np.flatnonzero(start.applies & is_waived)))]]
        # The few who have declined need more steps. They are judged separately to spare all others those steps.
        judged, has_declined = start.applies & ~is_waived, cases.declined < NEVER
        for part in (np.flatnonzero(judged & ~has_declined), np.flatnonzero(judged & has_declined)):
            if requirement.open_only:
                repeat = None if every is None else every.take(part)
                chained = chain(block, self._windows.updates(requirement), owed.take(part), repeat, last)
                groups.append(chained.cycles)
                asides.append(RequirementAside.of_cases(chained.unknown, own, chained.clock, repeats=True))
                over.append(HandedOver(chained.over, chained.over_clock, chained.over_earliest))
            else:
                groups.append([always_owed(block, self._windows.updates(requirement), owed.take(part))])
        held = np.zeros(len(cases), dtype=np.int64)
        for group in groups:
            for step in group:
                held[step.owed.case] += 1
        # A case is in one group only, and its nth cycle is in the nth step of that group.
        ranks = [rank for group in groups for rank in range(len(group))]
        rows = RequirementRows([step for group in groups for step in group], ranks, held, RequirementAside.join(asides))
        return _Judged(rows, HandedOver.join(over))

    def _find_owed(self, requirement: Requirement, every: Intervals | None) -> _Start:
        """Return the first obligation of every case (rules 6.1a, 6.2, A5).

        It runs from the report or, if the requirement takes over a chain, from the clock date with which the chain goes
        on.
        """
        cases, first = self._block.cases, self._windows.first(requirement)
        owed = OpenObligations(np.arange(len(cases)), cases.day_0, first.opens, first.due, first.place)
        applies, cause = self._windows.applies(requirement, cases.day_0), first.cause
        asides, taken, passed_on = [], HandedOver.join([]), HandedOver.join([])
        if requirement.takes_over is not None and every is not None:
            taken, aside = self._take_over(requirement, requirement.takes_over)
            taken, passed_on = taken.split(last_start(self._block.policy, requirement))
            owed = _start_chains(owed, taken, every, self._windows.updates(requirement))
            own = self._block.policy.requirement.index(requirement)
            applies[taken.case], cause = True, cause.copy()
            cause[taken.case] = np.where(is_known(owed.due[taken.case]), np.int8(KNOWN), np.int8(own))
            asides.append(aside)
        known = cause == KNOWN
        unknown = np.flatnonzero(applies & ~known)
        is_taken = np.isin(unknown, taken.case)
        asides.append(RequirementAside.of_cases(unknown, cause[unknown], owed.clock[unknown], repeats=is_taken))
        return _Start(owed, applies & known, RequirementAside.join(asides), passed_on)

    def _take_over(self, requirement: Requirement, name: str) -> tuple[HandedOver, RequirementAside]:
        """Return the chains that a requirement takes over or begins, and what it sets aside with the one before.

        From the day of the takeover on, it sets aside what the one before does, for the same victims (rules A5, A5a,
        6.1a).
        """
        before = self._block.policy.requirement_by_id(name)
        judged, covers = self.of(before), self._windows.covers(requirement)
        begun = begin_chains(requirement, before, self._block, self._windows)
        aside = judged.rows.aside
        has_come = requirement.since is not None and self._block.moment.today >= to_day(requirement.since)
        return HandedOver.join([judged.over.where(covers), begun]), aside.where(covers & has_come)


def _start_chains(owed: OpenObligations, taken: HandedOver, every: Intervals, counted: Counted) -> OpenObligations:
    """Return the obligations with the first cycles of the chains taken over in place of those from the report.

    The clock date is given and the window opens the day after it. The due date is one interval later, or the day after
    the due date of the cycle before if that is later (rules A5).
    """
    clock, opens, due, place = owed.clock.copy(), owed.opens.copy(), owed.due.copy(), owed.place.copy()
    case = taken.case
    clock[case], opens[case] = taken.clock, taken.clock + 1
    after = every.take(case).after(taken.clock)
    due[case] = np.where(is_known(after), np.maximum(after, taken.earliest), after)
    there = counted.start[case]
    advance(counted.day, there, opens[case])
    place[case] = there
    return OpenObligations(owed.case, clock, opens, due, place)
