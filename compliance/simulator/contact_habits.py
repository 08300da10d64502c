"""How officers in the simulated force keep victims informed: contacts by habit, and how they are entered."""

from random import Random
from typing import Any, Final, NamedTuple

from compliance.simulator.casework import SimulatedCase
from compliance.simulator.days import DAY, HOUR, NEVER, instant
from compliance.simulator.faults import Faults
from compliance.simulator.people import HABITS, Habit, SimulatedOfficer

_METHODS: Final = ("phone", "phone", "phone", "phone", "visit", "visit", "email", "email", "letter", "text")
_ATTEMPTS: Final = ("voicemail", "voicemail", "phone", "visit")
_NOBODY: Final = Habit("no officer in the case", 0.0, 0.30, 0.5, 0.20, 0.1, 0.10, 0.30, 0.0, 0.10, 3, 0.0)


class Contact(NamedTuple):
    """A contact or an attempt: when it took place and was entered (seconds), the officer, outcome and method."""

    at: int
    entered: int
    officer: SimulatedOfficer | None
    outcome: str
    method: str

    def to_update(self, ref: str, victim: str | None) -> dict[str, Any]:
        """Return it as an update (records section 1), without `entered_at` if it was entered within five minutes."""
        update: dict[str, Any] = {
            "update_ref": ref,
            "at": instant(self.at),
            "outcome": self.outcome,
            "method": self.method,
        }
        if victim is not None:
            update["victim_ref"] = victim
        if self.entered - self.at > 300:
            update["entered_at"] = instant(self.entered)
        if self.officer is not None:
            update["officer_ref"] = self.officer.ref
        return update


def keep_informed(case: SimulatedCase, faults: Faults) -> None:
    """Add the contacts of a case to its entries, if there is anyone to keep informed."""
    if case.owed:
        _Diary(case, faults).write()


class _Diary:
    """The contacts of one case, from the report to after its close."""

    def __init__(self, case: SimulatedCase, faults: Faults) -> None:
        self.case = case
        self.rng = case.rng
        self.days = case.days
        self.day0 = case.days.of(case.reported)
        self.faults = faults
        self.unreachable = self.rng.random() < 0.04
        self.updates = 0

    def write(self) -> None:
        case, rng = self.case, self.rng
        closed = self.days.of(case.closed)
        last = self._report_day()
        first = self._first_week(last is not None)
        if first is not None:
            last = first
        self._months(self.day0 + 7 if last is None else max(last, self.day0 + 3), closed)
        for second in case.events:
            if rng.random() < self._chance("closing", second):
                self._make(self.days.of(second) + int(rng.random() * 5))
        if case.closed < NEVER and rng.random() < self._chance("closing", case.closed):
            self._make(closed + int(rng.random() ** 2 * 5))
        if case.reopened < self.days.end:
            reopened = self.days.of(case.reopened)
            self._months(reopened, reopened + 25)

    def _chance(self, kind: str, second: int) -> float:
        """Return the chance of a kind of contact by the officer who has the case at a second."""
        officer = self.case.owner(second)
        if officer is None:
            return float(getattr(_NOBODY, kind))
        return min(float(getattr(officer.habit, kind)) * officer.care * self._worse(second), 0.97)

    def _worse(self, second: int) -> float:
        """Return the share of every chance that a planted fault leaves at a second."""
        faults = self.faults
        planted = (
            self.case.division.name == faults.worse_division and self.days.of(second) >= 7 * faults.worse_from_week
        )
        return 1 - faults.worse_by if planted else 1.0

    def _report_day(self) -> int | None:
        """Make the call on the day of the report, and one with the crime number if it was recorded days later."""
        case, rng = self.case, self.rng
        made = None
        if rng.random() < self._chance("same_day", case.recorded + 6 * HOUR):
            second = case.reported + 1200 + int(rng.random() * 4 * HOUR)
            if second < self.days.midnights[self.day0 + 1]:
                made = self._make(self.day0, second)
        recorded = self.days.of(case.recorded)
        if recorded > self.day0 and rng.random() < 0.68 * case.division.care * self._worse(case.recorded):
            self._make(recorded, case.recorded + 600 + int(rng.random() * 2 * HOUR))
        return made

    def _first_week(self, told: bool) -> int | None:
        """Make the contact of days 1 to 7, which an officer who called on day 0 may skip; or make one too late."""
        case, rng = self.case, self.rng
        chance = self._chance("first", case.recorded + DAY)
        officer = case.owner(case.recorded + DAY) or case.owner(NEVER)
        if told and officer is not None:
            chance *= 1 - officer.habit.enough
        if self.days.of(case.recorded) > self.day0:
            chance *= 0.55
        if rng.random() < chance:
            return self._make(self.day0 + 1 + int(rng.random() ** 1.3 * 7))
        if rng.random() < self._chance("late", case.recorded + 8 * DAY) * (0.35 if told else 1):
            return self._make(self.day0 + 8 + int(rng.random() * 12))
        return None

    def _months(self, last: int, until: int) -> None:
        """Make contact after contact while the case is open: in time by habit, or skipped."""
        rng, midnights = self.rng, self.days.midnights
        until = min(until, self.days.of(self.days.end))
        while last + 6 < until:
            if rng.random() < self._chance("monthly", midnights[last]):
                last += 8 + int(rng.random() ** 0.7 * 20)
                if last < until:
                    last = min(self._make(last) or last, until)
            else:
                last += 28 + int(rng.random() * 10)
                if last < until and rng.random() < 0.5:
                    self._make(last)

    def _make(self, day: int, second: int | None = None) -> int | None:
        """Make a contact on a day, at a second or in the officer's working hours; return the day it was made."""
        rng, case = self.rng, self.case
        if day >= len(self.days.midnights) - 30:
            return None
        at = second or max(
            self.days.midnights[day] + 9 * HOUR + int(rng.random() ** 1.2 * 11 * HOUR), case.reported + 1800
        )
        officer = case.owner(at)
        if officer is not None and second is None:
            back = officer.back(day)
            if back > day + 6:
                return None
            at += self.days.midnights[back] - self.days.midnights[day]
            day = back
        habit = officer.habit if officer else HABITS[0]
        if rng.random() < habit.uncoded:
            case.uncoded.append(at)
            return day
        self._reach(at, officer, habit)
        return day

    def _reach(self, at: int, officer: SimulatedOfficer | None, habit: Habit) -> None:
        """Update the victim, perhaps after a first attempt; a victim who is hard to reach gets only another attempt."""
        rng = self.rng
        if self.unreachable and rng.random() < 0.8:
            self._update(
                Contact(at, self._pick_entry_time(at, habit), officer, "attempted", _ATTEMPTS[int(rng.random() * 4)])
            )
            return
        before = at - 1200 - int(rng.random() * 2 * DAY)
        if rng.random() < 0.15 and before > self.case.reported:
            entered = self._pick_entry_time(before, habit)
            self._update(Contact(before, entered, officer, "attempted", _ATTEMPTS[int(rng.random() * 4)]))
        method = _METHODS[int(rng.random() * 10)]
        self._update(Contact(at, self._pick_entry_time(at, habit), officer, "informed", method))

    def _pick_entry_time(self, at: int, habit: Habit) -> int:
        """Return when a contact is entered: within the hour, or days later, but never before the record exists."""
        rng = self.rng
        entered = at + 120 + int(rng.random() * HOUR)
        if rng.random() < habit.lagging:
            day = self.days.of(at) + 1 + int(rng.random() * habit.lag)
            entered = self.days.midnights[day] + 8 * HOUR + int(rng.random() * 10 * HOUR)
        return max(entered, self.case.recorded)

    def _update(self, contact: Contact) -> None:
        """Enter a contact: for every victim, or for each one known by then; some with an error, some withdrawn."""
        rng, victims = self.rng, self.case.victims
        at = instant(contact.at)
        if len(victims) > 1 and rng.random() < 0.5:
            for victim in victims:
                if rng.random() < 0.75 and victim.get("added_at", at) <= at:
                    self._type(contact, victim["victim_ref"])
        else:
            self._type(contact, victims[0]["victim_ref"] if rng.random() < 0.5 else None)

    def _type(self, contact: Contact, victim: str | None) -> None:
        self.updates += 1
        ref = f"U{self.updates}"
        update = contact.to_update(ref, victim)
        chance = self.rng.random()
        if chance < 0.003:
            update = _slip(self.rng, {**update, "entered_at": instant(contact.entered)}, self.case.reported, contact.at)
        self.case.note(contact.entered, "updates", ref, update)
        if chance > 0.999:
            self.case.note(contact.entered + int((2 + self.rng.random() * 20) * DAY), "updates", ref, None)


def _slip(rng: Random, update: dict[str, Any], reported: int, at: int) -> dict[str, Any]:
    """Return an update with a typing error: a year too late, before the report, another crime's victim, no outcome."""
    kind = int(rng.random() * 10)
    if kind == 0:
        return {**update, "at": instant(at + 365 * DAY)}
    if kind < 4:
        return {**update, "at": instant(reported - DAY - int(rng.random() * 20 * DAY))}
    if kind < 8:
        return {**update, "victim_ref": f"V{5 + int(rng.random() * 90)}"}
    return {name: value for name, value in update.items() if name != "outcome"}
