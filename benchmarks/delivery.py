"""Delivery: digests rendered, queued and handed over, beside a bare smtplib loop that sends the same bytes.

MAILS and DATABASES in the environment ask for another size, or one database only.
"""

import asyncio
import os
import smtplib
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from statistics import median
from typing import Any, Final

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import select

from benchmarks.store import databases
from benchmarks.timing import show
from compliance.mail import Mail, deliver
from compliance.policy import Policy, load_policy
from compliance.records import Officer
from compliance.reminders import remind, still_due
from compliance.store import Store, begin_poll, end_poll, judge_due, migrate, save_officers, take_page
from compliance.store.tables import Outbox
from tests.mails import smtp_server
from tests.reminding import reminder_settings

MAILS: Final = int(os.environ.get("MAILS", "2000"))
DATABASES: Final = os.environ.get("DATABASES", "sqlite postgresql").split()
CRIMES: Final = 3
"""Overdue crimes a digest."""
NOW: Final = datetime(2026, 6, 10, 6, 30, tzinfo=UTC)
SETTINGS: Final = reminder_settings(
    date(2026, 5, 1), sender="Victim updates <updates@force.example>", reply_to="performance@force.example"
)


def main(mails: int = MAILS) -> None:
    """Measure on each database."""
    policy = load_policy("west-mercia")
    for name in DATABASES:
        with databases(name) as new_database, listening() as port:
            rounds = [one_round(new_database(), policy, port, mails) for _ in range(3)]
        queue, send, bare = (median(found[part] for found in rounds) for part in range(3))
        both = queue + send
        show(
            f"Delivery ({name}): {mails:,} digests of {CRIMES} crimes to a local server, a commit before and after",
            [
                ("", "seconds", "mails a second", "of the bare rate"),
                ("bare smtplib loop, same bytes, one connection", f"{bare:.2f}", f"{mails / bare:,.0f}", "1.00"),
                ("judged, rendered and queued", f"{queue:.2f}", f"{mails / queue:,.0f}", f"{bare / queue:.2f}"),
                ("asked again, delivered", f"{send:.2f}", f"{mails / send:,.0f}", f"{bare / send:.2f}"),
                ("both (aim: 0.4)", f"{both:.2f}", f"{mails / both:,.0f}", f"{bare / both:.2f}"),
            ],
        )


def one_round(url: str, policy: Policy, port: int, mails: int) -> tuple[float, float, float]:
    """Seconds to judge, render and queue; to deliver; and for the bare loop to send the same."""
    migrate(url)
    with closing(Store.open(url)) as store:
        fill(store, policy, mails)
        start = time.perf_counter()
        queued = remind(store, policy, SETTINGS, NOW).digests
        queue = time.perf_counter() - start
        server = smtp_server("127.0.0.1", port, security="plain")
        start = time.perf_counter()
        done = deliver(store, server, lambda: NOW, still_due=still_due(store, policy, SETTINGS, lambda: NOW))
        send = time.perf_counter() - start
        if (queued, done.sent) != (mails, mails):
            raise AssertionError(f"{queued} of {mails} digests queued; {done}")
        with store.session(reading=True) as session:
            rows = session.exec(select(Outbox).order_by(Outbox.key)).all()
        sent = [
            (r.to_address, Mail(r.to_address, r.subject, r.text, r.html, r.headers, r.message_id, NOW).as_bytes())
            for r in rows
        ]
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for recipient, content in sent:
            smtp.sendmail("updates@force.example", recipient, content)
    return queue, send, time.perf_counter() - start


def fill(store: Store, policy: Policy, officers: int) -> None:
    """Overdue crimes of that many officers, as the crime system said a minute ago."""
    seen = NOW - timedelta(minutes=1)
    save_officers(store, [Officer(str(n), email=f"officer{n}@force.example") for n in range(officers)], seen)
    poll = begin_poll(store, "crimes", seen)
    for n in range(officers):
        crimes: list[dict[str, Any]] = [
            {"crime_ref": f"22/{n}{c}/26", "reported_at": "2026-06-01T09:00:00Z", "officer_ref": str(n),
             "victims": [{"victim_ref": "V1"}]}
            for c in range(CRIMES)
        ]  # fmt: skip
        take_page(store, poll, "crimes", [msgspec.json.encode(crime) for crime in crimes], None, seen)
    end_poll(store, poll, seen, complete=True)
    judge_due(store, policy, seen)


@contextmanager
def listening() -> Iterator[int]:
    """The port of a process of its own that takes every mail and forgets it."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_listen, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _listen(pipe: Pipe) -> None:
    class Handler:
        async def handle_DATA(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802
            return "250 OK"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Handler(), loop=loop), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
