"""How the jobs of the service have ended, stored as far as it outlives the process: which of them fail."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from compliance.errors import System
from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.tables import JOB

_UNSTORED: Final = "seconds"


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job has ended of late. Instants are in UTC.

    - `succeeded_at`: None if it is not known. `failures`: how many times in a row it has failed since, the first time
      at `failing_since`.
    - `is_lasting`: the last failure lasts until a person acts. `system`: the other system that could not be used; None:
      none, or not known. `problem`: why, without personal data.
    - `seconds`: how long the last run took; None if it is not known.
    """

    name: str
    ended_at: datetime
    succeeded_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    is_lasting: bool = False
    system: System | None = None
    problem: str | None = None
    seconds: float | None = None


def list_job_runs(store: Store) -> dict[str, JobRun]:
    """Return the stored runs: of each job that has ever failed, by name."""
    with store.reading() as connection:
        rows = connection.execute(select(JOB)).mappings().all()
    runs = [JobRun(**{**row, "system": row["system"] and System(row["system"])}) for row in rows]
    return {run.name: run for run in runs}


def save_job_run(store: Store, run: JobRun) -> None:
    """Store how a job has ended, in place of how it ended before."""
    row = asdict(run)
    del row[_UNSTORED]
    with store.writing() as connection:
        upsert(connection, JOB, [row])
