"""What an officer's digest calls the others who are notified: by their relation to the officer, as the directory has it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from compliance.reminder_settings import Reminders
from compliance.reminders import Decision
from compliance.reminders.emails.who_else import Others, who_else
from compliance.reminders.history import Accepted
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.recipients import Directory
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.receiving.directory import DirectoryEntry
from tests.reminding import change
from tests.unit.test_reminders_stages import DAY, POLICY, RULES, SETTINGS, TODAY, officer, owed

AWAY: dict[str, Any] = {"absent": [{"from": "2026-06-01", "until": "2026-06-30"}]}
CHAMPION = officer("9000", role="champion", division="North")
COVERED = change(SETTINGS, cover={"1042": "5000", "2000": "2001"}).reminders


def case() -> Owed:
    """Overdue for so long that nobody else follows."""
    item = owed(due=TODAY - 30 * DAY)
    return replace(item, waiting=replace(item.waiting, team="North 1", division="North"))


def already(ref: str, step: LadderStep, *staff: DirectoryEntry, rules: Reminders = RULES, known: bool = True) -> str:
    """The sentence on who else has been notified: one person, by an accepted email of a step."""
    item = case()
    accepted = {(item.key, 1): (Accepted(ref, step, step is LadderStep.OVERDUE, date(2026, 6, 1)),)}
    directory = Directory({row.officer_ref: row for row in staff}, rules, TODAY, {}) if known else None
    listed = [Decision(item, "1042", Outcome.SENT, Reason.STILL_WAITING)]
    (said,) = who_else(listed, POLICY, rules, TODAY, directory, Others(accepted=accepted))
    return said.removeprefix("Also told: ").removesuffix(".")


@pytest.mark.parametrize(
    ("ref", "step", "staff", "expected"),
    [
        ("2000", LadderStep.SUPERVISOR, [officer(supervisor_ref="2000"), officer("2000")], "your supervisor"),
        (
            "2000", LadderStep.SUPERVISOR, [officer(), officer("2000", role="supervisor", team="North 1")],
            "the team's supervisor officer 2000",
        ),
        (
            "2001", LadderStep.SUPERVISOR, [officer(supervisor_ref="2000"), officer("2000", **AWAY), officer("2001")],
            "your supervisor's stand-in officer 2001",
        ),
        ("5000", LadderStep.OVERDUE, [officer(), officer("5000")], "officer 5000, covering for you"),
        ("9000", LadderStep.CHAMPION, [officer(supervisor_ref="2000"), CHAMPION], "the champion"),
        (
            "9000", LadderStep.SUPERVISOR, [officer(supervisor_ref="2000"), CHAMPION],
            "the champion in your supervisor's place",
        ),
        ("9000", LadderStep.SUPERVISOR, [officer(), CHAMPION], "the champion"),
        ("7000", LadderStep.SUPERVISOR, [officer(supervisor_ref="2000"), officer("7000")], "officer 7000"),
    ],
    ids=["supervisor", "the team's", "stand-in", "cover", "champion", "in the supervisor's place",
         "where there is no supervisor", "anybody else"],
)  # fmt: skip
def test_others_are_called_by_what_they_are_to_the_officer(
    ref: str, step: LadderStep, staff: list[DirectoryEntry], expected: str
) -> None:
    """Never "your supervisor" of somebody else: the officer may ask them."""
    assert already(ref, step, *staff, rules=COVERED) == expected


def test_without_a_directory_they_are_called_by_their_reference() -> None:
    assert already("2000", LadderStep.SUPERVISOR, known=False) == "officer 2000"


def said_to(ref: str, step: LadderStep, *told: Accepted, **changes: Any) -> list[str]:
    """What the reader of a step learns of others, of an update due yesterday."""
    item = owed()
    item = replace(item, waiting=replace(item.waiting, team="North 1", division="North"), **changes)
    staff = [officer(supervisor_ref="2000"), officer("2000"), officer("5000"), CHAMPION]
    directory = Directory({row.officer_ref: row for row in staff}, RULES, TODAY, {})
    rerouted = Reason.ABSENT if ref == "5000" else None
    listed = [Decision(item, ref, Outcome.SENT, Reason.NEW, step, rerouted)]
    others = Others(accepted={(item.key, 1): told})
    return list(who_else(listed, POLICY, RULES, TODAY, directory, others))


def test_whoever_is_not_the_officer_reads_only_who_is_next() -> None:
    """The champion is told in the weekly list on or after 30 June."""
    before = Accepted("2000", LadderStep.SUPERVISOR, False, TODAY)
    assert said_to("1042", LadderStep.OVERDUE) == ["Goes to your supervisor on 19 June."]
    assert said_to("1042", LadderStep.OVERDUE, before) == [
        "Also told: your supervisor.", "Goes to the champion on 6 July.",
    ]  # fmt: skip
    assert said_to("5000", LadderStep.OVERDUE) == ["Goes to the officer's supervisor on 19 June."]
    assert said_to("5000", LadderStep.OVERDUE, before) == ["Goes to the champion on 6 July."]
    assert said_to("2000", LadderStep.SUPERVISOR) == ["Goes to the champion on 6 July."]
    assert said_to("9000", LadderStep.CHAMPION, before) == []


def test_of_what_falls_due_nobody_else_is_told_and_of_a_closed_case_they_are() -> None:
    assert said_to("1042", LadderStep.DUE_SOON, standing=Standing.DUE_SOON) == []
    assert said_to("1042", LadderStep.CLOSED, standing=Standing.CLOSED) == ["Goes to your supervisor on 19 June."]
