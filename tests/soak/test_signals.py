"""A great many daemons under bursts of signals; and one for every way in which another system can keep one waiting."""

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Final

import psycopg
import pytest

from compliance.mail import Rendered
from compliance.store import Store, migrate
from tests import postgres
from tests.daemons import PROMISED, Running, running, written
from tests.hanging import hanging, silent, smtp_until, trickling
from tests.mails import queue_mail
from tests.stores import at
from tests.web_server import answer, serving

pytestmark = pytest.mark.long

DAEMONS: Final = int(os.environ.get("DAEMONS", "100"))
NOTHING_NEW: Final = answer(b'{"records":[],"next":"c1","more":false}')
WRITERS: Final = 0x566963746D
"""The advisory lock of the service's writers on PostgreSQL."""


def test_many_daemons_end_under_bursts_of_signals(tmp_path: Path) -> None:
    """DAEMONS of them, each on a database of its own, 200 to 500 signals of three kinds."""
    codes: Counter[int] = Counter()
    signals, longest = 0, 0.0
    with serving() as web:
        web.answers = [NOTHING_NEW]
        for seed in range(DAEMONS):
            chance = Random(seed)
            folder = tmp_path / str(seed)
            folder.mkdir()
            migrate(f"sqlite:///{folder / 'compliance.db'}")
            count = chance.randint(200, 500)
            with running(written(folder, f'url = "{web.url}"')) as daemon:
                codes[daemon.burst(chance, count)] += 1
                assert "Traceback" not in daemon.said() or codes.keys() - {0}
            signals, longest = signals + count, max(longest, daemon.seconds)
    print(
        f"\n{DAEMONS:,} daemons, {signals:,} signals: none hung; the slowest ended {longest:.1f} s after it was told to; "
        f"exit codes {dict(codes)}"
    )


Setting = Callable[[ExitStack, Path], tuple[Path, Callable[[Running], object]]]
"""Something that hangs: the settings of a daemon beside it, and how to wait until the daemon waits."""


def crime_system(serve: Callable[..., None], scheme: str = "http") -> Setting:
    def made(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
        server = stack.enter_context(hanging(serve))
        migrate(f"sqlite:///{folder / 'compliance.db'}")
        url = f'url = "{scheme}://127.0.0.1:{server.port}/crimes"\ntimeout_seconds = 600'
        return written(folder, url), lambda _: server.reached.wait(120)

    return made


def asked_to_wait(seconds: int) -> Setting:
    def made(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
        web = stack.enter_context(serving())
        web.answers = [answer(b"", "503 Service Unavailable", Retry_After=str(seconds))]
        migrate(f"sqlite:///{folder / 'compliance.db'}")
        return written(folder, f'url = "{web.url}"'), lambda _: happens(lambda: web.asked)

    return made


def mail_server(step: bytes, trickles: bool) -> Setting:
    def made(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
        server = stack.enter_context(hanging(smtp_until(step, trickles=trickles)))
        web = stack.enter_context(serving())
        web.answers = [NOTHING_NEW]
        _with_mail(folder)
        return written(folder, f'url = "{web.url}"', port=server.port), lambda _: server.reached.wait(120)

    return made


def _with_mail(folder: Path) -> None:
    """A database in which an email waits to be sent."""
    url = f"sqlite:///{folder / 'compliance.db'}"
    migrate(url)
    with closing(Store.open(url)) as store, store.session() as session:
        queue_mail(
            session, key="report:1", kind="report", recipient_ref=None, to_address="officer@force.example",
            content=Rendered("S", "Text\n", None), headers={"From": "updates@force.example"},
            domain="force.example", now=at("2026-07-01 06:00"),
        )  # fmt: skip


def locked_database(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
    """Another writer of the same database never ends its transaction."""
    url = postgres.new_database()
    migrate(url)
    web = stack.enter_context(serving())
    web.answers = [NOTHING_NEW]
    other = stack.enter_context(psycopg.connect(url.replace("+psycopg", "")))
    other.execute(f"SELECT pg_advisory_xact_lock({WRITERS})")

    def begin(daemon: Running) -> bool:
        daemon.until_said("started")
        time.sleep(5)
        return True

    return written(folder, f'url = "{web.url}"', url), begin


def locked_file(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
    """Another program keeps an SQLite database locked."""
    file = folder / "compliance.db"
    migrate(f"sqlite:///{file}")
    web = stack.enter_context(serving())
    web.answers = [NOTHING_NEW]
    other = stack.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
    other.execute("BEGIN IMMEDIATE")

    def begin(daemon: Running) -> bool:
        daemon.until_said("started")
        time.sleep(5)
        return True

    return written(folder, f'url = "{web.url}"'), begin


def silent_database(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
    """A PostgreSQL server, or the pooler before it, that takes connections and never answers."""
    server = stack.enter_context(hanging(silent))
    url = f"postgresql+psycopg://monitor@127.0.0.1:{server.port}/compliance?sslmode=disable&connect_timeout=600"
    return written(folder, 'url = "http://127.0.0.1:9/crimes"', url), lambda _: server.reached.wait(120)


def silent_resolver(host: str) -> Setting:
    """The name of a host is never resolved. The resolver of this machine is left alone: the daemon asks another."""

    def made(stack: ExitStack, folder: Path) -> tuple[Path, Callable[[Running], object]]:
        web = stack.enter_context(serving())
        web.answers = [NOTHING_NEW]
        _with_mail(folder)
        (folder / "sitecustomize.py").write_text(RESOLVER.format(host=host, asked=str(folder / "asked")))
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        config = written(folder, 'url = "http://crimes.invalid/"' if host == "crimes.invalid" else f'url = "{web.url}"')
        config.write_text(config.read_text().replace('host = "127.0.0.1"', f'host = "{host}"'))
        return config, lambda _: happens((folder / "asked").exists)

    return made


RESOLVER: Final = """
import pathlib, socket, threading
resolve = socket.getaddrinfo

def ask(host, *more, **options):
    if host in ({host!r}, {host!r}.encode()):
        pathlib.Path({asked!r}).touch()
        threading.Event().wait()
    return resolve(host, *more, **options)

socket.getaddrinfo = ask
"""
HANGING: Final[dict[str, Setting]] = {
    "a silent crime system": crime_system(silent),
    "a crime system that trickles": crime_system(trickling),
    "a TLS handshake that hangs": crime_system(silent, "https"),
    "Retry-After: 50": asked_to_wait(50),
    "Retry-After: 600": asked_to_wait(600),
    "PostgreSQL locked by another": locked_database,
    "PostgreSQL that never answers": silent_database,
    "SQLite locked by another": locked_file,
    "the crime system's name": silent_resolver("crimes.invalid"),
    "the mail server's name": silent_resolver("mail.invalid"),
} | {
    f"a mail server {'that trickles' if trickles else 'silent'} at {name}": mail_server(step, trickles)
    for trickles in (False, True)
    for name, step in (
        ("greeting", b""), ("EHLO", b"EHLO"), ("MAIL", b"MAIL"), ("RCPT", b"RCPT"), ("DATA", b"DATA"),
        ("the end", b"\r\n.\r\n"), ("QUIT", b"QUIT"),
    )
}  # fmt: skip


@pytest.mark.parametrize("name", HANGING)
def test_a_daemon_is_out_in_time_whatever_keeps_it_waiting(tmp_path: Path, name: str) -> None:
    with ExitStack() as stack:
        config, waits = HANGING[name](stack, tmp_path)
        daemon = stack.enter_context(running(config))
        assert waits(daemon), f"nothing kept it waiting: {daemon.said()}"
        told = time.monotonic()
        daemon.send(signal.SIGTERM)
        assert daemon.ended(told) == 0
        print(f"\n{name}: out after {time.monotonic() - told:.1f} s of {PROMISED:.0f}")


def happens(condition: Callable[[], object]) -> bool:
    """Whether something comes about within two minutes."""
    deadline = time.monotonic() + 120
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())
