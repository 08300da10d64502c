"""SIGTERM, SIGINT and SIGHUP, handled at any time and in any number.

A signal handler interrupts the main thread at any step, even in the middle of a log line, so a handler that logs or
takes a lock can deadlock. Here a handler only asks the kernel for an alarm. The interpreter writes the number of each
signal to a socket, and a thread reads it there (decision 0028).
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
"""Seconds after the request to stop within which the process exits, whether or not its work is done."""
_ALARM_AFTER: Final = 3
"""Seconds after that when the kernel ends a process that could not exit."""
_HEEDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger()


@contextmanager
def heed_signals(leave_after: int = LEAVE_AFTER, on_hangup: Callable[[], object] = lambda: None) -> Iterator[Stop]:
    """Handle signals in this context: SIGTERM and SIGINT request a stop, SIGHUP calls `on_hangup` in another thread.

    For the main thread of a process that ends afterwards: once the context ends, all three are ignored. A process still
    running `leave_after` seconds after the request exits with code 0, regardless of what it is doing; nothing is half
    done. If it cannot exit, SIGALRM ends it.
    """
    if not structlog.is_configured():  # for log lines before the settings are read
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    stop = Stop()
    reads, writes = socket.socketpair()
    writes.setblocking(False)
    signal.set_wakeup_fd(writes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    alarm = _alarm_once(leave_after + _ALARM_AFTER)
    for number in _HEEDED:
        signal.signal(number, alarm)
    Thread(target=_listen, args=(reads, stop, leave_after, on_hangup), name="signals", daemon=True).start()
    try:
        yield stop
    finally:
        for number in _HEEDED:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        writes.close()


def _alarm_once(seconds: int) -> Callable[[int, FrameType | None], None]:
    """Return a handler for a process whose other threads may be unable to run.

    A call in the main thread that does not release the interpreter still checks for signals. The number of the signal
    is already in the socket.
    """
    asked = False

    def handle(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if number != signal.SIGHUP and not asked:
            asked = True
            signal.alarm(seconds)

    return handle


def _listen(reads: socket.socket, stop: Stop, leave_after: int, on_hangup: Callable[[], object]) -> None:
    """Act on each signal. Several of one kind that arrive together count as one."""
    with reads:
        while numbers := reads.recv(4096):
            came = [number for number in _HEEDED if number in numbers]
            if signal.SIGHUP in came:
                on_hangup()
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
    _say(
        log.warning,
        "stopped without finishing",
        job=doing,
        reason="the time for stopping was over; unfinished work is rolled back, and the next start continues",
    )
    os._exit(0)


def _say(level: Callable[..., Any], text: str, **more: str) -> None:
    """Write a log line if possible. A signal is handled even if the reader of the log has gone."""
    with suppress(Exception):
        level(text, **more)
