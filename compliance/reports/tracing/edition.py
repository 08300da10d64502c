"""One edition of a period's report, judged again as it was."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np

from compliance.errors import SettingsError, nearest
from compliance.policy import Policy, judge
from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import Verdicts
from compliance.records.columns import Coded
from compliance.reports.judged import ReportOptions, of_division
from compliance.reports.rates import Cohort, due_in, has, owner
from compliance.reports.reminding import Mailed
from compliance.reports.restatement import Earlier
from compliance.reports.rows import NO_NAME
from compliance.reports.shown import shown
from compliance.reports.sources import Held, RecordSource
from compliance.reports.spans import Span

FEW_NAMES: Final = 20
"""So many names are told to who has asked for another."""


@dataclass(frozen=True)
class Edition:
    """What an edition of a report was made of.

    `division`: whose edition, None for the board's. `earlier`: what was published before. `mailed`: what mails told in
    a period, as rows of verdicts; `vanished`: the crimes that full exports ceased to hold, since when, and whether that
    was in the period; both None where the records are all there is.
    """

    source: RecordSource
    policy: Policy
    period: Span
    options: ReportOptions = field(default_factory=ReportOptions)
    division: str | None = None
    earlier: Sequence[Earlier] = ()
    mailed: Callable[[Verdicts, Span], Mailed] | None = None
    vanished: Callable[[Span], Sequence[tuple[str, datetime, bool]]] | None = None

    def judged(self, span: Span) -> Verdicts:
        """A period as at its T and as known at its K (statistics 1.2)."""
        if span == self.period:
            return self.headline
        instant = span.settled(self.policy.local)
        return judge(self.source.known(instant).columns, self.policy, instant, instant)

    @cached_property
    def known(self) -> Held:
        """The records as known when the period was settled."""
        return self.source.known(self.period.settled(self.policy.local))

    @cached_property
    def headline(self) -> Verdicts:
        """The period's own verdicts. Raises SettingsError where no crime of theirs was ever the division's."""
        instant = self.period.settled(self.policy.local)
        verdicts = judge(self.known.columns, self.policy, instant, instant)
        if self.division is not None:
            columns = verdicts.columns
            named((columns.division, columns.allocations.division), self.division, "division")
        return verdicts

    @cached_property
    def ours(self) -> Verdicts:
        """The verdicts on the crimes that the edition is about."""
        return self.headline if self.division is None else of_division(self.headline, self.division)

    @property
    def unit(self) -> str:
        """What the edition's groups are."""
        return "division" if self.division is None else "team"

    def due(self, verdicts: Verdicts, span: Span) -> Cohort:
        """The edition's obligations due in a period that count."""
        return due_in(verdicts, *span.days, self.division)

    def own(self, verdicts: Verdicts, row: Ints) -> Flags:
        """Which of some verdicts are on obligations of the edition."""
        every: Flags = np.ones(len(row), dtype=np.bool_)
        return every if self.division is None else has(owner(verdicts, row, "division"), self.division)

    def of(self, period: Span) -> "Edition":
        """The same edition of another period."""
        return replace(self, period=period)


def named(columns: Iterable[Coded], name: str, what: str) -> str | None:
    """The text of a group of a figure, None for what has none; by its text as reports show it where that is what one
    group alone is shown as. Raises SettingsError where no row has that text."""
    if name == NO_NAME:
        return None
    known = sorted({value for column in columns for value in column.values})
    if name not in known:
        if len(alike := [value for value in known if shown(value) == name]) == 1:
            return alike[0]
        there = f"; there are {', '.join(known)}" if len(known) <= FEW_NAMES else ""
        raise SettingsError(f"no {what} {name!r} in the records{nearest(name, known) or there}")
    return name
