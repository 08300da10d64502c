"""Who has had each case, and on which days: by the allocations, else by the record's own fields (records section 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from compliance.policy import Policy
from compliance.policy.calendars import from_day
from compliance.policy.standing import Moment
from compliance.records.columns import Coded, Columns


@dataclass(frozen=True, slots=True)
class Tenure:
    """That an officer (None: nobody) had a case, from one local date to another: on both for a part of the day."""

    officer: str | None
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Holding:
    """Who has a case now, and who had it before. `since` is the day on which the officer got it, where that is after
    the day of the report: another officer, or nobody, had it before."""

    officer: str | None
    team: str | None
    division: str | None
    since: date | None = None
    earlier: tuple[Tenure, ...] = ()


class Holders:
    """Who has, and had, each case of some columns as at an instant."""

    def __init__(self, table: Columns, policy: Policy, moment: Moment) -> None:
        self._table, self._local = table, policy.local
        rows = np.flatnonzero(table.allocations.at <= moment.as_at)
        self._rows, self._crime = rows, table.allocations.crime[rows]

    def of(self, crime: int) -> Holding:
        """Who has a crime, given by its row in the columns."""
        first, last = np.searchsorted(self._crime, [crime, crime + 1])
        table = self._table
        if first == last:
            return Holding(text_of(table.officer, crime), text_of(table.team, crime), text_of(table.division, crime))
        told, rows = table.allocations, self._rows[first:last]
        officers = [text_of(told.officer, row) for row in rows.tolist()]
        reported, *days = map(from_day, self._local.of(np.append(table.reported_at[crime], told.at[rows])).tolist())
        runs = _runs(officers, days, reported)
        officer, since = runs[-1]
        earlier = [Tenure(who, begun, ended) for (who, begun), (_, ended) in pairwise(runs) if who]
        return Holding(
            officer,
            text_of(told.team, int(rows[-1])),
            text_of(told.division, int(rows[-1])),
            since if since > reported else None,
            tuple(earlier),
        )


def _runs(officers: Sequence[str | None], days: Sequence[date], reported: date) -> list[tuple[str | None, date]]:
    """Each change of officer: who, and from which day on. What is allocated on the day of the report was theirs from
    the start."""
    runs: list[tuple[str | None, date]] = []
    for officer, day in zip(officers, days, strict=True):
        if not runs or runs[-1][0] != officer:
            runs.append((officer, max(day, reported)))
    return runs


def text_of(column: Coded, row: int) -> str | None:
    """The text of a row, None where there is none."""
    code = int(column.codes[row])
    return column.values[code] if code >= 0 else None
