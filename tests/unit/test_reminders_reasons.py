"""Every reason is documented by its name: docs/reminders.md is what a champion looks a notice up in."""

from pathlib import Path

import pytest

from compliance.reminders import decisions, recheck, routing

PAGE = (Path(__file__).parents[2] / "docs" / "reminders.md").read_text("utf-8")
REASONS = (
    decisions.NEW, decisions.STILL_WAITING, decisions.BEFORE_START, decisions.CONTACT_HOLD, decisions.ATTEMPTS, decisions.TOLD_TODAY, decisions.WAITING_ALREADY, decisions.NOT_YET, decisions.NO_ROOM,
    decisions.TOO_OLD, decisions.RECOVERING, decisions.QUIET_HOURS, "told on DATE", routing.NOBODY, routing.UNKNOWN,
    routing.LEFT, routing.ABSENT, routing.NO_ADDRESS, routing.BAD_ADDRESS, f"{routing.REFUSED} on DATE",
    routing.NO_LEADER, recheck.DISCHARGED, recheck.HANDED_OVER, recheck.NOT_COME, f"{routing.DEFERRED} since DATE",
)  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_explained(reason: str) -> None:
    assert f"| `{reason}` |" in PAGE


def test_every_outcome_and_step_is_explained() -> None:
    for name in (*decisions.Outcome, *decisions.STEPS):
        assert f"| {name}" in PAGE
