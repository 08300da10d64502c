"""How long the officer in the case could have acted on an overdue update, and the obstacles on the other days.

A day counts if all of these hold:

- the due date has passed, and it was noticed that contact is owed again: an update removed on Friday is news of Friday
- the officer has the case all day, whichever time it is with them
- no contact hold is in force
- the officer is present
- an email about it had been accepted for them

Any other day is no one's miss and starts nothing at the officer's cost. It does not hide the victim either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, Self

from compliance.reminder_settings import Ladder
from compliance.reminders.owed import Owed
from compliance.reminders.recipients import has_left, is_absent
from compliance.store.receiving.directory import DirectoryEntry


class Hindrance(StrEnum):
    """Why an officer could not act on a day, as stored. The first that applies is used."""

    NOT_YET_AGAIN = "not owed again yet"
    HOLD = "contact hold"
    NOT_ALLOCATED = "another had the case, or nobody"
    LEFT = "officer has left"
    ABSENT = "officer absent"
    NOT_NOTIFIED = "no email accepted for the officer"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A run of days, both ends included, on which an officer could not act for one reason."""

    what: Hindrance
    first: date
    last: date

    def as_data(self) -> dict[str, Any]:
        """Return the obstacle as stored with a notice."""
        return {"what": str(self.what), "first": str(self.first), "last": str(self.last)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the obstacle that `as_data` stored."""
        return cls(Hindrance(data["what"]), date.fromisoformat(data["first"]), date.fromisoformat(data["last"]))


@dataclass(frozen=True, slots=True)
class CaseOfficer:
    """An officer who has, or had, a case.

    `entry` is their entry in the directory, or None. `accepted` is the first local date on which an email about the
    obligation was accepted for them, or None.
    """

    ref: str | None
    entry: DirectoryEntry | None
    accepted: date | None


def hindrance(owed: Owed, officer: CaseOfficer, day: date) -> Hindrance | None:
    """Return why an officer could not act on a day after the due date, or None if they could."""
    waiting, notified = owed.waiting, officer.accepted is not None and day >= officer.accepted
    if owed.owed_again_on is not None and (day < owed.owed_again_on or (day == owed.owed_again_on and not notified)):
        return Hindrance.NOT_YET_AGAIN
    if waiting.hold.in_force_on(day):
        return Hindrance.HOLD
    if officer.ref is None or not waiting.had_on(day, officer.ref):
        return Hindrance.NOT_ALLOCATED
    if officer.entry is not None and has_left(officer.entry, day):
        return Hindrance.LEFT
    if officer.entry is not None and is_absent(officer.entry, day):
        return Hindrance.ABSENT
    return None if notified else Hindrance.NOT_NOTIFIED


def days_overdue(owed: Owed, until: date, since: date = date.min) -> Iterator[date]:
    """Return the days after the due date from which the ladder counts, from `since` to `until`, both included."""
    first = max(owed.overdue_since + timedelta(days=1), since)
    return (first + timedelta(days=days) for days in range((until - first).days + 1))


def find_day_reached(owed: Owed, officer: CaseOfficer, until: date, days: int) -> date | None:
    """Return the day on which an officer has had `days` days to act (1 or more), counting that day.

    None if that is not by `until`.
    """
    if officer.accepted is None:
        return None
    for day in days_overdue(owed, until, since=officer.accepted):  # no earlier day counts
        days -= hindrance(owed, officer, day) is None
        if days == 0:
            return day
    return None


def obstacles(owed: Owed, officer: CaseOfficer, until: date) -> tuple[Obstacle, ...]:
    """Return the obstacles from the day after the due date up to and including another day, in order."""
    first, day, found = owed.overdue_since + timedelta(days=1), timedelta(days=1), list[Obstacle]()
    if until < first:
        return ()
    begins = [first, *(turn for turn in sorted(set(_turns(owed, officer))) if first < turn <= until)]
    spans = zip(begins, [turn - day for turn in begins[1:]] + [until], strict=True)
    for what, of in groupby(spans, lambda span: hindrance(owed, officer, span[0])):
        if what is not None:
            begun, *others = of
            found.append(Obstacle(what, begun[0], others[-1][1] if others else begun[1]))
    return tuple(found)


def _turns(owed: Owed, officer: CaseOfficer) -> Iterator[date]:
    """Yield the days from which an officer may be hindered otherwise than on the day before: between two of them, every
    day is as the first. What has been overdue for years has few."""
    waiting, day = owed.waiting, timedelta(days=1)
    if owed.owed_again_on is not None:
        yield from (owed.owed_again_on, owed.owed_again_on + day)
    for span in waiting.hold.spans:
        yield from _turns_of(span.first, span.last)
    if waiting.officer_since is not None:
        yield waiting.officer_since + day
    for tenure in waiting.earlier:
        yield from (tenure.since + day, tenure.until)
    if officer.entry is not None:
        yield from _turns_of(officer.entry.left_on, None)
        for absent in officer.entry.absent:
            first, last = (text and date.fromisoformat(text) for text in (absent.get("from"), absent.get("until")))
            yield from _turns_of(first or None, last or None)
    if officer.accepted is not None:
        yield officer.accepted


def _turns_of(first: date | None, last: date | None) -> Iterator[date]:
    """Yield the first day of a span, and the day after its last."""
    if first is not None:
        yield first
    if last is not None:
        yield last + timedelta(days=1)


def supervisor_on(owed: Owed, ladder: Ladder, officer: CaseOfficer) -> date:
    """Return the day from which the supervisor is notified.

    That is once the officer has had `supervisor_days` to act, at the latest on the day of `supervisor_latest`.
    """
    latest = supervisor_latest(owed, ladder)
    return find_day_reached(owed, officer, latest, ladder.supervisor_days) or latest


def supervisor_latest(owed: Owed, ladder: Ladder) -> date:
    """Return the day on which the supervisor is notified whatever has happened, so that nothing hides a victim.

    Half of `champion_days`, rounded down, has passed then.
    """
    return owed.overdue_since + timedelta(days=ladder.champion_days // 2)


def champion_on(owed: Owed, ladder: Ladder) -> date:
    """Return the day on which the champion's step is reached, regardless of what has happened to the case."""
    return owed.overdue_since + timedelta(days=ladder.champion_days)
