"""Officers with repeated misses, in the weekly list of those above them; never of what they could not have done."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from compliance.mail import Delivery
from compliance.records import Officer
from compliance.records.wire import Absence
from compliance.store import save_officers
from compliance.store.tables import Outbox
from tests.integration.test_reminders_again import telling
from tests.integration.test_reminders_mornings import Json, Office, crime, morning, office

__all__ = ["office"]
MONDAY = "2026-06-15"


def staff(office: Office, *absent: Absence, refs: tuple[str, ...] = ("1042",)) -> None:
    officers = [
        Officer(
            ref,
            email=f"{ref}@force.example",
            supervisor_ref="2000",
            team="North 1",
            division="North",
            absent=list(absent),
        )
        for ref in refs
    ]
    above = [
        Officer("2000", email="2000@force.example"),
        Officer("3000", email="3000@force.example", role="champion", division="North"),
    ]
    save_officers(office.store, [*officers, *above], office.now)


def late(ref: str, reported: str, officer_ref: str = "1042", **fields: Any) -> Json:
    """A crime whose first update came nine days after the report: late, and nothing is owed any more."""
    told = f"{reported[:8]}{int(reported[8:]) + 9:02}"
    return crime(ref, reported, officer_ref, told, **fields)


def supported(office: Office) -> list[str]:
    """What the list of the Monday says of officers, by recipient."""
    office.told(MONDAY)
    found = []
    for mail in office.sink.messages:
        body = mail.message.get_body(("plain",))
        text = " ".join(str(body.get_content() if body else "").split())
        if "NEED SUPPORT" in text:
            found.append(f"{mail.recipient[:4]}: {text.split('NEED SUPPORT ')[1].split(' in the last')[0]}")
    return found


def test_three_misses_in_28_days_are_told_to_the_supervisor_and_the_champion(office: Office) -> None:
    staff(office)
    office.records(late("A", "2026-06-01"), late("B", "2026-06-02"), late("C", "2026-06-03"))
    said = "Officer 1042 (North 1): 3 updates not given in time"
    assert supported(office) == [f"2000: {said}", f"3000: {said}"]
    assert [row.kind for row in office.outbox()] == ["staff list", "staff list"]
    assert office.outbox()[0].subject == "1 officer who may need support"


def test_two_misses_are_not(office: Office) -> None:
    staff(office)
    office.records(late("A", "2026-06-01"), late("B", "2026-06-02"))
    assert supported(office) == []


def test_the_list_goes_out_once_a_week(office: Office) -> None:
    staff(office)
    office.records(late("A", "2026-06-01"), late("B", "2026-06-02"), late("C", "2026-06-03"))
    assert telling(office, "2026-06-12", "2026-06-24") == {
        "06-12": ["1042"], "06-15": ["2000", "3000"], "06-22": ["2000", "3000"],
    }  # fmt: skip


def test_what_was_missed_before_the_service_started_is_not_counted(office: Office) -> None:
    office.rules = replace(office.rules, due_from=morning("2026-06-09").date())
    staff(office)
    office.records(late("A", "2026-06-01"), late("B", "2026-06-02"), late("C", "2026-06-03"))
    assert supported(office) == []


@pytest.mark.parametrize(("until", "named"), [("2026-06-04", True), ("2026-06-05", False)])
def test_only_what_an_officer_had_for_4_days_while_present_counts(office: Office, until: str, named: bool) -> None:
    """Reported on the 1st, 2nd and 3rd, due on the 8th, 9th and 10th: of the first, the 6th to the 8th are too few."""
    staff(office, Absence("2026-05-20", until))
    office.records(late("A", "2026-06-01"), late("B", "2026-06-02"), late("C", "2026-06-03"))
    assert bool(supported(office)) is named


def test_a_case_handed_over_shortly_before_it_fell_due_counts_for_nobody(office: Office) -> None:
    staff(office, refs=("1042", "1043"))
    handed = [
        {"from": "2026-06-01T11:00:00Z", "officer_ref": "1042", "division": "North"},
        {"from": "2026-06-07T11:00:00Z", "officer_ref": "1043", "division": "North"},
    ]
    office.records(
        late("A", "2026-06-01", allocations=handed), late("B", "2026-06-02", "1043"), late("C", "2026-06-03", "1043")
    )
    assert supported(office) == []


def list_of(office: Office) -> str:
    """The supervisor's list of the Monday, on one line."""
    (row,) = (row for row in office.outbox() if row.key == f"digest:2000:{MONDAY}")
    return " ".join(row.text.split())


def missed(office: Office) -> None:
    """One case that the supervisor is told of on the Monday, and three misses that are over."""
    staff(office)
    office.records(crime("A", "2026-06-01"), late("B", "2026-06-02"), late("C", "2026-06-03"), late("D", "2026-06-04"))


def test_what_is_stuck_and_officers_who_may_need_support_are_one_mail(office: Office) -> None:
    missed(office)
    office.wait_until(MONDAY)
    assert [who[:4] for who, _ in office.told(MONDAY)] == ["1042", "2000", "3000"]
    assert "Officer 1042 has the case." in list_of(office)
    assert "Officer 1042 (North 1): 4 updates not given in time" in list_of(office)


def test_a_list_that_waits_is_written_anew_with_its_officers(office: Office) -> None:
    """The mail server is out of reach in the morning; half an hour later the list says what holds then."""
    missed(office)
    office.remind(MONDAY)
    office.now = office.now.replace(minute=30)
    records = [late("B", "2026-06-02"), late("C", "2026-06-03"), crime("D", "2026-06-04", "1042", "2026-06-08")]
    office.records(*records)  # of one, the date had been typed in wrongly
    assert office.deliver() == Delivery(sent=3)
    assert "Officer 1042 (North 1): 3 updates not given in time" in list_of(office)
    assert "Crime A" in list_of(office)


def test_a_list_of_what_was_put_right_meanwhile_is_not_sent(office: Office) -> None:
    staff(office)
    office.records(late("B", "2026-06-02"), late("C", "2026-06-03"), late("D", "2026-06-04"))
    office.remind(MONDAY)
    assert [row.kind for row in office.outbox()] == ["staff list", "staff list"]
    office.records(crime("D", "2026-06-04", "1042", "2026-06-08"))
    assert office.deliver() == Delivery(cancelled=2)


def test_a_list_does_not_go_to_a_supervisor_who_has_left_meanwhile(office: Office) -> None:
    staff(office)
    office.records(late("B", "2026-06-02"), late("C", "2026-06-03"), late("D", "2026-06-04"))
    office.remind(MONDAY)
    save_officers(office.store, [Officer("2000", email="2000@force.example", left_on=MONDAY)], office.now)
    assert office.deliver() == Delivery(sent=1, cancelled=1)


def test_victims_of_one_crime_are_one_miss_and_what_is_not_stuck_yet_is_none(office: Office) -> None:
    """The list does not overtake the ladder."""
    staff(office)
    three = [{"victim_ref": f"V{number}"} for number in range(3)]
    overdue = [crime(ref, "2026-06-03") for ref in "BCD"]
    office.records(late("A", "2026-06-01", victims=three), *overdue)
    assert supported(office) == []


def test_a_mail_of_the_week_that_was_not_sent_after_all_brings_no_second_list(office: Office) -> None:
    missed(office)
    assert [who[:4] for who, _ in office.told(MONDAY)] == ["1042", "2000", "3000"]
    with office.store.session() as session:
        row = Outbox(
            key="digest:3000:2026-06-17", kind="digest", recipient_ref="3000", to_address="3000@force.example", subject="S",
            text="T", html=None, headers={}, message_id="<a@force.example>", state="cancelled", created_at=office.now,
        )  # fmt: skip
        session.add(row)
    assert "3000@force.example" not in [who for who, _ in office.told("2026-06-18")]


def test_a_list_that_waits_does_not_go_out_on_old_data(office: Office) -> None:
    staff(office)
    office.records(late("B", "2026-06-02"), late("C", "2026-06-03"), late("D", "2026-06-04"))
    office.remind(MONDAY)
    office.now += timedelta(hours=26)  # the crime system has been out of reach since
    assert office.deliver() == Delivery(postponed=2)


def test_after_a_gap_officers_have_a_day_before_anybody_reads_of_them(office: Office) -> None:
    staff(office)
    office.records(late("B", "2026-06-02"), late("C", "2026-06-03"), late("D", "2026-06-04"))
    office.now = morning(MONDAY)
    office.records()  # for the first time since Wednesday
    assert [row.kind for row in office.outbox()] == []
    office.remind()
    assert [row.kind for row in office.outbox()] == []
    office.told("2026-06-17")
    assert [row.kind for row in office.outbox()] == ["staff list", "staff list"]


def test_what_becomes_known_after_the_day_of_the_list_waits_for_the_next(office: Office) -> None:
    staff(office)
    office.records(late("B", "2026-06-02"), late("C", "2026-06-03"))
    office.told(MONDAY)
    office.records(late("D", "2026-06-08"))  # due on the Monday itself, given on the Wednesday
    assert "2000" not in {who for told in telling(office, "2026-06-16", "2026-06-19").values() for who in told}


def test_two_lists_that_wait_become_one(office: Office) -> None:
    staff(office)
    office.records(late("B", "2026-06-02"), late("C", "2026-06-03"), late("D", "2026-06-04"))
    office.remind(MONDAY)
    office.remind("2026-06-16")  # the mail server was down all Monday
    assert office.deliver() == Delivery(sent=2, cancelled=2)
