"""What pages asked to be worked out in the background: one at a time, each kept for some days (decision 0064)."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from compliance.store.database.engine import Store
from compliance.store.tables import BACKGROUND_TASK

KEPT: Final = timedelta(days=7)
"""How long a task is kept after it was asked for."""
LOST_AFTER: Final = timedelta(minutes=1)
"""After how long without a word from the process that works on it a task counts as interrupted."""
MOST_WAITING: Final = 20
"""How many tasks wait, at most."""

_TASK: Final = BACKGROUND_TASK.c


class TaskState(StrEnum):
    """How a task stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """A task as it stands at an instant, with the fields of `BackgroundTaskRow` apart from its result."""

    id: int
    kind: str
    asked: str
    asked_by: str
    asked_at: datetime
    state: TaskState
    began_at: datetime | None
    ended_at: datetime | None
    done: int
    of: int | None
    problem: str | None

    @property
    def is_under_way(self) -> bool:
        """Whether something will still come of it."""
        return self.state in {TaskState.WAITING, TaskState.RUNNING}


def ask_task(store: Store, kind: str, asked: str, by: str, now: datetime) -> BackgroundTask | None:
    """Return the task that answers a question: one that is under way or done, else a new one; None: too many wait."""
    with store.writing() as connection:
        found = _find(connection, _select().where(_TASK.kind == kind, _TASK.asked == asked), now)
        if found and (found[0].is_under_way or found[0].state is TaskState.DONE):
            return found[0]
        waiting = select(func.count()).where(_TASK.state == TaskState.WAITING)
        if connection.execute(waiting).scalar_one() >= MOST_WAITING:
            return None
        row = {"kind": kind, "asked": asked, "asked_by": by, "asked_at": now, "seen_at": now, "done": 0}
        connection.execute(insert(BACKGROUND_TASK).values(row | {"state": TaskState.WAITING}))
        return _find(connection, _select(), now)[0]


def find_task(store: Store, kind: str, asked: str, now: datetime) -> BackgroundTask | None:
    """Return the newest task that answers a question, as it stands now, None if there is none."""
    with store.reading() as connection:
        return next(iter(_find(connection, _select().where(_TASK.kind == kind, _TASK.asked == asked), now)), None)


def read_task(store: Store, number: int, now: datetime) -> BackgroundTask | None:
    """Return a task by its number, as it stands now, None if there is none."""
    with store.reading() as connection:
        return next(iter(_find(connection, _select().where(_TASK.id == number), now)), None)


def list_tasks(store: Store, kind: str, limit: int, now: datetime) -> list[BackgroundTask]:
    """Return the newest tasks of a kind, as they stand now, the newest first."""
    with store.reading() as connection:
        return _find(connection, _select().where(_TASK.kind == kind), now, limit)


def count_before(store: Store, task: BackgroundTask) -> int:
    """Return how many tasks are worked on before one that waits."""
    before = select(func.count()).where(_TASK.state.in_([TaskState.WAITING, TaskState.RUNNING]), _TASK.id < task.id)
    with store.reading() as connection:
        return connection.execute(before).scalar_one()


def read_result(store: Store, task: BackgroundTask) -> bytes | None:
    """Return what came of a task, None if nothing did or it is no longer kept."""
    with store.reading() as connection:
        found = connection.execute(select(_TASK.result).where(_TASK.id == task.id)).scalar()
    return None if found is None else zlib.decompress(found)


def is_any_waiting(store: Store) -> bool:
    """Return whether a task waits to be worked on."""
    with store.reading() as connection:
        asked = select(_TASK.id).where(_TASK.state == TaskState.WAITING).limit(1)
        return connection.execute(asked).first() is not None


def claim_task(store: Store, now: datetime) -> BackgroundTask | None:
    """Return the task that has waited longest, now to be worked on by the caller; None while another is worked on."""
    with store.writing() as connection:
        running = _TASK.state == TaskState.RUNNING
        lost = (running, _TASK.seen_at < now - LOST_AFTER)
        ended = {"state": TaskState.INTERRUPTED, "ended_at": now}
        connection.execute(update(BACKGROUND_TASK).where(*lost).values(ended))
        if connection.execute(select(_TASK.id).where(running).limit(1)).first() is not None:
            return None
        waiting = _select().where(_TASK.state == TaskState.WAITING).order_by(None).order_by(_TASK.id)
        found = _find(connection, waiting, now)
        if not found:
            return None
        begun = {"state": TaskState.RUNNING, "began_at": now, "seen_at": now}
        connection.execute(update(BACKGROUND_TASK).where(_TASK.id == found[0].id).values(begun))
        return found[0]


def note_task(store: Store, task: BackgroundTask, now: datetime, done: int, of: int | None) -> None:
    """Store that a task is still worked on, and how far it is."""
    _change(store, task, {"seen_at": now, "done": done, "of": of})


def end_task(
    store: Store, task: BackgroundTask, now: datetime, state: TaskState, result: bytes | None, problem: str | None
) -> None:
    """Store what came of a task that the caller worked on."""
    held = None if result is None else zlib.compress(result)
    _change(store, task, {"state": state, "ended_at": now, "seen_at": now, "result": held, "problem": problem})


def remove_old_tasks(store: Store, now: datetime) -> None:
    """Remove the tasks that have been kept long enough."""
    with store.writing() as connection:
        connection.execute(delete(BACKGROUND_TASK).where(_TASK.asked_at < now - KEPT))


def _change(store: Store, task: BackgroundTask, values: dict[str, Any]) -> None:
    """Change a task as long as it counts as worked on."""
    with store.writing() as connection:
        mine = (_TASK.id == task.id, _TASK.state == TaskState.RUNNING)
        connection.execute(update(BACKGROUND_TASK).where(*mine).values(values))


def _select() -> Select[Any]:
    """Select tasks without their results, the newest first."""
    names = [name for name in BackgroundTask.__slots__ if name not in {"state"}]
    return select(*(BACKGROUND_TASK.c[name] for name in names), _TASK.state, _TASK.seen_at).order_by(_TASK.id.desc())


def _find(connection: Connection, asked: Select[Any], now: datetime, limit: int = 1) -> list[BackgroundTask]:
    return [_stand(dict(row), now) for row in connection.execute(asked.limit(limit)).mappings()]


def _stand(row: dict[str, Any], now: datetime) -> BackgroundTask:
    """Return a task as it stands now: one of which nothing was heard for long is interrupted."""
    state, seen_at = TaskState(row.pop("state")), row.pop("seen_at")
    is_lost = state is TaskState.RUNNING and now - seen_at > LOST_AFTER
    return BackgroundTask(**row, state=TaskState.INTERRUPTED if is_lost else state)
