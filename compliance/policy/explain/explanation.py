"""What an explanation holds: plain values, ready for JSON and for a page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

DISCHARGES: Final = ("met", "late")
"""The kinds of effect that say which obligation an update discharged."""


@dataclass(frozen=True, slots=True)
class FactEffect:
    """What a fact did, or did not do, under one requirement.

    `kind` is `met` or `late` if an update discharged the obligation named. Otherwise it says why not: `same-day`,
    `too-early`, `already-met`, `met-before`, `moves-next`, `too-late`, `not-owed`, `declined`, `before-report`,
    `recording-day`, `not-counted`, or `set-aside` if nobody can say. For an event it is `starts`, `not-owed` or
    `set-aside`. `victims` are those to whom it applies; if there are none, it applies to the record as a whole.
    `clause` is a number of the rules.
    """

    kind: str
    text: str
    clause: str
    requirement: str | None = None
    cycle: int | None = None
    victims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth knowing about a fact, such as that it was typed in late; `clause` is a number of the rules."""

    text: str
    clause: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An entry of the timeline: a fact of the record, a due date, or the moment asked about.

    `day` is the local date, `time` the local time of day and `at` the instant in UTC; the latter two are None for a due
    date unless its limit is in hours. `kind` is `reported`, `recorded`, `victim`, `declined`, `asked-again`, `status`,
    `allocation`, `event`, `update`, `due` or `as-at`. `counts` is false for a fact that does not exist as at T, was not
    known at K or never counts.
    """

    kind: str
    day: date
    time: str | None
    at: datetime | None
    text: str
    ref: str | None = None
    counts: bool = True
    effects: tuple[FactEffect, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class ObligationExplanation:
    """One verdict, and how it came about in words. Dates are local.

    `due_at`, only under a requirement in hours, is the last instant that is on time, in local time (rules A6).
    `arithmetic` says how the due date was worked out, `window` which updates meet it (None if nothing is owed),
    `verdict` why the state is what it is, and `now` what is owed now, if anything. Each `…_clause` is one or more
    numbers of the rules.
    """

    cycle: int
    label: str
    state: str
    clock_date: date
    due_date: date
    due_at: datetime | None
    window_opens: date
    discharged_on: date | None
    days_late: int | None
    reason: str | None
    update_ref: str | None
    arithmetic: str
    arithmetic_clause: str
    window: str | None
    window_clause: str | None
    verdict: str
    verdict_clause: str
    now: str | None
    remarks: tuple[Remark, ...]
    owner: str


@dataclass(frozen=True, slots=True)
class RequirementExplanation:
    """One requirement of the policy, and what was owed to this victim under it."""

    id: str
    title: str
    source: str
    obligations: tuple[ObligationExplanation, ...]


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What is set aside (rules 6.1a): all that the victim is owed under a requirement, or after one event.

    `cycle`: the event's number, 0 if the requirement's clock is not an event. `clock_date`: the date from which it
    would run.
    """

    requirement: str
    cycle: int
    label: str
    clock_date: date
    reason: str
    clause: str


@dataclass(frozen=True, slots=True)
class VictimExplanation:
    """One victim: day 0 and why, what else matters, what was owed, and what is set aside.

    `day_0` is None if the victim does not exist yet.
    """

    ref: str
    category: str
    day_0: date | None
    notes: tuple[Remark, ...]
    requirements: tuple[RequirementExplanation, ...]
    set_aside: tuple[Unjudged, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplanationBasis:
    """What was asked: under which policy, as at T, and as known at K; `today` is the local date of T."""

    policy: str
    policy_source: str
    policy_file: str
    policy_digest: str
    as_at: datetime
    known_at: datetime | None
    today: date
    timezone: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a crime was judged as it was, from the engine's own verdicts and the facts that it used."""

    crime_ref: str
    basis: ExplanationBasis
    reported: str
    recorded: str | None
    status: str
    owner: str
    offence: str | None
    notes: tuple[Remark, ...]
    victims: tuple[VictimExplanation, ...]
    timeline: tuple[TimelineEntry, ...]
