"""What an officer owes to whom now and in the next days, in the words of the emails: for the pages.

Whatever an email would leave for another day is here too: what falls due within the week, what was told yesterday.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Final

from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.reminders.emails.composing import LetterContext, write_entries
from compliance.reminders.emails.letter import Entry
from compliance.reminders.emails.owed_again import explain_owed_again
from compliance.reminders.emails.who_else import Others
from compliance.reminders.history import History, find_renewed, read_notified_before, spells, unreachable
from compliance.reminders.ladder import Hindrance
from compliance.reminders.morning import Decision, Morning, attach_obstacles
from compliance.reminders.owed import Owed, Standing, find_owed
from compliance.reminders.own_disputes import read_queries
from compliance.reminders.settings import ReminderSettings
from compliance.reminders.team_rules import TeamRules
from compliance.store import Store, load_crimes, officers
from compliance.store.kept.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.owed.owed_bands import AHEAD_DAYS

_STEPS: Final = {
    Standing.DUE_SOON: LadderStep.DUE_SOON,
    Standing.OVERDUE: LadderStep.OVERDUE,
    Standing.CLOSED: LadderStep.CLOSED,
}


@dataclass(frozen=True, slots=True)
class OwedVictim:
    """A victim to whom an officer owes something: what fell due first, and how many days ago, negative before."""

    crime_ref: str
    victim_ref: str
    due_date: date
    days_over: int
    is_overdue: bool
    is_enhanced: bool


@dataclass(frozen=True, slots=True)
class VictimNow(OwedVictim):
    """The same in the words of an email."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class OwedNow:
    """What an officer owes of some crimes as at `now` (aware), judged once; `mine` has the longest owed first."""

    store: Store
    policy: Policy
    settings: ReminderSettings
    officer_ref: str
    now: datetime
    mine: Sequence[Owed]

    def victims(self) -> list[OwedVictim]:
        """Return everybody to whom something is owed: as in an email enhanced victims first, then the longest owed."""
        first = {owed.waiting.key: owed for owed in reversed(self.mine)}
        found = [_victim(first[key]) for key in dict.fromkeys(owed.waiting.key for owed in self.mine)]
        return sorted(found, key=lambda victim: not victim.is_enhanced)

    def write(self, crime_refs: Sequence[str]) -> list[VictimNow]:
        """Return the victims of some of the crimes in the words of an email, in the same order."""
        rules, today, policy = _rules(self.settings), self.policy.local.date_of(self.now), self.policy
        with self.store.session(reading=True) as session:
            notified, accepted = read_notified_before(session, policy, crime_refs, self.settings.mail.allow)
            reach = unreachable(session, policy, rules, today)
            again = explain_owed_again(session, policy, crime_refs, today)
            queries = read_queries(session, policy, crime_refs, today)
        history = History(notified, reach.refused, reach.bounced, reach.deferred, accepted=accepted)
        about = Morning(rules, today, officers(self.store), history)
        own, wanted = queries.get(self.officer_ref, {}), set(crime_refs)
        context = LetterContext(again=again, directory=about.directory, others=Others(accepted), queries=own)
        listed = [owed for owed in self.mine if owed.waiting.crime_ref in wanted]
        decisions = [_decision(owed, self.officer_ref, about) for owed in listed]
        written = {w.key: entry for w, entry in write_entries(decisions, policy, self.settings, today, context).items()}
        return [
            VictimNow(**asdict(victim), entry=written[victim.crime_ref, victim.victim_ref])
            for victim in self.victims()
            if victim.crime_ref in wanted
        ]


def find_owed_now(
    store: Store, policy: Policy, settings: ReminderSettings, crime_refs: Sequence[str], officer_ref: str, now: datetime
) -> OwedNow:
    """Return what an officer owes of some crimes as at `now` (aware): of those only that the officer has now."""
    rules = _rules(settings)
    with store.session(reading=True) as session:
        often, renewed = spells(session, crime_refs), find_renewed(session, policy, crime_refs)
    found = find_owed(load_crimes(store, crime_refs), policy, rules, now, often, renewed, TeamRules(rules))
    mine = [owed for owed in found if owed.waiting.officer_ref == officer_ref and owed.days_over >= -AHEAD_DAYS]
    return OwedNow(store, policy, settings, officer_ref, now, mine)


def list_victims_now(
    store: Store, policy: Policy, settings: ReminderSettings, crime_refs: Sequence[str], officer_ref: str, now: datetime
) -> list[VictimNow]:
    """Return the victims of some crimes to whom an officer owes something, as at `now` (aware), in words."""
    return find_owed_now(store, policy, settings, crime_refs, officer_ref, now).write(crime_refs)


def _rules(settings: ReminderSettings) -> Reminders:
    """Return the rules by which a due date within the week is shown whatever the emails announce."""
    return settings.reminders.model_copy(update={"ahead_days": AHEAD_DAYS})


def _victim(first: Owed) -> OwedVictim:
    is_overdue = first.standing is not Standing.DUE_SOON
    return OwedVictim(*first.waiting.key, first.due_date, first.days_over, is_overdue, first.waiting.is_enhanced)


def _decision(owed: Owed, officer_ref: str, about: Morning) -> Decision:
    """Return what an email to the officer would say of it, if there were one now."""
    step, reader = _STEPS[owed.standing], about.directory.reader(officer_ref) or officer_ref
    was_told = about.history.notified_on(reader, owed, step) is not None
    reason = Reason.STILL_WAITING if was_told else Reason.NEW
    decision = attach_obstacles(Decision(owed, officer_ref, Outcome.SENT, reason, step), about)
    first = about.history.accepted_for(reader, owed)
    if first is None or first >= about.today:  # an email would say that the officer's time runs from it; a page is none
        told = tuple(each for each in decision.obstacles if each.what is not Hindrance.NOT_NOTIFIED)
        return replace(decision, obstacles=told)
    return decision
