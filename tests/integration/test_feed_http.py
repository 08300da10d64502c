"""A crime system asked over real HTTP (records section 4): what it may do wrong, and that nothing is lost by it."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice
from typing import Any

import pytest
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from compliance.errors import SettingsError, UnavailableError
from compliance.feeds import HttpFeed, Page, Patience
from tests.web_server import WebServer, answer, serving

RECORD = b'{"crime_ref":"22A/1/26","reported_at":"2026-07-01T09:00:00Z"}'
HALF_A_PAIR = b'{"crime_ref":"22A/2/26","offence":"\\ud800"}'
TOKEN = "t0ken-1"  # noqa: S105
NDJSON = "application/x-ndjson"
HTML = answer(b"<!doctype html><title>Sign in</title>", Content_Type="text/html")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def retries() -> Iterator[list[RetryDetails]]:
    """What is asked again, and why; without the waiting."""
    seen: list[RetryDetails] = []

    def note(details: RetryDetails) -> None:
        seen.append(details)

    set_on_retry_hooks([note])
    stamina.set_testing(True, attempts=3, cap=True)
    yield seen
    stamina.set_testing(False)
    set_on_retry_hooks(None)


def page(*records: bytes, cursor: str = "c1", more: bool = False) -> bytes:
    tail = f'],"next":{json.dumps(cursor)},"more":{json.dumps(more)}}}'
    return answer(b'{"records":[' + b",".join(records) + tail.encode())


def read(web: WebServer, cursor: str | None = None, **options: Any) -> list[Page]:
    with HttpFeed(web.url, None, **options) as feed:
        return list(feed.pages(cursor))


def refused(web: WebServer, **options: Any) -> str:
    """What is said of a feed that cannot be used."""
    with pytest.raises(UnavailableError) as raised:
        read(web, **options)
    return str(raised.value)


def test_pages_are_asked_for_from_the_cursor_to_nothing_further(web: WebServer) -> None:
    web.answers = [page(RECORD, RECORD, cursor="a&b=ü", more=True), page(cursor="end")]
    found = read(web, page_size=250, token=TOKEN)
    assert [(len(p.raws), p.next, p.more) for p in found] == [(2, "a&b=ü", True), (0, "end", False)]
    assert web.asked == [{"limit": "250"}, {"limit": "250", "changed_since": "a&b=ü"}]
    assert web.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert web.headers[0]["Accept"].startswith(NDJSON), "one bad line cannot spoil the others"


def test_a_cursor_that_was_kept_is_the_place_to_go_on_from(web: WebServer) -> None:
    web.answers = [page()]
    for cursor in ("c7", ""):
        read(web, cursor)
        assert web.asked.pop()["changed_since"] == cursor


def test_the_address_keeps_what_it_says(web: WebServer) -> None:
    web.answers = [page()]
    web.url += "?force=22"
    read(web, "c1")
    assert web.asked == [{"force": "22", "limit": "500", "changed_since": "c1"}]


def test_a_page_of_lines(web: WebServer) -> None:
    body = RECORD + b"\n" + HALF_A_PAIR + b"\n"
    web.answers = [answer(body, Content_Type=f"{NDJSON}; charset=utf-8", Next_Cursor="c2", More="false")]
    assert read(web) == [Page([RECORD, HALF_A_PAIR], "c2", False)]


def test_a_record_that_is_no_json_is_given_out_alone(web: WebServer) -> None:
    web.answers = [page(RECORD, HALF_A_PAIR, RECORD)]
    assert read(web)[0].raws == [RECORD, HALF_A_PAIR, RECORD]


def test_a_packed_answer(web: WebServer) -> None:
    body = gzip.compress(b'{"records":[],"next":"c3","more":false}')
    web.answers = [answer(body, Content_Encoding="gzip")]
    assert read(web) == [Page([], "c3", False)]


@pytest.mark.parametrize(
    "trouble",
    [
        answer(b"", "500 Internal Server Error"),
        answer(b"", "503 Service Unavailable"),
        answer(b"", "429 Too Many Requests", Retry_After="2"),
        b"",
        page(RECORD)[:-20],
        answer(b"not packed", Content_Encoding="gzip"),
    ],
    ids=["500", "503", "429", "dropped", "cut short", "badly packed"],
)
def test_what_may_pass_is_asked_again(web: WebServer, trouble: bytes, retries: list[RetryDetails]) -> None:
    web.answers = [trouble, trouble, page(RECORD)]
    assert read(web) == [Page([RECORD], "c1", False)]
    assert len(retries) == 2


def test_what_does_not_pass_is_unavailable_after_so_many_attempts(web: WebServer) -> None:
    web.answers = [answer(b"", "503 Service Unavailable")]
    said = refused(web, patience=Patience(attempts=2))
    assert said == f"{web.url} answered 503 Service Unavailable; nothing is lost, it will be asked again"
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("400 Bad Request", "check that the address is right"),
        ("401 Unauthorized", "check that the token is right"),
        ("403 Forbidden", "check that this service may read the feed"),
        ("404 Not Found", "check that the address is right"),
        ("302 Found", "a page was expected"),
    ],
)
def test_a_permanent_refusal_is_asked_once(web: WebServer, status: str, advice: str) -> None:
    web.answers = [answer(b"", status, Location="/login")]
    said = refused(web)
    assert f"answered {status}" in said
    assert advice in said
    assert len(web.asked) == 1


@pytest.mark.parametrize("dated", [False, True])
def test_the_wait_that_is_asked_for_is_kept_to(web: WebServer, dated: bool, retries: list[RetryDetails]) -> None:
    """Retry-After in seconds, or as a date beside the answer's own Date; here none at all, in place of 3 s and more."""
    stamina.set_testing(False)
    now = datetime(2026, 7, 1, 9, tzinfo=UTC)
    date = format_datetime(now, usegmt=True)
    busy = answer(b"", "503 Service Unavailable", Retry_After=date if dated else "0", Date=date)
    web.answers = [busy, page()]
    assert read(web, patience=Patience(first_wait=3, longest_wait=6)) == [Page([], "c1", False)]
    assert [details.wait_for for details in retries] == [0.0]


@pytest.mark.parametrize("dated", [False, True])
def test_a_wait_that_is_too_long_is_left_to_the_next_poll(web: WebServer, dated: bool) -> None:
    now = datetime(2026, 7, 1, 9, tzinfo=UTC)
    hour = format_datetime(now + timedelta(hours=1), usegmt=True) if dated else "3600"
    web.answers = [answer(b"", "503 Service Unavailable", Retry_After=hour, Date=format_datetime(now, usegmt=True))]
    assert "asks to wait 3600 s" in refused(web)
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (HTML, "gave no JSON page (JSON is malformed"),
        (answer(b'{"records":[],"more":false}'), "missing required field `next`"),
        (answer(RECORD, Content_Type=NDJSON), "expected the headers Next-Cursor and More"),
        (answer(RECORD, length=-1, Content_Type=NDJSON, Next_Cursor="c2", More="false"), "does not say how long it is"),
    ],
    ids=["html", "no next", "no cursor", "no length"],
)
def test_an_answer_that_is_no_page_is_refused_with_what_was_found(web: WebServer, given: bytes, said: str) -> None:
    web.answers = [given]
    found = refused(web)
    assert found.startswith(web.url)
    assert said in found
    assert len(web.asked) == 1


def test_a_record_that_spoils_its_page_is_come_close_to_by_asking_for_less(web: WebServer) -> None:
    """Nobody can tell where a record whose brackets do not match ends. What stands before it is taken all the same."""
    spoiled = answer(b'{"records":[%s,{"crime_ref":"22A/2/26"],"next":"c2","more":false}' % RECORD)
    web.answers = [spoiled] * 4 + [page(RECORD, cursor="c1", more=True), spoiled]
    taken: list[Page] = []
    with (
        HttpFeed(web.url, None) as feed,
        pytest.raises(UnavailableError, match=r"a page of one record.*must correct") as raised,
    ):
        taken.extend(feed.pages(None))
    assert [each.next for each in taken] == ["c1"]
    assert str(raised.value).startswith(f"{web.url}, asked from the cursor 'c1', gave no JSON page (")
    assert [each["limit"] for each in web.asked] == ["500", "125", "31", "7", "1", "1"]
    assert web.asked[-1]["changed_since"] == "c1"


def test_an_answer_is_read_no_further_than_the_bound(web: WebServer) -> None:
    body = gzip.compress(b'{"records":[' + b" " * 5_000_000 + b'],"next":"c1","more":false}')
    assert len(body) < 10_000
    web.answers = [answer(body, Content_Encoding="gzip")]
    assert "more than 1,000,000 bytes; request smaller pages" in refused(web, largest_body=1_000_000)
    assert len(read(web)) == 1


@pytest.mark.parametrize(
    "cursors", [["c1", "c1"], ["c1", "c2", "c3", "c1"], ["c0"]], ids=["the same page", "a circle", "the one asked from"]
)
def test_pages_that_would_repeat_for_ever_are_given_out_once(web: WebServer, cursors: list[str]) -> None:
    web.answers = [page(RECORD, cursor=cursor, more=True) for cursor in cursors]
    with HttpFeed(web.url, None) as feed:
        pages = feed.pages("c0")
        assert [p.next for p in islice(pages, len(cursors))] == cursors
        with pytest.raises(UnavailableError, match="gives a cursor that it gave before"):
            next(pages)


def test_pages_that_came_are_given_out_though_a_later_one_does_not(web: WebServer) -> None:
    web.answers = [page(RECORD, cursor="c1", more=True), answer(b"", "500 Internal Server Error")]
    with HttpFeed(web.url, None) as feed:
        pages = feed.pages(None)
        assert next(pages).next == "c1"
        with pytest.raises(UnavailableError, match="500"):
            next(pages)


def test_a_crime_system_that_is_not_there() -> None:
    with serving() as web:
        pass
    assert "could not be reached" in refused(web)


def test_no_proxy_of_the_environment_is_used(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    web.answers = [page()]
    assert read(web) == [Page([], "c1", False)]


def test_no_secret_is_shown(web: WebServer) -> None:
    secrets = web.url.replace("//", "//monitor:pa55@") + "?key=k3y"
    for given in (HTML, b"", answer(b"", "401 Unauthorized"), answer(b"", "500 Oh"), page(cursor="c1", more=True)):
        web.answers = [given]
        with HttpFeed(secrets, None, token=TOKEN) as feed, pytest.raises(UnavailableError) as raised:
            list(feed.pages("c1"))
        assert web.url in str(raised.value)
        assert not {secret for secret in ("pa55", "k3y", TOKEN) if secret in str(raised.value)}


def test_the_officer_directory(web: WebServer, retries: list[RetryDetails]) -> None:
    lines = b'{"officer_ref":"O1","email":"o1@force.example"}\n{"name":"nobody"}\n{"officer_ref":"O2"}\n'
    web.answers = [answer(b"", "503 Service Unavailable"), answer(lines, Content_Type=NDJSON)]
    with HttpFeed("http://127.0.0.1:1/crimes", web.url) as feed:
        found = feed.officers()
    assert [officer.officer_ref for officer in found.officers] == ["O1", "O2"]
    assert [refusal.index for refusal in found.refusals] == [1]
    assert len(retries) == 1
    with HttpFeed(web.url, None) as feed:
        assert not feed.officers().read


@pytest.mark.parametrize("url", ["crimes", "ftp://host/crimes", "http:///crimes", "https://host:x/"])
def test_an_address_that_cannot_be_asked_is_a_wrong_setting(url: str) -> None:
    for urls in ((url, None), ("https://crime-system.example/crimes", url)):
        with pytest.raises(SettingsError, match="expected one such as"):
            HttpFeed(*urls)
