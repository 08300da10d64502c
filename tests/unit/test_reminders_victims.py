"""What is told is the victim, not the obligation: a second breach of a victim already told waits for the repeat."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from compliance.policy import load_policy
from compliance.records import convert_crime
from compliance.reminders.decisions import decide
from compliance.reminders.history import Accepted, History
from compliance.reminders.morning import Morning
from compliance.reminders.owed import Owed, find_owed
from compliance.store.kept.notice_kinds import LadderStep, Outcome
from tests.reminding import reminder_settings
from tests.unit.test_reminders_ladder import STAFF, overdue
from tests.unit.test_reminders_stages import DAY, RULES, TODAY

TOLD = TODAY - 3 * DAY
Wait = tuple[Owed, Owed]


def in_one_wait(category: str = "standard", first: int = 8, second: int = 1, **changes: Any) -> Wait:
    """A first update overdue for some days, and a second breach of the same victim."""
    old = overdue(first, category)
    new = replace(overdue(second, category), waiting=old.waiting, requirement="28-day", **changes)
    wait = (old.spell_key, new.spell_key)
    return replace(old, wait=wait), replace(new, wait=wait, wait_since=new.wait_since)


def said(*owed: Owed, recipients: tuple[str, ...] = ("1042",), on: date = TOLD, **history: Any) -> dict[tuple[str, str], str]:  # fmt: skip
    """(requirement, step) -> outcome and reason, where the first obligation was told to some people on a day."""
    told = {(ref, *owed[0].spell_key, LadderStep.OVERDUE): on for ref in recipients}
    about = Morning(RULES, TODAY, {row.officer_ref: row for row in STAFF}, History(notified=told, **history))
    return {(d.owed.requirement, d.step): f"{d.outcome}: {d.said}" for d in decide(owed, about)}


def test_a_second_breach_of_a_victim_already_told_waits_for_the_repeat() -> None:
    found = said(*in_one_wait())
    assert found["28-day", "overdue"] == "suppressed: notified on 2026-06-07"
    again = said(*in_one_wait(), on=TODAY - 7 * DAY)
    assert {again[each, "overdue"] for each in ("7-day", "28-day")} == {"sent: still waiting"}


def test_it_is_news_to_somebody_else() -> None:
    assert said(*in_one_wait(), recipients=())["28-day", "overdue"] == "sent: new"


def test_it_is_no_news_to_those_above_either() -> None:
    """The supervisor's step of the second breach finds them told of the victim: it comes in their list."""
    found = said(*in_one_wait(first=20, second=10), recipients=("1042", "2000"))
    assert found["28-day", "supervisor"] == "suppressed: notified on 2026-06-07"


def test_a_new_breach_of_an_enhanced_victim_is_told_the_next_morning_always() -> None:
    found = said(*in_one_wait("enhanced"))
    assert found["28-day", "overdue"] == "sent: new"
    assert found["7-day", "overdue"] == "sent: still waiting"


def test_what_was_told_before_contact_was_found_to_be_owed_after_all_was_of_another_wait() -> None:
    """An update that discharged the second breach was removed: news, although the victim was told of before."""
    old, new = in_one_wait(wait_since=TODAY - DAY)
    assert said(old, new)["28-day", "overdue"] == "sent: new"
    old, new = in_one_wait(wait_since=TOLD)
    assert said(old, new)["28-day", "overdue"] == "suppressed: notified on 2026-06-07"


def test_an_email_about_the_victim_starts_the_officers_time_for_whatever_is_owed() -> None:
    old, new = in_one_wait(first=20, second=8)
    accepted = {old.spell_key: (Accepted("1042", LadderStep.OVERDUE, False, TODAY - 19 * DAY),)}
    assert History(accepted=accepted).accepted_for("1042", new) == TODAY - 19 * DAY
    later = replace(new, wait_since=TODAY - 2 * DAY)
    assert History(accepted=accepted).accepted_for("1042", later) is None
    assert ("28-day", "supervisor") in said(old, new, accepted=accepted)


def found_on(day: date, due_from: date = date(2026, 1, 1), **renewed: date) -> list[Owed]:
    """What is owed to a victim who was told on 6 January, and heard nothing since: due every 28 days."""
    updates = [{"update_ref": "1", "at": "2026-01-06T11:00:00Z", "outcome": "informed"}]
    crime = {"crime_ref": "A", "reported_at": "2026-01-02T10:00:00Z", "officer_ref": "1042", "updates": updates}
    record = convert_crime(crime | {"victims": [{"victim_ref": "V1"}]})
    rules, now = reminder_settings(due_from).reminders, datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    found = find_owed([record], load_policy("west-mercia"), rules, now, {}, {("A", v): on for v, on in renewed.items()})
    return [owed for owed in found if owed.days_over > 0]


def test_a_new_cycle_goes_on_with_the_wait_and_with_the_ladder_of_the_one_before() -> None:
    """Rules 4.5: due on 30 January, missed by silence when the next fell due on 27 February: one wait."""
    (before,), (after,) = found_on(date(2026, 2, 10)), found_on(date(2026, 3, 10))
    assert (before.due_date, before.overdue_since, before.wait) == (
        date(2026, 1, 30),
        date(2026, 1, 30),
        (before.spell_key,),
    )
    assert (after.cycle, after.overdue_since) == (before.cycle + 1, before.due_date)
    assert after.wait == (before.spell_key, after.spell_key)
    assert found_on(date(2026, 3, 10), V1=date(2026, 3, 9))[0].wait_since == date(2026, 3, 9)


def test_the_ladder_counts_nothing_from_before_the_service_started() -> None:
    (after,) = found_on(date(2026, 3, 10), due_from=date(2026, 2, 1))
    assert (after.overdue_since, after.wait) == (after.due_date, (after.spell_key,))


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2026, 3, 10), date(2026, 4, 2)])
def test_no_cycle_that_begins_takes_a_victim_off_the_lists_of_those_above(day: date) -> None:
    """The champion's step was reached on 20 February: it stays reached, however often a new cycle begins."""
    (owed,) = found_on(day)
    staff = {row.officer_ref: row for row in STAFF}
    owed = replace(owed, waiting=replace(owed.waiting, division="North"))
    steps = {d.step for d in decide([owed], Morning(RULES, day, staff)) if d.outcome is Outcome.SENT}
    assert steps == {LadderStep.OVERDUE, LadderStep.SUPERVISOR, LadderStep.CHAMPION}
