"""What is known on a morning, and what a decision on it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

from compliance.reminder_settings import Ladder, Reminders
from compliance.reminders.history import History
from compliance.reminders.ladder import (
    CaseOfficer,
    Obstacle,
    champion_on,
    find_day_reached,
    obstacles,
    supervisor_latest,
    supervisor_on,
)
from compliance.reminders.owed import Owed
from compliance.reminders.reasons import decision_text
from compliance.reminders.recipients import Directory
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.receiving.directory import DirectoryEntry


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
    officers: Mapping[str, DirectoryEntry]
    history: History = field(default_factory=History)
    silence: Reason | None = None
    recovering: bool = False
    list_day: date | None = None
    plan_day: date | None = None
    digest_day: date | None = None
    opens: Callable[[date], date] = lambda day: day
    in_trial: bool = False
    """Whether a trial is under way, which delays nothing that is overdue."""
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

    def known_since(self, recipient: str, owed: Owed, step: LadderStep) -> date | None:
        """Return the day since which a step just reached is no news to a recipient, or None if it is news.

        A breach is no news if it was announced to them, nor is the close of a case if they were told before that an
        update is owed. Whatever concerns an enhanced victim is news. So is everything while a trial decides who gets
        announcements: a trial delays nothing overdue.
        """
        if step not in (LadderStep.OVERDUE, LadderStep.CLOSED) or owed.waiting.is_enhanced or self.in_trial:
            return None
        told = (LadderStep.DUE_SOON,) if step is LadderStep.OVERDUE else (LadderStep.DUE_SOON, LadderStep.OVERDUE)
        if not any(self.history.notified_on(recipient, owed, before) for before in told):
            return None
        return owed.due_date if step is LadderStep.OVERDUE else owed.waiting.closed_on

    def owes_list(self, leader: str) -> bool:
        """Return whether the next email to a supervisor or champion is the weekly list: none was sent since its day."""
        return self._owes_since(self.list_day, leader)

    def owes_plan(self, officer: str) -> bool:
        """Return whether the next email to an officer is the week's plan: none was sent since its day."""
        return self._owes_since(self.plan_day, officer)

    def _owes_since(self, day: date | None, recipient: str) -> bool:
        last = self.history.last.get(recipient)
        return day is not None and (last is None or last < day)

    def is_supervisor_due(self, owed: Owed) -> bool:
        """Return whether the supervisor is notified: of an enhanced victim today, otherwise by the weekly list.

        No list is waited for beyond `supervisor_latest`.
        """
        ladder = self.ladder(owed)
        reached = supervisor_on(owed, ladder, self.officer(owed))
        return self._newest_list(owed) >= reached or self.today >= supervisor_latest(owed, ladder)

    def is_champion_due(self, owed: Owed) -> bool:
        """Return whether the champion is notified: of an enhanced victim today, otherwise by the weekly list."""
        return self._newest_list(owed) >= champion_on(owed, self.ladder(owed))

    def _newest_list(self, owed: Owed) -> date:
        """Return the newest day on which leaders are notified of a victim whose step has been reached by then."""
        return self.today if owed.waiting.is_enhanced else self.list_day or self.today


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
