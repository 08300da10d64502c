"""The figures of the weekly report: judged again from the records, never read from a projection (design: one idea)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from compliance.errors import SettingsError
from compliance.policy import Policy, judge
from compliance.policy.calendars import from_day
from compliance.policy.standing import Flags
from compliance.policy.verdicts import Verdicts
from compliance.records.columns import Coded
from compliance.records.instants import to_micros
from compliance.reports.contact import Silence, closing, silence
from compliance.reports.definitions import definitions
from compliance.reports.model import Basis, Division, Figures, Intake, Period, Requirement
from compliance.reports.quality import data_quality
from compliance.reports.questions import live_only, same_day
from compliance.reports.rates import Cohort, change, due_in, overdue_now, proportion, rate, together
from compliance.reports.sources import RecordSource
from compliance.reports.weeks import Week

TRAILING: Final = 13
"""Settled weeks over which divisions are compared with the rest of the force (statistics 1.5)."""
LIVE_METHODS: Final = ("phone", "visit", "video")
"""The methods of contact that are live (statistics 1.9)."""


def weekly_figures(
    source: RecordSource,
    policy: Policy,
    week: Week,
    now: datetime,
    *,
    force: str,
    intake: Intake | None = None,
    live_methods: Sequence[str] = LIVE_METHODS,
) -> Figures:
    """Everything the report of a settled week says, at equal age throughout (statistics 1.2).

    `now` is an aware instant: a week that is not settled by then is refused (SettingsError). T and K are those of the
    week, not `now`: the same records and policy give the same figures whenever they are asked for. Each earlier week is
    judged at its own T and K. The week after `week` has just ended then and is the provisional one.
    """
    settled = week.settled(policy.local)
    if settled > now:
        raise SettingsError(
            f"week {week} is settled seven days after its end, at {settled:%Y-%m-%dT%H:%MZ}; the newest week that is "
            f"settled is {Week.newest_settled(from_day(policy.local.day_of(now)))}"
        )
    weeks = _Weeks(source, policy, week)
    verdicts = weeks.verdicts
    live = _Judged.of(live_only(verdicts, live_methods), week)
    requirements = tuple(_requirement(weeks, live, place) for place in range(len(policy.requirement)))
    return Figures(
        force=force,
        week=str(week),
        first=week.first,
        last=week.last,
        provisional_first=week.plus(1).first,
        provisional_last=week.plus(1).last,
        requirements=requirements,
        same_day=same_day(verdicts, week),
        closing=closing(verdicts, week),
        quality=data_quality(verdicts, week, intake or Intake(), source.versions),
        intake=intake or Intake(),
        definitions=definitions(policy, week, live_methods),
        basis=_basis(source, weeks, live_methods, requirements),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """One week as judged: the obligations due in it that count, and the silent victims at its end."""

    week: Week
    cohort: Cohort
    silence: Silence

    @classmethod
    def of(cls, verdicts: Verdicts, week: Week) -> "_Judged":
        return cls(week, due_in(verdicts, *week.days), silence(verdicts, week))

    def period(self, place: int, repeats: bool, enhanced: bool = False) -> Period:
        cohort, silence = self.cohort, self.silence
        due = cohort.requirement == place
        asked = np.ones(len(silence.silent), dtype=np.bool_)
        if enhanced:
            due, asked = due & cohort.enhanced, silence.enhanced
        share = proportion(silence.silent[asked], silence.officer.take(asked)) if repeats else None
        return Period(str(self.week), rate(cohort.where(due)), share)


class _Weeks:
    """The week of the report and those it is seen beside, each judged once, at its own T and K (statistics 1.2)."""

    def __init__(self, source: RecordSource, policy: Policy, week: Week) -> None:
        earlier = [week.plus(-back) for back in range(1, TRAILING)]
        earlier += [week.last_year] if week.last_year else []
        asked = [week, *earlier]
        judged: list[_Judged] = []
        self.unobserved = 0
        for each in asked:
            settled = each.settled(policy.local)
            records = source.known(settled)
            verdicts = judge(records.columns, policy, settled, settled)
            judged.append(_Judged.of(verdicts, each))
            self.unobserved += records.unobserved > 0
            if each == week:
                self.verdicts, self.provisional = verdicts, _Judged.of(verdicts, week.plus(1))
        self.week, self.before = judged[:2]
        self.last_year = judged[TRAILING] if week.last_year else None
        self.trailing = [each.cohort for each in reversed(judged[:TRAILING])]


def _requirement(weeks: _Weeks, live: _Judged, place: int) -> Requirement:
    asked = weeks.verdicts.policy.requirement[place]
    repeats = asked.repeat_every is not None
    week, before, provisional = (w.period(place, repeats) for w in (weeks.week, weeks.before, weeks.provisional))
    year_ago = weeks.last_year.period(place, repeats) if weeks.last_year else None
    if year_ago and not year_ago.rate.share.of:
        year_ago = None
    cohort = weeks.week.cohort.where(weeks.week.cohort.requirement == place)
    held = _trailing(weeks, place)
    return Requirement(
        id=asked.id,
        title=asked.title,
        event=asked.event is not None,
        repeats=repeats,
        week=week,
        before=before,
        provisional=provisional,
        last_year=year_ago,
        change=change(week.rate.share, before.rate.share),
        change_last_year=change(week.rate.share, year_ago.rate.share) if year_ago else None,
        enhanced=weeks.week.period(place, repeats, enhanced=True),
        live=live.period(place, repeats),
        divisions=() if asked.event else _divisions(cohort, weeks.week.silence if repeats else None, held),
        trailing_held=len(held),
        overdue=overdue_now(weeks.verdicts, place),
    )


def _trailing(weeks: _Weeks, place: int) -> list[Cohort]:
    """The trailing weeks' obligations of one requirement, from the first week that has any."""
    cohorts = [cohort.where(cohort.requirement == place) for cohort in weeks.trailing]
    first = next((i for i, cohort in enumerate(cohorts) if len(cohort)), len(cohorts))
    return cohorts[first:]


def _divisions(cohort: Cohort, silent: Silence | None, held: list[Cohort]) -> tuple[Division, ...]:
    """Every division that has anything to show, by name; what no division had comes last (statistics 1.5)."""
    trailing = together(held) if len(held) == TRAILING else None
    shown = [cohort.division]
    shown += [silent.division] if silent else []
    shown += [trailing.division] if trailing else []
    names = {coded.values[code] for coded in shown for code in np.unique(coded.codes) if code >= 0}
    nameless = any((coded.codes < 0).any() for coded in shown)
    return tuple(_division(name, cohort, silent, trailing) for name in [*sorted(names), *([None] if nameless else [])])


def _division(name: str | None, cohort: Cohort, silent: Silence | None, trailing: Cohort | None) -> Division:
    share = None
    if silent:
        own = _has(silent.division, name)
        share = proportion(silent.silent[own], silent.officer.take(own))
    over = rest = compared = None
    if trailing:
        own = _has(trailing.division, name)
        over, rest = rate(trailing.where(own)), rate(trailing.where(~own))
        compared = change(over.share, rest.share) if name is not None else None
    return Division(name, rate(cohort.where(_has(cohort.division, name))), share, over, rest, compared)


def _has(coded: Coded, name: str | None) -> Flags:
    return coded.codes < 0 if name is None else coded.codes == coded.code(name)


def _basis(
    source: RecordSource, weeks: _Weeks, live_methods: Sequence[str], requirements: Sequence[Requirement]
) -> Basis:
    verdicts = weeks.verdicts
    policy, columns, settled = verdicts.policy, verdicts.columns, verdicts.as_at
    reported = columns.reported_at <= to_micros(settled)
    compared = [change for r in requirements for change in (r.change, r.change_last_year)]
    compared += [division.change for r in requirements for division in r.divisions]
    return Basis(
        policy=policy.title,
        policy_source=policy.source,
        policy_file=policy.path.name,
        policy_digest=policy.digest,
        records=source.name,
        crimes=int(reported.sum()),
        victims=int(reported[columns.victims.crime].sum()),
        as_at=settled,
        known_at=settled,
        today=from_day(policy.local.day_of(settled)),
        live_methods=tuple(live_methods),
        trailing_weeks=TRAILING,
        weeks_before_observation=weeks.unobserved,
        comparisons=sum(change is not None and change.tested for change in compared),
    )
