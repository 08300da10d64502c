"""What a year with faults may tell later than one without, and what not."""

from collections import Counter
from datetime import date, timedelta

from tests.operated_outcome import YearOutcome, differing_emails

FIRST = ("A", "V1", "7-day", 1, date(2026, 2, 1))
SECOND = ("A", "V1", "28-day", 1, date(2026, 2, 3))
DAY = date(2026, 3, 4)


def outcome(told: dict[tuple[str, str, str, int, date], date], right_on: date | None = None) -> YearOutcome:
    mentioned = {("A", "V1"): set(told.values())}
    right = {SECOND: right_on} if right_on else {}
    return YearOutcome(date(2027, 1, 3), {}, {}, {}, {}, {}, Counter(), told, mentioned, right)


QUIET = outcome({FIRST: DAY - timedelta(7), SECOND: DAY})


def differ(other: YearOutcome) -> bool:
    return list(differing_emails(QUIET, other, [])) != []


def test_a_second_breach_waits_for_the_repeat_of_the_first() -> None:
    first = DAY - timedelta(7)
    assert not differ(QUIET)
    assert not differ(outcome({FIRST: first, SECOND: DAY + timedelta(4)}))
    assert differ(outcome({FIRST: first, SECOND: DAY + timedelta(5)})), "longer than any repeat"
    assert not differ(outcome({FIRST: first, SECOND: DAY - timedelta(2)})), "mentioned in the other year by then"


def test_a_first_breach_is_told_on_its_day() -> None:
    assert differ(outcome({FIRST: DAY - timedelta(6), SECOND: DAY}))
    assert differ(outcome({SECOND: DAY})), "not told at all"


def test_what_is_never_told_came_right_before_the_repeat() -> None:
    first = {FIRST: DAY - timedelta(7)}
    assert not differ(outcome(first, DAY + timedelta(4)))
    assert differ(outcome(first, DAY + timedelta(5)))
    assert differ(outcome(first))
