"""The one function that decides whether a victim was updated in time.

`judge(columns, policy, as_at, known_at)` is pure: the same records, policy and instants give the same verdicts, for one
crime and for six million (decision 0001).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import numpy as np

from compliance.policy.calendars import NEVER
from compliance.policy.events import event_obligations
from compliance.policy.facts import Block
from compliance.policy.intervals import intervals
from compliance.policy.model import Policy, Requirement
from compliance.policy.moment import Moment
from compliance.policy.obligations import OpenObligations, always_owed, chain, waive
from compliance.policy.setting_aside import RequirementAside
from compliance.policy.verdict_rows import RequirementRows, arrange
from compliance.policy.verdicts import Verdicts
from compliance.policy.windows import KNOWN, Windows
from compliance.records.columns import Columns

BLOCK: Final = 65_536
"""Crimes judged together: enough to make each step long, few enough to stay near the processor."""


def judge(
    columns: Columns, policy: Policy, as_at: datetime, known_at: datetime | None = None, *, threads: int = 1
) -> Verdicts:
    """Every obligation of every victim as at T, and as known at K where K is given (rules 2.7, 2.8).

    `as_at` and `known_at` are aware datetimes. The verdicts come in the order of records section 2. What needs a date
    that the policy's calendar does not know is in `set_aside` and has no verdict (rules 6.1a).
    """
    blocks = list(judge_blocks(columns, policy, as_at, known_at, threads=threads))
    return blocks[0] if len(blocks) == 1 else Verdicts.concatenate(blocks, columns)


def judge_blocks(
    columns: Columns, policy: Policy, as_at: datetime, known_at: datetime | None = None, *, threads: int = 1
) -> Iterator[Verdicts]:
    """As `judge`, a block of crimes at a time, each block's verdicts pointing into its own slice of the columns."""
    moment = Moment.of(policy.local, as_at, known_at)

    def judged(start: int) -> Verdicts:
        block = Block.of(columns.slice(start, start + BLOCK), policy, moment)
        windows = Windows(block)
        answers = {i: _requirement(r, block, windows) for i, r in enumerate(policy.requirement)}
        return arrange(answers, block, as_at, known_at)

    starts = range(0, max(len(columns), 1), BLOCK)
    if threads == 1 or len(starts) == 1:
        yield from map(judged, starts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(judged, starts)


def _requirement(requirement: Requirement, block: Block, windows: Windows) -> RequirementRows:
    """One requirement for every case it applies to (rules 5.8: cancelled, exempt category, declined, then itself)."""
    if requirement.event:
        return event_obligations(requirement, block, windows)
    cases, counted = block.cases, windows.updates(requirement)
    first = windows.first(requirement)
    owed = OpenObligations(np.arange(len(cases)), cases.day_0, first.opens, first.due, first.place)
    applies, known = windows.applies(requirement, cases.day_0), first.cause == KNOWN
    unknown = np.flatnonzero(applies & ~known)
    asides = [RequirementAside.of_cases(unknown, first.cause[unknown], cases.day_0[unknown])]
    applies &= known
    is_waived = block.openness.cancelled[cases.crime] | (cases.exempt >= 0)
    every = intervals(requirement, block.policy, cases.enhanced, cases.agreed)
    own = block.policy.requirement.index(requirement)
    groups = [[waive(block, owed.take(np.flatnonzero(applies & is_waived)))]]
    # The few who have declined take the longer way on their own, so that the many need not.
    judged, has_declined = applies & ~is_waived, cases.declined < NEVER
    for part in (np.flatnonzero(judged & ~has_declined), np.flatnonzero(judged & has_declined)):
        if requirement.open_only:
            chained = chain(block, counted, owed.take(part), None if every is None else every.take(part))
            groups.append(chained.cycles)
            asides.append(RequirementAside.of_cases(chained.unknown, own, chained.clock, repeats=True))
        else:
            groups.append([always_owed(block, counted, owed.take(part))])
    held = np.zeros(len(cases), dtype=np.int64)
    for group in groups:
        for step in group:
            held[step.owed.case] += 1
    # A case is in one group only, and its nth cycle in the nth step of it.
    ranks = [rank for group in groups for rank in range(len(group))]
    return RequirementRows([step for group in groups for step in group], ranks, held, RequirementAside.join(asides))
