"""Mailboxes that cannot be reached: their last email was refused, one bounced lately, or every email is deferred."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import func, select
from sqlmodel import Session, col

from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.reminders.digest_keys import DIGEST, STAFF_LIST
from compliance.reminders.sending_times import next_working
from compliance.store.tables import Outbox

Places = Mapping[tuple[str, str], date]
"""A local date by recipient and address."""
STALE: Final = timedelta(days=7)
"""The age after which a delayed email, with no later one still waiting, says nothing about a mailbox."""


def read_last_emails(session: Session) -> Sequence[Any]:
    """Return every recipient's last digest or list."""
    newest = select(func.max(Outbox.id)).where(col(Outbox.kind).in_((DIGEST, STAFF_LIST)))
    names = ("recipient_ref", "to_address", "state", "key", "created_at", "sent_at", "deferred_since")
    last = select(*(col(getattr(Outbox, name)) for name in names))
    return session.execute(last.where(col(Outbox.id).in_(newest.group_by(col(Outbox.recipient_ref))))).all()


def find_refused(policy: Policy, lasts: Sequence[Any]) -> Places:
    """Return the day of each last email that the mail server refused."""
    return {(m.recipient_ref, m.to_address): policy.local.date_of(m.created_at) for m in lasts if m.state == "refused"}


def find_bounced(session: Session, policy: Policy, today: date, rules: Reminders) -> Places:
    """Return the day on which an email to each mailbox last bounced, if that is less than `repeat_days` ago.

    A later email that was accepted says nothing: a report may take days, and what was accepted may bounce too.
    """
    bounced_at = col(Outbox.bounced_at)
    since = policy.local.start_of(today - timedelta(days=rules.repeat_days - 1))
    asked = select(col(Outbox.recipient_ref), col(Outbox.to_address), func.max(bounced_at))
    asked = asked.where(col(Outbox.kind).in_((DIGEST, STAFF_LIST)), col(Outbox.state) == "bounced", bounced_at >= since)
    found = session.execute(asked.group_by(col(Outbox.recipient_ref), col(Outbox.to_address)))
    return {(ref, address): policy.local.date_of(at) for ref, address, at in found}


def find_deferred(session: Session, policy: Policy, today: date, lasts: Sequence[Any]) -> Places:
    """Return the day from which each mailbox has deferred every email, if that is at least two working days ago."""
    found = {}
    for last in lasts:
        if last.state == "retry" and last.deferred_since is not None:
            day = policy.local.date_of(_find_deferral_start(session, last))
            if next_working(policy, next_working(policy, day)) <= today:
                found[last.recipient_ref, last.to_address] = day
    return found


def find_recently_deferred(session: Session, policy: Policy, today: date) -> frozenset[str]:
    """Return the recipients whose last email was deferred, however recently."""
    last = func.max(col(Outbox.deferred_since)).label("deferred_since"), func.max(col(Outbox.sent_at)).label("sent_at")
    asked = select(col(Outbox.recipient_ref), *last).where(col(Outbox.kind).in_((DIGEST, STAFF_LIST)))
    first = policy.local.start_of(today) - STALE
    found = session.execute(asked.group_by(col(Outbox.recipient_ref)).having(last[0] >= first)).all()
    return frozenset(row.recipient_ref for row in found if row.sent_at is None or row.sent_at < row.deferred_since)


def _find_deferral_start(session: Session, last: Any) -> datetime:
    """Return the instant from which every email to an address has been deferred, up to the last one.

    Each morning's digest replaces the one before.
    """
    since, sent_at = col(Outbox.deferred_since), col(Outbox.sent_at)
    of_them = (col(Outbox.recipient_ref) == last.recipient_ref, col(Outbox.to_address) == last.to_address)
    accepted_at = session.execute(select(func.max(sent_at)).where(*of_them)).scalar()
    asked = select(func.min(since)).where(*of_them, since >= last.deferred_since - STALE)
    if accepted_at is not None:
        asked = asked.where(since > accepted_at)
    return cast("datetime", session.execute(asked).scalar() or last.deferred_since)
