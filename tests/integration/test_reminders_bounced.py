"""A mailbox that bounces: what bounced was not told, someone else is told why, and it is tried again after a week or once the
address changes. From real emails over reports on them in a Maildir, on a moving clock."""

from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from compliance.config import Settings
from compliance.service.telling.replanning import planning_state
from compliance.store.tables import Outbox
from tests import office as offices
from tests import stores
from tests.bounces import Mailbox, path_of, report
from tests.integration.test_reminders_again import telling
from tests.integration.test_reminders_deferred import begun, overdue, staff, texts
from tests.office import POLICY, Office

new_database, sqlite_office, any_office = stores.new_database, offices.office, offices.any_office


@pytest.fixture
def office(sqlite_office: Office) -> Office:
    return begun(sqlite_office)


@pytest.fixture
def each_office(any_office: Office) -> Office:
    return begun(any_office)


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "bounces")


def bounce(office: Office, mailbox: Mailbox, recipient: str) -> None:
    """Every email that somebody was sent comes back, one at a time."""
    for row in office.outbox():
        if row.recipient_ref == recipient and row.state == "sent":
            mailbox.put(report(path_of(office.store, row.id or 0), number=row.id or 0))
    assert mailbox.read(office.store, lambda: office.now).kinds["bounced"]  # type: ignore[index]


def last(office: Office, recipient: str) -> Outbox:
    return [row for row in office.outbox() if row.recipient_ref == recipient][-1]


def test_an_officer_whose_mail_bounces_was_not_told(each_office: Office, mailbox: Mailbox) -> None:
    """Told on Tuesday, and it came back within the hour: the supervisor is told the same morning, and why. No day counts as
    the officer's. After a week it is tried again."""
    office = each_office
    office.records(overdue())
    assert telling(office, "2026-06-09", "2026-06-09") == {"06-09": ["1042"]}
    bounce(office, mailbox, "1042")
    assert telling(office, "2026-06-09", "2026-06-15") == {"06-09": ["2000"]}
    (text,) = texts(office, "2000")
    assert "In place of officer 1042, who cannot be reached by email." in text
    assert ("1042", "A", "sent", "new") in office.notices()
    assert ("2000", "A", "sent", "new; rerouted: mail bounced on 2026-06-09") in office.notices()
    assert telling(office, "2026-06-16", "2026-06-16") == {"06-16": ["1042"]}
    assert "Your time runs from this email." in texts(office, "1042")[0]
    assert "your supervisor" in texts(office, "1042")[0], "who was told, and whose email did not come back"


def test_a_leader_whose_mail_bounces_is_not_named_as_told(office: Office, mailbox: Mailbox) -> None:
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-17")
    assert last(office, "2000").state == "sent"
    bounce(office, mailbox, "2000")
    telling(office, "2026-06-18", "2026-06-23")
    said = texts(office, "1042")[-1]
    assert "Also told: the champion in your supervisor's place." in said
    assert "Also told: your supervisor." not in said


def test_the_same_with_nothing_that_bounces(office: Office) -> None:
    """The world in which the supervisor was told."""
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-23")
    assert "Also told: your supervisor." in texts(office, "1042")[-1]


def test_a_corrected_address_is_written_to_at_once(office: Office, mailbox: Mailbox) -> None:
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-09")
    bounce(office, mailbox, "1042")
    staff(office, officers_email="new@force.example")
    assert telling(office, "2026-06-10", "2026-06-10") == {"06-10": ["new"]}


def test_a_report_that_comes_days_later_counts_from_when_it_is_read(office: Office, mailbox: Mailbox) -> None:
    """Though a later email was accepted meanwhile: a mail server that cannot deliver gives up after days."""
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-10")
    office.records(overdue("B", "2026-06-04"))
    assert telling(office, "2026-06-12", "2026-06-12") == {"06-12": ["1042"]}
    first, second = (row for row in office.outbox() if row.recipient_ref == "1042")
    mailbox.put(report(path_of(office.store, first.id or 0)))
    mailbox.read(office.store, lambda: office.now)
    assert [row.state for row in office.outbox() if row.recipient_ref == "1042"] == ["bounced", second.state]
    assert telling(office, "2026-06-12", "2026-06-18")["06-12"] == ["2000"]
    assert "1042" in telling(office, "2026-06-19", "2026-06-19")["06-19"]


def test_an_email_to_a_mailbox_that_has_bounced_since_is_not_sent(office: Office, mailbox: Mailbox) -> None:
    """One that waits in the outbox is asked again before it goes, and drops out."""
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-09")
    office.records(overdue("B", "2026-06-04"))
    office.remind("2026-06-12")
    bounce(office, mailbox, "1042")
    office.now += timedelta(minutes=20)
    assert office.deliver().cancelled == 1
    assert ("1042", "B", "dropped", "mail bounced on 2026-06-12") in office.notices()


def test_a_bounce_is_planned_for_at_once(office: Office, mailbox: Mailbox) -> None:
    """Not an hour later, though the records are the same."""
    settings = cast("Settings", office.settings)  # as far as a plan depends on them
    office.records(overdue())
    telling(office, "2026-06-09", "2026-06-09")
    before = planning_state(office.store, POLICY, settings, office.now)
    assert planning_state(office.store, POLICY, settings, office.now) == before
    bounce(office, mailbox, "1042")
    assert planning_state(office.store, POLICY, settings, office.now) != before
