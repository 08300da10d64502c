"""What an email says of its reader's own disputes ("your query"): with the performance team, or answered."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from compliance.policy import Policy
from compliance.reminders.emails.victim_sentences import day_text
from compliance.store import DisputeAnswer
from compliance.store.database.dialect import chunks
from compliance.store.tables import DisputedVictim, DisputeRow

ANSWER_SHOWN: Final = timedelta(days=28)
"""How long an answer is said in emails that name the victim."""

Queries = Mapping[str, Mapping[tuple[str, str], tuple[str, ...]]]
"""Sentences on a reader's own disputes, by reader and by (crime, victim)."""


def read_queries(session: Session, policy: Policy, crime_refs: Sequence[str], today: date) -> Queries:
    """Return what emails about some crimes say on a local date of their readers' disputes: open, or answered lately."""
    since = policy.local.start_of(today - ANSWER_SHOWN)
    told = and_(col(DisputeRow.answered_at) >= since, col(DisputeRow.answer) != DisputeAnswer.WITHDRAWN)
    asked = (
        select(DisputeRow, col(DisputedVictim.crime_ref), col(DisputedVictim.victim_ref))
        .join(DisputedVictim, col(DisputedVictim.dispute_id) == col(DisputeRow.id))
        .where(or_(col(DisputeRow.answer).is_(None), told))
        .order_by(col(DisputeRow.id))
    )
    found: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {}
    for part in chunks(crime_refs):
        for row, crime_ref, victim_ref in session.execute(asked.where(col(DisputedVictim.crime_ref).in_(part))):
            mine = found.setdefault(row.recipient_ref or "", {})
            said = mine.get((crime_ref, victim_ref), ())
            mine[crime_ref, victim_ref] = tuple(dict.fromkeys([*said, _sentence(row, policy, today)]))
    return found


def _sentence(row: DisputeRow, policy: Policy, today: date) -> str:
    query = f"Your query of {day_text(policy.local.date_of(row.received_at), today)}"
    if row.answer is None or row.answered_at is None:
        return f"{query} is with the performance team."
    return f"{query} was answered on {day_text(policy.local.date_of(row.answered_at), today)}: {row.answer}."
