"""Why an obligation is in the state it is in, and what is owed now, in words."""

from collections.abc import Callable
from typing import Final

import numpy as np

from compliance.policy.calendars import NEVER
from compliance.policy.explain import phrases
from compliance.policy.explain.due import Said
from compliance.policy.explain.evidence import Duty, Evidence
from compliance.policy.explain.explanation import Remark
from compliance.policy.verdicts import YES, Clause, cite
from compliance.policy.wake import find_silence_ends
from compliance.records.columns import OPEN


def verdict(evidence: Evidence, duty: Duty) -> Said:
    """Explain the state, with the clause that decided (rules section 5)."""
    return Said(_SENTENCES[duty.clause](_Why(evidence, duty)), cite(duty.clause, duty.requirement))


class _Why:
    """A sentence for each clause that can decide."""

    def __init__(self, evidence: Evidence, duty: Duty) -> None:
        self._evidence, self._duty, self._today = evidence, duty, evidence.moment.today
        self._case = evidence.cases[duty.victim]

    def _update(self) -> str:
        updates, row = self._evidence.columns.updates, self._duty.update
        when = phrases.day(self._duty.discharged)
        if self._duty.limit is not None:
            when = self._evidence.clock.exact(int(updates.at[row]))
        return f"the update of {when} ({updates.ref[row].as_py()})"

    def _limit(self) -> str | None:
        """Return when an obligation in hours was or is due, None if it is not in hours (rules A6)."""
        return None if self._duty.limit is None else self._evidence.clock.exact(self._duty.limit)

    def _nothing(self, until: int) -> str:
        return f"no update that counts for it was given {phrases.span(self._duty.opens, until)}"

    def met(self) -> str:
        if limit := self._limit():
            return f"Met by {self._update()}: it was due by {limit}."
        early = self._duty.due - self._duty.discharged
        when = "on the due date itself" if early == 0 else f"{phrases.count(early, 'day')} before the due date"
        text = f"Met by {self._update()}, {when}."
        if self._duty.requirement.open_only and self._duty.due >= self._today:
            text += " It stands if the case is open at the end of the due date, and lapses if not."
        return text

    def late(self) -> str:
        if limit := self._limit():
            return f"Late: it was due by {limit}, and the first update that counts for it is {self._update()}."
        over = phrases.count(self._duty.discharged - self._duty.due, "day")
        return f"Late by {over}: the first update that counts for it is {self._update()}."

    def not_yet_due(self) -> str:
        if limit := self._limit():
            return f"Not yet due: it is due by {limit}."
        left = self._duty.due - self._today
        when = "today" if left == 0 else f"in {phrases.count(left, 'day')}"
        return f"Not yet due: the due date is {when}."

    def outstanding(self) -> str:
        if limit := self._limit():
            return f"Overdue since {limit}: {self._nothing(self._today)}."
        return f"Overdue by {phrases.count(self._today - self._duty.due, 'day')}: {self._nothing(self._today)}."

    def silence(self) -> str:
        nothing = self._nothing(self._duty.ended)
        return f"Missed: {nothing}. Silence goes on counting: the next one has taken its place."

    def written_off(self) -> str:
        closed = phrases.count(self._evidence.policy.owed_after_close_days, "day")
        nothing = self._nothing(self._duty.ended)
        return f"Missed: {nothing}, and by then the case had been closed for {closed}. No later update changes that."

    def closed_while_overdue(self) -> str:
        closed = phrases.day(self._duty.ended)
        return f"Missed: it was overdue when the case closed on {closed}, and {self._nothing(self._duty.ended)}."

    def declined(self) -> str:
        declined = phrases.day(self._case.declined)
        if self._duty.limit is not None and self._case.declined == self._duty.due:
            return f"Exempt: the victim declined updates on {declined}, the day on which it was due, before it was met."
        return f"Exempt: the victim declined updates on {declined}, before it was due and before it was met."

    def declined_after_due(self) -> str:
        nothing = self._nothing(self._case.declined)
        return f"Missed: {nothing}, when the victim declined updates. No later update changes that."

    def not_open(self) -> str:
        due = phrases.day(self._duty.due)
        return (
            f"Lapsed: the case was not open at the end of the due date, {due}, and this is owed only while the case is "
            "open, whatever updates were given."
        )

    def cancelled(self) -> str:
        return "Lapsed: the crime is cancelled (found not to be a crime), so nothing is owed."

    def category(self) -> str:
        return f"Exempt: victims of category {self._case.category!r} are owed no updates under this policy."


_SENTENCES: Final[dict[Clause, Callable[[_Why], str]]] = {
    Clause.CANCELLED: _Why.cancelled,
    Clause.CATEGORY: _Why.category,
    Clause.DECLINED: _Why.declined,
    Clause.DECLINED_AFTER_DUE: _Why.declined_after_due,
    Clause.NOT_OPEN_WHEN_DUE: _Why.not_open,
    Clause.MET: _Why.met,
    Clause.LATE: _Why.late,
    Clause.NOT_YET_DUE: _Why.not_yet_due,
    Clause.OUTSTANDING: _Why.outstanding,
    Clause.WRITTEN_OFF: _Why.written_off,
    Clause.CLOSED_WHILE_OVERDUE: _Why.closed_while_overdue,
    Clause.SILENCE: _Why.silence,
}


def describe_owed(evidence: Evidence, duty: Duty) -> str | None:
    """Return what is owed now, None if nothing is."""
    if duty.clause == Clause.NOT_YET_DUE:
        until = f"the end of {phrases.day(duty.due)}" if duty.limit is None else evidence.clock.exact(duty.limit)
        text = f"Owed: an update that counts, by {until}."
        if duty.opens > evidence.moment.today:
            text = f"Owed: an update that counts, {phrases.span(duty.opens, duty.due)}."
        if duty.requirement.open_only and not is_open(evidence):
            return (
                f"{text} The case is not open now: if it is not open at the end of that day, this lapses (rules 4.1)."
            )
        return text + _whatever(evidence, duty)
    if duty.clause != Clause.OUTSTANDING:
        return None
    text = f"Owed now: an update that counts. It will be late, and ends the breach.{_whatever(evidence, duty)}"
    silent = int(find_silence_ends(evidence.verdicts, np.array([duty.place]))[0])
    if silent < NEVER:
        text += (
            f" If there is none by the end of {phrases.day(silent)}, this one is missed and another takes its place "
            "(rules 4.5)."
        )
    return text


def _whatever(evidence: Evidence, duty: Duty) -> str:
    if duty.requirement.open_only or is_open(evidence):
        return ""
    return " It is owed although the case is not open (rules 3.6)."


def is_open(evidence: Evidence) -> bool:
    """Return whether the last change of status as at T leaves the case open (rules 2.9)."""
    return int(evidence.status.kind[0]) == OPEN


def remarks(evidence: Evidence, duty: Duty) -> tuple[Remark, ...]:
    """Return what else an officer should know about a verdict."""
    found = []
    verdicts = evidence.verdicts
    if verdicts.same_day_update[duty.place] == YES:
        text = "There was an update on the day of the report. It is real and is shown, and does not discharge this."
        if duty.clock != evidence.day(evidence.reported):
            text = "There was an update on day 0. It is real and is shown, and does not discharge this."
        found.append(Remark(text, "3.3"))
    if verdicts.entered_after_due[duty.place] == YES:
        entered = evidence.day(int(evidence.columns.updates.entered_at[duty.update]))
        text = (
            f"The update was typed in on {phrases.day(entered)}, after the due date: until then this stood as overdue."
        )
        found.append(Remark(text, "8"))
    return tuple(found)
