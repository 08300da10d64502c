"""What is owed on a morning: how far ahead it is announced, and for how long it is owed after the case has closed."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from compliance.policy import load_policy
from compliance.records import convert_crime
from compliance.reminders.owed import Owed, Standing, find_owed
from tests.reminding import reminder_settings

REPORTED = "2026-06-03T10:00:00Z"
"""A Wednesday: the first update is due on Wednesday 10 June, and announced from Monday 8 June (`due_soon_days`, 2)."""


def owed_on(day: date, ahead_days: int = 4, **record: Any) -> list[Owed]:
    crime = {"crime_ref": "22A/1/26", "reported_at": REPORTED, "officer_ref": "1", "victims": [{"victim_ref": "V1"}]}
    rules = reminder_settings(date(2026, 5, 1), ahead_days=ahead_days, due_soon_days=2, plan_weekday="never").reminders
    morning = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    return find_owed([convert_crime(crime | record)], load_policy("west-mercia"), rules, morning, {})


@pytest.mark.parametrize(
    ("day", "early"),
    [(5, None), (6, True), (7, True), (8, False), (10, False)],
    ids=["5 days ahead", "4 days ahead", "3 days ahead", "from its own day", "on the due date"],
)
def test_what_falls_due_is_announced_and_goes_along_from_ahead_days_before(day: int, early: bool | None) -> None:
    found = [(owed.standing, owed.early) for owed in owed_on(date(2026, 6, day)) if owed.requirement == "7-day"]
    assert found == ([] if early is None else [(Standing.DUE_SOON, early)])


@pytest.mark.parametrize(("day", "is_owed"), [(date(2026, 7, 20), True), (date(2026, 8, 20), False)])
def test_what_was_overdue_at_the_close_is_owed_for_as_long_as_the_policy_says(day: date, is_owed: bool) -> None:
    """A month overdue when the case closed on 13 July: owed for 28 days more, whatever the age of its due date (3.6)."""
    closed = [{"status": "closed", "at": "2026-07-13T10:00:00Z"}]
    found = [owed.standing for owed in owed_on(day, status=closed) if owed.requirement == "7-day"]
    assert found == ([Standing.CLOSED] if is_owed else [])
