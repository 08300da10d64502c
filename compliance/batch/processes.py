"""Work shared out to processes of this machine, which end with the one that started them."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Final, TypeVar

from compliance.batch.parquet import in_order
from compliance.errors import UnavailableError

P = TypeVar("P")
T = TypeVar("T")
_AHEAD: Final = 16
"""How many items wait for each process, so that none idles while another has a large one."""


def in_processes(work: Callable[[P], T], given: Iterable[P], workers: int) -> Iterator[T]:
    """Yield the result of `work` for each item, in order, from as many processes as `workers`; of 1, from this one.

    `work` is sent to each process once. Raises what it raises, and UnavailableError if a process is killed. Give the
    longest items first, so that no process ends long after the others.
    """
    if workers == 1:
        yield from map(work, given)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (work,))
    try:
        yield from in_order(pool, _work, iter(given), workers * _AHEAD)
    except BrokenProcessPool:
        raise UnavailableError(
            "a process was killed at its work, for example because there was no more memory; run the command again, "
            "with fewer --workers if need be"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


_works: Final[list[Callable[[Any], Any]]] = []
"""The work of this process."""


def _begin(work: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started this one ends it
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    _works.append(work)


def _work(item: Any) -> Any:
    return _works[0](item)


def _end_with_parent() -> None:
    """End this process once the one that started it has, also if that was killed."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
