"""The obligations as last judged: kept up with what changed and what the calendar changed, and no more than that.

Nothing is known only here: `rebuild` makes it again from the records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, update

from compliance.policy import Policy, judge
from compliance.policy.calendars import NEVER, from_day
from compliance.policy.verdicts import Verdicts
from compliance.policy.wake import wake_on
from compliance.records import columns
from compliance.records.wire import paused_gc
from compliance.store.content import unpack
from compliance.store.database import Store
from compliance.store.dialect import chunks, upsert
from compliance.store.intake import AT_ONCE
from compliance.store.rows import COLUMNS, KEY, Key, Obligations, obligations_of
from compliance.store.tables import CRIME, OBLIGATION, PROJECTION
from compliance.store.transitions import note_transitions

BATCH: Final = 5000
"""Crimes judged in one transaction: enough to make each step long, few enough to let other writers in."""
_NAME: Final = "obligations"


@dataclass(frozen=True, slots=True)
class Judged:
    """How many crimes were judged, and how many transitions were noticed."""

    crimes: int
    transitions: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many crimes were judged, and how many obligations stood otherwise than the records say."""

    crimes: int
    differences: int


def judge_due(store: Store, policy: Policy, now: datetime) -> Judged:
    """Judge, as at `now`, every crime that changed or whose day has come; all of them where the policy has changed.

    Writes the obligations that differ, and the transitions. A transaction a batch: what is interrupted goes on where it
    was. Judging again at the same instant changes nothing. Raises SettingsError beyond the policy's calendar.
    """
    with store.writing() as connection:
        _wake_all_if_changed(connection, policy, now)
    due = select(CRIME.c.crime_ref).where(CRIME.c.wake_on <= from_day(policy.local.day_of(now)))
    with store.reading() as connection:
        refs = sorted(connection.execute(due).scalars())
    transitions = 0
    for part in chunks(refs, BATCH):
        with paused_gc(), store.writing() as connection:
            batch = _Batch(connection, policy, part, now)
            transitions += note_transitions(connection, batch.verdicts, batch.standing, batch.fresh, now)
            batch.write(connection)
    return Judged(len(refs), transitions)


def rebuild(store: Store, policy: Policy, now: datetime) -> Rebuilt:
    """Make the obligations again from all records, as at `now`, and say how many stood otherwise.

    The transitions, which tell what was noticed and when, are left alone.
    """
    with store.writing() as connection:
        _note_policy(connection, policy, now)
        orphans = delete(OBLIGATION).where(OBLIGATION.c.crime_ref.not_in(select(CRIME.c.crime_ref)))
        differences = connection.execute(orphans).rowcount
        refs = sorted(connection.execute(select(CRIME.c.crime_ref)).scalars())
    for part in chunks(refs, BATCH):
        with paused_gc(), store.writing() as connection:
            differences += _Batch(connection, policy, part, now).write(connection)
    return Rebuilt(len(refs), differences)


class _Batch:
    """Some crimes judged: the obligations that stand and those that should."""

    def __init__(self, connection: Connection, policy: Policy, refs: Sequence[str], now: datetime) -> None:
        asked = select(CRIME.c.crime_ref, CRIME.c.record, CRIME.c.wake_on).where(CRIME.c.crime_ref.in_(refs))
        held = connection.execute(asked.with_for_update()).all()
        self.refs: list[str] = [row.crime_ref for row in held]
        self.verdicts: Verdicts = judge(columns(unpack(row.record for row in held)), policy, now)
        self.fresh = obligations_of(self.verdicts)
        self.standing = _standing(connection, self.refs)
        self._slept: list[date | None] = [row.wake_on for row in held]

    def write(self, connection: Connection) -> int:
        """Make the obligations those that should stand, and set when each crime wakes next; how many differed."""
        changed = [row for key, row in self.fresh.items() if self.standing.get(key) != row]
        gone = [key for key in self.standing if key not in self.fresh]
        upsert(connection, OBLIGATION, [dict(zip(COLUMNS, row, strict=True)) for row in changed])
        _delete(connection, gone)
        wake = [None if day == NEVER else from_day(day) for day in wake_on(self.verdicts).tolist()]
        moved = zip(self.refs, self._slept, wake, strict=True)
        _set_wake(connection, [{"ref": ref, "day": day} for ref, slept, day in moved if slept != day])
        return len(changed) + len(gone)


def _standing(connection: Connection, refs: Sequence[str]) -> Obligations:
    asked = select(*(OBLIGATION.c[name] for name in COLUMNS)).where(OBLIGATION.c.crime_ref.in_(refs))
    return {row[: len(KEY)]: tuple(row) for row in connection.execute(asked)}


def _delete(connection: Connection, keys: list[Key]) -> None:
    if keys:
        same = [OBLIGATION.c[name] == bindparam(f"its_{name}") for name in KEY]
        rows: list[dict[str, Any]] = [{f"its_{n}": value for n, value in zip(KEY, key, strict=True)} for key in keys]
        connection.execute(delete(OBLIGATION).where(*same), rows)


def _set_wake(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        moved = update(CRIME).where(CRIME.c.crime_ref == bindparam("ref")).values(wake_on=bindparam("day"))
        connection.execute(moved, rows)


def _wake_all_if_changed(connection: Connection, policy: Policy, now: datetime) -> None:
    """A changed policy or calendar judges everything again (design: data flows one way)."""
    judged_by = select(PROJECTION.c.policy_digest).where(PROJECTION.c.name == _NAME)
    if connection.execute(judged_by).scalar() != policy.digest:
        connection.execute(update(CRIME).values(wake_on=AT_ONCE))
        _note_policy(connection, policy, now)


def _note_policy(connection: Connection, policy: Policy, now: datetime) -> None:
    upsert(connection, PROJECTION, [{"name": _NAME, "policy_digest": policy.digest, "since": now}])
