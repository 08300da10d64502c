"""A force whose crime system can be changed: its settings, its polls, and what it must never lose."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from compliance import clock
from compliance.cli import main
from compliance.config import Settings, load_settings
from compliance.service import Service
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.polls.polling import PollOutcome
from compliance.store import Store
from compliance.store.tables import (
    CRIME,
    CRIME_VERSION,
    FEED,
    NOTICE,
    OBLIGATION,
    OUTBOX,
    PROJECTION,
    TRANSITION,
)
from tests.engine import RULES
from tests.stores import Record, at, crime, rows
from tests.web_server import WebServer, answer, serving

HISTORY: Final = (CRIME, CRIME_VERSION, OBLIGATION, TRANSITION, NOTICE, OUTBOX, PROJECTION)
"""What a force must never lose: records, their versions, what follows from them and what was sent."""


def settings_text(url: str, system: str, mail: str = "") -> str:
    """The settings of a service on a database; `system` begins with the keys of [crime_system]."""
    return f'''
[force]
name = "Test Constabulary"
policy = "{RULES / "west-mercia.toml"}"
[database]
url = "{url}"
[reminders]
due_from = 2026-01-01
[mail]
host = "127.0.0.1"
sender = "updates@force.example"
{mail}
[crime_system]
{system}
'''


@dataclass
class Site:
    """A force whose crime system can be changed, with a clock that is moved."""

    store: Store
    url: str
    folder: Path
    now: datetime = field(default=at("2026-07-20 10:00"))

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def reads(self, system: str) -> None:
        self.config.write_text(settings_text(self.url, f"overlap_minutes = 0\n{system}"), "utf-8")

    def reads_http(self, web: WebServer, *pages: bytes) -> None:
        """The crime system over HTTP, which answers these in turn; what it was asked before is forgotten."""
        web.answers, web.asked = list(pages), []
        self.reads(f'url = "{web.url}"')

    @property
    def settings(self) -> Settings:
        return load_settings(self.config)

    def poll(self, **how: Any) -> PollOutcome:
        self.now += timedelta(minutes=5)
        with Service.open(self.settings, lambda: self.now) as service:
            return service.poll(**how)

    def command(self, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
        monkeypatch.setattr(clock, "now", lambda: self.now)
        said = CliRunner().invoke(main, [*words, "--config", str(self.config)])
        return said.exit_code, said.output

    def conditions(self) -> dict[str, str]:
        with Service.open(self.settings, lambda: self.now) as service:
            facts = read_facts(self.settings, service.policy, self.now, self.store)
        return {found.condition.name: found.sentence for found in find_conditions(facts)}

    def history(self) -> list[list[tuple[Any, ...]]]:
        with self.store.reading() as connection:
            return [
                [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in HISTORY
            ]

    def cursor(self) -> str | None:
        return str(rows(self.store, FEED, "cursor")[0][0])


@pytest.fixture
def site(store: Store, database_url: str, tmp_path: Path) -> Site:
    (tmp_path / "site").mkdir()
    return Site(store, database_url, tmp_path / "site")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture
def other() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def page(cursor: str, *records: Record, more: bool = False) -> bytes:
    return answer(json.dumps({"records": records, "next": cursor, "more": more}).encode())


def changed(ref: str, day: int, **fields: Any) -> Record:
    return crime(ref, changed_at=f"2026-07-{day:02}T09:00:00Z", **fields)


GONE: Final = answer(b"", "410 Gone")
CRIMES: Final = [changed("22A/1/26", 1), changed("22A/2/26", 2), changed("22A/3/26", 3, division="North")]
FIRST: Final = page("c1", *CRIMES[:2], more=True)
SECOND: Final = page("c2", CRIMES[2])
