"""The figures of a report, judged from the records and never read from the projection (decision 0020)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import numpy as np
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from compliance.policy import Policy
from compliance.policy.requirement import Requirement as AskedRequirement
from compliance.reports.basis import draw_sample, state_basis
from compliance.reports.catalogue.contact_figures import count_ways
from compliance.reports.catalogue.duplicate_figures import list_duplicates
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.edition_clusters import ALL
from compliance.reports.catalogue.edition_clusters import LIVE as LIVE_ONLY
from compliance.reports.catalogue.figure import Figure
from compliance.reports.catalogue.outstanding_figures import (
    CASES_CLOSED,
    CLOSED_ACROSS,
    CLOSED_WITHOUT_A_WORD,
    OVERDUE_NOW,
)
from compliance.reports.catalogue.part_figures import OF_PERIOD, OF_WEEK
from compliance.reports.catalogue.pattern_figures import list_patterns
from compliance.reports.catalogue.rate_figures import BEFORE, ENHANCED, LAST_YEAR, LIVE, PROVISIONAL, RATE, WEEK
from compliance.reports.catalogue.row import band_measure
from compliance.reports.catalogue.same_day_figures import (
    ONLY_SAME_DAY,
    SAME_DAY,
    SAME_DAY_COUNTING,
    SAME_DAY_ORIGINAL,
    UPDATED_LATER,
)
from compliance.reports.catalogue.silence_figures import (
    SILENT,
    SILENT_BEFORE,
    SILENT_ENHANCED,
    SILENT_LAST_YEAR,
    SILENT_LIVE,
    SILENT_PROVISIONAL,
    count_silent,
)
from compliance.reports.catalogue.unit_figures import OFFENCE
from compliance.reports.comparing.compared_units import (
    compare_areas,
    compare_units,
    count_by_former_map,
    find_funnel,
    list_area_members,
)
from compliance.reports.comparing.families import judge_families
from compliance.reports.comparing.own_past import compare_with_own_past
from compliance.reports.definitions import definitions
from compliance.reports.examining.duplicates import leave_out
from compliance.reports.examining.quality import data_quality
from compliance.reports.examining.reminding import Mailed, after_reminder, count_effects
from compliance.reports.examining.unknown_units import count_unknown_units
from compliance.reports.first_findings import find_attention, find_outside
from compliance.reports.judging.judged import TRAILING, JudgedPeriod, Judgements, ReportOptions, judge_periods
from compliance.reports.judging.questions import first_owed
from compliance.reports.judging.rates import BANDS, change_over_time
from compliance.reports.judging.sources import RecordSource
from compliance.reports.judging.trends import trend, unit_trends
from compliance.reports.judging.weeks_compared import PARTS
from compliance.reports.model.changes import LastTold, Outside, Part, PastSeries
from compliance.reports.model.findings import Group, PartFigures
from compliance.reports.model.report_model import (
    Closing,
    Figures,
    Intake,
    Overdue,
    OverdueBand,
    Period,
    RateDifference,
    RequirementFigures,
    SameDay,
)
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.on_duplicates import compare_own_past, compare_requirements
from compliance.reports.periods.spans import Span
from compliance.reports.wording.attention import tell_first
from compliance.reports.wording.changed_policy import find_changed_policy

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
    """Return the board's figures of a force for a settled period (`judge_periods`)."""
    return figures_of(judge_periods(source, policy, period, now, options), force=force, intake=intake)


def figures_of(
    judged: Judgements,
    *,
    force: str,
    intake: Intake | None = None,
    mailed: Mailed | None = None,
    division: str | None = None,
    last_told: LastTold | None = None,
    satisfaction: Satisfaction | UnsetType = UNSET,
) -> Figures:
    """Return all figures of one edition, at equal age throughout (statistics 1.2).

    The edition covers the force by division, or one division by team. `mailed`: what emails listed in the period, as
    rows of the period's verdicts; None if unknown. `last_told`: what the last report of the edition told first.
    `satisfaction`: what victims of the edition's unit say. Each number is the value of a figure of the catalogue,
    counted over the edition.
    """
    intake, edition = intake or Intake(), Edition.of_judgements(judged, division, mailed)
    verdicts, period = judged.verdicts, judged.period.span
    requirements, outside, own_past = _judge(judged, edition)
    if len(crimes := edition.duplicates.crimes):
        without = leave_out(judged, crimes)
        others, _, other_past = _judge(without, Edition.of_judgements(without, division, mailed))
        requirements = compare_requirements(requirements, others)
        outside = find_outside(judged, edition, requirements)
        own_past = compare_own_past(compare_with_own_past(judged, edition, outside), other_past)
    figures = Figures(
        force=force,
        edition=BOARD if division is None else DIVISION,
        unit=division,
        kind=period.kind,
        period=str(period),
        first=period.first,
        last=period.last,
        provisional=str(judged.provisional.span) if judged.provisional else None,
        requirements=requirements,
        same_day=_same_day(edition),
        closing=_count_closings(edition),
        quality=(
            *data_quality(
                edition.ours,
                period,
                intake if division is None else Intake(),
                judged.seen_until,
                judged.options.known(judged.policy),
            ),
            *count_unknown_units(
                edition.ours, judged.as_recorded if division is None else None, judged.options, period
            ),
        ),
        intake=intake,
        ways=count_ways(edition),
        questions=(
            *(seen.question for seen in edition.questions.values()),
            *([after_reminder(verdicts, mailed, division)] if mailed else []),
        ),
        patterns=list_patterns(edition),
        changed_policy=find_changed_policy(edition),
        duplicates=list_duplicates(edition),
        restated=tuple(each for each in judged.restated if division in (None, each.unit)),
        sample=draw_sample(judged, edition.read("rate").cohort, force),
        version=1,
        changed=(),
        reminders=None if mailed is None else count_effects(verdicts, mailed, division),
        definitions=definitions(judged.policy, period, judged.options.live_methods, division),
        basis=state_basis(judged, edition.ours, requirements),
        areas=list_area_members(edition),
        own_past=own_past,
        attention=find_attention(judged, edition, requirements, outside, own_past, last_told),
        satisfaction=satisfaction,
    )
    return replace(figures, attention=replace(figures.attention, told=tell_first(figures)))


def _judge(
    judged: Judgements, edition: Edition
) -> tuple[tuple[RequirementFigures, ...], tuple[Outside, ...], tuple[PastSeries, ...]]:
    """Return the requirements, where the whole lies outside its limits now, and the units against their own past."""
    requirements = judge_families(edition, [_requirement(judged, edition, each) for each in judged.policy.requirement])
    outside = find_outside(judged, edition, requirements)
    return requirements, outside, compare_with_own_past(judged, edition, outside)


def divisions_of(figures: Figures) -> set[str]:
    """Return the divisions with an edition of their own: those named under any requirement of the board's figures."""
    return {d.name for requirement in figures.requirements for d in requirement.divisions if d.name}


def _requirement(judged: Judgements, edition: Edition, asked: AskedRequirement) -> RequirementFigures:
    repeats, place, options = asked.repeat_every is not None, edition.place(asked.id), judged.options

    def period_of(rate: Figure, silent: Figure, span: Span = edition.period) -> Period:
        share = silent.share(edition) if repeats else None
        return Period(str(span), rate.counted(edition, asked.id).rate, share)

    period, before = period_of(RATE, SILENT), period_of(BEFORE, SILENT_BEFORE, judged.before.span)
    provisional = year_ago = None
    if judged.provisional:
        provisional = period_of(PROVISIONAL, SILENT_PROVISIONAL, judged.provisional.span)
    if judged.last_year:
        year_ago = period_of(LAST_YEAR, SILENT_LAST_YEAR, judged.last_year.span)
        year_ago = year_ago if year_ago.rate.share.of else None
    beginning = edition.beginning
    due_from = beginning.due_from(asked)

    def compared(other: JudgedPeriod | None, its: Period | None) -> RateDifference | None:
        """Return the change from another period, if that is held in full (statistics 1.2b)."""
        if other is None or its is None or (due_from and other.span.first < due_from):
            return None
        return change_over_time(period.rate.share, its.rate.share)

    weeks = [week.within(edition.division) for week in judged.weeks]
    charted = [_chart_week(edition, asked, str(week.span), repeats) for week in weeks]
    held = edition.list_trailing(place)
    compares = len(held) == TRAILING
    divisions = () if asked.event else compare_units(edition, asked.id, edition.unit, repeats, compares)
    unit_of, rho = partial(edition.unit_of, unit=edition.unit), edition.clusters.of(place).officer_week
    return RequirementFigures(
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
        enhanced=period_of(ENHANCED, SILENT_ENHANCED),
        live=period_of(LIVE, SILENT_LIVE),
        divisions=divisions,
        trailing_held=len(held),
        overdue=_overdue(edition, asked.id),
        trend=trend(weeks, place, charted, asked, options, beginning),
        units=() if asked.event else unit_trends(weeks, place, unit_of, rho, asked, options, beginning),
        funnel=find_funnel(edition, asked.id, divisions, compares),
        offences=_offences(edition, asked.id) if held else (),
        due_from=due_from,
        parts=_parts(edition, asked, weeks),
        clustering=tuple(edition.clusters.of(place, part) for part in (ALL, LIVE_ONLY, *(PARTS if repeats else ()))),
        former=UNSET if asked.event else count_by_former_map(edition, asked.id),
        areas=UNSET if asked.event else compare_areas(edition, asked.id, repeats, compares),
    )


def _parts(edition: Edition, asked: AskedRequirement, weeks: Sequence[JudgedPeriod]) -> tuple[PartFigures, ...]:
    """Return first further and continuing contact, none if the requirement does not repeat (statistics 1.10)."""
    beginning, place = edition.beginning, edition.place(asked.id)

    def count(part: Part) -> PartFigures:
        names = [str(week.span) for week in weeks]
        periods = [Period(name, OF_WEEK[part].counted(edition, asked.id, name).rate, None) for name in names]
        charted = trend(weeks, place, periods, asked, edition.options, beginning, part)
        week = OF_PERIOD[part].counted(edition, asked.id).rate
        return PartFigures(part, week, charted, beginning.due_from(asked, part))

    return tuple(count(part) for part in PARTS) if asked.repeat_every is not None else ()


def _chart_week(edition: Edition, asked: AskedRequirement, week: str, repeats: bool) -> Period:
    share = count_silent(edition, edition.read("week", week)).share if repeats else None
    return Period(week, WEEK.counted(edition, asked.id, week).rate, share)


def _overdue(edition: Edition, requirement: str) -> Overdue:
    found = OVERDUE_NOW.counted(edition, requirement)
    bands = tuple(OverdueBand(first, last, found.number(band_measure(first, last))) for first, last in BANDS)
    return Overdue(found.number(), found.number("victims"), bands)


def _same_day(edition: Edition) -> SameDay | None:
    """Return the same-day question, None if no requirement of the policy raises it (rules 3.3)."""
    place = first_owed(edition.policy)
    if place is None:
        return None
    only = ONLY_SAME_DAY.counted(edition)
    return SameDay(
        requirement=edition.policy.requirement[place].id,
        policy=SAME_DAY.share(edition),
        counting=SAME_DAY_COUNTING.share(edition),
        original=SAME_DAY_ORIGINAL.share(edition),
        only_same_day=only.number(),
        updated_later=only.number(UPDATED_LATER),
    )


def _count_closings(edition: Edition) -> Closing:
    counted = CLOSED_WITHOUT_A_WORD.counted(edition)
    return Closing(counted.number(CASES_CLOSED), counted.share, CLOSED_ACROSS.counted(edition).number())


def _offences(edition: Edition, requirement: str) -> tuple[Group, ...]:
    """Return the rate of each offence group, largest first. Statistics 1.6 decides how small ones are shown."""
    offence = edition.trailing_due(edition.place(requirement)).offence
    names = [offence.value(code) for code in np.unique(offence.codes)]
    made = [Group(name, OFFENCE.share(edition, requirement, name)) for name in names]
    return tuple(sorted(made, key=lambda group: (-group.share.of, group.name or "")))
