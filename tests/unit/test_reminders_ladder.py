"""The ladder: due soon, overdue, again, the supervisor, the champion; by requirement and by victim category."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.reminder_settings import LadderChange, Reminders
from compliance.reminders import Decision, check_rules
from compliance.reminders.contact_holds import Hold
from compliance.reminders.decisions import decide
from compliance.reminders.history import Accepted, History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Key, Owed, Standing
from compliance.reminders.sending_times import due_soon_on
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.receiving.directory import DirectoryEntry
from tests.reminding import change
from tests.unit.test_reminders_stages import DAY, RULES, SETTINGS, TODAY, officer, owed

POLICY = load_policy("west-mercia")
STAFF = (
    officer("1042", supervisor_ref="2000", team="North 1", division="North"),
    officer("2000", role="supervisor", team="North 1", division="North"),
    officer("3000", role="champion", division="North"),
)


def overdue(days: int, category: str = "standard", **changes: Any) -> Owed:
    """Overdue for so many days, of a victim of a category."""
    item = owed(due=TODAY - days * DAY, **changes)
    return replace(item, waiting=replace(item.waiting, category=category, division="North"))


def told(
    *obligations: Owed,
    rules: Reminders = RULES,
    staff: tuple[DirectoryEntry, ...] = STAFF,
    list_day: date | None = None,
    **history: Any,
) -> list[Decision]:
    """What is decided of obligations of which the officer was told on the day after the due date."""
    history = {"accepted": accepted(*obligations)} | history
    about = Morning(rules, TODAY, {row.officer_ref: row for row in staff}, History(**history), list_day=list_day)
    return decide(obligations, about)


def accepted(*obligations: Owed) -> dict[tuple[Key, int], tuple[Accepted, ...]]:
    """A mail about each was accepted for the officer who has it, on the day after it fell due."""
    return {
        (o.key, o.spell): (Accepted(str(o.waiting.officer_ref), LadderStep.OVERDUE, False, o.due_date + DAY),)
        for o in obligations
    }


def sent(*obligations: Owed, **about: Any) -> set[tuple[str, str]]:
    """(step, recipient) of what is told today."""
    return {(d.step, d.recipient_ref) for d in told(*obligations, **about) if d.outcome is Outcome.SENT}


OFFICER, SUPERVISOR, CHAMPION = ("overdue", "1042"), ("supervisor", "2000"), ("champion", "3000")


@pytest.mark.parametrize(
    ("days", "steps"),
    [
        (1, {OFFICER}),
        (6, {OFFICER}),
        (7, {OFFICER, SUPERVISOR}),
        (20, {OFFICER, SUPERVISOR}),
        (21, {OFFICER, SUPERVISOR, CHAMPION}),
    ],
)
def test_the_supervisor_is_told_after_7_days_and_the_champion_after_21(days: int, steps: set[Any]) -> None:
    assert sent(overdue(days)) == steps


@pytest.mark.parametrize(("days", "steps"), [(2, {OFFICER}), (3, {OFFICER, SUPERVISOR}), (10, {OFFICER, SUPERVISOR, CHAMPION})])  # fmt: skip
def test_victims_owed_the_enhanced_service_are_escalated_sooner(days: int, steps: set[Any]) -> None:
    assert sent(overdue(days, "enhanced")) == steps


def test_each_step_can_be_set_by_requirement_and_by_category() -> None:
    later = LadderChange(requirement="28-day", supervisor_days=14, champion_days=40)
    both = LadderChange(requirement="28-day", category="enhanced", supervisor_days=5)
    rules = change(SETTINGS, ladder=[*RULES.ladder, later, both]).reminders
    assert [
        rules.ladder_for(requirement, category).supervisor_days
        for requirement in ("7-day", "28-day")
        for category in ("standard", "enhanced")
    ] == [7, 3, 14, 5]  # what is said later stands over what is said earlier
    assert SUPERVISOR not in sent(overdue(13, requirement="28-day"), rules=rules)
    assert SUPERVISOR in sent(overdue(14, requirement="28-day"), rules=rules)


def test_the_interval_can_be_set_by_category() -> None:
    item = overdue(20, "enhanced")
    four_days_ago = {("1042", item.key, 1, "overdue"): TODAY - 4 * DAY}
    assert OFFICER in sent(item, notified=four_days_ago)
    plain = overdue(20)
    assert OFFICER not in sent(plain, notified={("1042", plain.key, 1, "overdue"): TODAY - 4 * DAY})


def test_those_above_are_told_once_and_then_find_it_in_their_list() -> None:
    item = overdue(40)
    everybody = {(ref, item.key, 1, "overdue"): TODAY - 8 * DAY for ref in ("1042", "2000", "3000")}
    assert sent(item, notified=everybody) == {OFFICER}
    reasons = {d.step: d.said for d in told(item, notified=everybody)}
    assert reasons == {
        "overdue": "still waiting",
        "supervisor": "notified on 2026-06-02",
        "champion": "notified on 2026-06-02",
    }


def test_a_supervisor_who_was_told_in_the_officers_place_is_not_told_again_as_supervisor() -> None:
    """Never the same mail twice."""
    item = overdue(7)
    held = replace(item, waiting=replace(item.waiting, hold=Hold(now=True)))
    before = {("2000", held.key, 1, "overdue"): TODAY - 3 * DAY}
    assert sent(held, notified=before) == set()


def test_a_mail_that_goes_to_one_above_tells_no_more_than_what_is_new_to_them() -> None:
    old, new = overdue(30, crime_ref="22/1/26"), overdue(7, crime_ref="22/2/26")
    before = {("2000", old.key, 1, "overdue"): TODAY - 2 * DAY}
    decisions = [d for d in told(old, new, notified=before) if d.step == "supervisor" and d.outcome is Outcome.SENT]
    assert [d.owed.waiting.crime_ref for d in decisions] == ["22/2/26"]


def test_one_digest_a_person_a_day_whatever_they_are_told() -> None:
    """A supervisor who has a case of their own gets one mail of both."""
    own = overdue(1, officer_ref="2000", crime_ref="22/2/26")
    mails = {d.recipient_ref for d in told(overdue(7), own) if d.outcome is Outcome.SENT}
    assert mails == {"1042", "2000"}


def handed_over(days_over: int, had_for: int) -> Owed:
    """Overdue for so many days, with an officer who has had it for so many."""
    item = overdue(days_over)
    return replace(item, waiting=replace(item.waiting, officer_since=TODAY - had_for * DAY))


def test_a_case_handed_over_gives_its_new_officer_as_long_as_anybody() -> None:
    """A gentle notice, not an inherited scolding."""
    assert sent(handed_over(9, had_for=1)) == {OFFICER}
    assert sent(handed_over(9, had_for=6)) == {OFFICER}
    assert sent(handed_over(9, had_for=7)) == {OFFICER, SUPERVISOR}


def test_handing_a_case_over_never_hides_a_victim_from_the_supervisor_beyond_half_of_champion_days() -> None:
    assert sent(handed_over(10, had_for=1)) == {OFFICER, SUPERVISOR}
    assert sent(handed_over(9, had_for=1)) == {OFFICER}


def test_handing_a_case_over_never_hides_a_victim_from_the_champion() -> None:
    assert CHAMPION in sent(handed_over(21, had_for=1))


def test_who_had_the_case_for_4_days_by_the_due_date_is_held_to_it() -> None:
    assert handed_over(7, had_for=11).handed_over_on is None
    assert sent(handed_over(7, had_for=11)) == {OFFICER, SUPERVISOR}
    assert handed_over(7, had_for=10).handed_over_on == TODAY - 10 * DAY


def soon(days: int) -> Owed:
    item = owed(due=TODAY + days * DAY)
    return replace(item, standing=Standing.DUE_SOON)


def test_what_falls_due_soon_is_told_once_and_to_the_officer_alone() -> None:
    item = soon(2)
    assert sent(item) == {("due soon", "1042")}
    assert sent(item, notified={("1042", item.key, 1, "due soon"): TODAY - DAY}) == set()


def test_what_falls_due_within_a_week_goes_along_and_needs_no_mail_of_its_own() -> None:
    early, announced, late = replace(soon(6), early=True), soon(2), overdue(1, crime_ref="22/2/26")
    announced = replace(announced, waiting=replace(announced.waiting, crime_ref="22/3/26"))
    assert [d.said for d in told(early)] == ["not due soon yet, and nothing else to notify"]
    for news in (announced, late):
        assert {d.owed.waiting.crime_ref for d in told(early, news) if d.outcome is Outcome.SENT} == {
            early.waiting.crime_ref, news.waiting.crime_ref,
        }  # fmt: skip
    before = {("1042", early.key, 1, "due soon"): TODAY - DAY}
    (decision,) = (d for d in told(early, late, notified=before) if d.owed is early)
    assert (decision.outcome, decision.said) == (Outcome.SUPPRESSED, "notified on 2026-06-09")


def test_what_falls_due_within_a_week_waits_for_the_officer_and_goes_to_nobody_else() -> None:
    early, late = replace(soon(6), early=True), overdue(1, crime_ref="22/2/26")
    staff = (officer("1042", supervisor_ref="2000", absent=[{"from": "2026-06-01", "until": None}]), STAFF[1])
    assert {
        (d.owed.standing, d.recipient_ref) for d in told(early, late, staff=staff) if d.outcome is Outcome.SENT
    } == {(Standing.OVERDUE, "2000")}


def test_a_victim_who_waits_already_is_not_announced_as_well() -> None:
    """One contact is owed at once, and discharges both."""
    late = overdue(3)
    announced = replace(soon(2), waiting=late.waiting, requirement="28-day")
    decisions = {d.step: (d.outcome, d.reason) for d in told(late, announced)}
    assert decisions[LadderStep.DUE_SOON] == (Outcome.SUPPRESSED, "already waiting for an update")
    assert decisions[LadderStep.OVERDUE] == (Outcome.SENT, "new")
    unmailed = replace(late, due_date=RULES.due_from - DAY)
    assert ("due soon", "1042") in sent(unmailed, announced)


def test_who_was_told_that_something_falls_due_is_told_that_it_is_overdue() -> None:
    item = overdue(1)
    (decision,) = told(item, notified={("1042", item.key, 1, "due soon"): TODAY - 3 * DAY})
    assert (decision.outcome, decision.reason) == (Outcome.SENT, Reason.NEW)


@pytest.mark.parametrize(
    ("due", "told_on"),
    [
        ("2026-06-12", "2026-06-10"),  # a Friday: Wednesday
        ("2026-06-15", "2026-06-12"),  # a Monday: two days before is a Saturday
        ("2026-06-14", "2026-06-12"),  # a Sunday: Friday
        ("2026-05-27", "2026-05-22"),  # over the spring bank holiday: Friday
        ("2026-12-29", "2026-12-24"),  # over Christmas
    ],
)
def test_due_soon_is_told_on_the_last_working_morning_at_least_two_days_before(due: str, told_on: str) -> None:
    assert due_soon_on(POLICY, date.fromisoformat(due), 2) == date.fromisoformat(told_on)


def test_a_ladder_for_a_requirement_that_the_policy_does_not_have_is_an_error() -> None:
    rules = change(SETTINGS, ladder=[LadderChange(requirement="8-day")]).reminders
    with pytest.raises(SettingsError, match=r"ladder: requirement: found '8-day'; expected one of 7-day, 28-day"):
        check_rules(POLICY, rules)
    check_rules(POLICY, RULES)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"champion_days": 6}, "champion_days: found 6; expected 7, supervisor_days, or more$"),
        ({"ladder": [LadderChange(category="enhanced", champion_days=5)]}, "expected 7, .* for enhanced"),
        ({"ladder": [LadderChange(requirement="28-day", supervisor_days=30)]}, "found 21; expected 30, .* for 28-day"),
    ],
)
def test_a_champion_is_never_told_before_a_supervisor(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        change(SETTINGS, **changes)


def test_nobody_is_told_twice_of_one_obligation_on_one_day() -> None:
    """An officer who is their own team's supervisor."""
    staff = (officer("1042", role="supervisor", team="North 1", division="North", supervisor_ref="1042"),)
    decisions = told(overdue(7), staff=staff)
    assert {(d.step, d.outcome, d.reason) for d in decisions} == {
        ("overdue", Outcome.SENT, "new"),
        ("supervisor", Outcome.HELD, Reason.NO_LEADER),
    }


def test_the_day_after_the_due_date_is_at_once() -> None:
    """Nothing waits for a second day: overdue is told as soon as the due date has passed (rules 2.7)."""
    assert sent(overdue(1)) == {OFFICER}
    assert timedelta(days=1) == TODAY - overdue(1).due_date


MONDAY = TODAY - 2 * DAY


@pytest.mark.parametrize(("days", "told"), [(22, False), (23, True)])
def test_the_champion_is_told_in_the_first_weekly_list_once_21_days_have_passed(days: int, told: bool) -> None:
    """On Wednesday: the list of the Monday knew of what was 21 days overdue then."""
    assert (CHAMPION in sent(overdue(days), list_day=MONDAY)) is told


def test_the_champion_is_told_of_an_enhanced_victim_on_the_next_working_morning() -> None:
    assert CHAMPION in sent(overdue(10, "enhanced"), list_day=MONDAY)
    assert CHAMPION not in sent(overdue(9, "enhanced"), list_day=MONDAY)


def test_no_setting_takes_a_victim_beyond_half_of_champion_days() -> None:
    rules = change(SETTINGS, supervisor_days=14, ladder=[]).reminders
    assert SUPERVISOR not in sent(overdue(9), rules=rules)
    assert SUPERVISOR in sent(overdue(10), rules=rules)


def closed(days: int, closed_for: int = 2) -> Owed:
    """Overdue for so many days, of a case that closed some days ago."""
    item = overdue(days)
    waiting = replace(item.waiting, is_open=False, closed_on=TODAY - closed_for * DAY)
    return replace(item, waiting=waiting, standing=Standing.CLOSED)


@pytest.mark.parametrize(
    ("days", "above"),
    [(6, set()), (7, {SUPERVISOR}), (21, {SUPERVISOR, CHAMPION})],
)
def test_closing_a_case_does_not_end_the_ladder(days: int, above: set[Any]) -> None:
    assert sent(closed(days)) == {("closed", "1042"), *above}


def test_a_closed_case_is_told_to_those_above_once_and_then_in_their_list() -> None:
    item = closed(9)
    for phase in ("overdue", "closed"):  # as the supervisor, or in the officer's place
        told = {("1042", item.key, 1, "closed"): TODAY - DAY, ("2000", item.key, 1, phase): TODAY - DAY}
        assert sent(item, notified=told) == sent(item, notified=told, list_day=TODAY - DAY) == set()
        assert sent(item, notified=told, list_day=TODAY) == {SUPERVISOR}
