"""What a mail says stays true: refused and corrected addresses, holds that lapse, updates typed in late, first allocations."""

from datetime import timedelta
from pathlib import Path

from compliance.mail import Delivery, Pilot, deliver
from compliance.mail.by_hand import send_again
from compliance.records import Officer
from compliance.records.wire import Absence
from compliance.store import save_officers
from compliance.store.tables import Outbox
from tests.integration.test_reminders_again import latest, telling
from tests.mails import smtp_server
from tests.office import Json, Office, crime, office
from tests.reminding import change

__all__ = ["office"]


def staffed(office: Office, email: str = "1042@force.example") -> None:
    office.directory(
        Officer("1042", email=email, supervisor_ref="2000", team="North 1", division="North"),
        Officer("2000", email="2000@force.example"),
    )


def refuse(office: Office) -> None:
    """The mail server refuses the officer's address."""
    with office.store.session() as session:
        row = session.get(Outbox, 1)
        assert row is not None
        row.state, row.problem = "refused", "550 no such user"
        session.add(row)


def test_who_is_told_in_place_of_a_refused_address_is_told_however_late_the_mail_goes_out(office: Office) -> None:
    staffed(office)
    office.records(crime("A", "2026-06-01"))
    office.remind("2026-06-10")
    refuse(office)
    office.remind("2026-06-11")
    office.now += timedelta(hours=1)  # the server was down for an hour
    assert office.deliver() == Delivery(sent=1)
    assert [r.recipient for r in office.sink.messages] == ["2000@force.example"]
    assert "In place of officer 1042, who cannot be reached by email." in latest(office)


def test_a_mail_goes_to_the_address_that_the_directory_has_now(office: Office) -> None:
    staffed(office, "1024@force.example")
    office.records(crime("A", "2026-06-01"))
    office.remind("2026-06-10")
    office.now += timedelta(hours=1)
    staffed(office)
    assert office.deliver() == Delivery(sent=1)
    assert [r.recipient for r in office.sink.messages] == ["1042@force.example"]
    assert office.outbox()[0].to_address == "1042@force.example"


def held(start: str, until: str | None = None) -> Json:
    hold = {"from": f"{start}T09:00:00Z"} | ({"until": f"{until}T09:00:00Z"} if until else {})
    return {"victims": [{"victim_ref": "V1", "contact_holds": [hold]}]}


def test_a_hold_without_an_end_says_until_when_it_counts_and_is_not_forgotten_when_it_lapses(office: Office) -> None:
    """Records section 1. Nobody is told to ring without a word of it."""
    staffed(office)
    office.records(crime("A", "2026-05-25", **held("2026-06-01")))
    assert telling(office, "2026-06-10", "2026-06-10") == {"06-10": ["2000"]}
    assert "The hold has no recorded end: it counts until 28 June, unless renewed." in latest(office)
    assert "1042" in telling(office, "2026-06-29", "2026-06-29")["06-29"]
    lapsed = "A contact hold of 1 June has no recorded end and no longer counts: before any contact"
    for row in office.outbox()[-2:]:
        assert lapsed in " ".join(row.text.split())


def test_a_hold_that_ended_as_recorded_needs_no_warning_and_is_not_the_officers_time(office: Office) -> None:
    staffed(office)
    office.records(crime("A", "2026-05-25", **held("2026-06-01", "2026-06-12")))
    assert "1042" in telling(office, "2026-06-15", "2026-06-15")["06-15"]
    text = next(" ".join(row.text.split()) for row in office.outbox() if row.recipient_ref == "1042")
    assert "Not counted as your time: contact hold until 12 June." in text
    assert "due 1 June Last update" in text  # and not how many days ago
    assert "Do not contact" not in text
    assert "make sure that it is over" not in text


def test_who_is_told_of_one_victim_learns_that_another_of_the_crime_is_on_hold(office: Office) -> None:
    staffed(office)
    victims = [{"victim_ref": "V1", "contact_holds": [{"from": "2026-06-01T09:00:00Z"}]}, {"victim_ref": "V2"}]
    office.records(crime("A", "2026-06-01", victims=victims))
    office.told("2026-06-10")
    texts = {row.recipient_ref: " ".join(row.text.split()) for row in office.outbox()}
    assert "Another victim of this crime is under a contact hold: before any contact, check why." in texts["1042"]
    assert "Another victim" not in texts["2000"]


def test_typing_in_an_older_update_is_acknowledged(office: Office) -> None:
    """Rules 4.2: the time runs from it; it is no correction that somebody has to answer for."""
    staffed(office)
    office.records(crime("A", "2026-04-20", "1042", "2026-04-24", "2026-05-08"))
    assert telling(office, "2026-06-08", "2026-06-08") == {"06-08": ["1042"]}
    office.records(crime("A", "2026-04-20", "1042", "2026-04-24", "2026-05-08", "2026-05-09"))
    assert telling(office, "2026-06-09", "2026-06-09") == {"06-09": ["1042"]}
    sentence = "Still owed: the time now runs from an update of 9 May (seen on 8 June)."
    assert sentence in latest(office)


def test_who_is_given_a_case_late_does_not_inherit_a_scolding(office: Office) -> None:
    """Nobody had it before."""
    office.settings = change(office.settings, list_weekday="never")
    staffed(office)
    given = {"allocations": [{"from": "2026-06-09T09:00:00Z", "officer_ref": "1042", "division": "North"}]}
    office.records(crime("A", "2026-06-01", None, **given))
    assert [subject for _, subject in office.told("2026-06-10")] == ["1 handed over: victim to update, 10 June"]
    assert telling(office, "2026-06-11", "2026-06-15") == {}
    assert telling(office, "2026-06-16", "2026-06-16")["06-16"] == ["2000"]  # 7 days after it was given


def test_who_is_away_over_the_weekend_is_covered_for_what_falls_due_then(office: Office) -> None:
    """Back on the Saturday is back on the Monday."""
    office.settings = change(office.settings, cover={"1042": "2000"})
    office.directory(Officer("2000", email="2000@force.example"))
    away = Officer(
        "1042",
        email="1042@force.example",
        absent=[Absence("2026-06-11", "2026-06-12")],
    )
    save_officers(office.store, [away], office.now)
    office.records(crime("A", "2026-06-07"))  # due on Sunday the 14th
    assert telling(office, "2026-06-12", "2026-06-12") == {"06-12": ["2000"]}


def test_an_officer_reads_who_is_told_already_and_who_will_be_on_a_working_day(office: Office) -> None:
    office.settings = change(office.settings, list_weekday="never")
    staffed(office)
    office.records(crime("A", "2026-05-25"), crime("B", "2026-06-03"))  # due on 1 and 10 June
    office.told("2026-06-10")
    office.told("2026-06-11")
    office.told("2026-06-18")
    texts = [" ".join(row.text.split()) for row in office.outbox() if row.recipient_ref == "1042"]
    # Of A when half of the champion's time has passed.
    assert "Goes to your supervisor on 11 June." in texts[0]
    assert "Also told today: your supervisor." in texts[1]
    assert "Goes to your supervisor on 17 June." in texts[1]
    assert "Also told: your supervisor." in texts[2]
    assert "Also told today: your supervisor." in texts[2]
    assert "champion" not in "".join(texts)  # there is none


def test_a_mail_tried_again_by_hand_is_not_withdrawn_for_its_own_refusal(office: Office) -> None:
    staffed(office)
    office.records(crime("A", "2026-06-01"))
    office.remind("2026-06-10")
    refuse(office)
    office.now += timedelta(hours=1)
    send_again(office.store, [1], office.now)
    assert office.deliver() == Delivery(sent=1)
    assert [r.recipient for r in office.sink.messages] == ["1042@force.example"]


def test_what_a_pilot_kept_back_is_told_when_it_is_over(office: Office, tmp_path: Path) -> None:
    staffed(office)
    office.records(crime("A", "2026-06-01"))
    office.settings = change(office.settings, allow=("@pilot.example",))
    office.remind("2026-06-10")
    server = smtp_server(office.sink.host, office.sink.port, security="plain", timeout=5)
    pilot = Pilot(("@pilot.example",), tmp_path / "pilot")
    assert deliver(office.store, server, lambda: office.now, pilot=pilot) == Delivery(pilot=1)
    assert telling(office, "2026-06-11", "2026-06-12") == {}  # as it would be with mail
    office.settings = change(office.settings, allow=None)
    assert telling(office, "2026-06-15", "2026-06-15")["06-15"] == ["1042"]
    assert "NEW" in next(row.text for row in office.outbox() if row.key == "digest:1042:2026-06-15")


def test_a_hold_recorded_on_the_day_of_the_last_update_is_not_forgotten(office: Office) -> None:
    """That contact may be why."""
    staffed(office)
    office.records(crime("A", "2026-05-01", "1042", "2026-05-05", "2026-05-20", **held("2026-05-20")))
    assert "1042" in telling(office, "2026-06-18", "2026-06-18")["06-18"]
    assert "A contact hold of 20 May has no recorded end" in latest(office)


def test_what_a_mail_had_no_room_for_is_counted_however_often_we_look(office: Office) -> None:
    office.settings = change(office.settings, listed=3)
    staffed(office)
    office.records(*(crime(ref, "2026-06-02") for ref in "ABCDE"))
    office.remind("2026-06-10")
    office.now += timedelta(minutes=20)
    office.remind()
    assert office.deliver() == Delivery(sent=1)
    assert office.sink.messages[0].message["Subject"] == "3 new, 2 more: victims to update, 10 June"
    assert "And 2 more victims, not listed here." in " ".join(latest(office).split())
