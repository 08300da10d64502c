"""Mornings of a force: who is told, once, with every reason kept; from the crime records to the outbox."""

from datetime import date, timedelta

import pytest

from compliance.mail import Delivery
from compliance.records import Officer
from compliance.reminders import plan
from tests import office as offices
from tests.office import POLICY, SETTINGS, Office, crime, morning
from tests.reminding import change

office = offices.office


def test_an_officer_gets_one_digest_of_all_that_is_outstanding(office: Office) -> None:
    office.records(
        crime("A", "2026-06-01"), crime("B", "2026-06-02"), crime("C", "2026-06-03"), crime("D", "2026-06-01", "2000")
    )
    outcome = office.remind()
    assert (outcome.digests, outcome.victims, outcome.not_now) == (2, 4, None)
    assert outcome.reasons == {"sent: new": 4}  # C is due today: it has not passed, and is announced
    assert "First update within 7 days of the report: due 10 June, today" in " ".join(office.outbox()[0].text.split())
    assert [row.key for row in office.outbox()] == ["digest:1042:2026-06-10", "digest:2000:2026-06-10"]
    assert office.deliver() == Delivery(sent=2)
    subjects = [(r.recipient[:4], r.message["Subject"]) for r in office.sink.messages]
    assert subjects == [
        ("1042", "2 new, 1 due soon: victims to update, 10 June"),
        ("2000", "1 new: victim to update, 10 June"),
    ]


def test_a_second_run_on_the_same_morning_does_nothing_more(office: Office) -> None:
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01", None))
    office.remind()
    office.deliver()
    before = office.notices()
    office.now += timedelta(hours=3)
    assert office.remind().digests == 0
    assert office.deliver() == Delivery()
    assert office.notices() == before


def test_what_turns_up_later_on_the_day_waits_for_the_next_digest(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.remind()
    office.records(crime("B", "2026-06-02"))
    assert office.remind().digests == 0
    assert office.notices()[-1] == ("1042", "B", "suppressed", "a digest went out earlier today")
    office.deliver()
    assert office.told("2026-06-11") == [("1042@force.example", "1 new, 1 still waiting: victims to update, 11 June")]


def test_a_mail_carries_the_headers_that_sort_it_and_that_no_machine_answers(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.told("2026-06-10")
    office.records(crime("B", "2026-06-03"))
    office.told("2026-06-11")
    first, second = (received.message for received in office.sink.messages)
    assert first["To"] == "1042@force.example"
    assert first["From"] == SETTINGS.mail.sender
    assert first["Reply-To"] == SETTINGS.mail.reply_to
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "<victim-updates.force.example>"
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_nothing_new_is_no_mail_until_seven_days_have_passed(office: Office) -> None:
    """Field: reminder fatigue. Told on a Wednesday, told again the next Wednesday."""
    office.records(crime("A", "2026-06-01"))
    days = {day: office.told(f"2026-06-{day}") for day in range(10, 19)}
    assert {day: mails for day, mails in days.items() if mails} == {
        10: [("1042@force.example", "1 new: victim to update, 10 June")],
        17: [("1042@force.example", "1 still waiting: victim to update, 17 June")],
    }
    assert [notice[2:] for notice in office.notices()] == [
        ("sent", "new"), ("suppressed", "notified on 2026-06-10"), ("sent", "still waiting"),
        ("suppressed", "notified on 2026-06-17"),
    ]  # fmt: skip


def test_something_new_is_told_the_next_working_morning_with_the_rest_below(office: Office) -> None:
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-03"))
    office.told("2026-06-10")
    assert office.told("2026-06-11") == [("1042@force.example", "1 new, 1 still waiting: victims to update, 11 June")]
    text = office.outbox()[-1].text
    assert text.index("NEW") < text.index("Crime B") < text.index("STILL WAITING") < text.index("Crime A")
    assert "Already done? Record it. Recorded since 11 June at 07:00? Nothing more to do." in " ".join(text.split())


@pytest.mark.parametrize(
    ("due", "silent", "told"),
    [
        ("2026-06-05", ["2026-06-06", "2026-06-07"], "2026-06-08"),  # a weekend
        ("2026-05-24", ["2026-05-25"], "2026-05-26"),  # the spring bank holiday
    ],
)
def test_no_mail_on_weekends_and_bank_holidays(office: Office, due: str, silent: list[str], told: str) -> None:
    reported = date.fromisoformat(due) - timedelta(days=7)
    office.now = morning(due)
    office.records(crime("A", str(reported)))
    for day in silent:
        assert office.told(day) == []
        assert "is not a working day" in str(office.remind(day).not_now)
    assert len(office.told(told)) == 1
    assert [notice[2:] for notice in office.notices()] == [("held", "quiet hours"), ("sent", "new")]


def test_no_mail_before_the_working_day_begins(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.now -= timedelta(minutes=1)
    outcome = office.remind()
    assert (outcome.digests, outcome.not_now) == (0, "emails go out from 07:00")
    assert office.notices() == [("1042", "A", "held", "quiet hours")]
    office.now += timedelta(minutes=1)
    assert office.remind().digests == 1
    assert office.notices() == [("1042", "A", "sent", "new")]


def test_what_fell_due_before_the_start_is_kept_with_its_reason_once(office: Office) -> None:
    office.now = morning("2026-05-17")
    office.records(crime("A", "2026-04-23"))  # due on 30 April for the first update, on 21 May for the second
    office.remind("2026-05-18")
    office.remind("2026-05-18")
    reason = "fell due before the service started"
    assert office.notices() == [("1042", "A", "suppressed", reason)]
    assert office.outbox() == []
    assert office.told("2026-05-22") == [("1042@force.example", "1 new: victim to update, 22 May")]
    assert "within 7 days" not in office.outbox()[0].text.split("HOW IT WAS JUDGED")[0]


def test_what_cannot_be_told_is_held_with_its_reason_and_told_once_when_it_can(office: Office) -> None:
    """Field 5: no owner, left, absent; records section 1: contact holds."""
    hold = {
        "reason": "through the family liaison officer",
        "from": "2026-06-01T09:00:00Z",
        "until": "2026-06-11T09:00:00Z",
    }
    held = [{"victim_ref": "V1", "contact_holds": [hold]}, {"victim_ref": "V2"}]
    office.directory(
        Officer("3000"), Officer("3001", email="3001@force.example\nBcc: x@force.example"),
        Officer("3002", email="3002@force.example", left_on="2026-06-01"), "3003",
    )  # fmt: skip
    office.records(
        crime("A", "2026-06-01", None), crime("B", "2026-06-01", "9999"), crime("C", "2026-06-01", "3000"),
        crime("D", "2026-06-01", "3001"), crime("E", "2026-06-01", "3002"),
        crime("F", "2026-06-01", "3003", victims=held),
    )  # fmt: skip
    assert office.told("2026-06-10") == [("3003@force.example", "1 new: victim to update, 10 June")]
    assert sorted(office.notices()) == [
        ("", "A", "held", "nobody has the case"),
        ("3000", "C", "held", "no address"),
        ("3001", "D", "held", "address cannot be used"),
        ("3002", "E", "held", "officer has left"),
        ("3003", "F", "held", "contact hold"),
        ("3003", "F", "sent", "new"),
        ("9999", "B", "held", "officer unknown"),
    ]
    office.directory("3000", "9999")
    mails = {recipient for recipient, _ in office.told("2026-06-11")}
    assert mails == {"3000@force.example", "9999@force.example"}  # the hold is still on during this day
    assert office.told("2026-06-12") == [("3003@force.example", "1 new, 1 still waiting: victims to update, 12 June")]


def test_the_officer_who_has_the_case_now_is_told(office: Office) -> None:
    """Records section 1: the last allocation not later than now, not who had it when it fell due."""
    allocations = [
        {"officer_ref": "1042", "from": "2026-06-01T11:00:00Z"}, {"officer_ref": "2000", "from": "2026-06-09T08:00:00Z"},
        {"officer_ref": "3000", "from": "2026-06-10T12:00:00Z"},
    ]  # fmt: skip
    office.records(crime("A", "2026-06-01", "1042", allocations=allocations))
    assert [recipient for recipient, _ in office.told("2026-06-10")] == ["2000@force.example"]


def test_a_withdrawn_update_makes_the_obligation_new_again(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.told("2026-06-10")
    office.records(crime("A", "2026-06-01", "1042", "2026-06-10"))
    assert office.told("2026-06-11") == []
    office.records(crime("A", "2026-06-01"))
    assert len(office.told("2026-06-12")) == 1
    assert office.notices()[-1][2:] == ("sent", "new")


def test_planning_writes_nothing_and_says_what_would_be_sent(office: Office) -> None:
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01", None))
    planned = plan(office.store, POLICY, office.settings, office.now)
    (digest,) = planned.digests
    assert (digest.key, digest.to_address) == ("digest:1042:2026-06-10", "1042@force.example")
    assert digest.content.subject == "1 new: victim to update, 10 June"
    decisions = sorted((d.owed.waiting.crime_ref, d.outcome, d.reason) for d in planned.decisions)
    assert decisions == [("A", "sent", "new"), ("B", "held", "nobody has the case")]
    assert (office.outbox(), office.notices()) == ([], [])
    office.wait_until("2026-06-13")
    weekend = plan(office.store, POLICY, office.settings, office.now)
    assert weekend.not_now == "Saturday 13 June 2026 is not a working day"
    assert [digest.recipient_ref for digest in weekend.digests] == ["1042"]
    assert {d.reason for d in weekend.decisions if d.owed.waiting.crime_ref == "A"} == {"quiet hours"}


def test_the_interval_is_the_forces_to_set(office: Office) -> None:
    office.settings = change(office.settings, repeat_days=1)
    office.records(crime("A", "2026-06-01"))
    assert [len(office.told(f"2026-06-{day}")) for day in (10, 11, 12)] == [1, 1, 1]
