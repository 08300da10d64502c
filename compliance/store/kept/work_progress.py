"""How far long work under way is, for whoever asks from another process."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from compliance.progress import WorkStep
from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.tables import WORK_PROGRESS

SILENT_AFTER: Final = timedelta(minutes=2)
"""After how long without a word work is taken to have been killed."""


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """How far some work is. Instants are in UTC.

    `work`: its name, that of a job or a command. `what`, `done`, `of`: those of a `WorkStep` of its present part, which
    began at `part_began_at`.
    """

    work: str
    began_at: datetime
    part_began_at: datetime
    noted_at: datetime
    what: str
    done: int
    of: int | None

    @property
    def in_words(self) -> str:
        """How far it is, in words."""
        return WorkStep(self.what, self.done, self.of).in_words(self.noted_at - self.part_began_at)


def note_progress(store: Store, progress: WorkProgress) -> None:
    """Store how far some work is, in place of how far it was before."""
    with store.writing(in_turn=False) as connection:
        upsert(connection, WORK_PROGRESS, [asdict(progress)])


def end_progress(store: Store, work: str) -> None:
    """Store that some work is no longer under way."""
    with store.writing(in_turn=False) as connection:
        connection.execute(delete(WORK_PROGRESS).where(WORK_PROGRESS.c.work == work))


def list_progress(connection: Connection, now: datetime) -> list[WorkProgress]:
    """Return how far all work is that was heard of in the last `SILENT_AFTER`, the longest under way first."""
    heard = select(WORK_PROGRESS).where(WORK_PROGRESS.c.noted_at > now - SILENT_AFTER)
    rows = connection.execute(heard.order_by(WORK_PROGRESS.c.began_at, WORK_PROGRESS.c.work)).mappings()
    return [WorkProgress(**row) for row in rows]
