"""The figures of a report: one object from which every form of it is made.

Plain frozen structs of numbers, texts, dates and aware UTC instants: `msgspec.json.encode` writes them, and
`msgspec.json.decode(text, type=Figures)` reads them back. Rates and limits are proportions from 0 to 1, None if not
available. Nothing here names a victim or an officer; teams are named only in a division's edition.
"""

from datetime import date, datetime

from msgspec import UNSET, Struct, UnsetType

from compliance.reports.model.changes import Attention, PastSeries
from compliance.reports.model.findings import (
    ChangedPolicy,
    EntryQuestion,
    Funnel,
    Gap,
    Group,
    PartFigures,
    Pattern,
    Reminded,
    Restated,
    Sample,
    TeamPattern,
    Trend,
    UnitTrend,
    Way,
)
from compliance.reports.model.proportions import Clustering, Proportion, Rate, RateDifference
from compliance.reports.model.release_facts import Gate
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.periods.spans import Kind

__all__ = ["Proportion", "Rate", "RateDifference"]


class Period(Struct, frozen=True):
    """One requirement in one week, month or quarter. `silent`: only if it repeats (statistics 1.7)."""

    week: str
    rate: Rate
    silent: Proportion | None


class DivisionFigures(Struct, frozen=True):
    """One division, area or (in a division's edition) team under one requirement. `name` is None for cases without one.

    `week` is shown, not tested. `trailing` and `rest` are the division and the rest of the force over the trailing
    weeks, and `change` is their difference, judged together with those of the other units and requirements (statistics
    1.5). These are None if not all of the weeks are held. `rests_on`: the units without any one of which a significant
    difference is none.
    """

    name: str | None
    week: Rate
    silent: Proportion | None
    trailing: Rate | None
    rest: Rate | None
    change: RateDifference | None
    rests_on: tuple[str, ...] = ()


class FormerMap(Struct, frozen=True):
    """The divisions in the period by the map in force until a local date (decision 0031)."""

    until: date
    divisions: tuple[Group, ...]


class AreaMembers(Struct, frozen=True):
    """The divisions of an area at the period's end (decision 0031); `name` None: those that are in no area."""

    name: str | None
    divisions: tuple[str, ...]


class OverdueBand(Struct, frozen=True):
    """How many updates have been overdue for `first` to `last` days; `last` None: or more."""

    first: int
    last: int | None
    count: int | None


class Overdue(Struct, frozen=True):
    """What is outstanding as at T under one requirement, by days overdue (rules section 5); None: withheld."""

    count: int | None
    victims: int | None
    bands: tuple[OverdueBand, ...]


class RequirementFigures(Struct, frozen=True):
    """All figures of one requirement of the policy."""

    id: str
    title: str
    event: bool
    """Whether its clock is a case event (rules section 7)."""
    repeats: bool
    week: Period
    before: Period
    provisional: Period | None
    last_year: Period | None
    change: RateDifference | None
    """From the period before; None if there is nothing to compare with."""
    change_last_year: RateDifference | None
    enhanced: Period
    """Victims of category `enhanced` alone."""
    live: Period
    """With live contact as the only counted method (statistics 1.9)."""
    divisions: tuple[DivisionFigures, ...]
    """Empty for a requirement whose clock is an event: too few to compare."""
    trailing_held: int
    """For how many of the trailing weeks obligations are held."""
    overdue: Overdue
    trend: Trend
    units: tuple[UnitTrend, ...]
    """The divisions over time; empty for a requirement whose clock is an event."""
    funnel: Funnel | None
    """None if not all of the weeks are held, or there is only one division."""
    offences: tuple[Group, ...]
    """The trailing weeks by offence group, largest first."""
    former: FormerMap | UnsetType = UNSET
    """Present only in the weeks after a reorganisation."""
    areas: tuple[DivisionFigures, ...] | UnsetType = UNSET
    """The areas that divisions belong to; present only if the map has areas (decision 0031)."""
    in_force: DivisionFigures | UnsetType = UNSET
    """The division of an edition as the board's report compares it with the rest of the force; only in its edition."""
    parts: tuple[PartFigures, ...] = ()
    """First further and continuing contact, if it repeats (statistics 1.10)."""
    due_from: date | None = None
    """The first local date it could fall due, given when the records begin (statistics 1.2b); None: unknown."""
    clustering: tuple[Clustering, ...] = ()
    """How alike one officer's obligations are, of all and with live contact only (statistics 1.3)."""


class SameDay(Struct, frozen=True):
    """The same-day question answered three ways for the same obligations (statistics section 4)."""

    requirement: str
    policy: Proportion
    counting: Proportion
    """If a same-day update counted."""
    original: Proportion
    """As the original system counted: neither a same-day update nor one on the recording day."""
    only_same_day: int | None
    """Victims with an update on the day of the report and none in time after it."""
    updated_later: int | None
    """How many of those were updated after the due date."""


class Closing(Struct, frozen=True):
    """How cases were closed in the period (statistics 1.8)."""

    cases: int | None
    without_a_word: Proportion
    across_due_date: int | None


class Quality(Struct, frozen=True):
    """One class of data fault, or of what must not be dropped silently (rules section 8); None if unknown."""

    key: str
    title: str
    meaning: str
    clause: str
    in_week: int | None
    held: int | None
    as_of: datetime | None = None
    """The date of its count, if it cannot be counted as known at K (statistics 1.2a)."""


class Disputed(Struct, frozen=True):
    """The disputes of reminders, as known at K: received in all and in the period, open, and how those answered ended.

    `oldest_days`: for how many local days the oldest open one had been open at K; None if none was.
    """

    received: int
    in_period: int
    open: int
    oldest_days: int | None
    wrong: int
    """How many were answered so that the record was wrong."""
    right: int
    withdrawn: int


class Intake(Struct, frozen=True):
    """What only the running service knows of its data; None if there is no service behind the records.

    - `refused`: records in quarantine.
    - `no_address`: emails not sent because there is no address.
    - `unknown_officers`: officers whom records name and the directory does not.
    - `vanished`: crimes missing from the crime system's full exports as known at K; `vanished_in_period`: those that
      vanished in the period. None if there are no full exports.
    - `last_complete_poll`: when the complete poll ended by which everything known at K had been seen.
    - `directory_as_of`: when the officer directory in force was last read or confirmed.
    - `as_of`: when it was last checked whether vanished crimes had returned.
    - `disputed`: disputes of reminders; None if replies are not read.

    The last two date what cannot be asked as at K (statistics 1.2a).
    """

    refused: int | None = None
    no_address: int | None = None
    unknown_officers: int | None = None
    vanished: int | None = None
    vanished_in_period: int | None = None
    last_complete_poll: datetime | None = None
    gaps: tuple[Gap, ...] = ()
    """When the crime system was not read to its end for a whole local date or more, at least one in the period."""
    directory_as_of: datetime | None = None
    as_of: datetime | None = None
    disputed: Disputed | None = None


class Definition(Struct, frozen=True):
    """The meaning of figures, the clause behind them, and the command that lists the cases of the first of them."""

    figures: tuple[str, ...]
    title: str
    meaning: str
    clause: str
    command: str


class ReportBasis(Struct, frozen=True):
    """What the figures were computed from, and can be reproduced from."""

    policy: str
    policy_source: str
    policy_file: str
    policy_digest: str
    records: str
    crimes: int
    victims: int
    as_at: datetime
    known_at: datetime
    today: date
    """The local date of T."""
    live_methods: tuple[str, ...]
    trailing_weeks: int
    weeks_before_observation: int
    """How many of the weeks were settled before the service first read the crime system: crimes are as first seen."""
    comparisons: int
    """The number of comparisons of a unit with the rest."""
    own_words: dict[str, tuple[str, ...]] = {}
    """Values known beyond those of specification and policy, by field (rules section 8)."""
    organisation_digest: str | UnsetType = UNSET
    """Digest of the map of divisions and teams (decision 0031); absent: units are named as in the records."""
    records_begin: date | None = None
    """The local date from which crimes are held completely (statistics 1.2b); None: unknown."""
    questions_to: str = ""
    """Who answers questions about the report; empty: not said."""
    audit_head: str = ""
    """The head of the audit log when the report was published, `number:hash` (docs/audit.md); empty: no entry yet."""


class Figures(Struct, frozen=True):
    """A report of a week, a month or a quarter (`kind`).

    `edition`: `board`, `public`, or `division`, which covers the teams of one (`unit`).
    """

    force: str
    edition: str
    unit: str | None
    kind: Kind
    period: str
    first: date
    last: date
    provisional: str | None
    """The period just ended; None if not shown."""
    requirements: tuple[RequirementFigures, ...]
    same_day: SameDay | None
    closing: Closing
    quality: tuple[Quality, ...]
    intake: Intake
    ways: tuple[Way, ...]
    """Contacts by method, most used first."""
    questions: tuple[EntryQuestion, ...]
    restated: tuple[Restated, ...]
    sample: Sample | None
    version: int
    changed: tuple[str, ...]
    """What differs from the version before, of this period and edition; `version` is from 1."""
    reminders: Reminded | None
    """None if unknown."""
    definitions: tuple[Definition, ...]
    basis: ReportBasis
    patterns: tuple[Pattern, ...] = ()
    areas: tuple[AreaMembers, ...] | UnsetType = UNSET
    """The divisions of each area; present only in the board's and the public edition, if the map has areas."""
    gate: Gate | None = None
    """What was checked before it was released (statistics section 7); None: nothing was."""
    changed_policy: ChangedPolicy | None = None
    """A change of policy that is announced (statistics 5); in the public edition without rates."""
    duplicates: tuple[TeamPattern, ...] = ()
    """Where far more crimes than by chance are probably on record twice: divisions or teams; no name: the whole."""
    own_past: tuple[PastSeries, ...] = ()
    """The divisions, or the teams of a division's edition, against their own past (statistics 1.5b)."""
    attention: Attention = Attention()
    """What to look at first, beside the divisions that changed (statistics 6); empty in the public edition."""
    satisfaction: Satisfaction | UnsetType = UNSET
    """What victims say; present only if a wave of the survey was held (docs/satisfaction.md)."""
