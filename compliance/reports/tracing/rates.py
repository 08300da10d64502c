"""The cases of rates, of what is overdue, and of the same-day question: obligations."""

from collections.abc import Callable

import numpy as np

from compliance.errors import SettingsError
from compliance.policy.status import Flags
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE, YES, Verdicts
from compliance.reports.judged import TRAILING, charted_weeks
from compliance.reports.periods import parse_period
from compliance.reports.questions import live_only, same_day_readings
from compliance.reports.rates import BANDS, Cohort, has
from compliance.reports.rows import band_measure
from compliance.reports.spans import Span
from compliance.reports.tracing.case import COUNT, Counts, Traced, first_of_each, obligations, together
from compliance.reports.tracing.edition import Edition, named
from compliance.reports.weeks import Week

READINGS = ("same-day", "same-day-counting", "same-day-original")


def rate(edition: Edition, kind: str, requirement: str, group: str) -> Traced:
    """The obligations of a requirement's rate in a period."""
    verdicts, span = asked(edition, kind, group)
    cohort = _of(edition.due(verdicts, span), edition, requirement)
    return _told(verdicts, cohort.where(cohort.enhanced) if kind == "enhanced" else cohort)


def rate_of_group(edition: Edition, kind: str, requirement: str, group: str) -> Traced:
    """The obligations of one division or team in the period."""
    cohort = _of(edition.due(edition.headline, edition.period), edition, requirement)
    column = getattr(cohort, kind)
    return _told(edition.headline, cohort.where(has(column, named([column], group, kind))))


def rate_of_weeks(edition: Edition, kind: str, requirement: str, group: str) -> Traced:
    """The obligations of one division or team, or one offence group, over the trailing weeks."""
    unit = "offence" if kind == "offence" else edition.unit
    found = [(verdicts, _of(cohort, edition, requirement)) for verdicts, cohort in trailing(edition)]
    name = named([getattr(cohort, unit) for _, cohort in found], group, unit)
    return together(_told(verdicts, cohort.where(has(getattr(cohort, unit), name))) for verdicts, cohort in found)


def late_team(edition: Edition, _kind: str, _key: str, group: str) -> Traced | str:
    """The obligations of a team met over the trailing weeks: those by an update entered after the due date."""
    if not group:
        return (
            "it counts teams, not crimes: a team is counted beyond the funnel's upper 99.8% limit (statistics 3.2). "
            "late-teams/TEAM lists the obligations of one"
        )
    found = trailing(edition)
    team = named([cohort.team for _, cohort in found], group, "team")
    parts = [(verdicts, c.where(has(c.team, team) & (c.state == MET))) for verdicts, c in found]
    return together(Traced(obligations(v, c.verdict), {COUNT: c.entered_after}) for v, c in parts)


def overdue(edition: Edition, _kind: str, requirement: str, _group: str) -> Traced:
    """What is outstanding as at T, by how long."""
    verdicts, place = edition.headline, _place(edition, requirement)
    row = np.flatnonzero((verdicts.state == OVERDUE) & (verdicts.requirement == place))
    row = row[edition.own(verdicts, row)]
    days = verdicts.days_late[row]
    counts = {COUNT: np.ones(len(row), dtype=np.bool_), "victims": first_of_each(verdicts.victim[row])}
    counts |= {band_measure(first, last): (days >= first) & (days <= (last or days.max(initial=0)))
               for first, last in BANDS}  # fmt: skip
    return Traced(obligations(verdicts, row), counts)


def same_day(edition: Edition, kind: str, _key: str, _group: str) -> Traced:
    """The obligations of the same-day question under one of its readings (statistics section 4)."""
    cohort, met = _readings(edition)
    return Traced(obligations(edition.headline, cohort.verdict), {COUNT: met[READINGS.index(kind)]})


def only_same_day(edition: Edition, _kind: str, _key: str, _group: str) -> Traced:
    """The victims who had an update on the day of the report and none in time after it."""
    cohort, met = _readings(edition)
    row = cohort.verdict[(edition.headline.same_day_update[cohort.verdict] == YES) & ~met[0]]
    return Traced(obligations(edition.headline, row), {COUNT: np.ones(len(row), dtype=np.bool_)})


def asked(edition: Edition, kind: str, group: str = "") -> tuple[Verdicts, Span]:
    """The verdicts that a figure was made of, and the period it is about."""
    period = edition.period
    if kind.endswith("provisional"):
        # The provisional period is judged when this one is settled (statistics 1.2).
        return edition.headline, period.plus(1)
    if kind.endswith("live"):
        return live_only(edition.headline, edition.options.live_methods), period
    spans: dict[str, Callable[[], Span | None]] = {
        "before": lambda: period.plus(-1), "last-year": lambda: period.last_year, "week": lambda: parse_period(group),
    }  # fmt: skip
    span = spans.get(kind.removeprefix("silent-"), lambda: period)()
    if span is None:
        raise SettingsError(f"there is no {period.kind} {period} a year earlier")
    return edition.judged(span), span


def trailing(edition: Edition) -> list[tuple[Verdicts, Cohort]]:
    """The edition's obligations of each week over which units are compared (statistics 1.5), with their verdicts."""
    weeks: list[Week] = charted_weeks(edition.period)[-TRAILING:]
    judged = [(edition.judged(week), week) for week in weeks]
    return [(verdicts, edition.due(verdicts, week)) for verdicts, week in judged]


def _place(edition: Edition, requirement: str) -> int:
    asked_for = edition.policy.named(requirement).id
    return [each.id for each in edition.policy.requirement].index(asked_for)


def _of(cohort: Cohort, edition: Edition, requirement: str) -> Cohort:
    return cohort.where(cohort.requirement == _place(edition, requirement))


def _told(verdicts: Verdicts, cohort: Cohort) -> Traced:
    states = {COUNT: MET, "late": LATE, "overdue": OVERDUE, "missed": MISSED}
    counts: Counts = {measure: cohort.state == state for measure, state in states.items()}
    return Traced(obligations(verdicts, cohort.verdict), counts)


def _readings(edition: Edition) -> tuple[Cohort, tuple[Flags, Flags, Flags]]:
    readings = same_day_readings(edition.headline, edition.period, edition.division)
    if readings is None:
        raise SettingsError(f"policy {edition.policy.title!r} has no requirement that a same-day update is asked of")
    return readings
