"""How something that is worked out in the background stands, as a page shows it (decision 0064)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from compliance.store.kept.background_tasks import MOST_WAITING, BackgroundTask, TaskState, count_before
from compliance.text import count_noun
from compliance.web.page_table import RefusedPageError, Visit

LOOKS: Final = 60
"""How often a page looks again by itself once somebody has asked for that."""
LOOK_SECONDS: Final = 5
"""How many seconds lie between two of these looks."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """How a task stands, in words, and the ways to look again.

    `again`: None once nothing more will come. `keep`: where the page goes on by itself. `refresh`: where it goes next,
    if somebody has asked it to. `may_retry`: whether it can be asked for once more.
    """

    words: str
    again: str | None
    keep: str | None
    refresh: str | None
    may_retry: bool


def view_task(visit: Visit, task: BackgroundTask, path: str, query: dict[str, str]) -> TaskView:
    """Return how a task stands. `path`, `query`: the address of the page that shows it."""
    if not task.is_under_way:
        return TaskView(_ended(task), None, None, None, task.state is not TaskState.DONE)
    left = visit.query.get("keep", "")
    looks = min(int(left), LOOKS) if left.isascii() and left.isdigit() and len(left) < 4 else 0

    def address(keep: int) -> str:
        kept = query | ({"keep": str(keep)} if keep else {})
        return f"{path}?{urlencode(kept)}" if kept else path

    refresh = f"{LOOK_SECONDS}; url={address(looks - 1)}" if looks else None
    return TaskView(_under_way(visit, task), address(0), None if looks else address(LOOKS), refresh, False)


def refuse_busy() -> RefusedPageError:
    """Return the refusal of a task while too many others wait."""
    words = f"{MOST_WAITING} others wait already. Try again when some of them are done."
    return RefusedPageError("Too much is being worked out", words, "too much is being worked out", 503)


def clock_time(visit: Visit, at: datetime) -> str:
    """Return the local time of an instant: `14:05:30`."""
    return f"{visit.service.policy.local.clock_at(at):%H:%M:%S}"


def _under_way(visit: Visit, task: BackgroundTask) -> str:
    if task.began_at is None or task.state is TaskState.WAITING:
        before = count_before(visit.service.store, task)
        return f"It waits: {count_noun(before, 'other')} before it." if before else "It begins in a moment."
    far = "" if task.of is None else f" {task.done:,} of {count_noun(task.of, 'crime')} are done."
    return f"It is being worked out, since {clock_time(visit, task.began_at)}.{far}"


def _ended(task: BackgroundTask) -> str:
    match task.state:
        case TaskState.FAILED:
            return f"Nothing came of it. {task.problem}"
        case TaskState.INTERRUPTED:
            return "It was interrupted before it was done, as when the pages are restarted. Nothing was lost."
        case _:
            return "It is done."
