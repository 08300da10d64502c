"""The periods that a report covers, each judged once at its own T and K (statistics 1.2)."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from compliance.errors import SettingsError
from compliance.policy import Policy, judge
from compliance.policy.verdicts import OVERDUE, Verdicts
from compliance.policy.vocabulary import METHOD, Vocabulary, vocabulary
from compliance.records.columns import Columns
from compliance.reports.beginning import begin
from compliance.reports.explained import ExplainedWeeks
from compliance.reports.findings import Restated
from compliance.reports.organisation import Organisation
from compliance.reports.periods import newest_settled
from compliance.reports.questions import live_only
from compliance.reports.rates import Cohort, due_in, has
from compliance.reports.restatement import Earlier, Restatement
from compliance.reports.silent_victims import Silence, silence
from compliance.reports.sources import RecordSource, map_records
from compliance.reports.spans import Span
from compliance.reports.weeks import Week
from compliance.store.column_pool import take_columns

CHARTED: Final = 26
"""The number of settled weeks in a control chart (statistics section 2)."""
TRAILING: Final = 13
"""The number of settled weeks over which divisions are compared with the rest of the force (statistics 1.5)."""
LIVE_METHODS: Final = ("phone", "visit", "video")
"""The methods of live contact (statistics 1.9)."""


@dataclass(frozen=True)
class ReportOptions:
    """What a force decides about its reports.

    - `targets`: per cent, by requirement id (statistics 2.4).
    - `recalculate_from`: local dates from which limits are recalculated, with the reason (2.5).
    - `policy_changes`: local dates on which another policy came into use; only drawn.
    - `explained_weeks`: what explains some weeks, and whether they are left out of the charts (2.2b).
    - `own_words`: values in the force's records beyond those of specification and policy, by field (rules section 8).
    - `records_begin`: the local date from which crimes are held completely; None: derived from the records (1.2b).
    - `organisation`: the units over time (decision 0031); None: as the records name them.
    """

    live_methods: Sequence[str] = LIVE_METHODS
    targets: Mapping[str, float] = field(default_factory=dict)
    recalculate_from: Sequence[tuple[date, str]] = ()
    policy_changes: Sequence[tuple[date, str]] = ()
    explained_weeks: Sequence[ExplainedWeeks] = ()
    sampled: int = 20
    own_words: Mapping[str, Collection[str]] = field(default_factory=dict)
    records_begin: date | None = None
    organisation: Organisation | None = None

    def explanation_of(self, week: Span) -> ExplainedWeeks | None:
        """Return what explains a week, None if nothing does."""
        return next((explained for explained in self.explained_weeks if week in explained), None)

    def known(self, policy: Policy) -> Vocabulary:
        """Return all known values of the fields whose values decide something."""
        return vocabulary(policy, self.own_words, {METHOD: self.live_methods})


@dataclass(frozen=True, slots=True)
class JudgedPeriod:
    """One period as judged.

    `cohort`: the obligations due in it that count. `silence`: the silent victims at its end. `overdue`: what was
    outstanding when it was settled, by requirement and division.
    """

    span: Span
    cohort: Cohort
    silence: Silence
    overdue: Cohort

    @classmethod
    def of(cls, verdicts: Verdicts, span: Span) -> "JudgedPeriod":
        """Return a period from verdicts as at its T and as known at its K."""
        return cls(span, due_in(verdicts, *span.days), silence(verdicts, span), _select_outstanding(verdicts))

    def within(self, division: str | None) -> "JudgedPeriod":
        """Return the same period for one division; None: all of it."""
        if division is None:
            return self
        return JudgedPeriod(
            self.span,
            self.cohort.where(has(self.cohort.division, division)),
            self.silence.where(has(self.silence.division, division)),
            self.overdue.where(has(self.overdue.division, division)),
        )


def list_charted_weeks(period: Span) -> list[Week]:
    """Return the settled weeks in the charts of a period's report, earliest first, up to the end of the period."""
    newest = Week.of(period.last + timedelta(days=1)).plus(-1)
    return [newest.plus(back) for back in range(1 - CHARTED, 1)]


def of_division(verdicts: Verdicts, division: str) -> Verdicts:
    """Judge the crimes that a division has or has had, as they were."""
    columns = verdicts.columns
    rows = has(columns.division, division)
    rows[columns.allocations.crime[has(columns.allocations.division, division)]] = True
    return judge(take_columns(columns, np.flatnonzero(rows)), verdicts.policy, verdicts.as_at, verdicts.known_at)


def _select_outstanding(verdicts: Verdicts) -> Cohort:
    return due_in(verdicts.take(verdicts.state == OVERDUE), -(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Judgements:
    """Everything that was judged for one report, for all its editions.

    - `weeks`: the settled weeks charted, earliest first; `trailing`: the last of them.
    - `verdicts`: those of the period.
    - `before_columns`: the records as known for the period before.
    - `seen_until`: the end of the poll by which those of the period had been seen; None if no versions from then are
      held.
    """

    source: RecordSource
    policy: Policy
    options: ReportOptions
    verdicts: Verdicts
    period: JudgedPeriod
    before: JudgedPeriod
    provisional: JudgedPeriod | None
    last_year: JudgedPeriod | None
    live: JudgedPeriod
    weeks: tuple[JudgedPeriod, ...]
    before_columns: Columns
    seen_until: datetime | None
    unobserved: int
    restated: tuple[Restated, ...]
    as_recorded: Columns | None = None
    """The records of the period with divisions and teams as the crime system names them, if there is a map."""
    before_recorded: Columns | None = None
    """The same of the records as known for the period before."""
    live_trailing: tuple[Cohort, ...] = ()
    """The obligations due in each of the trailing weeks with live contact only, as known at the period's K."""

    @property
    def trailing(self) -> tuple[JudgedPeriod, ...]:
        """The weeks over which units are compared."""
        return self.weeks[-TRAILING:]


def judge_periods(
    source: RecordSource,
    policy: Policy,
    period: Span,
    now: datetime,
    options: ReportOptions | None = None,
    earlier: Sequence[Earlier] = (),
    held: MutableMapping[Span, JudgedPeriod] | None = None,
) -> Judgements:
    """Judge everything that the report of a settled period needs.

    `now`: an aware instant; SettingsError is raised for a period not settled by then. T and K are those of each period,
    not `now`, so the same records and policy always give the same verdicts. `earlier`: what was published before, to be
    restated (statistics section 5). `held`: periods judged for other reports on the same records, by the same policy
    and the same map; they are not judged again, and those judged now are added.
    """
    options, held = options or ReportOptions(), {} if held is None else held
    settled = period.settling_instant(policy.local)
    if settled > now:
        raise SettingsError(
            f"{period.kind} {period} is settled seven days after its end, at {settled:%Y-%m-%dT%H:%MZ}; the newest "
            f"{period.kind} that is settled is {newest_settled(period.kind, policy.local.date_of(now))}"
        )
    source = map_records(source, options.organisation, period.last)
    weeks = list_charted_weeks(period)
    published = {
        known.span: known for known in earlier if known.span.kind == period.kind and str(known.span) < str(period)
    }
    asked = dict.fromkeys([period, period.plus(-1), period.last_year, *weeks, *published])
    judged: dict[Span, JudgedPeriod] = {}
    restated: list[Restated] = []
    unobserved = 0
    for span in filter(None, asked):
        instant = span.settling_instant(policy.local)
        records = source.records_known(instant)
        verdicts = None
        if span not in held or span == period or span in published:
            verdicts = judge(records.columns, policy, instant, instant)
            held[span] = JudgedPeriod.of(verdicts, span)
        judged[span] = held[span]
        unobserved += records.unobserved > 0 and (span in weeks or span == period)
        if verdicts is not None and span == period:
            headline, seen_until, as_recorded = verdicts, records.seen_until, records.as_recorded
            begun = options.records_begin or begin(records.columns, policy.local, instant)
            restatement = Restatement(headline)
            provisional = JudgedPeriod.of(headline, period.plus(1)) if isinstance(period, Week) else None
        if span == period.plus(-1):
            before, before_recorded = records.columns, records.as_recorded
        if verdicts is not None and span in published:
            known = published[span].comparable_under(options.organisation, period.last)
            restated += restatement.of(known, verdicts)
    live = live_only(headline, options.live_methods)
    return Judgements(
        source, policy, replace(options, records_begin=begun), headline,
        judged[period], judged[period.plus(-1)], provisional,
        judged[period.last_year] if period.last_year else None,
        JudgedPeriod.of(live, period),
        tuple(judged[week] for week in weeks), before, seen_until, unobserved, tuple(restated), as_recorded,
        before_recorded, tuple(due_in(live, *week.days) for week in weeks[-TRAILING:]),
    )  # fmt: skip
