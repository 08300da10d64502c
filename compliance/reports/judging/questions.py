"""The same records judged by another policy: the same-day question, live contact only (statistics 1.9, section 4)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from compliance.policy import Policy, judge
from compliance.policy.status import Flags
from compliance.policy.verdicts import MET, Verdicts
from compliance.reports.judging.rates import Cohort, due_in
from compliance.reports.periods.spans import Span


def same_day_readings(
    verdicts: Verdicts, period: Span, division: str | None = None
) -> tuple[Cohort, tuple[Flags, Flags, Flags]] | None:
    """Return the obligations of the same-day question, and which are met under each of its three readings.

    The readings: by the policy, if a same-day update counted, and as the original system counted. The obligations are
    those due in the period that count in the policy's own rate (statistics section 4). One that another reading would
    waive is not met under it. Returns None for a policy without such a requirement (rules 3.3).
    """
    place = first_owed(verdicts.policy)
    if place is None:
        return None
    policy = verdicts.policy
    cohort = due_in(verdicts, *period.days, division)
    cohort = cohort.where(cohort.requirement == place)
    readings = (
        _change_requirement(policy, place, same_day="counts"),
        _change_requirement(policy, place, same_day="does not count", recording_day="does not count"),
    )
    counting, original = (_select_met(_again(verdicts, reading), place)[cohort.victim] for reading in readings)
    return cohort, (cohort.state == MET, counting, original)


def first_owed(policy: Policy) -> int | None:
    """Return the place of the first contact owed, None if the policy has no such requirement."""
    return next((place for place, asked in enumerate(policy.requirement) if asked.shows_same_day), None)


def live_only(verdicts: Verdicts, methods: Sequence[str]) -> Verdicts:
    """Judge with live contact as the only counted method: stricter than the policy, never laxer (statistics 1.9)."""
    own = verdicts.policy.counted_methods
    counted = [method for method in methods if own is None or method in own]
    return _again(verdicts, verdicts.policy.with_values(counted_methods=counted))


def _change_requirement(policy: Policy, place: int, **changes: Any) -> Policy:
    requirements = [r.model_dump(by_alias=True, exclude_unset=True) for r in policy.requirement]
    requirements[place] |= changes
    return policy.with_values(requirement=requirements)


def _again(verdicts: Verdicts, policy: Policy) -> Verdicts:
    return judge(verdicts.columns, policy, verdicts.as_at, verdicts.known_at)


def _select_met(verdicts: Verdicts, place: int) -> Flags:
    return _flag_of_victim(verdicts, (verdicts.requirement == place) & (verdicts.state == MET))


def _flag_of_victim(verdicts: Verdicts, rows: Flags) -> Flags:
    """Return which victims, by row of the columns, have any of the given verdicts."""
    flags = np.zeros(len(verdicts.columns.victims), dtype=np.bool_)
    flags[verdicts.victim[rows]] = True
    return flags
