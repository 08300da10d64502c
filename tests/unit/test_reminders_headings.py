"""Under which heading a digest names a victim: the most pressing of what it says about them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.reminders import Decision
from compliance.reminders.emails.composing import write
from compliance.reminders.owed import Owed, Standing
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from tests.unit.test_reminders_stages import DAY, POLICY, SETTINGS, TODAY, owed

OVERDUE, SOON, CLOSED, SUPERVISOR = (
    LadderStep.OVERDUE, LadderStep.DUE_SOON, LadderStep.CLOSED, LadderStep.SUPERVISOR,
)  # fmt: skip


def heading(*decisions: Decision) -> str:
    """The heading under which the one victim of these decisions is named."""
    (found,) = (name for name, entries in write(decisions, POLICY, SETTINGS, TODAY).parts.items() if entries)
    return found


def decided(step: LadderStep, reason: Reason = Reason.NEW, item: Owed | None = None) -> Decision:
    return Decision(item or owed(), "1042", Outcome.SENT, reason, step)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((SOON,), "soon"),
        ((SUPERVISOR,), "stuck"),
        ((CLOSED,), "closed"),
        ((SOON, SUPERVISOR), "stuck"),
        ((SUPERVISOR, CLOSED, SOON), "closed"),
        ((SUPERVISOR, CLOSED, SOON, OVERDUE), "new"),
    ],
)
def test_what_must_be_done_now_comes_before_what_others_must_do_and_that_before_what_falls_due(
    steps: tuple[LadderStep, ...], expected: str
) -> None:
    requirements = ("7-day", "28-day")
    items = [replace(owed(), requirement=requirements[n % 2], cycle=n + 1) for n in range(len(steps))]
    assert heading(*(decided(step, item=item) for step, item in zip(steps, items, strict=True))) == expected


def test_an_update_that_the_officer_was_notified_of_before_is_still_waiting_until_another_is_new() -> None:
    old, new = decided(OVERDUE, Reason.STILL_WAITING), decided(OVERDUE, item=replace(owed(), requirement="28-day"))
    assert heading(old) == "waiting"
    assert heading(old, new) == "new"


def test_a_victim_is_handed_over_if_all_that_is_new_was_due_before_the_officer_had_them_for_4_days() -> None:
    """An officer who had the case for longer before one of the due dates is reminded as of their own."""
    since = replace(owed().waiting, officer_since=TODAY - timedelta(days=6))
    early, late = (replace(owed(due=TODAY - days * DAY), waiting=since) for days in (4, 1))
    late = replace(late, requirement="28-day")
    assert (early.handed_over_on, late.handed_over_on) == (since.officer_since, None)
    assert heading(decided(OVERDUE, item=early)) == "handed"
    assert heading(decided(OVERDUE, item=late)) == "new"
    assert heading(decided(OVERDUE, item=early), decided(OVERDUE, item=late)) == "new"


def test_what_falls_due_is_under_its_own_heading() -> None:
    item = replace(owed(due=TODAY + DAY), standing=Standing.DUE_SOON)
    assert heading(decided(SOON, item=item)) == "soon"
