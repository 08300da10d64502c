"""How a due date was worked out and which updates meet it, in words, from the verdicts themselves."""

from typing import Final, NamedTuple

from compliance.policy.calendars import to_day
from compliance.policy.explain import phrases
from compliance.policy.explain.evidence import Duty, Evidence
from compliance.policy.model import Requirement
from compliance.policy.verdicts import Clause
from compliance.records.instants import NONE


class Said(NamedTuple):
    """A sentence, and the clauses of the rules behind it."""

    text: str
    clause: str


_AFTER: Final = {
    "4.4": "the last update counted",
    "4.5": "the due date that passed in silence",
    "4.6": "the day on which the case was open again",
    "5.4": "the day on which the victim's declining ended",
}

_BUT: Final = {
    Clause.NOT_OPEN_WHEN_DUE: "Had the case been open at the end of the due date",
    Clause.DECLINED: "Had the victim not declined",
}


def label(evidence: Evidence, duty: Duty) -> str:
    """How an obligation is called within a sentence: 7-day; 28-day (cycle 2); arrested (2 April 2026)."""
    if duty.requirement.event:
        return f"{duty.requirement.id} ({phrases.plain(evidence.day(_event_at(evidence, duty)))})"
    return f"{duty.requirement.id} (cycle {duty.cycle})" if duty.requirement.repeat_every else duty.requirement.id


def event_name(kind: str) -> str:
    """A kind of event as words: suspect arrested."""
    return kind.replace("_", " ")


def goes_on(evidence: Evidence, before: Duty, duty: Duty) -> str:
    """The clause by which a cycle follows the one before: 4.4, 4.5, 4.6, or 5.4 after the victim had declined."""
    clause, natural = {
        Clause.MET: ("4.4", min(duty.clock, before.due)),
        Clause.LATE: ("4.4", before.discharged),
        Clause.SILENCE: ("4.5", before.due),
        Clause.NOT_OPEN_WHEN_DUE: ("4.6", evidence.next_change(before.due)),
        Clause.CLOSED_WHILE_OVERDUE: ("4.6", evidence.next_change(before.ended)),
    }.get(before.clause, ("5.4", duty.clock))
    return clause if duty.clock == natural else "5.4"


def arithmetic(evidence: Evidence, duty: Duty) -> Said:
    """How the due date follows from the clock date (rules 3.1, 4.2, 4.4 to 4.6, 5.4, 6.1, 7)."""
    number, due = duty.due - duty.clock, phrases.day(duty.due, duty.clock)
    before = evidence.previous(duty) if duty.requirement.repeat_every else None
    agreed = bool(duty.requirement.honour_agreed_interval and evidence.cases[duty.victim].agreed)
    if before:
        return _repeat(evidence, before, duty, agreed=agreed)
    category = evidence.cases[duty.victim].category
    within, own = duty.requirement.within_for(category), duty.requirement.enhanced
    enhanced = bool(own and own.within and category == "enhanced")
    if within.working_days and not agreed:
        elsewhere = evidence.clock.elsewhere(_start_at(evidence, duty)).strip(" ()")
        started = _start_in_words(evidence, duty) + (f", {elsewhere}" if elsewhere else "")
        whose = " for an enhanced victim" if enhanced else ""
        text, clause = _count_working_days(evidence, duty, started, whose), f"{_first_clause(duty.requirement)}, 6.1"
    else:
        allowed = ""
        if agreed:
            allowed = f"{phrases.count(number, 'day')} {'was' if number == 1 else 'were'} agreed with this victim; "
        elif enhanced:
            allowed = f"an enhanced victim is owed it within {phrases.count(number, 'day')}; "
        text, clause = f"{_start(evidence, duty)}; {allowed}day {number} is {due}", _first_clause(duty.requirement)
    return Said(text, clause + (", 7.4" if agreed else ", 7.2" if enhanced else ""))


def _repeat(evidence: Evidence, before: Duty, duty: Duty, *, agreed: bool) -> Said:
    """How the due date of a cycle after the first follows from its clock date (rules 4.4 to 4.6, 5.4, 7.4, A1)."""
    clause = goes_on(evidence, before, duty)
    what = "the late update" if before.clause == Clause.LATE and clause == "4.4" else _AFTER[clause]
    own = duty.requirement.enhanced
    whose = more = ""
    if agreed:
        whose, more = ", the interval agreed with this victim,", ", 7.4"
    elif own and own.repeat_every and evidence.cases[duty.victim].category == "enhanced":
        whose, more = ", the interval for an enhanced victim,", ", A1"
    due = phrases.day(duty.due, duty.clock)
    repeat = duty.requirement.repeat_for(evidence.cases[duty.victim].category)
    if repeat and repeat.working_days and not agreed:
        return Said(_count_working_days(evidence, duty, what, whose), f"{clause}{more}, A3")
    text = f"{phrases.count(duty.due - duty.clock, 'day')}{whose} after {what}, {phrases.day(duty.clock)}, is {due}"
    return Said(text, clause + more)


def _first_clause(requirement: Requirement) -> str:
    if requirement.event:
        return "7.1"
    return "3.1" if requirement.shows_same_day else "4.2" if requirement.repeat_every else "9.1"


def _start(evidence: Evidence, duty: Duty) -> str:
    """What started the clock, and when: reported 1 July 2026 (30 June 23:30 UTC)."""
    return f"{_start_in_words(evidence, duty)} {evidence.clock.date(_start_at(evidence, duty))}"


def _start_in_words(evidence: Evidence, duty: Duty) -> str:
    if duty.requirement.event:
        return event_name(duty.requirement.event)
    return "reported" if _start_at(evidence, duty) == evidence.reported else "victim added to the record"


def _start_at(evidence: Evidence, duty: Duty) -> int:
    if duty.requirement.event:
        return _event_at(evidence, duty)
    return max(evidence.reported, int(evidence.columns.victims.added_at[duty.victim]))


def _event_at(evidence: Evidence, duty: Duty) -> int:
    return int(evidence.columns.events.at[evidence.event_of(duty)])


def _count_working_days(evidence: Evidence, duty: Duty, started: str, whose: str) -> str:
    calendar, clock, due = evidence.policy.working, duty.clock, duty.due
    between = range(clock + 1, due + 1)
    number = sum(calendar.is_working(day) for day in between)
    off = {to_day(day) for day in calendar.holidays}
    holidays = [day for day in between if day in off and (day + 3) % 7 < 5]
    text = f"{phrases.count(number, 'working day')}{whose} after {phrases.day(clock)} ({started}): "
    if holidays:
        text += (
            f"{phrases.days(holidays, clock)} {'is a bank holiday' if len(holidays) == 1 else 'are bank holidays'}; "
        )
    return text + f"the {phrases.ordinal(number)} working day is {phrases.day(due, clock)}"


def window(evidence: Evidence, duty: Duty) -> Said | None:
    """Which updates meet the obligation, and why from then on; None where nothing is owed to anyone."""
    if duty.clause in {Clause.CANCELLED, Clause.CATEGORY}:
        return None
    why = _explain_opening(evidence, duty)
    text = _meets(evidence, duty) + (f" {why.text}" if why.text else "")
    clause = why.clause
    if duty.requirement.recording_day == "does not count" and evidence.columns.recorded_at[0] != NONE:
        recorded = evidence.day(int(evidence.columns.recorded_at[0]))
        if duty.opens <= recorded <= duty.due:
            text, clause = text + f" One on the day of recording, {phrases.day(recorded)}, does not.", clause + ", 9.7"
    return Said(text, clause)


def _meets(evidence: Evidence, duty: Duty) -> str:
    passed = duty.due < evidence.moment.today
    but = _BUT.get(duty.clause, "")
    meets = "would have met it"
    if not passed or duty.state == "met":
        meets = "would meet it" if but else "meets it"
    update = f"{but}, an update" if but else "An update"
    if duty.opens > duty.due:
        return f"No update could meet it: only one from {phrases.day(duty.opens)} on would count, after the due date."
    if duty.requirement.event:
        at = _event_at(evidence, duty)
        same = duty.due == duty.clock
        until = "on the same day" if same else f"by the end of {phrases.day(duty.due, duty.clock)}"
        event = f"{evidence.clock.time(at)} on {phrases.day(duty.clock)}"
        return f"{update} after the event ({event}) and {until} {meets}."
    return f"{update} {phrases.span(duty.opens, duty.due)} {meets}."


def _explain_opening(evidence: Evidence, duty: Duty) -> Said:
    """Why the window opens when it does (rules 3.1, 4.2, 4.4 to 4.6, 5.4, 7.1, 9.2, 9.4)."""
    requirement = duty.requirement
    if requirement.event:
        return Said("", "7.1")
    if before := evidence.previous(duty):
        return Said("", goes_on(evidence, before, duty))
    if first := predecessor(evidence, duty):
        clause, opener = "4.2" if requirement.repeat_every else "9.4", duty.opens - 1
        name = first.requirement.id
        if opener >= first.opens and opener in evidence.eligible_updates(first.requirement, duty.victim).values():
            text = f"It opens the day after the first update in the window of {name}, {phrases.day(opener)}."
        else:
            text = f"It opens the day after the due date of {name}, in whose window no update was counted."
            if first.due >= evidence.moment.today:
                text = f"It opens the day after the due date of {name}, or after an earlier update that meets {name}."
        return Said(text, clause)
    if earlier := comes_after(evidence, duty):
        return Said(f"It opens after the first contact of {earlier.id}, whose repeats are set aside.", "9.4")
    day_0 = "of the report" if _start_at(evidence, duty) == evidence.reported else "on which the victim was added"
    if requirement.same_day == "counts":
        return Said(f"One on the day {day_0} counts.", "9.2")
    return Said(f"One on the day {day_0} does not.", "3.1, 3.3" if requirement.shows_same_day else "9.2")


def comes_after(evidence: Evidence, duty: Duty) -> Requirement | None:
    """The requirement that this one comes after for this victim, also where that one is set aside (rules 9.4, A3)."""
    name = duty.requirement.after
    while name:
        if (duty.victim, name) in (evidence.duties | evidence.asides):
            return evidence.policy.requirement_by_id(name)
        name = evidence.policy.requirement_by_id(name).after
    return None


def predecessor(evidence: Evidence, duty: Duty) -> Duty | None:
    """The first obligation of the requirement that this one comes after, for this victim (rules 9.4)."""
    name = duty.requirement.after
    while name:
        if found := evidence.duties.get((duty.victim, name)):
            return found[0]
        name = evidence.policy.requirement_by_id(name).after
    return None
