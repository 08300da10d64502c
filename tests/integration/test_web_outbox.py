"""The pages on the outbox: what `compliance outbox` shows, and what it lets a person do with an email."""

import re
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import update

from compliance.mail import Rendered
from compliance.mail.by_hand import counts, crimes_told
from compliance.reminders import remind
from compliance.service.telling.undelivered import CAUSES, undelivered_text
from compliance.store.tables import OUTBOX
from tests import stores, web_office
from tests.accesses import list_accesses
from tests.conftest import OBEYED
from tests.mails import queue_mail
from tests.stores import Record
from tests.web_office import NOW, Browser, WebOffice, words_of

YESTERDAY = NOW - timedelta(days=1)
HAPPENED: Final[tuple[Record, ...]] = (
    {"state": "refused", "problem": "550 5.1.1 <b>no such\x1b[31m mailbox"},
    {"state": "bounced", "bounced_at": NOW},
    {"state": "retry", "deferred_since": YESTERDAY, "next_attempt_at": NOW + timedelta(hours=2)},
    {"state": "uncertain"},
    {"state": "sent", "sent_at": NOW},
)
"""What became of the first five emails."""


office, analyst = web_office.office, web_office.analyst


def happen(office: WebOffice) -> None:
    """A morning's emails, and what became of them."""
    service = office.service
    remind(service.store, service.policy, service.reminder_settings, office.now)
    with service.store.writing() as connection:
        for number, values in enumerate(HAPPENED, 1):
            found = update(OUTBOX).where(OUTBOX.c.id == number)
            connection.execute(found.values(claimed_at=YESTERDAY, attempts=1, **values))


def states(office: WebOffice) -> list[str]:
    return [row[0] for row in stores.rows(office.service.store, OUTBOX, "state")]


def test_what_did_not_reach_its_readers_is_said_as_the_command_says_it(office: WebOffice, analyst: Browser) -> None:
    assert "Every email has reached its reader, or is still under way." in words_of(analyst.get("/outbox").text)
    happen(office)
    found = office.service.undelivered()
    assert [each.cause for each in found] == [CAUSES[state] for state in ("refused", "bounced", "retry", "uncertain")]
    page = re.sub("</?code>", "`", analyst.get("/outbox").text)
    for paragraph in undelivered_text(found).split("\n\n"):
        assert " ".join(paragraph.split()) in words_of(page)
    assert "n2a (email 4, held)" in words_of(page)


def test_emails_are_listed_the_newest_first_and_counted_by_state(office: WebOffice, analyst: Browser) -> None:
    happen(office)
    page = analyst.get("/outbox").text
    said = words_of(page)
    assert "All (6) Queued (1) Sent (1) Retry (1) Refused (1) Uncertain (1) Bounced (1)" in said
    places = [said.index(f"Email {number} , digest") for number in range(6, 0, -1)]
    assert places == sorted(places)
    assert (
        "Email 4 , digest to Dunlin Flint (n2a), n2a@force.example uncertain, held, queued 20 July 2026 12:00" in said
    )
    assert "put off since 19 July 2026 12:00, again 20 July 2026 14:00" in said
    refused = analyst.get("/outbox?state=refused").text
    assert "1 email, the newest first. This state means: the mail server will never accept it." in words_of(refused)
    assert "550 5.1.1 &lt;b&gt;no such" in refused
    assert not OBEYED.search(refused)
    assert "Email 2" not in refused
    assert analyst.get("/outbox?state=lost").status_code == 404


def test_a_long_list_is_gone_through_by_key_and_says_how_many_there_are(office: WebOffice, analyst: Browser) -> None:
    with office.service.store.session() as session:
        for number in range(52):
            queue_mail(
                session, key=f"{number}", kind="digest", recipient_ref="n1a", to_address="n1a@force.example",
                content=Rendered("Subject", "Text", None), headers={"From": "updates@force.example"},
                domain="force.example", now=NOW,
            )  # fmt: skip
    page = analyst.get("/outbox?state=queued").text
    assert "50 of 52 emails." in words_of(page)
    assert 'href="/outbox?state=queued&amp;after=3"' in page
    rest = words_of(analyst.get("/outbox?state=queued&after=3").text)
    assert "Email 2 , digest" in rest
    assert "Email 3 ," not in rest
    assert "2 of 52 emails. First page" in rest


def test_an_email_is_shown_whole_and_the_crimes_that_it_tells_of_are_logged(
    office: WebOffice, analyst: Browser
) -> None:
    happen(office)
    (mail, text) = next(row for row in stores.rows(office.service.store, OUTBOX, "id", "text") if row[0] == 3)
    page = analyst.get(f"/outbox/{mail}").text
    said = words_of(page)
    assert "State retry: not accepted yet, tried again Queued 20 July 2026 12:00" in said
    assert " ".join(text.split()) in said
    assert "&#10;&#10;" in page, "its lines are kept"
    assert "Message-ID" in said
    crimes = crimes_told(office.service.store, mail)
    assert len(crimes) > 1
    (entry,) = list_accesses(office.service.store)
    assert (entry.page, entry.asked, entry.crimes) == ("/outbox/{number}", {"number": "3"}, crimes)
    for path in ("/outbox/99", "/outbox/x", "/outbox?after=x"):
        assert analyst.get(path).status_code == 404


def test_an_email_is_sent_again_or_cancelled_as_by_the_commands(office: WebOffice, analyst: Browser) -> None:
    happen(office)
    before = states(office)
    again = analyst.post("/outbox/1", do="retry")
    assert "It will be sent at the next run if it is still due." in words_of(
        analyst.get(again.headers["location"]).text
    )
    analyst.post("/outbox/4", do="cancel")
    assert states(office) == ["queued", *before[1:3], "cancelled", *before[4:]]
    assert counts(office.service.store)["cancelled"] == 1
    acts = [entry for entry in list_accesses(office.service.store) if "do" in entry.asked]
    assert [(entry.person, entry.asked, entry.crimes) for entry in acts] == [
        ("an.analyst", {"number": number, "do": do}, crimes_told(office.service.store, int(number)))
        for number, do in (("1", "retry"), ("4", "cancel"))
    ]


@pytest.mark.parametrize(
    ("number", "do", "status", "said"),
    [
        (5, "retry", 409, "email 5 is sent and cannot be sent again"),
        (1, "cancel", 409, "email 1 is refused and cannot be cancelled"),
        (1, "delete", 400, "Choose what to do."),
        (99, "retry", 404, "There is no such email"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_says_why(
    office: WebOffice, analyst: Browser, number: int, do: str, status: int, said: str
) -> None:
    happen(office)
    before = states(office)
    answer = analyst.post(f"/outbox/{number}", do=do)
    assert answer.status_code == status
    assert said in words_of(answer.text)
    assert states(office) == before
