"""The request to stop: asked about between two steps, and felt by whatever waits for another system.

What stops is never half done: transactions are undone, files are written whole or not at all, and the next start goes
on.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread, Timer
from typing import Final, TypeVar

from compliance.errors import StoppedError

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds that the other side of a hand-over has to answer once the service is to stop."""
_LOOK_EVERY: Final = 0.1


class Stop:
    """Whether the service is to stop. Threads may share it; a signal handler must not touch it, for it takes locks.

    `doing` names the job at work, for the log. `patience` is in seconds (`PATIENCE`).
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        """Nobody has asked to stop yet."""
        self.doing: str | None = None
        self._asked, self._over, self._lock = Event(), False, Lock()
        self._patience = patience
        self._cuts: list[Callable[[], None]] = []

    def request(self) -> None:
        """Ask to stop. Asking again changes nothing."""
        if self._asked.is_set():
            return
        self._asked.set()
        timer = Timer(self._patience, self._cut_all)
        timer.daemon = True
        timer.start()

    def is_requested(self) -> bool:
        """Whether the service is to stop."""
        return self._asked.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait so many seconds (None: for ever), less where the service is to stop: True."""
        return self._asked.wait(seconds)

    def check(self) -> None:
        """Raises StoppedError where the service is to stop: to be called between two steps."""
        if self._asked.is_set():
            raise StoppedError("told to stop; nothing is lost, the next start goes on")

    def outcome_of(self, ask: Callable[[], T], give_up: Callable[[], None] = lambda: None) -> T:
        """What asking another system gives, or raises. It is given up at once where the service is to stop, however
        that system behaves: `give_up` is called, StoppedError raised, and the thread that still waits ends with the
        process.

        Only for what changes nothing: what is asked may still be answered.
        """
        self.check()
        answer: Future[T] = Future()

        def asked() -> None:
            try:
                answer.set_result(ask())
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
            self.check()  # the stop itself may have made it fail, or kept it from being asked again
            raise

    @contextmanager
    def cutting(self, cut: Callable[[], None]) -> Iterator[None]:
        """While it lasts, `cut` is called when the other side had time enough to answer since the service was told to
        stop; it must make the wait fail. What it raises of the system's (OSError) is passed over."""
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


def _call(cut: Callable[[], None]) -> None:
    with suppress(OSError):
        cut()
