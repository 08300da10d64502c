"""Daemons as IT starts them, `compliance run` in a process of its own, and signals sent to them at random instants."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.engine import RULES

PROMISED: Final = 30.0
"""Seconds in which a daemon that was told to stop has ended, whatever another system does."""
ENDING: Final = (signal.SIGTERM, signal.SIGINT)
BY_DEFAULT: Final = (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, 128 + signal.SIGINT)
"""How a process ends that was told before it could listen."""
CONFIG: Final = """
[force]
name = "Test Constabulary"
policy = "{policy}"
[crime_system]
{crime_system}
poll_minutes = 0.005
[database]
url = "{database}"
[reminders]
due_from = 2026-05-01
[mail]
host = "127.0.0.1"
port = {port}
security = "plain"
sender = "updates@force.example"
timeout_seconds = 120
[report]
folder = "reports"
"""


def written(folder: Path, crime_system: str, database: str = "sqlite:///compliance.db", port: int = 9) -> Path:
    """A settings file in a folder."""
    config = folder / "config.toml"
    policy = RULES / "west-mercia.toml"
    text = CONFIG.format(policy=policy, crime_system=crime_system, database=database, port=port)
    config.write_text(text, "utf-8")
    return config


@contextmanager
def running(config: Path) -> Iterator["Running"]:
    """A daemon, which does not outlive the context; its log is beside its settings."""
    log = config.with_name("log")
    command = [sys.executable, "-W", "error", "-m", "compliance.cli", "run", "--config", str(config)]
    with log.open("wb") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        try:
            yield Running(process, log)
        finally:
            process.kill()


@dataclass
class Running:
    """A daemon at work."""

    process: "subprocess.Popen[bytes]"
    log: Path
    seconds: float = 0.0
    """How long it took to end since it was told to."""

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text("utf-8", "replace")

    def until_said(self, text: str, seconds: float = 300) -> None:
        """Wait until a text stands in its log."""
        deadline = time.monotonic() + seconds
        while text not in self.said():
            assert self.process.poll() is None, f"the daemon ended: {self.said()}"
            assert time.monotonic() < deadline, f"it never said {text!r}: {self.said()}"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def ended(self, since: float) -> int:
        """Its exit code. Fails where it takes longer than is promised since it was first told to stop."""
        try:
            code = self.process.wait(max(since + PROMISED - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {PROMISED:.0f} s: {self.said()}") from None
        self.seconds = time.monotonic() - since
        return code

    def burst(self, chance: Random, signals: int) -> int:
        """Its exit code after so many signals of the three kinds, begun at a random instant of its start or its work,
        and sent on while it ends."""
        if begun := chance.random() < 0.7:
            self.until_said("started")
        time.sleep(chance.random() * 2)
        told = None
        for place in range(signals):
            number = signal.SIGTERM if place == signals - 1 else chance.choice([*ENDING, signal.SIGHUP])
            self.send(number)
            if told is None and number in ENDING:
                told = time.monotonic()
            if chance.random() < 0.3:
                time.sleep(chance.random() * 0.02)
        assert told is not None
        code = self.ended(told)
        if begun:
            assert code == 0, f"{code}: {self.said()}"
        assert code in (0, *BY_DEFAULT), f"{code}: {self.said()}"
        return code
