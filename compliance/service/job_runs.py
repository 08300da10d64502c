"""How the jobs of the running service end: kept in memory, because it says nothing that outlives the process."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job has ended of late. Instants are in UTC.

    `succeeded_at`: None if never since the start. `failures`: how many times in a row it has failed since. `is_fault`:
    the last failure was not that another system could not be used. `problem`: why, without personal data.
    """

    name: str
    ended_at: datetime
    succeeded_at: datetime | None = None
    failures: int = 0
    is_fault: bool = False
    problem: str | None = None


class JobRuns:
    """The last run of each job. Written by the thread of the jobs, read by others."""

    def __init__(self) -> None:
        """Begin without runs."""
        self._runs: dict[str, JobRun] = {}

    def note_success(self, name: str, now: datetime) -> None:
        """Record that a job has ended well."""
        self._runs[name] = JobRun(name, now, succeeded_at=now)

    def note_failure(self, name: str, now: datetime, problem: str, *, is_fault: bool) -> None:
        """Record that a job has failed."""
        before = self._runs.get(name, JobRun(name, now))
        failures = before.failures + 1
        self._runs[name] = replace(before, ended_at=now, failures=failures, is_fault=is_fault, problem=problem)

    def list_runs(self) -> tuple[JobRun, ...]:
        """Return the last run of each job, by name."""
        return tuple(run for _, run in sorted(self._runs.copy().items()))
