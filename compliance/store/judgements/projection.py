"""The obligations as last judged, updated only for what has changed and for days that have arrived.

Nothing is known only here: `rebuild` reproduces it from the records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, update

from compliance.policy import Policy, judge
from compliance.policy.calendars import NEVER, from_day
from compliance.policy.verdicts import Verdicts
from compliance.policy.wake import wake_on
from compliance.progress import tell_step
from compliance.records import columns
from compliance.records.collector import paused_gc
from compliance.store.content import unpack
from compliance.store.database.dialect import (
    add,
    among,
    chunks,
    delete_by_key,
    refresh_statistics,
    rows_of,
    set_by_key,
    upsert,
)
from compliance.store.database.engine import Store
from compliance.store.judgements.obligation_rows import (
    ASIDE_COLUMNS,
    COLUMNS,
    KEY,
    Obligations,
    asides_of,
    obligations_of,
)
from compliance.store.judgements.transitions import Changes, note_transitions
from compliance.store.owed.owed_counts import count_for, kept_up, recount
from compliance.store.receiving.current_versions import AT_ONCE
from compliance.store.tables import CRIME, OBLIGATION, PROJECTION, SET_ASIDE

BATCH: Final = 1000
"""The crimes judged in one transaction: few enough that nobody waits for a page until it ends."""
LARGE_BATCH: Final = 5000
"""The same where many crimes are due."""
MANY: Final = 50_000
"""The number of crimes judged at once, as after a first reading, at which the statistics are refreshed."""


@dataclass(frozen=True, slots=True)
class JudgedCounts:
    """How many crimes were judged, and how many transitions were logged."""

    crimes: int
    transitions: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many crimes were judged, how many obligations (including those set aside) differed from the records, and how
    many counts of what is outstanding differed from these."""

    crimes: int
    differences: int
    counts: int


def judge_due(store: Store, policy: Policy, now: datetime) -> JudgedCounts:
    """Judge, as at `now`, every crime that changed or whose day has come; all of them if the policy has changed.

    Writes the obligations that differ, and the transitions, in one transaction per batch; an interrupted run continues
    where it was. Judging again at the same instant changes nothing. What the policy's calendar does not allow to be
    judged is stored as set aside (rules 6.1a).
    """
    with store.writing() as connection:
        _wake_all_if_changed(connection, policy, now)
        count_for(connection, policy.local.date_of(now))
    due = CRIME.c.wake_on <= policy.local.date_of(now)
    with store.reading() as connection:
        refs = sorted(connection.execute(select(CRIME.c.crime_ref).where(due)).scalars().all())
    crimes = transitions = 0
    for part in chunks(refs, LARGE_BATCH if len(refs) >= MANY else BATCH):
        with paused_gc(), store.writing() as connection:
            # What another service has judged meanwhile is no longer due, and must not be judged as at an earlier now.
            batch = _Batch(connection, policy, part, now, due)
            crimes += len(batch.refs)
            transitions += batch.note_transitions(connection, now)
            with kept_up(connection, batch.changed, policy.local.date_of(now)):
                batch.write(connection)
        tell_step("crimes judged", crimes, len(refs))
    if crimes >= MANY:
        with store.translate_errors():
            refresh_statistics(store.engine, (CRIME, OBLIGATION))
    return JudgedCounts(crimes, transitions)


def rebuild(store: Store, policy: Policy, now: datetime) -> Rebuilt:
    """Rebuild the obligations from all records, as at `now`, and their counts; say how many of each differed.

    They are first brought up to date, so that changes noticed by that are in the log; the log itself is not touched. A
    crime that changes meanwhile is left to the next judging. There is one transaction per batch: after an interruption,
    begin again.
    """
    judge_due(store, policy, now)
    asleep = or_(CRIME.c.wake_on.is_(None), CRIME.c.wake_on > policy.local.date_of(now))
    with store.writing() as connection:
        differences = sum(
            connection.execute(delete(table).where(table.c.crime_ref.not_in(select(CRIME.c.crime_ref)))).rowcount
            for table in (OBLIGATION, SET_ASIDE)
        )
    with store.reading() as connection:
        refs = sorted(connection.execute(select(CRIME.c.crime_ref)).scalars().all())
    crimes = 0
    for part in chunks(refs, LARGE_BATCH):
        with paused_gc(), store.writing() as connection:
            batch = _Batch(connection, policy, part, now, asleep)
            crimes += len(batch.refs)
            differences += batch.write(connection)
        tell_step("crimes judged again", crimes, len(refs))
    with store.writing() as connection:
        counts = recount(connection, policy.local.date_of(now))
    return Rebuilt(crimes, differences, counts)


class _Batch:
    """Some judged crimes: how their obligations, and those set aside, differ from the stored ones."""

    def __init__(
        self, connection: Connection, policy: Policy, refs: Sequence[str], now: datetime, *which: ColumnElement[bool]
    ) -> None:
        asked = select(CRIME.c.crime_ref, CRIME.c.record, CRIME.c.wake_on)
        held = rows_of(connection, asked.where(among(connection, CRIME.c.crime_ref, refs), *which))
        self.refs: list[str] = [ref for ref, _, _ in held]
        self.verdicts: Verdicts = judge(columns(unpack(record for _, record, _ in held)), policy, now)
        fresh, asides = obligations_of(self.verdicts), asides_of(self.verdicts)
        self._keys = list(fresh)
        self._obligations = _Difference(connection, OBLIGATION, COLUMNS, self.refs, fresh)
        self._asides = _Difference(connection, SET_ASIDE, ASIDE_COLUMNS, self.refs, asides)
        self._slept: list[date | None] = [day for _, _, day in held]

    @property
    def changed(self) -> list[str]:
        """Return the crimes whose obligations differ from the stored ones."""
        return self._obligations.crimes

    def note_transitions(self, connection: Connection, now: datetime) -> int:
        """Log the differences, and return the number of transitions."""
        obligations, asides = self._obligations, self._asides
        changes = Changes(obligations.was, obligations.changed, asides.standing, asides.fresh)
        return note_transitions(connection, self.verdicts, self._keys, changes, now)

    def write(self, connection: Connection) -> int:
        """Write both kinds of rows and when each crime wakes next; return how many differed."""
        differed = self._obligations.write(connection) + self._asides.write(connection)
        wake = [None if day == NEVER else from_day(day) for day in wake_on(self.verdicts).tolist()]
        moved = zip(self.refs, self._slept, wake, strict=True)
        woken = [{"crime_ref": ref, "wake_on": day} for ref, slept, day in moved if slept != day]
        set_by_key(connection, CRIME, woken)
        return differed


class _Difference:
    """The newly judged rows of a projection for some crimes, compared with the stored ones."""

    def __init__(
        self, connection: Connection, table: Table, columns: Sequence[str], refs: Sequence[str], fresh: Obligations
    ) -> None:
        self._table, self._columns, self.fresh = table, columns, fresh
        asked = select(*(table.c[name] for name in columns)).where(among(connection, table.c.crime_ref, refs))
        self.standing: Obligations = {row[: len(KEY)]: row for row in rows_of(connection, asked)}
        self.changed = {key: row for key, row in fresh.items() if self.standing.get(key) != row}
        self._gone = [key for key in self.standing if key not in fresh]

    @property
    def was(self) -> Obligations:
        """Return the stored rows that will be removed or changed."""
        return {key: self.standing[key] for key in (*self._gone, *self.changed) if key in self.standing}

    @property
    def crimes(self) -> list[str]:
        """Return the crimes whose rows will be added, changed or removed."""
        return sorted({key[0] for key in (*self._gone, *self.changed)})

    def write(self, connection: Connection) -> int:
        """Write the differences, and return how many there were."""
        upsert(connection, self._table, [dict(zip(self._columns, row, strict=True)) for row in self.changed.values()])
        delete_by_key(connection, self._table, [dict(zip(KEY, key, strict=True)) for key in self._gone])
        return len(self.changed) + len(self._gone)


def _wake_all_if_changed(connection: Connection, policy: Policy, now: datetime) -> None:
    """Wake every crime if the policy or its calendar has changed (decision 0009)."""
    judged_by = select(PROJECTION.c.policy_digest).order_by(PROJECTION.c.id.desc()).limit(1)
    if connection.execute(judged_by).scalar() != policy.digest:
        connection.execute(update(CRIME).values(wake_on=AT_ONCE))
        add(connection, PROJECTION, [{"policy_digest": policy.digest, "title": policy.title, "since": now}])
