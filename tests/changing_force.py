"""A small force whose records change in every way that a crime system's do, with the service that watches it.

A day at a time: crimes that come late, updates typed in late, corrected, withdrawn or dated ahead, records refused and
come right, records that vanish and come back, cases that change hands, declines, officers who join the directory; and
on working mornings the reminders. Polls are missed and broken off; each lasts some minutes over midnight's end.
"""

from copy import deepcopy
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlmodel import col, select

from compliance.policy import load_policy
from compliance.records import Officer
from compliance.reminders import remind
from compliance.store import (
    Store,
    begin_poll,
    end_poll,
    judge_due,
    mark_missing,
    save_officers,
    take_page,
)
from compliance.store.tables import Outbox
from tests.reminding import reminder_settings
from tests.stores import SOURCE, Record

LONDON: Final = ZoneInfo("Europe/London")
POLICY: Final = load_policy("west-mercia")
DIVISIONS: Final = ("North", "South", "West")
METHODS: Final = ("phone", "visit", "letter", "email", None)
OUTCOMES: Final = ("informed",) * 8 + ("attempted", "attempted", "left message", None)
CATEGORIES: Final = ("standard",) * 6 + ("enhanced", "enhanced", "state")
POLL: Final = time(5, 30)


class ChangingForce:
    """The force and its service, a day at a time from a local date on; the same for the same seed.

    What was reported in the `backlog` days before the first day is read on it.
    """

    def __init__(self, store: Store, seed: int, first: date, backlog: int = 60, a_day: int = 3) -> None:
        self.store, self._dice, self._a_day = store, Random(seed), a_day
        self.settings = reminder_settings(first)
        self.day = first - timedelta(days=1)
        self._first = first
        self._numbers = 0
        self._records: dict[str, Record] = {}
        self._spoilt: dict[str, bytes] = {}
        self._late: list[tuple[date, Record]] = []
        self._gone: set[str] = set()
        self._changed: dict[str, None] = {}
        self._officers = {f"O{n}": Officer(f"O{n}", email=f"o{n}@force.example") for n in range(12)}
        for back in range(backlog, 0, -1):
            self._new_crimes(first - timedelta(days=back))

    @property
    def now(self) -> datetime:
        """When the day's poll begins."""
        return datetime.combine(self.day, POLL, LONDON)

    def live(self) -> bool:
        """The next day: everything typed in since the last, the poll, the reminders -> whether the poll was complete."""
        self.day += timedelta(days=1)
        for back in (1, 0):
            self._new_crimes(self.day - timedelta(days=back))
        for change in self._dice.choices(self._changes, k=4 * self._a_day):
            change()
        self._change_directory()
        if self.day > self._first and self._dice.random() < 0.12:
            return False
        is_complete = self.day == self._first or self._dice.random() < 0.9
        self._poll(is_complete)
        judge_due(self.store, POLICY, self.now + timedelta(minutes=10))
        self._mail()
        return is_complete

    def _poll(self, is_complete: bool) -> None:
        poll = begin_poll(self.store, SOURCE, self.now)
        if is_complete:
            self._vanish()
            mark_missing(self.store, SOURCE, self._records.keys() - self._gone, self.now)
        came = list(self._changed)
        self._dice.shuffle(came)
        parts = [came[: len(came) // 2], came[len(came) // 2 :]] if is_complete else [came[: len(came) // 3]]
        for minute, refs in enumerate(parts, 1):
            raws = [self._raw(ref) for ref in refs]
            take_page(self.store, poll, SOURCE, raws, None, self.now + timedelta(minutes=minute))
            for ref in refs:
                del self._changed[ref]
        end_poll(self.store, poll, self.now + timedelta(minutes=4), is_complete, None if is_complete else "cut off")
        if is_complete:
            save_officers(self.store, list(self._officers.values()), self.now + timedelta(minutes=5))

    def _raw(self, ref: str) -> bytes:
        return self._spoilt.get(ref) or msgspec.json.encode(self._records[ref])

    def _mail(self) -> None:
        """The morning's digests; most are taken by the mail server at once, the others with the next."""
        now = datetime.combine(self.day, time(7), LONDON)
        remind(self.store, POLICY, self.settings, now)
        with self.store.session() as session:
            for mail in session.exec(select(Outbox).where(col(Outbox.state) == "queued")).all():
                if self._dice.random() < 0.8:
                    mail.state, mail.sent_at = "sent", now
                    session.add(mail)

    # What changes in the records.

    @property
    def _changes(self) -> list[Any]:
        often = [self._tell, self._tell, self._tell, self._tell_late]
        return [
            *often, *often, self._tell_ahead, self._tell_untimed, self._correct, self._withdraw, self._redate,
            self._close, self._close, self._reopen, self._cancel, self._recategorise, self._add_victim, self._decline,
            self._hand_over, self._move, self._spoil, self._mend, self._return, self._drop_victims,
        ]  # fmt: skip

    def _instant(self, day: date, early: bool = False) -> str:
        """Some second of a local date; of today, before the poll."""
        seconds = 5 * 3600 if day >= self.day or early else 24 * 3600
        begins = datetime.combine(day, time(), LONDON)
        return (begins + timedelta(seconds=self._dice.randrange(seconds))).isoformat()

    def _typed(self) -> str:
        """Some second since the last poll."""
        return self._instant(self.day - timedelta(days=self._dice.randrange(2)))

    def _new_crimes(self, day: date) -> None:
        for _ in range(self._dice.randrange(2 * self._a_day)):
            self._numbers += 1
            ref = f"22/{self._numbers:05}/26"
            record: Record = {
                "crime_ref": ref, "reported_at": self._instant(day), "status": [], "updates": [], "allocations": [],
                "victims": [{"victim_ref": f"V{n}", "category": self._dice.choice(CATEGORIES)}
                            for n in range(self._dice.choice((0, 1, 1, 1, 1, 1, 1, 2)))],
                "division": self._dice.choice(DIVISIONS), "offence": self._dice.choice(("Burglary", "Robbery", "Fraud")),
                "officer_ref": self._officer(),
            }  # fmt: skip
            record["team"] = f"{record['division']} {self._dice.randrange(3)}"
            record["recorded_at"] = record["reported_at"]
            for after in (3, 20, 45):
                if self._dice.random() < 0.7 and day + timedelta(days=after) < self.day:
                    record["updates"].append(self._update(day + timedelta(days=after)))
            lag = self._dice.choice((0,) * 9 + (6, 25))
            self._late.append((day + timedelta(days=lag), record))
        ready = [record for due, record in self._late if due <= self.day]
        self._late = [each for each in self._late if each[0] > self.day]
        for record in ready:
            self._put(record)

    def _officer(self) -> str:
        return f"O{self._dice.randrange(16)}"

    def _put(self, record: Record) -> None:
        self._records[record["crime_ref"]] = record
        self._changed[record["crime_ref"]] = None

    def _any(self) -> Record:
        """One of the newer records, to be changed."""
        ref = self._dice.choice(list(self._records)[-60 * self._a_day :])
        record = deepcopy(self._records[ref])
        self._put(record)
        return record

    def _update(self, day: date, **fields: Any) -> Record:
        self._numbers += 1
        at = self._instant(day)
        made: Record = {"update_ref": f"U{self._numbers}", "at": at, "entered_at": at, "officer_ref": self._officer()}
        made |= {"outcome": self._dice.choice(OUTCOMES), "method": self._dice.choice(METHODS)}
        if self._dice.random() < 0.2:
            made["victim_ref"] = self._dice.choice(("V0", "V1", "V9"))
        return made | fields

    def _add_update(self, day: date, **fields: Any) -> None:
        self._any()["updates"].append(self._update(day, **fields))

    def _tell(self) -> None:
        self._add_update(self.day - timedelta(days=self._dice.randrange(2)))

    def _tell_late(self) -> None:
        self._add_update(self.day - timedelta(days=self._dice.randrange(1, 15)), entered_at=self._typed())

    def _tell_ahead(self) -> None:
        self._add_update(self.day + timedelta(days=self._dice.randrange(1, 30)), entered_at=self._typed())

    def _tell_untimed(self) -> None:
        self._add_update(self.day + timedelta(days=self._dice.randrange(-20, 20)), entered_at=None)

    def _correct(self) -> None:
        if updates := self._any()["updates"]:
            self._dice.choice(updates)["at"] = self._instant(self.day - timedelta(days=self._dice.randrange(30)))

    def _withdraw(self) -> None:
        if updates := self._any()["updates"]:
            updates.pop(self._dice.randrange(len(updates)))

    def _redate(self) -> None:
        record = self._any()
        reported = datetime.fromisoformat(record["reported_at"]) - timedelta(days=self._dice.randrange(4))
        record["reported_at"] = reported.isoformat()

    def _status(self, status: str, day: date) -> None:
        self._any()["status"].append({"status": status, "at": self._instant(day)})

    def _close(self) -> None:
        self._status("closed", self.day + timedelta(days=self._dice.choice((0, -1, -5, 10))))

    def _reopen(self) -> None:
        self._status("open", self.day)

    def _cancel(self) -> None:
        self._status("cancelled", self.day + timedelta(days=self._dice.choice((0, -3, 6))))

    def _recategorise(self) -> None:
        if victims := self._any()["victims"]:
            self._dice.choice(victims)["category"] = self._dice.choice(CATEGORIES)

    def _add_victim(self) -> None:
        record, day = self._any(), self.day + timedelta(days=self._dice.choice((0, -2, 9)))
        record["victims"].append({"victim_ref": f"V{len(record['victims'])}", "added_at": self._instant(day)})

    def _drop_victims(self) -> None:
        record = self._any()
        record["victims"] = record["victims"][:1]

    def _decline(self) -> None:
        if victims := self._any()["victims"]:
            since = self.day - timedelta(days=self._dice.randrange(-4, 20))
            victim = self._dice.choice(victims)
            victim |= {"declined_at": self._instant(since), "declined_entered_at": self._typed()}

    def _hand_over(self) -> None:
        record, division = self._any(), self._dice.choice(DIVISIONS)
        since = self.day + timedelta(days=self._dice.choice((0, -4, 7)))
        record["allocations"].append(
            {"officer_ref": self._officer(), "team": f"{division} 0", "division": division,
             "from": self._instant(since)}
        )  # fmt: skip

    def _move(self) -> None:
        record = self._any()
        record["division"] = self._dice.choice(DIVISIONS)

    def _spoil(self) -> None:
        """Refused as it is now; the same bytes come again later, after the record had come right."""
        record = self._any()
        ref = record["crime_ref"]
        if ref not in self._spoilt:
            self._spoilt[ref] = msgspec.json.encode({"crime_ref": ref, "reported_at": "yesterday"})

    def _mend(self) -> None:
        if self._spoilt:
            ref = self._dice.choice(list(self._spoilt))
            del self._spoilt[ref]
            self._changed[ref] = None

    def _vanish(self) -> None:
        if self._records and self._dice.random() < 0.4:
            self._gone.add(self._dice.choice(list(self._records)))

    def _return(self) -> None:
        if self._gone:
            ref = self._dice.choice(sorted(self._gone))
            self._gone.discard(ref)
            if self._dice.random() < 0.5:
                self._changed[ref] = None

    def _change_directory(self) -> None:
        if self._dice.random() < 0.15:
            ref = f"O{self._dice.randrange(15)}"
            email = self._dice.choice((None, f"{ref}@force.example", "no address"))
            self._officers[ref] = replace_email(self._officers.get(ref) or Officer(ref), email)


def replace_email(officer: Officer, email: str | None) -> Officer:
    """The officer with another address."""
    return msgspec.structs.replace(officer, email=email)
