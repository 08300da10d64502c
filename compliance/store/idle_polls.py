"""Polls that bring nothing new, most of them at night: one row stands for all in a row.

Reports ask by when everything known at an instant had been seen, and where the crime system was not read (decision
0008). Both are answered from when a row's first poll ended and when its last one did: in between nothing changed.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from compliance.store.tables import POLL

LONGEST_WAIT: Final = timedelta(hours=1)
"""How long after an idle poll the next one may begin for both to be in a row: less than any gap that matters."""


def first_end() -> ColumnElement[Any]:
    """Return, as a column, when the first poll ended that a row stands for."""
    return func.coalesce(POLL.c.idle_since, POLL.c.ended_at)


def idle_since(connection: Connection, poll_id: int, ended_at: datetime, complete: bool) -> datetime:
    """Return since when polls have been idle, and complete or not as this one, at the end of one that is."""
    this = connection.execute(select(POLL).where(POLL.c.id == poll_id)).one()
    earlier = select(POLL).where(POLL.c.source == this.source, POLL.c.id < poll_id).order_by(POLL.c.id.desc())
    before = connection.execute(earlier.limit(1)).first()
    if before is None or before.idle_since is None or before.complete != complete:
        return ended_at
    since: datetime = before.idle_since
    return since if this.started_at - before.ended_at <= LONGEST_WAIT else ended_at


def delete_idle_poll(connection: Connection, source: str) -> None:
    """Delete the last poll but one of a source if the last one stands for it.

    The directory must have been found alike, too. The first poll of all remains: reports say when it was.
    """
    newest = select(POLL).where(POLL.c.source == source).order_by(POLL.c.id.desc()).limit(3)
    match connection.execute(newest).all():
        case [last, before, _] if _stands_for(last, before):
            connection.execute(delete(POLL).where(POLL.c.id == before.id))


def covering_end(connection: Connection, known_at: datetime) -> datetime | None:
    """Return by when everything known at K had been seen: the end of the first complete poll that ended at or after K.

    Among idle polls that is K itself. None: there is no such poll yet.
    """
    asked = select(first_end().label("first"), POLL.c.ended_at).where(POLL.c.complete, POLL.c.ended_at >= known_at)
    found = connection.execute(asked.order_by(POLL.c.ended_at).limit(1)).first()
    return None if found is None else max(found.first, known_at)


def list_readings(
    connection: Connection, since: datetime, until: datetime | None = None
) -> list[tuple[datetime, datetime]]:
    """Return when the crime system was read to its end: the first and last end of what each row stands for, in order.

    From the last before an instant to the first from another on (None: the newest).
    """
    asked = select(first_end().label("first"), POLL.c.ended_at).where(POLL.c.complete)
    within = asked.where(POLL.c.ended_at >= since)
    if until is not None:
        within = within.where(first_end() < until)
    before = asked.where(POLL.c.ended_at < since).order_by(POLL.c.ended_at.desc()).limit(1)
    found = [*connection.execute(before), *connection.execute(within.order_by(POLL.c.ended_at))]
    if until is not None:
        found += connection.execute(asked.where(first_end() >= until).order_by(POLL.c.ended_at).limit(1))
    return [(row.first, row.ended_at) for row in found]


def _stands_for(last: Any, before: Any) -> bool:
    return (
        last.idle_since is not None
        and before.idle_since is not None
        and last.idle_since <= before.ended_at
        and all(getattr(last, name) == getattr(before, name) for name in ("complete", "problem", "officers"))
        and last.directory_problem is None
        and before.directory_problem is None
    )
