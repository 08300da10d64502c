"""What may befall a simulated force: contact holds, absences, cases that go to and fro, mailboxes that take no mail."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

import msgspec

from compliance.records import decode_crimes
from compliance.simulator import RecordLives, SimulatedCrimeSystem, SimulatedForce
from compliance.store import officers
from tests.force_days import ForceDays

DAY: Final = timedelta(days=1)
SPELL: Final = 40
"""Troubles come anew in every so many days, back from the end of the force."""


class HeedlessForce(SimulatedForce):
    """A force whose officers do not act on what they read: what is neglected stays so."""

    def deliver(self, *_: object) -> None:
        """Nothing comes of it."""


class HalfHeedlessForce(SimulatedForce):
    """A force whose officers act on what they read of every other crime, and never of the others."""

    def deliver(self, recipient: str, sent_at: datetime, crime_refs: Iterable[str]) -> None:
        super().deliver(recipient, sent_at, [ref for ref in crime_refs if Random(ref).random() < 0.5])


class TroubledSystem(SimulatedCrimeSystem):
    """A crime system in which all is with one team, so that its few people meet every trouble: records with contact
    holds, cases that go to and fro, absences over the last days. They are the same for the same seed, whenever they are
    read."""

    def __init__(self, force: SimulatedForce, seed: int, days: int) -> None:
        super().__init__(force)
        self._seed, self._days = seed, days
        teams: dict[tuple[str, str], list[str]] = defaultdict(list)
        for line in super().directory().splitlines():
            entry = msgspec.json.decode(line)
            if entry["role"] not in ("supervisor", "champion"):
                teams[entry["team"], entry["division"]].append(entry["officer_ref"])
        (team, division), self._officers = next(each for each in sorted(teams.items()) if len(each[1]) >= 4)
        self._where = {"team": team, "division": division}

    def _record(self, crime: int) -> bytes:
        raw = super()._record(crime)
        if decode_crimes([raw])[1]:
            return raw  # spoilt on purpose
        record = msgspec.json.decode(raw)
        dice, reported = Random(f"{self._seed}/{record['crime_ref']}"), datetime.fromisoformat(record["reported_at"])
        told = [{"officer_ref": dice.choice(self._officers), "from": record["reported_at"], **self._where}]
        for victim in record.get("victims") or []:
            if dice.random() < 0.3:
                start = reported + dice.randrange(40) * DAY
                until = start + dice.randrange(1, 30) * DAY if dice.random() < 0.8 else None
                hold = {"reason": "as recorded", "from": start.isoformat(), "until": until and until.isoformat()}
                victim["contact_holds"] = [*(victim.get("contact_holds") or ()), hold]
        if dice.random() < 0.4:
            two, at = dice.choices(self._officers, k=2), reported
            for turn in range(dice.randrange(1, 6)):
                at += dice.randrange(1, 9) * DAY + dice.randrange(24) * timedelta(hours=1)
                told.append({"officer_ref": two[turn % 2], "from": at.isoformat(), **self._where})
        return msgspec.json.encode(record | {"allocations": told} | self._where)

    def directory(self) -> bytes:
        """The team and the leaders of its division, with an absence or two more for every other in every spell."""
        division = self._where["division"]
        everyone = [msgspec.json.decode(line) for line in super().directory().splitlines()]
        entries = [e for e in everyone if e["officer_ref"] in self._officers]
        entries += [e for e in everyone if e["division"] == division and e["role"] in ("supervisor", "champion")]
        for entry in entries:
            spans = [
                {"from": str(first), "until": str(until)}
                for first, until in spells(self._history, f"{self._seed}/{entry['officer_ref']}", self._days)
            ]
            entry["absent"] = [*(entry["absent"] or ()), *spans]
        return msgspec.json.Encoder().encode_lines(entries)


def spells(force: RecordLives, seed: str, days: int) -> Iterator[tuple[date, date]]:
    """The first and the last day of what befalls one person over the last days of a force: nothing, or once or twice in
    every spell, for up to twelve days."""
    dice = Random(seed)
    for before in range(0, days, SPELL):
        for _ in range(dice.choice((0, 0, 1, 1, 2))):
            first = force.end.date() - (before + dice.randrange(SPELL)) * DAY
            yield first, first + dice.randrange(12) * DAY


def in_trouble(service: ForceDays, seed: str, days: int) -> set[str]:
    """The addresses of those who are in a trouble of a kind today: each kind has a seed."""
    found = {
        entry.email: spells(service.force, f"{seed}/{entry.officer_ref}", days)
        for entry in officers(service.store).values()
        if entry.email and Random(f"{seed}/{entry.officer_ref}?").random() < 0.5
    }
    return {a for a, spans in found.items() if any(first <= service.day <= until for first, until in spans)}
