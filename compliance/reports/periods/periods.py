"""Months and quarters, and any period from its text: 2026-W47, 2026-11, 2026-Q4."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Self

from compliance.errors import SettingsError
from compliance.reports.periods.spans import Kind, Span
from compliance.reports.periods.weeks import Week


@dataclass(frozen=True, slots=True, order=True)
class _Months(Span):
    """Whole months of a year; `number` counts from 1."""

    length: ClassVar[int]
    year: int
    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, (self.number - 1) * self.length + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.plus(1).first - timedelta(days=1)

    def plus(self, count: int) -> Self:
        """Return the period `count` later, or earlier if negative."""
        place = self.year * (12 // self.length) + self.number - 1 + count
        return type(self)(place // (12 // self.length), place % (12 // self.length) + 1)

    @property
    def last_year(self) -> Self:
        """The same period a year before."""
        return type(self)(self.year - 1, self.number)


class Month(_Months):
    """A calendar month. As text it is `2026-11`."""

    __slots__ = ()
    kind: ClassVar[Kind] = "month"
    length: ClassVar[int] = 1

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


class Quarter(_Months):
    """A quarter of a calendar year. As text it is `2026-Q4`."""

    __slots__ = ()
    kind: ClassVar[Kind] = "quarter"
    length: ClassVar[int] = 3

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"


def parse_period(text: str) -> Span:
    """Return a period from its text. Raises SettingsError if it is not a valid period."""
    text = text.strip()
    if found := re.fullmatch(r"([12]\d{3})-(0[1-9]|1[0-2])", text):
        return Month(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"([12]\d{3})-[Qq]([1-4])", text):
        return Quarter(int(found[1]), int(found[2]))
    if re.fullmatch(r"\d{4}-?[Ww]\d{2}", text):
        return Week.parse(text)
    raise SettingsError(
        f"{text!r} is not a period; expected a week such as 2026-W47, a month such as 2026-11 or a quarter such "
        "as 2026-Q4"
    )


def newest_settled(kind: Kind, today: date) -> Span:
    """Return the newest period of a kind that is settled on a local date: it ended at least seven full days before."""
    day = today - timedelta(days=8)
    if kind == "week":
        return Week.newest_settled(today)
    span: Span = Month(day.year, day.month) if kind == "month" else Quarter(day.year, (day.month + 2) // 3)
    return span if span.last <= day else span.plus(-1)


def in_words(text: str) -> str:
    """Return a period in words: week 18 of 2016, May 2016, second quarter of 2016."""
    span = parse_period(text)
    if isinstance(span, Week):
        return f"week {span.number} of {span.year}"
    if isinstance(span, Month):
        return f"{span.first:%B} {span.year}"
    ordinal = ("first", "second", "third", "fourth")[int(text[-1]) - 1]
    return f"{ordinal} quarter of {text[:4]}"
