"""What may befall a simulated force: contact holds, absences, cases that go to and fro, mailboxes that take no mail."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from compliance.records import decode_crimes
from compliance.simulator import SimulatedCrimeSystem, SimulatedForce
from compliance.store import officers
from tests.force_days import ForceDays

DAY: Final = timedelta(days=1)


class HeedlessForce(SimulatedForce):
    """A force whose officers do not act on what they read: what is neglected stays so."""

    def deliver(self, *_: object) -> None:
        """Nothing comes of it."""


class TroubledSystem(SimulatedCrimeSystem):
    """A crime system in which all is with one team, so that its few people meet every trouble: records with contact
    holds, cases that go to and fro, absences. They are the same for the same seed, whenever they are read."""

    def __init__(self, force: SimulatedForce, seed: int) -> None:
        super().__init__(force)
        self._seed = seed
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
        """With an absence or two more for every third officer over the last weeks of the force."""
        entries = [msgspec.json.decode(line) for line in super().directory().splitlines()]
        for entry in entries:
            dice = Random(f"{self._seed}/{entry['officer_ref']}")
            for _ in range(dice.choice((0, 0, 1, 1, 2))):
                first = self._history.end.date() - dice.randrange(35) * DAY
                span = {"from": str(first), "until": str(first + dice.randrange(12) * DAY)}
                entry["absent"] = [*(entry["absent"] or ()), span]
        return msgspec.json.Encoder().encode_lines(entries)


def defer_some(service: ForceDays, seed: int) -> None:
    """Some mailboxes take no mail for one to twelve days, each day others."""
    service.sink.defer.clear()
    for entry in officers(service.store).values():
        dice = Random(f"{seed}/{entry.officer_ref}")
        for _ in range(dice.choice((0, 0, 0, 1, 2))):
            first = service.force.end.date() - dice.randrange(40) * DAY
            if entry.email and first <= service.day <= first + dice.randrange(12) * DAY:
                service.sink.defer.add(entry.email)
