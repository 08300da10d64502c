"""Deciding who is notified of what today, with a named reason for everything considered.

    owed -> which steps of the ladder have been reached -> did it fall due before the start -> is our data fresh
         -> is it news -> may the officer be notified, or who in their place -> one digest per person -> notified

Each stage is a small named function that may decide. The first stage that answers decides; what passes all of them is
notified. Held and suppressed are deliveries, never states: the obligation stays outstanding (decision 0019).
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
from compliance.reminders.recipients import Directory, Role, Route
from compliance.store.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.tables import OfficerRow


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome today of one step of one obligation, with its recipient and reason.

    `recipient_ref` is empty if no one has the case. `since` is the date of the reason, if it has one. `rerouted` and
    `rerouted_since` give the reason the intended recipient is not notified; None if they are. `obstacles` lists what
    prevented the officer in the case from acting, where the email says so.
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
        """Return the reason as text, such as `new; rerouted: officer absent`."""
        is_sent = self.outcome is Outcome.SENT
        return decision_text(self.reason, self.since, *((self.rerouted, self.rerouted_since) if is_sent else ()))

    @property
    def is_new(self) -> bool:
        """Return whether the recipient is notified for the first time."""
        return self.reason is Reason.NEW

    @property
    def own(self) -> bool:
        """Return whether the recipient is the officer who has the case."""
        return not self.step.is_escalation and not self.rerouted


@dataclass(frozen=True)
class Morning:
    """What the stages know on one morning.

    `silence` is the reason no one is notified of anything, or None. `recovering` means that officers are given a day to
    record what they did while the crime system was unavailable. `list_day` is the latest day of the weekly list, and
    `plan_day` that of the week's plan; None if there is none. `digest_day` is the latest day on which officers are
    notified again, or None if that is every day. `opens` returns the first working day on or after a date.
    """

    rules: Reminders
    today: date
    officers: Mapping[str, OfficerRow]
    history: History = field(default_factory=History)
    silence: Reason | None = None
    recovering: bool = False
    list_day: date | None = None
    plan_day: date | None = None
    digest_day: date | None = None
    opens: Callable[[date], date] = lambda day: day
    waiting: frozenset[tuple[str, str]] = frozenset()
    """The victims (crime, reference) with an overdue update that fell due since the service started."""

    @cached_property
    def directory(self) -> Directory:
        """Return the officer directory as at today."""
        history = self.history
        return Directory(self.officers, self.rules, self.today, history.refused, history.deferred, history.bounced)

    def ladder(self, owed: Owed) -> Ladder:
        """Return the ladder for an obligation."""
        return self.rules.ladder_for(owed.requirement, owed.waiting.category)

    def officer(self, owed: Owed) -> CaseOfficer:
        """Return the officer in the case."""
        ref = owed.waiting.officer_ref
        return CaseOfficer(
            ref, self.officers.get(ref or ""), self.history.accepted_for(self.directory.reader(ref), owed)
        )

    def owes_list(self, leader: str) -> bool:
        """Return whether the next email to a supervisor or champion is the weekly list: none was sent since its day."""
        return self._owes_since(self.list_day, leader)

    def owes_plan(self, officer: str) -> bool:
        """Return whether the next email to an officer is the week's plan: none was sent since its day."""
        return self._owes_since(self.plan_day, officer)

    def _owes_since(self, day: date | None, recipient: str) -> bool:
        last = self.history.last.get(recipient)
        return day is not None and (last is None or last < day)

    def is_champion_due(self, owed: Owed) -> bool:
        """Return whether the champion's step is reached: for an enhanced victim today, otherwise by the weekly list."""
        newest = self.today if owed.waiting.is_enhanced else self.list_day or self.today
        return newest >= champion_on(owed, self.ladder(owed))


Answer = tuple[Outcome, Reason]
"""What a stage decides, and why."""


def instead_of_officer(owed: Owed, about: Morning) -> Reason | None:
    """Return the reason to notify the supervisor instead of an officer who could be notified, or None.

    No officer is pushed into a contact that may be unsafe, or to keep trying without end. Their supervisor decides.
    """
    if owed.waiting.hold.now:
        return Reason.CONTACT_HOLD
    return Reason.ATTEMPTS if len(owed.waiting.attempts) >= about.rules.attempts else None


def route(owed: Owed, step: LadderStep, about: Morning) -> Route:
    """Return who is notified of a step."""
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
    """Return the route to the officer, or in their place; what can wait is held during a short absence."""
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
    """Suppress what fell due before the service started: it is reported but never emailed."""
    return (Outcome.SUPPRESSED, Reason.BEFORE_START) if owed.due_date < about.rules.due_from else None


def on_old_data(_: Owed, step: LadderStep, about: Morning) -> Answer | None:
    """Hold everything while our data is old. After a gap, officers first get a day to record what they did."""
    if about.silence:
        return Outcome.HELD, about.silence
    return (Outcome.HELD, Reason.RECOVERING) if about.recovering and not step.is_escalation else None


def no_news(owed: Owed, step: LadderStep, about: Morning) -> Answer | None:
    """Suppress "due soon" for a victim who already has an overdue update: one contact is owed at once."""
    return (
        (Outcome.SUPPRESSED, Reason.WAITING_ALREADY)
        if step is LadderStep.DUE_SOON and owed.waiting.key in about.waiting
        else None
    )


STAGES: Final = (before_start, on_old_data, no_news)
"""The stages, in order; then the recipient is chosen, and each person gets one digest a day."""


def steps(owed: Owed, about: Morning) -> Iterator[LadderStep]:
    """Return the steps of the ladder that have been reached."""
    if owed.standing is Standing.DUE_SOON:
        yield LadderStep.DUE_SOON
        return
    yield LadderStep.CLOSED if owed.standing is Standing.CLOSED else LadderStep.OVERDUE
    if owed.due_date < about.rules.due_from:
        return
    if about.today >= supervisor_on(owed, about.ladder(owed), about.officer(owed)):
        yield LadderStep.SUPERVISOR
    if about.is_champion_due(owed):
        yield LadderStep.CHAMPION


def decide(owed: Iterable[Owed], about: Morning) -> list[Decision]:
    """Return the decisions on everything owed: exactly one per step reached, and at least one per obligation."""
    owed = list(owed)
    overdue = (o for o in owed if o.standing is Standing.OVERDUE and o.due_date >= about.rules.due_from)
    about = replace(about, waiting=frozenset(o.waiting.key for o in overdue))
    decisions: list[Decision] = []
    to_notify: dict[str, list[Decision]] = defaultdict(list)
    for item, step in [(one, step) for one in owed for step in steps(one, about)]:
        decision = _decide_alone(item, step, about)
        if decision.outcome is Outcome.SENT:
            to_notify[decision.recipient_ref].append(decision)
        else:
            decisions.append(decision)
    for recipient in sorted(to_notify):
        decisions += _share_digest(recipient, to_notify[recipient], about)
    return decisions


def _decide_alone(item: Owed, step: LadderStep, about: Morning) -> Decision:
    """Return the decision on one step by itself: who can be notified, or why no one can."""
    officer = item.waiting.officer_ref or ""
    if answer := next((answer for stage in STAGES if (answer := stage(item, step, about))), None):
        return Decision(item, officer, *answer, step)
    found = route(item, step, about)
    if item.early and not item.planned and found.why:  # it can wait for the officer
        return Decision(item, officer, Outcome.SUPPRESSED, Reason.NOT_YET, step)
    if found.recipient_ref is None:
        assert found.why is not None  # noqa: S101  # a route says why it leads to nobody
        return Decision(item, officer, Outcome.HELD, found.why, step, since=found.since)
    return decide_to_notify(item, step, found.recipient_ref, found)


def decide_to_notify(item: Owed, step: LadderStep, recipient: str, found: Route) -> Decision:
    """Return the decision to notify a recipient of a step for the first time."""
    return Decision(item, recipient, Outcome.SENT, Reason.NEW, step, found.why, rerouted_since=found.since)


def attach_obstacles(decision: Decision, about: Morning) -> Decision:
    """Return a decision with the obstacles that prevented the officer in the case from acting.

    Supervisors and champions are given the obstacles if the officer has not had `supervisor_days` to act.
    """
    owed, officer, found = decision.owed, about.officer(decision.owed), tuple[Obstacle, ...]()
    if decision.step.is_escalation:
        if not find_day_reached(owed, officer, about.today, about.ladder(owed).supervisor_days):
            found = obstacles(owed, officer, about.today)
    elif decision.step is LadderStep.OVERDUE and not decision.rerouted:
        found = obstacles(owed, officer, about.today - timedelta(days=1))
    return replace(decision, obstacles=found)


def _share_digest(recipient: str, matters: Sequence[Decision], about: Morning) -> list[Decision]:
    """Return the decisions on one person's digest: it is sent if something is new or due to be repeated."""
    days = [about.history.notified_on(recipient, matter.owed, matter.step) for matter in matters]
    due = [_is_due(recipient, matter, day, about) for matter, day in zip(matters, days, strict=True)]
    along = [_goes_along(recipient, matter, day, about) for matter, day in zip(matters, days, strict=True)]
    nothing = recipient in about.history.today or not any(due)
    room = about.rules.listed - _room_for_stuck(matters, due, about.rules.listed)
    fits = _select_victims(matters, days, due, along, room)
    decisions = []
    for matter, day, is_due, goes_along in zip(matters, days, due, along, strict=True):
        if nothing or not (is_due or goes_along):
            not_notified = Reason.DIGEST_TODAY if is_due else Reason.NOT_YET
            reason = not_notified if day is None else Reason.NOTIFIED_BEFORE
            decisions.append(replace(matter, outcome=Outcome.SUPPRESSED, reason=reason, since=day))
        elif not matter.step.is_escalation and matter.owed.waiting.key not in fits:
            decisions.append(replace(matter, outcome=Outcome.SUPPRESSED, reason=Reason.NO_ROOM))
        else:
            reason = Reason.NEW if day is None else Reason.STILL_WAITING
            decisions.append(attach_obstacles(replace(matter, reason=reason), about))
    return decisions


def _select_victims(
    matters: Sequence[Decision], days: Sequence[date | None], due: Sequence[bool], along: Sequence[bool], room: int
) -> set[tuple[str, str]]:
    """Return the victims named in a digest to the person who must act.

    New items come before repeated ones, then those that only go along, and what is not yet due after all of them; each
    group is ordered by how long it has been owed. The next digest names the others. Supervisors and champions get
    theirs as numbers by officer.
    """
    ranked = sorted(
        ((m.step is LadderStep.DUE_SOON, not is_due, day is not None), m.owed.urgency, m.owed.waiting.key)
        for m, day, is_due, goes_along in zip(matters, days, due, along, strict=True)
        if not m.step.is_escalation and (is_due or goes_along)
    )
    return set(list(dict.fromkeys(victim for _, _, victim in ranked))[:room])


def _room_for_stuck(matters: Sequence[Decision], due: Sequence[bool], listed: int) -> int:
    """Return how many places are reserved for stuck victims, so that a reader with many of their own sees them too."""
    own = {m.owed.waiting.key for m in matters if not m.step.is_escalation}
    stuck = {m.owed.waiting.key for m, is_due in zip(matters, due, strict=True) if m.step.is_escalation and is_due}
    return min(len(stuck - own), max(listed // 4, 1)) if listed > 1 else 0


def _is_due(recipient: str, matter: Decision, notified_on: date | None, about: Morning) -> bool:
    """Return whether a matter makes an email: it is new, or due to be repeated.

    What falls due soon does so once it is announced, or as part of the week's plan. It does not for a leader in the
    officer's place, unless the victim is an enhanced one: it is not theirs to act on until it is overdue.
    """
    if notified_on is not None:
        return _is_repeat_due(matter, notified_on, about)
    waiting, can_wait = matter.owed.waiting, matter.step is LadderStep.DUE_SOON and matter.rerouted is not None
    if can_wait and not waiting.is_enhanced and about.directory.role(recipient, waiting) is not Role.COVERS:
        return False
    return not matter.owed.early or (matter.owed.planned and about.owes_plan(recipient))


def _goes_along(recipient: str, matter: Decision, notified_on: date | None, about: Morning) -> bool:
    """Return whether a matter goes along with others.

    New items bring along what falls due soon and, on the days for what is not new, what an officer still owes. The
    week's plan has everything that falls due. Supervisors and champions are notified by exception.
    """
    if matter.step is LadderStep.DUE_SOON:
        return notified_on is None or (matter.owed.planned and about.owes_plan(recipient))
    return matter.step is LadderStep.OVERDUE and about.digest_day in (None, about.today)


def _is_repeat_due(matter: Decision, notified_on: date, about: Morning) -> bool:
    """Return whether a notification of an earlier day is due to be repeated.

    Only overdue updates are repeated: to the person who must act on the first of the digest days (`digest_days`) after
    `repeat_days`, and in the weekly list to supervisors and champions.
    """
    if matter.step.is_escalation:
        return about.list_day is not None and notified_on < about.list_day
    if matter.step is not LadderStep.OVERDUE:
        return False
    return (about.digest_day or about.today) >= notified_on + timedelta(days=about.ladder(matter.owed).repeat_days)
