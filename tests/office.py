"""A store, a mail server and mornings: from the crime records to what officers are told.

A test module takes a fixture over by name: `office = offices.office`, or `any_office` on every kind of database.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from compliance.mail import Delivery, TokenAddresses, deliver
from compliance.policy import load_policy
from compliance.records import Officer
from compliance.reminders import RemindOutcome, reason_of, remind, still_due
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store, begin_poll, end_poll, judge_due, save_officers, take_page
from compliance.store.tables import Notice, Outbox
from tests import stores
from tests.mails import smtp_server
from tests.reminding import EACH_DAY, reminder_settings

POLICY = load_policy("west-mercia")
SETTINGS = reminder_settings(
    date(2026, 5, 1),
    sender="Victim updates <updates@force.example>",
    reply_to="performance@force.example",
    **EACH_DAY,
)
Json = dict[str, Any]


def morning(day: str, hour: int = 7) -> datetime:
    """Seven o'clock in Worcester on a day in summer time, or another full hour."""
    return datetime.fromisoformat(f"{day}T{hour - 1:02}:00:00").replace(tzinfo=UTC)


def crime(ref: str, reported: str, officer_ref: str | None = "1042", *updates: str, **fields: Any) -> Json:
    """A crime of one victim; dates are taken at noon."""
    told = [{"update_ref": day, "at": f"{day}T11:00:00Z", "outcome": "informed"} for day in updates]
    record = {"crime_ref": ref, "reported_at": f"{reported}T11:00:00Z", "officer_ref": officer_ref}
    return record | {"victims": [{"victim_ref": "V1"}], "updates": told} | fields


class Office:
    """A store, a mail server, and mornings."""

    def __init__(self, store: Store, sink: MailSink) -> None:
        self.store, self.sink = store, sink
        self.settings = SETTINGS
        self.addresses: TokenAddresses | None = None
        self.now = morning("2026-06-10")
        self.directory("1042", "2000")

    def directory(self, *officers: str | Officer) -> None:
        entries = [Officer(o, email=f"{o}@force.example") if isinstance(o, str) else o for o in officers]
        save_officers(self.store, entries, self.now)

    def records(self, *crimes: Json) -> None:
        """The crime system says so now, and it is judged."""
        poll = begin_poll(self.store, "crimes", self.now)
        take_page(self.store, poll, "crimes", [json.dumps(record).encode() for record in crimes], None, self.now)
        end_poll(self.store, poll, self.now, complete=True)
        judge_due(self.store, POLICY, self.now)

    def remind(self, day: str | None = None) -> RemindOutcome:
        if day:
            self.wait_until(day)
        judge_due(self.store, POLICY, self.now)
        return remind(self.store, POLICY, self.settings, self.now)

    def wait_until(self, day: str) -> None:
        """To a morning; the crime system goes on being read, a day at a time."""
        until = morning(day)
        self.now = min(self.now, until)
        while self.now < until:
            self.now = min(self.now + timedelta(days=1), until)
            self.records()
        self.now = until

    def deliver(self) -> Delivery:
        server = smtp_server(self.sink.host, self.sink.port, security="plain", timeout=5)
        again = still_due(self.store, POLICY, self.settings, lambda: self.now)
        return deliver(self.store, server, lambda: self.now, still_due=again, addresses=self.addresses)

    def told(self, day: str) -> list[tuple[str, str]]:
        """(recipient, subject) of the mails that arrive on a morning."""
        before = len(self.sink.messages)
        self.remind(day)
        self.deliver()
        return [(r.recipient, str(r.message["Subject"])) for r in self.sink.messages[before:]]

    def notices(self, step: str = "overdue") -> list[tuple[str, str, str, str]]:
        """(recipient, crime, outcome, reason) of every notice of a step in order."""
        with self.store.session(reading=True) as session:
            found = session.exec(select(Notice).where(Notice.step == step).order_by(col(Notice.id)))
            return [
                (n.recipient_ref, n.crime_ref, n.outcome, reason_of(n).partition("; obstacles: ")[0]) for n in found
            ]

    def outbox(self) -> list[Outbox]:
        with self.store.session(reading=True) as session:
            return list(session.exec(select(Outbox).order_by(col(Outbox.id))))


@contextmanager
def open_office(url: str, folder: Path) -> Iterator[Office]:
    with closing(Store.open(url)) as store, MailSink(folder / "mail") as sink:
        yield Office(store, sink)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with open_office(url, tmp_path) as opened:
        yield opened


@pytest.fixture
def any_office(new_database: stores.NewDatabase, tmp_path: Path) -> Iterator[Office]:
    """On every kind of database, for the modules that take it over."""
    with open_office(stores.new_migrated(new_database), tmp_path) as opened:
        yield opened
