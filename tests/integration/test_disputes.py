"""A reply that says an email is wrong: filed by the token of the email, shown to the performance team, answered, and said in the
next email. From real emails over a Maildir, on a moving clock."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compliance.cli import main
from compliance.config import load_settings
from compliance.errors import RecordError
from compliance.mail.inbound import REPLIES_LAST
from compliance.reports.model.report_model import Disputed
from compliance.reports.periods.periods import parse_period
from compliance.service.polls.record_state import count_disputed
from compliance.service.retaining import Retaining
from compliance.store import DisputeAnswer, answer_dispute, disputes_of, list_disputes, show_dispute
from compliance.store.kept.disputes import forget_disputes
from compliance.store.tables import DISPUTE, DISPUTED_VICTIM, OBLIGATION
from tests import office as offices
from tests import stores
from tests.bounces import FAILED, REPLIES, SETTINGS, Mailbox, addresses_of, message, path_of, report
from tests.integration.test_reminders_again import telling
from tests.integration.test_reminders_deferred import begun, overdue, texts
from tests.mails import CONFIG
from tests.office import POLICY, Office, morning
from tests.reminding import change

new_database, sqlite_office, any_office = stores.new_database, offices.office, offices.any_office
WRONG, RIGHT, WITHDRAWN = DisputeAnswer
QUERY = "Your query of 9 June"


def reading(office: Office) -> Office:
    """An office that reads replies."""
    office.addresses = addresses_of(office.store)
    office.settings = change(office.settings, inbound=SETTINGS.model_dump())
    return begun(office)


@pytest.fixture
def each_office(any_office: Office) -> Office:
    return reading(any_office)


@pytest.fixture
def office(sqlite_office: Office) -> Office:
    return reading(sqlite_office)


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "replies")


def reply_address(office: Office, recipient: str = "1042") -> str:
    """Where a reply to somebody's newest email goes."""
    newest = [r for r in office.sink.messages if r.recipient.startswith(recipient)][-1]
    return str(newest.message["Reply-To"])


def reply(office: Office, mailbox: Mailbox, text: str, *headers: tuple[str, str], recipient: str = "1042") -> Any:
    """Somebody replies to their newest email, and it is read -> what was read."""
    quoted = "\n".join(f"> {line}" for line in texts_raw(office, recipient).splitlines())
    mailbox.put(message(reply_address(office, recipient), *headers, text=f"{text}\n\n{quoted}"))
    return mailbox.read(office.store, lambda: office.now).kinds


def texts_raw(office: Office, recipient: str) -> str:
    return [row.text for row in office.outbox() if row.recipient_ref == recipient][-1]


def told(office: Office, *refs: str) -> None:
    """Officer 1042 is told of some victims, on Tuesday 9 June."""
    office.records(*(overdue(ref) for ref in refs))
    telling(office, "2026-06-09", "2026-06-09")


def test_a_reply_is_filed_answered_and_said_in_the_next_email(each_office: Office, mailbox: Mailbox) -> None:
    """It stops no clock: what is owed stays owed, and the emails go out on the same days."""
    office = each_office
    told(office, "A")
    before = stores.rows(office.store, OBLIGATION, *(column.name for column in OBLIGATION.c))
    assert reply(office, mailbox, "I rang her on Monday.") == {"reply": 1}
    (dispute,) = list_disputes(office.store, only_open=True)
    assert (dispute.recipient_ref, dispute.text, dispute.victims) == ("1042", "I rang her on Monday.", (("A", "V1"),))
    assert (dispute.is_assigned, dispute.answer, dispute.received_at) == (True, None, office.now)
    assert stores.rows(office.store, OBLIGATION, *(column.name for column in OBLIGATION.c)) == before

    telling(office, "2026-06-10", "2026-06-22")
    assert f"{QUERY} is with the performance team." in texts(office, "1042")[-1]
    assert all("query" not in text for text in texts(office, "2000")), "it is the officer's own"

    answer_dispute(office.store, dispute.id, RIGHT, "She says nobody rang.", (), office.now)
    assert list_disputes(office.store, only_open=True) == []
    telling(office, "2026-06-23", "2026-06-30")
    assert f"{QUERY} was answered on 22 June: the record is right." in texts(office, "1042")[-1]
    assert "nobody rang" not in texts(office, "1042")[-1], "the note is the performance team's"


def test_the_same_days_without_a_reply(each_office: Office) -> None:
    told(each_office, "A")
    telling(each_office, "2026-06-10", "2026-06-22")
    assert all("query" not in text for text in texts(each_office, "1042"))


def test_an_email_is_the_same_as_before_where_replies_are_not_read(sqlite_office: Office) -> None:
    told(begun(sqlite_office), "A")
    assert str(sqlite_office.sink.messages[-1].message["Reply-To"]) == "performance@force.example"
    assert "Wrong? Reply with the crime number." in texts(sqlite_office, "1042")[-1]


def test_where_they_are_read_each_email_has_a_reply_address_of_its_own(office: Office) -> None:
    told(office, "A")
    telling(office, "2026-06-10", "2026-06-16")
    own = {str(r.message["Reply-To"]) for r in office.sink.messages}
    assert len(own) == len(office.sink.messages) > 1
    assert all(each.startswith("updates-reply+") and each.endswith("@force.example") for each in own)
    assert "Wrong? Reply with the crime number." in texts(office, "1042")[-1]


def test_a_reply_about_one_of_several_victims(office: Office, mailbox: Mailbox) -> None:
    """The crime numbers in its own words say which; those of the email that it quotes do not."""
    told(office, "22A/1/26", "22A/11/26", "22A/2/26")
    assert reply(office, mailbox, "22A/1/26 is not mine. See 22A/99/26.") == {"reply": 1}
    assert reply(office, mailbox, "Both are wrong: 22a/2/26, 22A/11/26") == {"reply": 1}
    assert reply(office, mailbox, "All is recorded.") == {"reply": 1}
    assert [(each.crimes, each.is_assigned) for each in list_disputes(office.store)] == [
        (("22A/1/26",), True),
        (("22A/11/26", "22A/2/26"), True),
        (("22A/1/26", "22A/11/26", "22A/2/26"), False),
    ]
    assert [each.id for each in disputes_of(office.store, "22A/2/26")] == [2, 3]


def test_the_performance_team_assigns_what_names_no_crime(office: Office, mailbox: Mailbox) -> None:
    told(office, "A", "B")
    reply(office, mailbox, "One of these is wrong.")
    for crimes, said in (((), "say with --crime which it concerns, of A, B"), (("C",), "does not concern crime C")):
        with pytest.raises(RecordError, match=said):
            answer_dispute(office.store, 1, WRONG, None, crimes, office.now)
    assert show_dispute(office.store, 1).answer is None
    done = answer_dispute(office.store, 1, WRONG, None, ["B"], office.now)
    assert (done.crimes, done.is_assigned, done.answer) == (("B",), True, "the record was wrong")
    telling(office, "2026-06-10", "2026-06-16")
    (of_a, of_b) = texts(office, "1042")[-1].split("Crime B")
    assert "query" not in of_a
    assert "query of 9 June was answered" in of_b


def test_a_withdrawn_dispute_is_said_no_more(office: Office, mailbox: Mailbox) -> None:
    told(office, "A", "B")
    reply(office, mailbox, "Never mind.")
    answer_dispute(office.store, 1, WITHDRAWN, None, (), office.now)
    telling(office, "2026-06-10", "2026-06-16")
    assert "query" not in texts(office, "1042")[-1]


def test_what_is_no_dispute(office: Office, mailbox: Mailbox) -> None:
    """Automatic replies, reports on delivery, a token for another purpose or of nobody, and a reply that comes too late."""
    told(office, "A")
    address = reply_address(office)
    (row,) = (each for each in office.outbox() if each.recipient_ref == "1042")
    token = address.partition("+")[2].partition("@")[0]
    assert reply(office, mailbox, "I am away.", ("Auto-Submitted", "auto-replied")) == {"automatic": 1}
    mailbox.put(
        report(address, FAILED),
        message(address.replace(token, path_of(office.store, row.id or 0)[8:32])),
        message(f"bounces+{token}@force.example"),
        message(REPLIES, text="A is wrong"),
    )
    assert mailbox.read(office.store, lambda: office.now).kinds == {"automatic": 1, "other": 3}
    office.now += REPLIES_LAST + timedelta(hours=1)
    assert reply(office, mailbox, "A is wrong") == {"other": 1}
    assert list_disputes(office.store) == []
    assert [each.state for each in office.outbox()] == ["sent"]


def test_a_reply_counts_once_however_often_it_is_read(office: Office, mailbox: Mailbox) -> None:
    told(office, "A")
    for _ in range(2):
        mailbox.put(message(reply_address(office), text="A is wrong"))
        mailbox.read(office.store, lambda: office.now)
    assert len(list_disputes(office.store)) == 1


def test_the_commands(office: Office, mailbox: Mailbox, tmp_path: Path) -> None:
    """What the performance team sees; nothing of a reply reaches the terminal unprinted, or the log at all."""
    told(office, "A", "B")
    reply(office, mailbox, "B was \x1b[31mdone\nlong ago")
    reply(office, mailbox, "Which?")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(url=f"sqlite:///{tmp_path}/compliance.db"))

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, [*words, "--config", str(config)])
        return done.exit_code, done.output

    code, said = call("disputes", "list")
    assert code == 0
    first, second, count = said.splitlines()
    assert first.startswith("1  2026-06-09  1042  open for ")
    assert first.endswith(": B")
    assert second.endswith(": not assigned, one or more of A, B")
    assert count == "2 disputes, 2 open"
    code, said = call("disputes", "show", "1")
    assert said.splitlines()[2:] == ["crimes: B", "", "> B was \\x1b[31mdone", "> long ago"]
    assert call("disputes", "answer", "2", "right")[0] == 3
    assert call("disputes", "show", "9")[0] == 3
    assert call("disputes", "answer", "2", "right", "--crime", "A", "--note", "Seen.") == (
        0, "dispute 2 answered: the record is right: A\n",
    )  # fmt: skip
    assert "answered: " in call("disputes", "show", "2")[1]
    assert "Seen." in call("disputes", "show", "2")[1]
    assert call("disputes", "list", "--open")[1].endswith("1 dispute, 1 open\n")
    assert "dispute 1 of 1042 on 2026-06-09: open\n" in call("notices", "B")[1]
    assert "dispute 2 of 1042 on 2026-06-09: the record is right\n" in call("notices", "A")[1]


def test_the_report_counts_them_as_known_when_the_period_was_settled(office: Office, mailbox: Mailbox) -> None:
    """The week of Monday 8 June is settled on the Monday after: what is answered later changes nothing in it."""
    week, later, local = parse_period("2026-W24"), parse_period("2026-W26"), POLICY.local
    assert count_disputed(office.store, week, local, reads_replies=False) is None
    assert count_disputed(office.store, week, local, reads_replies=True) == Disputed(0, 0, 0, None, 0, 0, 0)
    told(office, "A", "B")
    for text in ("A is wrong", "B is wrong", "A, again"):
        reply(office, mailbox, text)
    answer_dispute(office.store, 1, WRONG, None, (), office.now)
    answer_dispute(office.store, 2, RIGHT, None, (), morning("2026-06-25"))
    settled = local.date_of(week.settling_instant(local))
    age = (settled - date(2026, 6, 9)).days
    assert count_disputed(office.store, week, local, reads_replies=False) == Disputed(3, 3, 2, age, 1, 0, 0)
    assert count_disputed(office.store, later, local, reads_replies=False) == Disputed(3, 0, 1, age + 14, 1, 1, 0)


def test_their_words_and_they_have_an_end(office: Office, mailbox: Mailbox, tmp_path: Path) -> None:
    """The words a year after the answer; the rest with the last of its crimes. What is open is kept."""
    told(office, "A", "B")
    reply(office, mailbox, "A and B are wrong")
    reply(office, mailbox, "A is wrong")
    answer_dispute(office.store, 1, WRONG, "Yes", (), office.now)
    (tmp_path / "config.toml").write_text(CONFIG.format(url="sqlite:///unused.db"))
    retaining = Retaining(load_settings(tmp_path / "config.toml"), office.store, POLICY.local, lambda: office.now)
    assert not retaining.apply().others["text of a dispute"]
    office.now += timedelta(days=367)
    assert retaining.apply().others["text of a dispute"] == 1
    first, second = list_disputes(office.store)
    assert (first.text, first.note, first.answer, second.text) == ("", None, WRONG, "A is wrong")
    with office.store.writing() as connection:
        forget_disputes(connection, ["A"])
    assert [(each.id, each.crimes) for each in list_disputes(office.store)] == [(1, ("B",))]
    with office.store.writing() as connection:
        forget_disputes(connection, ["B", "C"])
    assert stores.rows(office.store, DISPUTED_VICTIM, "crime_ref") == []
    assert stores.rows(office.store, DISPUTE, "id") == []
