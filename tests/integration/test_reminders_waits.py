"""One wait of one victim, day by day: a second breach, an update taken back, a case closed with something owed."""

from datetime import timedelta

from compliance.mail import Delivery
from compliance.records import Officer
from tests.integration.test_reminders_again import latest, statuses, telling
from tests.office import Json, Office, crime, morning, office

__all__ = ["office"]


def staffed(office: Office, day: str, *records: Json) -> None:
    """From a day on: an officer, their supervisor, the champion of the division, and the records."""
    office.now = morning(day)
    one = Officer("1042", email="1042@force.example", supervisor_ref="2000", team="North 1", division="North")
    champion = Officer("3000", email="3000@force.example", role="champion", division="North")
    office.directory(one, Officer("2000", email="2000@force.example"), champion)
    office.records(*records)


def test_a_second_breach_waits_for_the_repeat_and_those_above_for_their_list(office: Office) -> None:
    """Reported on 9 May: due on Saturday 16 May and on Saturday 6 June."""
    staffed(office, "2026-05-16", crime("A", "2026-05-09", division="North"))
    assert telling(office, "2026-05-18", "2026-05-18") == {"05-18": ["1042"]}
    assert telling(office, "2026-06-02", "2026-06-02") == {"06-02": ["1042", "2000"]}
    # On Monday the second breach is news to nobody; the champion is told of the first, 21 days overdue on Saturday.
    office.remind("2026-06-08")
    office.now += timedelta(minutes=20)
    office.records()
    assert office.deliver() == Delivery(sent=2)
    assert [r.recipient[:4] for r in office.sink.messages[-2:]] == ["2000", "3000"]
    assert telling(office, "2026-06-09", "2026-06-09") == {"06-09": ["1042"]}
    assert latest(office).count(": due ") == 2
    assert [n[2:] for n in office.notices() if n[3] != "new"][-2:] == [("sent", "still waiting")] * 2


def test_an_update_taken_back_is_news_of_that_day_and_the_time_to_act_runs_from_then(office: Office) -> None:
    """Due on 1 June, told on the 2nd, recorded on the 3rd; taken back on Friday the 5th."""
    staffed(office, "2026-06-01", crime("A", "2026-05-25"))
    assert telling(office, "2026-06-02", "2026-06-02") == {"06-02": ["1042"]}
    office.records(crime("A", "2026-05-25", "1042", "2026-06-02"))
    office.wait_until("2026-06-05")
    office.records(crime("A", "2026-05-25"))
    assert telling(office, "2026-06-08", "2026-06-10") == {"06-08": ["1042"]}
    assert "Not counted as your time: contact owed again only since 5 June." in latest(office)
    assert "due 1 June Last update" in latest(office)  # and not how many days ago
    # Not on the 9th, 7 days after the first email; on the 11th half of the champion's time has passed.
    assert telling(office, "2026-06-11", "2026-06-11") == {"06-11": ["2000"]}
    assert "has not had 7 days to act: contact owed again only since 5 June." in latest(office)


def test_a_case_closed_with_something_owed_goes_to_the_supervisor_and_into_the_weekly_list(office: Office) -> None:
    """Due on 1 June, told on the 2nd, closed on the 3rd: nothing follows the officer's email of the 4th."""
    record = crime("A", "2026-05-25", division="North")
    staffed(office, "2026-06-01", record)
    telling(office, "2026-06-02", "2026-06-02")
    office.wait_until("2026-06-03")
    office.records(record | {"status": statuses(("closed", "2026-06-03"))})
    assert telling(office, "2026-06-03", "2026-06-09") == {"06-04": ["1042"], "06-08": ["2000"]}
    assert "The case closed on 3 June: the victim is to be told the outcome." in latest(office)
    closed = next(row.text for row in office.outbox() if row.key == "digest:1042:2026-06-04")
    assert "Goes to your supervisor on 8 June." in closed
    assert telling(office, "2026-06-15", "2026-06-22") == {"06-15": ["2000"], "06-22": ["2000", "3000"]}
    assert telling(office, "2026-07-02", "2026-07-09") == {}  # owed for 28 days after the close (rules 3.6)


def test_a_case_whose_victim_is_told_the_outcome_goes_to_nobody_else(office: Office) -> None:
    record = crime("A", "2026-05-25")
    staffed(office, "2026-06-01", record)
    telling(office, "2026-06-02", "2026-06-02")
    changed = crime("A", "2026-05-25", "1042", "2026-06-04") | {"status": statuses(("closed", "2026-06-03"))}
    office.wait_until("2026-06-04")
    office.records(changed)
    assert telling(office, "2026-06-05", "2026-06-15") == {}
