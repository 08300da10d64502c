"""Who is told what this morning: planned without a word written, and carried out one officer at a time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlmodel import Session

from compliance.mail import Rendered, enqueue, message_id
from compliance.policy import Policy
from compliance.reminders.digest import day_text, write
from compliance.reminders.history import DIGEST, digest_key, history, spells, standing, unsaid, write_notices
from compliance.reminders.owed import outstanding_now
from compliance.reminders.render import render
from compliance.reminders.rules import ReminderRules, not_now, today_of
from compliance.reminders.stages import Decision, Outcome, Situation, decide
from compliance.store import Store, last_complete_poll, load_crimes, officers, outstanding


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail to one officer on one local date, and the obligations it tells."""

    recipient_ref: str
    to_address: str
    day: date
    told: tuple[Decision, ...]
    content: Rendered

    @property
    def key(self) -> str:
        """What makes it this mail and no other: the outbox takes it once."""
        return digest_key(self.recipient_ref, self.day)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done at an instant: the digests, and one decision for every outstanding obligation.

    `not_now` says why nothing is mailed at this hour or on this day; then nothing is planned either.
    """

    digests: tuple[Digest, ...] = ()
    decisions: tuple[Decision, ...] = ()
    not_now: str | None = None


@dataclass(frozen=True, slots=True)
class RemindOutcome:
    """What was done: digests queued, the victims they tell of, and how many obligations came to each outcome and
    reason (`held: no address`). `not_now` as in `Plan`."""

    digests: int = 0
    victims: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    not_now: str | None = None


def plan(store: Store, policy: Policy, rules: ReminderRules, now: datetime) -> Plan:
    """What `remind` would do at `now` (aware), without writing anything.

    The projection says which crimes to look at; what is outstanding, and who is told, is judged from their records as
    at `now`. Raises SettingsError for a broken template or a day beyond the policy's calendar.
    """
    if waiting := not_now(policy, rules, now):
        return Plan(not_now=waiting)
    today = today_of(policy, now)
    crime_refs = sorted({row.crime_ref for row in outstanding(store, today)})
    with store.session(reading=True) as session:
        often, before = spells(session), history(session, policy, today)
    owed = outstanding_now(load_crimes(store, crime_refs), policy, now, often)
    about = Situation(rules, today, officers(store), before)
    decisions = decide(owed, about)
    read_at = read_text(store, policy, today)
    told = [decision for decision in decisions if decision.outcome is Outcome.SENT]
    digests = []
    for recipient, group in groupby(told, key=lambda decision: decision.recipient_ref):
        obligations = tuple(group)
        content = render(write(obligations, policy, rules, today, read_at), rules)
        digests.append(Digest(recipient, str(about.officers[recipient].email), today, obligations, content))
    return Plan(tuple(digests), tuple(decisions))


def remind(store: Store, policy: Policy, rules: ReminderRules, now: datetime) -> RemindOutcome:
    """Queue this morning's digests and keep every decision with its reason, one transaction an officer.

    Each officer's digest of a date is queued once (its key): a second run, or a second instance, does nothing more.
    """
    planned = plan(store, policy, rules, now)
    if planned.not_now:
        return RemindOutcome(not_now=planned.not_now)
    today = today_of(policy, now)
    queued = []
    for digest in planned.digests:
        with store.session() as session:
            if _queue(session, digest, rules, now):
                queued.append(digest)
    others = [decision for decision in planned.decisions if decision.outcome is not Outcome.SENT]
    with store.session() as session:
        write_notices(session, unsaid(others, standing(session)), today)
    return RemindOutcome(
        digests=len(queued),
        victims=sum(len({decision.owed.waiting for decision in digest.told}) for digest in queued),
        reasons=Counter(f"{decision.outcome}: {decision.reason}" for decision in planned.decisions),
    )


def _queue(session: Session, digest: Digest, rules: ReminderRules, now: datetime) -> bool:
    """The mail and its notices together; False where the mail is there already."""
    outbox_id = enqueue(
        session,
        key=digest.key,
        kind=DIGEST,
        recipient_ref=digest.recipient_ref,
        to_address=digest.to_address,
        content=digest.content,
        headers=headers(digest.recipient_ref, rules),
        domain=rules.domain,
        now=now,
    )
    if outbox_id is None:
        return False
    write_notices(session, digest.told, digest.day, outbox_id)
    return True


def headers(recipient: str, rules: ReminderRules) -> dict[str, str]:
    """The headers of a digest: an officer's digests form one thread, and no machine answers them."""
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
