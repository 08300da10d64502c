"""What a force decides about delivery: how fast, to whom while it is a pilot, and by which channel."""

from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from compliance.errors import SettingsError, UnavailableError
from compliance.mail import Delivery, Fate, Mail, OutgoingMessage, Pilot, Rendered, SendResult, Withdrawn, deliver
from compliance.mail_settings import DeliverySettings
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store
from compliance.store.tables import Outbox
from tests import stores
from tests.integration.test_mail_delivery import Clock, clock, queue, rows, server_of, sink, states
from tests.mails import smtp_server

__all__ = ["clock", "sink"]
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


class Waiting:
    """Waits by moving the clock; told to stop once so many waits are over."""

    def __init__(self, clock: Clock, stop_after: int = 1000) -> None:
        self.clock, self.left, self.seconds = clock, stop_after, list[float]()

    def __call__(self, seconds: float) -> bool:
        self.clock.pass_by(timedelta(seconds=seconds))
        self.seconds.append(seconds)
        self.left -= 1
        return self.left < 0


def test_mails_go_out_evenly_at_the_rate_that_was_set(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")
    start, waiting = clock(), Waiting(clock)
    assert deliver(store, server_of(sink), clock, settings=DeliverySettings(per_minute=20), wait=waiting).sent == 3
    assert waiting.seconds == [0, 3, 3]
    assert [(row.claimed_at or start) - start for row in rows(store).values()] == [
        timedelta(seconds=n) for n in (0, 3, 6)
    ]


def test_what_came_of_a_mail_is_written_down_before_the_next_is_waited_for(
    store: Store, clock: Clock, sink: MailSink
) -> None:
    queue(store, clock, "a", "b")
    seen = []

    def wait(seconds: float) -> bool:
        seen.append(states(store)["a"])
        clock.pass_by(timedelta(seconds=seconds))
        return False

    deliver(store, server_of(sink), clock, settings=DeliverySettings(per_minute=20), wait=wait)
    assert seen == ["queued", "sent"]


def test_asked_again_after_the_wait_not_before_it(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b")
    asked = {}

    def still_due(row: Outbox) -> Rendered | Withdrawn:
        asked[row.key] = clock()
        return Withdrawn("done") if row.key == "b" else Rendered("a", "a\n", None)

    start = clock()
    deliver(
        store, server_of(sink), clock, still_due=still_due, settings=DeliverySettings(per_minute=2), wait=Waiting(clock)
    )
    assert asked["b"] - start == timedelta(seconds=30)


def test_a_run_that_is_told_to_stop_ends_after_the_mail_at_hand(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")
    assert deliver(store, server_of(sink), clock, wait=Waiting(clock, stop_after=2)) == Delivery(sent=2)
    assert states(store) == {"a": "sent", "b": "sent", "c": "queued"}


def pilot(tmp_path: Path, *allow: str) -> Pilot:
    return Pilot(allow, tmp_path / "pilot")


def test_a_pilot_writes_to_those_on_its_list_and_keeps_the_others_mail_on_disk(
    store: Store, clock: Clock, sink: MailSink, tmp_path: Path
) -> None:
    queue(store, clock, "a", "b", "c")
    allowed = Pilot(("B@Force.Example",), tmp_path / "var" / "pilot")  # neither folder is there yet
    assert deliver(store, server_of(sink), clock, pilot=allowed) == Delivery(sent=1, pilot=2)
    assert [received.recipient for received in sink.messages] == ["b@force.example"]
    assert states(store) == {"a": "pilot", "b": "sent", "c": "pilot"}
    row = rows(store)["a"]
    path = Path(str(row.problem).removeprefix("written to "))
    message = message_from_bytes(path.read_bytes())
    assert (message["To"], message["Message-ID"]) == ("a@force.example", row.message_id)
    assert [each.stat().st_mode & 0o077 for each in (path, path.parent)] == [0, 0], "no one else may read it"
    assert row.sent_at is None
    assert deliver(store, server_of(sink), clock) == Delivery()  # also when the pilot is over
    assert len(list((tmp_path / "var" / "pilot").iterdir())) == 2


def test_a_pilot_may_name_a_domain_or_nobody_and_needs_no_server_then(
    store: Store, clock: Clock, sink: MailSink, tmp_path: Path
) -> None:
    queue(store, clock, "a")
    nobody = smtp_server("127.0.0.1", 1, "plain", timeout=5)
    assert deliver(store, nobody, clock, pilot=pilot(tmp_path)) == Delivery(pilot=1)
    queue(store, clock, "b")
    assert deliver(store, server_of(sink), clock, pilot=pilot(tmp_path, "@force.example")) == Delivery(sent=1)
    assert not Pilot(("@force.example",), tmp_path).allows("a@other.force.example")


def test_a_mail_that_is_no_longer_due_is_not_written_for_the_pilot_either(
    store: Store, clock: Clock, sink: MailSink, tmp_path: Path
) -> None:
    queue(store, clock, "a")
    allowed = pilot(tmp_path)
    done = deliver(
        store, server_of(sink), clock, pilot=allowed, still_due=lambda _: Withdrawn("nothing in it is still due")
    )
    assert done == Delivery(cancelled=1)
    assert not (tmp_path / "pilot").exists()


def test_a_pilot_whose_folder_cannot_be_written_to_loses_nothing(
    store: Store, clock: Clock, sink: MailSink, tmp_path: Path
) -> None:
    queue(store, clock, "a")
    (tmp_path / "pilot").write_text("a file")
    done = deliver(store, server_of(sink), clock, pilot=pilot(tmp_path))
    assert "cannot be written to" in str(done.stopped)
    assert states(store) == {"a": "queued"}


@pytest.mark.parametrize("entry", ["", "force.example", "a@b@c", "@", "*@force.example x"])
def test_an_entry_of_the_list_that_is_no_address_is_a_wrong_setting(tmp_path: Path, entry: str) -> None:
    with pytest.raises(SettingsError, match="expected name@domain, or @domain"):
        Pilot((entry,), tmp_path)


class Notifying:
    """Another channel: an interface over HTTP, say, that takes the parts of a mail and no MIME."""

    def __init__(self) -> None:
        self.answers = {
            "a@force.example": Fate.ACCEPTED,
            "b@force.example": Fate.REFUSED,
            "c@force.example": Fate.DEFERRED,
        }
        self.taken: list[tuple[str, str, str]] = []
        self.there = True

    def __str__(self) -> str:
        return "the notifying service"

    def compose(self, message: OutgoingMessage) -> Mail:
        return Mail.of(message)

    def open(self) -> "Notifying":
        return self

    def connect(self) -> None:
        if not self.there:
            raise UnavailableError(f"{self}: not there")

    def send(self, mail: Mail) -> SendResult:
        self.taken.append((mail.to_address, mail.subject, mail.text))
        return SendResult(self.answers[mail.to_address], "as it happens")

    def close(self) -> None:
        """Nothing to let go of."""


def test_another_channel_needs_these_methods_and_nothing_else(store: Store, clock: Clock) -> None:
    queue(store, clock, "a", "b", "c")
    channel = Notifying()
    assert deliver(store, channel, clock) == Delivery(sent=1, refused=1, retried=1)
    assert channel.taken[0] == ("a@force.example", "For a", "Dear a\n.\n..\n")
    channel.there = False
    queue(store, clock, "d")
    assert deliver(store, channel, clock).stopped == "the notifying service: not there"


def test_what_a_run_did_is_said_on_a_line() -> None:
    assert str(Delivery(sent=1200, refused=1)) == "1,200 sent, 0 to be tried again, 1 refused"
    assert str(Delivery(uncertain=2, pilot=1)) == (
        "0 sent, 0 to be tried again, 0 refused, 2 uncertain, 1 written to disk for the pilot"
    )


def test_the_check_of_a_pilots_folder_names_what_cannot_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert Pilot((), tmp_path / "new" / "folder").problem() is None
    assert str(Pilot((), file / "folder").problem()).startswith(f"{file} cannot be written to")
