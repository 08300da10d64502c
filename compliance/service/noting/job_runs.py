"""How the jobs of the running service end: each in memory, and stored if it fails or succeeds again.

A cycle in which nothing is wrong writes nothing here.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from compliance.errors import ComplianceError
from compliance.store import JobRun, Store, list_job_runs, save_job_run

RELOAD: Final = "reload"
"""The name under which it is noted whether changed settings were taken."""
SEND: Final = "send"
"""The name under which it is noted whether the mail server takes emails, whichever job sends them. Runs without emails
to send say nothing of it."""
STOP: Final = "stop"
"""The name under which it is noted when a service was stopped and ended cleanly."""
ROW_FILTERS: Final = "row filters"
"""The name under which it is noted whether the row filters of the mapping keep rows."""
INBOUND: Final = "inbound"
"""The name of the job that reads bounces."""
STAMP: Final = "stamp"
"""The name of the job that has the audit log stamped."""
ALERTS: Final = "alerts by "
"""How the names begin under which it is noted whether a way takes alerts."""


class JobRuns:
    """The last run of each job. Threads may share it. A database that cannot be used is no failure of the job."""

    def __init__(self, store: Store) -> None:
        """Begin without runs of this process."""
        self._store = store
        self._runs: dict[str, JobRun] = {}

    def note_success(self, name: str, now: datetime, seconds: float | None = None) -> None:
        """Record that a job has ended well at an instant (aware), after so many seconds."""
        run = JobRun(name, now, succeeded_at=now, seconds=seconds)
        self._runs[name] = run
        with suppress(ComplianceError):
            stored = list_job_runs(self._store).get(name)
            if stored is not None and stored.failures:
                save_job_run(self._store, run)

    def note_failure(self, name: str, now: datetime, error: Exception, seconds: float | None = None) -> None:
        """Record that a job has failed at an instant (aware), after so many seconds."""
        # Only our own errors are known to contain no personal data.
        known = error if isinstance(error, ComplianceError) else ComplianceError(f"a fault: {type(error).__name__}")
        before = self._last(name) or JobRun(name, now)
        self._runs[name] = replace(
            before,
            ended_at=now,
            failures=before.failures + 1,
            failing_since=before.failing_since or now,
            is_lasting=known.is_lasting,
            system=known.system,
            problem=str(known),
            seconds=seconds,
        )
        with suppress(ComplianceError):
            save_job_run(self._store, self._runs[name])

    def note_stop(self, now: datetime) -> None:
        """Store that the service has ended cleanly at an instant (aware)."""
        with suppress(ComplianceError):
            save_job_run(self._store, JobRun(STOP, now, succeeded_at=now))

    def list_runs(self) -> tuple[JobRun, ...]:
        """Return the last run of each job in this process, by name."""
        return tuple(run for _, run in sorted(self._runs.copy().items()))

    def _last(self, name: str) -> JobRun | None:
        """Return the last run of a job, in this process or before it."""
        if name in self._runs:
            return self._runs[name]
        with suppress(ComplianceError):
            return list_job_runs(self._store).get(name)
        return None


def merge_runs(stored: Mapping[str, JobRun], here: tuple[JobRun, ...]) -> tuple[JobRun, ...]:
    """Return the runs of each job by name: as this process knows it, but the stored one if only that has failed.

    Another service on the same database may be the one whose job fails.
    """
    runs = dict(stored)
    for run in here:
        if run.failures or not (run.name in stored and stored[run.name].failures):
            runs[run.name] = run
    return tuple(run for _, run in sorted(runs.items()))
