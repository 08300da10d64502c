"""Polls that bring nothing new, most of them at night: one row stands for all in a row.

Reports ask by when everything known at an instant had been seen, and where the crime system was not read (decision
0008). Both are answered from when a row's first poll ended and when its last one did: in between nothing changed. So a
poll that has nothing to store writes once, at its end, and as a rule only when that was (decision 0043).
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from compliance.store.database.engine import Store
from compliance.store.tables import POLL

LONGEST_WAIT: Final = timedelta(hours=1)
"""How long after an idle poll the next one may begin for both to be in a row: less than any gap that matters."""


class NewestPoll(NamedTuple):
    """The newest poll of a source as it stands: its number (0: there is none), its pages so far, and its end (UTC).

    Whatever another poll stores makes it another.
    """

    number: int = 0
    pages: int = 0
    ended_at: datetime | None = None


class IdlePoll(NamedTuple):
    """A poll that found nothing to store: when it was (UTC), how it ended, and what came of the directory."""

    started_at: datetime
    ended_at: datetime
    complete: bool
    problem: str | None
    officers: int | None
    directory_problem: str | None


def read_newest_poll(connection: Connection, source: str) -> NewestPoll:
    """Return the newest poll of a source as it stands."""
    newest = select(POLL.c.id, POLL.c.pages, POLL.c.ended_at).where(POLL.c.source == source)
    found = connection.execute(newest.order_by(POLL.c.id.desc()).limit(1)).first()
    return NewestPoll() if found is None else NewestPoll(*found)


def note_idle_poll(store: Store, source: str, after: NewestPoll, poll: IdlePoll) -> None:
    """Store a poll that found nothing to store: where it can, by the end of the row that stands for those before it.

    `after`: the newest poll when this one began. Nothing is stored if another has stored something since: what that
    says is newer.
    """
    newest = select(POLL).where(POLL.c.source == source).order_by(POLL.c.id.desc()).limit(2)
    with store.writing() as connection:
        if read_newest_poll(connection, source) != after:
            return
        before = connection.execute(newest).all()
        since = _idle_since(before[0] if before else None, poll)
        match before:
            case [last, _] if since == last.idle_since and _are_alike(poll, last):
                ended = {"started_at": poll.started_at, "ended_at": poll.ended_at}
                connection.execute(update(POLL).where(POLL.c.id == last.id).values(ended))
            case _:
                nothing = {"pages": 0, "received": 0, "changed": 0, "refused": 0}
                row = {"source": source, "idle_since": since} | nothing | poll._asdict()
                connection.execute(insert(POLL).values(row))


def first_end() -> ColumnElement[Any]:
    """Return, as a column, when the first poll ended that a row stands for."""
    return func.coalesce(POLL.c.idle_since, POLL.c.ended_at)


def idle_since(connection: Connection, poll_id: int, ended_at: datetime, complete: bool) -> datetime:
    """Return since when polls have been idle, and complete or not as this one, at the end of one that is."""
    this = connection.execute(select(POLL).where(POLL.c.id == poll_id)).one()
    earlier = select(POLL).where(POLL.c.source == this.source, POLL.c.id < poll_id).order_by(POLL.c.id.desc())
    before = connection.execute(earlier.limit(1)).first()
    return _idle_since(before, IdlePoll(this.started_at, ended_at, complete, None, None, None))


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


def _idle_since(before: Any, poll: IdlePoll) -> datetime:
    """Return since when polls have been idle at the end of one, from the row before it."""
    if before is None or before.idle_since is None or before.complete != poll.complete:
        return poll.ended_at
    since: datetime = before.idle_since
    return since if poll.started_at - before.ended_at <= LONGEST_WAIT else poll.ended_at


def _stands_for(last: Any, before: Any) -> bool:
    return (
        last.idle_since is not None
        and before.idle_since is not None
        and last.idle_since <= before.ended_at
        and _are_alike(last, before)
    )


def _are_alike(last: Any, before: Any) -> bool:
    """Return whether a poll ended as the one before it, and neither found a problem in the directory."""
    return (
        all(getattr(last, name) == getattr(before, name) for name in ("complete", "problem", "officers"))
        and last.directory_problem is None
        and before.directory_problem is None
    )
