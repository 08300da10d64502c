"""Dates, instants and counts in words, as an explanation says them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from compliance.policy.calendars import LocalDates, from_day, plain_date
from compliance.records.instants import from_micros
from compliance.text import join_words, plural

__all__ = ["Clock", "count", "day", "days", "join_words", "ordinal", "plain", "plain_date", "span"]

_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def day(number: int, after: int | None = None) -> str:
    """Return a local day such as Wednesday 8 July 2026, without the year if that is the year of the day `after`."""
    found = from_day(number)
    same = after is not None and from_day(after).year == found.year
    return f"{found:%A} {found.day} {found:%B}" + ("" if same else f" {found.year}")


def plain(number: int) -> str:
    """Return a local day such as 8 July 2026."""
    return plain_date(from_day(number))


def span(first: int, last: int) -> str:
    """Return days, both included: on Thursday 2 July 2026; from Thursday 2 July to Wednesday 8 July 2026."""
    return f"on {day(first)}" if first == last else f"from {day(first, last)} to {day(last)}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 day, 2 days."""
    return f"{number} {plural(number, noun)}"


def ordinal(number: int) -> str:
    """Return a place in a sequence: first, second, 11th."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def days(numbers: Iterable[int], after: int) -> str:
    """Return several days, with each month named once: Friday 3 and Monday 6 April.

    A year is given if it is not that of the day `after`.
    """
    dates = [from_day(number) for number in numbers]
    texts = []
    for this, following in zip(dates, [*dates[1:], None], strict=True):
        month = (this.year, this.month)
        named = following is None or (following.year, following.month) != month
        year = "" if this.year == from_day(after).year else f" {this.year}"
        texts.append(f"{this:%A} {this.day}" + (f" {this:%B}{year}" if named else ""))
    return join_words(texts)


class Clock:
    """Instants (microseconds since 1970 in UTC) in the policy's time zone."""

    def __init__(self, timezone: str) -> None:
        self._local = LocalDates(timezone)

    def local(self, micros: int) -> datetime:
        """Return the local date and time."""
        return self._local.clock_at(from_micros(micros))

    def time(self, micros: int) -> str:
        """Return the local time of day: 10:05."""
        return f"{self.local(micros):%H:%M}"

    def date(self, micros: int) -> str:
        """Return the local date, with the UTC time if the date differs in UTC: 1 July 2026 (30 June 23:30 UTC)."""
        return plain_date(self.local(micros).date()) + self.elsewhere(micros)

    def elsewhere(self, micros: int) -> str:
        """Return ` (30 June 23:30 UTC)` if the date in UTC differs from the local date, otherwise an empty text."""
        here, there = self.local(micros), from_micros(micros)
        if here.date() == there.date():
            return ""
        year = f" {there.year}" if there.year != here.year else ""
        return f" ({there.day} {there:%B}{year} {there:%H:%M} UTC)"

    def shown(self, micros: int) -> str:
        """Return what the clocks show: Wednesday 1 July 2026 at 00:30."""
        here = self.local(micros)
        return f"{here:%A} {plain_date(here.date())} at {here:%H:%M}"

    def exact(self, micros: int) -> str:
        """Return an instant as `shown`, with its seconds if there are any: limits in hours are judged to the second."""
        seconds = self.local(micros).second
        return self.shown(micros) + (f":{seconds:02}" if seconds else "")

    def moment(self, micros: int) -> str:
        """Return Wednesday 1 July 2026 at 00:30 (30 June 23:30 UTC), with the UTC time only if it differs."""
        here, text = self.local(micros), self.shown(micros)
        if (elsewhere := self.elsewhere(micros)) or here.utcoffset() == timedelta():
            return text + elsewhere
        return f"{text} ({here.astimezone(UTC):%H:%M} UTC)"
