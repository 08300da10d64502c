"""Victims without contact: silent victims, and cases closed without a word (statistics 1.7, 1.8).

Days are local dates as numbers since 1970-01-01, `NO_DAY` for none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from compliance.policy.allocation import CaseHolders, owners
from compliance.policy.calendars import NO_DAY, Days, Ints
from compliance.policy.facts import Block
from compliance.policy.moment import Moment
from compliance.policy.status import Flags
from compliance.policy.verdicts import Clause, Verdicts
from compliance.records.columns import Coded, joined_texts
from compliance.reports.judging.rates import has, owner
from compliance.reports.periods.spans import Span

SILENCE: Final = 28
"""Days without an update that make a victim silent, and for which the case must have been open (statistics 1.7)."""
AROUND: Final = 7
"""Days before and after the closing in which an update counts as telling the victim (statistics 1.8)."""
REOPENED_WITHIN: Final = 28
"""Days within which a case closed across a due date was reopened (statistics 1.8)."""


@dataclass(frozen=True, slots=True)
class VictimsAsked:
    """The victims in a denominator, as rows of the columns.

    `hit`: which of them count. `holders`: who had their cases. `update`: the last counted update considered (a row of
    the updates, -1: none). `closed`: the day on which the case closed, if the question is about that.
    """

    row: Ints
    hit: Flags
    holders: CaseHolders
    update: Ints
    closed: Days | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """The victims asked about, one element each: which are silent, which enhanced, and who has the case."""

    silent: Flags
    enhanced: Flags
    division: Coded
    team: Coded
    officer: Coded

    def where(self, rows: Flags) -> "Silence":
        """Return the chosen rows."""
        named = (column.take(rows) for column in (self.division, self.team, self.officer))
        return Silence(self.silent[rows], self.enhanced[rows], *named)


def join_silences(parts: Sequence[Silence]) -> Silence:
    """Join victims asked about in several parts of the records."""
    return Silence(
        np.concatenate([part.silent for part in parts]),
        np.concatenate([part.enhanced for part in parts]),
        *(joined_texts([getattr(part, name) for part in parts]) for name in ("division", "team", "officer")),
    )


class Facts:
    """The facts behind some verdicts, as at a chosen instant and as known at the verdicts' K."""

    def __init__(self, verdicts: Verdicts, as_at: datetime) -> None:
        """`as_at`: an aware instant."""
        moment = Moment.of(verdicts.policy.local, as_at, verdicts.known_at)
        block = Block.of(verdicts.columns, verdicts.policy, moment)
        self.moment, self.cases, self.openness, self.contacts = moment, block.cases, block.openness, block.contacts
        self._key = self.contacts.case * (1 << 32) + self.contacts.day

    def heard(self, case: Ints, first: Days | int, last: Days | int) -> Flags:
        """Return whether each case has a counted update on a day from `first` to `last`, both included."""
        start = np.searchsorted(self._key, case * (1 << 32) + first, side="left")
        return np.searchsorted(self._key, case * (1 << 32) + last, side="right") > start

    def last_heard(self, case: Ints, last: Days | int) -> Ints:
        """Return the last counted update of each case up to a day, as a row of the updates; -1 for none."""
        place = np.searchsorted(self._key, case * (1 << 32) + last, side="right") - 1
        if not len(self._key):
            return place
        row: Ints = np.where((place >= 0) & (self.contacts.case[place] == case), self.contacts.row[place], -1)
        return row

    def owed(self, case: Ints, day: Days | int) -> Flags:
        """Return which cases were neither exempt by category nor declining on a day, and are not cancelled."""
        found = self.cases
        declining = (found.declined[case] <= day) & (found.asked_again[case] > day)
        return (found.exempt[case] < 0) & ~declining & ~self.openness.cancelled[found.crime[case]]

    def closings(self, first: int, last: int) -> tuple[Ints, Days, Days]:
        """Return every closing from `first` to `last`, both included.

        A tuple: (crime, the day at whose end it was no longer open, the day at whose end it was open again).
        """
        crime = np.flatnonzero(self.openness.closes <= last)
        closed = self.openness.closes[crime]
        found = []
        while len(crime):
            _, reopened = self.openness.at(crime, closed)
            asked = closed >= first
            found.append((crime[asked], closed[asked], reopened[asked]))
            again = reopened < last
            crime = crime[again]
            _, closed = self.openness.at(crime, reopened[again])
            crime, closed = crime[closed <= last], closed[closed <= last]
        nothing = np.empty(0, dtype=np.int64)
        crimes, closes, reopens = zip(*found, strict=True) if found else ((nothing,), (nothing,), (nothing,))
        return np.concatenate(crimes), np.concatenate(closes), np.concatenate(reopens)


def silence(verdicts: Verdicts, period: Span) -> Silence:
    """Return the victims of cases open for more than 28 days at the end of a period, and which are silent.

    Exempt and declining victims are left out. A victim is silent without a counted update in the last 28 days
    (statistics 1.7). As in the verdicts, an update entered after the end of the period counts if it took place before
    it. A case reopened counts from its reopening, a victim added later from then.
    """
    found = silent_victims(verdicts, period)
    category = verdicts.columns.victims.category
    owned = (found.holders.owner(name) for name in ("division", "team", "officer"))
    return Silence(found.hit, category.codes[found.row] == category.code("enhanced"), *owned)


def silent_victims(verdicts: Verdicts, period: Span) -> VictimsAsked:
    """Return the victims asked about and which are silent, as `silence` counts them."""
    last = period.days[1]
    facts = Facts(verdicts, period.end_instant(verdicts.policy.local))
    found = facts.cases
    case = np.flatnonzero(found.day_0 < last - SILENCE)
    was_open, flips = facts.openness.at(found.crime[case], np.full(len(case), last - SILENCE - 1, dtype=np.int32))
    case = case[was_open & (flips > last)]
    case = case[facts.owed(case, last)]
    holders = _holders(verdicts, facts, case, np.full(len(case), last, dtype=np.int32))
    silent = ~facts.heard(case, last - SILENCE + 1, last)
    return VictimsAsked(found.victim[case], silent, holders, facts.last_heard(case, last))


def victims_at_close(verdicts: Verdicts, period: Span) -> VictimsAsked:
    """Return the victims of cases closed in a settled period, and which had no update about it.

    They are judged seven days after the end of the period (statistics 1.8). Of several closings in the period the last
    counts. Victims exempt by category, or declining on the day of the closing, are not owed an update and are left out,
    as are cancelled crimes.
    """
    first, last = period.days
    facts = Facts(verdicts, verdicts.as_at)
    found = facts.cases
    crime, closed, _ = facts.closings(first, last)
    closed_on = np.full(len(verdicts.columns), NO_DAY, dtype=np.int32)
    np.maximum.at(closed_on, crime, closed)
    day = closed_on[found.crime]
    case = np.flatnonzero((day > NO_DAY) & (found.day_0 <= day))
    case = case[facts.owed(case, day[case])]
    day = day[case]
    without = ~facts.heard(case, day - AROUND, day + AROUND)
    holders = _holders(verdicts, facts, case, day)
    return VictimsAsked(found.victim[case], without, holders, facts.last_heard(case, day + AROUND), day)


def find_closed_across(verdicts: Verdicts, facts: Facts, period: Span, division: str | None = None) -> Ints:
    """Return the crimes reopened in a period within 28 days of closing, with an obligation lapsed in between.

    For a division, only those whose lapsed obligation was its own.
    """
    first, last = period.days
    crime, closed, reopened = facts.closings(first - REOPENED_WITHIN, last)
    within = (reopened >= first) & (reopened <= last) & (reopened - closed <= REOPENED_WITHIN)
    crime, closed, reopened = crime[within], closed[within], reopened[within]
    lapsed = np.flatnonzero(verdicts.clause == Clause.NOT_OPEN_WHEN_DUE)
    if division is not None:
        lapsed = lapsed[has(owner(verdicts, lapsed, "division"), division)]
    due = np.sort(verdicts.crime[lapsed] * (1 << 32) + verdicts.due_date[lapsed])
    across = np.searchsorted(due, crime * (1 << 32) + closed) < np.searchsorted(due, crime * (1 << 32) + reopened)
    return np.unique(crime[across])


def _holders(verdicts: Verdicts, facts: Facts, case: Ints, day: Days) -> CaseHolders:
    """Return who had the cases of some victims at the end of some days, as the verdicts have it."""
    crime = facts.cases.crime[case]
    held = owners(verdicts.columns, facts.moment, verdicts.policy.local)
    return CaseHolders(verdicts.columns, crime, held.at(crime, day))
