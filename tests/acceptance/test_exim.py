"""A real mail server takes, refuses, defers and is cut off; what lies in its maildir are the mails that were due."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from compliance.config import load_settings
from compliance.mail import Channel, Connection, Mail, OutgoingMessage, Rendered, SendResult, deliver
from compliance.policy import load_policy
from compliance.service import Service
from compliance.service.mail_channel import addresses_of, channel_of
from compliance.store import Store, migrate
from compliance.store.tables import OUTBOX
from tests import exim, stores
from tests.integration.test_mail_delivery import Clock, states
from tests.mails import queue_mail

pytestmark = pytest.mark.skipif(exim.PROGRAM is None, reason="exim4 is not installed")
new_database = stores.new_database

CONFIG = """
[force]
name = "Test Constabulary"
[crime_system]
url = "http://127.0.0.1:1/crimes"
[reminders]
due_from = 2026-05-01
[mail]
host = "127.0.0.1"
port = {port}
security = "starttls"
username = "{user}"
password = "file:password"
ca_file = "{ca_file}"
sender = "Victim updates <updates@force.example>"
timeout_seconds = 20
[mail.inbound]
bounce_address = "bounces@force.example"
maildir = "{bounces}"
"""
KINDS = ("officer", "refused", "deferred", "cut", "unheard", "vanished")
EACH = 6


class Breaking:
    """The channel, over a line that is broken for the mails to those who are called `cut…` or `unheard…`."""

    def __init__(self, channel: Channel[Mail], line: exim.Line) -> None:
        self._channel, self._line = channel, line

    def compose(self, message: OutgoingMessage) -> Mail:
        return self._channel.compose(message)

    def open(self) -> "Breaking":
        self._connection: Connection[Mail] = self._channel.open()
        return self

    def connect(self) -> None:
        self._connection.connect()

    def send(self, mail: Mail) -> SendResult:
        self._line.break_next(next((how for how in ("cut", "unheard") if mail.to_address.startswith(how)), None))
        return self._connection.send(mail)

    def close(self) -> None:
        self._connection.close()


def queue(store: Store, clock: Clock) -> dict[str, str]:
    """Mails of all kinds in turn, each longer than the line lasts -> Message-ID of each key."""
    with store.session() as session:
        for number in range(EACH):
            for kind in KINDS:
                queue_mail(
                    session, key=f"{kind}{number}", kind="digest", recipient_ref=None,
                    to_address=f"{kind}{number}@force.example",
                    content=Rendered("For you", "A line of text, and nothing else.\n" * 300, "<p>Text</p>"),
                    headers={"From": "Victim updates <updates@force.example>"}, domain="force.example", now=clock(),
                )  # fmt: skip
    return {row[0]: row[1] for row in stores.rows(store, OUTBOX, "key", "message_id")}


def until(found: Callable[[], int], count: int) -> None:
    deadline = time.monotonic() + 30
    while found() < count and time.monotonic() < deadline:
        time.sleep(0.05)


def test_distinct_mails_delivered_are_exactly_those_due_and_doubles_were_uncertain(
    new_database: stores.NewDatabase, tmp_path: Path
) -> None:
    """By STARTTLS and log-in, with a certificate authority of its own; 550, 451, and lines cut in mid-DATA."""
    url, clock = new_database(), Clock()
    migrate(url)
    with exim.running() as server, exim.Line(server.port).up() as line, closing(Store.open(url)) as store:
        (tmp_path / "password").write_text(exim.PASSWORD + "\n")
        config = tmp_path / "config.toml"
        config.write_text(CONFIG.format(port=line.port, user=exim.USER, ca_file=server.ca_file, bounces=server.bounces))
        settings = load_settings(config)
        broken, whole = Breaking(channel_of(settings), line), channel_of(settings)
        ids, addresses = queue(store, clock), addresses_of(settings, store, clock())

        first = deliver(store, broken, clock, settings=settings.mail, addresses=addresses)
        assert (first.sent, first.refused, first.stopped) == (2 * EACH, EACH, None)
        assert first.retried + first.uncertain == 3 * EACH
        after = states(store)
        assert {after[key] for key in ids if key.startswith("deferred")} == {"retry"}
        assert {after[key] for key in ids if key.startswith("unheard")} == {"uncertain"}
        assert {after[key] for key in ids if key.startswith("cut")} <= {"retry", "uncertain"}

        server.later()
        clock.pass_by(timedelta(hours=1))
        assert deliver(store, whole, clock, settings=settings.mail, addresses=addresses).sent == 3 * EACH
        assert deliver(store, whole, clock, settings=settings.mail).sent == 0
        until(lambda: len(list(server.bounces.glob("new/*"))), EACH)
        service = Service(settings, load_policy(settings.policy), store, clock)
        assert service.read_inbound().kinds == {"bounced": EACH}
        after = states(store)
        assert {after[key] for key in ids if key.startswith("vanished")} == {"bounced"}
        assert Counter(after.values()) == {"sent": 4 * EACH, "refused": EACH, "bounced": EACH}
        problems = {row[0] for row in stores.rows(store, OUTBOX, "problem", "state") if row[1] == "bounced"}
        assert problems == {"5.0.0"}

        due = {ids[key] for key, state in states(store).items() if state == "sent"}
        doubles = {ids[key] for key in ids if key.startswith("unheard")}
        until(lambda: len(server.delivered()), len(due) + len(doubles))
        arrived = Counter(server.delivered())
    assert set(arrived) == due
    assert {identity for identity, count in arrived.items() if count > 1} == doubles, "the server took these twice"
    assert max(arrived.values()) == 2
