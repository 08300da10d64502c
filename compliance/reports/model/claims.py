"""What a sentence of a report claims beyond a number, as data. `sentences` turns a claim into words."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct

from compliance.reports.methods.control import Rule
from compliance.reports.model.changes import Part
from compliance.reports.periods.spans import Kind


class ClaimKind(StrEnum):
    """A kind of claim."""

    WITHHELD = "withheld"
    NOTHING_DUE = "nothing due"
    NOT_YET_DUE = "nothing could be due yet"
    NOT_HELD_IN_FULL = "not held in full"
    APART = "differs from an earlier period, as a number"
    TOO_FEW = "too few to compare"
    BEFORE_WITHHELD = "the one before is withheld"
    BEFORE_NOT_HELD = "the one before is not held in full"
    NOTHING_BEFORE = "nothing was due in the one before"
    DIFFERS = "differs from the rest"
    ALIKE = "no significant difference from the rest"
    RESTS_ON = "differs because of one other unit"
    ON_DUPLICATES = "not judged for crimes on record twice"
    DUPLICATED = "crimes on record twice"
    NOT_COMPARED = "not compared yet"
    BELOW_REST = "below the rest"
    CONCERN = "concern"
    WORSE_THAN_BEFORE = "worse than its own past"
    BETTER_THAN_BEFORE = "better than its own past"
    AS_BEFORE = "no significant change against its own past"
    TOO_FEW_BEFORE = "too few to compare with its own past"
    NOT_ONE_UNIT = "not the same unit throughout"
    DATA_UNFIT = "data unfit"
    DATA_FIT = "data fit"
    NOT_YET_TOLD = "cannot be told yet"
    NOT_CHARTED = "not charted yet"
    STILL_AGEING = "make-up still ageing"
    NONE_OPEN_YET = "no case could be open for long yet"
    STILL_FILLING = "stock still filling"
    STOCK_APART = "stock differs from 13 weeks before, as a number"
    IMPROVED = "improved"
    WORSENED = "worsened"
    NO_SPECIAL_CAUSE = "no special cause"
    TARGET_MET = "target consistently met"
    TARGET_MISSED = "target consistently missed"
    TARGET_BY_CHANCE = "target met or missed by chance"
    TARGET_NOT_JUDGED = "target cannot be judged yet"
    SATISFIED = "a share satisfied"
    SATISFACTION_TARGET = "a target beside the interval of a share satisfied"
    SATISFACTION_APART = "a share satisfied differs from the wave before"
    SATISFACTION_AS_BEFORE = "a share satisfied cannot be told from the wave before"
    SATISFACTION_TOO_FEW = "too few answers in the wave before"
    SILENT = "silent victims"
    BEYOND_CHANCE = "seen more often than by chance"
    TEAMS_SHOW_PATTERN = "teams show a pattern far beyond chance"
    NO_TEAM_SHOWS_PATTERN = "no team shows a pattern far beyond chance"
    NOTHING_STANDS_OUT = "nothing stands out"
    POLICY_CHANGED = "policy changed"
    RESTATED = "restated"
    STANDS = "stands as published"
    NONE_EARLIER = "none published earlier"
    FEED_GAP = "feed gap"
    DIRECTORY_OLD = "officer directory is old"
    NEVER_READ = "the crime system has not been read yet"
    NOT_READ = "the crime system has not been read since"
    COULD_NOT_BE_READ = "the crime system could not be read to its end"
    READ_TO_END = "read to its end after it was settled"
    NOT_READ_TO_END = "not read to its end since it was settled"
    FIGURES_NEW = "not the figures of the one before"
    FIGURES_REPEATED = "the figures of the one before"
    CRIMES_USUAL = "as many crimes as usual"
    CRIMES_UNUSUAL = "far fewer or more crimes than usual"
    RECORDS_FIT = "records fit for a rate"
    RECORDS_UNFIT = "too many records unfit for a rate"
    SUMS_AGREE = "sums agree with their totals"
    SUMS_DISAGREE = "sums differ from their totals"
    DIVISIONS_AS_BEFORE = "the divisions of the one before"
    DIVISIONS_CHANGED = "divisions appeared or vanished"
    OFFICERS_AS_BEFORE = "about as many officers as before"
    OFFICERS_CHANGED = "officers changed by half"
    POLICY_HOLDS = "the policy and its examples hold"
    POLICY_FAILS = "the policy or its examples fail"
    NOT_CHECKED = "cannot be checked yet"
    SUSPENDED = "reports are suspended"
    RESUMED = "reports are published again"


class Stated(Struct, frozen=True):
    """A figure that a claim states: its measure and value, its requirement and the part of it (1.10), and its group.

    `since`: the local date since which it is so, if the statement has several.
    """

    measure: str
    value: int | float | None
    requirement: str = ""
    group: str = ""
    part: Part = ""
    since: date | None = None


class Claim(Struct, frozen=True, kw_only=True):
    """A claim: its kind, what it is about, and the figures it states.

    - `subject`: the name of a figure, if there is one.
    - `period`: the kind of period it is about.
    - `since`, `until`: the local dates from and until which it holds, if known.
    - `about`: the division, team or question it is about, or the word for them.
    - `against`: what is compared with, in words.
    - `words`: anything else the sentence has to add.
    - `listed`: whether the reader can list the cases of its figure.
    """

    kind: ClaimKind
    subject: str
    period: Kind = "week"
    since: date | None = None
    until: date | None = None
    about: str = ""
    against: str = ""
    words: str = ""
    stated: tuple[Stated, ...] = ()
    listed: bool = False

    def value(self, measure: str) -> float:
        """Return a figure that it states, 0 if withheld. Raises KeyError if it states none of that measure."""
        for each in self.stated:
            if each.measure == measure:
                return each.value or 0
        raise KeyError(measure)

    def count(self, measure: str) -> int:
        """Return a count that it states."""
        return int(self.value(measure))

    def of_measure(self, measure: str) -> Iterator[Stated]:
        """Return everything it states of one measure."""
        return (each for each in self.stated if each.measure == measure)


class SpecialCause(Claim, frozen=True, kw_only=True):
    """Consecutive special causes of one rule and direction (statistics 2.2).

    `weeks`: the first and last of them, as ISO weeks. `title`: the rate they are in. `calls`: whether it calls for
    action: a point beyond a limit among the newest two; any other is history (2.2c).
    """

    title: str
    rule: Rule
    weeks: tuple[str, str]
    length: int
    calls: bool = False

    @property
    def improvement(self) -> bool:
        """Whether it is an improvement."""
        return self.kind == ClaimKind.IMPROVED


class FirstClaim(Claim, frozen=True, kw_only=True):
    """A statement of what to look at first (statistics 6).

    - `units`: the divisions or teams; empty: the whole, or none in particular.
    - `keys`: what it is about, the same in every report.
    - `missed`: the updates missed since it began.
    - `told_first`, `told_last`: the periods whose reports told it first and last; empty if it is new.
    - `told_missed`: the updates missed as told last.
    """

    units: tuple[str, ...] = ()
    keys: tuple[str, ...]
    missed: float = 0.0
    told_first: str = ""
    told_last: str = ""
    told_missed: float = 0.0
