"""What a report finds over time and between groups: parts of the figures (`model.Figures`)."""

from datetime import date

from msgspec import Struct

from compliance.reports.control import Assurance, Control
from compliance.reports.funnel import Bounds
from compliance.reports.proportions import Proportion


class Mark(Struct, frozen=True):
    """Something that is drawn into a chart at the place of a week, with its reason: another policy, new limits."""

    place: int
    week: str
    reason: str


class Trend(Struct, frozen=True):
    """A requirement over the settled weeks, each at its own age (statistics section 2): one share a week, its control
    chart in per cent, and the silent victims beside it where the requirement repeats (1.7).

    `overdue`: how many were outstanding when each week was settled. `target` and `assurance` where one is set.
    """

    weeks: tuple[str, ...]
    shares: tuple[Proportion, ...]
    silent: tuple[Proportion, ...] | None
    overdue: tuple[int, ...]
    control: Control
    marks: tuple[Mark, ...]
    target: float | None
    assurance: Assurance | None


class UnitTrend(Struct, frozen=True):
    """One division (or team) over the settled weeks, for its special causes."""

    name: str
    shares: tuple[Proportion, ...]
    control: Control


class FunnelPoint(Struct, frozen=True):
    """One division (or team) in the funnel; `beyond` is 0, 95 or 998: within, beyond 95 %, beyond 99.8 %."""

    name: str
    share: Proportion
    bounds: Bounds
    beyond: int


class Funnel(Struct, frozen=True):
    """Units beside what chance alone would do (statistics section 3). `curve`: the limits at sizes to draw them by."""

    rate: float
    points: tuple[FunnelPoint, ...]
    curve: tuple[Bounds, ...]


class Group(Struct, frozen=True):
    """The rate of one group of obligations, such as an offence group; `name` None: not recorded."""

    name: str | None
    share: Proportion


class Way(Struct, frozen=True):
    """Contacts in the period by one method: how many reached the victim, how many were attempts that did not."""

    method: str | None
    informed: int | None
    attempted: int | None


class EntryQuestion(Struct, frozen=True):
    """Something about how updates come into the records, put as a question: `share` of what could have been, and the
    share that chance alone would give, None where that cannot be said."""

    key: str
    title: str
    asks: str
    clause: str
    share: Proportion
    expected: float | None
    expected_by: str


class LateTeams(Struct, frozen=True):
    """Teams that meet obligations by updates typed in after the due date more often than the others: beyond the upper
    99.8 % limit over the trailing weeks. `of` teams were looked at; `points` names them, in a division's edition alone.
    """

    of: int
    beyond: int
    points: tuple[FunnelPoint, ...]


class Step(Struct, frozen=True):
    """What one cause changed: met and due afterwards less before."""

    cause: str
    met: int
    due: int


class Restated(Struct, frozen=True):
    """An earlier published period (statistics section 5): as published, as known now, and the steps between, in the
    order in which they are applied; they add up exactly. `unit`: a division, None for the whole."""

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
    """Crimes drawn at random from those with an obligation due in the period, for reading; the same seed draws them
    again from the same crimes, in order of their numbers."""

    seed: int
    drawn_from: int
    crime_refs: tuple[str, ...]


class Gap(Struct, frozen=True):
    """Local dates between which the crime system was not read to its end."""

    first: date
    last: date


class StepEffect(Struct, frozen=True):
    """What one step of the ladder did in a period: of the obligations told of and outstanding then, the shares
    discharged within 24 and 72 hours of the mail, and the median hours of those discharged by T.

    `earlier`: how many of those within 72 hours were discharged by a contact dated before the day of the mail. The
    `before` ones: the same of obligations that fell due before the service mailed anybody, reckoned from the morning on
    which they would have been told of; None where there are none, or where a step has no such morning.
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


class Reminded(Struct, frozen=True):
    """The period's reminders: mails, the people who got them, the obligations they told of, and how often one was told
    again. `before_first` to `before_last`: when what is compared with fell due."""

    mails: int
    recipients: int
    obligations: int
    repeats: int
    steps: tuple[StepEffect, ...]
    before_first: date
    before_last: date
