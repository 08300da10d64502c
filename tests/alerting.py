"""A service with administrators: a mail server, a webhook and a heartbeat that take what they are told."""

import email
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy as email_policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, insert, update

from compliance.errors import SettingsError
from compliance.service import Service
from compliance.service.alerts import Watch
from compliance.service.noting.job_runs import JobRuns
from compliance.store import Store
from compliance.store.tables import OUTBOX, POLL, REPORT_DUTY, UNKNOWN_VALUE
from tests.integration.test_mail_server import Server, running
from tests.service_states import NOW, ServiceState
from tests.web_server import WebServer, answer, serving

ADMINISTRATORS: Final = ("it@force.example", "night.desk@force.example")
TAKEN: Final = answer(b"", "204 No Content")


@dataclass
class Told:
    """A service and what its administrators were told."""

    state: ServiceState
    mail: Server
    web: WebServer
    watch: Watch

    def at(self, after: timedelta) -> None:
        """Move the clock to so long after the beginning, keep all else well, and look."""
        self.go_to(NOW + after)
        self.watch.look()

    def go_to(self, now: datetime) -> None:
        """Move the clock. The crime system was read a moment ago."""
        self.state.now = now
        with self.state.store.writing() as connection:
            connection.execute(update(POLL).values(started_at=now, ended_at=now))

    def look_for(self, start: timedelta, end: timedelta, every: timedelta = timedelta(minutes=5)) -> None:
        """Look again and again."""
        while start <= end:
            self.at(start)
            start += every

    def subjects(self) -> list[str]:
        """The subject of each email to the first administrator, without whose service it is."""
        to = [each for each in self.emails() if each["To"] == ADMINISTRATORS[0]]
        return [str(each["Subject"]).partition(" (")[0] for each in to]

    def emails(self) -> list[EmailMessage]:
        """Each email that the mail server took."""
        return [email.message_from_bytes(raw, policy=email_policy.default) for raw in self.mail.taken]

    def posted(self) -> list[dict[str, Any]]:
        """Each message that the webhook was sent."""
        return [json.loads(body) for body in self.web.bodies]

    def events(self) -> list[tuple[str, str]]:
        """Each event that the webhook was sent: what, and of which condition."""
        return [(each["event"], each["name"]) for message in self.posted() for each in message["incidents"]]

    def another(self) -> Watch:
        """The watch of another service on the same database, or of this one after a restart."""
        return watch_of(self.state, Store.open(self.state.url))


def watch_of(state: ServiceState, store: Store) -> Watch:
    """The watch of a service."""
    return Watch(Service(state.settings, state.policy, store, lambda: state.now), JobRuns(store))


@contextmanager
def telling(
    state: ServiceState, *changes: tuple[str, str], mail_port: int | None = None, heartbeat: bool = False
) -> Iterator[Told]:
    """A service that tells two administrators and a webhook, and has no reports to make."""
    server = Server()
    with state.store.writing() as connection:
        connection.execute(delete(REPORT_DUTY))
    with running(server) as port, serving() as web:
        web.answers, web.grants = [TAKEN], [TAKEN]
        addresses = ", ".join(f'"{each}"' for each in ADMINISTRATORS)
        state.settings = state.settings_with(
            ("^port = 8471", f"port = {mail_port or port}"),
            (r"^to = \[\]", f"to = [{addresses}]"),
            ("^# webhook = .*$", f'webhook = "{web.url}"'),
            ("^# heartbeat = .*$", f'heartbeat = "{web.url}"' if heartbeat else ""),
            *changes,
        )
        yield Told(state, server, web, watch_of(state, state.store))


def plant_unknown(state: ServiceState) -> None:
    """A condition that a test can take away again: unknown-values."""
    row = {"source": "crimes", "field": "updates.outcome", "value": "left card", "times": 1}
    with state.store.writing() as connection:
        connection.execute(insert(UNKNOWN_VALUE).values(row | {"first_seen_at": state.now, "last_seen_at": state.now}))


def remove_unknown(state: ServiceState) -> None:
    with state.store.writing() as connection:
        connection.execute(delete(UNKNOWN_VALUE))


def plant_held(state: ServiceState) -> None:
    """Another one: emails-held."""
    state.email("uncertain", state.now)


def remove_held(state: ServiceState) -> None:
    with state.store.writing() as connection:
        connection.execute(delete(OUTBOX))


def plant_failing_job(state: ServiceState) -> None:
    """One that is told at once: job-failing."""
    JobRuns(state.store).note_failure("report", state.now, SettingsError("the template is wrong"))


def remove_failing_job(state: ServiceState) -> None:
    JobRuns(state.store).note_success("report", state.now)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


@pytest.fixture
def told(state: ServiceState) -> Iterator[Told]:
    with telling(state) as found:
        yield found
