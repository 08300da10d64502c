"""A server that refuses us is told from one that refuses a recipient; a run that is turned away says so."""

from compliance.mail import Delivery, Fate, Mail, OutgoingMessage, Rendered, SendResult, deliver, enqueue, message_row
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store
from tests import stores
from tests.integration.test_mail_delivery import MINUTES, Clock, clock, queue, server_of, sink, states

__all__ = ["clock", "sink"]
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


def test_a_server_that_refuses_everybody_refuses_us_and_nobody_loses_their_mail(
    store: Store, clock: Clock, sink: MailSink
) -> None:
    """Relaying denied, a sender that is not known: answered to each recipient, and meant for us."""
    names = ["a", "b", "c", "d", "e"]
    queue(store, clock, *names)
    sink.refuse |= {f"{name}@force.example" for name in names}
    done = deliver(store, server_of(sink), clock)
    assert (done.sent, done.refused, done.retried) == (0, 0, 3)
    assert "it has refused several emails and accepted none, so it seems to refuse us" in str(done.stopped)
    assert list(states(store).values()) == ["retry", "retry", "retry", "queued", "queued"]
    sink.refuse.clear()
    clock.pass_by(10 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery(sent=2)
    clock.pass_by(240 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery(sent=3)


def test_a_card_that_teams_took_says_nothing_of_the_mail_server(store: Store, clock: Clock, sink: MailSink) -> None:
    queue(store, clock, "a", "b", "c")
    sink.refuse |= {f"{name}@force.example" for name in "abc"}
    card = message_row(
        key="card", kind="card", destination="teams:force", content=Rendered("S", "T", None), headers={},
        domain="force.example", now=clock(),
    )  # fmt: skip
    with store.session() as session:
        enqueue(session, [card | {"state": "sent", "sent_at": clock()}])
    assert deliver(store, server_of(sink), clock).retried == 3


def test_three_bad_addresses_at_the_head_are_refused_once_the_server_took_another(
    store: Store, clock: Clock, sink: MailSink
) -> None:
    queue(store, clock, "a", "b", "c", "d")
    sink.refuse |= {f"{name}@force.example" for name in "abc"}
    assert deliver(store, server_of(sink), clock).retried == 3
    clock.pass_by(10 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery(sent=1)
    clock.pass_by(240 * MINUTES)
    assert deliver(store, server_of(sink), clock) == Delivery(refused=3)
    assert list(states(store).values()) == ["refused", "refused", "refused", "sent"]


def test_the_last_mail_of_a_run_ends_it_in_words_too(store: Store, clock: Clock) -> None:
    """What came before it is counted."""
    queue(store, clock, "a", "b")

    class Line:
        def connect(self) -> None: ...
        def close(self) -> None: ...
        def send(self, mail: Mail) -> SendResult:
            return SendResult(Fate.ACCEPTED if mail.to_address[0] == "a" else Fate.HALTED, "530 authenticate first")

    class Halting:
        def compose(self, message: OutgoingMessage) -> Mail:
            return Mail.of(message)

        def open(self) -> Line:
            return Line()

        def __str__(self) -> str:
            return "a server"

    assert deliver(store, Halting(), clock) == Delivery(
        sent=1, retried=1, stopped="a server: 530 authenticate first", is_refused=True
    )
