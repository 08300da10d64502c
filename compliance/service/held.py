"""What only the running service knows of its data, for the report's page on data quality."""

from datetime import datetime
from itertools import pairwise

from sqlalchemy import func
from sqlmodel import col, select

from compliance.policy.calendars import LocalDates, from_day
from compliance.reminders.decisions import OVERDUE, REROUTED
from compliance.reminders.notices import standing
from compliance.reminders.routing import BAD_ADDRESS, NO_ADDRESS
from compliance.reports.delay import Reading
from compliance.reports.findings import Gap
from compliance.reports.model import Intake
from compliance.reports.spans import Span
from compliance.store import (
    Store,
    directory_as_of,
    last_complete_poll,
    missing_crimes,
    polls_covering,
    quarantine_counts,
)
from compliance.store.tables import Obligation, OfficerRow, Poll


def intake_of(store: Store, at: datetime, period: Span, local: LocalDates, full_exports: bool) -> Intake:
    """Records in quarantine at an instant, overdue obligations nobody could be mailed about for want of an address,
    officers whom records name and the directory does not, crimes that vanished as known when the period was settled,
    when the crime system was last read to its end, and the officer directory, and the period's gaps. Without
    `full_exports` nothing tells of crimes that vanish, unless some did when there were."""
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
    gone = vanished(store, period, local)
    return Intake(
        refused=sum(quarantine_counts(store, at).values()),
        no_address=sum(
            reason.rpartition(REROUTED)[2] in (NO_ADDRESS, BAD_ADDRESS)
            for (_, step), (_, _, _, reason) in said.items()
            if step == OVERDUE
        ),
        unknown_officers=unknown_officers,
        vanished=len(gone) if full_exports or gone else None,
        vanished_in_period=sum(within for _, _, within in gone) if full_exports or gone else None,
        last_complete_poll=None if poll is None else poll.ended_at,
        gaps=gaps(store, period, local),
        directory_as_of=directory_as_of(store, until=at),
    )


def vanished(store: Store, period: Span, local: LocalDates) -> list[tuple[str, datetime, bool]]:
    """The crimes that were flagged as missing as known at K, by the end of the poll that covers it (decision 0008):
    each with since when, and whether that was in the period."""
    known_at = period.settled(local)
    covering = polls_covering(store, known_at)
    seen_until = known_at if covering is None or covering.ended_at is None else covering.ended_at
    first, last = local.start_of(period.first), period.ended(local)
    return [(ref, since, first <= since < last) for ref, since in missing_crimes(store, seen_until)]


def reading_of(store: Store, local: LocalDates) -> Reading:
    """When the crime system was last read to its end, and since when no attempt has come so far."""
    poll = last_complete_poll(store)
    failed = select(func.min(col(Poll.started_at))).where(~col(Poll.complete))
    if poll is not None:
        failed = failed.where(col(Poll.started_at) >= poll.ended_at)
    with store.session(reading=True) as session:
        failing_since = session.exec(failed).one()
    complete = None if poll is None else poll.ended_at
    return Reading(*(at and from_day(local.day_of(at)) for at in (complete, failing_since)))


def gaps(store: Store, period: Span, local: LocalDates) -> tuple[Gap, ...]:
    """When the crime system was not read to its end for a whole local date or more, one of them in the period. The
    crime system is polled every few minutes, or gives an export every night; before the first reading there is no gap.
    """
    first, last = local.start_of(period.first), period.ended(local)
    ended = col(Poll.ended_at)
    complete = select(ended).where(Poll.complete)
    with store.session(reading=True) as session:
        before = session.exec(complete.where(ended < first).order_by(ended.desc()).limit(1)).all()
        within = session.exec(complete.where(ended >= first, ended < last).order_by(ended)).all()
        after = session.exec(complete.where(ended >= last).order_by(ended).limit(1)).all()
    read = [local.day_of(end) for end in (*before, *within, *after) if end is not None]
    start, end = period.days
    return tuple(
        Gap(from_day(one), from_day(other))
        for one, other in pairwise(read)
        if other - one > 1 and one < end and other > start
    )
