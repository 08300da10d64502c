"""Told to stop, no job waits for another system, whatever that does; and nothing is lost (decision 0028)."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from compliance.config import load_settings
from compliance.errors import StoppedError, UnavailableError
from compliance.mail import Delivery, Rendered, deliver
from compliance.progress import watching
from compliance.service import Service
from compliance.stopping import Stop
from compliance.store import Store, migrate
from compliance.store.tables import OBLIGATION, OUTBOX, POLL
from tests import postgres
from tests.daemons import PROMISED, written
from tests.hanging import hanging, silent, smtp_until, trickling
from tests.killed import small_batches
from tests.mails import queue_mail, smtp_server
from tests.stores import at, crime, take
from tests.web_server import answer, serving

NOON = datetime(2026, 7, 2, 11, tzinfo=UTC)


@contextmanager
def service(folder: Path, crime_system: str) -> Iterator[Service]:
    """A service that gives a mail server half a second once it is told to stop."""
    migrate(f"sqlite:///{folder / 'compliance.db'}")
    with Service.open(load_settings(written(folder, crime_system)), lambda: NOON, Stop(patience=0.5)) as opened:
        yield opened


def outcome(stop: Stop, job: Callable[[], Any], is_waiting: Callable[[], Any]) -> Any:
    """What a job gives or raises that is told to stop while it waits. It must not go on waiting."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(job())
        except Exception as error:
            found.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    assert is_waiting()
    assert thread.is_alive(), found
    stop.request()
    thread.join(PROMISED)
    assert found, "it still waits"
    return found[0]


def stopped_poll(opened: Service, is_waiting: Callable[[], Any]) -> None:
    """A poll that is told to stop while it waits says so, and its row says that it is not complete."""
    found = outcome(opened.stop, opened.poll, is_waiting)
    assert isinstance(found, StoppedError), found
    assert str(found).startswith("told to stop; nothing is lost")
    with opened.store.reading() as connection:
        complete, problem = connection.execute(select(POLL.c.complete, POLL.c.problem)).one()
    assert (complete, problem) == (False, str(found))


@pytest.mark.parametrize("serve", [silent, trickling])
def test_a_crime_system_that_keeps_one_waiting_does_not_keep_a_service_that_is_to_stop(
    tmp_path: Path, serve: Callable[..., None]
) -> None:
    with (
        hanging(serve) as server,
        service(tmp_path, f'url = "http://127.0.0.1:{server.port}/crimes"\ntimeout_seconds = 600') as opened,
    ):
        stopped_poll(opened, lambda: server.reached.wait(60))


def test_nor_does_one_whose_tls_handshake_hangs(tmp_path: Path) -> None:
    with (
        hanging(silent) as server,
        service(tmp_path, f'url = "https://127.0.0.1:{server.port}/crimes"\ntimeout_seconds = 600') as opened,
    ):
        stopped_poll(opened, lambda: server.reached.wait(60))


def test_nor_does_a_token_server_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPPING_SECRET", "secret")
    with hanging(silent) as server:
        token = f"http://127.0.0.1:{server.port}/token"
        oauth = f'oauth = {{ token_url = "{token}", client_id = "monitor", client_secret = "env:STOPPING_SECRET" }}'
        with service(tmp_path, f'url = "http://127.0.0.1:9/crimes"\ntimeout_seconds = 600\n{oauth}') as opened:
            stopped_poll(opened, lambda: server.reached.wait(60))


def test_nor_does_a_wait_that_the_crime_system_asked_for(tmp_path: Path) -> None:
    with serving() as web, service(tmp_path, f'url = "{web.url}"') as opened:
        web.answers = [answer(b"", "503 Service Unavailable", Retry_After="50")]
        stopped_poll(opened, lambda: happens(lambda: web.asked))
        assert len(web.asked) == 1


def test_nor_does_a_query_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crime system's own database, in which no query of ours goes on."""
    url = postgres.new_database()
    monkeypatch.setenv("STOPPING_URL", url)
    query = "SELECT pg_sleep(600), :changed_since AS changed_at"
    database = f'database = {{ url = "env:STOPPING_URL", queries = {{ crimes = "{query}" }} }}'

    def is_at_work() -> bool:
        asked = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        return bool(connection.execute(asked).fetchall())

    with (
        psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection,
        service(tmp_path, f'kind = "database"\n{database}') as opened,
    ):
        stopped_poll(opened, lambda: happens(is_at_work))
        assert happens(lambda: not is_at_work())


def happens(condition: Callable[[], Any]) -> bool:
    """Whether something comes about within a minute."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


@pytest.mark.parametrize("trickles", [False, True], ids=["silent", "trickling"])
@pytest.mark.parametrize(
    ("step", "state"),
    [
        (b"", "queued"), (b"EHLO", "queued"), (b"MAIL", "retry"), (b"RCPT", "retry"), (b"DATA", "retry"),
        (b"\r\n.\r\n", "uncertain"), (b"QUIT", "sent"),
    ],
    ids=["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end", "QUIT"],
)  # fmt: skip
def test_a_mail_server_that_keeps_one_waiting_is_given_a_while_and_its_mail_stands_as_it_must(
    tmp_path: Path, step: bytes, state: str, trickles: bool
) -> None:
    """docs/mail.md: lost before the mail was complete, it is tried again; after that nobody can know."""
    url = f"sqlite:///{tmp_path / 'compliance.db'}"
    migrate(url)
    stop = Stop(patience=0.5)
    with closing(Store.open(url)) as store, hanging(smtp_until(step, trickles=trickles)) as server:
        with store.session() as session:
            queue_mail(
                session, key="digest:1", kind="digest", recipient_ref="1", to_address="officer@force.example",
                content=Rendered("S", "Text\n", None), headers={"From": "updates@force.example"},
                domain="force.example", now=NOON,
            )  # fmt: skip
        channel = smtp_server("127.0.0.1", server.port, security="plain", timeout=120, stop=stop)
        done = outcome(
            stop, lambda: deliver(store, channel, lambda: NOON, wait=stop.wait), lambda: server.reached.wait(60)
        )
        with store.reading() as connection:
            held = connection.execute(select(OUTBOX.c.state)).scalar_one()
    assert held == state
    assert (
        done
        == {
            "queued": Delivery(stopped="told to stop; nothing is lost, and the next start continues"),
            "retry": Delivery(retried=1),
            "uncertain": Delivery(uncertain=1),
            "sent": Delivery(sent=1),
        }[state]
    )


def test_judging_ends_between_two_transactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged is kept, and the next start goes on from there."""
    with service(tmp_path, 'url = "http://127.0.0.1:9/crimes"') as opened:
        take(opened.store, at("2026-07-02 06:00"), *(crime(f"22A/{number}/26") for number in range(50)))
        with small_batches(), watching(lambda _: opened.stop.request()), pytest.raises(StoppedError):
            opened.judge()
        assert judged(opened.store) == 20
    with service(tmp_path, 'url = "http://127.0.0.1:9/crimes"') as again:
        again.judge()
        assert judged(again.store) == 50


def judged(store: Store) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(OBLIGATION.c.crime_ref).distinct()).all())


def test_no_report_is_begun_once_the_service_is_to_stop(tmp_path: Path) -> None:
    with service(tmp_path, 'url = "http://127.0.0.1:9/crimes"') as opened:
        take(opened.store, NOON, crime())
        opened.stop.request()
        with pytest.raises(StoppedError):
            opened.report_if_due()
        assert not list(tmp_path.glob("reports/*"))


@pytest.mark.parametrize(
    ("at_work", "code"),
    [
        ("Event().wait()", 0),
        ("re.match('(a+)+$', 'a' * 60 + 'b')", -signal.SIGALRM),  # a call that lets no other thread run
    ],
    ids=["waiting", "holding the interpreter"],
)
def test_a_process_that_cannot_finish_leaves_in_time_whatever_it_does(at_work: str, code: int) -> None:
    program = f"""if True:
        import re
        from threading import Event
        from compliance.signals import heed_signals
        with heed_signals(leave_after=1) as stop:
            stop.doing = "report"
            print("ready", flush=True)
            {at_work}
    """
    command = [sys.executable, "-W", "error", "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)  # it is at work, and what it does there may keep the interpreter
        process.send_signal(signal.SIGTERM)
        try:
            told = process.communicate(timeout=PROMISED)[1]
        finally:
            process.kill()
    assert process.returncode == code
    assert ("stopped without finishing" in told and "job=report" in told) == (code == 0)


def test_what_fails_while_the_service_is_to_stop_is_told_as_a_stop() -> None:
    """Whichever comes first: the answer that says to wait, or the request to stop."""
    stop = Stop()

    def ask() -> None:
        stop.request()
        raise UnavailableError("answered 503 and asks to wait")

    with pytest.raises(StoppedError):
        stop.outcome_of(ask)
