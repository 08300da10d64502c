"""A daemon in a process of its own that runs its jobs when it is told to, with the clock it is told: it can be killed,
sent signals, and left without room on its disk."""

import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import stamina

from compliance.config import load_settings
from compliance.service.daemon import Daemon
from compliance.service.logs import set_up
from compliance.service.service import Service
from compliance.signals import heed_signals

JOBS: Final = ("poll", "remind", "report")
"""In the order of the daemon."""
DAILY: Final = "retention"
LONGEST: Final = 120.0
"""Seconds in which a process starts, runs a cycle or ends, however busy the machine is."""


@dataclass
class GivenClock:
    """Shows the instant it was given."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


def operate(config: str, log: str, first: datetime, orders: Connection) -> None:
    """Run the jobs at each instant that comes, until told to stop. The log goes into a pipe, which no disk fills."""
    sys.stderr = Path(log).open("w", buffering=1)  # noqa: SIM115  # ends with the process
    stamina.set_testing(True, attempts=2, cap=True)
    settings = load_settings(Path(config))
    set_up(settings.log)
    clock = GivenClock(first)
    with heed_signals() as stop, Service.open(settings, clock, stop) as service:
        daemon = Daemon(service)
        orders.send("ready")
        while not stop.is_requested():
            if not orders.poll(0.02):
                continue
            clock.at, jobs = orders.recv()
            for job in jobs:
                _job(daemon, job)()
            if not stop.is_requested():
                orders.send("done")


def _job(daemon: Daemon, name: str) -> Callable[[], None]:
    return daemon._scheduler.get_job(name).func


class OperatedService:
    """The process that runs now, if any, and those that ran before it."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config, self._log = config, log
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["tests.operated_service"])
        self._process: Any = None
        self._room: int | None = None
        self.starts = 0

    def start(self, now: datetime) -> None:
        """Start it, unless it runs."""
        if self._process is not None:
            return
        self._orders, theirs = self._context.Pipe()
        arguments = (str(self._config), str(self._log), now, theirs)
        self._process = self._context.Process(target=operate, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self.starts += 1
        assert self._answer() == "ready", "the service did not start"
        self._limit()

    def begin(self, now: datetime, jobs: tuple[str, ...] = JOBS) -> None:
        """Begin a cycle at an instant."""
        self.start(now)
        self._orders.send((now, jobs))

    def ends(self, seconds: float = LONGEST) -> bool:
        """Whether the cycle ends within some seconds; the process may end in the middle of it."""
        if not self._orders.poll(seconds):
            return False
        return self._answer() == "done"

    def kill(self) -> None:
        """Kill it (SIGKILL)."""
        self._process.kill()
        self._gone(-signal.SIGKILL, 0)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.is_alive():
            self._process._popen._send_signal(number)

    def stopped(self) -> None:
        """Wait until it has ended by itself, as it was told to."""
        self._gone(0)

    def stop(self) -> None:
        """Have it end, if it runs."""
        if self._process is not None:
            self.signal(signal.SIGTERM)
            self.stopped()

    def fill_disk(self, full: bool) -> None:
        """Let the kernel take no byte more for any file of this process, or any again."""
        self._room = 0 if full else None
        self._limit()

    def _limit(self) -> None:
        if self._process is not None:
            limit = resource.RLIM_INFINITY if self._room is None else self._room
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def _answer(self) -> str | None:
        try:
            return str(self._orders.recv()) if self._orders.poll(LONGEST) else None
        except (EOFError, ConnectionError):
            return None

    def _gone(self, *codes: int) -> None:
        self._process.join(LONGEST)
        code, self._process = self._process.exitcode, None
        self._orders.close()
        assert code in codes, f"the service ended with {code}"
