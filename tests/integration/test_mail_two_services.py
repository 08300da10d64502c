"""Two services that send from one outbox at once: every mail arrives, none twice."""

from contextlib import closing
from threading import Barrier, Thread

from compliance.mail import Delivery, as_written, deliver
from compliance.store import Store, migrate
from tests import stores
from tests.integration.test_mail_delivery import Clock, queue, states
from tests.mails import smtp_server
from tests.sending import Counting

new_database = stores.new_shared_database


def test_two_that_send_at_once_send_each_mail_once(new_database: stores.NewDatabase) -> None:
    """Each with connections of its own: a claim changes exactly one row, or the mail is the other's."""
    url, clock, names = new_database(), Clock(), [f"officer{number}" for number in range(60)]
    migrate(url)
    done: list[Delivery] = []
    together = Barrier(2)
    with closing(Store.open(url)) as store, Counting().listening() as server:
        queue(store, clock, *names)

        def serve() -> None:
            with closing(Store.open(url)) as service:
                together.wait(30)
                # Both ask about the same mails in the same order, and meet at each.
                channel = smtp_server("127.0.0.1", server.port, security="plain", timeout=30)
                done.append(deliver(service, channel, clock, still_due=as_written))

        threads = [Thread(target=serve) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(states(store).values()) == {"sent"}
        assert sum(run.sent for run in done) == len(names) == len(server.taken)
        assert set(server.taken.values()) == {1}
    assert [(run.uncertain, run.retried, run.stopped) for run in done] == [(0, 0, None)] * 2
