"""Progress of long work, in the log and for `compliance status`: a first reading of a million crimes takes minutes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from compliance.errors import ComplianceError
from compliance.progress import WorkStep, watching
from compliance.store import Store
from compliance.store.kept.work_progress import WorkProgress, end_progress, note_progress

log = structlog.get_logger()

EVERY: Final = timedelta(seconds=10)


@contextmanager
def noted_progress(store: Store, work: str, clock: Callable[[], datetime], *, is_logged: bool = True) -> Iterator[None]:
    """Note how far work of a name is while it lasts: every ten seconds in the store and, if `is_logged`, in the log.

    `clock`: returns the present instant (aware). Work that takes less than ten seconds writes nothing. What cannot be
    noted is left out: the work goes on.
    """
    noting = _Noting(store, work, clock, is_logged)
    try:
        with watching(noting.watch):
            yield
    finally:
        noting.end()


class _Noting:
    def __init__(self, store: Store, work: str, clock: Callable[[], datetime], is_logged: bool) -> None:
        self._store, self._work, self._clock, self._is_logged = store, work, clock, is_logged
        self._began = self._noted = clock()
        self._what: str | None = None
        self._since = self._began
        self._is_stored = False

    def watch(self, step: WorkStep) -> None:
        now = self._clock()
        if step.what != self._what:
            self._what, self._since = step.what, self._noted
        if now - self._noted < EVERY:
            return
        self._noted = now
        if self._is_logged:
            known = {} if step.of is None else {"of": step.of}
            speed = round(step.done / max((now - self._since).total_seconds(), 1))
            log.info("under way", job=self._work, what=step.what, done=step.done, **known, a_second=speed)
        with suppress(ComplianceError):
            noted = WorkProgress(self._work, self._began, self._since, now, step.what, step.done, step.of)
            note_progress(self._store, noted)
            self._is_stored = True

    def end(self) -> None:
        if self._is_stored:
            with suppress(ComplianceError):
                end_progress(self._store, self._work)
