"""Crimes, officer directory, mail and disk each fail by themselves, and the service says of each what is true of it.

Every source fails alone and with each other one, over real HTTP and SMTP. What is said of a source stands in every world in
which it fails, and in no other.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from structlog.testing import capture_logs

from compliance.config import load_settings
from compliance.service import Service
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.running.daemon import Daemon
from compliance.simulator.mail_sink import MailSink
from compliance.store import Store, last_complete_poll
from tests import stores
from tests.feed_sites import settings_text
from tests.office import crime
from tests.stores import at
from tests.web_server import WebServer, answer, serving

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store

BROKEN: Final = answer(b"", "401 Unauthorized")
OFFICERS: Final = ("1042", "1043", "2000")
DIRECTORY: Final = answer(
    b"".join(json.dumps({"officer_ref": ref, "email": f"{ref}@force.example"}).encode() + b"\n" for ref in OFFICERS),
    Content_Type="application/x-ndjson",
)
CRIMES: Final = [crime("A", "2026-06-01"), crime("B", "2026-06-02", "1043")]
PAGE: Final = answer(json.dumps({"records": CRIMES, "next": "c1", "more": False}).encode())
START: Final = at("2026-07-15 06:00")
"""A Wednesday, at 07:00 local time."""
AFTER: Final = [*(timedelta(hours=h) for h in (4, 16, 28, 40)), *(timedelta(hours=53, minutes=m) for m in (50, 55, 60))]
"""When the service looks again: twice a day, and on Friday three times by 12:00Z."""

SAID: Final[dict[str, dict[str, str]]] = {
    "crimes": {
        "feed-silent": "The crime system was last read to its end 2 days ago, on 2026-07-15 06:00Z.",
        "feed-refuses-us": "since 2026-07-15 10:00Z: http://",
        "reminders-held": "last read to its end on 2026-07-15 06:00Z, more than 24 hours ago. 2 officers wait.",
    },
    "directory": {
        "directory-refused": "answered 401 Unauthorized; check that the token is right and has not expired. The one of "
        "2026-07-15 06:00Z stays in force.",
    },
    "mail": {"mail-unreachable": "The mail server has taken nothing in 5 attempts since 2026-07-15 10:00Z."},
    "disk": {"disk-nearly-full": "Only 1.0 MB on the disk of"},
}
"""The conditions of each source that fails, and what they say."""


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@dataclass
class World:
    """A service of three days, with sources that fail from the first morning on."""

    url: str
    folder: Path
    crimes: WebServer
    officers: WebServer
    sink: MailSink
    fails: frozenset[str]
    monkeypatch: pytest.MonkeyPatch
    now: datetime = START
    held: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read everything once, and then let the sources fail."""
        self.crimes.answers, self.officers.answers = [PAGE], [DIRECTORY]
        self._configure(self.sink.port)
        with self.open() as service:
            service.poll()
        if "crimes" in self.fails:
            self.crimes.answers = [BROKEN]
        if "directory" in self.fails:
            self.officers.answers = [BROKEN]
        if "mail" in self.fails:
            self._configure(port=9)
        if "disk" in self.fails:
            self.monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 10**6, 10**6))

    def _configure(self, port: int) -> None:
        system = f'url = "{self.crimes.url}"\nofficers_url = "{self.officers.url}"'
        text = settings_text(self.url, system, f'port = {port}\nsecurity = "plain"')
        (self.folder / "config.toml").write_text(text, "utf-8")

    def open(self) -> Service:
        return Service.open(load_settings(self.folder / "config.toml"), lambda: self.now)

    def live(self) -> None:
        """Poll and remind, as the daemon does."""
        for after in AFTER:
            self.now = START + after
            with self.open() as service, capture_logs() as logs:
                daemon = Daemon(service)
                for name in ("poll", "remind"):
                    daemon._guard(name, getattr(daemon, f"_{name}"))()
            self.held += [line["held"] for line in logs if "held" in line]

    def said(self) -> dict[str, str]:
        with self.open() as service:
            facts = read_facts(service.settings, service.policy, self.now, service.store)
        return {found.condition.name: found.sentence for found in find_conditions(facts)}


WORLDS: Final = [frozenset(which) for count in range(3) for which in combinations(sorted(SAID), count)]


@pytest.fixture(params=WORLDS, ids=lambda which: " and ".join(sorted(which)) or "nothing")
def world(
    request: pytest.FixtureRequest, database_url: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    with ExitStack() as stack:
        crimes, officers = stack.enter_context(serving()), stack.enter_context(serving())
        sink = stack.enter_context(MailSink(tmp_path / "mail"))
        yield World(database_url, tmp_path, crimes, officers, sink, request.param, monkeypatch)


def test_of_each_source_is_said_what_is_true_of_it(world: World) -> None:
    world.live()
    expected = {name: text for source in world.fails for name, text in SAID[source].items()}
    if world.fails == {"crimes", "mail"}:
        # On old data no email is tried, so nothing is known of the mail server.
        del expected["mail-unreachable"]
    said = world.said()
    assert said.keys() == expected.keys()
    for name, text in expected.items():
        assert text in said[name], name
    held = 5 * ["2 officers wait: data too old"] if "crimes" in world.fails else []
    assert world.held == held, "told in the log"
    emails = 0 if "mail" in world.fails else 2
    assert len(world.sink.messages) == emails, "by the last good directory"
    with closing(Store.open(world.url)) as store:
        last = last_complete_poll(store)
    assert last is not None
    assert last.ended_at == (START if "crimes" in world.fails else world.now), "fresh by the crimes alone"
