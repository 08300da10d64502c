"""Who is told what today: small named stages, each of which may decide, and a named reason for everything considered.

    owed -> which steps of the ladder have come -> fell due before the start -> is our data fresh -> is it news
         -> may the officer be told, or who in their place -> one digest a person: new, or to be mentioned again -> told

The first stage that answers decides; what passes all of them is told. Held and suppressed are deliveries, never
states: the obligation stays outstanding (decision 0019).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from compliance.reminders.decisions import (
    ATTEMPTS,
    BEFORE_START,
    CHAMPION,
    CLOSED,
    CONTACT_HOLD,
    DUE_SOON,
    LEADERS,
    NEW,
    NO_ROOM,
    NOT_YET,
    OVERDUE,
    RECOVERING,
    STILL_WAITING,
    SUPERVISOR,
    TOLD_TODAY,
    WAITING_ALREADY,
    Decision,
    Outcome,
    phase,
)
from compliance.reminders.ladder import in_the_way, steps
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.routing import ABSENT, Route
from compliance.reminders.situation import History, Situation
from compliance.reminders.time_to_act import Obstacle, obstacles

Answer = tuple[Outcome, str]
"""What a stage decides, and why."""


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
    tellable: dict[str, list[Matter]] = defaultdict(list)
    for item, step in [(one, step) for one in owed for step in steps(one, about)]:
        answer = next((answer for stage in STAGES if (answer := stage(item, step, about))), None)
        found = Route(None) if answer else route(item, step, about)
        if item.early and found.why:  # it can wait for the officer
            answer, found = (Outcome.SUPPRESSED, NOT_YET), Route(None)
        if found.recipient_ref is not None:
            tellable[found.recipient_ref].append(Matter(item, step, found.why))
        else:
            outcome, reason = answer or (Outcome.HELD, str(found.why))
            decisions.append(Decision(item, item.waiting.officer_ref or "", outcome, reason, step))
    for recipient in sorted(tellable):
        decisions += _told(recipient, tellable[recipient], about)
    return decisions


@dataclass(frozen=True, slots=True)
class Matter:
    """A step of an obligation that can be told to somebody, and why to them."""

    owed: Owed
    step: str
    why: str | None

    def decided(self, recipient: str, outcome: Outcome, reason: str) -> Decision:
        """What comes of it where nothing is said of it."""
        return Decision(self.owed, recipient, outcome, reason, self.step, self.why)


def tell(matter: Matter, recipient: str, reason: str, about: Situation) -> Decision:
    """What is told of a matter, with what stood in the way of the officer in the case."""
    found: tuple[Obstacle, ...] = ()
    if matter.step in LEADERS:
        found = in_the_way(matter.owed, about)
    elif matter.step == OVERDUE and not matter.why:
        found = obstacles(matter.owed, about.officer(matter.owed), about.today - timedelta(days=1))
    return Decision(matter.owed, recipient, Outcome.SENT, reason, matter.step, matter.why, found)


def _told(recipient: str, matters: Sequence[Matter], about: Situation) -> list[Decision]:
    """One digest a day for one person: when there is something new, or something is to be mentioned again."""
    days = [_told_on(recipient, matter, about.history) for matter in matters]
    due = [not m.owed.early if day is None else _again(m, day, about) for m, day in zip(matters, days, strict=True)]
    nothing = recipient in about.history.today or not any(due)
    fits = _fitting(matters, days, due, about.rules.listed - _room_for_stuck(matters, due, about.rules.listed))
    decisions = []
    for matter, day, is_due in zip(matters, days, due, strict=True):
        # What an officer still owes, and what soon will be owed, goes along with what is new; those above are told by
        # exception.
        along = matter.step == OVERDUE or (matter.owed.early and day is None)
        if nothing or not (is_due or along):
            untold = NOT_YET if matter.owed.early else TOLD_TODAY
            decisions.append(matter.decided(recipient, Outcome.SUPPRESSED, untold if day is None else f"told on {day}"))
        elif matter.step not in LEADERS and matter.owed.waiting.key not in fits:
            decisions.append(matter.decided(recipient, Outcome.SUPPRESSED, NO_ROOM))
        else:
            decisions.append(tell(matter, recipient, NEW if day is None else STILL_WAITING, about))
    return decisions


def _fitting(
    matters: Sequence[Matter], days: Sequence[date | None], due: Sequence[bool], room: int
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


def _room_for_stuck(matters: Sequence[Matter], due: Sequence[bool], listed: int) -> int:
    """How many places of a mail are kept for victims who are stuck with others: whoever has many of their own still
    reads which those are."""
    own = {m.owed.waiting.key for m in matters if m.step not in LEADERS}
    stuck = {m.owed.waiting.key for m, is_due in zip(matters, due, strict=True) if m.step in LEADERS and is_due}
    return min(len(stuck - own), max(listed // 4, 1)) if listed > 1 else 0


def _told_on(recipient: str, matter: Matter, history: History) -> date | None:
    """When somebody was last told of a matter, None where never: a case that has closed again is closed anew."""
    day = history.told.get((recipient, matter.owed.key, matter.owed.spell, phase(matter.step)))
    closed_on = matter.owed.waiting.closed_on if matter.step == CLOSED else None
    return None if day and closed_on and day < closed_on else day


def _again(matter: Matter, told: date, about: Situation) -> bool:
    """Whether something that was told on a day is to be told again: only what is overdue, every `repeat_days` to
    whoever is to act on it, in the weekly list to those above."""
    if matter.step in LEADERS:
        return about.list_day is not None and told < about.list_day
    if matter.step != OVERDUE:
        return False
    ladder = about.rules.ladder_for(matter.owed.requirement, matter.owed.waiting.category)
    return about.today >= told + timedelta(days=ladder.repeat_days)
