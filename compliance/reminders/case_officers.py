"""Who has had each case, and on which days.

Read from the allocations, or else from the record's own fields (records section 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from compliance.policy import Policy
from compliance.policy.allocation import owners
from compliance.policy.calendars import from_day
from compliance.policy.moment import Moment
from compliance.records.columns import Columns


@dataclass(frozen=True, slots=True)
class Tenure:
    """A time for which one officer (None: no one) had a case.

    `since` and `until` are local dates. On each of them the officer had the case for part of the day.
    """

    officer: str | None
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Holding:
    """Who has a case now, and who had it before.

    `since` is the local date on which the officer got the case, if that is after the date of the report. Until then
    another officer, or no one, had it.
    """

    officer: str | None
    team: str | None
    division: str | None
    since: date | None = None
    earlier: tuple[Tenure, ...] = ()


class Holdings:
    """The current and earlier officers of every case in a set of columns, as at an instant."""

    def __init__(self, table: Columns, policy: Policy, moment: Moment) -> None:
        self._table = table
        self._owners = owners(table, moment, policy.local)
        self._reported, self._days = policy.local.of(table.reported_at), policy.local.of(table.allocations.at)

    def of(self, crime: int) -> Holding:
        """Return who has, and had, a case, given the crime's row in the columns."""
        table, rows = self._table, self._owners.history(crime)
        if not len(rows):
            return Holding(table.officer.text(crime), table.team.text(crime), table.division.text(crime))
        allocations, last = table.allocations, int(rows[-1])
        officers = [allocations.officer.text(row) for row in rows.tolist()]
        reported = from_day(self._reported[crime])
        runs = _runs(officers, [from_day(day) for day in self._days[rows].tolist()], reported)
        officer, since = runs[-1]
        earlier = [Tenure(who, begun, ended) for (who, begun), (_, ended) in pairwise(runs) if who]
        return Holding(
            officer,
            allocations.team.text(last),
            allocations.division.text(last),
            since if since > reported else None,
            tuple(earlier),
        )


def _runs(officers: Sequence[str | None], days: Sequence[date], reported: date) -> list[tuple[str | None, date]]:
    """Return each change of officer, with the day on which it took effect.

    An allocation made on the day of the report applies from the start.
    """
    runs: list[tuple[str | None, date]] = []
    for officer, day in zip(officers, days, strict=True):
        if not runs or runs[-1][0] != officer:
            runs.append((officer, max(day, reported)))
    return runs
