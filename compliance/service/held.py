"""What only the running service knows of its data, for the report's page on data quality."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from compliance.reminders.history import standing
from compliance.reminders.stages import BAD_ADDRESS, NO_ADDRESS
from compliance.reports.model import Intake
from compliance.store import Store, last_complete_poll, quarantine_counts
from compliance.store.tables import Obligation, OfficerRow, Published


def intake_of(store: Store, at: datetime) -> Intake:
    """Records in quarantine at an instant, overdue obligations nobody could be mailed about for want of an address,
    officers whom records name and the directory does not, and when the crime system was last read to its end."""
    unknown = (
        select(func.count(func.distinct(col(Obligation.officer_ref))))
        .where(col(Obligation.officer_ref).is_not(None))
        .where(col(Obligation.officer_ref).not_in(select(OfficerRow.officer_ref)))
    )
    with store.session(reading=True) as session:
        said = standing(session)
        unknown_officers = session.exec(unknown).one()
    poll = last_complete_poll(store)
    return Intake(
        refused=sum(quarantine_counts(store, at).values()),
        no_address=sum(reason in (NO_ADDRESS, BAD_ADDRESS) for _, _, _, reason in said.values()),
        unknown_officers=unknown_officers,
        last_complete_poll=None if poll is None else poll.ended_at,
    )


def is_published(store: Store, period: str) -> bool:
    """Whether a period's report has been published."""
    with store.session(reading=True) as session:
        return session.exec(select(Published.id).where(Published.period == period).limit(1)).first() is not None
