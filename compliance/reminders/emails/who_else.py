"""Sentences in an entry on who else is notified of its victim: who already was, by accepted email, and who is next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from compliance.policy import Policy
from compliance.reminder_settings import Ladder, Reminders
from compliance.reminders.emails.victim_sentences import day_text, officer_text
from compliance.reminders.history import Accepted, accepted_about
from compliance.reminders.ladder import CaseOfficer, champion_on, supervisor_latest, supervisor_on
from compliance.reminders.morning import Decision
from compliance.reminders.owed import Key, Owed
from compliance.reminders.recipients import Directory, Role
from compliance.reminders.sending_times import first_working_day, leader_morning
from compliance.reminders.waiting import Waiting
from compliance.store.kept.notice_kinds import LadderStep
from compliance.text import join_words


class _Other(NamedTuple):
    """Another person who is notified: how far from the officer (which decides the order), and what to call them."""

    distance: int
    text: str


_COLLEAGUE: Final = 1
_OWN_SUPERVISOR: Final = _Other(0, "your supervisor")
_SUPERVISOR: Final = _Other(0, "the officer's supervisor")
_CHAMPION: Final = _Other(2, "the champion")
_NOBODY: Final = "Fell due before the reminders began: nobody is emailed about it."
"""Only a page says it: no email is about such a victim."""


@dataclass(frozen=True, slots=True)
class Others:
    """Who else is notified of each obligation and spell: who had an email accepted, and who gets one today."""

    accepted: Mapping[tuple[Key, int], Sequence[Accepted]] = field(default_factory=dict)
    today: Mapping[tuple[Key, int], Sequence[str]] = field(default_factory=dict)


def list_recipients(decisions: Iterable[Decision]) -> dict[tuple[Key, int], list[str]]:
    """Return who is notified of each obligation this morning as an escalation or in another's place."""
    found: dict[tuple[Key, int], list[str]] = {}
    for decision in decisions:
        if not decision.own:
            found.setdefault((decision.owed.key, decision.owed.spell), []).append(decision.recipient_ref)
    return found


def who_else(
    listed: Iterable[Decision],
    policy: Policy,
    rules: Reminders,
    today: date,
    directory: Directory | None,
    others: Others,
) -> Iterator[str]:
    """Yield who else is notified of what is overdue to one victim, or was when the case closed, by what is listed.

    The officer in the case reads who already was, who is today, and who follows on which day unless an update is
    recorded; any other reader only the last. A role that no one holds is not named. Without a directory, the roles held
    are unknown.
    """
    about = [decision for decision in listed if decision.step is not LadderStep.DUE_SOON]
    if not about:
        return
    own = all(decision.own for decision in about)
    victim = _Victim(about, own, policy, rules, today, directory, others)
    already, along = (sorted(set(victim.notified())), sorted(set(victim.along()))) if own else ([], [])
    if already:
        yield f"Also told: {_join(already)}."
    if along:
        yield f"Also told today: {_join(along)}."
    if not victim.emailed:
        yield _NOBODY
    following = [(first_working_day(policy, day), who) for who, day in victim.following()]
    if following:
        day = min(day for day, _ in following)
        whom = sorted(who for on, who in following if on == day)
        yield f"Goes to {_join(whom)} on {day_text(day, today)}."


def _join(named: Sequence[_Other]) -> str:
    return join_words([who.text for who in named])


@dataclass(frozen=True, slots=True)
class _Victim:
    """Who else is notified of a victim, by what is overdue to them; `own`: the reader is the officer in the case."""

    listed: Sequence[Decision]
    own: bool
    policy: Policy
    rules: Reminders
    today: date
    directory: Directory | None
    others: Others

    @property
    def waiting(self) -> Waiting:
        return self.listed[0].owed.waiting

    @property
    def owed(self) -> list[Owed]:
        return [decision.owed for decision in self.listed]

    @property
    def emailed(self) -> list[Owed]:
        """Return what fell due since the service started: nobody is ever told of anything else."""
        return [owed for owed in self.owed if owed.due_date >= self.rules.due_from]

    def notified(self) -> Iterator[_Other]:
        """Yield those for whom an email about it was accepted, as an escalation or in another's place."""
        for ref, steps in self._accepted_emails().items():
            yield self._who(ref, as_champion=LadderStep.CHAMPION in steps)

    def along(self) -> Iterator[_Other]:
        """Yield those who get an email about it today and had none accepted before."""
        come = any(self.today >= self._day(owed, LadderStep.CHAMPION) for owed in self.emailed)
        for ref in sorted(self._today() - self._notified_before()):
            yield self._who(ref, as_champion=come)

    def following(self) -> Iterator[tuple[_Other, date]]:
        """Yield who is notified next, and from when, of those who have not been notified of it yet.

        A day that has arrived names no one: what was sent by then is already said.
        """
        notified = self._notified_before() | self._today()
        leaders = (
            (LadderStep.SUPERVISOR, _OWN_SUPERVISOR if self.own else _SUPERVISOR, Directory.to_supervisor),
            (LadderStep.CHAMPION, _CHAMPION, Directory.to_champion),
        )
        for step, who, ask in leaders if self.emailed else ():
            day = min(self._day(owed, step) for owed in self.emailed)
            if day <= self.today:
                continue
            if self.directory is None:
                yield who, day
            elif (ref := ask(self.directory.on(day), self.waiting).recipient_ref) and ref not in notified:
                notified.add(ref)
                yield self._who(ref, as_champion=step is LadderStep.CHAMPION), day

    def _day(self, owed: Owed, step: LadderStep) -> date:
        """Return the day from which a step is reached for one obligation, if this email is accepted."""
        ladder, enhanced = self._ladder(owed), self.waiting.is_enhanced
        if step is LadderStep.CHAMPION:
            return leader_morning(self.policy, self.rules, champion_on(owed, ladder), enhanced=enhanced)
        officer = self.waiting.officer_ref
        accepted = [email.first for email in self._accepted(owed) if email.recipient_ref == self._officer]
        entry = None if self.directory is None else self.directory.entry(officer)
        first = min([*accepted, *([self.today] if self.own else [])], default=None)
        reached, latest = (
            supervisor_on(owed, ladder, CaseOfficer(officer, entry, first)),
            supervisor_latest(owed, ladder),
        )
        return leader_morning(self.policy, self.rules, reached, enhanced=enhanced, latest=latest)

    def _ladder(self, owed: Owed) -> Ladder:
        return self.rules.ladder_for(owed.requirement, self.waiting.category)

    def _accepted(self, owed: Owed) -> Sequence[Accepted]:
        return accepted_about(self.others.accepted, owed)

    def _today(self) -> set[str]:
        spells = {spell for owed in self.owed for spell in (owed.spell_key, *owed.wait)}
        return {ref for spell in spells for ref in self.others.today.get(spell, ())}

    def _notified_before(self) -> set[str]:
        readers = {decision.recipient_ref for decision in self.listed}
        return {self._officer or "", *readers, *self._accepted_emails()}

    @property
    def _officer(self) -> str | None:
        """The officer in the case, as a recipient."""
        ref = self.waiting.officer_ref
        return ref if self.directory is None else self.directory.reader(ref)

    def _accepted_emails(self) -> dict[str, set[LadderStep]]:
        """Return the steps for which an email was accepted, by recipient."""
        found: dict[str, set[LadderStep]] = {}
        for email in (email for owed in self.owed for email in self._accepted(owed)):
            if (email.step.is_escalation or email.in_place) and email.recipient_ref != self._officer:
                found.setdefault(email.recipient_ref, set()).add(email.step)
        return found

    def _who(self, ref: str, *, as_champion: bool) -> _Other:
        """Return what a person is to the officer: never "your supervisor" if it is someone else, or someone else's."""
        waiting, directory, name = self.waiting, self.directory, officer_text(ref, self.directory)
        whose, you = ("your", "you") if self.own else ("the officer's", "the officer")
        role = Role.OTHER if directory is None else directory.role(ref, waiting)
        if directory is not None and role is Role.CHAMPION:
            stands_in = not as_champion and directory.has_supervisor(waiting)
            in_place = _CHAMPION._replace(text=f"{_CHAMPION.text} in {whose} supervisor's place")
            return in_place if stands_in else _CHAMPION
        return {
            Role.SUPERVISOR: _OWN_SUPERVISOR if self.own else _SUPERVISOR,
            Role.TEAM_SUPERVISOR: _Other(_COLLEAGUE, f"the team's supervisor {name}"),
            Role.STANDS_IN: _Other(0, f"{whose} supervisor's stand-in {name}"),
            Role.COVERS: _Other(_COLLEAGUE, f"{name}, covering for {you}"),
        }.get(role, _Other(_COLLEAGUE, name))
