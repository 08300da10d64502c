"""Retry-After is honoured whatever its length: the poll ends, no process asks before, and nothing else waits for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final

import pytest

from compliance.errors import UnavailableError
from compliance.feeds import HttpFeed, Patience
from compliance.service.check.feed_checks import check_feed
from compliance.service.check.server_checks import check_servers
from compliance.service.conditions import find_conditions
from compliance.service.polls.feed_trial import try_feed
from compliance.service.polls.polling import PollOutcome, poll
from compliance.store import Store, directory_as_of, note_feed
from compliance.store.tables import FEED, POLL
from tests import stores
from tests.service_states import ServiceState
from tests.stores import SOURCE, at, rows
from tests.web_server import WebServer, answer, serving

new_database, database_url = stores.one_database, stores.database_url
store = stores.store

MONDAY: Final = at("2026-07-20 10:00")
PAGE: Final = answer(b'{"records":[],"next":"c1","more":false}')
DIRECTORY: Final = answer(b'{"officer_ref":"O1"}\n', Content_Type="application/x-ndjson")


def busy(after: str, status: str = "503 Service Unavailable", date: datetime | None = None) -> bytes:
    headers = {"Retry_After": after} | ({"Date": http_date(date)} if date else {})
    return answer(b"", status, None, **headers)


def http_date(instant: datetime) -> str:
    return format_datetime(instant.astimezone(UTC), usegmt=True)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture
def officers() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def ask(
    store: Store, web: WebServer, now: datetime, officers: WebServer | None = None, ask_now: bool = False
) -> PollOutcome:
    """A poll by a process of its own: nothing is remembered but what the store holds."""
    with HttpFeed(
        web.url, None if officers is None else officers.url, timeout=5, patience=Patience(attempts=1)
    ) as feed:
        return poll(store, feed, SOURCE, lambda: now, ask_now=ask_now)


SAID: Final = {
    "429 for two hours": busy("7200", "429 Too Many Requests"),
    "503 for two hours": busy("7200"),
    "until a date": busy(http_date(MONDAY + timedelta(hours=2))),
    "until a date, by a clock that is wrong by a year": busy(
        http_date(MONDAY + timedelta(days=365, hours=2)), date=MONDAY + timedelta(days=365)
    ),
}


@pytest.mark.parametrize("said", SAID)
@stores.on_both
def test_a_crime_system_is_not_asked_before_the_wait_it_asked_for_is_over(
    store: Store, web: WebServer, said: str
) -> None:
    """By no process: the wait is stored. The poll does not sit and wait either, so other jobs go on."""
    web.answers = [SAID[said]]
    with pytest.raises(UnavailableError, match="the crime system is unavailable until 2026-07-20T12:00Z"):
        ask(store, web, MONDAY)
    assert len(web.asked) == 1
    web.answers = [PAGE]
    for minutes in (5, 119):
        with pytest.raises(UnavailableError, match="unavailable until 2026-07-20T12:00Z: it asked for no requests"):
            ask(store, web, MONDAY + timedelta(minutes=minutes))
    assert len(web.asked) == 1
    assert ask(store, web, MONDAY + timedelta(hours=2)).complete
    assert rows(store, POLL, "complete") == [(False,), (False,), (False,), (True,)]
    assert ask(store, web, MONDAY + timedelta(hours=2, minutes=5)).complete


def test_a_short_wait_outlasts_a_poll_that_gave_up(store: Store, web: WebServer) -> None:
    web.answers = [busy("50")]
    with pytest.raises(UnavailableError, match="until 2026-07-20T10:00Z"):
        ask(store, web, MONDAY)
    asked = len(web.asked)
    with pytest.raises(UnavailableError, match="unavailable until"):
        ask(store, web, MONDAY + timedelta(seconds=49))
    assert len(web.asked) == asked


@pytest.mark.parametrize("after", ["9" * 40, http_date(datetime(9999, 12, 31, tzinfo=UTC))])
def test_a_wait_beyond_reason_is_a_year(store: Store, web: WebServer, after: str) -> None:
    web.answers = [busy(after)]
    with pytest.raises(UnavailableError, match="until 2027-07-21T10:00Z"):
        ask(store, web, MONDAY)


@pytest.mark.parametrize("after", ["soon", "-5", "Mon, 32 Jul 2026 10:00:00 GMT", "1.5"])
def test_a_wait_that_cannot_be_read_is_none(store: Store, web: WebServer, after: str) -> None:
    web.answers = [busy(after)]
    with pytest.raises(UnavailableError, match="answered 503"):
        ask(store, web, MONDAY)
    web.answers = [PAGE]
    assert ask(store, web, MONDAY + timedelta(seconds=1)).complete


def test_a_person_can_ask_all_the_same(store: Store, web: WebServer) -> None:
    web.answers = [busy("7200"), PAGE]
    with pytest.raises(UnavailableError, match="unavailable until"):
        ask(store, web, MONDAY)
    assert ask(store, web, MONDAY + timedelta(minutes=1), ask_now=True).complete


def test_the_pages_before_the_wait_are_kept(store: Store, web: WebServer) -> None:
    web.answers = [answer(b'{"records":[],"next":"c1","more":true}'), busy("7200", "429 Too Many Requests"), PAGE]
    with pytest.raises(UnavailableError):
        ask(store, web, MONDAY)
    ask(store, web, MONDAY + timedelta(hours=3))
    assert [asked.get("changed_since") for asked in web.asked] == [None, "c1", "c1"]


def test_the_directory_is_read_while_the_crime_system_asks_to_wait(
    store: Store, web: WebServer, officers: WebServer
) -> None:
    web.answers, officers.answers = [busy("7200")], [DIRECTORY]
    for minutes in (0, 5):
        with pytest.raises(UnavailableError):
            ask(store, web, MONDAY + timedelta(minutes=minutes), officers)
    assert len(officers.asked) == 2
    assert directory_as_of(store, SOURCE) == MONDAY + timedelta(minutes=5)


def test_the_crimes_are_read_while_the_directory_asks_to_wait(
    store: Store, web: WebServer, officers: WebServer
) -> None:
    web.answers, officers.answers = [PAGE], [busy("7200")]
    for minutes in (0, 5, 119):
        done = ask(store, web, MONDAY + timedelta(minutes=minutes), officers)
        assert done.complete
        assert "the officer directory is unavailable until 2026-07-20T12:00Z" in str(done.directory.problem)
    assert len(officers.asked) == 1
    officers.answers = [DIRECTORY]
    assert ask(store, web, MONDAY + timedelta(hours=2), officers).directory.problem is None


def test_looks_do_not_ask_before_the_wait_is_over(
    store: Store, database_url: str, web: WebServer, officers: WebServer, tmp_path: Path
) -> None:
    """Neither `check` nor `feed try`, which a person may tell to ask all the same; each part has a wait of its own."""
    state = ServiceState(store, database_url, tmp_path)
    addresses = ('^url = "http.*$', f'url = "{web.url}"'), ("^officers_url = .*$", f'officers_url = "{officers.url}"')
    settings, before = state.settings_with(*addresses), "it asked for no requests before 2026-07-20T12:00Z"
    web.answers, officers.answers = [PAGE], [DIRECTORY]
    note_feed(store, SOURCE, ask_again_at=MONDAY + timedelta(hours=2))
    looked = list(check_feed(settings, state.policy, lambda: MONDAY))
    assert [(each.what, each.problems) for each in looked] == [("crime system (http): not asked", ())]
    assert before in looked[0].notes[0]
    check_servers(settings, lambda: MONDAY)
    with pytest.raises(UnavailableError, match=f"not asked: {before}; --now asks it"):
        try_feed(settings, lambda: MONDAY, 1)
    assert web.asked == officers.asked == []
    note_feed(store, SOURCE, ask_again_at=None, directory_ask_again_at=MONDAY + timedelta(hours=2))
    assert ("officer directory: not asked", (before,)) in [
        (each.what, each.notes) for each in check_feed(settings, state.policy, lambda: MONDAY)
    ]
    assert try_feed(settings, lambda: MONDAY, 1).directory_problem == f"not asked: {before}"
    assert officers.asked == []
    assert try_feed(settings, lambda: MONDAY, 1, ask_now=True).directory_problem is None
    assert try_feed(settings, lambda: MONDAY + timedelta(hours=2), 1).officers.read


def test_the_condition_of_the_feed_says_until_when(
    store: Store, database_url: str, web: WebServer, tmp_path: Path
) -> None:
    state = ServiceState(store, database_url, tmp_path)
    web.answers = [busy("36000")]
    for minutes in (0, 5, 10):
        with pytest.raises(UnavailableError):
            ask(store, web, MONDAY + timedelta(minutes=minutes))
    state.now = MONDAY + timedelta(minutes=10)
    found = {each.condition.name: each.sentence for each in find_conditions(state.facts())}
    assert found.keys() == {"feed-rejected"}
    assert "3 polls have failed" in found["feed-rejected"]
    assert "the crime system is unavailable until 2026-07-20T20:00Z" in found["feed-rejected"]
    assert rows(store, FEED, "ask_again_at") == [(MONDAY + timedelta(hours=10),)]
