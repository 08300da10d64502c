"""From the outbox to a real SMTP server: each mail once, nothing lost, doubles only where nobody can know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from compliance.errors import RecordError, SettingsError
from compliance.mail import (
    Delivery,
    Postponed,
    Rendered,
    SmtpServer,
    Withdrawn,
    as_written,
    deliver,
)
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store
from compliance.store.tables import Outbox
from tests import stores
from tests.mails import queue_mail, smtp_server

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
SENDER = {"From": "Victim updates <updates@force.example>"}
MINUTES = timedelta(minutes=1)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as sink:
        yield sink


def server_of(sink: MailSink) -> SmtpServer:
    return smtp_server(sink.host, sink.port, security="plain", timeout=5)


def queue(store: Store, clock: Clock, *names: str) -> None:
    for name in names:
        with store.session() as session:
            done = queue_mail(
                session, key=name, kind="digest", recipient_ref=name, to_address=f"{name}@force.example",
                content=Rendered(f"For {name}", f"Dear {name}\n.\n..\n", f"<p>{name}</p>"), headers=SENDER,
                domain="mail.force.example", now=clock(),
            )  # fmt: skip
            assert done is not None


def rows(store: Store) -> dict[str, Outbox]:
    with store.session(reading=True) as session:
        return {row.key: row for row in session.exec(select(Outbox).order_by(col(Outbox.id)))}


def states(store: Store) -> dict[str, str]:
    return {key: row.state for key, row in rows(store).items()}


def test_the_intent_to_send_is_exactly_once_for_a_key(store: Store, clock: Clock) -> None:
    queue(store, clock, "a")
    with store.session() as session:
        again = queue_mail(
            session, key="a", kind="digest", recipient_ref="a", to_address="other@force.example",
            content=Rendered("Other", "Other", None), headers=SENDER, domain="mail.force.example", now=clock(),
        )  # fmt: skip
    assert again is None
    assert rows(store)["a"].subject == "For a"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"to_address": "a@force.example\r\nBcc: b@force.example"}, RecordError),
        ({"content": Rendered("Two\nlines", "x", None)}, SettingsError),
        ({"headers": {"From": "nobody"}}, SettingsError),
        ({"headers": SENDER | {"List-Id": "x\r\nBcc: b@force.example"}}, SettingsError),
    ],
)
def test_what_could_forge_a_header_is_never_queued(
    store: Store, clock: Clock, changes: dict[str, object], error: type[Exception]
) -> None:
    values: dict[str, object] = {
        "key": "a", "kind": "digest", "recipient_ref": "1042", "to_address": "a@force.example",
        "content": Rendered("Subject", "x", None), "headers": SENDER, "domain": "mail.force.example", "now": clock(),
    }  # fmt: skip
    with pytest.raises(error), store.session() as session:
        queue_mail(session, **(values | changes))
    assert rows(store) == {}


def test_mails_go_out_oldest_first_and_a_second_run_sends_nothing(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")
    assert deliver(store, server_of(sink), clock) == Delivery(sent=3)
    assert deliver(store, server_of(sink), clock) == Delivery()
    assert [received.recipient for received in sink.messages] == [f"{name}@force.example" for name in "abc"]
    row, message = rows(store)["a"], sink.messages[0].message
    assert (row.state, row.sent_at, row.attempts) == ("sent", clock(), 1)
    assert message["Message-ID"] == row.message_id
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == [
        "Dear a",
        ".",
        "..",
    ]  # lines of full stops arrive as they were (RFC 5321 4.5.2)


def test_a_run_can_be_limited(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")
    assert deliver(store, server_of(sink), clock, limit=2).sent == 2
    assert states(store) == {"a": "sent", "b": "sent", "c": "queued"}


def test_5xx_is_refused_and_never_tried_again(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b")
    sink.refuse.add("a@force.example")
    assert deliver(store, server_of(sink), clock) == Delivery(sent=1, refused=1)
    assert "550" in str(rows(store)["a"].problem)
    sink.refuse.clear()
    clock.pass_by(timedelta(days=30))
    assert deliver(store, server_of(sink), clock) == Delivery()


def test_4xx_is_tried_again_ever_later(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a")
    sink.defer.add("a@force.example")
    waits = []
    for _ in range(8):
        assert deliver(store, server_of(sink), clock) == Delivery(retried=1)
        assert deliver(store, server_of(sink), clock) == Delivery()  # not yet
        due = rows(store)["a"].next_attempt_at
        assert due is not None
        waits.append((due - clock()) / MINUTES)
        clock.now = due
    assert waits == [5, 10, 20, 40, 80, 160, 240, 240]
    sink.defer.clear()
    assert deliver(store, server_of(sink), clock) == Delivery(sent=1)
    assert rows(store)["a"].problem is None


def test_no_server_there_stops_the_run_and_nothing_is_lost(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b")
    nobody = smtp_server("127.0.0.1", 1, security="plain", timeout=5)
    outcome = deliver(store, nobody, clock)
    assert outcome.sent == 0
    assert "127.0.0.1:1" in str(outcome.stopped)
    assert {row.attempts for row in rows(store).values()} == {0}
    assert deliver(store, server_of(sink), clock) == Delivery(sent=2)


def test_a_connection_dropped_in_mid_data_loses_nothing(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b")
    sink.drop.add("a@force.example")
    outcome = deliver(store, server_of(sink), clock)
    assert outcome.sent == outcome.retried + outcome.uncertain == 1  # the next mail goes over a new connection
    sink.drop.clear()
    clock.pass_by(5 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery(sent=1)
    assert sorted(received.recipient[0] for received in sink.messages) == ["a", "b"]


def test_one_lost_connection_after_another_ends_the_run(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, *"abcde")
    sink.drop.update(f"{name}@force.example" for name in "abcde")
    outcome = deliver(store, server_of(sink), clock)
    assert outcome.retried + outcome.uncertain == 3
    assert outcome.stopped
    assert list(states(store).values())[3:] == ["queued", "queued"]


def test_asked_again_just_before_sending(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")
    tomorrow = clock() + timedelta(days=1)

    def still_due(row: Outbox) -> Rendered | Withdrawn | Postponed:
        if row.key == "a":
            return Rendered("Less", "Less\n", "<p>Less</p>")
        return (
            Withdrawn("nothing in it is still due") if row.key == "b" else Postponed(tomorrow, "closed until tomorrow")
        )

    assert deliver(store, server_of(sink), clock, still_due=still_due) == Delivery(sent=1, cancelled=1, postponed=1)
    assert sink.messages[0].message["Subject"] == rows(store)["a"].subject == "Less"
    assert (rows(store)["b"].state, rows(store)["b"].problem) == ("cancelled", "nothing in it is still due")
    assert deliver(store, server_of(sink), clock) == Delivery()
    clock.now = tomorrow
    assert deliver(store, server_of(sink), clock) == Delivery(sent=1)


@pytest.mark.parametrize("outcome", ["sent", "retry", "cancelled"])
def test_a_row_that_another_instance_handles_meanwhile_is_not_sent_here(
    store: Store, clock: Clock, sink: MailSink, outcome: str
) -> None:
    """A claim is an update that must change exactly one row, and that row as it was read."""
    queue(store, clock, "a")
    sink.defer.add("a@force.example")
    deliver(store, server_of(sink), clock)
    clock.pass_by(5 * MINUTES)

    def other_instance_is_faster(row: Outbox) -> Rendered:
        if outcome != "retry":
            sink.defer.clear()
        gone = Withdrawn("nothing in it is still due")
        deliver(store, server_of(sink), clock, still_due=lambda _: gone if outcome == "cancelled" else as_written(row))
        sink.defer.clear()
        return as_written(row)

    assert deliver(store, server_of(sink), clock, still_due=other_instance_is_faster) == Delivery()
    assert states(store) == {"a": outcome}
    assert len(sink.messages) == (outcome == "sent")


def test_two_instances_at_work_on_one_outbox_send_each_mail_once(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")

    def other_instance_sends_all(row: Outbox) -> Rendered:
        if row.key == "a":
            assert deliver(store, server_of(sink), clock).sent == 3
        return as_written(row)

    assert deliver(store, server_of(sink), clock, still_due=other_instance_sends_all) == Delivery()
    assert len(sink.messages) == 3


def test_no_lock_is_held_while_talking_to_the_server(store: Store, clock: Clock, tmp_path: Path) -> None:
    """Another writer gets its turn before the server has answered, and sees the claim: it was committed."""
    seen: list[str] = []

    def write_meanwhile(recipient: str, message: object) -> None:
        if recipient == "a@force.example":
            seen.extend(states(store).values())
            queue(store, clock, "b")

    queue(store, clock, "a")
    with MailSink(tmp_path / "mail", write_meanwhile) as sink:
        assert deliver(store, server_of(sink), clock).sent == 1
    assert seen == ["sending"]
    assert states(store) == {"a": "sent", "b": "queued"}
