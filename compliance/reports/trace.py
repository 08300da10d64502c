"""From a figure of a report to the cases behind it: the same records, judged as they were for the figure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.policy import Policy, judge
from compliance.policy.calendars import Ints, from_day
from compliance.policy.standing import Flags
from compliance.policy.verdicts import MET, OVERDUE, STATES, YES, Verdicts
from compliance.reports.contact import Facts, closed_across, closing_cases, silent_cases
from compliance.reports.judged import TRAILING, ReportOptions, charted_weeks
from compliance.reports.periods import parse_period
from compliance.reports.questions import live_only, same_day_readings
from compliance.reports.rates import due_in, has
from compliance.reports.rows import NO_NAME
from compliance.reports.sources import RecordSource
from compliance.reports.spans import Span

VICTIMS: Final = ("silent", "closed-without-a-word", "closed-across", "only-same-day")
OBLIGATIONS: Final = (
    "rate", "before", "last-year", "provisional", "live", "enhanced", "week", "division", "team", "trailing", "offence",
    "overdue", "same-day", "same-day-counting", "same-day-original",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One obligation, or one victim where the figure counts victims (then without requirement, cycle and due date).

    `counted`: whether it is in the figure's count; every case is in what it is counted of.
    """

    crime_ref: str
    victim_ref: str | None
    requirement: str | None
    cycle: int | None
    due_date: date | None
    state: str
    counted: bool


def cases(
    source: RecordSource, policy: Policy, period: Span, figure: str, options: ReportOptions | None = None
) -> list[Case]:
    """The cases of a figure, by its name as `rows` gives it, in the order of the records.

    Raises SettingsError for a name that is none, with the nearest.
    """
    name, _, group = figure.partition("/")
    kind, _, requirement = name.partition(".")
    if kind not in (*OBLIGATIONS, *VICTIMS):
        known = [*OBLIGATIONS, *VICTIMS]
        raise SettingsError(f"figure {figure!r} cannot be traced to cases{nearest(kind, known)}")
    trace = _Trace(source, policy, period, options or ReportOptions())
    if kind in VICTIMS:
        return trace.victims(kind, group)
    if kind.startswith("same-day"):
        return trace.same_day(kind)
    place = [each.id for each in policy.requirement].index(policy.named(requirement).id)
    return trace.obligations(kind, place, group)


class _Trace:
    """A period, judged as for its report."""

    def __init__(self, source: RecordSource, policy: Policy, period: Span, options: ReportOptions) -> None:
        self._source, self._policy, self._period, self._options = source, policy, period, options

    def _judged(self, span: Span) -> Verdicts:
        settled = span.settled(self._policy.local)
        return judge(self._source.known(settled).columns, self._policy, settled, settled)

    def obligations(self, kind: str, place: int, group: str) -> list[Case]:
        """The obligations of a rate, or what is overdue, of one requirement."""
        if kind in ("trailing", "offence"):
            unit = "offence" if kind == "offence" else None
            weeks = charted_weeks(self._period)[-TRAILING:]
            return [case for week in weeks for case in self._due(self._judged(week), week, place, unit, group)]
        span = self._span(kind, group)
        # The provisional period is judged when this one is settled (statistics 1.2).
        verdicts = self._judged(self._period if kind == "provisional" else span)
        if kind == "live":
            verdicts = live_only(verdicts, self._options.live_methods)
        if kind == "overdue":
            row = np.flatnonzero((verdicts.state == OVERDUE) & (verdicts.requirement == place))
            return _told(verdicts, row, np.ones(len(row), dtype=np.bool_))
        return self._due(verdicts, span, place, kind, group)

    def _span(self, kind: str, group: str) -> Span:
        period = self._period
        asked: dict[str, Callable[[], Span | None]] = {
            "before": lambda: period.plus(-1),
            "provisional": lambda: period.plus(1),
            "last-year": lambda: period.last_year,
            "week": lambda: parse_period(group),
        }
        span = asked.get(kind, lambda: period)()
        if span is None:
            raise SettingsError(f"there is no {period.kind} {period} a year earlier")
        return span

    def _due(self, verdicts: Verdicts, span: Span, place: int, kind: str | None, group: str) -> list[Case]:
        cohort = due_in(verdicts, *span.days)
        rows: Flags = cohort.requirement == place
        if kind == "enhanced":
            rows &= cohort.enhanced
        if kind in ("division", "team", "offence") or (kind is None and group):
            column = getattr(cohort, kind or "division")
            rows &= has(column, None if group == NO_NAME else group)
        found = cohort.where(rows)
        return _told(verdicts, found.verdict, found.state == MET)

    def same_day(self, kind: str) -> list[Case]:
        """The obligations of the same-day question under one of its readings."""
        verdicts = self._judged(self._period)
        readings = same_day_readings(verdicts, self._period)
        if readings is None:
            return []
        cohort, met = readings
        return _told(verdicts, cohort.verdict, met[("same-day", "same-day-counting", "same-day-original").index(kind)])

    def victims(self, kind: str, group: str) -> list[Case]:
        """The victims of a figure that counts victims; of cases closed across a due date, the crimes."""
        verdicts, period = self._judged(self._period), self._period
        columns = verdicts.columns
        refs = columns.crime_ref
        if kind == "closed-across":
            crimes = closed_across(verdicts, Facts(verdicts, verdicts.as_at), period)
            return [Case(refs[int(c)].as_py(), None, None, None, None, "closed and reopened", True) for c in crimes]
        if kind == "only-same-day":
            readings = same_day_readings(verdicts, period)
            if readings is None:
                return []
            cohort, met = readings
            had = verdicts.same_day_update[cohort.verdict] == YES
            row = cohort.verdict[had & ~met[0]]
            return _told(verdicts, row, np.ones(len(row), dtype=np.bool_))
        victim, hit, holder = silent_cases(verdicts, period) if kind == "silent" else closing_cases(verdicts, period)
        rows = np.ones(len(victim), dtype=np.bool_)
        if group:
            rows = has(holder.owner("division"), None if group == NO_NAME else group)
        named = ("silent", "heard") if kind == "silent" else ("not told", "told")
        return [
            Case(refs[int(columns.victims.crime[v])].as_py(), columns.victims.ref[int(v)].as_py(), None, None, None,
                 named[0] if is_hit else named[1], bool(is_hit))
            for v, is_hit in zip(victim[rows], hit[rows], strict=True)
        ]  # fmt: skip


def _told(verdicts: Verdicts, row: Ints, counted: Flags) -> list[Case]:
    columns = verdicts.columns
    crimes = columns.crime_ref.take(verdicts.crime[row]).to_pylist()
    victims = columns.victims.ref.take(verdicts.victim[row]).to_pylist()
    return [
        Case(crime, victim, verdicts.policy.requirement[int(verdicts.requirement[r])].id, int(verdicts.cycle[r]),
             from_day(int(verdicts.due_date[r])), STATES[int(verdicts.state[r])], bool(hit))
        for crime, victim, r, hit in zip(crimes, victims, row, counted, strict=True)
    ]  # fmt: skip
