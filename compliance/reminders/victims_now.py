"""What an officer owes to whom now and in the next days, in the words of the emails: for the pages.

Whatever an email would leave for another day is here too: what falls due within the week, what was told yesterday.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from compliance.policy import Policy
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
from compliance.store.notice_kinds import LadderStep, Outcome, Reason
from compliance.store.owed_bands import AHEAD_DAYS

_STEPS: Final = {
    Standing.DUE_SOON: LadderStep.DUE_SOON,
    Standing.OVERDUE: LadderStep.OVERDUE,
    Standing.CLOSED: LadderStep.CLOSED,
}


@dataclass(frozen=True, slots=True)
class VictimNow:
    """A victim to whom an officer owes something: `days_over` is that of what fell due first, negative before."""

    crime_ref: str
    victim_ref: str
    days_over: int
    is_overdue: bool
    entry: Entry


def list_victims_now(
    store: Store, policy: Policy, settings: ReminderSettings, crime_refs: Sequence[str], officer_ref: str, now: datetime
) -> list[VictimNow]:
    """Return the victims of some crimes to whom an officer owes something, as at `now` (aware).

    As in an email, enhanced victims come first, then the longest owed. Of the crimes given only those that the officer
    has now.
    """
    # A due date within the week is shown whatever the emails announce.
    rules = settings.reminders.model_copy(update={"ahead_days": AHEAD_DAYS})
    today = policy.local.date_of(now)
    with store.session(reading=True) as session:
        often, renewed = spells(session, crime_refs), find_renewed(session, policy, crime_refs)
        notified, accepted = read_notified_before(session, policy, crime_refs, settings.mail.allow)
        reach = unreachable(session, policy, rules, today)
        again = explain_owed_again(session, policy, crime_refs, today)
        queries = read_queries(session, policy, crime_refs, today)
    history = History(notified, reach.refused, reach.bounced, reach.deferred, accepted=accepted)
    about = Morning(rules, today, officers(store), history)
    found = find_owed(load_crimes(store, crime_refs), policy, rules, now, often, renewed, TeamRules(rules))
    mine = [owed for owed in found if owed.waiting.officer_ref == officer_ref and owed.days_over >= -AHEAD_DAYS]
    decisions = [_decision(owed, officer_ref, about) for owed in mine]
    own = queries.get(officer_ref, {})
    context = LetterContext(again=again, directory=about.directory, others=Others(accepted), queries=own)
    first = {owed.waiting.key: owed for owed in reversed(mine)}
    victims = [
        VictimNow(
            waiting.crime_ref,
            waiting.victim_ref,
            days_over=first[waiting.key].days_over,
            is_overdue=first[waiting.key].standing is not Standing.DUE_SOON,
            entry=entry,
        )
        for waiting, entry in write_entries(decisions, policy, settings, today, context).items()
    ]
    return sorted(victims, key=lambda victim: not victim.entry.enhanced)


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
