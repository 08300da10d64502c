"""The days on which a victim's contact holds are in force (docs/records.md, section 1)."""

from datetime import date, timedelta

import pytest

from compliance.reminders.contact_holds import Hold, HoldSpan, find_hold, hold_on

TODAY = date(2026, 3, 10)


def days(first: int | None, last: int | None, reason: str | None = None, *, is_open: bool = False) -> HoldSpan:
    """A hold from one day to another, as days from today."""
    begin, end = (None if day is None else TODAY + timedelta(days=day) for day in (first, last))
    return HoldSpan(begin, end, reason, is_open)


@pytest.mark.parametrize(("day", "is_in_force"), [(-3, False), (-2, True), (0, True), (2, True), (3, False)])
def test_a_hold_is_in_force_on_its_first_and_last_day_and_on_no_other(day: int, is_in_force: bool) -> None:
    hold = Hold(spans=(days(-9, -8), days(-2, 2)))
    assert hold.in_force_on(TODAY + timedelta(days=day)) is is_in_force


def test_a_hold_without_a_first_or_last_day_is_in_force_on_every_day_on_that_side() -> None:
    assert [days(None, 0).covers(TODAY + timedelta(days=n)) for n in (-400, 0, 1)] == [True, True, False]
    assert [days(0, None).covers(TODAY + timedelta(days=n)) for n in (-1, 0, 400)] == [False, True, True]


def test_holds_that_follow_without_a_free_day_run_into_one_another() -> None:
    follows, after_a_free_day = days(3, 5, is_open=True), days(4, 6)
    found = hold_on([follows, days(-1, 2, "a trial")], TODAY)
    assert (found.now, found.until, found.is_open, found.reasons) == (True, follows.last, True, ("a trial",))
    assert hold_on([days(-1, 2), after_a_free_day], TODAY).until == TODAY + timedelta(days=2)


def test_a_hold_within_a_longer_one_does_not_end_it() -> None:
    assert hold_on([days(-5, 5), days(-1, 1, is_open=True)], TODAY) == Hold(
        True, TODAY + timedelta(days=5), spans=(days(-5, 5), days(-1, 1, is_open=True))
    )


def test_the_last_of_the_open_holds_that_do_not_count_any_more_has_lapsed() -> None:
    open_holds = [days(-90, -60, is_open=True), days(-50, -20, is_open=True)]
    ended, to_come = days(-10, -5), days(4, 34, is_open=True)
    assert hold_on([*open_holds, ended, to_come], TODAY).lapsed == TODAY - timedelta(days=50)
    assert hold_on([ended, to_come], TODAY).lapsed is None


@pytest.mark.parametrize(("update", "lapsed"), [(None, True), (-51, True), (-50, True), (-49, False)])
def test_a_lapsed_hold_is_reported_until_an_update_on_a_later_day(update: int | None, lapsed: bool) -> None:
    held = {0: {"V1": hold_on([days(-50, -20, is_open=True)], TODAY)}}
    last_update = None if update is None else TODAY + timedelta(days=update)
    assert (find_hold(held, 0, "V1", last_update).lapsed is not None) is lapsed


def test_a_hold_of_another_victim_of_the_crime_is_not_the_victims_own() -> None:
    held = {0: {"V1": Hold(), "V2": hold_on([days(0, 0)], TODAY)}}
    found = {victim: find_hold(held, 0, victim, None) for victim in ("V1", "V2", "V3")}
    assert {victim: (hold.now, hold.of_another) for victim, hold in found.items()} == {
        "V1": (False, True),
        "V2": (True, False),
        "V3": (False, True),
    }


def test_a_hold_without_a_last_day_leaves_no_day_on_which_all_have_ended() -> None:
    spans = (days(-1, 1, "a trial"), days(None, None, "at their request"))
    assert hold_on(spans, TODAY) == Hold(now=True, reasons=("a trial", "at their request"), spans=spans)


def test_of_holds_that_end_on_the_same_day_the_one_that_began_last_decides_whether_the_end_is_open() -> None:
    assert hold_on([days(-5, 2), days(-3, 2, is_open=True)], TODAY).is_open
    assert not hold_on([days(-5, 2, is_open=True), days(-3, 2)], TODAY).is_open
