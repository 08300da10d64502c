"""How a due date was worked out and which updates meet it, in words, from the verdicts."""

from typing import Final, NamedTuple

from compliance.policy.calendars import to_day
from compliance.policy.explain import phrases
from compliance.policy.explain.evidence import Duty, Evidence
from compliance.policy.requirement import Requirement
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
    """Return the name of an obligation within a sentence: 7-day; 28-day (cycle 2); arrested (2 April 2026)."""
    if duty.requirement.event:
        return f"{duty.requirement.id} ({phrases.plain(evidence.day(evidence.start_of(duty)))})"
    return f"{duty.requirement.id} (cycle {duty.cycle})" if duty.requirement.repeat_every else duty.requirement.id


def event_name(kind: str) -> str:
    """Return a kind of event in words: suspect arrested."""
    return kind.replace("_", " ")


def goes_on(evidence: Evidence, before: Duty, duty: Duty) -> str:
    """Return the clause by which a cycle follows the one before: 4.4, 4.5, 4.6, or 5.4 after a decline."""
    clause, natural = {
        Clause.MET: ("4.4", min(duty.clock, before.due)),
        Clause.LATE: ("4.4", before.discharged),
        Clause.SILENCE: ("4.5", before.due),
        Clause.NOT_OPEN_WHEN_DUE: ("4.6", evidence.next_change(before.due)),
        Clause.CLOSED_WHILE_OVERDUE: ("4.6", evidence.next_change(before.ended)),
    }.get(before.clause, ("5.4", duty.clock))
    return clause if duty.clock == natural else "5.4"


def arithmetic(evidence: Evidence, duty: Duty) -> Said:
    """Explain how the due date follows from the clock date (rules 3.1, 4.2, 4.4 to 4.6, 5.4, 6.1, 7)."""
    number, due = duty.due - duty.clock, phrases.day(duty.due, duty.clock)
    before = evidence.previous(duty) if duty.requirement.repeat_every else None
    agreed = bool(duty.requirement.honour_agreed_interval and evidence.cases[duty.victim].agreed)
    if before or evidence.took_over(duty):
        return _repeat(evidence, before, duty, agreed=agreed)
    if duty.limit is not None:
        return _count_hours(evidence, duty, duty.limit)
    category = evidence.cases[duty.victim].category
    within, own = duty.requirement.within_for(category), duty.requirement.enhanced
    enhanced = bool(own and own.within and category == "enhanced")
    if within.working_days and not agreed:
        elsewhere = evidence.clock.elsewhere(evidence.start_of(duty)).strip(" ()")
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


def _count_hours(evidence: Evidence, duty: Duty, limit: int) -> Said:
    """Explain how the last instant that is on time follows from the one that starts the clock (rules A6)."""
    start, own = evidence.start_of(duty), duty.requirement.enhanced
    enhanced = bool(own and own.within and evidence.cases[duty.victim].category == "enhanced")
    hours = phrases.count((limit - start) // 3_600_000_000, "hour") + (" for an enhanced victim" if enhanced else "")
    started = f"{evidence.clock.moment(start)} ({_start_in_words(evidence, duty)})"
    return Said(f"{hours} after {started} is {evidence.clock.exact(limit)}", "A6, 7.2" if enhanced else "A6")


def _repeat(evidence: Evidence, before: Duty | None, duty: Duty, *, agreed: bool) -> Said:
    """Explain how the due date of a repeat follows from its clock date (rules 4.4 to 4.6, 5.4, 7.4, A1, A5).

    A repeat is a cycle after the first, or the first under a requirement that took over.
    """
    what, clause = _explain_takeover(evidence, duty)
    if before:
        clause = goes_on(evidence, before, duty)
        what = "the late update" if before.clause == Clause.LATE and clause == "4.4" else _AFTER[clause]
        clause += ", A5" if evidence.took_over(duty) else ""
    own = duty.requirement.enhanced
    whose = more = ""
    if agreed:
        whose, more = ", the interval agreed with this victim,", ", 7.4"
    elif own and own.repeat_every and evidence.cases[duty.victim].category == "enhanced":
        whose, more = ", the interval for an enhanced victim,", ", A1"
    if before and evidence.is_put_after(before, duty):
        text = f"the day after the due date of {label(evidence, before)}, because that cycle had to be over first, is "
        return Said(text + phrases.day(duty.due, duty.clock), f"{clause}{more}")
    due = phrases.day(duty.due, duty.clock)
    repeat = duty.requirement.repeat_for(evidence.cases[duty.victim].category)
    if repeat and repeat.working_days and not agreed:
        return Said(_count_working_days(evidence, duty, what, whose), f"{clause}{more}, A3")
    text = f"{phrases.count(duty.due - duty.clock, 'day')}{whose} after {what}, {phrases.day(duty.clock)}, is {due}"
    return Said(text, clause + more)


def _explain_takeover(evidence: Evidence, duty: Duty) -> Said:
    """Explain the clock date of a chain that began when its requirement took over (rules A5a)."""
    since, case = duty.requirement.since, evidence.cases[duty.victim]
    if since and duty.clock == to_day(since):
        return Said(f"the day on which it took over from {duty.requirement.takes_over}", "A5a")
    return Said(_AFTER["5.4" if duty.clock == case.asked_again else "4.6"], "A5a")


def _first_clause(requirement: Requirement) -> str:
    if requirement.event:
        return "7.1"
    return "3.1" if requirement.shows_same_day else "4.2" if requirement.repeat_every else "9.1"


def _start(evidence: Evidence, duty: Duty) -> str:
    """Return what started the clock, and when: reported 1 July 2026 (30 June 23:30 UTC)."""
    return f"{_start_in_words(evidence, duty)} {evidence.clock.date(evidence.start_of(duty))}"


def _start_in_words(evidence: Evidence, duty: Duty) -> str:
    if duty.requirement.event:
        return event_name(duty.requirement.event)
    return "reported" if evidence.start_of(duty) == evidence.reported else "victim added to the record"


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
    """Explain which updates meet the obligation, and from when.

    None if nothing is owed because the crime is cancelled or the victim's category is exempt.
    """
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
    passed = duty.due < evidence.moment.today if duty.limit is None else duty.limit < evidence.moment.as_at
    but = _BUT.get(duty.clause, "")
    meets = "would have met it"
    if not passed or duty.state == "met":
        meets = "would meet it" if but else "meets it"
    update = f"{but}, an update" if but else "An update"
    if duty.opens > duty.due:
        return f"No update could meet it: only one from {phrases.day(duty.opens)} on would count, after the due date."
    if duty.limit is not None:
        start = evidence.clock.exact(evidence.start_of(duty))
        return f"{update} from {start} to {evidence.clock.exact(duty.limit)} {meets}."
    if duty.requirement.event:
        at = evidence.start_of(duty)
        same = duty.due == duty.clock
        until = "on the same day" if same else f"by the end of {phrases.day(duty.due, duty.clock)}"
        event = f"{evidence.clock.time(at)} on {phrases.day(duty.clock)}"
        return f"{update} after the event ({event}) and {until} {meets}."
    return f"{update} {phrases.span(duty.opens, duty.due)} {meets}."


def _explain_opening(evidence: Evidence, duty: Duty) -> Said:
    """Explain why the window opens when it does (rules 4.4 to 4.6, 5.4, 7.1, A5, A6)."""
    requirement = duty.requirement
    if duty.limit is not None or requirement.event:
        return Said("", "7.1" if duty.limit is None else "A6")
    before = evidence.previous(duty)
    if evidence.took_over(duty):
        since = f" on {phrases.plain_date(requirement.since)}" if requirement.since else ""
        clause = f"{goes_on(evidence, before, duty)}, A5" if before else "A5a"
        return Said(f"{requirement.id} took over from {requirement.takes_over}{since}.", clause)
    if before:
        return Said("", goes_on(evidence, before, duty))
    return _explain_first_opening(evidence, duty)


def _explain_first_opening(evidence: Evidence, duty: Duty) -> Said:
    """Explain why the first window under a requirement opens when it does (rules 3.1, 4.2, 9.2, 9.4).

    The requirement runs from the report.
    """
    requirement = duty.requirement
    if first := predecessor(evidence, duty):
        clause, opener = "4.2" if requirement.repeat_every else "9.4", duty.opens - 1
        name = first.requirement.id
        if opener >= first.opens and opener in _days_in_time(evidence, first):
            text = f"It opens the day after the first update in the window of {name}, {phrases.day(opener)}."
        else:
            text = f"It opens the day after the due date of {name}, in whose window no update was counted."
            if first.due >= evidence.moment.today:
                text = f"It opens the day after the due date of {name}, or after an earlier update that meets {name}."
        return Said(text, clause)
    if earlier := comes_after(evidence, duty):
        return Said(f"It opens after the first contact of {earlier.id}, whose repeats are set aside.", "9.4")
    day_0 = "of the report" if evidence.start_of(duty) == evidence.reported else "on which the victim was added"
    if requirement.same_day == "counts":
        return Said(f"One on the day {day_0} counts.", "9.2")
    return Said(f"One on the day {day_0} does not.", "3.1, 3.3" if requirement.shows_same_day else "9.2")


def _days_in_time(evidence: Evidence, first: Duty) -> set[int]:
    """Return the days of the updates that a requirement considers.

    If the limit is in hours, only of those within the hours (rules 9.4, A6a).
    """
    at, start = evidence.columns.updates.at, evidence.start_of(first)
    found = evidence.eligible_updates(first.requirement, first.victim)
    return {day for row, day in found.items() if first.limit is None or start <= at[row] <= first.limit}


def comes_after(evidence: Evidence, duty: Duty) -> Requirement | None:
    """Return the requirement that this one comes after for this victim, or None (rules 9.4, A3).

    It may be set aside for the victim.
    """
    name = duty.requirement.after
    while name:
        if (duty.victim, name) in (evidence.duties | evidence.asides):
            return evidence.policy.requirement_by_id(name)
        name = evidence.policy.requirement_by_id(name).after
    return None


def predecessor(evidence: Evidence, duty: Duty) -> Duty | None:
    """Return the first obligation of the requirement that this one comes after for the victim, or None (rules 9.4)."""
    name = duty.requirement.after
    while name:
        if found := evidence.duties.get((duty.victim, name)):
            return found[0]
        name = evidence.policy.requirement_by_id(name).after
    return None
