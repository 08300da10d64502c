"""Every reason is documented by its name: docs/reminders.md is what a champion looks a notice up in."""

from pathlib import Path

import pytest

from compliance.reminders.reasons import WORDS
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason

PAGE = (Path(__file__).parents[2] / "docs" / "reminders.md").read_text("utf-8")


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_explained(reason: Reason) -> None:
    assert f"| `{WORDS[reason].format(since='DATE')}` |" in PAGE


def test_every_outcome_and_step_is_explained() -> None:
    for name in (*Outcome, *LadderStep):
        assert f"| {name}" in PAGE
