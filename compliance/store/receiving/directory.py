"""The officer directory: its entries as last seen, and the result of each poll for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from compliance.records import Officer
from compliance.store.database.dialect import upsert
from compliance.store.database.engine import Store
from compliance.store.kept.idle_polls import first_end
from compliance.store.tables import OFFICER, POLL

_WRITTEN_EVERY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An officer as last seen in the directory. `absent`: a list of {"from", "until"} (local dates, ISO)."""

    officer_ref: str
    seen_at: datetime
    name: str | None = None
    email: str | None = None
    team: str | None = None
    division: str | None = None
    supervisor_ref: str | None = None
    role: str | None = None
    left_on: date | None = None
    absent: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class LastGood:
    """The directory in force: when it was last read or confirmed, and how many usable entries it had."""

    as_of: datetime
    entries: int


def officers(store: Store, *which: ColumnElement[bool]) -> dict[str, DirectoryEntry]:
    """Return the officer directory as last seen, by reference. `which`: conditions on its rows."""
    asked = select(*(OFFICER.c[each.name] for each in fields(DirectoryEntry))).where(*which)
    with store.reading() as connection:
        return {row[0]: DirectoryEntry(*row) for row in connection.execute(asked.order_by(OFFICER.c.officer_ref))}


def officer_refs(store: Store) -> frozenset[str]:
    """Return the references of all in the officer directory."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(OFFICER.c.officer_ref)).scalars())


def save_officers(store: Store, officers: Sequence[Officer], now: datetime) -> None:
    """Store the entries of the officer directory as of now, their dates already checked by the feed.

    An entry that the directory no longer has remains as last seen. One that is as before is written once a day.
    """
    rows = []
    for officer in {officer.officer_ref: officer for officer in officers}.values():
        row: dict[str, Any] = msgspec.structs.asdict(officer)
        row["left_on"] = date.fromisoformat(officer.left_on) if officer.left_on else None
        row["email"] = officer.email.strip() if officer.email else officer.email
        row["absent"] = msgspec.to_builtins(officer.absent or [])
        rows.append(row | {"seen_at": now})
    with store.writing() as connection:
        held = {row["officer_ref"]: dict(row) for row in connection.execute(select(OFFICER)).mappings()}
        upsert(connection, OFFICER, [row for row in rows if not _is_as_seen(row, held.get(row["officer_ref"]))])


def _is_as_seen(row: Mapping[str, Any], held: Mapping[str, Any] | None) -> bool:
    """Return whether an entry is as it was last written, less than a day ago."""
    return held is not None and row["seen_at"] - held["seen_at"] < _WRITTEN_EVERY and {**held, **row} == {
        **held, "seen_at": row["seen_at"],
    }  # fmt: skip


def note_directory(store: Store, poll_id: int, entries: int | None, problem: str | None = None) -> None:
    """Store a poll's result for the directory.

    `entries` is the number of usable entries, or None if it was not read. `problem` says why it was not stored; it is
    None if it was, or if it is unchanged.
    """
    with store.writing() as connection:
        found = {"officers": entries, "directory_problem": problem}
        connection.execute(update(POLL).where(POLL.c.id == poll_id).values(found))


def last_good_directory(store: Store, source: str | None = None, until: datetime | None = None) -> LastGood | None:
    """Return the directory of a source (None: any) in force at an instant (None: now); None before the first."""
    good = [POLL.c.officers.is_not(None), POLL.c.directory_problem.is_(None), *_by(until, first_end())]
    good += [] if source is None else [POLL.c.source == source]
    asked = select(POLL.c.ended_at, POLL.c.officers).where(*good)
    with store.reading() as connection:
        found = connection.execute(asked.order_by(POLL.c.id.desc()).limit(1)).first()
        if found is None:
            return _as_seen(connection, until)
    return LastGood(found.ended_at if until is None else min(found.ended_at, until), found.officers)


def directory_as_of(store: Store, source: str | None = None, until: datetime | None = None) -> datetime | None:
    """Return when the directory in force at an instant (None: now) was last read or confirmed."""
    found = last_good_directory(store, source, until)
    return None if found is None else found.as_of


def directory_problem(store: Store) -> str | None:
    """Return why the directory was not stored when last requested, or None if it was."""
    asked = select(POLL.c.directory_problem).where(
        or_(POLL.c.officers.is_not(None), POLL.c.directory_problem.is_not(None))
    )
    with store.reading() as connection:
        problem: str | None = connection.execute(asked.order_by(POLL.c.id.desc()).limit(1)).scalar()
    return problem


def count_failed_readings(store: Store) -> int:
    """Return how many readings in a row have failed. One that could be read is none, whether it was stored or not."""
    read = select(func.max(POLL.c.id)).where(POLL.c.officers.is_not(None)).scalar_subquery()
    failed = [POLL.c.directory_problem.is_not(None), POLL.c.id > func.coalesce(read, 0)]
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(POLL).where(*failed)).scalar_one()


def _as_seen(connection: Connection, until: datetime | None) -> LastGood | None:
    """Return the same from the entries themselves, because polls of the first version did not record a result."""
    newest = select(func.max(OFFICER.c.seen_at)).where(*_by(until, OFFICER.c.seen_at))
    as_of: datetime | None = connection.execute(newest).scalar()
    if as_of is None:
        return None
    count = select(func.count()).select_from(OFFICER).where(OFFICER.c.seen_at == as_of)
    return LastGood(as_of, connection.execute(count).scalar_one())


def _by(until: datetime | None, instant: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    return [] if until is None else [instant <= until]
