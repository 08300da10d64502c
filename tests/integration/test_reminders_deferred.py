"""A mailbox that takes no mail for weeks: its reader is not named as told, somebody else is told why, and it goes on being
tried. A real SMTP server that defers one mailbox, on a moving clock."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from compliance.mail import Delivery
from compliance.records import Officer
from compliance.store.tables import Notice, Outbox
from tests import office as offices
from tests import stores
from tests.integration.test_reminders_again import telling
from tests.office import Office, crime, morning

pytestmark = stores.shared_out
new_database, sqlite_office, any_office = stores.new_database, offices.office, offices.any_office
OFFICER, SUPERVISOR = "1042@force.example", "2000@force.example"


@pytest.fixture
def each_office(any_office: Office) -> Office:
    return begun(any_office)


@pytest.fixture
def office(sqlite_office: Office) -> Office:
    return begun(sqlite_office)


def begun(office: Office) -> Office:
    """On the Monday on which the first case falls due."""
    staff(office)
    office.now = morning("2026-06-08")
    return office


def staff(office: Office, officers_email: str = OFFICER, cover: str | None = None) -> None:
    office.directory(
        Officer("1042", email=officers_email, supervisor_ref="2000", team="North 1", division="North"),
        Officer("2000", email=SUPERVISOR, team="North 1", division="North", supervisor_ref=cover),
        Officer("2001", email="2001@force.example"),
        Officer("3000", email="3000@force.example", role="champion", division="North"),
    )


def texts(office: Office, recipient: str) -> list[str]:
    """What somebody was sent, on one line each, in order."""
    return [
        " ".join(row.text.split())
        for row in sorted(office.outbox(), key=lambda row: (row.sent_at or office.now, row.id or 0))
        if row.recipient_ref == recipient and row.state == "sent"
    ]


def overdue(ref: str = "A", reported: str = "2026-06-01") -> dict[str, object]:
    return crime(ref, reported, division="North", team="North 1")


def test_an_officers_mailbox_that_defers_for_five_weeks(each_office: Office) -> None:
    """Due on Monday 8 June, deferred from Tuesday on: on Thursday the supervisor is told, with the reason. The officer is
    no officer who has the case in silence, nor one who misses anything; their mail is tried every day, and taken at last."""
    office = each_office
    office.sink.defer.add(OFFICER)
    office.records(overdue())
    told = telling(office, "2026-06-09", "2026-07-13")
    days = list(told)
    assert (days[0], told[days[0]]) == ("06-11", ["2000"])
    first = texts(office, "2000")[0]
    assert "In place of officer 1042, who cannot be reached by email (deferred since 9 June)." in first
    assert not any("NEED SUPPORT" in text for text in texts(office, "2000"))
    assert all("Also told" not in text for text in texts(office, "2000"))
    (champion, *_) = texts(office, "3000")
    assert "With officer 1042, North 1, who cannot be reached by email" in champion
    assert "The officer has not had 7 days to act: no email could be delivered." in champion
    (waiting,) = (row for row in office.outbox() if row.recipient_ref == "1042" and row.state == "retry")
    assert waiting.attempts == 24, "tried on every working morning"

    office.sink.defer.clear()
    assert telling(office, "2026-07-14", "2026-07-14") == {"07-14": ["1042"]}
    text = texts(office, "1042")[0]
    assert "due 8 June, 36 days ago" in text
    assert "Your time runs from this email." in text
    assert "Also told: your supervisor and the champion." in text
    office.records(overdue("B", "2026-07-07"))
    assert telling(office, "2026-07-15", "2026-07-15") == {"07-15": ["1042"]}, "written to as before"


def test_a_supervisors_mailbox_that_defers_for_five_weeks(each_office: Office) -> None:
    """The officer never reads that their supervisor was told, for that is not so; whoever stands in is, and is named."""
    office = each_office
    office.sink.defer.add(SUPERVISOR)
    office.records(overdue())
    telling(office, "2026-06-09", "2026-07-13")
    assert texts(office, "2000") == []
    (first, *_) = texts(office, "3000")
    assert "You get this in place of somebody who cannot be reached by email." in first
    named = {said for text in texts(office, "1042") for said in re.findall(r"Also told: (.*?)\.", text)}
    assert named == {"the champion in your supervisor's place", "the champion"}
    office.sink.defer.clear()
    telling(office, "2026-07-14", "2026-07-24")
    last = texts(office, "1042")[-1]
    assert "Also told: your supervisor and the champion." in last


def test_two_working_days_are_not_two_days(office: Office) -> None:
    """Put off on Friday: on Monday it is tried again, on Tuesday the supervisor is told."""
    office.sink.defer.add(OFFICER)
    office.records(overdue(reported="2026-06-04"))  # due on Thursday 11 June
    assert telling(office, "2026-06-12", "2026-06-16") == {"06-16": ["2000"]}


def test_who_takes_mail_after_a_day_was_never_out_of_reach(office: Office) -> None:
    """As a server does to a sender whom it does not know yet."""
    office.sink.defer.add(OFFICER)
    office.records(overdue())
    assert telling(office, "2026-06-09", "2026-06-09") == {}
    office.sink.defer.clear()
    assert telling(office, "2026-06-10", "2026-06-12") == {"06-10": ["1042"]}
    office.sink.defer.add(OFFICER)  # two days later once more: that is no second day of it
    office.records(overdue("B", "2026-06-04"))
    assert telling(office, "2026-06-12", "2026-06-15") == {}
    assert telling(office, "2026-06-16", "2026-06-16") == {"06-16": ["2000"]}


def test_a_mailbox_that_put_a_mail_off_long_ago_is_tried_as_any_other(office: Office) -> None:
    """Nothing came of that mail: what it told was discharged. What is new goes to the officer."""
    office.sink.defer.add(OFFICER)
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-09")
    office.records(overdue() | {"updates": [{"update_ref": "U", "at": "2026-06-09T11:00:00Z", "outcome": "informed"}]})
    office.sink.defer.clear()
    office.records(overdue("B", "2026-06-15"))
    assert telling(office, "2026-06-10", "2026-06-23") == {"06-19": ["1042"], "06-23": ["1042"]}


def test_a_corrected_address_is_written_to_at_once(office: Office) -> None:
    office.sink.defer.add(OFFICER)
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-11")
    staff(office, officers_email="new@force.example")
    assert telling(office, "2026-06-12", "2026-06-12") == {"06-12": ["new"]}


def test_a_supervisors_stand_in_is_named_as_that(office: Office) -> None:
    """Never "your supervisor" where it was somebody else: here whoever is above them."""
    staff(office, cover="2001")
    office.sink.defer.add(SUPERVISOR)
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-23")
    assert "Also told: your supervisor's stand-in officer 2001" in texts(office, "1042")[-1]
    assert all(
        "Also told: your supervisor." not in text and "Also told: your supervisor and" not in text
        for text in texts(office, "1042")
    )


def test_a_mail_that_waits_for_a_leader_says_what_is_so_when_it_is_taken(each_office: Office) -> None:
    """It is written anew for each try, and does not drop out because its own reader cannot be reached."""
    office = each_office
    office.sink.defer.add(SUPERVISOR)
    office.records(overdue(), overdue("B"))
    telling(office, "2026-06-09", "2026-06-24")
    office.records(overdue() | {"updates": [{"update_ref": "U", "at": "2026-06-24T11:00:00Z", "outcome": "informed"}]})
    office.sink.defer.clear()
    assert "2000" in telling(office, "2026-06-25", "2026-06-25")["06-25"]
    (text,) = texts(office, "2000")
    assert text.count("Crime ") == 1
    assert "Crime A" not in text
    with office.store.session(reading=True) as session:
        told = select(Notice.crime_ref, Outbox.state).join(Outbox, col(Outbox.id) == col(Notice.outbox_id))
        found = session.exec(told.where(Notice.recipient_ref == "2000", Notice.outcome == "sent")).all()
    assert ("B", "sent") in found
    assert ("A", "sent") not in found


def test_nobody_is_written_to_twice_a_morning_while_a_mail_waits(office: Office) -> None:
    office.sink.defer.add(OFFICER)
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-16")
    office.sink.defer.clear()
    office.remind("2026-06-17")
    office.now += timedelta(minutes=30)
    assert office.deliver() == Delivery(sent=1)
    assert office.remind().digests == 0
    assert all("1042" not in refs for refs in telling(office, "2026-06-18", "2026-06-23").values())
    assert telling(office, "2026-06-24", "2026-06-24") == {"06-24": ["1042"]}, "a week after it was taken"
