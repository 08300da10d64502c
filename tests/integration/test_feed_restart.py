"""Another crime system, an expired cursor, or the same one read again: into the same database, and nothing is lost."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
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
from compliance.errors import SettingsError, UnavailableError
from compliance.service import Service
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.polling import PollOutcome
from compliance.store import Store, begin_poll, list_missing_crimes, load_crimes, take_page
from compliance.store.tables import (
    CRIME,
    CRIME_VERSION,
    FEED,
    NOTICE,
    OBLIGATION,
    OUTBOX,
    POLL,
    PROJECTION,
    TRANSITION,
)
from tests import stores
from tests.engine import RULES
from tests.stores import SOURCE, Record, at, crime, raws, rows
from tests.web_server import WebServer, answer, serving

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

CONFIG: Final = """
[force]
name = "Test Constabulary"
policy = "{policy}"
[database]
url = "{url}"
[reminders]
due_from = 2026-01-01
[mail]
host = "127.0.0.1"
sender = "updates@force.example"
[crime_system]
overlap_minutes = 0
{system}
"""
FILES: Final = """
kind = "files"
[crime_system.files]
folder = "exports"
tables = { crimes = "crimes_*.ndjson" }
full_export = true
"""
DATABASE: Final = """
kind = "database"
[crime_system.database]
url = "env:CRIME_DATABASE_URL"
BEGIN
[crime_system.database.queries]
crimes = "SELECT * FROM crimes WHERE changed_at >= :changed_since"
[crime_system.mapping]
timezone = "Europe/London"
"""
HISTORY: Final = (CRIME, CRIME_VERSION, OBLIGATION, TRANSITION, NOTICE, OUTBOX, PROJECTION)
"""What a force must never lose: records, their versions, what follows from them and what was sent."""


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
        self.config.write_text(CONFIG.format(policy=RULES / "west-mercia.toml", url=self.url, system=system), "utf-8")

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


@pytest.mark.parametrize("status", ["400 Bad Request", "410 Gone", "422 Unprocessable Content"])
def test_a_cursor_that_is_refused_names_the_command(site: Site, web: WebServer, status: str) -> None:
    site.reads_http(web, FIRST, SECOND, answer(b"", status))
    site.poll()
    with pytest.raises(UnavailableError, match="`compliance feed restart` reads from the beginning") as refused:
        site.poll()
    assert f"answered {status} when it was asked from the cursor 'c2'" in str(refused.value)
    assert rows(site.store, POLL, "problem")[-1] == (str(refused.value),)


def test_a_request_without_a_cursor_that_is_refused_does_not(site: Site, web: WebServer) -> None:
    site.reads_http(web, GONE)
    with pytest.raises(UnavailableError, match="410 Gone") as refused:
        site.poll()
    assert "restart" not in str(refused.value)


def test_a_restart_reads_from_the_beginning_and_loses_and_writes_nothing(
    site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes again unchanged costs no write; what was replaced before, and what follows from it, stays."""
    site.reads_http(web, FIRST, SECOND, page("c3", changed("22A/1/26", 9, division="South")), GONE)
    site.poll()
    site.poll()
    with pytest.raises(UnavailableError):
        site.poll()
    before = site.history()
    assert len(before[1]) == 1
    code, said = site.command(monkeypatch, "feed", "restart")
    assert (code, said) == (0, "the next poll reads the crime system from the beginning; everything stored stays\n")
    site.reads_http(
        web, page("d1", CRIMES[1], more=True), page("d2", CRIMES[2], changed("22A/1/26", 9, division="South"))
    )
    done = site.poll()
    assert [asked.get("changed_since") for asked in web.asked] == [None, "d1"]
    assert (done.received, done.changed, done.complete) == (3, 0, True)
    assert site.history() == before
    assert site.cursor() == "d2"
    assert not site.conditions().keys() & {"feed-changed", "feed-rejected", "feed-silent"}


def test_a_replayed_past_does_not_undo_what_is_held(
    site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records section 4: an older record is kept as a late version; without `changed_at` the last one to come stands."""
    site.reads_http(web, page("c1", changed("22A/1/26", 9, division="new"), crime("22A/2/26", division="new")))
    site.poll()
    site.command(monkeypatch, "feed", "restart")
    site.reads_http(
        web,
        page("c0", changed("22A/1/26", 3, division="old"), crime("22A/2/26", division="last"), more=True),
        page("c1", changed("22A/1/26", 9, division="new")),
    )
    done = site.poll()
    assert done.late == 1
    assert {found.crime_ref: found.division for found in load_crimes(site.store, ["22A/1/26", "22A/2/26"])} == {
        "22A/1/26": "new", "22A/2/26": "last",
    }  # fmt: skip
    assert sorted(rows(site.store, CRIME_VERSION, "crime_ref", "late")) == [("22A/1/26", True), ("22A/2/26", False)]


def test_a_restarted_reading_that_breaks_off_goes_on_where_it_was(
    site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.reads_http(web, FIRST, SECOND)
    site.poll()
    site.command(monkeypatch, "feed", "restart")
    site.reads_http(web, FIRST, answer(b"", "404 Not Found"))
    with pytest.raises(UnavailableError):
        site.poll()
    site.reads_http(web, SECOND)
    assert site.poll().complete
    assert [asked.get("changed_since") for asked in web.asked] == ["c1"]


def test_a_poll_under_way_cannot_undo_a_restart(site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    site.reads_http(web, FIRST, SECOND)
    site.poll()
    under_way = begin_poll(site.store, SOURCE, site.now)
    site.command(monkeypatch, "feed", "restart")
    with pytest.raises(UnavailableError, match="another poll"):
        take_page(site.store, under_way, SOURCE, raws(CRIMES), "c9", site.now)
    assert rows(site.store, FEED, "cursor") == [(None,)]


def test_a_restart_forgets_the_cursors_of_the_overlap(
    site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.reads_http(web, FIRST, SECOND)
    with_overlap = site.config.read_text("utf-8").replace("overlap_minutes = 0", "overlap_minutes = 15")
    site.config.write_text(with_overlap, "utf-8")
    site.poll()
    site.command(monkeypatch, "feed", "restart")
    web.answers, web.asked = [FIRST, SECOND], []
    site.poll()
    site.poll()
    assert [asked.get("changed_since") for asked in web.asked][:2] == [None, "c1"]


def test_another_address_is_not_asked_until_a_person_decides(
    site: Site, web: WebServer, other: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor means nothing to another system: it would answer anything, or nothing that is new."""
    site.reads_http(web, FIRST, SECOND)
    site.poll()
    assert "feed-changed" not in site.conditions()
    site.reads_http(other, FIRST, SECOND)
    change = f"he settings name another crime system (http {other.url}) than the one read until now (http {web.url})"
    with pytest.raises(SettingsError, match="`compliance feed restart`") as refused:
        site.poll()
    assert change in str(refused.value)
    assert other.asked == []
    assert change in site.conditions()["feed-changed"]
    assert "feed-changed" in site.command(monkeypatch, "status")[1]
    site.command(monkeypatch, "feed", "restart")
    assert "feed-changed" not in site.conditions()
    assert site.poll().complete
    assert [asked.get("changed_since") for asked in other.asked] == [None, "c1"]


def test_a_crime_system_that_has_only_moved_is_read_on(
    site: Site, web: WebServer, other: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.reads_http(web, FIRST, SECOND)
    site.poll()
    site.reads_http(other, page("c3"))
    code, said = site.command(monkeypatch, "feed", "restart", "--keep-cursor")
    assert (code, said) == (
        0,
        "the next poll reads the crime system from where the last one ended; everything stored stays\n",
    )
    assert site.poll().complete
    assert [asked.get("changed_since") for asked in other.asked] == ["c2"]


def test_other_settings_of_the_same_crime_system_change_nothing(site: Site, web: WebServer) -> None:
    site.reads_http(web, SECOND)
    site.poll()
    for query in ("?key=secret", "?key=other"):
        site.reads(f'url = "{web.url}{query}"\npage_size = 7\ntimeout_seconds = 5')
        assert site.poll().complete
    assert "secret" not in str(rows(site.store, FEED, "origin"))


def test_a_database_of_an_earlier_version_takes_the_crime_system_it_has_for_its_own(site: Site, web: WebServer) -> None:
    site.reads_http(web, FIRST, SECOND)
    site.poll()
    with site.store.writing() as connection:
        connection.execute(FEED.update().values(origin=None))
    assert "feed-changed" not in site.conditions()
    assert site.poll().complete
    assert rows(site.store, FEED, "origin") == [(f"http {web.url}",)]


def export(site: Site, name: str, *records: Record) -> None:
    folder = site.folder / "exports"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"".join(raw + b"\n" for raw in raws(records)))
    os.utime(folder / name, (0, 0))


def test_another_kind_of_feed_is_named_and_read_from_its_beginning(
    site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.reads_http(web, FIRST, SECOND)
    site.poll()
    before = site.history()
    site.reads(FILES)
    export(site, "crimes_1.ndjson", *CRIMES)
    with pytest.raises(SettingsError, match=r"another crime system \(files\)"):
        site.poll()
    assert (site.folder / "exports" / "crimes_1.ndjson").exists()
    code, said = site.command(monkeypatch, "feed", "restart", "--keep-cursor")
    assert code == 2
    assert "a cursor of one kind of feed means nothing to another" in said
    site.command(monkeypatch, "feed", "restart")
    done = site.poll()
    assert (done.received, done.changed, done.vanished) == (3, 0, 0)
    assert site.history() == before


def test_a_restart_flags_no_crime_that_the_crime_system_still_has(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports put back are read again in their order, so the newest of them decides which crimes have vanished."""
    site.reads(FILES)
    export(site, "crimes_1.ndjson", *CRIMES[:2])
    export(site, "crimes_2.ndjson", *CRIMES)
    assert site.poll().vanished == 0
    for done in (site.folder / "exports" / "done").iterdir():
        done.rename(site.folder / "exports" / done.name)
        os.utime(site.folder / "exports" / done.name, (0, 0))
    site.command(monkeypatch, "feed", "restart")
    assert site.poll().received == 5
    assert list_missing_crimes(site.store, site.now) == []
    export(site, "crimes_3.ndjson", *CRIMES[1:])
    assert site.poll().vanished == 1, "what a full export lacks is flagged as before"


@pytest.mark.parametrize("kind", ["http", "files"])
def test_an_instant_is_no_cursor_of_a_feed_that_makes_its_own(
    site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    site.reads_http(web, FIRST, SECOND)
    if kind == "files":
        site.reads(FILES)
    code, said = site.command(monkeypatch, "feed", "restart", "--from", "2026-07-01T00:00:00Z")
    assert code == 2
    assert {"http": "(decision 0013)", "files": "an export is read whole"}[kind] in said
    assert rows(site.store, POLL) == []


def source_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(folder / "crimes.db")) as connection:
        connection.executescript(
            """
            CREATE TABLE crimes (crime_ref, reported_at, changed_at);
            INSERT INTO crimes VALUES ('A', '2026-06-01 11:00', '2026-07-01 00:30:00'),
              ('B', '2026-06-01 11:00', '2026-07-01 01:30:00'), ('C', '2026-06-01 11:00', '2026-07-02 01:30:00');
            """
        )
    monkeypatch.setenv("CRIME_DATABASE_URL", f"sqlite:///{folder / 'crimes.db'}")


def test_a_database_is_read_again_from_an_instant(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its instants have no offset and are local, so 2026-07-01T00:00:00Z is 01:00 there."""
    source_database(site.folder, monkeypatch)
    site.reads(DATABASE.replace("BEGIN", ""))
    assert site.poll().received == 3
    code, said = site.command(monkeypatch, "feed", "restart", "--from", "2026-07-01T00:00:00Z")
    assert (code, said) == (0, "the next poll reads the crime system from 2026-07-01T00:00Z; everything stored stays\n")
    done = site.poll()
    assert (done.received, done.changed, done.complete) == (2, 0, True)
    assert site.poll().received == 1


@pytest.mark.parametrize("begin", ["begin = 0", 'begin = "2026-01-01"'])
def test_an_instant_cannot_be_made_into_a_number_or_a_text(
    site: Site, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    source_database(site.folder, monkeypatch)
    site.reads(DATABASE.replace("BEGIN", begin))
    code, said = site.command(monkeypatch, "feed", "restart", "--from", "2026-07-01T00:00:00Z")
    assert code == 2
    assert "begin, in [crime_system.database], is a" in said


def test_nothing_may_be_left_out_between_the_last_poll_and_the_instant(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_database(site.folder, monkeypatch)
    site.reads(DATABASE.replace("BEGIN", ""))
    code, said = site.command(monkeypatch, "feed", "restart", "--from", "2126-07-21T00:00:00Z")
    assert code == 2
    assert "it has not come yet" in said
    site.poll()
    site.now += timedelta(hours=2)
    code, said = site.command(monkeypatch, "feed", "restart", "--from", "2026-07-20T10:06:00Z")
    assert code == 2
    assert "the last poll that came to the end began 2026-07-20T10:05Z" in said
    code, _ = site.command(monkeypatch, "feed", "restart", "--from", "2026-07-20T10:05:00Z")
    assert code == 0


def test_another_database_is_another_crime_system(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source_database(site.folder, monkeypatch)
    site.reads(DATABASE.replace("BEGIN", ""))
    site.poll()
    (site.folder / "moved").mkdir()
    source_database(site.folder / "moved", monkeypatch)
    assert "moved/crimes.db" in site.conditions()["feed-changed"]
    with pytest.raises(SettingsError, match=r"moved/crimes\.db"):
        site.poll()
    monkeypatch.delenv("CRIME_DATABASE_URL")
    assert "feed-changed" not in site.conditions(), "a status command elsewhere may not know the address"


def test_from_and_keep_cursor_exclude_each_other(site: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    site.reads_http(web, FIRST)
    code, said = site.command(monkeypatch, "feed", "restart", "--from", "2026-07-01T00:00:00Z", "--keep-cursor")
    assert code == 2
    assert "exclude each other" in said
