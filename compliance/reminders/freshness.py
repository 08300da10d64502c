"""Whether our own data is fresh enough to write to anybody by."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from compliance.policy import Policy
from compliance.policy.calendars import to_day
from compliance.reminders.decisions import TOO_OLD
from compliance.reminders.rules import ReminderRules, next_working
from compliance.store.tables import Poll


def silence(session: Session, rules: ReminderRules, now: datetime) -> str | None:
    """Why nobody is written to at `now` (aware), None where the crime system was read to its end lately."""
    newest = session.exec(
        select(Poll.ended_at).where(Poll.complete).order_by(col(Poll.ended_at).desc()).limit(1)
    ).first()
    return None if newest is not None and now - newest <= timedelta(hours=rules.stale_hours) else TOO_OLD


def recovering(session: Session, policy: Policy, rules: ReminderRules, now: datetime) -> bool:
    """Whether the crime system has lately come back after longer than `stale_hours`: officers' mail then waits one
    whole working day, so that updates made meanwhile can be typed in."""
    since = now - timedelta(days=14, hours=rules.stale_hours)
    asked = select(Poll.ended_at).where(Poll.complete, col(Poll.ended_at) >= since).order_by(col(Poll.ended_at))
    ends = [end for end in session.exec(asked).all() if end is not None]
    before = select(Poll.ended_at).where(Poll.complete, col(Poll.ended_at) < since)
    last = session.exec(before.order_by(col(Poll.ended_at).desc()).limit(1)).first()
    ends = [last, *ends] if last is not None else ends
    gap = timedelta(hours=rules.stale_hours)
    back = [after for earlier, after in pairwise(ends) if after - earlier > gap]
    if not back:
        return False
    zone = ZoneInfo(policy.timezone)
    local = back[-1].astimezone(zone)
    day = local.date()
    if not policy.working.is_working(to_day(day)) or local.time() >= rules.send_from:
        day = next_working(policy, day)
    return now.astimezone(zone).date() <= day
