"""The same records judged by another policy: the same-day question, live contact only (statistics 1.9, section 4)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from compliance.policy import Policy, judge
from compliance.policy.standing import Flags
from compliance.policy.verdicts import LATE, MET, YES, Verdicts
from compliance.reports.model import SameDay
from compliance.reports.rates import due_in, proportion
from compliance.reports.weeks import Week


def same_day(verdicts: Verdicts, week: Week) -> SameDay | None:
    """The rate of the first contact owed, three ways, over the same obligations: those due in the week that count in
    the policy's own rate (statistics section 4). None for a policy that has no such requirement (rules 3.3).

    An obligation that another reading would waive is not met under it.
    """
    policy = verdicts.policy
    place = next((i for i, requirement in enumerate(policy.requirement) if requirement.shows_same_day), None)
    if place is None:
        return None
    cohort = due_in(verdicts, *week.days)
    cohort = cohort.where(cohort.requirement == place)
    readings = (
        _changed(policy, place, same_day="counts"),
        _changed(policy, place, same_day="does not count", recording_day="does not count"),
    )
    met = cohort.state == MET
    counting, original = (_met(_again(verdicts, reading), place)[cohort.victim] for reading in readings)
    had = _flag_of_victim(verdicts, (verdicts.requirement == place) & (verdicts.same_day_update == YES))
    only = had[cohort.victim] & ~met
    return SameDay(
        requirement=policy.requirement[place].id,
        policy=proportion(met, cohort.officer),
        counting=proportion(counting, cohort.officer),
        original=proportion(original, cohort.officer),
        only_same_day=int(only.sum()),
        updated_later=int((only & (cohort.state == LATE)).sum()),
    )


def live_only(verdicts: Verdicts, methods: Sequence[str]) -> Verdicts:
    """The verdicts with live contact only as counted method; stricter than the policy, never laxer (statistics 1.9)."""
    own = verdicts.policy.counted_methods
    counted = [method for method in methods if own is None or method in own]
    return _again(verdicts, verdicts.policy.changed(counted_methods=counted))


def _changed(policy: Policy, place: int, **changes: Any) -> Policy:
    requirements = [r.model_dump(by_alias=True, exclude_unset=True) for r in policy.requirement]
    requirements[place] |= changes
    return policy.changed(requirement=requirements)


def _again(verdicts: Verdicts, policy: Policy) -> Verdicts:
    return judge(verdicts.columns, policy, verdicts.as_at, verdicts.known_at)


def _met(verdicts: Verdicts, place: int) -> Flags:
    return _flag_of_victim(verdicts, (verdicts.requirement == place) & (verdicts.state == MET))


def _flag_of_victim(verdicts: Verdicts, rows: Flags) -> Flags:
    """Which victims, by row of the columns, any of the verdicts asked for belongs to."""
    flags = np.zeros(len(verdicts.columns.victims), dtype=np.bool_)
    flags[verdicts.victim[rows]] = True
    return flags
