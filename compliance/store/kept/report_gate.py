"""What keeps reports from being published, as it is stored: holds, releases and suspensions (statistics section 7).

Each change is made in the transaction of the caller, who tells the readers in the same one: so that each is told once,
whatever is killed, and however many services look (decision 0055).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from compliance.store.tables import Published, ReportHold, ReportRelease, ReportSuspension


def list_holds(session: Session) -> list[ReportHold]:
    """Return the reports that are held and not published, in the order in which they were held.

    A hold on another version of a published report is left out: the first stands where readers look.
    """
    published = select(Published.period).distinct()
    open_ones = select(ReportHold).where(col(ReportHold.ended_at).is_(None), col(ReportHold.period).not_in(published))
    return list(session.exec(open_ones.order_by(col(ReportHold.id))))


def open_hold(session: Session, period: str) -> ReportHold | None:
    """Return what holds a period, published before or not; None if nothing does."""
    asked = select(ReportHold).where(ReportHold.period == period, col(ReportHold.ended_at).is_(None))
    return session.exec(asked).first()


def note_hold(
    session: Session, period: str, faults: Collection[str], facts: dict[str, Any], now: datetime
) -> ReportHold | None:
    """Store that some faults hold a period, and return the hold if it is news: nothing held it, or not all of these."""
    held = open_hold(session, period)
    if held is not None and set(faults) <= set(held.faults):
        held.faults, held.facts = list(faults), facts
        session.add(held)
        return None
    end_hold(session, period, now)
    news = ReportHold(period=period, since=now, faults=list(faults), facts=facts)
    session.add(news)
    session.flush()
    return news


def end_hold(session: Session, period: str, now: datetime) -> None:
    """End what holds a period, if anything does."""
    if (held := open_hold(session, period)) is not None:
        held.ended_at = now
        session.add(held)


def release_hold(session: Session, held: ReportHold, reason: str, by: str, now: datetime) -> None:
    """Store that a person releases a report for the faults that hold it, and end the hold."""
    session.add(ReportRelease(period=held.period, faults=held.faults, reason=reason, released_by=by, released_at=now))
    end_hold(session, held.period, now)


def list_releases(session: Session, period: str) -> Sequence[ReportRelease]:
    """Return the releases of a period, in order."""
    return session.exec(
        select(ReportRelease).where(ReportRelease.period == period).order_by(col(ReportRelease.id))
    ).all()


def newest_suspension(session: Session) -> ReportSuspension | None:
    """Return the suspension of reports begun last, over or not; None: there never was one."""
    return session.exec(select(ReportSuspension).order_by(col(ReportSuspension.id).desc()).limit(1)).first()


def suspension_on(session: Session, today: date) -> ReportSuspension | None:
    """Return the suspension in force on a local date, None if there is none."""
    newest = newest_suspension(session)
    return newest if newest is not None and newest.ended_at is None and today <= newest.until else None


def begin_suspension(session: Session, until: date, reason: str, by: str, now: datetime) -> ReportSuspension:
    """Store that no report is published until the end of a local date. One under way goes on as this one."""
    before = newest_suspension(session)
    since = now
    if before is not None and before.ended_at is None:
        since, before.ended_at = before.began_at, now
        session.add(before)
    news = ReportSuspension(began_at=since, until=until, reason=reason, suspended_by=by)
    session.add(news)
    session.flush()
    return news


def end_suspension(session: Session, now: datetime) -> ReportSuspension | None:
    """End the suspension that has not been ended yet, and return it; None: there is none."""
    newest = newest_suspension(session)
    if newest is None or newest.ended_at is not None:
        return None
    newest.ended_at = now
    session.add(newest)
    return newest


def list_ended_holds(session: Session, since: datetime) -> set[str]:
    """Return the periods of which a hold has ended since an instant."""
    return set(session.exec(select(ReportHold.period).where(col(ReportHold.ended_at) >= since)))
