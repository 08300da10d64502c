"""ISO weeks, Monday to Sunday, in local dates, and the instants at which a week is judged (statistics 1.2)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Self

from compliance.errors import SettingsError
from compliance.reports.periods.spans import Kind, Span


@dataclass(frozen=True, slots=True, order=True)
class Week(Span):
    """An ISO week. As text it is `2026-W47`."""

    kind: ClassVar[Kind] = "week"
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return a week from its text. Raises SettingsError if it is not a valid week."""
        found = re.fullmatch(r"(\d{4})-?[Ww](\d{2})", text.strip())
        try:
            if found is None:
                raise ValueError
            week = cls(int(found[1]), int(found[2]))
            week.first  # noqa: B018  # raises ValueError if the year has no such week
        except ValueError:
            raise SettingsError(f"week {text!r} is not a week; expected an ISO week such as 2026-W47") from None
        return week

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the week that contains a local date."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def newest_settled(cls, today: date) -> Self:
        """Return the newest week that is settled on a local date: the week before the one just ended."""
        return cls.of(today - timedelta(days=14))

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def first(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    def plus(self, weeks: int) -> "Week":
        """Return the week `weeks` later, or earlier if negative."""
        return Week.of(self.first + timedelta(weeks=weeks))

    @property
    def last_year(self) -> "Week | None":
        """The week of the same number a year before, None if that year had none."""
        try:
            date.fromisocalendar(self.year - 1, self.number, 1)
        except ValueError:
            return None
        return Week(self.year - 1, self.number)
