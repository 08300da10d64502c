"""The facts about emails that wait because the crime system was not read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.reminders.sending_times import recovered_at, silence
from compliance.store import Store, last_complete_poll
from compliance.store.kept.notice_kinds import Outcome, Reason
from compliance.store.tables import NOTICE, OBLIGATION

_OVER = ("met", "late", "lapsed", "exempt")
"""The states in which nothing is owed any more."""


@dataclass(frozen=True, slots=True)
class HeldEmails:
    """How many officers wait because of the crime system.

    `reason`: the data is too old, or the crime system has just come back. `since`: when it was last read to its end, or
    when it came back (UTC).
    """

    reason: Reason
    since: datetime
    officers: int


def read_held_emails(store: Store, policy: Policy, rules: Reminders, now: datetime) -> HeldEmails | None:
    """Return who waits because of the crime system at an instant (aware); None if no one does.

    It is counted from the decisions stored since then on what is still owed.
    """
    with store.session(reading=True) as session:
        reason, since = silence(session, rules, now), recovered_at(session, policy, rules, now)
    if reason is None:
        reason = Reason.RECOVERING
    elif (last := last_complete_poll(store)) is not None:
        since = last.ended_at
    if since is None:  # nothing waits, or nothing was ever read
        return None
    key = [NOTICE.c[name] == OBLIGATION.c[name] for name in ("crime_ref", "victim_ref", "requirement", "cycle")]
    held = [
        NOTICE.c.outcome == Outcome.HELD,
        NOTICE.c.reason == reason,
        NOTICE.c.recipient_ref != "",
        NOTICE.c.decided_on >= policy.local.date_of(since),
    ]
    asked = select(func.count(NOTICE.c.recipient_ref.distinct())).join_from(NOTICE, OBLIGATION, and_(*key))
    with store.reading() as connection:
        officers = connection.execute(asked.where(*held, OBLIGATION.c.state.not_in(_OVER))).scalar_one()
    return HeldEmails(reason, since, officers) if officers else None
