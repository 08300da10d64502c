"""The service as IT runs it: a daemon against a crime system and a mail server, killed and started again."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
import stamina

from compliance.cli import main
from compliance.simulator import MailSink, SimulatedCrimeSystem, SimulatedForce, Trouble, serve
from tests.engine import RULES

MONDAY = "2026-06-29T07:30:00+01:00"
CONFIG = """
[force]
name = "Test Constabulary"
policy = "{policy}"
[crime_system]
url = "{url}/crimes"
officers_url = "{url}/officers"
page_size = 50
timeout_seconds = 5
poll_minutes = 0.02
[database]
url = "sqlite:///compliance.db"
[reminders]
due_from = 2026-05-01
[mail]
host = "{host}"
port = {port}
security = "plain"
sender = "updates@force.example"
[report]
folder = "reports"
"""


@pytest.fixture(scope="module")
def system() -> SimulatedCrimeSystem:
    """Ten weeks of a very small force, as its crime system stands on a Monday."""
    force = SimulatedForce(seed=7, weeks=10, scale=0.02)
    system = SimulatedCrimeSystem(force)
    system.advance(force.end)
    return system


@contextmanager
def installed(folder: Path, system: SimulatedCrimeSystem) -> Iterator[tuple[Path, MailSink]]:
    """A settings file and a database beside a crime system and a mail server that answer."""
    with serve(system) as url, MailSink(folder / "mail") as sink:
        config = folder / "config.toml"
        config.write_text(CONFIG.format(url=url, host=sink.host, port=sink.port, policy=RULES / "west-mercia.toml"))
        assert call("migrate", "--config", str(config)) == 0
        yield config, sink


def call(*arguments: str) -> int:
    """The exit code of the command line."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "compliance.db", timeout=30)) as database:
        return database.execute(query).fetchall()


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Wait until something has happened in another process; it must not end before."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the daemon ended"
        assert time.monotonic() < deadline, "the daemon did not do it"
        time.sleep(0.05)


@contextmanager
def daemon(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-W", "error", "-m", "tests.acceptance.daemon_at", str(config), MONDAY]
    with (config.parent / "log").open("ab") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()


def polls(folder: Path) -> int:
    return len(rows(folder, "select id from poll where complete"))


def test_killed_and_started_again_it_sends_nothing_twice_and_misses_nothing(
    tmp_path: Path, system: SimulatedCrimeSystem
) -> None:
    """Two polls, the morning's digests and the week's report; SIGKILL; the same again; SIGTERM."""
    with installed(tmp_path, system) as (config, sink):
        with daemon(config) as process:
            until(lambda: polls(tmp_path) >= 2 and len(sink.messages) >= 2, process)
            process.send_signal(signal.SIGKILL)
        before = polls(tmp_path)
        with daemon(config) as process:
            until(lambda: polls(tmp_path) >= before + 2 and bool(list(tmp_path.glob("reports/*.html"))), process)
            until(lambda: not rows(tmp_path, "select 1 from outbox where state = 'queued'"), process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        queued = {str(row[0]) for row in rows(tmp_path, "select message_id from outbox")}
        got = [str(received.message["Message-ID"]) for received in sink.messages]
        uncertain = {str(row[0]) for row in rows(tmp_path, "select message_id from outbox where state != 'sent'")}
        assert len(queued) >= 2
        assert set(got) | uncertain == queued
        assert len(got) == len(set(got)) or len(got) <= len(set(got)) + 1, "at most the one in flight when killed"
        recipients = [received.recipient for received in sink.messages]
        assert len(set(recipients)) == len(set(got)), "one digest an officer"
        assert {path.stem for path in tmp_path.glob("reports/*")} == {"2026-W25-board"}
        assert len(rows(tmp_path, "select 1 from published")) == 1
    log = (tmp_path / "log").read_text()
    assert "fault" not in log
    assert "@force.example" not in log, "no address in the log"


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (Trouble.ERROR, "500"),
        (Trouble.HTML, "gave no JSON page"),
        (Trouble.SAME_PAGE, "cursor"),
    ],
)
def test_a_feed_that_does_not_answer_as_it_must_is_named_and_loses_nothing(
    tmp_path: Path, system: SimulatedCrimeSystem, capsys: pytest.CaptureFixture[str], trouble: Trouble, message: str
) -> None:
    """Exit code 4, the address and what was found; the next poll brings everything."""
    with stamina.set_testing(True, attempts=2, cap=True), installed(tmp_path, system) as (config, _):
        system.trouble = trouble
        try:
            assert call("poll", "--config", str(config)) == 4
        finally:
            system.trouble = None
        told = capsys.readouterr().err
        assert "/crimes" in told
        assert message in told
        assert polls(tmp_path) == 0
        assert call("poll", "--config", str(config)) == 0
        page = system.page(None, 10_000)
        held = len(rows(tmp_path, "select 1 from crime")) + len(
            rows(tmp_path, "select 1 from quarantine where cleared_at is null")
        )
        assert held == len(page.records)


def test_a_mail_server_that_refuses_keeps_every_mail_with_its_answer(
    tmp_path: Path, system: SimulatedCrimeSystem
) -> None:
    """550 is refused for good and shown, 451 is tried again, and the others go out."""
    with installed(tmp_path, system) as (config, sink):
        from compliance.config import load_settings
        from compliance.service import Service

        at = datetime.fromisoformat(MONDAY)
        with Service.open(load_settings(config), lambda: at) as service:
            service.poll()
            addresses = sorted({digest.to_address for digest in service.plan().digests})
            sink.refuse, sink.defer = {addresses[0]}, {addresses[1]}
            outcome, delivery = service.remind()
        assert outcome.digests == len(addresses)
        assert (delivery.refused, delivery.retried, delivery.sent) == (1, 1, len(addresses) - 2)
        states: dict[object, object] = {
            row[0]: row[1] for row in rows(tmp_path, "select state, count(*) from outbox group by state")
        }
        assert states == {"refused": 1, "retry": 1, "sent": len(addresses) - 2}
        problems = [str(row[0]) for row in rows(tmp_path, "select problem from outbox where state != 'sent'")]
        assert all(code in " ".join(problems) for code in ("550", "451"))


MADE_SO: Final = (
    "addresses-missing", "instants-without-zone", "records-in-quarantine", "sample-refused", "sample-unknown-values", "unknown-values",
)  # fmt: skip
"""What is not well in the simulated force, as in any."""


def test_check_finds_everything_in_order_and_names_what_is_not(
    tmp_path: Path, system: SimulatedCrimeSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    with installed(tmp_path, system) as (config, _):
        assert call("migrate", "--config", str(config)) == 0
        assert call("poll", "--config", str(config)) == 0
        capsys.readouterr()
        assert call("check", "--config", str(config)) == 5
        said = capsys.readouterr().out
        assert "worked examples of west-mercia" in said
        found = {line.split()[1] for line in said.splitlines() if line.startswith(("fault", "warning"))}
        assert found == {f"{name}:" for name in MADE_SO}
        config.write_text(config.read_text().replace("due_from", "due_form"))
        assert call("check", "--config", str(config)) == 2
        assert "did you mean 'due_from'" in capsys.readouterr().out


def test_a_database_that_was_never_made_says_which_command_makes_it(
    tmp_path: Path, system: SimulatedCrimeSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    with installed(tmp_path, system) as (config, _):
        config.write_text(config.read_text().replace("compliance.db", "other.db"))
        assert call("poll", "--config", str(config)) == 2
        assert "compliance migrate" in capsys.readouterr().err
