"""Processes that serve the pages beside the first, at its port, so that views share the processors of a machine.

Each is told to end when the first ends, also if that is killed; one that ends by itself is started again.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from socket import socket
from threading import Event, Thread
from typing import Final

import structlog

from compliance.config import Settings
from compliance.errors import ComplianceError
from compliance.service.noting.logs import set_up

log = structlog.get_logger()

LINGER_SECONDS: Final = 5
"""How long requests under way have when the pages end."""
AGAIN_AFTER_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5

Serve = Callable[[Settings, socket], AbstractContextManager[None]]


@contextmanager
def more_processes(settings: Settings, listener: socket, count: int, serve: Serve) -> Iterator[None]:
    """Serve at a socket in some more processes during the context.

    `serve`, a function of a module, does so in each. What is wrong with one is logged: the pages go on without it.
    """
    stop = Event()
    threads = [
        Thread(target=_keep, args=(settings, listener, serve, stop), name=f"pages {number + 2}", daemon=True)
        for number in range(count)
    ]
    with ExitStack() as stack:
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(stop.set)
        yield


def _keep(settings: Settings, listener: socket, serve: Serve, stop: Event) -> None:
    """Keep one process until stopped."""
    context = get_context("spawn")  # a fork would inherit locks that other threads hold
    while not stop.is_set():
        theirs, ours = context.Pipe(duplex=False)
        process = context.Process(target=_be_one, args=(settings, listener, serve, theirs), daemon=True)
        process.start()
        theirs.close()
        while not stop.is_set() and not wait_for([process.sentinel], _LOOK_SECONDS):
            pass
        ours.close()
        process.join(2 * LINGER_SECONDS if stop.is_set() else 0)
        if process.is_alive():
            process.kill()
            process.join()
        if not stop.is_set():
            log.error("a process of the pages ended", exit_code=process.exitcode, again_in_seconds=AGAIN_AFTER_SECONDS)
            stop.wait(AGAIN_AFTER_SECONDS)


def _be_one(settings: Settings, listener: socket, serve: Serve, first: Connection) -> None:
    """Serve until the first process closes its end of the pipe, or is no more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they are for the first, which ends this
        signal.signal(number, signal.SIG_IGN)
    set_up(settings.log)
    try:
        with serve(settings, listener), suppress(EOFError):
            first.recv()
    except ComplianceError as error:
        log.error("no pages in this process", problem=str(error))
        raise SystemExit(error.exit_code) from None
