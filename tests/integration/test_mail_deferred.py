"""A mailbox that defers mail is distinguished from a server that accepts nothing, and since when is stored with the mail."""

from datetime import timedelta

import pytest

from compliance.mail import deliver
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store
from tests import stores
from tests.integration.test_mail_delivery import MINUTES, Clock, clock, queue, rows, server_of, sink
from tests.integration.test_mail_server import Server, plain, running
from tests.mails import smtp_server

__all__ = ["clock", "sink"]
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


def test_when_a_mailbox_first_put_a_mail_off_is_kept_with_the_mail(store: Store, clock: Clock, sink: MailSink) -> None:
    """However often it does; and also after the mail was taken."""
    queue(store, clock, "a", "b")
    sink.defer.add("a@force.example")
    first = clock()
    for _ in range(3):
        deliver(store, server_of(sink), clock)
        clock.pass_by(timedelta(hours=5))
    assert (rows(store)["a"].deferred_since, rows(store)["b"].deferred_since) == (first, None)
    sink.defer.clear()
    assert deliver(store, server_of(sink), clock).sent == 1
    assert (rows(store)["a"].state, rows(store)["a"].deferred_since) == ("sent", first)


@pytest.mark.parametrize(
    ("step", "answer", "is_recipients"),
    [
        ("rcpt", "451 4.2.1 Mailbox disabled for now", True),
        ("data", "452 4.2.2 Mailbox full", True),
        ("mail", "451 4.7.1 Too many mails from you", False),
        ("rcpt", "421 4.3.2 Closing", False),
    ],
)
def test_only_what_is_said_of_the_recipient_or_the_mail_counts(
    store: Store, clock: Clock, step: str, answer: str, is_recipients: bool
) -> None:
    queue(store, clock, "a")
    with running(Server(**{step: answer})) as port:
        deliver(store, plain(port), clock)
    assert (rows(store)["a"].state, rows(store)["a"].deferred_since is not None) == ("retry", is_recipients)


def test_a_server_that_cannot_be_reached_puts_nobody_off(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b")
    assert deliver(store, smtp_server("127.0.0.1", 1, security="plain", timeout=5), clock).stopped
    sink.drop.add("b@force.example")  # nor does a connection lost in mid-mail
    deliver(store, server_of(sink), clock)
    clock.pass_by(5 * MINUTES)
    assert {row.deferred_since for row in rows(store).values()} == {None}
