"""The request to stop: checked between two steps, and able to interrupt every wait for another system.

Stopping leaves nothing half done: transactions are rolled back, files are written whole or not at all, and the next
start continues.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from threading import Event, Lock, Thread, Timer, get_ident
from typing import Final, TypeVar

from compliance.errors import StoppedError

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds that the other side of a hand-over has to answer after a stop is requested."""
_LOOK_EVERY: Final = 0.1


class Stop:
    """A request to stop. Threads may share it; a signal handler must not use it, because it takes locks.

    `doing` names the running job, for the log. `patience` is in seconds (`PATIENCE`). `stepped_at`: when the thread of
    the jobs last came by between two steps, as `time.monotonic`.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        """Start with no stop requested."""
        self.doing: str | None = None
        self.stepped_at = time.monotonic()
        self._worker: int | None = None
        self._asked, self._over, self._lock = Event(), False, Lock()
        self._patience = patience
        self._cuts: list[Callable[[], None]] = []

    def request(self) -> None:
        """Request a stop. Repeating the request changes nothing."""
        if self._asked.is_set():
            return
        self._asked.set()
        timer = Timer(self._patience, self._cut_all)
        timer.daemon = True
        timer.start()

    def begin(self, job: str) -> None:
        """Note that a job begins, in the thread that runs all jobs. End it by setting `doing` to None."""
        self._worker, self.doing = get_ident(), job
        self._note_step()

    def _note_step(self) -> None:
        if get_ident() == self._worker:
            self.stepped_at = time.monotonic()

    def is_requested(self) -> bool:
        """Return whether a stop has been requested."""
        self._note_step()
        return self._asked.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for `seconds` (None: for ever). Return True at once if a stop is requested."""
        self._note_step()
        return self._asked.wait(seconds)

    def check(self) -> None:
        """Raise StoppedError if a stop has been requested. Call it between two steps."""
        self._note_step()
        if self._asked.is_set():
            raise StoppedError("told to stop; nothing is lost, and the next start continues")

    def outcome_of(self, ask: Callable[[], T], give_up: Callable[[], None] = lambda: None) -> T:
        """Return what `ask` returns from another system, or raise what it raises.

        If a stop is requested, abandon the wait at once, however that system behaves: call `give_up` and raise
        StoppedError. The thread that still waits ends with the process. Use this only for requests that change nothing,
        because the other system may still answer.
        """
        self.check()
        answer: Future[T] = Future()
        context = copy_context()  # what is logged there belongs to the same cycle

        def asked() -> None:
            try:
                answer.set_result(context.run(ask))
            except BaseException as error:
                answer.set_exception(error)

        Thread(target=asked, name="asking", daemon=True).start()
        while not wait([answer], _LOOK_EVERY).done:
            if self._asked.is_set():
                give_up()
                self.check()
        try:
            return answer.result()
        except Exception:
            self.check()  # the stop itself may have caused the failure, or prevented a retry
            raise

    @contextmanager
    def cut_when_late(self, cut: Callable[[], None]) -> Iterator[None]:
        """Call `cut` during this context if a stop is requested and the other side has had enough time to answer.

        `cut` must make the wait fail. An OSError that it raises is ignored.
        """
        with self._lock:
            self._cuts.append(cut)
            over = self._over
        try:
            if over:
                _call(cut)
            yield
        finally:
            with self._lock:
                self._cuts.remove(cut)

    def _cut_all(self) -> None:
        with self._lock:
            self._over = True
            for cut in self._cuts:
                _call(cut)


@contextmanager
def within(seconds: float) -> Iterator[Stop]:
    """Give a request to stop that is made after some seconds, so that no wait is longer."""
    stop = Stop()
    timer = Timer(seconds, stop.request)
    timer.daemon = True
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()


def _call(cut: Callable[[], None]) -> None:
    with suppress(OSError):
        cut()
