"""When nobody can know whether a mail was taken: it is said, sent once more, and then left for a person."""

from datetime import timedelta

import pytest

from compliance.mail import Delivery, Fate, Mail, SendResult, deliver
from compliance.mail.by_hand import send_again
from compliance.mail.smtp import Mailer
from compliance.mail_settings import DeliverySettings
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store
from tests import stores
from tests.integration.test_mail_delivery import MINUTES, Clock, clock, queue, rows, server_of, sink, states

__all__ = ["clock", "sink"]
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


class Crash(BaseException):
    """The service ends here."""


def crash(monkeypatch: pytest.MonkeyPatch, *, after_sending: bool) -> None:
    """The service ends between its two commits: before the server heard of the mail, or after it took it."""
    send = Mailer.send

    def ends(mailer: Mailer, mail: Mail) -> SendResult:
        if after_sending:
            send(mailer, mail)
        raise Crash

    monkeypatch.setattr(Mailer, "send", ends)


@pytest.mark.parametrize("after_sending", [False, True])
def test_a_crash_between_the_commits_is_uncertain_and_sent_once_more(
    store: Store, clock: Clock, sink: MailSink, monkeypatch: pytest.MonkeyPatch, after_sending: bool
) -> None:
    """The double, where there is one, has the same Message-ID (decision 0017)."""
    queue(store, clock, "a")
    with monkeypatch.context() as patch:
        crash(patch, after_sending=after_sending)
        with pytest.raises(Crash):
            deliver(store, server_of(sink), clock)
    assert states(store) == {"a": "sending"}
    clock.pass_by(14 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery()  # it may still be another instance at work
    clock.pass_by(1 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery(sent=1)
    assert len(sink.messages) == 1 + after_sending
    assert {received.message["Message-ID"] for received in sink.messages} == {rows(store)["a"].message_id}


def test_what_is_uncertain_twice_is_left_for_a_person(
    store: Store, clock: Clock, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(store, clock, "a")
    crash(monkeypatch, after_sending=True)
    for _ in range(2):
        with pytest.raises(Crash):
            deliver(store, server_of(sink), clock)
        clock.pass_by(20 * MINUTES)
    clock.pass_by(timedelta(days=30))
    assert deliver(store, server_of(sink), clock) == Delivery()
    assert states(store) == {"a": "uncertain"}
    assert "stopped after handing over" in str(rows(store)["a"].problem)
    assert len(sink.messages) == 2


def test_an_uncertain_mail_that_is_deferred_stays_uncertain_until_it_is_sent(
    store: Store, clock: Clock, sink: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(store, clock, "a")
    answers = [Fate.UNCERTAIN, Fate.DEFERRED, Fate.UNCERTAIN]
    found = []
    with monkeypatch.context() as patch:
        patch.setattr(Mailer, "send", lambda *_: SendResult(answers.pop(0), "as it happens"))
        for _ in range(4):
            deliver(store, server_of(sink), clock)
            row = rows(store)["a"]
            found.append((row.state, row.attempts, row.next_attempt_at is not None))
            clock.pass_by(timedelta(hours=5))
    assert found == [("uncertain", 1, True), ("uncertain", 2, True), ("uncertain", 3, False), ("uncertain", 3, False)]


@pytest.mark.parametrize("crashes", [False, True])
def test_what_is_uncertain_is_held_where_the_force_says_so(
    store: Store, clock: Clock, sink: MailSink, monkeypatch: pytest.MonkeyPatch, crashes: bool
) -> None:
    """`uncertain = "hold"`: never sent a second time, until a person says so."""
    queue(store, clock, "a")
    hold = DeliverySettings(uncertain="hold")
    with monkeypatch.context() as patch:
        if crashes:
            crash(patch, after_sending=True)
            with pytest.raises(Crash):
                deliver(store, server_of(sink), clock, settings=hold)
        else:
            patch.setattr(Mailer, "send", lambda *_: SendResult(Fate.UNCERTAIN, "no answer"))
            assert deliver(store, server_of(sink), clock, settings=hold).uncertain == 1
    clock.pass_by(timedelta(days=2))
    assert deliver(store, server_of(sink), clock, settings=hold) == Delivery()
    row = rows(store)["a"]
    assert (row.state, row.next_attempt_at) == ("uncertain", None)
    send_again(store, [row.id or 0], clock())
    assert deliver(store, server_of(sink), clock, settings=hold) == Delivery(sent=1)
    assert {received.message["Message-ID"] for received in sink.messages} == {row.message_id}
