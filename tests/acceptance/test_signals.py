"""Signals: safe at any instant and in any number; told to stop, the service is out within 30 seconds."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import httpx
import pytest

from compliance.store import Store, list_job_runs, migrate
from tests.daemons import PROMISED, running, written
from tests.engine import RULES
from tests.web_server import answer, serving

NOTHING_NEW = answer(b'{"records":[],"next":"c1","more":false}')


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """The settings of a daemon whose crime system has nothing to tell."""
    with serving() as web:
        web.answers = [NOTHING_NEW]
        migrate(f"sqlite:///{tmp_path / 'compliance.db'}")
        yield written(tmp_path, f'url = "{web.url}"')


@pytest.mark.parametrize("seed", range(3))
def test_bursts_of_signals_end_a_daemon_and_never_hang_it(config: Path, seed: int) -> None:
    chance = Random(seed)
    with running(config) as daemon:
        daemon.burst(chance, 300)
    assert "Traceback" not in daemon.said()


def test_sighup_has_the_settings_read_again_and_ends_nothing(config: Path) -> None:
    """A wrong file is refused, a right one is taken by whatever it changes: the schedule, the port, the log."""
    good = config.read_text()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with running(config) as daemon:
        daemon.until_said("started")
        config.write_text(good + "polls = 7\n")
        daemon.send(signal.SIGHUP)
        daemon.until_said("nothing was reloaded, and the old settings stay in force")
        assert "config.toml: report.polls: there is no such key" in daemon.said()
        config.write_text(good + f'[monitoring]\nport = {port}\n[log]\nformat = "json"\n')
        for _ in range(20):
            daemon.send(signal.SIGHUP)
        daemon.until_said('"changed": ["log.format", "monitoring.port"]')
        daemon.until_said(f'"url": "http://127.0.0.1:{port}"')
        assert "Traceback" not in daemon.said()
        assert httpx.get(f"http://127.0.0.1:{port}/live").status_code == 200
        daemon.send(signal.SIGTERM)
        assert daemon.ended(time.monotonic()) == 0
    with closing(Store.open(f"sqlite:///{config.parent / 'compliance.db'}")) as store:
        assert list_job_runs(store)["stop"].failures == 0, "`status` says that it was stopped, and when"
    assert '"event": "stopped"' in daemon.said().rstrip().splitlines()[-1]


def test_systemd_waits_longer_than_is_promised_and_starts_it_again_whatever_ends_it() -> None:
    unit = (RULES.parent / "deploy" / "compliance.service").read_text("utf-8")
    settings = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert float(settings["TimeoutStopSec"]) > PROMISED
    assert (settings["Restart"], settings["RestartPreventExitStatus"]) == ("always", "2")
    assert settings["ExecReload"] == "/bin/kill -HUP $MAINPID"
