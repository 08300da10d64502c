"""Progress of a long job, in the log: a first reading of a million crimes takes minutes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

log = structlog.get_logger()

EVERY: Final = timedelta(seconds=10)


class Progress:
    """A progress log for one job, every ten seconds: how many are done, of how many if known, and how many a second.

    `clock`: returns the present instant (aware).
    """

    def __init__(self, job: str, clock: Callable[[], datetime]) -> None:
        self._job, self._clock = job, clock
        self._began = self._told = clock()

    def __call__(self, done: int, of: int | None = None) -> None:
        """Report how many are done."""
        now = self._clock()
        if now - self._told < EVERY:
            return
        self._told = now
        known = {} if of is None else {"of": of}
        log.info(
            "under way", job=self._job, done=done, **known, a_second=round(done / (now - self._began).total_seconds())
        )
