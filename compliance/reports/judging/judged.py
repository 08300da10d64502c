"""The periods that a report covers, each judged once at its own T and K (statistics 1.2)."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compliance.errors import SettingsError
from compliance.policy import Policy, judge
from compliance.policy.verdicts import OVERDUE, Verdicts
from compliance.policy.vocabulary import METHOD, Vocabulary, vocabulary
from compliance.progress import tell_step
from compliance.records.columns import Columns
from compliance.reports.judging.beginning import begin
from compliance.reports.judging.questions import live_only
from compliance.reports.judging.rates import Cohort, due_in, has
from compliance.reports.judging.relevant_crimes import find_relevant
from compliance.reports.judging.restatement import Earlier, Restatement
from compliance.reports.judging.silent_victims import Silence, silence
from compliance.reports.judging.sources import RecordSource, complete_records, map_records, select_complete
from compliance.reports.model.findings import Restated
from compliance.reports.organisation import Organisation
from compliance.reports.periods.explained import ExplainedWeeks
from compliance.reports.periods.periods import newest_settled
from compliance.reports.periods.spans import Span
from compliance.reports.periods.weeks import Week
from compliance.store.reading.column_pool import take_columns

CHARTED: Final = 52
"""The largest number of settled weeks in a control chart (statistics section 2)."""
TRAILING: Final = 13
"""The number of settled weeks over which divisions are compared with the rest of the force (statistics 1.5)."""
LIVE_METHODS: Final = ("phone", "visit", "video")
"""The methods of live contact (statistics 1.9)."""


@dataclass(frozen=True)
class FormerPolicy:
    """The policy in use until a local date `since`, on which another came into use."""

    since: date
    policy: Policy


@dataclass(frozen=True)
class ReportOptions:
    """What a force decides about its reports.

    - `targets`: per cent, by requirement id (statistics 2.4).
    - `recalculate_from`: local dates from which limits are recalculated, with the reason (2.5).
    - `policy_changes`: local dates on which another policy came into use; only drawn. `former`: the one before
      the newest of these, to announce that change (5).
    - `explained_weeks`: what explains some weeks, and whether they are left out of the charts (2.2b).
    - `own_words`: values in the force's records beyond those of specification and policy, by field (rules section 8).
    - `records_begin`: the local date from which crimes are held completely; None: derived from the records (1.2b).
    - `organisation`: the units over time (decision 0031); None: as the records name them.
    - `questions_to`: who answers questions about them; empty: not said.
    """

    live_methods: Sequence[str] = LIVE_METHODS
    targets: Mapping[str, float] = field(default_factory=dict)
    recalculate_from: Sequence[tuple[date, str]] = ()
    policy_changes: Sequence[tuple[date, str]] = ()
    former: FormerPolicy | None = None
    explained_weeks: Sequence[ExplainedWeeks] = ()
    sampled: int = 20
    own_words: Mapping[str, Collection[str]] = field(default_factory=dict)
    records_begin: date | None = None
    organisation: Organisation | None = None
    questions_to: str = ""

    def explanation_of(self, week: Span) -> ExplainedWeeks | None:
        """Return what explains a week, None if nothing does."""
        return next((explained for explained in self.explained_weeks if week in explained), None)

    def known(self, policy: Policy) -> Vocabulary:
        """Return all known values of the fields whose values decide something."""
        return vocabulary(policy, self.own_words, {METHOD: self.live_methods})


@dataclass(frozen=True, slots=True)
class JudgedPeriod:
    """One period as judged.

    `cohort`: the obligations due in it that count, and `crimes` the number of the crime of each. `silence`: the silent
    victims at its end. `overdue`: what was outstanding when it was settled, by requirement and division.
    """

    span: Span
    cohort: Cohort
    silence: Silence
    overdue: Cohort
    crimes: pa.Array

    @classmethod
    def of(cls, verdicts: Verdicts, span: Span) -> "JudgedPeriod":
        """Return a period from verdicts as at its T and as known at its K."""
        cohort, columns = due_in(verdicts, *span.days), verdicts.columns
        crimes = columns.crime_ref.take(columns.victims.crime[cohort.victim])
        return cls(span, cohort, silence(verdicts, span), _select_outstanding(verdicts), crimes)

    def within(self, division: str | None) -> "JudgedPeriod":
        """Return the same period for one division; None: all of it."""
        if division is None:
            return self
        return JudgedPeriod(
            self.span,
            self.cohort.where(has(self.cohort.division, division)),
            self.silence.where(has(self.silence.division, division)),
            self.overdue.where(has(self.overdue.division, division)),
            self.crimes.filter(has(self.cohort.division, division)),
        )

    def without(self, crimes: pa.Array) -> "JudgedPeriod":
        """Return the same period without what was due in some crimes, given by their numbers."""
        kept = ~pc.is_in(self.crimes, value_set=crimes).to_numpy(zero_copy_only=False)
        return replace(self, cohort=self.cohort.where(kept), crimes=self.crimes.filter(kept))


def list_charted_weeks(period: Span, begun: date | None) -> list[Week]:
    """Return the settled weeks that a period's report looks at, earliest first, up to the end of the period.

    They are the newest 52, or as many as end after the records begin, and always the newest. With which of them a chart
    begins is said by `Beginning` (statistics 1.2b).
    """
    newest = Week.of(period.last + timedelta(days=1)).plus(-1)
    weeks = [newest.plus(back) for back in range(1 - CHARTED, 0)]
    return [*(week for week in weeks if begun is not None and week.last >= begun), newest]


def judge_span(source: RecordSource, policy: Policy, span: Span) -> Verdicts:
    """Judge the crimes that can matter to a period, as at its T and as known at its K (statistics 1.2)."""
    instant = span.settling_instant(policy.local)
    columns = source.records_known(instant).columns
    return judge(take_columns(columns, find_relevant(columns, policy, span, instant)), policy, instant, instant)


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
    - `verdicts`: those of the period, on all records.
    - `headline`: those from which rates and stocks are counted, on crimes reported since the records begin (1.2b).
    - `before_columns`: the records as known for the period before.
    - `seen_until`: the end of the poll by which those of the period had been seen; None if no versions from then are
      held.
    """

    source: RecordSource
    policy: Policy
    options: ReportOptions
    verdicts: Verdicts
    headline: Verdicts
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
    held: MutableMapping[tuple[date | None, Span], JudgedPeriod] | None = None,
) -> Judgements:
    """Judge everything that the report of a settled period needs.

    `now`: an aware instant; SettingsError is raised for a period not settled by then. T and K are those of each period,
    not `now`, so the same records and policy always give the same verdicts. `earlier`: what was published before, to be
    restated (statistics section 5). `held`: periods judged for other reports on the same records, by the same policy
    and the same map, with the date from which the records are complete; they are not judged again, and those judged now
    are added.
    """
    options, held = options or ReportOptions(), {} if held is None else held
    settled = period.settling_instant(policy.local)
    if settled > now:
        raise SettingsError(
            f"{period.kind} {period} is settled seven days after its end, at {settled:%Y-%m-%dT%H:%MZ}; the newest "
            f"{period.kind} that is settled is {newest_settled(period.kind, policy.local.date_of(now))}"
        )
    local, source = policy.local, map_records(source, options.organisation, period.last)
    every = source.records_known(settled)
    begun = options.records_begin or begin(every.columns.reported_at, local, settled)
    complete = select_complete(every, begun, local)
    headline = verdicts = judge(every.columns, policy, settled, settled)
    if complete is not every:
        headline = judge(complete.columns, policy, settled, settled)
    known, source = source, complete_records(source, begun, local)
    judged: dict[Span, JudgedPeriod] = {period: JudgedPeriod.of(headline, period)}
    weeks = list_charted_weeks(period, begun)
    published = {
        known.span: known for known in earlier if known.span.kind == period.kind and str(known.span) < str(period)
    }
    restatement, restated = Restatement(headline), list[Restated]()
    unobserved = int(every.unobserved > 0)
    spans = list(filter(None, dict.fromkeys([period.plus(-1), period.last_year, *weeks, *published])))
    for number, span in enumerate(spans, 1):
        if span == period:
            continue
        instant = span.settling_instant(local)
        if span in published:
            then = judge(source.records_known(instant).columns, policy, instant, instant)
            restated += restatement.of(published[span].comparable_under(options.organisation, period.last), then)
        if (begun, span) not in held:
            held[begun, span] = JudgedPeriod.of(judge_span(source, policy, span), span)
        judged[span] = held[begun, span]
        unobserved += span in weeks and source.records_known(instant).unobserved > 0
        tell_step("periods judged", number, len(spans))
    live = live_only(headline, options.live_methods)
    known_before = known.records_known(period.plus(-1).settling_instant(local))
    return Judgements(
        known, policy, replace(options, records_begin=begun), verdicts, headline,
        judged[period], judged[period.plus(-1)],
        JudgedPeriod.of(headline, period.plus(1)) if isinstance(period, Week) else None,
        judged[period.last_year] if period.last_year else None,
        JudgedPeriod.of(live, period), tuple(judged[week] for week in weeks), known_before.columns, every.seen_until,
        unobserved, tuple(restated), every.as_recorded, known_before.as_recorded,
        tuple(due_in(live, *week.days) for week in weeks[-TRAILING:]),
    )  # fmt: skip
