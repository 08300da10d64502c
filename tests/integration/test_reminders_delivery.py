"""Between the outbox and the officer: asked again just before sending, and what the mail server makes of it."""

from datetime import timedelta

from compliance.mail import Delivery
from compliance.records import Officer
from tests.mails import queue_mail
from tests.office import Office, crime, morning, office

__all__ = ["office"]


def test_what_was_discharged_meanwhile_drops_out(office: Office) -> None:
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01"))
    office.remind()
    office.now += timedelta(minutes=1)
    office.records(crime("A", "2026-06-01", "1042", "2026-06-09"))
    assert office.deliver() == Delivery(sent=1)
    message = office.sink.messages[0].message
    assert message["Subject"] == "1 new: victim to update, 10 June"
    assert "Crime A" not in office.outbox()[0].text
    assert sorted(office.notices()) == [
        ("1042", "A", "dropped", "no longer outstanding when the email was due to be sent"),
        ("1042", "B", "sent", "new"),
    ]


def test_an_empty_digest_is_not_sent(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.remind()
    office.records(crime("A", "2026-06-01", "1042", "2026-06-09"))
    assert office.deliver() == Delivery(cancelled=1)
    assert office.sink.messages == []
    assert "nothing in it is still due" in str(office.outbox()[0].problem)


def test_a_case_handed_over_or_put_on_hold_meanwhile_is_not_told(office: Office) -> None:
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01"))
    office.remind()
    hold = {"victim_ref": "V1", "contact_holds": [{"reason": "unsafe", "from": "2026-06-10T05:30:00Z"}]}
    office.records(crime("A", "2026-06-01", "2000"), crime("B", "2026-06-01", victims=[hold]))
    assert office.deliver() == Delivery(cancelled=1)
    assert sorted(notice[1:] for notice in office.notices()) == [
        ("A", "dropped", "handed over before the email was sent"),
        ("B", "dropped", "contact hold"),
    ]
    assert [recipient for recipient, _ in office.told("2026-06-11")] == ["2000@force.example"]


def test_what_became_overdue_anew_meanwhile_is_told_anew(office: Office) -> None:
    """The spell belongs to what is told: an update was recorded and withdrawn between the digest and its sending."""
    office.records(crime("A", "2026-06-01"))
    office.remind()
    office.records(crime("A", "2026-06-01", "1042", "2026-06-09"))
    office.records(crime("A", "2026-06-01"))
    assert office.deliver() == Delivery(cancelled=1)
    assert len(office.told("2026-06-11")) == 1
    assert office.told("2026-06-12") == []


def test_a_mail_that_waited_says_what_is_true_when_it_goes(office: Office) -> None:
    office.records(crime("A", "2026-06-01"))
    office.sink.defer.add("1042@force.example")
    office.remind()
    assert office.deliver() == Delivery(retried=1)
    office.now = morning("2026-06-10", 17)
    office.sink.defer.clear()
    assert office.deliver() == Delivery(sent=1)


def test_a_mail_that_waited_past_the_working_day_goes_out_the_next_morning(office: Office) -> None:
    """Field 11: no mail at night; and the officer is told one thing once."""
    office.records(crime("A", "2026-06-01"))
    office.sink.defer.add("1042@force.example")
    office.remind("2026-06-12")
    office.deliver()
    office.sink.defer.clear()
    office.now = morning("2026-06-12", 18)
    assert office.deliver() == Delivery(postponed=1)
    office.records()
    office.now = morning("2026-06-13", 9)
    office.records()
    assert office.deliver() == Delivery()
    office.wait_until("2026-06-15")
    assert office.deliver() == Delivery(sent=1)
    assert "5 days ago" not in office.outbox()[0].text
    assert "7 days ago" in office.outbox()[0].text
    assert office.remind().digests == 0


def test_a_mail_that_waited_is_replaced_by_the_next_mornings(office: Office) -> None:
    """What still waits in the outbox has told nobody anything: the next digest tells it as new."""
    office.records(crime("A", "2026-06-01"))
    office.sink.defer.add("1042@force.example")
    office.remind()
    office.deliver()
    office.sink.defer.clear()
    office.remind("2026-06-11")
    assert office.deliver() == Delivery(sent=1, cancelled=1)
    assert [(row.state, row.problem) for row in office.outbox()] == [
        ("cancelled", "replaced by a later digest"),
        ("sent", None),
    ]
    assert "NEW" in office.outbox()[1].text
    assert office.told("2026-06-12") == []


def test_a_refused_address_is_not_written_to_every_day_and_a_corrected_one_at_once(office: Office) -> None:
    office.records(crime("A", "2026-06-01"), crime("B", "2026-06-01", "2000"))
    office.sink.refuse.update(["1042@force.example", "2000@force.example"])
    assert office.told("2026-06-10") == []
    office.directory(Officer("2000", email="correct@force.example"))
    assert [recipient for recipient, _ in office.told("2026-06-11")] == ["correct@force.example"]
    assert ("1042", "A", "held", "address refused on 2026-06-10") in office.notices()
    office.sink.refuse.clear()
    assert [recipient for recipient, _ in office.told("2026-06-17")] == ["1042@force.example"]


def test_other_kinds_of_mail_go_as_they_were_written(office: Office) -> None:
    from compliance.mail import Rendered

    with office.store.session() as session:
        queue_mail(
            session, key="report:2026-W23", kind="report", recipient_ref=None, to_address="board@force.example",
            content=Rendered("Weekly report", "Attached\n", None), headers={"From": "reports@force.example"},
            domain="mail.force.example", now=office.now,
        )  # fmt: skip
    office.now += timedelta(hours=14)
    assert office.deliver() == Delivery(sent=1)
