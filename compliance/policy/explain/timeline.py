"""The timeline of a crime: every fact of the record once, and every due date, in order."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from compliance.policy.calendars import NO_DAY, from_day, to_day
from compliance.policy.explain import phrases, updates
from compliance.policy.explain.due import event_name, label
from compliance.policy.explain.evidence import Duty, Evidence, VictimEvidence
from compliance.policy.explain.explanation import FactEffect, Remark, TimelineEntry
from compliance.policy.moment import Moment
from compliance.policy.requirement import Requirement
from compliance.policy.setting_aside import CLAUSE
from compliance.policy.status import changes_by, last_of_day
from compliance.policy.verdicts import Clause
from compliance.records.columns import CANCELLED, CLOSED, OPEN
from compliance.records.instants import NONE, from_micros
from compliance.text import join_words

_LATER: Final = Remark("Later than the moment asked about.", "2.7")
_STATUS: Final = {OPEN: "Case open", CLOSED: "Case closed", CANCELLED: "Crime cancelled (found not to be a crime)"}


def timeline(evidence: Evidence, officers: frozenset[str] | None) -> tuple[TimelineEntry, ...]:
    """Return all entries by local date, then instant. A due date without a time comes at the end of its day.

    `officers` are the references in the officer directory, None if it is not available.
    """
    entries = [
        *_crime(evidence),
        *_victims(evidence),
        *_statuses(evidence),
        *_allocations(evidence, officers),
        *_events(evidence),
        *_updates(evidence),
        *_due_dates(evidence),
    ]
    moment = evidence.moment.as_at
    entries.append(_entry(evidence, moment, "as-at", "The moment asked about."))
    start = from_micros(0)
    return tuple(sorted(entries, key=lambda e: (e.day, e.at is None, e.at or start, e.kind == "as-at")))


def _entry(
    evidence: Evidence,
    at: int,
    kind: str,
    text: str,
    *,
    ref: str | None = None,
    counts: bool = True,
    effects: tuple[FactEffect, ...] = (),
    remarks: tuple[Remark, ...] = (),
) -> TimelineEntry:
    exists = at <= evidence.moment.as_at
    if not exists and kind != "update":  # the effect of an update says so already
        remarks = (_LATER, *remarks)
    return TimelineEntry(
        kind, from_day(evidence.day(at)), evidence.clock.time(at), from_micros(at), text, ref, counts and exists,
        effects, remarks,
    )  # fmt: skip


def _crime(evidence: Evidence) -> Iterator[TimelineEntry]:
    columns, reported = evidence.columns, evidence.reported
    yield _entry(evidence, reported, "reported", f"Crime reported{evidence.clock.elsewhere(reported)}.")
    if (recorded := int(columns.recorded_at[0])) != NONE:
        yield _entry(evidence, recorded, "recorded", "Crime recorded. No date is counted from this one.")


def _victims(evidence: Evidence) -> Iterator[TimelineEntry]:
    victims = evidence.columns.victims
    for row, ref in enumerate(evidence.refs):
        if (added := int(victims.added_at[row])) > evidence.reported:
            day_0 = f"Victim {ref} added to the record: day 0 for this victim."
            yield _entry(evidence, added, "victim", day_0, ref=ref)
        at, until = int(victims.declined_at[row]), int(victims.declined_until[row])
        if at == NONE:
            continue
        counts, remarks = _decline(evidence, row)
        yield _entry(
            evidence, at, "declined", f"Victim {ref} declined updates.", ref=ref, counts=counts, remarks=remarks
        )
        if until != NONE:
            text = f"End of victim {ref}'s declining: updates are owed again."
            yield _entry(evidence, until, "asked-again", text, ref=ref, counts=counts)


def _decline(evidence: Evidence, row: int) -> tuple[bool, tuple[Remark, ...]]:
    """Return whether a victim's decline counts, with a remark on why not or on its late entry (rules 2.8, 5.4)."""
    victims, known_at = evidence.columns.victims, evidence.moment.known_at
    at, until, entered = (
        int(column[row]) for column in (victims.declined_at, victims.declined_until, victims.declined_entered_at)
    )
    case = evidence.cases.get(row)
    if case is None or at > evidence.moment.as_at:
        return False, ()
    if known_at is not None and (at if entered == NONE else entered) > known_at:
        return False, (Remark("Typed in later than the moment whose knowledge is asked about: left out.", "2.8"),)
    if until != NONE and until <= evidence.moment.as_at and evidence.day(until) <= evidence.day(at):
        return False, (Remark("It ended on or before the day it began: there was no decline.", "5.4"),)
    if entered != NONE and evidence.day(entered) > evidence.day(at):
        return True, (Remark(f"Typed in on {phrases.day(evidence.day(entered))}.", "2.8"),)
    return True, ()


def _statuses(evidence: Evidence) -> Iterator[TimelineEntry]:
    statuses, today, as_at = evidence.columns.statuses, evidence.moment.today, evidence.moment.as_at
    days, happened = evidence.days(statuses.at), changes_by(statuses, as_at)
    last = last_of_day(happened, evidence.policy.local.of(happened.at))
    for row, (at, kind, day) in enumerate(zip(statuses.at.tolist(), statuses.kind.tolist(), days, strict=True)):
        remarks: tuple[Remark, ...] = ()
        if at <= as_at and not last[row]:
            remarks = (Remark("Changed again that day; only how it stood at the end of the day matters.", "2.9"),)
        elif at <= as_at and day == today:
            remarks = (Remark("Matters from tomorrow on: the end of today is not known yet.", "2.9"),)
        again = " again" if kind == OPEN and row else ""
        yield _entry(evidence, at, "status", f"{_STATUS[kind]}{again}.", remarks=remarks)


def holder(division: str | None, team: str | None, officer: str | None) -> str:
    """Return who has a case, in words."""
    named = [f"{what} {ref}" for what, ref in (("division", division), ("team", team), ("officer", officer)) if ref]
    return ", ".join(named if officer else [*named, "no officer"])


def _allocations(evidence: Evidence, officers: frozenset[str] | None) -> Iterator[TimelineEntry]:
    allocations = evidence.columns.allocations
    for row, at in enumerate(allocations.at.tolist()):
        officer = allocations.officer.text(row)
        text = f"Allocated to {holder(allocations.division.text(row), allocations.team.text(row), officer)}."
        remarks = unknown_officer(officer, officers)
        yield _entry(evidence, at, "allocation", text, remarks=remarks)


def unknown_officer(officer: str | None, officers: frozenset[str] | None) -> tuple[Remark, ...]:
    """Return a remark if an officer is not in the directory and that is available (rules section 8)."""
    if officer is None or officers is None or officer in officers:
        return ()
    return (Remark(f"Officer {officer} is not in the officer directory.", "8"),)


def _updates(evidence: Evidence) -> Iterator[TimelineEntry]:
    rows = evidence.columns.updates
    for row, (at, ref) in enumerate(zip(rows.at.tolist(), rows.ref.to_pylist(), strict=True)):
        how = ", ".join(text for text in (rows.method.text(row), rows.outcome.text(row)) if text)
        named = int(rows.victim[row])
        whom = f" to {evidence.refs[named]}" if named >= 0 and len(evidence.refs) > 1 else ""
        found = updates.effects(evidence, row)
        counts = all(effect.kind != "not-counted" for effect in found)
        text = f"Update {ref}{whom}{f' ({how})' if how else ''}."
        yield _entry(
            evidence, at, "update", text, ref=ref, counts=counts, effects=found, remarks=updates.remarks(evidence, row)
        )


def _events(evidence: Evidence) -> Iterator[TimelineEntry]:
    events = evidence.columns.events
    about: dict[int, list[tuple[Requirement, int]]] = {}
    for requirement in evidence.policy.requirement:
        if requirement.event:
            for number, row in enumerate(evidence.events_of(requirement), start=1):
                about.setdefault(row, []).append((requirement, number))
    for row, at in enumerate(events.at.tolist()):
        text = event_name(str(events.kind.text(row)))
        effects = updates.for_victims(
            (case, _explain_start(evidence, requirement, number, case, evidence.day(at)))
            for requirement, number in about.get(row, ())
            for case in evidence.cases.values()
        )
        if not about.get(row) and at <= evidence.moment.as_at:
            effects = (FactEffect("not-owed", "This policy asks for no update after this event.", "7.1"),)
        yield _entry(evidence, at, "event", f"Event: {text}.", effects=effects)


def _explain_start(
    evidence: Evidence, requirement: Requirement, number: int, case: VictimEvidence, day: int
) -> FactEffect:
    """Explain what one event started for one victim under one requirement."""
    for duty in evidence.duties.get((case.victim, requirement.id), []):
        if duty.cycle == number:
            due = phrases.day(duty.due, day)
            due += f" at {evidence.clock.time(duty.limit)}" if duty.limit is not None else ""
            text = f"Starts the clock of {requirement.id}, due {due}."
            return FactEffect("starts", text, "7.1", requirement.id, number)
    if any(aside.cycle == number for aside in evidence.asides.get((case.victim, requirement.id), [])):
        text = f"Starts the clock of {requirement.id}, which is set aside: the calendar does not know a date it needs."
        return FactEffect("set-aside", text, CLAUSE, requirement.id, number)
    if day < case.day_0:
        why = "it was before the victim's day 0", "7.1a"
    elif case.declined < day < case.asked_again:
        why = "the victim had declined updates", "5.4"
    else:
        why = not_owed(requirement, case, evidence.columns.offence.text(0), day)
    return FactEffect(
        "not-owed", f"Does not start the clock of {requirement.id}: {why[0]}.", why[1], requirement.id, number
    )


def not_owed(requirement: Requirement, case: VictimEvidence, offence: str | None, day: int) -> tuple[str, str]:
    """Return why a requirement does not apply to a victim, with the clause (rules 6.2, 9.5, A1a, A2).

    `offence`: the offence group of the crime. `day`: D0, or the event's date.
    """
    if requirement.except_for and case.category in requirement.except_for:
        return f"it is not owed to victims of category {case.category}", "A1a"
    if requirement.only_offences and offence not in requirement.only_offences:
        groups, own = join_words(requirement.only_offences), "" if offence else ", and this crime has none"
        plural = "s" if len(requirement.only_offences) > 1 else ""
        return f"it is owed only for the offence group{plural} {groups}{own}", "A2"
    if requirement.except_offences and offence in requirement.except_offences:
        return f"it is not owed for the offence group {offence}", "A2a"
    if requirement.only_for and case.category not in requirement.only_for:
        return f"it is owed only to victims of category {join_words(requirement.only_for)}", "9.5"
    return _not_in_force(requirement, day)


def _not_in_force(requirement: Requirement, day: int) -> tuple[str, str]:
    """Return why a requirement was not in force on a day, with the clause (rules 6.2, A5)."""
    first, last = requirement.since, requirement.until
    if last and day > to_day(last):
        return f"it was in force only until {phrases.plain_date(last)}", "6.2"
    since, before = phrases.plain_date(first or date.min), requirement.takes_over
    if before and first and day < to_day(first):
        return f"it takes over from {before}, for cycles that start on {since} or later", "A5"
    return f"it is in force only from {since} on", "6.2"


def _due_dates(evidence: Evidence) -> Iterator[TimelineEntry]:
    """Yield each due date once for all the victims whose obligation had the same fate."""
    found: dict[tuple[date, int | None, str, str], list[str]] = {}
    for (victim, _), duties in evidence.duties.items():
        for duty in duties:
            if duty.clause in {Clause.CANCELLED, Clause.CATEGORY}:
                continue
            key = (from_day(duty.due), duty.limit, label(evidence, duty), _fate(duty, evidence.moment))
            found.setdefault(key, []).append(evidence.refs[victim])
    several = len(evidence.refs) > 1
    for (day, limit, name, fate), refs in found.items():
        whose = f" for {join_words(sorted(set(refs)))}" if several else ""
        if limit is None:
            yield TimelineEntry("due", day, None, None, f"Due date of {name}{whose}: {fate}.")
        else:
            at, time = from_micros(limit), evidence.clock.time(limit)
            yield TimelineEntry("due", day, time, at, f"Due time of {name}{whose}: {fate}.")


def _fate(duty: Duty, moment: Moment) -> str:
    passed = duty.due < moment.today if duty.limit is None else duty.limit < moment.as_at
    if duty.state == "met":
        return "met" if passed else "met already"
    if duty.state in ("lapsed", "exempt"):
        return f"{duty.state}, nothing owed"
    if not passed:
        return "not met yet"
    late = duty.discharged != NO_DAY
    if late and duty.limit is not None:
        return f"not met; discharged late, on {phrases.day(duty.discharged)}"
    return f"not met; discharged {phrases.count(duty.discharged - duty.due, 'day')} late" if late else "not met"
