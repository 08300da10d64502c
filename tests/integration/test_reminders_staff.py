"""Officers with repeated misses, in the weekly list of those above them; never of what they could not have done."""

from datetime import date, timedelta
from typing import Any

import pytest

from compliance.mail import Delivery
from compliance.records import Officer
from compliance.records.wire import Absence
from compliance.store import save_officers
from compliance.store.tables import Outbox
from tests.integration.test_reminders_again import telling
from tests.office import Json, Office, crime, morning, office
from tests.reminding import change

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
    """A crime whose first update came 13 days after the report, six days late: nothing is owed any more."""
    told = date.fromisoformat(reported) + timedelta(days=13)
    return crime(ref, reported, officer_ref, str(told), **fields)


def live(office: Office, *records: Json, until: str = "2026-06-12") -> None:
    """The mornings of the two weeks before the Monday, on which officers are told of what is overdue."""
    office.now = morning("2026-06-01")
    office.records(*records)
    telling(office, "2026-06-02", until)


def lists(office: Office) -> list[str]:
    """Who has been sent a list that names officers only, or for whom one waits."""
    return [str(row.recipient_ref) for row in office.outbox() if row.kind == "staff list"]


THREE = (late("B", "2026-05-25"), late("C", "2026-05-26"), late("D", "2026-05-27"))
"""Due on 1, 2 and 3 June, told to the officer on the next mornings, given on 7, 8 and 9 June."""


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
    live(office, *THREE)
    said = "Officer 1042, North 1: 3 updates not given in time"
    assert supported(office) == [f"2000: {said}", f"3000: {said}"]
    assert lists(office) == ["2000", "3000"]
    assert office.outbox()[-1].subject.startswith("1 officer who may need support, ")


def test_whoever_missed_the_larger_share_of_their_own_comes_first_however_many_others_missed(office: Office) -> None:
    """Three of 3 before four of 6."""
    staff(office, refs=("1042", "1043"))
    given = [crime(ref, "2026-05-25", "1043", "2026-05-28") for ref in "GH"]
    many = [late(ref, "2026-05-25", "1043") for ref in "KLMN"]
    live(office, *THREE, *many, *given)
    office.remind(MONDAY)
    text = " ".join(office.outbox()[-1].text.split())
    assert (
        "Officer 1042, North 1: 3 updates not given in time in the last 28 days, of 3 due in their cases "
        "Officer 1043, North 1: 4 updates not given in time in the last 28 days, of 6 due in their cases" in text
    )


def test_a_list_names_at_most_five_officers(office: Office) -> None:
    refs = tuple(str(1042 + number) for number in range(6))
    staff(office, refs=refs)
    live(office, *(late(f"{ref}{day}", f"2026-05-2{day}", ref) for ref in refs for day in (5, 6, 7)))
    office.remind(MONDAY)
    text = office.outbox()[-1].text
    assert [ref for ref in refs if f"Officer {ref}" in text] == list(refs[:5])


def test_two_misses_are_not(office: Office) -> None:
    staff(office)
    live(office, *THREE[:2])
    assert supported(office) == []


def test_the_list_goes_out_once_a_week(office: Office) -> None:
    staff(office)
    live(office, *THREE)
    days = telling(office, "2026-06-13", "2026-06-24")
    leaders = {day: [ref for ref in refs if ref != "1042"] for day, refs in days.items()}
    assert {day: refs for day, refs in leaders.items() if refs} == {
        "06-15": ["2000", "3000"],
        "06-22": ["2000", "3000"],
    }


def test_what_was_missed_before_the_service_started_is_not_counted(office: Office) -> None:
    office.settings = change(office.settings, due_from=morning("2026-06-02").date())
    staff(office)
    live(office, *THREE)
    assert supported(office) == []


@pytest.mark.parametrize(("until", "named"), [("2026-05-28", True), ("2026-05-29", False)])
def test_only_what_an_officer_had_for_4_days_while_present_counts(office: Office, until: str, named: bool) -> None:
    """Reported on 25 to 27 May, due on 1 to 3 June: of the first, 30 May to 1 June are too few."""
    staff(office, Absence("2026-05-20", until))
    live(office, *THREE)
    assert bool(supported(office)) is named


@pytest.mark.parametrize(("last", "named"), [("2026-06-02", True), ("2026-06-03", False)])
def test_days_of_absence_after_the_due_date_are_nobodys_miss(office: Office, last: str, named: bool) -> None:
    """The first was due on the 1st and given on the 7th: after 2 June there are 4 days, after 3 June only 3."""
    staff(office, Absence("2026-06-02", last))
    live(office, *THREE)
    assert bool(supported(office)) is named


@pytest.mark.parametrize(("last", "named"), [("2026-06-02", True), ("2026-06-03", False)])
def test_days_under_a_contact_hold_are_nobodys_miss(office: Office, last: str, named: bool) -> None:
    """Who obeyed a hold is no officer who needs support."""
    hold = {"reason": "unsafe", "from": "2026-06-02T09:00:00Z", "until": f"{last}T09:00:00Z"}
    staff(office)
    victims = [{"victim_ref": "V1", "contact_holds": [hold]}]
    live(office, late("B", "2026-05-25", victims=victims), *THREE[1:])
    assert bool(supported(office)) is named


@pytest.mark.parametrize(("taken", "named"), [("2026-06-03", True), ("2026-06-04", False)])
def test_days_before_an_email_was_accepted_for_the_officer_are_nobodys_miss(
    office: Office, taken: str, named: bool
) -> None:
    staff(office)
    office.sink.defer.add("1042@force.example")
    live(office, *THREE, until=str(date.fromisoformat(taken) - timedelta(days=1)))
    office.sink.defer.clear()
    telling(office, taken, "2026-06-12")
    assert bool(supported(office)) is named


def test_a_case_handed_over_shortly_before_it_fell_due_counts_for_nobody(office: Office) -> None:
    staff(office, refs=("1042", "1043"))
    handed = [
        {"from": "2026-05-25T11:00:00Z", "officer_ref": "1042", "division": "North"},
        {"from": "2026-05-31T11:00:00Z", "officer_ref": "1043", "division": "North"},
    ]
    others = late("C", "2026-05-26", "1043"), late("D", "2026-05-27", "1043")
    live(office, late("B", "2026-05-25", allocations=handed), *others)
    assert supported(office) == []


def list_of(office: Office) -> str:
    """The supervisor's list of the Monday, on one line."""
    (row,) = (row for row in office.outbox() if row.key == f"digest:2000:{MONDAY}")
    return " ".join(row.text.split())


def missed(office: Office) -> None:
    """One case that the supervisor is told of on the Monday, and three misses that are over."""
    staff(office)
    live(office, crime("A", "2026-05-31"), *THREE)


def test_what_is_stuck_and_officers_who_may_need_support_are_one_mail(office: Office) -> None:
    missed(office)
    assert [who[:4] for who, _ in office.told(MONDAY)] == ["1042", "2000", "3000"]
    assert "With officer 1042" in list_of(office)
    assert "Officer 1042, North 1: 4 updates not given in time" in list_of(office)


def test_a_list_that_waits_is_written_anew_with_its_officers(office: Office) -> None:
    """The mail server is out of reach in the morning; half an hour later the list says what holds then."""
    missed(office)
    office.remind(MONDAY)
    office.now = office.now.replace(minute=30)
    office.records(crime("D", "2026-05-27", "1042", "2026-06-02"))  # the date had been typed in wrongly
    assert office.deliver() == Delivery(sent=3)
    assert "Officer 1042, North 1: 3 updates not given in time" in list_of(office)
    assert "Crime A" in list_of(office)


def test_a_list_of_what_was_put_right_meanwhile_is_not_sent(office: Office) -> None:
    staff(office)
    live(office, *THREE)
    office.remind(MONDAY)
    assert lists(office) == ["2000", "3000"]
    office.records(crime("D", "2026-05-27", "1042", "2026-06-02"))
    assert office.deliver() == Delivery(cancelled=2)


def test_a_list_does_not_go_to_a_supervisor_who_has_left_meanwhile(office: Office) -> None:
    staff(office)
    live(office, *THREE)
    office.remind(MONDAY)
    save_officers(office.store, [Officer("2000", email="2000@force.example", left_on=MONDAY)], office.now)
    assert office.deliver() == Delivery(sent=1, cancelled=1)


def test_victims_of_one_crime_are_one_miss_and_what_is_not_stuck_yet_is_none(office: Office) -> None:
    """The list does not overtake the ladder."""
    staff(office)
    three = [{"victim_ref": f"V{number}"} for number in range(3)]
    overdue = [crime(ref, "2026-06-01") for ref in "EFG"]  # told on the 9th: the supervisor is told on the Monday
    live(office, late("A", "2026-05-25", victims=three), *overdue)
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
    live(office, *THREE)
    office.remind(MONDAY)
    office.now += timedelta(hours=26)  # the crime system has been out of reach since
    assert office.deliver() == Delivery(postponed=2)


def test_after_a_gap_officers_have_a_day_before_anybody_reads_of_them(office: Office) -> None:
    staff(office)
    live(office, *THREE, until="2026-06-10")
    office.now = morning(MONDAY)
    office.records()  # for the first time since Wednesday
    office.remind()
    assert lists(office) == []
    office.told("2026-06-17")
    assert lists(office) == ["2000", "3000"]


def test_what_becomes_known_after_the_day_of_the_list_waits_for_the_next(office: Office) -> None:
    staff(office)
    live(office, *THREE[:2], crime("D", "2026-06-01"))  # of D, the Monday is the seventh day to act
    telling(office, MONDAY, "2026-06-19")
    assert not any("NEED SUPPORT" in row.text for row in office.outbox())
    telling(office, "2026-06-22", "2026-06-22")
    assert [row.recipient_ref for row in office.outbox() if "NEED SUPPORT" in row.text] == ["2000", "3000"]


def test_two_lists_that_wait_become_one(office: Office) -> None:
    staff(office)
    live(office, *THREE)
    office.remind(MONDAY)
    office.remind("2026-06-16")  # the mail server was down all Monday
    assert office.deliver() == Delivery(sent=2, cancelled=2)
