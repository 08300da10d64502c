"""A past period judged on the crimes that can matter to it is the period judged on all (statistics 1.2)."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pytest

from compliance.policy import Policy, judge
from compliance.policy.model import parse_policy
from compliance.records import columns, convert_crime
from compliance.records.columns import Columns
from compliance.reports.judging.judged import JudgedPeriod
from compliance.reports.judging.relevant_crimes import find_relevant
from compliance.reports.periods.periods import parse_period
from compliance.store.reading.column_pool import take_columns
from tests.drawn import drawn
from tests.engine import ADDITIONAL, POLICIES, RULES, shipped
from tests.histories import histories
from tests.unit.test_engine import VARIANTS

pytestmark = pytest.mark.drawn

PERIODS = ("2026-W31", "2026-W36", "2026-W44", "2026-07", "2026-Q3")
AS_AT = datetime(2026, 11, 16, tzinfo=UTC)


@cache
def records() -> Columns:
    return columns([convert_crime(record) for record in histories(17, drawn(700, 2), as_at=AS_AT, known_at=AS_AT)])


def every_policy() -> dict[str, Policy]:
    found = {name: shipped(name)[0] for name in (*POLICIES, *ADDITIONAL)}
    return found | {name: parse_policy(data, RULES / "variant.toml") for name, data in VARIANTS.items()}


def told(found: Columns, period: JudgedPeriod, policy: Policy) -> dict[str, list[Any]]:
    """What a report reads of a judged period, by crime number instead of row."""
    crimes = found.crime_ref.to_pylist()
    told: dict[str, list[Any]] = {}
    for name, cohort in (("due", period.cohort), ("overdue", period.overdue)):
        refs = [crimes[row] for row in found.victims.crime[cohort.victim]]
        victims = found.victims.ref.take(cohort.victim).to_pylist()
        each = zip(
            refs, victims, cohort.requirement, cohort.cycle, cohort.state, cohort.enhanced, cohort.entered_after,
            *(column.texts().to_pylist() for column in (cohort.offence, cohort.division, cohort.team, cohort.officer)),
            strict=True,
        )  # fmt: skip
        told[name] = sorted(map(repr, each))
    silent = period.silence
    held = (column.texts().to_pylist() for column in (silent.division, silent.team, silent.officer))
    told["silent"] = sorted(map(repr, zip(silent.silent, silent.enhanced, *held, strict=True)))
    return told


@pytest.mark.parametrize("name", every_policy())
def test_nothing_of_a_period_is_lost_with_the_crimes_left_out(name: str) -> None:
    """Whatever the policy: shut long ago, reopened, cancelled, with events, hours and takeovers (rules 3.6, 4.1, 5.3)."""
    policy, every, left_out = every_policy()[name], records(), 0
    for text in PERIODS:
        period = parse_period(text)
        instant = period.settling_instant(policy.local)
        rows = find_relevant(every, policy, period, instant)
        some = take_columns(every, rows)
        whole = JudgedPeriod.of(judge(every, policy, instant, instant), period)
        part = JudgedPeriod.of(judge(some, policy, instant, instant), period)
        assert told(some, part, policy) == told(every, whole, policy)
        left_out += len(every) - len(rows)
    assert left_out > len(every) / 2, "it spares judging them"


def test_a_crime_that_is_open_or_shut_of_late_is_never_left_out() -> None:
    policy, every = shipped("west-mercia")[0], records()
    period = parse_period("2026-W36")
    instant = period.settling_instant(policy.local)
    left = np.setdiff1d(np.arange(len(every)), find_relevant(every, policy, period, instant))
    reported = policy.local.of(every.reported_at)[left]
    assert (reported < period.days[0] - 7).sum() > 20, "some are left out because they were shut long before"
    assert ((reported < period.days[0] - 7) | (reported > period.days[1])).all()
