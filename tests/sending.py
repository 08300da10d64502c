"""A service that is killed while it sends: what it does in a process of its own, and what arrived in the end."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from multiprocessing.synchronize import Event
from random import Random
from threading import Event as ThreadEvent
from threading import Thread
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from compliance.mail import Rendered, deliver
from compliance.mail.by_hand import list_emails, send_again, show_email
from compliance.store import Store, migrate
from tests.forked import forking
from tests.mails import queue_mail, smtp_server
from tests.stores import at

MAILS: Final = 60
START: Final = at("2026-06-10 06:00")
AN_HOUR: Final = timedelta(hours=1)
"""Longer than a claim lasts."""


class Counting:
    """A mail server in a thread of this process: it forgets the mails and counts their Message-IDs, once it has said
    that it took them."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        return "250 OK"

    @contextmanager
    def listening(self) -> Iterator["Counting"]:
        loop, ready = asyncio.new_event_loop(), ThreadEvent()

        def run() -> None:
            asyncio.set_event_loop(loop)
            making = loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
            server = loop.run_until_complete(making)
            self.port = server.sockets[0].getsockname()[1]
            loop.call_soon(ready.set)
            loop.run_forever()
            server.close()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.close()

        thread = Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(20)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


def work(url: str, port: int, hours: int, ready: Event | None = None) -> None:
    """A morning so many hours on: queue all mails that are not queued yet, send what is due."""
    now = START + hours * AN_HOUR
    with closing(Store.open(url)) as store:
        if ready is not None:
            ready.set()
        for number in range(MAILS):
            with store.session() as session:
                queue_mail(
                    session, key=f"digest:{number}", kind="digest", recipient_ref=str(number),
                    to_address=f"officer{number}@force.example", content=Rendered("S", "Text\n" * 40, "<p>Text</p>"),
                    headers={"From": "updates@force.example"}, domain="force.example", now=now,
                )  # fmt: skip
        deliver(store, smtp_server("127.0.0.1", port, security="plain", timeout=30), lambda: now)


@dataclass
class SendingCampaign:
    """Kills at random moments of sending runs; what was lost, doubled, or said to be uncertain."""

    new_database: Callable[[], str]
    server: Counting
    seed: int
    kills: int = 0
    mails: int = 0
    lost: int = 0
    under_way: int = 0
    """Mails that were claimed when the service was killed: uncertain."""
    doubles: int = 0
    """Mails taken once more, with the same Message-ID."""
    unexplained: int = 0
    """Mails taken more often than once and once for each time they were uncertain."""
    held: int = 0
    """Mails uncertain twice, which a person sent."""
    seconds: float = field(default=0, init=False)

    def __str__(self) -> str:
        return (
            f"{self.kills:,} kills while {self.mails:,} mails were sent: {self.lost} lost; {self.under_way} uncertain, of "
            f"these {self.doubles} arrived twice; {self.unexplained} doubles besides; {self.held} held for a person"
        )

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.processes = forking()

    def live(self, kills: int) -> None:
        """A database from the first mail to the last, its service killed so many times, less where it was done sooner."""
        self.server.taken.clear()
        url = self.new_database()
        migrate(url)
        claimed: Counter[str] = Counter()
        hours = 0
        while kills and not self._finishes(url, hours):
            kills, hours, self.kills = kills - 1, hours + 1, self.kills + 1
            with closing(Store.open(url)) as store:
                claimed.update(mail.to_address for mail in list_emails(store, ["sending"]))
        self._to_the_end(url, hours + 1)
        self._count(url, claimed)

    def _to_the_end(self, url: str, hours: int) -> None:
        """What is left goes out by itself; what is held because two kills met it, a person sends."""
        work(url, self.server.port, hours)
        with closing(Store.open(url)) as store:
            held = [mail.id for mail in list_emails(store, ["uncertain"])]
            self.held += len(held)
            send_again(store, held, START + hours * AN_HOUR)
        work(url, self.server.port, hours + 1)

    def _count(self, url: str, claimed: Counter[str]) -> None:
        with closing(Store.open(url)) as store:
            mails = list_emails(store)
            ids = {mail.to_address: show_email(store, mail.id).message_id for mail in mails}
        assert {mail.state for mail in mails} == {"sent"}
        assert set(self.server.taken) <= set(ids.values()), "a mail of no row, or a Message-ID that changed"
        times = {address: self.server.taken[identity] for address, identity in ids.items()}
        self.mails += len(mails)
        self.lost += sum(count == 0 for count in times.values()) + (MAILS - len(mails))
        self.doubles += sum(max(count - 1, 0) for count in times.values())
        self.unexplained += sum(count - 1 > claimed[address] for address, count in times.items())
        self.under_way += claimed.total()

    def _finishes(self, url: str, hours: int) -> bool:
        """Whether a process was through before it was killed, at a random moment of its work."""
        ready = self.processes.Event()
        process = self.processes.Process(target=work, args=(url, self.server.port, hours, ready))
        process.start()
        if not ready.wait(60):
            raise TimeoutError("the process never came to its work")
        process.join(self.dice.random() * self.seconds)
        process.kill()
        process.join()
        if process.exitcode not in (0, -9):
            raise AssertionError("the process failed by itself")
        return process.exitcode == 0

    def time_a_run(self) -> None:
        """How long a run takes that nobody disturbs decides when others are killed."""
        url = self.new_database()
        migrate(url)
        start = time.perf_counter()
        work(url, self.server.port, 0)
        self.seconds = time.perf_counter() - start
        self.server.taken.clear()
