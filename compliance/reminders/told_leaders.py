"""Who was told of what is overdue, and whether mail reached them: for the pages of a team."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select

from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.reminders.digest_keys import DIGEST
from compliance.reminders.emails.victim_sentences import away
from compliance.reminders.history import unreachable
from compliance.reminders.recipients import Directory
from compliance.store import Store
from compliance.store.database.dialect import chunks
from compliance.store.kept.notice_kinds import LadderStep, Outcome
from compliance.store.receiving.directory import DirectoryEntry
from compliance.store.tables import NOTICE, OUTBOX

_ESCALATIONS: Final = [step for step in LadderStep if step.is_escalation]


@dataclass(frozen=True, slots=True)
class MailState:
    """What became of an email (docs/mail.md): its state, and the local date on which it was sent or, before, queued."""

    state: str
    day: date


@dataclass(frozen=True, slots=True)
class ToldLeader:
    """A supervisor or champion who was told of a victim: last when, and what became of that email."""

    recipient_ref: str
    step: str
    email: MailState


def leaders_told(
    store: Store, policy: Policy, crime_refs: Sequence[str]
) -> dict[tuple[str, str], tuple[ToldLeader, ...]]:
    """Return the leaders who were told of each victim (crime, reference) of some crimes, each with the last email."""
    who = (NOTICE.c.crime_ref, NOTICE.c.victim_ref, NOTICE.c.recipient_ref, NOTICE.c.step)
    is_told = (NOTICE.c.step.in_(_ESCALATIONS), NOTICE.c.outcome == Outcome.SENT, NOTICE.c.outbox_id.is_not(None))
    found: dict[tuple[str, str], tuple[ToldLeader, ...]] = {}
    with store.reading() as connection:
        for part in chunks(crime_refs):
            last = select(*who, func.max(NOTICE.c.outbox_id).label("mail")).where(
                NOTICE.c.crime_ref.in_(part), *is_told
            )
            newest = last.group_by(*who).subquery()
            asked = select(newest, OUTBOX.c.state, OUTBOX.c.sent_at, OUTBOX.c.created_at)
            for row in connection.execute(asked.join(OUTBOX, OUTBOX.c.id == newest.c.mail).order_by(newest.c.mail)):
                email = MailState(row.state, policy.local.date_of(row.sent_at or row.created_at))
                key = (row.crime_ref, row.victim_ref)
                found[key] = (*found.get(key, ()), ToldLeader(row.recipient_ref, row.step, email))
    return found


def last_emails(store: Store, policy: Policy, refs: Sequence[str]) -> dict[str, MailState]:
    """Return what became of the last digest to each of some officers."""
    newest = select(func.max(OUTBOX.c.id)).where(OUTBOX.c.kind == DIGEST).group_by(OUTBOX.c.recipient_ref)
    names = (OUTBOX.c.recipient_ref, OUTBOX.c.state, OUTBOX.c.sent_at, OUTBOX.c.created_at)
    found: dict[str, MailState] = {}
    with store.reading() as connection:
        for part in chunks(refs):
            ids = newest.where(OUTBOX.c.recipient_ref.in_(part))
            for ref, state, sent_at, created_at in connection.execute(select(*names).where(OUTBOX.c.id.in_(ids))):
                found[ref] = MailState(state, policy.local.date_of(sent_at or created_at))
    return found


def find_unreachable(
    store: Store,
    policy: Policy,
    rules: Reminders,
    officers: Mapping[str, DirectoryEntry],
    refs: Sequence[str],
    today: date,
) -> dict[str, str]:
    """Return why some officers cannot act or be told today, in the words of the emails; those who can are left out."""
    with store.session(reading=True) as session:
        reach = unreachable(session, policy, rules, today)
    directory = Directory(officers, rules, today, reach.refused, reach.deferred, reach.bounced)
    return {ref: why for ref in refs if (why := away(ref, directory, today))}
