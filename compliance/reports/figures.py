"""The figures of a report: judged again from the records, never read from a projection (decision 0020)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from random import Random

import numpy as np

from compliance.policy import Policy
from compliance.policy.verdicts import MET, Verdicts
from compliance.records.columns import Coded
from compliance.records.instants import to_micros
from compliance.reports.beginning import Beginning
from compliance.reports.contact import Silence, closing
from compliance.reports.definitions import definitions
from compliance.reports.entry import questions, ways
from compliance.reports.findings import LateTeams, Sample
from compliance.reports.judged import TRAILING, Judged, Judgements, ReportOptions, judge_periods, of_division
from compliance.reports.model import Basis, Change, Division, Figures, Intake, Period, Requirement
from compliance.reports.quality import data_quality
from compliance.reports.questions import same_day
from compliance.reports.rates import Cohort, change, has, overdue_now, proportion, rate, together
from compliance.reports.reminding import Mailed, after_reminder, reminded
from compliance.reports.sources import RecordSource
from compliance.reports.spans import Span
from compliance.reports.trends import funnel, offence_groups, trend, unit_trends

BOARD, DIVISION = "board", "division"


def report_figures(
    source: RecordSource,
    policy: Policy,
    period: Span,
    now: datetime,
    *,
    force: str,
    intake: Intake | None = None,
    options: ReportOptions | None = None,
) -> Figures:
    """The board's figures of a settled period (`judge_periods`) of a force."""
    return figures_of(judge_periods(source, policy, period, now, options), force=force, intake=intake)


def figures_of(
    judged: Judgements,
    *,
    force: str,
    intake: Intake | None = None,
    mailed: Mailed | None = None,
    division: str | None = None,
) -> Figures:
    """Everything a report says, at equal age throughout (statistics 1.2): of the force by division, or of one division
    by team. `mailed`: what mails told in the period, as rows of the period's verdicts; None where that is not known."""
    intake = intake or Intake()
    verdicts, period = judged.verdicts, judged.period.span
    own = judged.period.within(division)
    ours = verdicts if division is None else of_division(verdicts, division)
    requirements = tuple(_requirement(judged, place, division) for place in range(len(judged.policy.requirement)))
    return Figures(
        force=force,
        edition=BOARD if division is None else DIVISION,
        unit=division,
        kind=period.kind,
        period=str(period),
        first=period.first,
        last=period.last,
        provisional=str(judged.provisional.span) if judged.provisional else None,
        requirements=requirements,
        same_day=same_day(verdicts, period, division),
        closing=closing(verdicts, period, division),
        quality=data_quality(
            ours,
            period,
            intake if division is None else Intake(),
            judged.seen_until,
            judged.options.known(ours.policy),
        ),
        intake=intake,
        ways=ways(ours, period),
        questions=(
            *(seen.question for seen in questions(verdicts, ours, period, own.cohort, judged.before_columns)),
            *([after_reminder(verdicts, mailed, division)] if mailed else []),
        ),
        late_teams=_late_teams(judged, division),
        restated=tuple(each for each in judged.restated if division in (None, each.unit)),
        sample=_sample(judged, own.cohort, force),
        version=1,
        changed=(),
        reminders=None if mailed is None else reminded(verdicts, mailed, division),
        definitions=definitions(judged.policy, period, judged.options.live_methods, division),
        basis=_basis(judged, ours, requirements),
    )


def divisions_of(figures: Figures) -> set[str]:
    """The divisions that have an edition of their own: those named under any requirement of the board's figures."""
    return {d.name for requirement in figures.requirements for d in requirement.divisions if d.name}


def _requirement(judged: Judgements, place: int, division: str | None) -> Requirement:
    asked = judged.policy.requirement[place]
    repeats = asked.repeat_every is not None
    own = judged.period.within(division)
    period, before = (part.within(division).period(place, repeats) for part in (judged.period, judged.before))
    provisional, year_ago = (
        part.within(division).period(place, repeats) if part else None
        for part in (judged.provisional, judged.last_year)
    )
    if year_ago and not year_ago.rate.share.of:
        year_ago = None
    due_from = Beginning(judged.options.records_begin, judged.policy).due_from(asked)

    def compared(other: Judged | None, its: Period | None) -> Change | None:
        """The change from another period, where that is held in full (statistics 1.2b)."""
        if other is None or its is None or (due_from and other.span.first < due_from):
            return None
        return change(period.rate.share, its.rate.share)

    cohort = own.cohort.where(own.cohort.requirement == place)
    weeks = [week.within(division) for week in judged.weeks]
    held = _trailing(weeks[-TRAILING:], place)
    name = "division" if division is None else "team"
    divisions = () if asked.event else _divisions(cohort, own.silence if repeats else None, held, name)
    whole = rate(together(held)).share.rate if len(held) == TRAILING else None
    points = [(d.name, d.trailing.share) for d in divisions if d.name is not None and d.trailing]
    return Requirement(
        id=asked.id,
        title=asked.title,
        event=asked.event is not None,
        repeats=repeats,
        week=period,
        before=before,
        provisional=provisional,
        last_year=year_ago,
        change=compared(judged.before, before),
        change_last_year=compared(judged.last_year, year_ago),
        enhanced=own.period(place, repeats, enhanced=True),
        live=judged.live.within(division).period(place, repeats),
        divisions=divisions,
        trailing_held=len(held),
        overdue=overdue_now(judged.verdicts, place, division),
        trend=trend(weeks, place, asked.id, repeats, judged.options),
        units=() if asked.event else unit_trends(weeks, place, partial(_unit, name=name), judged.options),
        funnel=funnel(points, whole),
        offences=offence_groups(together(held)) if held else (),
        due_from=due_from,
    )


def _unit(cohort: Cohort, name: str) -> Coded:
    found: Coded = getattr(cohort, name)
    return found


def _trailing(weeks: Sequence[Judged], place: int) -> list[Cohort]:
    """The trailing weeks' obligations of one requirement, from the first week that has any."""
    cohorts = [week.cohort.where(week.cohort.requirement == place) for week in weeks]
    first = next((i for i, cohort in enumerate(cohorts) if len(cohort)), len(cohorts))
    return cohorts[first:]


def _divisions(cohort: Cohort, silent: Silence | None, held: list[Cohort], unit: str) -> tuple[Division, ...]:
    """Every division (or team) that has anything to show, by name; what none had comes last (statistics 1.5)."""
    trailing = together(held) if len(held) == TRAILING else None
    shown: list[Coded] = [getattr(part, unit) for part in (cohort, silent, trailing) if part is not None]
    names = {name for coded in shown for name in coded.present()}
    nameless = any((coded.codes < 0).any() for coded in shown)
    every = [*sorted(names), *([None] if nameless else [])]
    return tuple(_division(name, cohort, silent, trailing, unit) for name in every)


def _division(name: str | None, cohort: Cohort, silent: Silence | None, trailing: Cohort | None, unit: str) -> Division:
    share = None
    if silent:
        own = has(getattr(silent, unit), name)
        share = proportion(silent.silent[own], silent.officer.take(own))
    over = rest = compared = None
    if trailing:
        own = has(getattr(trailing, unit), name)
        over, rest = rate(trailing.where(own)), rate(trailing.where(~own))
        compared = change(over.share, rest.share) if name is not None else None
    return Division(name, rate(cohort.where(has(getattr(cohort, unit), name))), share, over, rest, compared)


def _late_teams(judged: Judgements, division: str | None) -> LateTeams | None:
    """Which teams' obligations are met by updates entered after the breach beyond chance (rules 8, statistics 3)."""
    cohort = together([week.within(division).cohort for week in judged.trailing])
    met = cohort.where(cohort.state == MET)
    names = met.team.present()
    shares = [(name, met.where(has(met.team, name))) for name in names]
    points = [(name, proportion(own.entered_after, own.officer)) for name, own in shares]
    found = funnel(points, proportion(met.entered_after, met.officer).rate)
    if found is None:
        return None
    beyond = tuple(p for p in found.points if p.beyond == 998 and (p.share.rate or 0) > p.bounds.high_998)
    return LateTeams(len(found.points), len(beyond), () if division is None else beyond)


def _sample(judged: Judgements, cohort: Cohort, force: str) -> Sample | None:
    """Crimes with an obligation due in the period, drawn at random by a seed that follows from force and period."""
    columns = judged.verdicts.columns
    crimes = np.unique(columns.victims.crime[cohort.victim])
    refs = sorted(columns.crime_ref.take(crimes).to_pylist())
    if not refs or not judged.options.sampled:
        return None
    seed = int.from_bytes(hashlib.sha256(f"{force}/{judged.period.span}".encode()).digest()[:4])
    drawn = Random(seed).sample(refs, min(judged.options.sampled, len(refs)))
    return Sample(seed, len(refs), tuple(sorted(drawn)))


def _basis(judged: Judgements, ours: Verdicts, requirements: Sequence[Requirement]) -> Basis:
    policy, columns, settled = judged.policy, ours.columns, ours.as_at
    reported = columns.reported_at <= to_micros(settled)
    compared = [change for r in requirements for change in (r.change, r.change_last_year)]
    compared += [division.change for r in requirements for division in r.divisions]
    return Basis(
        policy=policy.title,
        policy_source=policy.source,
        policy_file=policy.path.name,
        policy_digest=policy.digest,
        records=judged.source.name,
        crimes=int(reported.sum()),
        victims=int(reported[columns.victims.crime].sum()),
        as_at=settled,
        known_at=settled,
        today=policy.local.date_of(settled),
        live_methods=tuple(judged.options.live_methods),
        own_words={name: tuple(sorted(words)) for name, words in sorted(judged.options.own_words.items())},
        trailing_weeks=TRAILING,
        weeks_before_observation=judged.unobserved,
        comparisons=sum(change is not None and change.tested for change in compared),
        records_begin=judged.options.records_begin,
    )
