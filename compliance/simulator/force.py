"""A simulated police force with the size and mix of West Mercia, whose officers behave like people."""

import gc
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import exp
from random import Random
from typing import Any, Final

from compliance.errors import SettingsError
from compliance.simulator.casework import SimulatedCase, open_case
from compliance.simulator.contact_habits import Contact, keep_informed
from compliance.simulator.days import DAY, HOUR, LONDON, NEVER, Days, local_midnight
from compliance.simulator.faults import NONE, Faults
from compliance.simulator.force_profile import DIVISIONS, MONTH_DAYS, OFFENCES, Offence, SimulatedDivision
from compliance.simulator.malformed import KINDS
from compliance.simulator.people import LEADING, SimulatedOfficer, Staff, recruit
from compliance.simulator.record_lives import SPOILT, Life, RecordLives

FATIGUE: Final = 0.7
"""The share of an officer's readiness to act that remains after each earlier reminder about the same crime."""


class SimulatedForce(RecordLives):
    """The life of every crime reported in a number of weeks, created once, and officers who act on their emails.

    The same arguments give the same history, byte for byte. So do the same deliveries, in any order within a day.
    """

    def __init__(
        self,
        seed: int = 2026,
        weeks: int = 26,
        end: datetime = datetime(2026, 6, 29, tzinfo=LONDON),
        scale: float = 1.0,
        faults: Faults = NONE,
    ) -> None:
        """Create the history. `end` is a Monday 00:00 Europe/London; the first crime is reported `weeks` weeks before.

        `scale` multiplies the volume. Raises SettingsError for another `end`, or if `weeks` or `scale` is not above 0.
        """
        local = end.astimezone(LONDON) if end.tzinfo else None
        if local is None or local.weekday() != 0 or local != local_midnight(local.date()):
            raise SettingsError(
                f"end of the simulated force: {end.isoformat()} is not a Monday 00:00 in Europe/London; choose one"
            )
        if weeks < 1 or scale <= 0:
            raise SettingsError(f"simulated force: {weeks} weeks at scale {scale}; both must be above 0")
        first = local.date() - timedelta(weeks=weeks)
        self.start, self.end = local_midnight(first), local
        self._seed, self._faults = seed, faults
        self._days = Days(first, 7 * weeks)
        self._staff = recruit(seed, weeks)
        _check(faults, self._staff)
        self.lives, self.late = [], []
        self._cases: list[SimulatedCase] = []
        with _collector_paused():
            self._write(scale)
        self._places = {case.number: place for place, case in enumerate(self._cases)}
        self._told: dict[int, list[_Told]] = {}
        self._spoil()

    def officers(self, now: datetime) -> list[dict[str, Any]]:
        """Return the officer directory as it was at `now`."""
        return self._staff.directory(self._days, self._days.of(int(now.timestamp())))

    def answers(self, now: datetime) -> bool:
        """Return False on the dates of a planted gap."""
        return now.astimezone(LONDON).date() not in self._faults.feed_gap

    def deliver(self, recipient: str, sent_at: datetime, crime_refs: Iterable[str]) -> None:
        """Receive an email about some crimes: its reader acts on each within three working days, or never.

        An officer acts by their own habit; a supervisor or champion speaks to the officer in the case. An officer who
        updated the victim but never entered it does so now, with the date it took place. Crimes of another force are
        ignored.
        """
        reader = self._staff.by_email.get(recipient.lower())
        if reader is None:
            return
        sent = int(sent_at.timestamp())
        for ref in crime_refs:
            place = self._places.get(ref)
            if place is not None:
                self._tell(reader, sent, place)

    def _tell(self, reader: SimulatedOfficer, sent: int, place: int) -> None:
        """Handle one crime of one email, regardless of what others were told on the same day and in which order."""
        case, today = self._cases[place], self._days.of(sent)
        told = self._told.setdefault(place, [])
        if any(other.day == today and other.reader == reader.ref for other in told):
            return
        earlier = [other for other in told if other.day < today]
        officer = case.owner(sent) if reader.habit is LEADING else reader
        rng = Random(f"{self._seed}/{case.number}/{today}/{reader.ref}")
        pending = any(sent < other.acts < NEVER for other in earlier)
        acts = NEVER
        if officer is not None and not pending and rng.random() < self._readiness(officer, len(earlier)):
            acts = self._when(rng, officer, sent, today)
            if acts < NEVER:
                keyed = any(other.acts < NEVER for other in earlier)
                self._act(rng, place, (reader, officer), sent=sent, acts=acts, keyed=keyed)
        told.append(_Told(today, reader.ref, acts))

    def _readiness(self, officer: SimulatedOfficer, earlier: int) -> float:
        """Return the chance that an officer acts on an email about a crime, after `earlier` reminders about it."""
        return officer.habit.heeds * FATIGUE**earlier

    def _when(self, rng: Random, officer: SimulatedOfficer, sent: int, today: int) -> int:
        """Return the second at which an officer acts: at work and within three working days, or never."""
        day = today
        for _ in range(int(rng.random() * 4)):
            day += 1
            while not self._days.is_working(day):
                day += 1
        back = officer.back(day)
        if back > day + 7 or back >= len(self._days.midnights):
            return NEVER
        return max(
            self._days.midnights[back] + 8 * HOUR + int(rng.random() * 10 * HOUR),
            sent + 1800 + int(rng.random() * HOUR),
        )

    def _act(
        self,
        rng: Random,
        place: int,
        people: tuple[SimulatedOfficer, SimulatedOfficer],
        *,
        sent: int,
        acts: int,
        keyed: bool,
    ) -> None:
        """Enter a contact that was made but never entered, unless it already is (`keyed`); otherwise make one."""
        reader, officer = people
        made = [at for at in self._cases[place].uncoded if at < sent]
        if made and not keyed:
            update = Contact(made[-1], acts, officer, "informed", "phone").to_update("R0", None)
        else:
            outcome = "informed" if rng.random() < 0.87 else "attempted"
            ref = f"R{self._days.of(sent)}-{reader.ref}"
            update = Contact(acts - 900, acts, officer, outcome, "phone").to_update(ref, None)
        self.lives[place].add((acts, "updates", update["update_ref"], update))
        self.late.append((acts, place))

    def _write(self, scale: float) -> None:
        """Create the life of every crime, in order of report."""
        rng = Random()
        for number, (day, offence, division) in enumerate(self._reports(scale), start=1):
            rng.seed(self._seed * 1_000_003 + number)
            ref = f"22/{number:06}/{self._days.date(day):%y}"
            case = open_case(rng, self._days, self._staff, number=ref, offence=offence, division=division, day=day)
            keep_informed(case, self._faults)
            if case.entries:
                self._cases.append(case)
                self.lives.append(Life(case.entries))

    def _reports(self, scale: float) -> Iterator[tuple[int, Offence, SimulatedDivision]]:
        """Yield the day, offence and division of each report."""
        rng = Random(f"{self._seed}/reports")
        for day in range(self._days.count):
            for offence in OFFENCES:
                for _ in range(_poisson(rng, scale * offence.monthly / MONTH_DAYS * offence.weekdays[day % 7])):
                    yield day, offence, DIVISIONS[bisect_right(_SHARES, rng.random())]

    def _spoil(self) -> None:
        """Give one record each kind of fault; every second one is corrected after some days."""
        rng = Random(f"{self._seed}/faults")
        kinds = list(KINDS)[: len(self.lives)]
        places = rng.sample(range(len(self.lives)), len(kinds))
        for turn, (kind, place) in enumerate(zip(kinds, places, strict=True)):
            life = self.lives[place]
            life.add((life.begins, SPOILT, None, kind))
            if turn % 2:
                life.add((life.begins + DAY + int(rng.random() * 20 * DAY), SPOILT, None, None))


def crime_refs_in(text: str) -> list[str]:
    """Return the simulated force's crime numbers in a text, such as an email: each once, in order."""
    return list(dict.fromkeys(_CRIME_REF.findall(text)))


_CRIME_REF: Final = re.compile(r"\b22/\d{6,}/\d\d\b")
_SHARES: Final = tuple(accumulate(division.share for division in DIVISIONS))


@dataclass(frozen=True, slots=True)
class _Told:
    """A reader told about a crime on a day, and the second at which someone acts on it, or NEVER."""

    day: int
    reader: str
    acts: int


def _check(faults: Faults, staff: Staff) -> None:
    """Raise SettingsError if a fault is planted in a division that does not exist."""
    if faults.worse_division not in (None, *staff.lpts):
        raise SettingsError(
            f"planted faults: no division is called {faults.worse_division}; use one of {', '.join(staff.lpts)}"
        )


def _poisson(rng: Random, mean: float) -> int:
    """Return a random count of independent reports with this mean, by Knuth's product of chances, part by part."""
    count = 0
    while mean > 0:
        part = min(mean, 200.0)
        mean -= part
        chance, floor = rng.random(), exp(-part)
        while chance > floor:
            chance *= rng.random()
            count += 1
    return count


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector. Nothing made here is garbage, so the collector would only waste time on it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
