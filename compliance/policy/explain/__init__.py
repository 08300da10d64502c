"""Why one crime was judged as it was: the engine's answer in words, with dates, arithmetic and clauses.

Nothing is judged here. `judge` says what an update discharged, when a window opened and which clause decided; the facts
that it used say which updates counted (decision 0003).
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from compliance.policy.calendars import NO_DAY, from_day
from compliance.policy.explain import due, phrases, states
from compliance.policy.explain.evidence import Duty, Evidence, VictimEvidence
from compliance.policy.explain.explanation import (
    DISCHARGES,
    Explanation,
    ExplanationBasis,
    FactEffect,
    ObligationExplanation,
    Remark,
    RequirementExplanation,
    TimelineEntry,
    Unjudged,
    VictimExplanation,
)
from compliance.policy.explain.timeline import holder, not_owed, timeline, unknown_officer
from compliance.policy.model import Policy
from compliance.policy.setting_aside import CLAUSE
from compliance.policy.status import STATUS_NAMES
from compliance.records.columns import Columns
from compliance.records.instants import NONE
from compliance.text import join_words

__all__ = [
    "DISCHARGES",
    "Explanation",
    "ExplanationBasis",
    "FactEffect",
    "ObligationExplanation",
    "Remark",
    "RequirementExplanation",
    "TimelineEntry",
    "Unjudged",
    "VictimExplanation",
    "explain",
]  # fmt: skip


def explain(
    columns: Columns,
    policy: Policy,
    as_at: datetime,
    known_at: datetime | None = None,
    *,
    officers: Collection[str] | None = None,
) -> Explanation:
    """Explain the verdicts on one crime as at T and, if K is given, as known at K (rules 2.7, 2.8).

    `columns` holds one crime; `as_at` and `known_at` are aware datetimes. `officers` are the references in the officer
    directory, if it is available: any other officer is remarked on. Raises ValueError if there is not exactly one
    crime.
    """
    evidence = Evidence(columns, policy, as_at, known_at)
    known = None if officers is None else frozenset(officers)
    recorded = int(columns.recorded_at[0])
    basis = ExplanationBasis(
        policy.title, policy.source, policy.path.name, policy.digest, as_at, known_at,
        from_day(evidence.moment.today), policy.timezone,
    )  # fmt: skip
    return Explanation(
        crime_ref=columns.crime_ref[0].as_py(),
        basis=basis,
        reported=evidence.clock.moment(evidence.reported),
        recorded=None if recorded == NONE else evidence.clock.moment(recorded),
        status=_status(evidence) if evidence.exists else "not reported by then",
        owner=_owner_now(evidence) if evidence.exists else "nobody yet",
        offence=columns.offence.text(0),
        notes=tuple(_notes(evidence, known)),
        victims=tuple(_victim(evidence, row) for row in range(len(columns.victims))),
        timeline=timeline(evidence, known),
    )


def _status(evidence: Evidence) -> str:
    status = evidence.status
    since = int(status.since[0])
    if since == NONE:
        return "open since the report"
    return f"{STATUS_NAMES[int(status.kind[0])]} since {evidence.clock.moment(since)}"


def _owner_now(evidence: Evidence) -> str:
    return holder(*(evidence.holder_now.owner(name).text(0) for name in ("division", "team", "officer")))


def _notes(evidence: Evidence, officers: frozenset[str] | None) -> Iterator[Remark]:
    """Yield remarks on the record as a whole."""
    if evidence.reported > evidence.moment.as_at:
        yield Remark("The crime was reported later than the moment asked about: as at then there is nothing.", "2.7")
    elif not evidence.refs:
        yield Remark("The record has no victim: nobody is owed an update. It is counted in data quality.", "8")
    if evidence.cancelled:
        yield Remark("The crime is cancelled: nothing is owed for as long as it stays so.", "5.3")
    yield from unknown_officer(evidence.holder_now.owner("officer").text(0), officers)


def _victim(evidence: Evidence, row: int) -> VictimExplanation:
    case = evidence.cases.get(row)
    if case is None:
        category = str(evidence.columns.victims.category.text(row))
        note = Remark("Not in the record as at the moment asked about: nothing is owed yet.", "2.7")
        return VictimExplanation(evidence.refs[row], category, None, (note,), ())
    requirements = tuple(
        RequirementExplanation(
            requirement.id,
            requirement.title,
            requirement.source,
            tuple(_obligation(evidence, duty) for duty in evidence.duties[row, requirement.id]),
        )
        for requirement in evidence.policy.requirement
        if (row, requirement.id) in evidence.duties
    )
    notes, aside = tuple(_notes_on(evidence, case)), tuple(_set_aside(evidence, row))
    return VictimExplanation(case.ref, case.category, from_day(case.day_0), notes, requirements, aside)


def _set_aside(evidence: Evidence, victim: int) -> Iterator[Unjudged]:
    """Yield what is set aside for a victim, in the order of the policy (rules 6.1a)."""
    for requirement in evidence.policy.requirement:
        for aside in evidence.asides.get((victim, requirement.id), ()):
            clock = from_day(aside.clock)
            yield Unjudged(requirement.id, aside.cycle, aside.label, clock, f"{aside.reason}.", CLAUSE)


def _notes_on(evidence: Evidence, case: VictimEvidence) -> Iterator[Remark]:
    """Yield remarks on a victim: day 0, and what else decides what they are owed."""
    victims, clock = evidence.columns.victims, evidence.clock
    added = int(victims.added_at[case.victim])
    why, at = "the day of the report", evidence.reported
    if added > evidence.reported:
        why, at = "the day the victim was added to the record", added
    yield Remark(f"Day 0 is {phrases.day(case.day_0)}, {why}{clock.elsewhere(at)}.", "3")
    if case.exempt:
        yield Remark(f"Category {case.category!r} is exempt under this policy.", "5.5")
    if case.declined < case.asked_again and case.declined <= evidence.moment.today:
        ended = case.asked_again <= evidence.moment.today
        until = f" until {phrases.day(case.asked_again)}" if ended else ", with no end so far"
        yield Remark(f"Declined updates from {phrases.day(case.declined)}{until}.", "5.4")
    if case.agreed and any(r.honour_agreed_interval for r in evidence.policy.requirement):
        yield Remark(f"An update every {phrases.count(case.agreed, 'day')} was agreed with this victim.", "7.4")
    yield from _not_asked(evidence, case)


def _not_asked(evidence: Evidence, case: VictimEvidence) -> Iterator[Remark]:
    """Yield remarks on the requirements under which a victim is owed nothing."""
    silent = []
    for requirement in evidence.policy.requirement:
        if (case.victim, requirement.id) in (evidence.duties | evidence.asides):
            continue
        if not requirement.event:
            why, clause = not_owed(requirement, case, evidence.columns.offence.text(0), case.day_0)
            yield Remark(f"{requirement.id} is not owed: {why}.", clause)
        elif not evidence.events_of(requirement):
            silent.append(requirement.id)
    if silent:
        yield Remark(f"No such event so far, so nothing is owed under {join_words(silent)}.", "7.1")


def _obligation(evidence: Evidence, duty: Duty) -> ObligationExplanation:
    row, window = evidence.rows[duty.place], due.window(evidence, duty)
    arithmetic, verdict = due.arithmetic(evidence, duty), states.verdict(evidence, duty)
    return ObligationExplanation(
        cycle=duty.cycle,
        label=due.label(evidence, duty),
        state=duty.state,
        clock_date=from_day(duty.clock),
        due_date=from_day(duty.due),
        due_at=None if duty.limit is None else evidence.clock.local(duty.limit),
        window_opens=from_day(duty.opens),
        discharged_on=None if duty.discharged == NO_DAY else from_day(duty.discharged),
        days_late=row["days_late"],
        reason=row["reason"],
        update_ref=evidence.columns.updates.ref[duty.update].as_py() if duty.done else None,
        arithmetic=arithmetic.text,
        arithmetic_clause=arithmetic.clause,
        window=window.text if window else None,
        window_clause=window.clause if window else None,
        verdict=verdict.text,
        verdict_clause=verdict.clause,
        now=states.describe_owed(evidence, duty),
        remarks=states.remarks(evidence, duty),
        owner=holder(row["division"], row["team"], row["officer_ref"]),
    )
