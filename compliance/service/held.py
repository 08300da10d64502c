"""What only the running service knows of its data, for the report's page on data quality."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import func
from sqlmodel import col, select

from compliance.policy.calendars import LocalDates, from_day
from compliance.reminders.history import standing
from compliance.reminders.routing import BAD_ADDRESS, NO_ADDRESS
from compliance.reminders.stages import OVERDUE, REROUTED
from compliance.reports.findings import Gap
from compliance.reports.model import Intake
from compliance.reports.periods import parse_period
from compliance.reports.spans import Kind, Span
from compliance.store import Store, last_complete_poll, quarantine_counts
from compliance.store.tables import Obligation, OfficerRow, Poll, Published

A_DAY: Final = timedelta(days=1)
"""The crime system is polled every few minutes: a day without a complete poll is a gap."""


def intake_of(store: Store, at: datetime, found: tuple[Gap, ...] = ()) -> Intake:
    """Records in quarantine at an instant, overdue obligations nobody could be mailed about for want of an address,
    officers whom records name and the directory does not, when the crime system was last read to its end, and the gaps
    `found`."""
    unknown = (
        select(func.count(func.distinct(col(Obligation.officer_ref))))
        .where(col(Obligation.officer_ref).is_not(None))
        .where(col(Obligation.officer_ref).not_in(select(OfficerRow.officer_ref)))
    )
    with store.session(reading=True) as session:
        overdue = select(Obligation.crime_ref).where(Obligation.state == "overdue").distinct()
        said = standing(session, session.exec(overdue).all())
        unknown_officers = session.exec(unknown).one()
    poll = last_complete_poll(store)
    return Intake(
        refused=sum(quarantine_counts(store, at).values()),
        no_address=sum(
            reason.rpartition(REROUTED)[2] in (NO_ADDRESS, BAD_ADDRESS)
            for (_, step), (_, _, _, reason) in said.items()
            if step == OVERDUE
        ),
        unknown_officers=unknown_officers,
        last_complete_poll=None if poll is None else poll.ended_at,
        gaps=found,
    )


def newest_published_period(store: Store, kind: Kind) -> str | None:
    """The newest period of a kind that was published in any edition, None where none was."""
    with store.session(reading=True) as session:
        periods = session.exec(select(Published.period).distinct()).all()
    return max((period for period in periods if parse_period(period).kind == kind), default=None)


def gaps(store: Store, period: Span, local: LocalDates) -> tuple[Gap, ...]:
    """When in a period, up to its being settled, the crime system was not read to its end for more than a day."""
    first, last = local.start_of(period.first), period.settled(local)
    asked = select(Poll.ended_at).where(Poll.complete, col(Poll.ended_at) >= first - A_DAY, col(Poll.ended_at) <= last)
    with store.session(reading=True) as session:
        ends = [end for end in session.exec(asked.order_by(col(Poll.ended_at))).all() if end is not None]
    return tuple(
        Gap(from_day(local.day_of(before)), from_day(local.day_of(after)))
        for before, after in pairwise(ends)
        if after - before > A_DAY and after > first
    )
