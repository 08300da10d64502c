"""Engine and reference on a great many generated histories: `make soak`, or HISTORIES=1000000 for more."""

import os
from datetime import UTC, datetime
from itertools import islice

import pytest

from tests.additions.campaign import compare_seeded
from tests.engine import POLICIES, first_difference, shipped
from tests.histories import AS_AT, histories

COUNT = int(os.environ.get("HISTORIES", "100000"))
KNOWN_AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.mark.long
@pytest.mark.parametrize("name", POLICIES)
def test_engine_and_reference_agree_at_length(name: str) -> None:
    """HISTORIES records for each policy, one in four of them also as known earlier (rules 2.8)."""
    policy, data = shipped(name)
    compared = 0
    stories, number = histories(20261125 + POLICIES.index(name), COUNT), 0
    while batch := list(islice(stories, 5000)):
        known_at = KNOWN_AT if number % 4 == 3 else None
        rows, difference = first_difference(batch, policy, data, AS_AT, known_at)
        assert difference is None
        compared += rows
        number += 1
    print(f"\n{name}: {COUNT:,} records, {compared:,} verdicts compared, no difference")


@pytest.mark.long
def test_engine_and_reference_agree_at_length_under_policies_with_additions() -> None:
    """HISTORIES records, 500 under each policy from a seed (rules A1 to A6)."""
    policies = COUNT // 500
    compared = compare_seeded(range(1000, 1000 + policies), 500)
    print(f"\n{policies:,} policies with additions: {COUNT:,} records, {compared:,} verdicts compared, no difference")
