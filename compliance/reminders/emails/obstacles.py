"""Sentences on what prevented the officer in the case from acting, for supervisors, champions and the officer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from compliance.policy import Policy
from compliance.policy.calendars import to_day
from compliance.reminders.emails.victim_sentences import day_text, officer_text
from compliance.reminders.history import Accepted
from compliance.reminders.ladder import CaseOfficer, Hindrance, Obstacle, obstacles
from compliance.reminders.morning import Decision
from compliance.reminders.recipients import Directory
from compliance.store.kept.notice_kinds import Reason

_UNREACHABLE: Final = frozenset(
    {Reason.NO_ADDRESS, Reason.BAD_ADDRESS, Reason.UNKNOWN, Reason.REFUSED, Reason.BOUNCED, Reason.DEFERRED}
)
_LISTED: Final = 5
"""The number of obstacles listed per victim, the latest ones."""


@dataclass(frozen=True, slots=True)
class Obstacles:
    """The obstacles to the officer in the case, as at the day of the letter.

    `accepted` lists the recipients for whom an email about it was accepted.
    """

    decision: Decision
    policy: Policy
    today: date
    directory: Directory | None
    accepted: Sequence[Accepted]

    def sentence(self, supervisor_days: int) -> str | None:
        """Return the sentence on obstacles, or None if there were none.

        It says to supervisors and champions why they are notified although the officer could not act for so many days.
        It says to the officer, and to leaders of an officer who had so many days, which days are not counted.
        """
        if self.decision.owed.waiting.officer_ref is None:
            return None
        found = list(self._worth_saying())
        if not found and not self.decision.own:
            found = list(self.decision.obstacles)  # days off are then the only obstacles
        excused = [] if found else list(self._excused())
        said = list(dict.fromkeys(map(self._text, found or excused)))[-_LISTED:]
        if not said or self.runs_from():
            return None
        if self.decision.own or excused:
            return f"Not counted as {'your' if self.decision.own else 'their'} time: {'; '.join(said)}."
        return f"The officer has not had {supervisor_days} days to act: {'; '.join(said)}."

    def _excused(self) -> Iterator[Obstacle]:
        """Yield the holds and absences since the due date, for leaders of an officer who had time besides to act."""
        if not self.decision.step.is_escalation:
            return
        owed, ref = self.decision.owed, self.decision.owed.waiting.officer_ref
        entry = None if self.directory is None else self.directory.entry(ref)
        for obstacle in obstacles(owed, CaseOfficer(ref, entry, None), self.today):
            if obstacle.what in {Hindrance.HOLD, Hindrance.ABSENT}:
                yield obstacle

    def runs_from(self) -> str | None:
        """Return from when the officer's time runs, as a sentence to them, if they could act but had not been told."""
        found = {obstacle.what for obstacle in self._worth_saying()}
        if not self.decision.own or found != {Hindrance.NOT_NOTIFIED}:
            return None
        if (first := self._first_email()) is None or first >= self.today:
            return "Your time runs from this email."
        return f"You were first told on {day_text(first, self.today)}: your time runs from then."

    def excuses(self) -> bool:
        """Return whether a hold or an absence left the officer no day to act, so that no days are held against them."""
        found = list(self._worth_saying())
        days = (self.today - self.decision.owed.due_date).days - 1
        excused = sum((o.last - o.first).days + 1 for o in self.decision.obstacles)
        by = {obstacle.what for obstacle in found}
        return (
            bool(by & {Hindrance.HOLD, Hindrance.ABSENT, Hindrance.NOT_YET_AGAIN})
            and Hindrance.NOT_NOTIFIED not in by
            and excused == days
        )

    def _worth_saying(self) -> Iterator[Obstacle]:
        """Yield the obstacles to mention.

        Days off before the first working morning are not an obstacle. An officer who took the case over already gets a
        sentence about that.
        """
        for obstacle in self.decision.obstacles:
            days = range(to_day(obstacle.first), to_day(obstacle.last) + 1)
            if obstacle.what is Hindrance.NOT_NOTIFIED and not any(map(self.policy.working.is_working, days)):
                continue
            if obstacle.what is Hindrance.NOT_ALLOCATED and self.decision.own and self.decision.owed.handed_over_on:
                continue
            yield obstacle

    def _text(self, obstacle: Obstacle) -> str:
        mine, last = self.decision.own, day_text(obstacle.last, self.today)
        lasts = obstacle.last >= self.today
        match obstacle.what:
            case Hindrance.NOT_YET_AGAIN:
                since = day_text(self.decision.owed.owed_again_on or obstacle.last, self.today)
                return f"contact owed again only since {since}"
            case Hindrance.HOLD:
                # The days of an officer's own are those before today: a hold may go on.
                goes_on = self.decision.owed.waiting.hold.now and obstacle.last >= self.today - timedelta(days=1)
                return "contact hold in force" if goes_on else f"contact hold until {last}"
            case Hindrance.NOT_ALLOCATED:
                others = "with another officer" if self._with_another(obstacle) else "with nobody"
                return f"{others} until {last}" if not lasts else "the case came to them today"
            case Hindrance.LEFT:
                return "they have left"
            case Hindrance.ABSENT:
                return "absent" if lasts and not mine else f"absent until {last}{self._describe_cover(obstacle)}"
            case Hindrance.NOT_NOTIFIED:
                first = self._describe_first_email()
                return f"the days before {first}" if mine else first

    def _with_another(self, obstacle: Obstacle) -> bool:
        waiting = self.decision.owed.waiting
        return any(
            tenure.officer != waiting.officer_ref and tenure.since <= obstacle.last and tenure.until >= obstacle.first
            for tenure in waiting.earlier
        )

    def _describe_cover(self, obstacle: Obstacle) -> str:
        """Return who was notified in the officer's place, by accepted email, during an absence that has ended."""
        if self.decision.own:
            return ""
        notified = {
            email.recipient_ref
            for email in self.accepted
            if email.in_place and not email.step.is_escalation and email.first <= obstacle.last
        }
        if not notified:
            return " and nobody told in their place"
        you = self.decision.recipient_ref in notified
        names = [officer_text(ref, self.directory) for ref in sorted(notified - {self.decision.recipient_ref})]
        return f", told in their place: {' and '.join([*names, *(['you'] if you else [])])}"

    def _describe_first_email(self) -> str:
        """Return when an email about it is first known to have reached the officer, regardless of other obstacles."""
        officer, first = self.decision.owed.waiting.officer_ref, self._first_email()
        if self.decision.own:
            if first is None or first >= self.today:
                return "this email"
            return f"the first email to you, {day_text(first, self.today)}"
        if first is not None and first < self.today:
            return f"no email is known to have reached them before {day_text(first, self.today)}"
        if self.directory and self.directory.problem(officer) in _UNREACHABLE:
            return "no email could be delivered"
        return f"no email is known to have reached them{' before today' if first else ''}"

    def _first_email(self) -> date | None:
        """Return on which day an email about it was first accepted for the officer in the case."""
        officer = self.decision.owed.waiting.officer_ref
        reader = officer if self.directory is None else self.directory.reader(officer)
        return min((email.first for email in self.accepted if email.recipient_ref == reader), default=None)
