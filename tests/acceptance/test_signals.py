"""Signals: safe at any instant and in any number; told to stop, the service is out within 30 seconds."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from compliance.store import migrate
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


def test_sighup_is_answered_with_a_line_and_ends_nothing(config: Path) -> None:
    with running(config) as daemon:
        daemon.until_said("started")
        daemon.send(signal.SIGHUP)
        daemon.until_said("SIGHUP")
        assert "settings are read when the service starts" in daemon.said()
        time.sleep(0.5)
        assert daemon.process.poll() is None
        daemon.send(signal.SIGTERM)
        assert daemon.ended(time.monotonic()) == 0
    assert daemon.said().rstrip().endswith("stopped")


def test_systemd_waits_longer_than_is_promised_and_starts_it_again_whatever_ends_it() -> None:
    unit = (RULES.parent / "deploy" / "compliance.service").read_text("utf-8")
    settings = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert float(settings["TimeoutStopSec"]) > PROMISED
    assert (settings["Restart"], settings["RestartPreventExitStatus"]) == ("always", "2")
