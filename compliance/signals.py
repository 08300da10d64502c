"""SIGTERM, SIGINT and SIGHUP: heeded at any instant, in any number.

A signal handler interrupts the main thread at any step, in the middle of writing a line of the log too: one that logs
or takes a lock can wait for itself for ever. So a handler only asks the kernel for an alarm. The interpreter writes the
number of each signal into a socket, and a thread reads it there (decision 0028).
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread, Timer
from types import FrameType
from typing import Any, Final

import structlog

from compliance.stopping import Stop

LEAVE_AFTER: Final = 25
"""Seconds after it was told to stop in which the process leaves, its work done or not."""
_ALARM_AFTER: Final = 3
"""So many seconds later the kernel ends a process that could not even leave."""
_HEEDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger()


@contextmanager
def heeded(leave_after: int = LEAVE_AFTER) -> Iterator[Stop]:
    """SIGTERM and SIGINT ask to stop, SIGHUP is answered in the log; for the main thread of a process that ends
    afterwards: from the end on all three are ignored.

    A process that is told to stop and is still there after `leave_after` seconds leaves with exit code 0, whatever it
    is doing: nothing is half done. Where not even that can be done, SIGALRM ends it.
    """
    if not structlog.is_configured():  # what is said before the settings are read
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    stop = Stop()
    reads, writes = socket.socketpair()
    writes.setblocking(False)
    signal.set_wakeup_fd(writes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    alarm = _alarm_once(leave_after + _ALARM_AFTER)
    for number in _HEEDED:
        signal.signal(number, alarm)
    Thread(target=_listen, args=(reads, stop, leave_after), name="signals", daemon=True).start()
    try:
        yield stop
    finally:
        for number in _HEEDED:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        writes.close()


def _alarm_once(seconds: int) -> Callable[[int, FrameType | None], None]:
    """A handler for a process whose other threads may not come to run: a call of the main thread that keeps the
    interpreter still looks for signals. The number of the signal is in the socket already."""
    asked = False

    def handle(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if number != signal.SIGHUP and not asked:
            asked = True
            signal.alarm(seconds)

    return handle


def _listen(reads: socket.socket, stop: Stop, leave_after: int) -> None:
    """Do what each signal asks for. Many of a kind that come together are one."""
    with reads:
        while numbers := reads.recv(4096):
            came = [number for number in _HEEDED if number in numbers]
            if signal.SIGHUP in came:
                _say(log.info, "SIGHUP: nothing is read anew; the settings are read when the service starts")
            ending = [number.name for number in came if number != signal.SIGHUP]
            if ending and not stop.is_requested():
                _set_deadline(stop, leave_after)
                _say(log.info, "stopping", signal=ending[0])
                stop.request()


def _set_deadline(stop: Stop, leave_after: int) -> None:
    signal.alarm(leave_after + _ALARM_AFTER)
    timer = Timer(leave_after, _leave, (stop,))
    timer.daemon = True
    timer.start()


def _leave(stop: Stop) -> None:
    doing = stop.doing or "starting or ending"
    _say(log.warning, "stopped without finishing; what was begun is undone, the next start goes on", job=doing)
    os._exit(0)


def _say(level: Callable[..., Any], text: str, **more: str) -> None:
    """A line in the log, where there is one: a signal is heeded also where its reader has gone."""
    with suppress(Exception):
        level(text, **more)
