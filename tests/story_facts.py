"""What a story says happens: sentences, and what each does to the crime system, the directory and the mail server."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from compliance.records import Officer
from compliance.records.wire import Absence
from tests.story_files import Entry, StartingCrime, Story

LONDON: Final = ZoneInfo("Europe/London")
NOON, MIDNIGHT, LAST_MINUTE = time(12), time(0), time(23, 59)
PLACE: Final = {"team": "North 1", "division": "North"}
Record = dict[str, Any]


def at(day: date | str, clock: time) -> datetime:
    """The instant of a local time on a day."""
    return datetime.combine(date.fromisoformat(str(day)), clock, LONDON).astimezone(UTC)


def text(instant: datetime) -> str:
    """An instant as a record has it."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Facts:
    """The crime system, the directory and the mail server of a story as they are at `now` (UTC).

    `answers`: what a mailbox does with email ("refused", "deferred", "bounced"), by address; it accepts where there is
    none. `mark`
    ends each name that leaves the story, so that several stories can be lived side by side, each with its own people.
    """

    now: datetime
    mark: str = ""
    records: dict[str, Record] = field(default_factory=dict)
    directory: dict[str, Officer] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    answers_us: bool = True
    """Whether the crime system can be read."""

    @classmethod
    def of(cls, story: Story, staff: dict[str, Entry], mark: str = "") -> "Facts":
        """The facts at the beginning of a story."""
        return cls(
            at(story.first, MIDNIGHT),
            mark,
            {ref: _record(crime) for ref, crime in story.crimes.items()},
            {ref: _officer(ref, entry) for ref, entry in staff.items()},
        )

    def served(self) -> list[Record]:
        """The records that the crime system has by now."""
        return [
            {"crime_ref": ref + self.mark, **self._place()}
            | {name: value for name, value in record.items() if name != "allocations"}
            | {
                "allocations": [
                    {**each, **self._place(), "officer_ref": self._out(each["officer_ref"])}
                    for each in record["allocations"]
                ]
            }
            for ref, record in self.records.items()
            if record["reported_at"] <= text(self.now)
        ]

    def listed(self) -> list[Officer]:
        """The directory."""
        return [
            msgspec.structs.replace(
                entry,
                officer_ref=ref + self.mark,
                supervisor_ref=self._out(entry.supervisor_ref),
                email=self.address(entry.email),
                team=f"{entry.team}{self.mark}",
                division=f"{entry.division}{self.mark}",
                absent=[*(entry.absent or ())],
            )
            for ref, entry in self.directory.items()
        ]

    def address(self, address: str | None) -> str | None:
        """An address as the mail server knows it."""
        return address and address.replace("@", f"{self.mark}@", 1)

    def plain(self, ref: str | None) -> str:
        """The name within the story."""
        return str(ref).removesuffix(self.mark)

    def _out(self, ref: str | None) -> str | None:
        return ref and ref + self.mark

    def _place(self) -> Record:
        return {name: where + self.mark for name, where in PLACE.items()}

    def hear(self, sentence: str) -> None:
        """Do what a sentence says. Raises ValueError if it is not understood, or speaks of what is not there."""
        for pattern, do in _SENTENCES.items():
            if found := re.fullmatch(pattern, sentence):
                try:
                    return do(self, **found.groupdict())
                except (KeyError, IndexError, StopIteration) as error:
                    raise ValueError(f"{sentence!r}: there is no such thing: {error}") from None
        raise ValueError(f"{sentence!r} is not understood; see tests/story_facts.py for what may happen")

    def victim(self, crime: str, victim: str | None) -> Record:
        """The record of a victim, the first if none is named."""
        return next(v for v in self.records[crime]["victims"] if victim in (None, v["victim_ref"]))


def _record(crime: StartingCrime) -> Record:
    officer, reported = None if crime.officer == "nobody" else crime.officer, at(crime.reported, NOON)
    words = (victim.split() for victim in crime.victims)
    record: Record = {
        "reported_at": text(reported),
        "allocations": [{"officer_ref": officer, "from": text(reported)}],
        "victims": [{"victim_ref": name, "category": (*category, "standard")[0]} for name, *category in words],
        "updates": [],
        "status": [],
    }
    for day in crime.updates:
        _add_contact(record, "informed", at(day, NOON), at(day, NOON))
    return record


def _officer(ref: str, entry: Entry) -> Officer:
    return Officer(
        ref, email=f"{ref}@force.example", role=entry.role, supervisor_ref=entry.supervisor, team=entry.team,
        division=PLACE["division"],
    )  # fmt: skip


def _add_contact(record: Record, outcome: str, when: datetime, entered: datetime, victim: str | None = None) -> None:
    day = when.astimezone(LONDON).date()
    contact = {"at": text(when), "entered_at": text(entered), "outcome": outcome, "victim_ref": victim}
    record["updates"].append({"update_ref": f"{day} {len(record['updates'])}", **contact})


def _contact(facts: Facts, crime: str, victim: str | None, what: str, on: str | None) -> None:
    when = at(on, NOON) if on else facts.now
    outcome = {"update": "informed", "attempt": "attempted"}[what]
    _add_contact(facts.records[crime], outcome, when, facts.now, victim)


def _remove(facts: Facts, crime: str, on: str) -> None:
    updates = facts.records[crime]["updates"]
    updates.remove(next(update for update in updates if update["update_ref"].startswith(on)))


def _hold(
    facts: Facts, crime: str, victim: str | None, first: str | None, until: str | None, reason: str | None
) -> None:
    span = {
        "from": text(at(first, MIDNIGHT) if first else facts.now),
        "until": until and text(at(until, LAST_MINUTE)),
        "reason": reason,
    }
    facts.victim(crime, victim).setdefault("contact_holds", []).append(span)


def _lift(facts: Facts, crime: str, victim: str | None) -> None:
    facts.victim(crime, victim)["contact_holds"][-1]["until"] = text(facts.now)


def _decline(facts: Facts, crime: str, victim: str | None, first: str | None, until: str | None) -> None:
    start, end = at(first, NOON) if first else facts.now, until and text(at(until, NOON))
    facts.victim(crime, victim).update(declined_at=text(start), declined_until=end)


def _wants_updates(facts: Facts, crime: str, victim: str | None) -> None:
    facts.victim(crime, victim)["declined_until"] = text(facts.now)


def _status(facts: Facts, crime: str, status: str) -> None:
    word = "open" if status == "opened again" else status
    facts.records[crime]["status"].append({"status": word, "at": text(facts.now)})


def _withdraw_close(facts: Facts, crime: str) -> None:
    facts.records[crime]["status"].pop()


def _give(facts: Facts, crime: str, officer: str, on: str | None) -> None:
    ref, when = None if officer == "nobody" else officer, at(on, NOON) if on else facts.now
    facts.records[crime]["allocations"].append({"officer_ref": ref, "from": text(when)})


def _correct(facts: Facts, crime: str, on: str) -> None:
    record, reported = facts.records[crime], text(at(on, NOON))
    record["reported_at"] = record["allocations"][0]["from"] = reported


def _category(facts: Facts, crime: str, victim: str | None, category: str) -> None:
    facts.victim(crime, victim)["category"] = category


def _add_victim(facts: Facts, crime: str, victim: str) -> None:
    new = {"victim_ref": victim, "category": "standard", "added_at": text(facts.now)}
    facts.records[crime]["victims"].append(new)


def _absent(facts: Facts, officer: str, first: str | None, until: str | None) -> None:
    entry, tonight = facts.directory[officer], facts.now + timedelta(hours=4)
    day = first or str(tonight.astimezone(LONDON).date())
    entry.absent = [*(entry.absent or ()), Absence(day, until)]


def _back(facts: Facts, officer: str) -> None:
    absent = facts.directory[officer].absent
    assert absent, f"{officer} is not absent"
    absent[-1].end = str(facts.now.astimezone(LONDON).date())


def _leaves(facts: Facts, officer: str) -> None:
    facts.directory[officer].left_on = str((facts.now + timedelta(hours=4)).astimezone(LONDON).date())


def _address(facts: Facts, officer: str, address: str) -> None:
    facts.directory[officer].email = None if address == "none" else address


def _unlisted(facts: Facts, officer: str) -> None:
    """Before the directory is first read: an entry that is gone later stays as last seen."""
    del facts.directory[officer]


def _mailbox(facts: Facts, officer: str, does: str) -> None:
    address = str(facts.directory[officer].email)
    facts.answers.pop(address, None)
    if does != "accepts":
        facts.answers[address] = {"refuses": "refused", "defers": "deferred", "sends back": "bounced"}[does]


def _crime_system(facts: Facts, answers: str) -> None:
    facts.answers_us = answers == "answers again"


_CRIME: Final = r"(?P<crime>C\d+)"
_VICTIM: Final = rf"{_CRIME}(?:/(?P<victim>V\d+))?"
_OFFICER: Final = r"(?P<officer>[a-z]+)"
_ON, _FIRST, _UNTIL = (rf"(?P<{name}>\d{{4}}-\d\d-\d\d)" for name in ("on", "first", "until"))
_SENTENCES: Final[dict[str, Callable[..., None]]] = {
    rf"{_VICTIM}: (?P<what>update|attempt)(?: of {_ON} entered)?": _contact,
    rf"{_CRIME}: update of {_ON} removed": _remove,
    rf"{_VICTIM}: contact hold(?: from {_FIRST})?(?: until {_UNTIL})?(?:, reason (?P<reason>.+))?": _hold,
    rf"{_VICTIM}: contact hold lifted": _lift,
    rf"{_VICTIM}: updates declined(?: from {_FIRST})?(?: until {_UNTIL})?": _decline,
    rf"{_VICTIM}: updates wanted again": _wants_updates,
    rf"{_VICTIM}: category (?P<category>enhanced|standard)": _category,
    rf"{_CRIME}: victim (?P<victim>V\d+) added": _add_victim,
    rf"{_CRIME}: (?P<status>closed|opened again|cancelled)": _status,
    rf"{_CRIME}: close withdrawn": _withdraw_close,
    rf"{_CRIME}: given to {_OFFICER}(?: on {_ON})?": _give,
    rf"{_CRIME}: report corrected to {_ON}": _correct,
    rf"{_OFFICER}: absent(?: from {_FIRST})?(?: until {_UNTIL})?": _absent,
    rf"{_OFFICER}: back": _back,
    rf"{_OFFICER}: leaves": _leaves,
    rf"{_OFFICER}: address (?P<address>\S+)": _address,
    rf"{_OFFICER}: not in the directory": _unlisted,
    rf"{_OFFICER}: mailbox (?P<does>refuses|defers|sends back|accepts)": _mailbox,
    r"crime system: (?P<answers>does not answer|answers again)": _crime_system,
}
"""What may happen, and what it does."""
