"""Who is told what this morning: planned without a word written, and carried out some people at a time."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session

from compliance.mail import Rendered, enqueue, message_id, row_of
from compliance.policy import Policy
from compliance.reminders.decisions import NO_ROOM, QUIET_HOURS, Decision, Outcome
from compliance.reminders.digest import Told, write
from compliance.reminders.escalation import Others, written_with
from compliance.reminders.freshness import recovering, silence
from compliance.reminders.history import DIGEST, STAFF_LIST, concerned, digest_key, history, spells
from compliance.reminders.notices import standing, unsaid, write_notices
from compliance.reminders.owed import owed_now
from compliance.reminders.rearmed import rearmed
from compliance.reminders.render import render
from compliance.reminders.rules import ReminderRules, list_day, not_now, today_of, working_from
from compliance.reminders.situation import Situation
from compliance.reminders.staff import Support, support_for
from compliance.reminders.stages import decide
from compliance.reminders.words import day_text
from compliance.store import Store, last_complete_poll, load_crimes, officers
from compliance.store.dialect import chunks

_AT_ONCE: Final = 50
"""So many people's mails are queued in one transaction."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail to one person on one local date, and the obligations it tells: none where it is a weekly list that names
    officers only."""

    recipient_ref: str
    to_address: str
    day: date
    told: tuple[Decision, ...]
    unlisted: tuple[Decision, ...]
    """What it counts and does not name: there was no room."""
    content: Rendered

    @property
    def key(self) -> str:
        """What makes it this mail and no other: the outbox takes it once."""
        return digest_key(self.recipient_ref, self.day)

    @property
    def kind(self) -> str:
        """As it stands in the outbox."""
        return DIGEST if self.told else STAFF_LIST


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done at an instant: the digests, and at least one decision for everything that is owed.

    `not_now` says why no mail goes out at this hour or on this day: what the digests tell is then held for that reason.
    """

    digests: tuple[Digest, ...] = ()
    decisions: tuple[Decision, ...] = ()
    not_now: str | None = None


@dataclass(frozen=True, slots=True)
class RemindOutcome:
    """What was done: digests queued, the victims they tell of, and how many steps of obligations came to each outcome
    and reason (`held: no address`). `not_now` as in `Plan`."""

    digests: int = 0
    victims: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    not_now: str | None = None


def plan(store: Store, policy: Policy, rules: ReminderRules, now: datetime) -> Plan:
    """What `remind` would do at `now` (aware), without writing anything; outside working hours, what it would do if it
    were not for the hour.

    The projection says which crimes to look at; what is owed, and who is told, is judged from their records as at
    `now`. Raises SettingsError for a broken template.
    """
    about, decisions = _decided(store, policy, rules, now)
    waiting = not_now(policy, rules, now)
    digests = _digests(store, policy, about, decisions, support_for(store, policy, about))
    return Plan(digests, tuple(map(_held, decisions) if waiting else decisions), waiting)


def _decided(store: Store, policy: Policy, rules: ReminderRules, now: datetime) -> tuple[Situation, list[Decision]]:
    """What comes of everything that is owed, whatever the hour."""
    today = today_of(policy, now)
    with store.session(reading=True) as session:
        crime_refs = concerned(session, policy, rules, today)
        often, before = spells(session, crime_refs), history(session, policy, rules, today, crime_refs)
        silent, gap = silence(session, rules, now), recovering(session, policy, rules, now)
    owed = owed_now(load_crimes(store, crime_refs), policy, rules, now, often)
    about = Situation(
        rules,
        today,
        officers(store),
        before,
        silent,
        gap,
        list_day(policy, rules, today),
        partial(working_from, policy),
    )
    return about, decide(owed, about)


def _held(decision: Decision) -> Decision:
    """What would have been mailed in working hours."""
    if decision.outcome is not Outcome.SENT:
        return decision
    return replace(decision, outcome=Outcome.HELD, reason=QUIET_HOURS)


def _digests(
    store: Store,
    policy: Policy,
    about: Situation,
    decisions: list[Decision],
    support: Mapping[str, tuple[Support, ...]],
) -> tuple[Digest, ...]:
    sent = sorted((d for d in decisions if d.outcome is Outcome.SENT), key=lambda d: d.recipient_ref)
    told = {ref: tuple(group) for ref, group in groupby(sent, key=lambda decision: decision.recipient_ref)}
    crowded: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.reason == NO_ROOM:
            crowded[decision.recipient_ref].append(decision)
    read_at = read_text(store, policy, about.today)
    with store.session(reading=True) as session:
        again = rearmed(session, policy, sorted({d.owed.waiting.crime_ref for d in sent if d.is_new}), about.today)
    others = Others(
        about.history.accepted, written_with(d for d in sent if d.recipient_ref not in about.history.put_off)
    )
    digests = []
    for ref in sorted({*told, *support} - (set(support) & about.history.today)):
        obligations = told.get(ref, ())
        unlisted = tuple(crowded[ref])
        besides = Told(read_at, again, about.directory, support.get(ref, ()), unlisted, others)
        content = render(write(obligations, policy, about.rules, about.today, besides), about.rules)
        digests.append(Digest(ref, about.directory.address(ref), about.today, obligations, unlisted, content))
    return tuple(digests)


def remind(store: Store, policy: Policy, rules: ReminderRules, now: datetime) -> RemindOutcome:
    """Queue this morning's digests and keep every decision with its reason, some people a transaction.

    Each person's digest of a date is queued once (its key): a second run, or a second instance, does nothing more.
    Outside working hours nothing is queued, and what would have been is kept as held.
    """
    about, decisions = _decided(store, policy, rules, now)
    waiting = not_now(policy, rules, now)
    decisions = list(map(_held, decisions)) if waiting else decisions
    queued = []
    support = {} if waiting else support_for(store, policy, about)
    for part in chunks(_digests(store, policy, about, decisions, support), _AT_ONCE):
        with store.session() as session:
            queued += _queue(session, part, rules, now)
    others = [decision for decision in decisions if decision.outcome is not Outcome.SENT]
    if others:
        with store.session() as session:
            said = standing(session, sorted({decision.owed.waiting.crime_ref for decision in others}))
            write_notices(session, unsaid(others, said), about.today)
    return RemindOutcome(
        digests=len(queued),
        victims=sum(len({decision.owed.waiting for decision in digest.told}) for digest in queued),
        reasons=Counter(f"{decision.outcome}: {decision.said}" for decision in decisions),
        not_now=waiting,
    )


def _queue(session: Session, digests: Sequence[Digest], rules: ReminderRules, now: datetime) -> list[Digest]:
    """Mails and their notices together -> those that were not there already."""
    rows = [
        row_of(
            key=digest.key,
            kind=digest.kind,
            recipient_ref=digest.recipient_ref,
            to_address=digest.to_address,
            content=digest.content,
            headers=headers(digest.recipient_ref, rules),
            domain=rules.domain,
            now=now,
        )
        for digest in digests
    ]
    ids = enqueue(session, rows)
    queued = [digest for digest in digests if digest.key in ids]
    for digest in queued:
        write_notices(session, (*digest.told, *digest.unlisted), digest.day, ids[digest.key])
    return queued


def headers(recipient: str, rules: ReminderRules) -> dict[str, str]:
    """The headers of a digest: a person's digests form one thread, and no machine answers them."""
    made = {
        "From": rules.sender,
        "List-Id": f"<{rules.list_id}>",
        "References": message_id(f"{DIGEST}:{recipient}", rules.domain),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    return made if rules.reply_to is None else made | {"Reply-To": rules.reply_to}


def read_text(store: Store, policy: Policy, today: date) -> str | None:
    """When the crime system was last read to its end, in words and local time; None where it never was."""
    poll = last_complete_poll(store)
    if poll is None or poll.ended_at is None:
        return None
    local = poll.ended_at.astimezone(ZoneInfo(policy.timezone))
    return f"{day_text(local.date(), today)} at {local:%H:%M}"
