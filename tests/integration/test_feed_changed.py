"""Another crime system: another address, another kind of feed, another database. Nothing is lost."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from compliance.errors import SettingsError
from compliance.store import list_missing_crimes
from compliance.store.tables import (
    FEED,
    POLL,
)
from tests import feed_sites, stores
from tests.feed_sites import CRIMES, FIRST, SECOND, Site, page
from tests.stores import Record, raws, rows
from tests.web_server import WebServer

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store
site, web, other = feed_sites.site, feed_sites.web, feed_sites.other

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
