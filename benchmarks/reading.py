"""A simulated force, or one division of it, whose officers respond to mail as one of several assumptions says."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from compliance.simulator import SimulatedForce
from compliance.simulator.force import FATIGUE
from compliance.simulator.force_profile import CID

WEEK: Final = timedelta(days=7)
LEADS: Final = ("supervisor", "champion")


class Reading(StrEnum):
    """What comes of an officer's mail. Each has an own readiness to act on a first reminder (`Habit.heeds`)."""

    NOT_AT_ALL = "nobody acts on any mail"
    STEADY = "officers are as ready to act on a further mail as on the first"
    SIMULATED = "each further mail on a crime is 30 % less likely to be acted on (the simulated force)"
    WEARY = "so is each further mail of a week, whatever it is about"


PARTS: Final = 3
"""Into how many parts each division is divided, each with every third of its teams and of its investigators."""


class ReadingForce(SimulatedForce):
    """The simulated force of a seed; `division`: only a part of it, with that part's crimes; None: all."""

    def __init__(self, seed: int, division: str | None = None, scale: float = 1.0) -> None:
        self.reading = Reading.SIMULATED
        self._division = division
        self._mails: dict[str, list[datetime]] = defaultdict(list)
        self._before = 0
        super().__init__(seed=seed, scale=scale)

    def _write(self, scale: float) -> None:
        if self._division is not None:
            self._leave_out(self._division)
            scale /= PARTS
        super()._write(scale)

    def _leave_out(self, division: str) -> None:
        """Leave out everybody but a part of a division, and who leads it."""
        staff, cid = self._staff, f"{division} {CID}"
        staff.lpts[division] = staff.lpts[division][::PARTS]
        staff.teams[cid] = staff.teams[cid][::PARTS]
        kept = {officer.ref for team in (*staff.lpts[division], cid) for officer in staff.teams[team]}
        teams = (*staff.lpts[division], cid, division)
        staff.everyone = [
            each for each in staff.everyone if each.ref in kept or (each.role in LEADS and each.team in teams)
        ]

    def deliver(self, recipient: str, sent_at: datetime, crime_refs: Iterable[str]) -> None:
        """Receive an email about some crimes, and act on it or not."""
        if self.reading is Reading.NOT_AT_ALL:
            return
        recent = [at for at in self._mails[recipient] if sent_at - at < WEEK]
        self._before = len(recent)
        super().deliver(recipient, sent_at, crime_refs)
        self._mails[recipient] = [*recent, sent_at]

    def _readiness(self, officer: Any, earlier: int) -> float:
        if self.reading is Reading.STEADY:
            return float(officer.habit.heeds)
        before = self._before if self.reading is Reading.WEARY else 0
        return super()._readiness(officer, earlier) * FATIGUE**before

    def _reports(self, scale: float) -> Iterator[Any]:
        return (report for report in super()._reports(scale) if self._division in (None, report[2].name))
