"""What is to be said of calendars: that one ends, and on which days it differs from a published list."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from compliance.policy import Policy
from compliance.policy.calendars import Calendar, from_day, plain_date

_WEEKEND: Final = 5
"""The first weekday, from Monday as 0, on which no one works anyhow."""


def warn_of_end(policies: Sequence[Policy], now: datetime) -> str | None:
    """Return what to do about the end of the calendar that some policies share, and which of them need it.

    None until nine months before the end. `now` is an aware instant.
    """
    ending = policies[0].working.ending(policies[0].local.date_of(now))
    needed = ", ".join(policy.path.name for policy in policies if policy.counts_working_days)
    return ending and f"{ending}. Policies that need it: {needed or 'none'}"


def differences_from_published(calendar: Calendar) -> list[str]:
    """Return a note for each weekday that is a bank holiday in only one of the calendar and the package `holidays`.

    There are none if the package is not installed, or if the calendar's file names no list of it. The calendar decides
    (rules 6.1): a note is a question to the person who maintains it, never a change of a due date.
    """
    if calendar.country is None:
        return []
    try:
        import holidays  # noqa: PLC0415  # heavy, and a force may run without it
    except ImportError:
        return []
    first, last = from_day(calendar.first), from_day(calendar.last)
    try:
        found = holidays.country_holidays(
            calendar.country, subdiv=calendar.subdivision, years=range(first.year, last.year + 1)
        )
    except NotImplementedError as error:
        return [f"calendar {calendar.name!r}: country, subdivision: no such list in the package `holidays`: {error}"]
    published = {day: name for day, name in found.items() if first <= day <= last and day.weekday() < _WEEKEND}
    ours = {day for day in calendar.holidays if day.weekday() < _WEEKEND}
    return [_difference(calendar.name, day, published.get(day)) for day in sorted(ours ^ published.keys())]


def _difference(calendar: str, day: date, name: str | None) -> str:
    if name is None:
        return (
            f"calendar {calendar!r}: {plain_date(day)} is a bank holiday here and not in the package `holidays`; check "
            "it on GOV.UK, and take it out of the calendar's file if it is an ordinary day"
        )
    return (
        f"calendar {calendar!r}: {plain_date(day)} ({name}) is a bank holiday in the package `holidays` and not here; "
        "check it on GOV.UK, and add it to `extra` in the calendar's file if it is one"
    )
