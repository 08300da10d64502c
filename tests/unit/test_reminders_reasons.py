"""Every reason is documented by its name: docs/reminders.md is what a champion looks a notice up in."""

from pathlib import Path

import pytest

from compliance.reminders import recheck, routing, stages

PAGE = (Path(__file__).parents[2] / "docs" / "reminders.md").read_text("utf-8")
REASONS = (
    stages.NEW, stages.STILL_WAITING, stages.BEFORE_START, stages.CONTACT_HOLD, stages.ATTEMPTS, stages.TOLD_TODAY, stages.WAITING_ALREADY, stages.NOT_YET, stages.NO_ROOM,
    stages.TOO_OLD, stages.RECOVERING, stages.QUIET_HOURS, "told on DATE", routing.NOBODY, routing.UNKNOWN,
    routing.LEFT, routing.ABSENT, routing.NO_ADDRESS, routing.BAD_ADDRESS, f"{routing.REFUSED} on DATE",
    routing.NO_LEADER, recheck.DISCHARGED, recheck.HANDED_OVER,
)  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_explained(reason: str) -> None:
    assert f"| `{reason}` |" in PAGE


def test_every_outcome_and_step_is_explained() -> None:
    for name in (*stages.Outcome, *stages.STEPS):
        assert f"| {name}" in PAGE
