"""One edition of a period's report and everything its figures are counted from.

It is either being made for the report, or judged again later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import dropwhile
from typing import Final

import numpy as np

from compliance.errors import SettingsError
from compliance.policy import Policy
from compliance.policy.calendars import Ints
from compliance.policy.status import Flags
from compliance.policy.verdicts import Verdicts
from compliance.records import columns
from compliance.records.columns import Coded
from compliance.reports.catalogue.edition_clusters import ALL, LIVE, EditionClusters
from compliance.reports.catalogue.edition_period import EditionPeriod
from compliance.reports.catalogue.edition_records import EditionRecords
from compliance.reports.catalogue.unit_levels import AREAS
from compliance.reports.examining.duplicates import Duplicates, find_duplicates
from compliance.reports.examining.entry import Seen, contacts, questions
from compliance.reports.examining.patterns import PatternRows, find_patterns
from compliance.reports.examining.quality import find_quality_rows
from compliance.reports.examining.reminding import Mailed
from compliance.reports.judging.judged import (
    TRAILING,
    JudgedPeriod,
    Judgements,
    ReportOptions,
    list_charted_weeks,
)
from compliance.reports.judging.questions import live_only, same_day_readings
from compliance.reports.judging.rates import Cohort, due_in, has, owner, together
from compliance.reports.judging.restatement import Earlier
from compliance.reports.judging.silent_victims import Silence
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.case_sets import QualityRows
from compliance.reports.organisation import UnitMap
from compliance.reports.periods.periods import parse_period
from compliance.reports.periods.spans import Span

SIDE_BY_SIDE: Final = timedelta(days=28)
"""How long after a reorganisation divisions are also shown by the former map."""


@dataclass(frozen=True)
class Edition(EditionRecords):
    """What an edition of a report is made from: its records, and what else is known.

    - `earlier`: what was published before.
    - `mailed`: a function that returns what emails listed in a period, as rows of the verdicts; None if there are only
      records.
    - `vanished`: a function that returns the crimes missing from full exports, since when, and whether that was in the
      period; None if there are only records.
    """

    earlier: Sequence[Earlier] = ()
    mailed: Callable[[Verdicts, Span], Mailed] | None = None
    vanished: Callable[[Span], Sequence[tuple[str, datetime, bool]]] | None = None
    _periods: dict[str, EditionPeriod] = field(default_factory=dict, compare=False)
    _joined: dict[int, Cohort] = field(default_factory=dict, compare=False)

    @classmethod
    def of_judgements(cls, made: Judgements, division: str | None, mailed: Mailed | None) -> "Edition":
        """Return the edition of a report that is being made. `mailed`: what emails listed in its period."""
        mailed_then = None if mailed is None else lambda _verdicts, _span: mailed
        return cls(made.source, made.policy, made.period.span, made.options, division, mailed=mailed_then, made=made)

    @classmethod
    def of_weeks(cls, name: str, policy: Policy, options: ReportOptions, weeks: Sequence[JudgedPeriod]) -> "Edition":
        """Return an edition of the last of some weeks, judged elsewhere, for what is counted from rates and silence.

        The other weeks are those over which its units are compared. It holds no records. `name`: of them, in words.
        """
        made = cls(GivenRecords(name, columns([])), policy, weeks[-1].span, options)
        for which, week in [("rate", weeks[-1]), *((f"week{week.span}", week) for week in weeks)]:
            made._periods[which] = EditionPeriod(week.span, None, partial(made.judge_span, week.span), week)
        return made

    @property
    def unit(self) -> str:
        """The unit by which the edition is grouped: "division" or "team"."""
        return "division" if self.division is None else "team"

    def unit_of(self, held: Cohort | Silence, unit: str) -> Coded:
        """Return the `area`, `division`, `team` or `offence` of each obligation or victim.

        Raises SettingsError for `area` if the map at the period's end has no areas.
        """
        if unit != AREAS.name:
            found: Coded = getattr(held, unit)
            return found
        if not self.area_members:
            raise SettingsError(f"the organisation has no areas on {self.period.last}")
        return self._units_then.find_areas(held.division)

    @cached_property
    def area_members(self) -> dict[str | None, list[str]]:
        """The divisions of each area at the period's end; None: those in no area.

        Empty if there are no areas, and in a division's edition.
        """
        return {} if self.division is not None else self._units_then.members()

    @cached_property
    def _units_then(self) -> UnitMap:
        """The map in force at the period's end."""
        organisation = self.options.organisation
        return UnitMap((), (), self.period.last) if organisation is None else organisation.on(self.period.last)

    def place(self, requirement: str) -> int:
        """Return the place of a requirement in the policy. Raises SettingsError if there is none of that name."""
        asked_for = self.policy.requirement_by_id(requirement).id
        return [each.id for each in self.policy.requirement].index(asked_for)

    def read(self, which: str, week: str = "") -> EditionPeriod:
        """Return the period that a figure is about.

        `which`: `week` (with its text in `week`), `before`, `last-year`, `provisional`, `live` (the period itself with
        live contact only), or any other word for the period itself.
        """
        found = self._periods.get(which + week)
        if found is None:
            found = self._periods[which + week] = self._read(which, week)
        return found

    @cached_property
    def trailing(self) -> list[EditionPeriod]:
        """The weeks over which units are compared (statistics 1.5)."""
        return [
            self.read("week", str(week)) for week in list_charted_weeks(self.period, self.beginning.begun)[-TRAILING:]
        ]

    def list_trailing(self, place: int) -> list[Cohort]:
        """Return what was due of one requirement in each trailing week, from the first charted that has any."""
        requirement = self.policy.requirement[place]
        held = (week.due(place) for week in self.trailing if self.beginning.is_charted(week.span, requirement))
        return list(dropwhile(lambda cohort: not len(cohort), held))

    def trailing_due(self, place: int) -> Cohort:
        """Return what was due of one requirement in all trailing weeks."""
        if place not in self._joined:
            self._joined[place] = together([week.due(place) for week in self.trailing])
        return self._joined[place]

    @cached_property
    def clusters(self) -> EditionClusters:
        """How far its obligations come in clusters (statistics 1.3).

        With live contact only, all weeks are judged as known when the period was settled.
        """

        def live() -> Sequence[Cohort]:
            if self.made is not None:
                return self.made.live_trailing
            return [due_in(self.read(LIVE).verdicts, *week.span.days) for week in self.trailing]

        return EditionClusters({ALL: lambda: [week.of_force for week in self.trailing], LIVE: live})

    @cached_property
    def former(self) -> tuple[date, Verdicts] | None:
        """The map before the newest reorganisation, as (its last day, the period's verdicts by that map).

        None unless a reorganisation took place in the period or the four weeks before it.
        """
        organisation, recorded, period = self.options.organisation, self._complete.as_recorded, self.period
        if organisation is None or recorded is None or self.division is not None:
            return None
        changes = [day for day in organisation.changes if period.first - SIDE_BY_SIDE < day <= period.last]
        if not changes:
            return None
        day = changes[-1] - timedelta(days=1)
        return day, replace(self.headline, columns=organisation.on(day).apply(recorded))

    def due_former(self, place: int) -> Cohort:
        """Return what was due of a requirement in the period, with the divisions of the map before a reorganisation.

        Raises SettingsError if there was no reorganisation.
        """
        if self.former is None:
            raise SettingsError(f"no reorganisation took place in {self.period} or the four weeks before it")
        cohort = due_in(self.former[1], *self.period.days)
        return cohort.where(cohort.requirement == place)

    @cached_property
    def same_day(self) -> tuple[Cohort, tuple[Flags, Flags, Flags]] | None:
        """The obligations of the same-day question and its readings (statistics section 4)."""
        return same_day_readings(self.headline, self.period, self.division)

    @cached_property
    def contacts(self) -> tuple[Ints, Flags, Flags]:
        """The contacts and attempts entered in the period, as rows of the updates.

        A tuple: (rows, which of them count as contact, which are attempts that did not reach the victim).
        """
        informed, attempted = contacts(self.ours, self.period)
        rows = np.flatnonzero(informed | attempted)
        return rows, informed[rows], attempted[rows]

    @cached_property
    def questions(self) -> Mapping[str, Seen]:
        """The questions about how updates got into the records, by key."""
        seen = questions(self.headline, self.ours, self.period, self.read("rate").cohort, self.known_before)
        return {each.question.key: each for each in seen}

    @cached_property
    def patterns(self) -> Mapping[str, PatternRows]:
        """The patterns in how the entries of all teams of the force were made, by key."""
        return {each.key: each for each in find_patterns(self.headline, self.period)}

    @cached_property
    def duplicates(self) -> Duplicates:
        """The crimes that are probably on record twice (decision 0058)."""
        return find_duplicates(self.headline, self.period)

    @cached_property
    def quality_rows(self) -> dict[str, QualityRows]:
        """The records in each class of data quality, by its key (rules section 8)."""
        return find_quality_rows(self.ours, self.known.seen_until)

    def own(self, verdicts: Verdicts, row: Ints) -> Flags:
        """Return which of some verdicts are on the edition's own obligations."""
        every: Flags = np.ones(len(row), dtype=np.bool_)
        return every if self.division is None else has(owner(verdicts, row, "division"), self.division)

    def of_period(self, period: Span) -> "Edition":
        """Return the same edition for another period, judged again."""
        return replace(self, period=period, made=None, _periods={}, _joined={})

    @cached_property
    def _made_spans(self) -> dict[Span, JudgedPeriod]:
        made = self.made
        if made is None:
            return {}
        every = (*made.weeks, made.last_year, made.before, made.period)
        return {judged.span: judged for judged in every if judged is not None}

    def _read(self, which: str, week: str) -> EditionPeriod:
        period = self.period
        if which == "provisional":
            # The provisional period is judged when this one is settled (statistics 1.2).
            held = self.made.provisional if self.made else None
            return EditionPeriod(period.plus(1), self.division, lambda: self.headline, held)
        if which == LIVE:
            verdicts = partial(live_only, methods=self.options.live_methods)
            held = self.made.live if self.made else None
            return EditionPeriod(period, self.division, lambda: verdicts(self.headline), held)
        spans: dict[str, Callable[[], Span | None]] = {
            "before": lambda: period.plus(-1),
            "last-year": lambda: period.last_year,
            "week": lambda: parse_period(week),
        }
        span = spans.get(which, lambda: period)()
        if span is None:
            raise SettingsError(f"there is no {period.kind} {period} a year earlier")
        return EditionPeriod(span, self.division, partial(self.judge_span, span), self._made_spans.get(span))
