"""Planning and queueing this morning's digests."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Final

from sqlmodel import Session

from compliance.mail import Rendered, enqueue, message_id, row_of
from compliance.policy import Policy
from compliance.reminders.decisions import decide
from compliance.reminders.digest_keys import DIGEST, STAFF_LIST, digest_key
from compliance.reminders.emails.composing import LetterContext, write
from compliance.reminders.emails.owed_again import explain_owed_again
from compliance.reminders.emails.templates import render
from compliance.reminders.emails.victim_sentences import day_text
from compliance.reminders.emails.who_else import Others, list_recipients
from compliance.reminders.history import find_renewed, history, list_concerned_crimes, spells
from compliance.reminders.morning import Decision, Morning
from compliance.reminders.notices import leave_out_said, write_notices
from compliance.reminders.owed import find_owed
from compliance.reminders.own_disputes import read_queries
from compliance.reminders.reasons import reason_text
from compliance.reminders.sending_times import (
    first_working_day,
    is_recovering,
    list_day,
    newest_day,
    not_now,
    silence,
)
from compliance.reminders.settings import ReminderSettings
from compliance.reminders.support_list import Support, support_for
from compliance.reminders.team_rules import team_rules
from compliance.store import Store, last_complete_poll, load_crimes, officers
from compliance.store.database.dialect import chunks
from compliance.store.kept.notice_kinds import CRIME_SYSTEM, Outcome, Reason
from compliance.text import count_noun, plural

_AT_ONCE: Final = 50
"""The number of people whose emails are queued in one transaction."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One email to one person on one local date, with the obligations it covers.

    `listed` is empty for a weekly list that names officers only.
    """

    recipient_ref: str
    to_address: str
    day: date
    listed: tuple[Decision, ...]
    unlisted: tuple[Decision, ...]
    """The decisions that are counted but not listed, for lack of room."""
    content: Rendered

    @property
    def key(self) -> str:
        """Return the unique key that lets the outbox accept this email only once."""
        return digest_key(self.recipient_ref, self.day)

    @property
    def kind(self) -> str:
        """Return the kind recorded in the outbox."""
        return DIGEST if self.listed else STAFF_LIST


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done at an instant: the digests, and at least one decision for everything owed.

    `not_now` is the reason no email is sent at this hour or on this day, or None. If it is set, everything the digests
    would say is held for that reason.
    """

    digests: tuple[Digest, ...] = ()
    decisions: tuple[Decision, ...] = ()
    not_now: str | None = None


@dataclass(frozen=True, slots=True)
class RemindOutcome:
    """The result of a run: the digests queued, the victims in them, and the number of steps by outcome and reason.

    The keys of `reasons` are text such as `held: no address`. `not_now` is as in `Plan`. `held`: how many officers wait
    because of the crime system, by reason.
    """

    digests: int = 0
    victims: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    not_now: str | None = None
    held: Mapping[Reason, int] = field(default_factory=dict)

    @property
    def waiting(self) -> str | None:
        """Say how many officers wait because of the crime system, and why; None if no one does."""
        said = [
            f"{count_noun(n, 'officer')} {plural(n, 'waits', 'wait')}: {reason_text(reason)}"
            for reason, n in self.held.items()
        ]
        return "; ".join(said) or None


def plan(store: Store, policy: Policy, settings: ReminderSettings, now: datetime) -> Plan:
    """Return what `remind` would do at `now` (aware), without writing anything.

    Outside working hours, the digests are those that would be sent if it were not for the hour. The projection says
    which crimes to check; what is owed and who is notified is judged from their records as at `now`. Raises
    SettingsError for a broken template.
    """
    about, decisions = _decide_all(store, policy, settings, now)
    waiting = not_now(policy, settings.reminders, now)
    digests = _write_digests(store, policy, settings, about, decisions, support_for(store, policy, about))
    return Plan(digests, tuple(map(_hold, decisions) if waiting else decisions), waiting)


def _decide_all(
    store: Store, policy: Policy, settings: ReminderSettings, now: datetime
) -> tuple[Morning, list[Decision]]:
    """Return the decisions on everything owed, regardless of the hour."""
    rules, today = settings.reminders, policy.local.date_of(now)
    with store.session(reading=True) as session:
        teams = team_rules(session.connection(), rules, today)
        crime_refs = list_concerned_crimes(session, policy, teams, today)
        often, renewed = spells(session, crime_refs), find_renewed(session, policy, crime_refs)
        before = history(session, policy, rules, today, crime_refs, settings.mail.allow)
        silent, gap = silence(session, rules, now), is_recovering(session, policy, rules, now)
    owed = find_owed(load_crimes(store, crime_refs), policy, rules, now, often, renewed, teams)
    about = Morning(
        rules,
        today,
        officers(store),
        before,
        silent,
        gap,
        list_day(policy, rules, today),
        newest_day(policy, {day for each in teams.all for day in each.days_of_plan}, today),
        newest_day(policy, rules.days_of_digests, today),
        partial(first_working_day, policy),
        in_trial=teams.trial is not None,
    )
    return about, decide(owed, about)


def _hold(decision: Decision) -> Decision:
    """Turn a decision to send into one that is held until working hours; leave any other as it is."""
    if decision.outcome is not Outcome.SENT:
        return decision
    return replace(decision, outcome=Outcome.HELD, reason=Reason.QUIET_HOURS, since=None)


def _write_digests(
    store: Store,
    policy: Policy,
    settings: ReminderSettings,
    about: Morning,
    decisions: list[Decision],
    support: Mapping[str, tuple[Support, ...]],
) -> tuple[Digest, ...]:
    sent = sorted((d for d in decisions if d.outcome is Outcome.SENT), key=lambda d: d.recipient_ref)
    listed = {ref: tuple(group) for ref, group in groupby(sent, key=lambda decision: decision.recipient_ref)}
    crowded: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.reason is Reason.NO_ROOM:
            crowded[decision.recipient_ref].append(decision)
    read_at = read_text(store, policy, about.today)
    with store.session(reading=True) as session:
        again = explain_owed_again(
            session, policy, sorted({d.owed.waiting.crime_ref for d in sent if d.is_new}), about.today
        )
        queries = read_queries(session, policy, sorted({d.owed.waiting.crime_ref for d in sent}), about.today)
    others = Others(
        about.history.accepted,
        list_recipients(d for d in sent if d.recipient_ref not in about.history.recently_deferred),
    )
    digests = []
    for ref in sorted({*listed, *support} - (set(support) & about.history.today)):
        obligations = listed.get(ref, ())
        unlisted = tuple(crowded[ref])
        mine = queries.get(ref, {})
        context = LetterContext(read_at, again, about.directory, support.get(ref, ()), unlisted, others, mine)
        content = render(write(obligations, policy, settings, about.today, context), settings)
        digests.append(Digest(ref, about.directory.address(ref), about.today, obligations, unlisted, content))
    return tuple(digests)


def remind(store: Store, policy: Policy, settings: ReminderSettings, now: datetime) -> RemindOutcome:
    """Queue this morning's digests and store every decision with its reason, some people per transaction.

    Each person's digest for a date is queued once (by its key): a second run, or a second instance, adds nothing.
    Outside working hours nothing is queued, and what would have been queued is stored as held.
    """
    about, decisions = _decide_all(store, policy, settings, now)
    waiting = not_now(policy, settings.reminders, now)
    decisions = list(map(_hold, decisions)) if waiting else decisions
    queued = []
    support = {} if waiting else support_for(store, policy, about)
    for part in chunks(_write_digests(store, policy, settings, about, decisions, support), _AT_ONCE):
        with store.session() as session:
            queued += _queue(session, part, settings, now)
    others = [decision for decision in decisions if decision.outcome is not Outcome.SENT]
    if others:
        with store.session() as session:
            write_notices(session, leave_out_said(session, others), about.today)
    return RemindOutcome(
        digests=len(queued),
        victims=sum(len({decision.owed.waiting for decision in digest.listed}) for digest in queued),
        reasons=Counter(f"{decision.outcome}: {decision.said}" for decision in decisions),
        not_now=waiting,
        held=_count_held(decisions),
    )


def _count_held(decisions: Sequence[Decision]) -> dict[Reason, int]:
    """Return how many officers wait because of the crime system, by reason."""
    held: dict[Reason, set[str]] = defaultdict(set)
    for decision in decisions:
        if decision.outcome is Outcome.HELD and decision.reason in CRIME_SYSTEM and decision.recipient_ref:
            held[decision.reason].add(decision.recipient_ref)
    return {reason: len(officers) for reason, officers in held.items()}


def _queue(session: Session, digests: Sequence[Digest], settings: ReminderSettings, now: datetime) -> list[Digest]:
    """Queue emails together with their notices, and return the digests that were not already queued."""
    rows = [
        row_of(
            key=digest.key,
            kind=digest.kind,
            recipient_ref=digest.recipient_ref,
            to_address=digest.to_address,
            content=digest.content,
            headers=headers(digest.recipient_ref, settings),
            domain=settings.domain,
            now=now,
        )
        for digest in digests
    ]
    ids = enqueue(session, rows)
    queued = [digest for digest in digests if digest.key in ids]
    for digest in queued:
        write_notices(session, (*digest.listed, *digest.unlisted), digest.day, ids[digest.key])
    return queued


def headers(recipient: str, settings: ReminderSettings) -> dict[str, str]:
    """Return the headers of a digest.

    A person's digests form one thread, and automatic replies are discouraged.
    """
    made = {
        "From": settings.mail.sender,
        "List-Id": f"<{settings.list_id}>",
        "References": message_id(f"{DIGEST}:{recipient}", settings.domain),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    reply_to = settings.mail.replies_to
    return made if reply_to is None else made | {"Reply-To": reply_to}


def read_text(store: Store, policy: Policy, today: date) -> str | None:
    """Return when the crime system was last read to its end, as text in local time; None if it never was."""
    poll = last_complete_poll(store)
    if poll is None or poll.ended_at is None:
        return None
    local = policy.local.clock_at(poll.ended_at)
    return f"{day_text(local.date(), today)} at {local:%H:%M}"
