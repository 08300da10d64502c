"""Bounces are read in a mailbox, a Maildir or on a real IMAP server: each counts once, and no other message stops them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compliance.cli import main
from compliance.errors import UnavailableError
from compliance.mail import ImapInbox, InboundOutcome, MaildirInbox, count_inbound, deliver, read_inbound
from compliance.mail.by_hand import counts, send_again
from compliance.mail.imap import ImapConnection
from compliance.mail.inbox import InboundMessage
from compliance.mail_settings import InboundMail
from compliance.service import Service, mail_channel
from compliance.service.running.daemon import Daemon
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store
from compliance.store.tables import INBOUND, OUTBOX
from tests import imap, stores
from tests.bounces import ADDRESS, DELAYED, SETTINGS, Mailbox, addresses_of, message, path_of, report
from tests.integration.test_mail_delivery import Clock, clock, queue, rows, server_of, sink
from tests.planted_conditions import reads_bounces
from tests.service_states import ServiceState

__all__ = ["clock", "sink"]
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "bounces")


def sent(store: Store, clock: Clock, sink: MailSink, *names: str) -> None:
    queue(store, clock, *names)
    assert deliver(store, server_of(sink), clock, addresses=addresses_of(store)).sent == len(names)


def test_an_email_that_bounces_was_not_delivered(store: Store, clock: Clock, sink: MailSink, mailbox: Mailbox) -> None:
    """The envelope sender, to which the real server was told to report, names it."""
    sent(store, clock, sink, "a", "b")
    assert [received.sender for received in sink.messages] == [path_of(store, 1), path_of(store, 2)]
    mailbox.put(report(sink.messages[0].sender))
    clock.pass_by(timedelta(hours=1))
    assert mailbox.read(store, clock) == InboundOutcome({"bounced": 1})  # type: ignore[dict-item]
    found = rows(store)
    assert (found["a"].state, found["a"].bounced_at) == ("bounced", clock())
    assert found["a"].problem == "5.1.1: smtp; 550 5.1.1 <address>: no such mailbox"
    assert (found["b"].state, found["b"].bounced_at, counts(store)["bounced"]) == ("sent", None, 1)
    assert (mailbox.held(), mailbox.held(".Other")) == (0, 0)
    send_again(store, [1], clock())
    assert deliver(store, server_of(sink), clock).sent == 1
    assert rows(store)["a"].state == "sent"


def test_anything_else_is_only_counted_or_left_to_a_person(
    store: Store, clock: Clock, sink: MailSink, mailbox: Mailbox
) -> None:
    sent(store, clock, sink, "a")
    path = path_of(store, 1)
    forged = path.replace(path[10], "q" if path[10] != "q" else "r")
    mailbox.put(
        report(path, DELAYED),
        message(path, ("Auto-Submitted", "auto-replied")),
        report(forged),
        report("bounces@force.example"),
        message(path, text="Please take me off this list"),
        b"\xff" * 400_000,
    )
    assert (
        str(mailbox.read(store, clock, done_folder="Done"))
        == "1 automatic replies, 1 delayed, 4 for a person to look at"
    )
    assert rows(store)["a"].state == "sent"
    assert (mailbox.held(), mailbox.held(".Done"), mailbox.held(".Other")) == (0, 2, 4)
    assert count_inbound(store) == {"bounced": 0, "delayed": 1, "automatic": 1, "reply": 0, "other": 4}
    assert str(mailbox.read(store, clock)) == "no messages"


@pytest.mark.parametrize("state", ["queued", "refused", "cancelled", "pilot"])
def test_only_what_was_accepted_can_bounce(store: Store, clock: Clock, mailbox: Mailbox, state: str) -> None:
    """A report on an earlier sending says nothing of an email that is to be sent again."""
    queue(store, clock, "a")
    with store.writing() as connection:
        connection.execute(OUTBOX.update().values(state=state))
    mailbox.put(report(path_of(store, 1)))
    assert mailbox.read(store, clock).kinds == {"bounced": 1}
    assert (rows(store)["a"].state, rows(store)["a"].bounced_at) == (state, None)


def test_a_report_that_is_faster_than_the_answer_of_the_server_waits(
    store: Store, clock: Clock, mailbox: Mailbox
) -> None:
    """The service was killed before it stored that the server accepted the email: it may, and it did."""
    queue(store, clock, "a")
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'sending'")
    mailbox.put(report(path_of(store, 1)))
    assert mailbox.read(store, clock) == InboundOutcome({}, waiting=1)
    assert mailbox.held() == 1
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'uncertain'")
    assert mailbox.read(store, clock).kinds == {"bounced": 1}
    assert (rows(store)["a"].state, rows(store)["a"].next_attempt_at) == ("bounced", None)


class KilledError(Exception):
    """The service ends here."""


class Killed(MaildirInbox):
    """A mailbox that nothing leaves, because the service is killed before."""

    def open(self) -> "Killed":
        return self

    def remove(self, message: InboundMessage) -> None:  # noqa: ARG002
        raise KilledError

    def move(self, message: InboundMessage, folder: str) -> None:  # noqa: ARG002
        raise KilledError


def test_a_service_that_is_killed_loses_nothing_and_counts_nothing_twice(
    store: Store, clock: Clock, sink: MailSink, mailbox: Mailbox
) -> None:
    """Between storing what a message means and its leaving; and once it was stored, a resent email is not bounced again."""
    sent(store, clock, sink, "a")
    mailbox.put(report(path_of(store, 1)), report(path_of(store, 1), DELAYED), message("x@y"))
    for _ in range(4):
        with pytest.raises(KilledError):
            read_inbound(store, Killed(mailbox.folder), addresses_of(store), SETTINGS, clock)
    assert (rows(store)["a"].state, mailbox.held()) == ("bounced", 3)
    send_again(store, [1], clock())
    deliver(store, server_of(sink), clock)
    assert mailbox.read(store, clock).kinds.total() == 3  # type: ignore[attr-defined]
    assert (rows(store)["a"].state, mailbox.held()) == ("sent", 0)
    assert count_inbound(store) == {"bounced": 1, "delayed": 1, "automatic": 0, "reply": 0, "other": 1}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[imap.ImapServer]:
    with imap.running(tmp_path / "imap") as server:
        yield server


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("done", [None, "Done"])
def test_an_imap_server_is_read_as_a_maildir_is(
    sqlite_store: Store, clock: Clock, sink: MailSink, server: imap.ImapServer, security: str, done: str | None
) -> None:
    store = sqlite_store
    sent(store, clock, sink, "a", "b")
    for number, content in enumerate(
        [report(path_of(store, 1)), message("x@y"), report(path_of(store, 2), DELAYED) + b"x" * 600_000]
    ):
        server.put(str(number), content)
    inbox = server.channel(security, done_folder=done)

    def read() -> Any:
        return read_inbound(store, inbox, addresses_of(store), inbox.settings, clock).kinds

    assert read() == {"bounced": 1, "delayed": 1, "other": 1}
    assert (rows(store)["a"].state, rows(store)["b"].state) == ("bounced", "sent")
    assert read() == {}
    held = {
        name: sum(path.is_file() for path in (server.inbox / name).glob("[nc]*/*")) for name in ("", ".Done", ".Other")
    }
    assert held == {"": 0, ".Done": 2 if done else 0, ".Other": 1}


@pytest.mark.parametrize(
    ("changed", "said", "is_lasting"),
    [
        ({"password": "wrong"}, "it rejects our user name and password ([AUTHENTICATIONFAILED]", True),
        ({"trusted": False}, "certificate verify failed", True),
        ({"security": "starttls", "trusted": False}, "certificate verify failed", True),
        ({"mailbox": "None"}, "there is no mailbox 'None'", True),
        ({"port": 1}, "Connection refused", False),
    ],
)
def test_a_mailbox_that_cannot_be_used_says_why(
    server: imap.ImapServer, changed: dict[str, Any], said: str, is_lasting: bool
) -> None:
    with pytest.raises(UnavailableError) as caught:
        server.channel(**changed).open()
    assert said in str(caught.value)
    assert imap.PASSWORD not in str(caught.value)
    assert (caught.value.is_lasting, caught.value.system) == (is_lasting, "mailbox")


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db"))) as opened:
        yield opened


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "give either maildir or host"),
        ({"maildir": "a", "host": "b"}, "give either maildir or host"),
        ({"host": "b"}, "needs username and password"),
        ({"maildir": "a", "other_folder": "../x"}, "String should match pattern"),
        ({"maildir": "a", "other_folder": "x/y"}, "no '/' in it"),
        ({"maildir": "a", "other_folder": "INBOX"}, "must be others than mailbox"),
    ],
)
def test_settings_that_cannot_be_meant(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        InboundMail(bounce_address=ADDRESS, **wrong)


@pytest.fixture
def state(sqlite_store: Store, tmp_path: Path) -> ServiceState:
    return ServiceState(sqlite_store, f"sqlite:///{tmp_path}/compliance.db", tmp_path)


def test_the_service_reads_it_before_it_reminds(state: ServiceState, clock: Clock) -> None:
    """And only where the settings name a mailbox; by hand, the same."""
    service = Service(state.settings, state.policy, state.store, clock)
    assert Daemon(service)._scheduler.get_job("inbound") is None
    assert CliRunner().invoke(main, ["inbound", "--config", str(state.config)]).exit_code == 2

    reads_bounces(state, state.folder / "bounces")
    mailbox = Mailbox(state.folder / "bounces")
    mailbox.put(message("x@y"))
    daemon = Daemon(Service(state.settings, state.policy, state.store, clock))
    jobs = [job.id for job in daemon._scheduler.get_jobs()]
    assert jobs[:4] == ["poll", "inbound", "remind", "report"]
    assert daemon._inbound() == {"other": 1}
    mailbox.put(message("x@y", text="Another"))
    done = CliRunner().invoke(main, ["inbound", "--config", str(state.config)])
    assert (done.exit_code, done.output) == (0, "1 for a person to look at\n")
    assert len(stores.rows(state.store, INBOUND, "kind")) == 2


WRONG = "wrong"


class Counted:
    """A mailbox that counts how often it is opened."""

    def __init__(self, inbox: ImapInbox) -> None:
        self.inbox, self.tries = inbox, 0

    def open(self) -> ImapConnection:
        self.tries += 1
        return self.inbox.open()


@pytest.fixture
def refusing(state: ServiceState, server: imap.ImapServer, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """The mailbox of the settings, on a server that refuses the password."""
    reads_bounces(state)
    counted = Counted(server.channel(password=WRONG))
    monkeypatch.setattr(mail_channel, "inbox_of", lambda *_: counted)
    return counted


def test_a_mailbox_that_refuses_us_is_left_alone_for_an_hour_and_then_a_day(
    state: ServiceState, clock: Clock, refusing: Counted, server: imap.ImapServer
) -> None:
    """A password that is tried too often locks the account. That holds for every service on the database."""

    def tries_after(*waits: timedelta, ask_now: bool = False) -> list[int]:
        found = []
        for wait in waits:
            clock.pass_by(wait)
            with pytest.raises(UnavailableError, match="it rejects our user name and password"):
                Service(state.settings, state.policy, state.store, clock).read_inbound(ask_now=ask_now)
            found.append(refusing.tries)
        return found

    minute = timedelta(minutes=1)
    assert tries_after(minute, timedelta(minutes=59), minute) == [1, 1, 2]
    assert tries_after(timedelta(hours=23), timedelta(hours=1), timedelta(hours=23)) == [2, 3, 3]
    assert tries_after(minute, ask_now=True) == [4]
    refusing.inbox = server.channel()
    clock.pass_by(timedelta(days=1))
    assert Service(state.settings, state.policy, state.store, clock).read_inbound() == InboundOutcome()
    refusing.inbox = server.channel(password=WRONG)
    assert tries_after(minute, timedelta(hours=1)) == [6, 7], "the first refusal of others"


def test_while_a_mailbox_rests_what_came_of_it_last_still_stands(
    state: ServiceState, clock: Clock, refusing: Counted
) -> None:
    daemon = Daemon(Service(state.settings, state.policy, state.store, clock))
    began = clock()
    for _ in range(3):
        daemon._guard("inbound", daemon._inbound)()
        clock.pass_by(timedelta(minutes=5))
    (run,) = (run for run in daemon.runs.list_runs() if run.name == "inbound")
    assert (refusing.tries, run.failures, run.ended_at, run.is_lasting) == (1, 1, began, True)
