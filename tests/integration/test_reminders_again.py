"""What is owed again, what is owed of a closed case, what falls due next; and when we keep quiet ourselves."""

from datetime import timedelta

import pytest

from compliance.mail import Delivery
from compliance.records import Officer
from compliance.records.wire import Absence
from compliance.reminders import plan
from compliance.store import begin_poll, end_poll
from tests.office import POLICY, Json, Office, crime, morning, office
from tests.reminding import change

__all__ = ["office"]


def latest(office: Office) -> str:
    """The newest mail's text on one line."""
    return " ".join(office.outbox()[-1].text.split())


def telling(office: Office, first: str, last: str) -> dict[str, list[str]]:
    """Day -> who is told, of the mornings on which somebody is."""
    found: dict[str, list[str]] = {}
    day = morning(first)
    while day <= morning(last):
        if told := office.told(f"{day:%Y-%m-%d}"):
            found[f"{day:%m-%d}"] = [recipient.partition("@")[0] for recipient, _ in told]
        day += timedelta(days=1)
    return found


def statuses(*changes: tuple[str, str]) -> list[Json]:
    return [{"status": status, "at": f"{day}T10:00:00Z"} for status, day in changes]


def test_a_removed_update_is_owed_again_and_the_mail_says_why(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.told("2026-06-10")
    office.records(crime("A", "2026-06-01", "1042", "2026-06-10"))
    assert office.told("2026-06-11") == []
    office.records(crime("A", "2026-06-01"))
    assert len(office.told("2026-06-12")) == 1
    assert "Owed again: the update of 10 June no longer counts (seen on 11 June)." in latest(office)
    assert office.told("2026-06-15") == []


def test_an_update_in_time_that_is_removed_later_is_owed_again(office: Office) -> None:
    office.records(crime("A", "2026-06-01", "1042", "2026-06-05"))
    assert office.told("2026-06-10") == []
    office.records(crime("A", "2026-06-01"))
    assert len(office.told("2026-06-11")) == 1
    assert "Owed again: the update of 5 June no longer counts (seen on 10 June)." in latest(office)


def test_a_corrected_report_date_is_owed_anew_by_its_own_date(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.told("2026-06-10")
    office.records(crime("A", "2026-06-02"))
    assert len(office.told("2026-06-11")) == 1
    text = latest(office)
    assert "Owed again: the date from which the time runs was changed (seen on 10 June)." in text
    assert "due 9 June, 2 days ago" in text


def test_a_close_that_is_taken_back_is_owed_again(office: Office) -> None:
    """The 28-day requirement, missed by the close (rules 5.6), is outstanding after all."""
    told = ("2026-05-05",)
    office.now = morning("2026-06-01")
    office.records(crime("A", "2026-05-02", "1042", *told))
    office.wait_until("2026-06-03")
    office.records(crime("A", "2026-05-02", "1042", *told, status=statuses(("closed", "2026-06-02"))))
    assert len(office.told("2026-06-04")) == 1
    assert "The case closed on 2 June: please tell the victim the outcome." in latest(office)
    office.records(crime("A", "2026-05-02", "1042", *told))
    assert len(office.told("2026-06-05")) == 1
    assert (
        "Owed again: the record or the policy was changed (seen on 4 June), for example because the case opened again."
        in latest(office)
    )


def test_a_case_closed_with_something_owed_is_one_mail(office: Office) -> None:
    office.now = morning("2026-06-01")
    office.records(crime("A", "2026-05-02", "1042", "2026-05-05"))
    assert telling(office, "2026-06-02", "2026-06-03") == {"06-02": ["1042"]}
    office.records(crime("A", "2026-05-02", "1042", "2026-05-05", status=statuses(("closed", "2026-06-03"))))
    assert telling(office, "2026-06-04", "2026-07-10") == {"06-04": ["1042"]}
    assert "Crime A The case closed on 3 June: please tell the victim the outcome. A further update" in latest(office)
    assert office.outbox()[-1].subject == "1 case closed: victim to update, 4 June"


def test_a_case_that_closes_again_is_one_more_mail(office: Office) -> None:
    office.now = morning("2026-06-01")
    record = crime("A", "2026-05-20")
    changes = [("closed", "2026-06-02"), ("open", "2026-06-04"), ("closed", "2026-06-09")]
    office.records(record)
    telling(office, "2026-06-02", "2026-06-02")
    office.records(record | {"status": statuses(*changes)})
    assert telling(office, "2026-06-03", "2026-06-24") == {"06-03": ["1042"], "06-09": ["1042"], "06-10": ["1042"]}
    assert "The case closed on 9 June:" in latest(office)


def test_who_told_the_victim_when_the_case_closed_gets_no_mail(office: Office) -> None:
    office.now = morning("2026-06-01")
    closed = statuses(("closed", "2026-05-29"))
    office.records(crime("A", "2026-05-02", "1042", "2026-05-05", "2026-05-29", status=closed))
    assert telling(office, "2026-06-02", "2026-06-12") == {}


def test_what_is_owed_while_open_is_not_announced_while_the_case_is_closed(office: Office) -> None:
    """Rules 5.2: the cycle is pending, and would lapse."""
    due_friday = crime("A", "2026-05-15", "1042", "2026-05-20")
    office.records(due_friday | {"status": statuses(("closed", "2026-06-09"))})
    assert office.told("2026-06-10") == []
    office.records(due_friday)
    assert [subject for _, subject in office.told("2026-06-11")] == ["1 due soon: victim to update, 11 June"]


def test_next_due_is_reckoned_from_the_last_update_before_its_cycle_exists(office: Office) -> None:
    """Rules 4.4, 4.5a: told on 14 May, the running cycle is due on 29 May; the next one 28 days after the update."""
    office.now = morning("2026-05-26")
    office.records(crime("A", "2026-05-01", "1042", "2026-05-05", "2026-05-14"))
    assert telling(office, "2026-05-26", "2026-06-12") == {"06-09": ["1042"], "06-12": ["1042"]}
    first, second = (" ".join(row.text.split()) for row in office.outbox())
    assert "due 11 June, in 2 days" in first
    assert "Last update: 14 May, 26 days ago" in first
    assert "due 11 June, 1 day ago" in second


def test_what_was_discharged_after_it_was_announced_is_never_heard_of_again(office: Office) -> None:
    office.records(crime("A", "2026-06-05"))
    assert [subject for _, subject in office.told("2026-06-10")] == ["1 due soon: victim to update, 10 June"]
    office.records(crime("A", "2026-06-05", "1042", "2026-06-10"))
    assert telling(office, "2026-06-11", "2026-06-26") == {}


def test_due_soon_is_told_again_as_overdue_and_then_by_the_week(office: Office) -> None:
    office.records(crime("A", "2026-06-05"))
    assert telling(office, "2026-06-10", "2026-06-26") == {"06-10": ["1042"], "06-15": ["1042"], "06-22": ["1042"]}


def test_a_contact_hold_stops_mail_to_the_officer_for_28_days_and_never_the_clock(office: Office) -> None:
    """Records section 1: a hold without an end; the supervisor is told instead, again in the weekly list."""
    victims = [{"victim_ref": "V1", "contact_holds": [{"reason": "unsafe", "from": "2026-06-01T09:00:00Z"}]}]
    office.directory(Officer("1042", email="1042@force.example", supervisor_ref="2000"), "2000")
    office.records(crime("A", "2026-06-01", victims=victims))
    assert telling(office, "2026-06-10", "2026-06-29") == {
        "06-10": ["2000"], "06-17": ["2000"], "06-22": ["2000"], "06-29": ["1042", "2000"],
    }  # fmt: skip
    renewed = [{"reason": "unsafe", "from": "2026-07-01T09:00:00Z"}]
    victims[0]["contact_holds"] += renewed  # type: ignore[operator]
    office.records(crime("A", "2026-06-01", victims=victims))
    assert "1042" not in {ref for told in telling(office, "2026-07-02", "2026-07-20").values() for ref in told}


def test_after_attempts_on_three_dates_the_supervisor_decides(office: Office) -> None:
    office.directory(Officer("1042", email="1042@force.example", supervisor_ref="2000"), "2000")
    attempts = [
        {"update_ref": str(day), "at": f"2026-06-{day:02}T11:00:00Z", "outcome": "attempted"} for day in (3, 5, 5, 9)
    ]
    office.records(crime("A", "2026-06-01", updates=attempts[:3]))
    assert telling(office, "2026-06-10", "2026-06-10") == {"06-10": ["1042"]}
    office.records(crime("A", "2026-06-01", updates=attempts))
    assert telling(office, "2026-06-11", "2026-06-14") == {"06-11": ["2000"]}
    assert "who is no longer reminded: please decide on a letter, another way, or a contact hold." in latest(office)


def test_what_an_absence_held_is_told_once_when_the_officer_is_back(office: Office) -> None:
    office.directory(Officer("1042", email="1042@force.example", absent=[Absence("2026-06-09", "2026-06-11")]))
    office.records(crime("A", "2026-06-01"))
    assert telling(office, "2026-06-10", "2026-06-16") == {"06-12": ["1042"]}
    assert [notice[2:] for notice in office.notices()] == [
        ("held", "officer absent"), ("sent", "new"), ("suppressed", "notified on 2026-06-12"),
    ]  # fmt: skip


def test_a_case_handed_over_starts_a_gentle_notice(office: Office) -> None:
    office.records(crime("A", "2026-05-20"))
    office.told("2026-06-10")
    allocations = [
        {"officer_ref": "1042", "from": "2026-05-20T11:00:00Z"},
        {"officer_ref": "2000", "from": "2026-06-10T12:00:00Z"},
    ]
    office.records(crime("A", "2026-05-20", allocations=allocations))
    assert [recipient for recipient, _ in office.told("2026-06-11")] == ["2000@force.example"]
    text = latest(office)
    assert office.outbox()[-1].subject == "1 handed over: victim to update, 11 June"
    assert "HANDED OVER TO YOU" in text
    assert "With you since 10 June; owed before that." in text
    assert "due 27 May Last update" in text  # and not how many days ago


def test_no_mail_on_data_older_than_24_hours(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.now = morning("2026-06-10", 17)
    office.records()
    office.now = morning("2026-06-11", 17) + timedelta(minutes=1)
    outcome = office.remind()
    assert (outcome.digests, outcome.reasons) == (0, {"held: data too old": 1})
    office.now -= timedelta(minutes=1)
    assert office.remind().digests == 1


def test_a_poll_that_did_not_come_to_its_end_is_no_fresh_data(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.now += timedelta(hours=25)
    poll = begin_poll(office.store, "crimes", office.now)
    end_poll(office.store, poll, office.now, complete=False)
    assert office.remind().reasons == {"held: data too old": 1}


def test_after_recovery_the_officers_get_one_working_day_to_type_in_what_they_did(office: Office) -> None:
    """Back on Friday at noon after two days: held on Monday as well, told on Tuesday if still owed."""
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01"))
    office.now = morning("2026-06-12", 12)
    office.records()
    assert office.remind().reasons == {
        "held: crime system was unavailable: officers have one working day to record updates": 2
    }
    office.wait_until("2026-06-15")
    assert office.remind().digests == 0
    office.records(crime("B", "2026-06-01", "1042", "2026-06-11"))
    assert [recipient for recipient, _ in office.told("2026-06-16")] == ["1042@force.example"]
    assert "Crime B" not in latest(office)


def test_those_above_are_told_after_recovery_as_on_any_day(office: Office) -> None:
    office.settings = change(office.settings, list_weekday="never")
    office.directory(Officer("1042", email="1042@force.example", supervisor_ref="2000"), "2000")
    office.records(crime("A", "2026-06-01"))
    office.told("2026-06-10")
    office.now = morning("2026-06-16")
    office.records()
    assert [recipient for recipient, _ in office.told("2026-06-16")] == ["2000@force.example"]


def test_a_mail_that_waited_through_a_gap_waits_for_that_day_too(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.sink.defer.add("1042@force.example")
    office.remind()
    office.deliver()
    office.sink.defer.clear()
    office.now = morning("2026-06-11", 12)
    assert office.deliver() == Delivery(postponed=1)  # data too old
    office.records()
    office.now += timedelta(minutes=30)
    assert office.deliver() == Delivery(postponed=1)
    assert office.outbox()[0].next_attempt_at == morning("2026-06-12")


@pytest.mark.parametrize(("hour", "waiting"), [(5, "emails go out from 07:00"), (19, "emails go out until 18:00")])
def test_out_of_hours_the_plan_shows_the_digests_and_what_holds_them(office: Office, hour: int, waiting: str) -> None:
    office.now = morning("2026-06-10", hour)
    office.records(crime("A", "2026-06-01"))
    planned = plan(office.store, POLICY, office.settings, office.now)
    assert [digest.recipient_ref for digest in planned.digests] == ["1042"]
    assert [(decision.outcome, decision.said) for decision in planned.decisions] == [("held", "quiet hours")]
    assert planned.not_now == waiting
    assert (office.outbox(), office.notices()) == ([], [])


def test_a_silence_of_many_cycles_is_told_as_long_as_it_is(office: Office) -> None:
    """Rules 4.5: the running cycle is a day late, the victim has heard nothing for five of them."""
    office.records(crime("A", "2025-12-24", "1042", "2025-12-30"))
    assert len(office.told("2026-06-11")) == 1
    text = latest(office)
    assert "due 10 June, 1 day ago" in text
    assert "Last update: 30 December 2025, 163 days ago" in text
    assert "were missed too." in text
