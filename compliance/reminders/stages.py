"""Who is told what today: small named stages, each of which may decide, and a named reason for everything considered.

    owed -> which steps of the ladder have come -> fell due before the start -> is our data fresh -> is it news
         -> may the officer be told, or who in their place -> one digest a person: new, or to be mentioned again -> told

The first stage that answers decides; what passes all of them is told. Held and suppressed are deliveries, never
states: the obligation stays outstanding (decision 0019).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from compliance.reminders.owed import Key, Owed, Standing
from compliance.reminders.routing import ABSENT, Directory, Route
from compliance.reminders.rules import Ladder, ReminderRules
from compliance.store.tables import OfficerRow

DUE_SOON: Final = "due soon"
OVERDUE: Final = "overdue"
CLOSED: Final = "closed"
SUPERVISOR: Final = "supervisor"
CHAMPION: Final = "champion"
STEPS: Final = (DUE_SOON, OVERDUE, CLOSED, SUPERVISOR, CHAMPION)
"""The steps of the ladder: what is told to the officer in the case, and what to those above."""
LEADERS: Final = (SUPERVISOR, CHAMPION)


class Outcome(StrEnum):
    """What comes of one obligation that is to be told to one person."""

    SENT = "sent"
    HELD = "held"
    SUPPRESSED = "suppressed"
    DROPPED = "dropped"


Answer = tuple[Outcome, str]
"""What a stage decides, and why."""

NEW: Final = "new"
STILL_WAITING: Final = "still waiting"
REROUTED: Final = "; rerouted: "
BEFORE_START: Final = "fell due before the service started"
CONTACT_HOLD: Final = "contact hold"
ATTEMPTS: Final = "attempts did not reach the victim"
NO_ROOM: Final = "no room in the mail"
NOT_YET: Final = "not due soon yet, and nothing else to tell"
WAITING_ALREADY: Final = "already waiting for an update"
TOLD_TODAY: Final = "a digest went out earlier today"
TOO_OLD: Final = "data too old"
RECOVERING: Final = "the crime system was out of reach: one working day to record updates"
QUIET_HOURS: Final = "quiet hours"


def phase(step: str) -> str:
    """What a person was told by a step: one who was told that something is overdue need not be told it as a leader."""
    return OVERDUE if step in LEADERS else step


@dataclass(frozen=True, slots=True)
class History:
    """What has been told before: by mails that went out, not by those that wait, were refused or cancelled. Dates are
    local."""

    told: Mapping[tuple[str, Key, int, str], date] = field(default_factory=dict)
    """(recipient, obligation, spell, phase) -> the last day it was told."""
    refused: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """(recipient, address) -> the day of their last digest, where the mail server refused that one."""
    today: frozenset[str] = frozenset()
    """Recipients for whom there is a digest of today, whatever became of it."""
    last: Mapping[str, date] = field(default_factory=dict)
    """Recipient -> the day of their last digest, unless that one was refused or cancelled."""


@dataclass(frozen=True)
class Situation:
    """What the stages may look at. `silence` says why nobody is told anything, `recovering` whether officers are given
    a day to record what they did while the crime system was out of reach. `list_day`: the newest day of the weekly list
    of those above, None where there is no list. `opens`: the first working day from a date on."""

    rules: ReminderRules
    today: date
    officers: Mapping[str, OfficerRow]
    history: History = field(default_factory=History)
    silence: str | None = None
    recovering: bool = False
    list_day: date | None = None
    opens: Callable[[date], date] = lambda day: day
    waiting: frozenset[tuple[str, str]] = frozenset()
    """The victims, as crime and reference, who are told of as overdue."""

    @cached_property
    def directory(self) -> Directory:
        """Who can be told anything today."""
        return Directory(self.officers, self.rules, self.today, self.history.refused)

    def owes_list(self, leader: str) -> bool:
        """Whether somebody above has had no mail since the day of the weekly list: their next one is that list."""
        last = self.history.last.get(leader)
        return self.list_day is not None and (last is None or last < self.list_day)


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one step of one obligation today, for whom (empty where nobody has the case), and why."""

    owed: Owed
    recipient_ref: str
    outcome: Outcome
    reason: str
    step: str = OVERDUE

    @property
    def is_new(self) -> bool:
        """Whether the recipient is told for the first time."""
        return self.reason.startswith(NEW)

    @property
    def own(self) -> bool:
        """Whether it is told to the officer who has the case."""
        return self.step not in LEADERS and not self.rerouted

    @property
    def rerouted(self) -> str | None:
        """Why it is not the one who was meant that is told."""
        return self.reason.partition(REROUTED)[2] or None


def steps(owed: Owed, about: Situation) -> Iterator[str]:
    """The steps of the ladder that have come."""
    if owed.standing is not Standing.OVERDUE:
        yield CLOSED if owed.standing is Standing.CLOSED else DUE_SOON
        return
    yield OVERDUE
    if owed.due_date < about.rules.due_from:
        return
    ladder = about.rules.ladder_for(owed.requirement, owed.waiting.category)
    if about.today >= supervisor_on(owed, ladder):
        yield SUPERVISOR
    if about.today >= champion_on(owed, ladder):
        yield CHAMPION


def supervisor_on(owed: Owed, ladder: Ladder) -> date:
    """From when the supervisor is told: whoever takes a case over has as long for it as anybody else."""
    return owed.officers_since + timedelta(days=ladder.supervisor_days)


def champion_on(owed: Owed, ladder: Ladder) -> date:
    """From when the champion is told, whatever became of the case meanwhile: no handing over hides a victim."""
    return owed.due_date + timedelta(days=ladder.champion_days)


def instead_of_officer(owed: Owed, about: Situation) -> str | None:
    """Why the officer in the case is not told although they could be: nobody is pushed into a contact that may be
    unsafe, nor to try for ever; their supervisor decides."""
    if owed.waiting.hold.now:
        return CONTACT_HOLD
    return ATTEMPTS if len(owed.waiting.attempts) >= about.rules.attempts else None


def route(owed: Owed, step: str, about: Situation) -> Route:
    """Who is told of a step. A short absence holds what can wait for the officer's return, a longer one does not."""
    directory, waiting = about.directory, owed.waiting
    if step == SUPERVISOR:
        return directory.to_supervisor(waiting)
    if step == CHAMPION:
        return directory.to_champion(waiting)
    instead = instead_of_officer(owed, about)
    if instead and step == DUE_SOON:
        return Route(None, instead)
    officer = waiting.officer_ref
    if not instead and officer and directory.problem(officer) == ABSENT:
        back = directory.back_on(officer)
        latest = about.today + timedelta(days=about.rules.absence_held_days)
        if back and (about.opens(back) <= owed.due_date if step == DUE_SOON else back <= latest):
            return Route(None, ABSENT)
    return directory.to_officer(waiting, instead)


def before_start(owed: Owed, _: str, about: Situation) -> Answer | None:
    """What fell due before the service started is reported and never mailed."""
    return (Outcome.SUPPRESSED, BEFORE_START) if owed.due_date < about.rules.due_from else None


def on_old_data(_: Owed, step: str, about: Situation) -> Answer | None:
    """On old data nobody is told anything, and after a gap officers first get a day to record what they did."""
    if about.silence:
        return Outcome.HELD, about.silence
    return (Outcome.HELD, RECOVERING) if about.recovering and step not in LEADERS else None


def no_news(owed: Owed, step: str, about: Situation) -> Answer | None:
    """What falls due soon is no news of a victim who is told of as overdue: one contact is owed at once."""
    return (Outcome.SUPPRESSED, WAITING_ALREADY) if step == DUE_SOON and owed.waiting.key in about.waiting else None


STAGES: Final = (before_start, on_old_data, no_news)
"""Asked in turn of each step of each obligation; who is told follows, and what one digest a person a day allows."""


def decide(owed: Iterable[Owed], about: Situation) -> list[Decision]:
    """What comes of everything that is owed: exactly one decision for each step that has come, and at least one."""
    owed = list(owed)
    overdue = (o for o in owed if o.standing is Standing.OVERDUE and o.due_date >= about.rules.due_from)
    about = replace(about, waiting=frozenset(o.waiting.key for o in overdue))
    decisions: list[Decision] = []
    tellable: dict[str, list[_Matter]] = defaultdict(list)
    for item, step in [(one, step) for one in owed for step in steps(one, about)]:
        answer = next((answer for stage in STAGES if (answer := stage(item, step, about))), None)
        found = Route(None) if answer else route(item, step, about)
        if item.early and found.why:  # it can wait for the officer
            answer, found = (Outcome.SUPPRESSED, NOT_YET), Route(None)
        if found.recipient_ref is not None:
            tellable[found.recipient_ref].append(_Matter(item, step, found.why))
        else:
            outcome, reason = answer or (Outcome.HELD, str(found.why))
            decisions.append(Decision(item, item.waiting.officer_ref or "", outcome, reason, step))
    for recipient in sorted(tellable):
        decisions += _told(recipient, tellable[recipient], about)
    return decisions


@dataclass(frozen=True, slots=True)
class _Matter:
    """A step of an obligation that can be told to somebody, and why to them."""

    owed: Owed
    step: str
    why: str | None


def _told(recipient: str, matters: Sequence[_Matter], about: Situation) -> list[Decision]:
    """One digest a day for one person: when there is something new, or something is to be mentioned again."""
    days = [_told_on(recipient, matter, about.history) for matter in matters]
    due = [not m.owed.early if day is None else _again(m, day, about) for m, day in zip(matters, days, strict=True)]
    nothing = recipient in about.history.today or not any(due)
    fits = _fitting(matters, days, due, about.rules.listed)
    decisions = []
    for matter, day, is_due in zip(matters, days, due, strict=True):
        # What an officer still owes, and what soon will be owed, goes along with what is new; those above are told by
        # exception.
        along = matter.step == OVERDUE or (matter.owed.early and day is None)
        if nothing or not (is_due or along):
            untold = NOT_YET if matter.owed.early else TOLD_TODAY
            outcome, reason = Outcome.SUPPRESSED, untold if day is None else f"told on {day}"
        elif matter.step not in LEADERS and matter.owed.waiting.key not in fits:
            outcome, reason = Outcome.SUPPRESSED, NO_ROOM
        else:
            outcome, reason = Outcome.SENT, NEW if day is None else STILL_WAITING
            reason += f"{REROUTED}{matter.why}" if matter.why else ""
        decisions.append(Decision(matter.owed, recipient, outcome, reason, matter.step))
    return decisions


def _fitting(
    matters: Sequence[_Matter], days: Sequence[date | None], due: Sequence[bool], room: int
) -> set[tuple[str, str]]:
    """The victims who are named in a digest to whoever is to act: what is new before what is told again, what goes
    along last, each by how long it is owed. The next digest names the others. Those above are told of all of theirs in
    numbers, by officer."""
    ranked = sorted(
        ((not is_due, day is not None, m.step == DUE_SOON), m.owed.urgency, m.owed.waiting.key)
        for m, day, is_due in zip(matters, days, due, strict=True)
        if m.step not in LEADERS and (is_due or m.step == OVERDUE or (m.owed.early and day is None))
    )
    return set(list(dict.fromkeys(victim for _, _, victim in ranked))[:room])


def _told_on(recipient: str, matter: _Matter, history: History) -> date | None:
    """When somebody was last told of a matter, None where never: a case that has closed again is closed anew."""
    day = history.told.get((recipient, matter.owed.key, matter.owed.spell, phase(matter.step)))
    closed_on = matter.owed.waiting.closed_on if matter.step == CLOSED else None
    return None if day and closed_on and day < closed_on else day


def _again(matter: _Matter, told: date, about: Situation) -> bool:
    """Whether something that was told on a day is to be told again: only what is overdue, every `repeat_days` to
    whoever is to act on it, in the weekly list to those above."""
    if matter.step in LEADERS:
        return about.list_day is not None and told < about.list_day
    if matter.step != OVERDUE:
        return False
    ladder = about.rules.ladder_for(matter.owed.requirement, matter.owed.waiting.category)
    return about.today >= told + timedelta(days=ladder.repeat_days)
