"""An expired cursor, or a crime system read again: into the same database, and nothing is lost."""

import pytest

from compliance.errors import UnavailableError
from compliance.store import begin_poll, load_crimes, take_page
from compliance.store.tables import (
    CRIME_VERSION,
    FEED,
    POLL,
)
from tests import feed_sites, stores
from tests.feed_sites import CRIMES, FIRST, GONE, SECOND, Site, changed, page
from tests.stores import SOURCE, crime, raws, rows
from tests.web_server import WebServer, answer

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store
site, web, other = feed_sites.site, feed_sites.web, feed_sites.other


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
