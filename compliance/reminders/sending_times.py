"""When emails go out: on working days, in working hours and on fresh data.

Also the days of the weekly list, of the week's plan and of what is told again.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlmodel import Session, col, select

from compliance.policy import Policy
from compliance.policy.calendars import to_day
from compliance.reminder_settings import Reminders
from compliance.store.kept.idle_polls import list_readings
from compliance.store.kept.notice_kinds import Reason
from compliance.store.tables import Poll


def not_now(policy: Policy, rules: Reminders, now: datetime) -> str | None:
    """Return why no email goes out at this instant, or None if it does.

    Emails go out on working days of the policy's calendar, in local hours. Beyond the calendar's range every weekday is
    a working day, so that no one goes without an email.
    """
    local = policy.local.clock_at(now)
    if not policy.working.is_working(to_day(local.date())):
        return f"{local:%A} {local.day} {local:%B %Y} is not a working day"
    if local.time() < rules.send_from:
        return f"emails go out from {rules.send_from:%H:%M}"
    if local.time() >= rules.send_until:
        return f"emails go out until {rules.send_until:%H:%M}"
    return None


def next_opening(policy: Policy, rules: Reminders, now: datetime) -> datetime:
    """Return the first instant (UTC) after `now` at which emails go out again."""
    day = policy.local.date_of(now)
    while True:
        opening = policy.local.instant_at(day, rules.send_from)
        if opening > now and policy.working.is_working(to_day(day)):
            return opening
        day += timedelta(days=1)


def due_soon_on(policy: Policy, due: date, days: int) -> date:
    """Return the last working day at least `days` before a due date: the day on which "due soon" is notified."""
    day = due - timedelta(days=days)
    while not policy.working.is_working(to_day(day)):
        day -= timedelta(days=1)
    return day


def newest_day(policy: Policy, weekdays: Collection[int], today: date) -> date | None:
    """Return the newest day that stands for one of some weekdays (Monday 0), up to and including a date.

    It is the weekday itself or, if that is not a working day, the next working day after it. None without a weekday.
    """
    return max((_newest_of(policy, weekday, today) for weekday in weekdays), default=None)


def _newest_of(policy: Policy, weekday: int, today: date) -> date:
    day = today - timedelta(days=(today.weekday() - weekday) % 7)
    while (opening := first_working_day(policy, day)) > today:
        day -= timedelta(days=7)
    return opening


def list_day(policy: Policy, rules: Reminders, today: date) -> date | None:
    """Return the newest day of the weekly list, up to and including a date; None if there is no list."""
    return newest_day(policy, rules.days_of_list, today)


def next_plan_day(policy: Policy, rules: Reminders, today: date) -> date | None:
    """Return the next day of the week's plan after a date; None if there is no plan."""
    return next((_following(policy, weekday, today) for weekday in rules.days_of_plan), None)


def next_day_of(policy: Policy, weekdays: Collection[int], after: date) -> date:
    """Return the first day after a date that stands for one of some weekdays (Monday 0), at least one."""
    return min(_following(policy, weekday, after) for weekday in weekdays)


def _following(policy: Policy, weekday: int, today: date) -> date:
    """Return the first day after a date that stands for a weekday."""
    day = next_working(policy, today)
    while _newest_of(policy, weekday, day) != day:
        day = next_working(policy, day)
    return day


def leader_morning(
    policy: Policy, rules: Reminders, reached: date, *, enhanced: bool, latest: date | None = None
) -> date:
    """Return the morning on which a supervisor or champion is notified, given the day on which the step is reached.

    That is the first working day from then on for an enhanced victim, otherwise the day of the next weekly list or the
    first working day from `latest` on, if that is earlier.
    """
    if enhanced or not rules.days_of_list:
        return first_working_day(policy, reached)
    listed = _following(policy, rules.days_of_list[0], reached - timedelta(days=1))
    return listed if latest is None else min(listed, first_working_day(policy, latest))


def first_working_day(policy: Policy, day: date) -> date:
    """Return the first working day on or after a date."""
    return next_working(policy, day - timedelta(days=1))


def next_working(policy: Policy, day: date) -> date:
    """Return the first working day after a date."""
    day += timedelta(days=1)
    while not policy.working.is_working(to_day(day)):
        day += timedelta(days=1)
    return day


def previous_working(policy: Policy, day: date) -> date:
    """Return the last working day before a date."""
    day -= timedelta(days=1)
    while not policy.working.is_working(to_day(day)):
        day -= timedelta(days=1)
    return day


def silence(session: Session, rules: Reminders, now: datetime) -> Reason | None:
    """Return why no emails are sent at `now` (aware); None if the crime system was read to its end recently."""
    newest = session.exec(
        select(Poll.ended_at).where(Poll.complete).order_by(col(Poll.ended_at).desc()).limit(1)
    ).first()
    return None if newest is not None and now - newest <= timedelta(hours=rules.stale_hours) else Reason.TOO_OLD


def is_recovering(session: Session, policy: Policy, rules: Reminders, now: datetime) -> bool:
    """Return whether officers' emails wait because the crime system has just come back (`recovered_at`)."""
    return recovered_at(session, policy, rules, now) is not None


def recovered_at(session: Session, policy: Policy, rules: Reminders, now: datetime) -> datetime | None:
    """Return when the crime system came back after more than `stale_hours`, if it has just done so.

    Officers' emails then wait one whole working day, so that updates made meanwhile can be entered.
    """
    since = now - timedelta(days=14, hours=rules.stale_hours)
    gap = timedelta(hours=rules.stale_hours)
    readings = list_readings(session.connection(), since)
    back = [after for (_, earlier), (after, _) in pairwise(readings) if after - earlier > gap]
    if not back:
        return None
    local = policy.local.clock_at(back[-1])
    day = local.date()
    if not policy.working.is_working(to_day(day)) or local.time() >= rules.send_from:
        day = next_working(policy, day)
    return back[-1] if policy.local.date_of(now) <= day else None
