"""The log of obligations that became overdue, were discharged, or stopped being so: written once, never rebuilt."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, func, select

from compliance.policy.calendars import NO_DAY, from_day
from compliance.policy.verdicts import Verdicts
from compliance.policy.wake import find_end_days
from compliance.store.database.dialect import add, among, chunks, rows_of
from compliance.store.judgements.obligation_rows import (
    CLOCK_DATE,
    DISCHARGED_ON,
    DUE_DATE,
    KEY,
    STATE,
    Key,
    Obligations,
    is_aside,
)
from compliance.store.tables import TRANSITION

SET_ASIDE: Final = "set aside"
"""Used in place of a state: unknown, because the calendar does not cover a date (rules 6.1a)."""
_LOGGED: Final = frozenset({"overdue", "met", "late"})
_SPELL_OF: Final = (*KEY, "clock_date")


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between stored and newly judged obligations, and what was and is set aside."""

    standing: Obligations
    fresh: Obligations
    were_aside: Collection[Key]
    are_aside: Collection[Key]

    def list_logged(self) -> Iterator[tuple[Key, date, str | None, str | None]]:
        """Yield (key, clock date, state before, state now) of every change to be logged."""
        for key, was in self.standing.items():
            row = self.fresh.get(key)
            if (row is None or row[CLOCK_DATE] != was[CLOCK_DATE]) and was[STATE] in _LOGGED:
                aside = row is None and is_aside(key, self.are_aside)
                yield key, was[CLOCK_DATE], was[STATE], SET_ASIDE if aside else None
        for key, row in self.fresh.items():
            before = SET_ASIDE if is_aside(key, self.were_aside) else None
            if key in self.standing and self.standing[key][CLOCK_DATE] == row[CLOCK_DATE]:
                before = self.standing[key][STATE]
            if before != row[STATE] and (before in _LOGGED or row[STATE] in _LOGGED):
                yield key, row[CLOCK_DATE], before, row[STATE]


def note_transitions(
    connection: Connection, verdicts: Verdicts, keys: Sequence[Key], changes: Changes, now: datetime
) -> int:
    """Log the changes from the stored to the newly judged obligations, and return how many.

    An obligation is the same one only while its clock date is. `keys` are those of the verdicts, in their order.
    """
    found = list(changes.list_logged())
    if not found:
        return 0
    today = verdicts.policy.local.date_of(now)
    ended = _end_days(verdicts, keys)
    spells = _spells(connection, sorted({key[0] for key, *_ in found}))
    rows: list[dict[str, Any]] = []
    for key, clock_date, from_state, to_state in found:
        spell_of = (*key, clock_date)
        spells[spell_of] += to_state == "overdue"
        judged = to_state not in (None, SET_ASIDE)
        dated = _log_date(changes.fresh[key], ended.get(key, today)) if judged else today
        row = dict(zip(_SPELL_OF, spell_of, strict=True))
        row |= {"from_state": from_state, "to_state": to_state, "dated": dated}
        rows.append(row | {"noticed_at": now, "spell": max(spells[spell_of], 1)})
    add(connection, TRANSITION, rows)
    return len(rows)


def _log_date(row: Sequence[Any], ended: date) -> date:
    """Return the deadline that passed, the discharge, or the day on which it was no longer owed."""
    if row[STATE] == "overdue":
        day: date = row[DUE_DATE]
        return day
    discharged_on: date | None = row[DISCHARGED_ON]
    return discharged_on or ended


def _end_days(verdicts: Verdicts, keys: Sequence[Key]) -> dict[Key, date]:
    """Return the day on which each obligation was no longer owed, if the records say."""
    days = find_end_days(verdicts)
    return {keys[place]: from_day(days[place]) for place in np.flatnonzero(days != NO_DAY).tolist()}


def _spells(connection: Connection, crime_refs: Sequence[str]) -> Counter[Key]:
    """Return how often each obligation with its clock date has become overdue so far."""
    counts: Counter[Key] = Counter()
    of = [TRANSITION.c[name] for name in _SPELL_OF]
    for refs in chunks(crime_refs):
        overdue = among(connection, TRANSITION.c.crime_ref, refs), TRANSITION.c.to_state == "overdue"
        for row in rows_of(connection, select(*of, func.count()).where(*overdue).group_by(*of)):
            counts[row[:-1]] = row[-1]
    return counts
