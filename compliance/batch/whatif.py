"""Compare the figures of a period under a policy and under a changed one, and list what would have changed."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from compliance.batch.inputs import RefusedRecord
from compliance.batch.line_reader import Chunk
from compliance.errors import SettingsError
from compliance.policy import STATES, Policy, SetAside, Verdicts, judge
from compliance.policy.calendars import NO_DAY, Ints, from_day, to_day
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE
from compliance.records import Columns

OUTSIDE: Final = "due outside the period"
ABSENT: Final = "does not exist"
SET_ASIDE: Final = "set aside"
_FATES: Final = (*STATES, OUTSIDE, ABSENT, SET_ASIDE)
_OUTSIDE, _ABSENT, _SET_ASIDE = range(len(STATES), len(STATES) + 3)
_RATED: Final = (MET, LATE, OVERDUE, MISSED)


@dataclass(frozen=True, slots=True)
class Tally:
    """Obligations due in the period (rules 5.1): `of` is the rate's denominator; `rate` is None if that is 0."""

    met: int
    late: int
    overdue: int
    missed: int

    @property
    def of(self) -> int:
        """The number of obligations."""
        return self.met + self.late + self.overdue + self.missed

    @property
    def rate(self) -> float | None:
        """The compliance rate, or None if there is nothing to meet."""
        return self.met / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class DivisionComparison:
    """One division, or all (`division` None and `every` true), under both policies.

    A side is None if that policy does not have the requirement. `division` None and `every` false: it is unknown who
    had the case.
    """

    every: bool
    division: str | None
    before: Tally | None
    after: Tally | None


@dataclass(frozen=True, slots=True)
class RequirementComparison:
    """One requirement: all divisions together first, then each."""

    requirement: str
    title: str
    lines: tuple[DivisionComparison, ...]


@dataclass(frozen=True, slots=True)
class ChangedObligation:
    """An obligation that changed, which `compliance explain` can explain."""

    crime_ref: str
    victim_ref: str
    cycle: int
    due_before: date | None
    due_after: date | None


@dataclass(frozen=True, slots=True)
class StateChange:
    """The number of obligations of a requirement that went from one state to another.

    A state is one of the seven, `due outside the period`, `does not exist` or `set aside` (rules 6.1a).
    """

    requirement: str
    before: str
    after: str
    count: int
    examples: tuple[ChangedObligation, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer, for obligations due in the period under either policy.

    They are matched by crime, victim, requirement and cycle. `kept` counts those with the same state under both.
    `set_aside` counts those that cannot be judged under the policy, and under the changed one (rules 6.1a), regardless
    of when they would be due. `unknown`: what is not known yet of either policy, if it is a draft.
    """

    before: str
    after: str
    changed: tuple[str, ...]
    first: date
    last: date
    as_at: datetime
    known_at: datetime | None
    today: date
    crimes: int
    refused: int
    set_aside: tuple[int, int]
    figures: tuple[RequirementComparison, ...]
    kept: int
    changes: tuple[StateChange, ...]
    unknown: tuple[str, ...] = ()

    @property
    def moved(self) -> int:
        """The number of obligations whose state changed."""
        return sum(change.count for change in self.changes)


def whatif(
    chunks: Iterable[Chunk],
    before: Policy,
    after: Policy,
    period: tuple[date, date],
    as_at: datetime,
    known_at: datetime | None = None,
    *,
    changed: Sequence[str] = (),
    examples: int = 5,
    refuse: Callable[[RefusedRecord], None] = lambda _: None,
) -> WhatIf:
    """Judge records under two policies as at T, and as known at K, and compare what was due in a period.

    `chunks` are read once, one at a time. `period` is the first and last local date, both included. `changed` lists in
    words what the changed policy changes. `refuse` is called with every refused record. Raises SettingsError for a
    period that ends before it begins.
    """
    if period[1] < period[0]:
        raise SettingsError(f"the period ends on {period[1]}, before it begins on {period[0]}")
    comparison = _Comparison(before, after, period, examples)
    crimes = refused = 0
    for chunk in chunks:
        for record in chunk.refused:
            refuse(record)
        comparison.add(chunk.columns, as_at, known_at)
        crimes, refused = crimes + len(chunk.columns), refused + len(chunk.refused)
    kept, changes = comparison.changes()
    return WhatIf(
        before.title, after.title, tuple(changed), *period, as_at, known_at, before.local.date_of(as_at),
        crimes, refused, comparison.set_aside, comparison.figures(), kept, changes,
        tuple(dict.fromkeys((*(before.unknown or ()), *(after.unknown or ())))),
    )  # fmt: skip


class _Comparison:
    """Counts added up over the chunks of records."""

    def __init__(self, before: Policy, after: Policy, period: tuple[date, date], examples: int) -> None:
        self._policies, self._examples = (before, after), examples
        self._first, self._last = to_day(period[0]), to_day(period[1])
        self._titles = {r.id: r.title for policy in (after, before) for r in policy.requirement}
        self._ids = list(dict.fromkeys(r.id for policy in self._policies for r in policy.requirement))
        self._states: Counter[tuple[int, str, str | None, int]] = Counter()
        self._moves: Counter[tuple[int, int, int]] = Counter()
        self._shown: dict[tuple[int, int, int], list[ChangedObligation]] = {}
        self.set_aside = (0, 0)

    def add(self, columns: Columns, as_at: datetime, known_at: datetime | None) -> None:
        """Judge a chunk of records under both policies."""
        sides = [judge(columns, policy, as_at, known_at) for policy in self._policies]
        before, after = (len(verdicts.set_aside) for verdicts in sides)
        self.set_aside = (self.set_aside[0] + before, self.set_aside[1] + after)
        for side, verdicts in enumerate(sides):
            self._count(side, verdicts)
        self._match(*sides)

    def _inside(self, verdicts: Verdicts) -> Any:
        return (verdicts.due_date >= self._first) & (verdicts.due_date <= self._last)

    def _count(self, side: int, verdicts: Verdicts) -> None:
        row = np.flatnonzero(self._inside(verdicts) & np.isin(verdicts.state, _RATED))
        division = verdicts.owner("division")
        keys = np.stack([verdicts.requirement[row], division.codes[row], verdicts.state[row]])
        found, counts = np.unique(keys, axis=1, return_counts=True)
        for (requirement, code, state), count in zip(found.T.tolist(), counts.tolist(), strict=True):
            name = division.value(code)
            self._states[side, verdicts.policy.requirement[requirement].id, name, state] += count

    def _match(self, before: Verdicts, after: Verdicts) -> None:
        keys = [self._keys(verdicts) for verdicts in (before, after)]
        every, inverse = np.unique(np.concatenate(keys), return_inverse=True)
        fates = np.full((2, len(every)), _ABSENT, dtype=np.int64)
        rows = np.full((2, len(every)), -1, dtype=np.int64)
        places = (inverse[: len(before)], inverse[len(before) :])
        for side, (verdicts, place) in enumerate(zip((before, after), places, strict=True)):
            fates[side, place] = np.where(self._inside(verdicts), verdicts.state, _OUTSIDE)
            rows[side, place] = np.arange(len(verdicts))
            aside = self._keys(verdicts.set_aside)
            is_aside = np.isin(every, aside) | np.isin(every >> _CYCLE_BITS << _CYCLE_BITS, aside)
            fates[side, (fates[side] == _ABSENT) & is_aside] = _SET_ASIDE
        requirement = (every >> _CYCLE_BITS) % len(self._ids)
        looked_at = (fates < _OUTSIDE).any(axis=0)
        kinds = np.stack([requirement, *fates])[:, looked_at]
        found, first, counts = np.unique(kinds, axis=1, return_inverse=True, return_counts=True)
        for i, (kind, count) in enumerate(zip(map(tuple, found.T.tolist()), counts.tolist(), strict=True)):
            self._moves[kind] += count
            if kind[1] != kind[2]:
                some = rows[:, looked_at][:, np.flatnonzero(first == i)[: self._examples]]
                self._show(kind, some, before, after)

    def _keys(self, verdicts: Verdicts | SetAside) -> Ints:
        """Return one number for a victim's row, requirement and cycle, the same under both policies.

        For what is set aside, cycle 0 means every cycle.
        """
        place = np.array([self._ids.index(r.id) for r in verdicts.policy.requirement], dtype=np.int64)
        return (verdicts.victim * len(self._ids) + place[verdicts.requirement] << _CYCLE_BITS) + verdicts.cycle

    def _show(self, kind: tuple[int, int, int], rows: Ints, before: Verdicts, after: Verdicts) -> None:
        shown = self._shown.setdefault(kind, [])
        for a, b in rows.T.tolist()[: self._examples - len(shown)]:
            verdicts, row = (before, a) if a >= 0 else (after, b)
            columns = verdicts.columns
            shown.append(
                ChangedObligation(
                    columns.crime_ref[int(verdicts.crime[row])].as_py(),
                    columns.victims.ref[int(verdicts.victim[row])].as_py(),
                    int(verdicts.cycle[row]),
                    _due(before, a),
                    _due(after, b),
                )
            )

    def figures(self) -> tuple[RequirementComparison, ...]:
        """Return the figures of every requirement, with the divisions in order of name."""
        return tuple(RequirementComparison(name, self._titles[name], tuple(self._lines(name))) for name in self._ids)

    def _lines(self, name: str) -> list[DivisionComparison]:
        divisions = {division for _, requirement, division, _ in self._states if requirement == name}
        named = sorted(division for division in divisions if division is not None)
        lines = [DivisionComparison(True, None, *(self._tally(side, name, divisions) for side in (0, 1)))]
        for division in [*named, *([None] if None in divisions else [])]:
            lines.append(DivisionComparison(False, division, *(self._tally(side, name, {division}) for side in (0, 1))))
        return lines

    def _tally(self, side: int, name: str, divisions: set[str | None]) -> Tally | None:
        if all(requirement.id != name for requirement in self._policies[side].requirement):
            return None
        return Tally(*(sum(self._states[side, name, division, state] for division in divisions) for state in _RATED))

    def changes(self) -> tuple[int, tuple[StateChange, ...]]:
        """Return (the number that kept their state, the changes by requirement, the most frequent first)."""
        kept = sum(count for (_, before, after), count in self._moves.items() if before == after)
        moved = [(kind, count) for kind, count in self._moves.items() if kind[1] != kind[2]]
        moved.sort(key=lambda move: (move[0][0], -move[1], move[0]))
        return kept, tuple(
            StateChange(self._ids[kind[0]], _FATES[kind[1]], _FATES[kind[2]], count, tuple(self._shown[kind]))
            for kind, count in moved
        )


_CYCLE_BITS: Final = 20


def _due(verdicts: Verdicts, row: int) -> date | None:
    due = NO_DAY if row < 0 else int(verdicts.due_date[row])
    return None if due == NO_DAY else from_day(due)
