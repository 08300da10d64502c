"""Findings over time and between groups: parts of the figures (`report_model.Figures`)."""

from datetime import date
from itertools import groupby

from msgspec import Struct

from compliance.reports.methods.control import Assurance, Control
from compliance.reports.methods.funnel import Bounds
from compliance.reports.model.changes import Part
from compliance.reports.model.proportions import Proportion, Rate, RateDifference


class Mark(Struct, frozen=True):
    """A mark in a chart at the place of a week, with its reason: another policy, or new limits."""

    place: int
    week: str
    reason: str


class Explained(Struct, frozen=True):
    """An explained week of a chart (statistics 2.2b). `excluded`: whether it takes no part in the control chart."""

    place: int
    week: str
    reason: str
    excluded: bool


class Trend(Struct, frozen=True):
    """A requirement over the settled weeks, each judged at the same age (statistics section 2).

    One share a week, its control chart in per cent and, if the requirement repeats, the silent victims (1.7).
    `overdue`: how many were outstanding when each week was settled, None before stocks are shown. `target` and
    `assurance` are None if no target is set.
    """

    weeks: tuple[str, ...]
    shares: tuple[Proportion, ...]
    silent: tuple[Proportion, ...] | None
    overdue: tuple[int | None, ...]
    control: Control
    marks: tuple[Mark, ...]
    target: float | None
    assurance: Assurance | None
    explained: tuple[Explained, ...] = ()
    charted_from: date | None = None
    """The local date on or after which its first week begins (1.2b); None: unknown."""
    ages_until: date | None = None
    """The local date until which its make-up still ages (1.2b); None: it does not, or is not known to."""
    filled_from: date | None = None
    """The local date from which its stocks are filled and can be compared (1.2b); None: unknown."""
    on_duplicates: tuple[str, ...] = ()
    """The weeks with a special cause only with crimes that are probably on record twice (decision 0058): not told."""

    @property
    def explanations(self) -> list[list[Explained]]:
        """The explained weeks in order, neighbours with one explanation together."""
        weeks = enumerate(self.explained)
        groups = groupby(weeks, lambda each: (each[1].place - each[0], each[1].reason, each[1].excluded))
        return [[week for _, week in group] for _, group in groups]


class PartFigures(Struct, frozen=True):
    """A part of a requirement that repeats (statistics 1.10): its rate in the period, and over the settled weeks.

    `due_from`: the first local date on which anything of it could fall due (1.2b); None: unknown.
    """

    part: Part
    week: Rate
    trend: Trend
    due_from: date | None


class UnitTrend(Struct, frozen=True):
    """One division (or team) over the settled weeks, for its special causes."""

    name: str
    shares: tuple[Proportion, ...]
    control: Control


class FunnelPoint(Struct, frozen=True):
    """One division (or team) in the funnel.

    `beyond`: 0 (within the limits), 95 (beyond 95 %), 998 (beyond 99.8 %). `different`: whether it is called different
    from the rest, as in the table (statistics 1.5, 3.2).
    """

    name: str
    share: Proportion
    bounds: Bounds
    beyond: int
    different: bool = False


class Funnel(Struct, frozen=True):
    """Units compared with the limits of chance (statistics section 3). `curve`: limits at the sizes to draw."""

    rate: float
    points: tuple[FunnelPoint, ...]
    curve: tuple[Bounds, ...]


class Group(Struct, frozen=True):
    """The rate of one group of obligations, such as an offence group. `name` is None if not recorded."""

    name: str | None
    share: Proportion


class Way(Struct, frozen=True):
    """Contacts in the period by one method: how many reached the victim, and how many were attempts that did not."""

    method: str | None
    informed: int | None
    attempted: int | None


class EntryQuestion(Struct, frozen=True):
    """A question about how updates get into the records.

    `share`: how often the answer is yes. `expected`: the share that chance alone would give, None if it cannot be
    calculated.
    """

    key: str
    title: str
    asks: str
    clause: str
    share: Proportion
    expected: float | None
    expected_by: str


class TeamPattern(Struct, frozen=True):
    """A team that shows a pattern far beyond chance: how many of its entries do, and how many chance would give."""

    name: str
    share: Proportion
    expected: float


class Pattern(Struct, frozen=True):
    """A pattern in how teams' entries are made, to ask about, over the 13 weeks up to the period's end.

    `of`: the number of teams with at least ten entries. `beyond`: how many show it far beyond chance. `teams`: these by
    name, only in a division's edition.
    """

    key: str
    title: str
    asks: str
    expected_by: str
    of: int
    beyond: int
    teams: tuple[TeamPattern, ...]


class BothPolicies(Struct, frozen=True):
    """A requirement in the period by the policy in use now, and by the one before."""

    requirement: str
    now: Proportion
    before: Proportion


class ChangedPolicy(Struct, frozen=True):
    """A change of policy to announce (statistics 5): since which local date, what is asked differently, the rates."""

    since: date
    differences: tuple[str, ...]
    rates: tuple[BothPolicies, ...]


class Step(Struct, frozen=True):
    """What one cause changed: the difference in met and in due."""

    cause: str
    met: int
    due: int


class Restated(Struct, frozen=True):
    """An earlier published period (statistics section 5): as published, as known now, and the steps between.

    The steps are in the order in which they are applied, and add up exactly. `unit`: a division, None for the whole.
    """

    period: str
    version: int
    requirement: str
    unit: str | None
    published_met: int
    published_due: int
    met: int
    due: int
    steps: tuple[Step, ...]


class Sample(Struct, frozen=True):
    """A dip sample: crimes drawn at random from those with an obligation due in the period.

    The same seed draws the same crimes again from the same records, sorted by crime number.
    """

    seed: int
    drawn_from: int
    crime_refs: tuple[str, ...]


class Gap(Struct, frozen=True):
    """The local dates between which the crime system was not read to its end."""

    first: date
    last: date


class StepEffect(Struct, frozen=True):
    """The effect of one step of the ladder in a period.

    Of the obligations listed and outstanding then: the shares discharged within 24 and 72 hours of the email, and the
    median hours of those discharged by T. `earlier`: how many of those within 72 hours were discharged by a contact
    dated before the day of the email. The `before` fields: the same for obligations that fell due before the service
    sent any email, measured from the morning on which they would have been listed. They are None if there are none, or
    if the step has no such morning.
    """

    step: str
    title: str
    day: Proportion
    three_days: Proportion
    median_hours: float | None
    earlier: int
    before_day: Proportion | None
    before_three_days: Proportion | None
    before_median_hours: float | None


class TrialEffect(Struct, frozen=True, kw_only=True):
    """A trial of reminders, and from `stated_from` on what came of it, of the teams that tried it and the others.

    `first` and `last`: the days of the trial. The shares are of what fell due after its first week, with intervals that
    allow for clustering by team; None before they are stated.
    """

    name: str
    setting: str
    usual_value: str
    tried_value: str
    first: date
    last: date
    stated_from: date
    tried_teams: int | None = None
    usual_teams: int | None = None
    tried: Proportion | None = None
    usual: Proportion | None = None
    change: RateDifference | None = None


class Reminded(Struct, frozen=True):
    """The reminders of the period: emails, recipients, obligations listed, and how often one was listed again.

    `before_first` to `before_last`: when the obligations compared with fell due.
    """

    mails: int
    recipients: int
    obligations: int
    repeats: int
    steps: tuple[StepEffect, ...]
    before_first: date
    before_last: date
    trial: TrialEffect | None = None
