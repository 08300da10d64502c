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
from functools import cached_property
from typing import Final, assert_never

from compliance.reminder_settings import Ladder, Reminders
from compliance.reminders.history import History
from compliance.reminders.ladder import CaseOfficer, Obstacle, champion_on, find_day_reached, obstacles, supervisor_on
from compliance.reminders.owed import Owed, Standing
from compliance.reminders.reasons import decision_text
from compliance.reminders.recipients import Directory, Route
from compliance.store.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.tables import OfficerRow


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one step of one obligation today, for whom (empty where nobody has the case), and why.

    `since`: the date of a reason that has one. `rerouted`, `rerouted_since`: why somebody else than was meant is told,
    None where that one is. `obstacles`: what kept the officer in the case from acting, where the mail says so.
    """

    owed: Owed
    recipient_ref: str
    outcome: Outcome
    reason: Reason
    step: LadderStep = LadderStep.OVERDUE
    rerouted: Reason | None = None
    obstacles: tuple[Obstacle, ...] = ()
    since: date | None = None
    rerouted_since: date | None = None

    @property
    def said(self) -> str:
        """Why, as a person reads it: `new; rerouted: officer absent`."""
        told = self.outcome is Outcome.SENT
        return decision_text(self.reason, self.since, *((self.rerouted, self.rerouted_since) if told else ()))

    @property
    def is_new(self) -> bool:
        """Whether the recipient is told for the first time."""
        return self.reason is Reason.NEW

    @property
    def own(self) -> bool:
        """Whether it is told to the officer who has the case."""
        return not self.step.is_above and not self.rerouted


@dataclass(frozen=True)
class Morning:
    """What is known on a morning, and the stages may look at. `silence` says why nobody is told anything, `recovering`
    whether officers are given a day to record what they did while the crime system was out of reach. `list_day`: the
    newest day of the weekly list of those above, None where there is no list. `opens`: the first working day from a
    date on."""

    rules: Reminders
    today: date
    officers: Mapping[str, OfficerRow]
    history: History = field(default_factory=History)
    silence: Reason | None = None
    recovering: bool = False
    list_day: date | None = None
    opens: Callable[[date], date] = lambda day: day
    waiting: frozenset[tuple[str, str]] = frozenset()
    """The victims, as crime and reference, who are told of as overdue."""

    @cached_property
    def directory(self) -> Directory:
        """Who can be told anything today."""
        return Directory(self.officers, self.rules, self.today, self.history.refused, self.history.deferred)

    def ladder(self, owed: Owed) -> Ladder:
        """The ladder of an obligation."""
        return self.rules.ladder_for(owed.requirement, owed.waiting.category)

    def officer(self, owed: Owed) -> CaseOfficer:
        """The officer in the case."""
        ref = owed.waiting.officer_ref
        return CaseOfficer(ref, self.officers.get(ref or ""), self.history.accepted_for(ref, owed))

    def owes_list(self, leader: str) -> bool:
        """Whether somebody above has had no mail since the day of the weekly list: their next one is that list."""
        last = self.history.last.get(leader)
        return self.list_day is not None and (last is None or last < self.list_day)


Answer = tuple[Outcome, Reason]
"""What a stage decides, and why."""


def instead_of_officer(owed: Owed, about: Morning) -> Reason | None:
    """Why the officer in the case is not told although they could be: nobody is pushed into a contact that may be
    unsafe, nor to try for ever; their supervisor decides."""
    if owed.waiting.hold.now:
        return Reason.CONTACT_HOLD
    return Reason.ATTEMPTS if len(owed.waiting.attempts) >= about.rules.attempts else None


def route(owed: Owed, step: LadderStep, about: Morning) -> Route:
    """Who is told of a step."""
    match step:
        case LadderStep.DUE_SOON | LadderStep.OVERDUE | LadderStep.AGAIN | LadderStep.CLOSED:
            return _to_officer(owed, step, about)
        case LadderStep.SUPERVISOR:
            return about.directory.to_supervisor(owed.waiting)
        case LadderStep.CHAMPION:
            return about.directory.to_champion(owed.waiting)
        case _:
            assert_never(step)


def _to_officer(owed: Owed, step: LadderStep, about: Morning) -> Route:
    """The officer in the case, or who is told in their place. A short absence holds what can wait for the officer's
    return, a longer one does not."""
    directory, officer, instead = about.directory, owed.waiting.officer_ref, instead_of_officer(owed, about)
    if instead and step is LadderStep.DUE_SOON:
        return Route(None, instead)
    if not instead and officer and directory.problem(officer) is Reason.ABSENT:
        back = directory.back_on(officer)
        latest = about.today + timedelta(days=about.rules.absence_held_days)
        if back and (about.opens(back) <= owed.due_date if step is LadderStep.DUE_SOON else back <= latest):
            return Route(None, Reason.ABSENT)
    return directory.to_officer(owed.waiting, instead)


def before_start(owed: Owed, _: LadderStep, about: Morning) -> Answer | None:
    """What fell due before the service started is reported and never mailed."""
    return (Outcome.SUPPRESSED, Reason.BEFORE_START) if owed.due_date < about.rules.due_from else None


def on_old_data(_: Owed, step: LadderStep, about: Morning) -> Answer | None:
    """On old data nobody is told anything, and after a gap officers first get a day to record what they did."""
    if about.silence:
        return Outcome.HELD, about.silence
    return (Outcome.HELD, Reason.RECOVERING) if about.recovering and not step.is_above else None


def no_news(owed: Owed, step: LadderStep, about: Morning) -> Answer | None:
    """What falls due soon is no news of a victim who is told of as overdue: one contact is owed at once."""
    return (
        (Outcome.SUPPRESSED, Reason.WAITING_ALREADY)
        if step is LadderStep.DUE_SOON and owed.waiting.key in about.waiting
        else None
    )


STAGES: Final = (before_start, on_old_data, no_news)
"""Asked in turn of each step of each obligation; who is told follows, and what one digest a person a day allows."""


def steps(owed: Owed, about: Morning) -> Iterator[LadderStep]:
    """The steps of the ladder that have come."""
    if owed.standing is not Standing.OVERDUE:
        yield LadderStep.CLOSED if owed.standing is Standing.CLOSED else LadderStep.DUE_SOON
        return
    yield LadderStep.OVERDUE
    if owed.due_date < about.rules.due_from:
        return
    ladder = about.ladder(owed)
    if about.today >= supervisor_on(owed, ladder, about.officer(owed)):
        yield LadderStep.SUPERVISOR
    if about.today >= champion_on(owed, ladder):
        yield LadderStep.CHAMPION


def decide(owed: Iterable[Owed], about: Morning) -> list[Decision]:
    """What comes of everything that is owed: exactly one decision for each step that has come, and at least one."""
    owed = list(owed)
    overdue = (o for o in owed if o.standing is Standing.OVERDUE and o.due_date >= about.rules.due_from)
    about = replace(about, waiting=frozenset(o.waiting.key for o in overdue))
    decisions: list[Decision] = []
    tellable: dict[str, list[Decision]] = defaultdict(list)
    for item, step in [(one, step) for one in owed for step in steps(one, about)]:
        decision = _decide_alone(item, step, about)
        if decision.outcome is Outcome.SENT:
            tellable[decision.recipient_ref].append(decision)
        else:
            decisions.append(decision)
    for recipient in sorted(tellable):
        decisions += _share_digest(recipient, tellable[recipient], about)
    return decisions


def _decide_alone(item: Owed, step: LadderStep, about: Morning) -> Decision:
    """What comes of a step by itself: whom it can be told to, or why to nobody."""
    officer = item.waiting.officer_ref or ""
    if answer := next((answer for stage in STAGES if (answer := stage(item, step, about))), None):
        return Decision(item, officer, *answer, step)
    found = route(item, step, about)
    if item.early and found.why:  # it can wait for the officer
        return Decision(item, officer, Outcome.SUPPRESSED, Reason.NOT_YET, step)
    if found.recipient_ref is None:
        assert found.why is not None  # noqa: S101  # a route says why it leads to nobody
        return Decision(item, officer, Outcome.HELD, found.why, step, since=found.since)
    return tell(item, step, found.recipient_ref, found)


def tell(item: Owed, step: LadderStep, recipient: str, found: Route) -> Decision:
    """That a step is told to somebody, for the first time, and why to them."""
    return Decision(item, recipient, Outcome.SENT, Reason.NEW, step, found.why, rerouted_since=found.since)


def add_what_stood_in_the_way(decision: Decision, about: Morning) -> Decision:
    """What is told, with what kept the officer in the case from acting: to those above where they are told although the
    officer has not had `supervisor_days` to act."""
    owed, officer, found = decision.owed, about.officer(decision.owed), tuple[Obstacle, ...]()
    if decision.step.is_above:
        if not find_day_reached(owed, officer, about.today, about.ladder(owed).supervisor_days):
            found = obstacles(owed, officer, about.today)
    elif decision.step is LadderStep.OVERDUE and not decision.rerouted:
        found = obstacles(owed, officer, about.today - timedelta(days=1))
    return replace(decision, obstacles=found)


def _share_digest(recipient: str, matters: Sequence[Decision], about: Morning) -> list[Decision]:
    """One digest a day for one person: when there is something new, or something is to be mentioned again."""
    days = [_last_told_on(recipient, matter, about.history) for matter in matters]
    due = [not m.owed.early if day is None else _again(m, day, about) for m, day in zip(matters, days, strict=True)]
    nothing = recipient in about.history.today or not any(due)
    fits = _select_victims(matters, days, due, about.rules.listed - _room_for_stuck(matters, due, about.rules.listed))
    decisions = []
    for matter, day, is_due in zip(matters, days, due, strict=True):
        # What an officer still owes, and what soon will be owed, goes along with what is new; those above are told by
        # exception.
        along = matter.step is LadderStep.OVERDUE or (matter.owed.early and day is None)
        if nothing or not (is_due or along):
            untold = Reason.NOT_YET if matter.owed.early else Reason.TOLD_TODAY
            reason = untold if day is None else Reason.TOLD_BEFORE
            decisions.append(replace(matter, outcome=Outcome.SUPPRESSED, reason=reason, since=day))
        elif not matter.step.is_above and matter.owed.waiting.key not in fits:
            decisions.append(replace(matter, outcome=Outcome.SUPPRESSED, reason=Reason.NO_ROOM))
        else:
            reason = Reason.NEW if day is None else Reason.STILL_WAITING
            decisions.append(add_what_stood_in_the_way(replace(matter, reason=reason), about))
    return decisions


def _select_victims(
    matters: Sequence[Decision], days: Sequence[date | None], due: Sequence[bool], room: int
) -> set[tuple[str, str]]:
    """The victims who are named in a digest to whoever is to act: what is new before what is told again, what goes
    along last, each by how long it is owed. The next digest names the others. Those above are told of all of theirs in
    numbers, by officer."""
    ranked = sorted(
        ((not is_due, day is not None, m.step is LadderStep.DUE_SOON), m.owed.urgency, m.owed.waiting.key)
        for m, day, is_due in zip(matters, days, due, strict=True)
        if not m.step.is_above and (is_due or m.step is LadderStep.OVERDUE or (m.owed.early and day is None))
    )
    return set(list(dict.fromkeys(victim for _, _, victim in ranked))[:room])


def _room_for_stuck(matters: Sequence[Decision], due: Sequence[bool], listed: int) -> int:
    """How many places of a mail are kept for victims who are stuck with others: whoever has many of their own still
    reads which those are."""
    own = {m.owed.waiting.key for m in matters if not m.step.is_above}
    stuck = {m.owed.waiting.key for m, is_due in zip(matters, due, strict=True) if m.step.is_above and is_due}
    return min(len(stuck - own), max(listed // 4, 1)) if listed > 1 else 0


def _last_told_on(recipient: str, matter: Decision, history: History) -> date | None:
    """When somebody was last told of a matter, None where never: a case that has closed again is closed anew."""
    day = history.told.get((recipient, matter.owed.key, matter.owed.spell, matter.step.phase))
    closed_on = matter.owed.waiting.closed_on if matter.step is LadderStep.CLOSED else None
    return None if day and closed_on and day < closed_on else day


def _again(matter: Decision, told: date, about: Morning) -> bool:
    """Whether something that was told on a day is to be told again: only what is overdue, every `repeat_days` to
    whoever is to act on it, in the weekly list to those above."""
    if matter.step.is_above:
        return about.list_day is not None and told < about.list_day
    if matter.step is not LadderStep.OVERDUE:
        return False
    ladder = about.rules.ladder_for(matter.owed.requirement, matter.owed.waiting.category)
    return about.today >= told + timedelta(days=ladder.repeat_days)
