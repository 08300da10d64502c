"""What only the running service knows of its data, for the report's section on data quality."""

from collections import Counter
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func
from sqlmodel import col, select

from compliance.policy.calendars import LocalDates, from_day
from compliance.policy.verdicts import Verdicts
from compliance.reminders.effect import without_address
from compliance.reports.model.findings import Gap
from compliance.reports.model.report_model import Disputed, Intake
from compliance.reports.periods.spans import Span
from compliance.reports.wording.delay import Reading
from compliance.store import (
    DisputeAnswer,
    Store,
    directory_as_of,
    last_complete_poll,
    list_disputes,
    list_missing_crimes,
    officers,
    quarantine_counts,
    seen_by,
)
from compliance.store.kept.idle_polls import list_readings
from compliance.store.tables import Poll


def intake_of(
    store: Store, verdicts: Verdicts, period: Span, full_exports: bool, *, reads_replies: bool = False
) -> Intake:
    """Return the service's own counts, as known when the period was settled, like `verdicts` (statistics 1.2a).

    - Records in quarantine.
    - Overdue obligations for which no email could be sent because there is no address.
    - Officers whom records name and the directory does not.
    - Crimes that vanished. Unknown without `full_exports`, unless some vanished while there were full exports.
    - When the crime system was read to its end, and the gaps of the period.
    - Disputes, if `reads_replies` or if there are any.

    The directory, and whether a vanished crime has returned, are known only as they are now, and are dated.
    """
    local = verdicts.policy.local
    read_until, newest = seen_by(store, period.settling_instant(local)), last_complete_poll(store)
    gone = list_vanished(store, period, local)
    return Intake(
        refused=sum(quarantine_counts(store, read_until or period.settling_instant(local)).values()),
        no_address=without_address(store, verdicts),
        unknown_officers=len(_owners(verdicts) - officers(store).keys()),
        vanished=len(gone) if full_exports or gone else None,
        vanished_in_period=sum(within for _, _, within in gone) if full_exports or gone else None,
        last_complete_poll=read_until,
        gaps=gaps(store, period, local),
        directory_as_of=directory_as_of(store),
        as_of=None if newest is None else newest.ended_at,
        disputed=count_disputed(store, period, local, reads_replies=reads_replies),
    )


def count_disputed(store: Store, period: Span, local: LocalDates, *, reads_replies: bool) -> Disputed | None:
    """Return the disputes as known when a period was settled; None if there are none and replies are not read."""
    known_at = period.settling_instant(local)
    first, last = local.start_of(period.first), period.end_instant(local)
    found = [each for each in list_disputes(store) if each.received_at <= known_at]
    if not (found or reads_replies):
        return None
    answers = Counter(each.answer for each in found if each.answered_at is not None and each.answered_at <= known_at)
    waiting = [each for each in found if each.answered_at is None or each.answered_at > known_at]
    oldest = min((each.received_at for each in waiting), default=None)
    return Disputed(
        received=len(found),
        in_period=sum(first <= each.received_at < last for each in found),
        open=len(waiting),
        oldest_days=None if oldest is None else local.day_of(known_at) - local.day_of(oldest),
        wrong=answers[DisputeAnswer.RECORD_WRONG],
        right=answers[DisputeAnswer.RECORD_RIGHT],
        withdrawn=answers[DisputeAnswer.WITHDRAWN],
    )


def _owners(verdicts: Verdicts) -> set[str]:
    """Return the officers whose obligations were judged."""
    return set(verdicts.owner("officer").present())


def list_vanished(store: Store, period: Span, local: LocalDates) -> list[tuple[str, datetime, bool]]:
    """Return the crimes flagged as missing as known at K, by the end of the poll that covers it (decision 0008).

    Each has the instant since when, and whether that was in the period.
    """
    known_at = period.settling_instant(local)
    seen_until = seen_by(store, known_at) or known_at
    first, last = local.start_of(period.first), period.end_instant(local)
    return [(ref, since, first <= since < last) for ref, since in list_missing_crimes(store, seen_until)]


def describe_reading(store: Store, local: LocalDates) -> Reading:
    """Return when the crime system was last read to its end, and since when attempts have failed to reach it."""
    poll = last_complete_poll(store)
    failed = select(func.min(func.coalesce(Poll.idle_since, Poll.started_at))).where(~col(Poll.complete))
    if poll is not None:
        failed = failed.where(col(Poll.started_at) >= poll.ended_at)
    with store.session(reading=True) as session:
        failing_since = session.exec(failed).one()
    complete = None if poll is None else poll.ended_at
    return Reading(*(at and local.date_of(at) for at in (complete, failing_since)))


def gaps(store: Store, period: Span, local: LocalDates) -> tuple[Gap, ...]:
    """Return when the crime system was not read to its end for a whole local date or more, at least one in the period.

    It is polled every few minutes, or gives an export every night. Before the first reading there is no gap.
    """
    first, last = local.start_of(period.first), period.end_instant(local)
    with store.reading() as connection:
        readings = list_readings(connection, first, last)
    start, end = period.days
    between = ((local.day_of(one), local.day_of(other)) for (_, one), (other, _) in pairwise(readings))
    return tuple(
        Gap(from_day(one), from_day(other)) for one, other in between if other - one > 1 and one < end and other > start
    )
