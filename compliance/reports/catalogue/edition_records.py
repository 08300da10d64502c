"""The records that an edition of a report is counted from, judged for it or judged again (statistics 1.2a, 1.2b)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from compliance.errors import SettingsError, nearest
from compliance.policy import Policy, judge
from compliance.policy.verdicts import Verdicts
from compliance.records.columns import Coded, Columns
from compliance.reports.catalogue.unit_levels import AREAS, DIVISIONS
from compliance.reports.judging.beginning import Beginning, begin
from compliance.reports.judging.judged import Judgements, ReportOptions, judge_span, of_division
from compliance.reports.judging.sources import KnownRecords, RecordSource, complete_records, select_complete
from compliance.reports.model.printable_figures import make_printable
from compliance.reports.periods.spans import Span

FEW_NAMES: Final = 20
"""The largest number of known names that an error lists when one is unknown."""


@dataclass(frozen=True)
class EditionRecords:
    """The records of an edition.

    - `division`: the division whose edition it is; None for the board's.
    - `made`: what was judged for the report, while it is being made.
    """

    source: RecordSource
    policy: Policy
    period: Span
    options: ReportOptions = field(default_factory=ReportOptions)
    division: str | None = None
    made: Judgements | None = field(default=None, kw_only=True)

    def judge_span(self, span: Span) -> Verdicts:
        """Judge a period as at its T and as known at its K (statistics 1.2)."""
        if span == self.period:
            return self.headline
        return judge_span(self._records, self.policy, span)

    def judge_whole(self, span: Span) -> Verdicts:
        """Judge all crimes for a period: those that could not matter to it too."""
        instant = span.settling_instant(self.policy.local)
        return judge(self._records.records_known(instant).columns, self.policy, instant, instant)

    @cached_property
    def beginning(self) -> Beginning:
        """Where the records begin, as known when the period was settled (statistics 1.2b)."""
        begun, settled = self.options.records_begin, self.period.settling_instant(self.policy.local)
        if begun is None and self.made is None:
            begun = begin(self.source.records_known(settled).columns.reported_at, self.policy.local, settled)
        return Beginning(begun, self.policy)

    @cached_property
    def _records(self) -> RecordSource:
        """The records of crimes that take part in the figures."""
        return complete_records(self.source, self.beginning.begun, self.policy.local)

    @cached_property
    def known(self) -> KnownRecords:
        """The records as known when the period was settled."""
        if self.made is not None:
            made = self.made
            return KnownRecords(made.verdicts.columns, seen_until=made.seen_until, as_recorded=made.as_recorded)
        return self.source.records_known(self.period.settling_instant(self.policy.local))

    @cached_property
    def known_before(self) -> Columns:
        """The records as known when the period before was settled."""
        if self.made is not None:
            return self.made.before_columns
        return self.source.records_known(self.period.plus(-1).settling_instant(self.policy.local)).columns

    @cached_property
    def everything(self) -> Verdicts:
        """The verdicts of the period on all records. Raises SettingsError if no crime was ever the division's."""
        if self.made is not None:
            return self.made.verdicts
        verdicts = self._judge(self.known)
        if self.division is not None:
            columns = verdicts.columns
            find_name((columns.division, columns.allocations.division), self.division, "division")
        return verdicts

    @cached_property
    def headline(self) -> Verdicts:
        """The verdicts from which rates and stocks are counted: on crimes reported since the records begin.

        Raises SettingsError as `everything` does.
        """
        if self.made is not None:
            return self.made.headline
        every, complete = self.everything, self._complete
        return every if complete is self.known else self._judge(complete)

    @cached_property
    def _complete(self) -> KnownRecords:
        return select_complete(self.known, self.beginning.begun, self.policy.local)

    def _judge(self, records: KnownRecords) -> Verdicts:
        instant = self.period.settling_instant(self.policy.local)
        return judge(records.columns, self.policy, instant, instant)

    @cached_property
    def ours(self) -> Verdicts:
        """The verdicts on all crimes that the edition covers."""
        return self.everything if self.division is None else of_division(self.everything, self.division)


def find_name(columns: Iterable[Coded], name: str | None, what: str) -> str | None:
    """Return the text of a figure's group, None for rows without one.

    Accepts the text as reports show it, if only one group is shown that way. Raises SettingsError if no row has that
    text.
    """
    columns = tuple(columns)
    if name is None or any(name in column.values for column in columns):
        return name
    if name == (AREAS if what == AREAS.name else DIVISIONS).nameless:
        return None
    known = sorted({value for column in columns for value in column.values})
    if len(alike := [value for value in known if make_printable(value) == name]) == 1:
        return alike[0]
    there = f"; there are {', '.join(known)}" if len(known) <= FEW_NAMES else ""
    raise SettingsError(f"no {what} {name!r} in the records{nearest(name, known) or there}")
