"""What each update did: which obligation it discharged, or why none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from compliance.policy.explain import phrases
from compliance.policy.explain.due import comes_after, label
from compliance.policy.explain.evidence import Duty, Evidence, VictimEvidence
from compliance.policy.explain.explanation import FactEffect, Remark
from compliance.policy.requirement import Requirement
from compliance.policy.setting_aside import CLAUSE
from compliance.policy.verdicts import YES, Clause, cite
from compliance.records.columns import EVERY_VICTIM, UNKNOWN_VICTIM
from compliance.records.instants import NONE


def effects(evidence: Evidence, row: int) -> tuple[FactEffect, ...]:
    """Return what one update (a row of the columns) did for each victim it concerns.

    What several victims share is said once.
    """
    if (why := not_counted(evidence, row)) is not None:
        return (why,)
    named = int(evidence.columns.updates.victim[row])
    cases = [case for case in evidence.cases.values() if named in (EVERY_VICTIM, case.victim)]
    if not evidence.refs:
        return (FactEffect("not-owed", "Nothing is owed: the record has no victim.", "8"),)
    if not cases:
        return (FactEffect("not-owed", "Nothing is owed: the victim is not in the record as at then.", "2.7"),)
    return for_victims((case, effect) for case in cases for effect in _for_case(evidence, case, row))


def for_victims(each: Iterable[tuple[VictimEvidence, FactEffect]]) -> tuple[FactEffect, ...]:
    """Return the effects on single victims, with what several share said once."""
    found: dict[FactEffect, list[str]] = {}
    for case, effect in each:
        found.setdefault(effect, []).append(case.ref)
    return tuple(replace(effect, victims=tuple(refs)) for effect, refs in found.items())


def not_counted(evidence: Evidence, row: int) -> FactEffect | None:
    """Return why an update counts for nobody as at T and as known at K, or None (rules 2.3, 2.4, 2.7, 2.8)."""
    updates, policy, moment = evidence.columns.updates, evidence.policy, evidence.moment
    outcome, method = updates.outcome.text(row), updates.method.text(row)
    why = None
    if updates.at[row] > moment.as_at:
        why = "Dated later than the moment asked about.", "2.7"
    elif moment.known_at is not None and updates.entered_at[row] > moment.known_at:
        why = "Typed in later than the moment whose knowledge is asked about: left out.", "2.8"
    elif updates.victim[row] == UNKNOWN_VICTIM:
        why = "Does not count: it names a victim whom the record does not have.", "2.3"
    elif outcome is None:
        why = f"Does not count: it has no outcome. What counts is {_any_of(policy.counted_outcomes)}.", "2.4"
    elif outcome not in policy.counted_outcomes:
        text = f"the outcome is {outcome!r}. What counts is {_any_of(policy.counted_outcomes)}."
        why = f"Does not count: {text} It is kept and shown.", "2.4"
    elif policy.counted_methods is not None and method not in policy.counted_methods:
        text = "it has no method." if method is None else f"the method is {method!r}."
        why = f"Does not count: {text} What counts is {_any_of(policy.counted_methods)}.", "2.4"
    return None if why is None else FactEffect("not-counted", *why)


def _any_of(names: list[str]) -> str:
    return " or ".join(repr(name) for name in names)


def _for_case(evidence: Evidence, case: VictimEvidence, row: int) -> Iterator[FactEffect]:
    """Yield what a counted update did for one victim."""
    day = evidence.counted[case.victim][row]
    every = [duty for (victim, _), duties in evidence.duties.items() if victim == case.victim for duty in duties]
    done = [duty for duty in every if duty.update == row]
    places = {requirement.id: place for place, requirement in enumerate(evidence.policy.requirement)}
    done.sort(key=lambda duty: places[duty.requirement.id])
    yield from (_explain_discharge(evidence, duty, day) for duty in done)
    if evidence.cancelled:
        yield FactEffect("not-owed", "Nothing is owed: the crime was cancelled.", "5.3")
    elif case.exempt:
        yield FactEffect("not-owed", f"Nothing is owed: victims of category {case.category!r} are exempt.", "5.5")
    elif day < case.day_0:
        yield _before_day_0(evidence, day)
    else:
        others = list(_others(evidence, case, row))
        # A requirement that is owed only once and was met before is mentioned only if there is nothing else to say.
        telling = [effect for effect in others if effect.kind != "met-before"]
        others = telling if done or telling else others
        if case.declined < day < case.asked_again and not done and all(e.kind != "moves-next" for e in others):
            text = f"Discharges nothing: the victim had declined updates on {phrases.day(case.declined, day)}."
            others = [FactEffect("declined", text, "5.4")]
        aside = list(_may_meet(evidence, case, row, day))
        if not done and not others and not aside:
            others = [FactEffect("not-owed", "Counts, and nothing was owed that it could have discharged.", "7.1")]
        yield from (*others, *aside)


def _may_meet(evidence: Evidence, case: VictimEvidence, row: int, day: int) -> Iterator[FactEffect]:
    """Yield what is set aside that an update may have met: nobody can say (rules 6.1a).

    After an event, only the first update can have met it.
    """
    at = evidence.columns.updates.at
    for requirement in evidence.policy.requirement:
        for aside in evidence.asides.get((case.victim, requirement.id), ()):
            may = day >= case.day_0
            if aside.cycle:
                event = evidence.columns.events.at[evidence.events_of(requirement)[aside.cycle - 1]]
                after = (each for each in evidence.eligible_updates(requirement, case.victim) if at[each] >= event)
                may = next(after, None) == row
            if may:
                text = f"Whether it meets {aside.label} cannot be said: that is set aside."
                yield FactEffect("set-aside", text, CLAUSE, requirement.id, aside.cycle)


def _others(evidence: Evidence, case: VictimEvidence, row: int) -> Iterator[FactEffect]:
    """Yield what an update did for each requirement of which it discharged no obligation.

    Requirements whose clock is an event are left out: most events have nothing to do with an update.
    """
    for requirement in evidence.policy.requirement:
        duties = evidence.duties.get((case.victim, requirement.id), [])
        day = evidence.counted[case.victim][row]
        if duties and evidence.took_over(duties[0]) and day < duties[0].opens:
            continue  # its effect under the requirement before is said there
        if duties and _is_for_successor(evidence, duties[-1], day):
            continue  # its effect under the requirement that took over is said there
        if duties and not requirement.event and all(duty.update != row for duty in duties):
            yield _not_discharged(evidence, requirement, duties, row, day)


def _is_for_successor(evidence: Evidence, last: Duty, day: int) -> bool:
    """Return whether the window of the requirement that took over from this one had opened (rules A5)."""
    following = evidence.following(last)
    return following is not None and following.requirement is not last.requirement and day >= following.opens


def _effect(kind: str, text: str, clause: str, duty: Duty) -> FactEffect:
    return FactEffect(kind, text, clause, duty.requirement.id, duty.cycle)


def _explain_discharge(evidence: Evidence, duty: Duty, day: int) -> FactEffect:
    name, clause, due = label(evidence, duty), cite(duty.clause, duty.requirement), phrases.day(duty.due, day)
    if duty.limit is not None:
        due += f" at {evidence.clock.time(duty.limit)}"
    if duty.state == "met":
        return _effect("met", f"Meets {name}, due {due}.", clause, duty)
    if duty.limit is not None:
        return _effect("late", f"Discharges {name}, late: it was due {due}.", clause, duty)
    over = phrases.count(duty.discharged - duty.due, "day")
    return _effect("late", f"Discharges {name}, {over} late: it was due {due}.", clause, duty)


def _before_day_0(evidence: Evidence, day: int) -> FactEffect:
    if day < evidence.day(evidence.reported):
        text = "Never counts: it is dated before the crime was reported. Look at the dates."
        return FactEffect("before-report", text, "3.5")
    return FactEffect("before-report", "Does not count: the victim was added to the record only later.", "3.5")


def _not_discharged(evidence: Evidence, requirement: Requirement, duties: list[Duty], row: int, day: int) -> FactEffect:
    """Explain why a counted update discharged none of a victim's obligations under one requirement."""
    running = [duty for duty in duties if duty.opens <= day]
    if not running:
        return _too_early(evidence, duties[0], day)
    duty = running[-1]
    if row not in evidence.eligible_updates(requirement, duty.victim):
        text = f"Given on the day the crime was recorded, which does not count for {requirement.id}."
        return _effect("recording-day", text, "9.7", duty)
    if duty.limit is not None and evidence.columns.updates.at[row] < evidence.start_of(duty):
        text = f"Does not count for {label(evidence, duty)}: it was given before the clock started."
        return _effect("too-early", text, "A6", duty)
    following = evidence.following(duty)
    if duty.done:
        return _already_met(evidence, duty, following, day)
    return _explain_no_discharge(evidence, duty, following, day)


def _too_early(evidence: Evidence, duty: Duty, day: int) -> FactEffect:
    name, opens = label(evidence, duty), phrases.day(duty.opens, day)
    if comes_after(evidence, duty) is None:
        clause = "3.3" if duty.requirement.shows_same_day else "9.2"
        report = "day of the report" if duty.clock == evidence.day(evidence.reported) else "day the victim was added"
        real = f"Given on the {report}: real, kept and shown."
        text = f"{real} It does not discharge {name}, which asks for contact again, from {opens} on."
        return _effect("same-day", text, clause, duty)
    clause = "4.2" if duty.requirement.repeat_every else "9.4"
    if day == duty.opens - 1:
        text = f"{name} asks for a further contact: one from {opens} on."
    else:
        text = f"Too early for {name}, whose window opens on {opens}."
    return _effect("too-early", text, clause, duty)


def _already_met(evidence: Evidence, duty: Duty, following: Duty | None, day: int) -> FactEffect:
    name = label(evidence, duty)
    clause = "4.3" if duty.requirement.open_only else "3.2"
    if day == duty.discharged:
        text = f"An earlier update on the same day discharged {name}."
        return _effect("already-met", text, clause, duty)
    how = "met already" if duty.state == "met" else "discharged already, late"
    text = f"{name} was {how}, on {phrases.day(duty.discharged, day)}"
    if not duty.requirement.repeat_every:
        return _effect("met-before", f"{text}.", clause, duty)
    if duty.state != "met" or day > duty.due:
        return _effect("already-met", f"{text}.", clause, duty)
    last = max(d for d in evidence.eligible_updates(duty.requirement, duty.victim).values() if d <= duty.due)
    if following.clock != last if following else duty.due < evidence.moment.today:
        return _effect("already-met", f"{text}.", clause, duty)
    if day != last:
        later = f"{text}; the next one counts from a later update, that of {phrases.day(last, day)}."
        return _effect("already-met", later, "4.4", duty)
    moved = f"{text}. The next one counts from this day, the last with an update in the window"
    moved += f": it is due {phrases.day(following.due, day)}." if following else " so far."
    return _effect("moves-next", moved, "4.4", duty)


def _explain_no_discharge(evidence: Evidence, duty: Duty, following: Duty | None, day: int) -> FactEffect:
    """Explain why an update in or after the window did not discharge an obligation that nothing has discharged."""
    name, case = label(evidence, duty), evidence.cases[duty.victim]
    if duty.clause == Clause.NOT_OPEN_WHEN_DUE:
        due = phrases.day(duty.due, day)
        if day <= duty.due:
            text = f"{name} lapsed all the same: the case was not open at the end of its due date, {due}."
            return _effect("not-owed", text, "4.1", duty)
        text = f"{duty.requirement.id} was not owed: the case was not open"
        if following:
            again = (
                "it counts again" if following.requirement is duty.requirement else f"{following.requirement.id} counts"
            )
            text += f", and {again} from {phrases.day(following.opens, day)} on"
        text += "."
        return _effect("not-owed", text, "4.6", duty)
    if duty.clause == Clause.WRITTEN_OFF:
        closed = phrases.count(evidence.policy.owed_after_close_days, "day")
        text = f"Too late for {name}: by {phrases.day(duty.ended, day)} the case had been closed for {closed}."
        return _effect("too-late", text, "3.6", duty)
    if duty.clause == Clause.CLOSED_WHILE_OVERDUE:
        text = f"Too late for {name}: the case had closed on {phrases.day(duty.ended, day)} with it overdue."
        return _effect("too-late", text, "5.6", duty)
    text = f"{name} stays {duty.state}: the victim had declined updates on {phrases.day(case.declined, day)}."
    if duty.requirement.repeat_every and day >= case.asked_again:
        text = f"Too early for {duty.requirement.id}, which goes on the day after the victim's declining ended."
    return _effect("declined", text, "5.4", duty)


def remarks(evidence: Evidence, row: int) -> tuple[Remark, ...]:
    """Return what else is worth knowing about an update (rules section 8)."""
    updates, policy = evidence.columns.updates, evidence.policy
    day, entered = evidence.days(updates.at[[row]])[0], evidence.days(updates.entered_at[[row]])[0]
    found = []
    if entered - day > policy.late_entry_days:
        text = f"Typed in on {phrases.day(entered)}, {entered - day} days after it took place: a late entry."
        found.append(Remark(text, "8"))
    elif entered > day:
        found.append(Remark(f"Typed in on {phrases.day(entered)}.", "2.8"))
    elif entered < day:
        text = f"Typed in on {phrases.day(entered)}, before the day it is dated. Look at the dates."
        found.append(Remark(text, "8"))
    places = [d.place for duties in evidence.duties.values() for d in duties if d.update == row]
    if any(evidence.verdicts.entered_after_due[place] == YES for place in places):
        found.append(Remark("Typed in after the due date of what it met: until then that stood as overdue.", "8"))
    recorded = int(evidence.columns.recorded_at[0])
    counts = any(row in evidence.counted[victim] for victim in evidence.cases)
    if counts and recorded != NONE and day == evidence.day(recorded) > evidence.day(evidence.reported):
        found.append(Remark("Given on the day the crime was recorded, after the day of the report.", "3.4"))
    return tuple(found)
