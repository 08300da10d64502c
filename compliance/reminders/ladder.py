"""How long the officer in a case could have acted on what is overdue, and what stood in the way on the other days.

A day counts once the due date has passed, if the officer has the case all day (whichever time it is with them), if no
contact hold is in force, if they are present, and if an email about it had been accepted for them. Any other day is
nobody's miss, and starts nothing at the officer's cost; nor does it hide the victim.
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
from compliance.store.tables import OfficerRow


class Hindrance(StrEnum):
    """Why an officer could not act on a day; the first of these that holds."""

    HOLD = "contact hold"
    ANOTHERS = "another had the case, or nobody"
    LEFT = "officer has left"
    ABSENT = "officer absent"
    UNTOLD = "no email accepted for the officer"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """That an officer could not act for one reason on some days running, both included."""

    what: Hindrance
    first: date
    last: date

    def as_data(self) -> dict[str, Any]:
        """As it is kept with a notice."""
        return {"what": str(self.what), "first": str(self.first), "last": str(self.last)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """What `as_data` made."""
        return cls(Hindrance(data["what"]), date.fromisoformat(data["first"]), date.fromisoformat(data["last"]))


@dataclass(frozen=True, slots=True)
class CaseOfficer:
    """What has to be known of an officer who has, or had, a case: their entry in the directory, None where there is
    none, and the first local day on which an email about what is owed was accepted for them, None where none was."""

    ref: str | None
    entry: OfficerRow | None
    accepted: date | None


def hindrance(owed: Owed, officer: CaseOfficer, day: date) -> Hindrance | None:
    """Why an officer could not act on a day after the due date, None where they could."""
    waiting = owed.waiting
    if waiting.hold.in_force_on(day):
        return Hindrance.HOLD
    if officer.ref is None or not waiting.had_on(day, officer.ref):
        return Hindrance.ANOTHERS
    if officer.entry is not None and has_left(officer.entry, day):
        return Hindrance.LEFT
    if officer.entry is not None and is_absent(officer.entry, day):
        return Hindrance.ABSENT
    return Hindrance.UNTOLD if officer.accepted is None or day < officer.accepted else None


def days_overdue(owed: Owed, until: date, since: date = date.min) -> Iterator[date]:
    """The days after the due date, from and including `since`, up to and including `until`."""
    first = max(owed.due_date + timedelta(days=1), since)
    return (first + timedelta(days=days) for days in range((until - first).days + 1))


def find_day_reached(owed: Owed, officer: CaseOfficer, until: date, days: int) -> date | None:
    """The day on which an officer has had so many days to act (1 or more), today's among them; None where
    that is not by `until`."""
    if officer.accepted is None:
        return None
    for day in days_overdue(owed, until, since=officer.accepted):  # no day before it counts
        days -= hindrance(owed, officer, day) is None
        if days == 0:
            return day
    return None


def obstacles(owed: Owed, officer: CaseOfficer, until: date) -> tuple[Obstacle, ...]:
    """What stood in the officer's way from the due date up to and including a day, in order."""
    found = []
    for what, days in groupby(days_overdue(owed, until), lambda day: hindrance(owed, officer, day)):
        if what is not None:
            first, *others = days
            found.append(Obstacle(what, first, others[-1] if others else first))
    return tuple(found)


def supervisor_on(owed: Owed, ladder: Ladder, officer: CaseOfficer) -> date:
    """From when the supervisor is told: once the officer has had `supervisor_days` to act; whatever stood in the way,
    when half of `champion_days` has passed, so that neither a hold nor a handing over hides a victim."""
    latest = owed.due_date + timedelta(days=max(ladder.supervisor_days, ladder.champion_days // 2))
    return find_day_reached(owed, officer, latest, ladder.supervisor_days) or latest


def champion_on(owed: Owed, ladder: Ladder) -> date:
    """From when the champion is told, whatever became of the case meanwhile."""
    return owed.due_date + timedelta(days=ladder.champion_days)
