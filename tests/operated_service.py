"""A daemon in a process of its own that runs its jobs when it is told to, with the clock it is told: it can be killed,
sent signals, and left without room on its disk."""

import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, Self

import stamina

from compliance.config import load_settings
from compliance.service.noting.job_runs import RELOAD
from compliance.service.noting.logs import set_up
from compliance.service.running.daemon import Daemon
from compliance.service.running.starting import running_service
from compliance.signals import heed_signals
from tests.forked import forking

JOBS: Final = ("poll", "remind", "report", "watch")
"""In the order of the daemon."""
DAILY: Final = "retention"
WATCH: Final = ("watch",)
_END: Final = b"end\n"
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
    clock, hangup = GivenClock(first), Event()
    with heed_signals(on_hangup=hangup.set) as stop, running_service(settings, stop, clock) as service:
        daemon = Daemon(service, hangup)

        def reload() -> None:
            """Between two jobs, as in service."""
            if hangup.is_set():
                hangup.clear()
                daemon._guard(RELOAD, daemon._reload)()

        orders.send("ready")
        while not stop.is_requested():
            reload()
            if not orders.poll(0.02):
                continue
            clock.at, jobs = orders.recv()
            for job in jobs:
                daemon._scheduler.get_job(job).func()
                reload()
            if not stop.is_requested():
                orders.send("done")


class ServiceLog:
    """What services say, line by line, through a pipe at a path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        os.mkfifo(self.path)
        self._pipe = os.fdopen(os.open(self.path, os.O_RDWR), "rb")
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self.path.open("wb") as last:
            last.write(b"\n" + _END)  # who was killed may have left half a line
        self._thread.join()
        self._pipe.close()

    def _read(self) -> None:
        for line in self._pipe:
            if line == _END:
                return
            self.lines.append(line.decode())

    @contextmanager
    def until_said(self, text: str, times: int) -> Iterator[None]:
        """Wait at the end until a text has been said so many times more."""
        before = self._count(text)
        yield
        deadline = time.monotonic() + LONGEST
        while self._count(text) < before + times:
            assert time.monotonic() < deadline, f"nobody said {text!r}"
            time.sleep(0.02)

    def _count(self, text: str) -> int:
        return sum(text in line for line in self.lines)

    def faults(self) -> list[str]:
        """What it has of faults of the program itself, which nothing that fails around it may cause."""
        return [line for line in self.lines if '"event": "fault"' in line or '"exception": ' in line]


class OperatedService:
    """The process that runs now, if any, and those that ran before it."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config, self._log = config, log
        self._context = forking()
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
        if self._process is not None and self._process.is_alive():
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
