"""What a crime system may send without filling memory or keeping a poll for ever, and what it need not send again."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

import httpx
import pytest
import stamina

from compliance.errors import UnavailableError
from compliance.feeds import HttpFeed, Page, Remembered
from compliance.feeds.bodies import MOST_RECORDS
from compliance.feeds.http import NOTHING_NEW
from tests.web_server import WebServer, answer, serving

RECORD = b'{"crime_ref":"22A/1/26","reported_at":"2026-07-01T09:00:00Z"}'
NDJSON = "application/x-ndjson"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    stamina.set_testing(True, attempts=2, cap=True)
    yield
    stamina.set_testing(False)


def body(*records: bytes, cursor: str = "c1", more: bool = False) -> bytes:
    return b'{"records":[%s],"next":%s,"more":%s}' % (
        b",".join(records),
        json.dumps(cursor).encode(),
        json.dumps(more).encode(),
    )


def refused(web: WebServer, **options: Any) -> str:
    with HttpFeed(web.url, None, **options) as feed, pytest.raises(UnavailableError) as raised:
        list(feed.pages(None))
    return str(raised.value)


@pytest.mark.parametrize("length", [None, -1], ids=["its length said", "not said"])
def test_what_unpacks_to_more_than_memory_holds_is_read_no_further_than_the_bound(
    web: WebServer, length: int | None
) -> None:
    """A gzip bomb: 200 kB that stand for 200 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 10_000_000) for _ in range(20)) + packer.flush()
    assert len(bomb) < 250_000
    web.answers = [answer(bomb, length=length, Content_Encoding="gzip")]
    tracemalloc.start()
    try:
        assert "more than 1,000,000 bytes" in refused(web, largest_body=1_000_000, page_size=1)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_only_gzip_is_asked_for_and_taken(web: WebServer) -> None:
    """What packs better could stand for more, and would be uncompressed with others than us."""
    web.answers = [answer(body(), Content_Encoding="zstd")]
    assert "compressed with 'zstd'; only gzip was requested" in refused(web)
    assert web.headers[0]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(body())[:-9], gzip.compress(body()) + b"more", gzip.compress(body())[:5], b"\x1f\x8b" + b"\0" * 30],
    ids=["cut short", "more behind it", "its head alone", "no packing"],
)
def test_a_packing_that_does_not_end_where_the_answer_ends_is_asked_for_again(web: WebServer, packed: bytes) -> None:
    web.answers = [answer(packed, Content_Encoding="gzip"), answer(gzip.compress(body()), Content_Encoding="gzip")]
    with HttpFeed(web.url, None) as feed:
        assert list(feed.pages(None)) == [Page([], "c1", False)]


@pytest.mark.parametrize("length", [10, 10_000], ids=["said too short", "said too long"])
def test_an_answer_of_a_wrong_length_is_no_page(web: WebServer, length: int) -> None:
    web.answers = [answer(body(RECORD), length=length)]
    assert any(word in refused(web) for word in ("could not be reached", "gave no JSON page"))


def test_less_is_asked_for_where_a_page_is_too_large(web: WebServer) -> None:
    """A page of large records must not stop the poll for good."""
    web.answers = [answer(body(RECORD * 40)), answer(body(RECORD * 20)), answer(body(RECORD))]
    with HttpFeed(web.url, None, page_size=500, largest_body=1000) as feed:
        assert next(feed.pages(None)).raws == [RECORD]
    assert [asked["limit"] for asked in web.asked] == ["500", "125", "31"]


@pytest.mark.parametrize("lines", [False, True])
def test_a_page_of_more_records_than_are_read_at_once(web: WebServer, lines: bool) -> None:
    given = answer(b"{}\n" * (MOST_RECORDS + 1), Content_Type=NDJSON, Next_Cursor="c1", More="false")
    web.answers = [given if lines else answer(body(*[b"{}"] * (MOST_RECORDS + 1)))]
    assert "at most 100,000 are read at once" in refused(web, page_size=1)


def test_a_page_of_more_values_than_memory_holds(web: WebServer) -> None:
    web.answers = [answer(body(b"1," * 4_000_001 + b"1"))]
    assert "more than 4,000,000 values" in refused(web, page_size=1)


@pytest.mark.parametrize("cursor", ["c" * 9000, "c\0", "c\n2"], ids=["too long", "a NUL", "two lines"])
def test_a_cursor_that_could_not_be_sent_back(web: WebServer, cursor: str) -> None:
    web.answers = [answer(body(cursor=cursor))]
    assert "gave a cursor of" in refused(web)


def test_an_answer_that_trickles_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the answer never ends."""
    seconds = count(0, 20)
    monkeypatch.setattr("compliance.feeds.requests.time.monotonic", lambda: next(seconds))

    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" "

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Trickle()))
    with (
        HttpFeed("http://crimes.example/", None, transport=transport) as feed,
        pytest.raises(UnavailableError, match="took more than 600 s over one answer"),
    ):
        list(feed.pages(None))


@pytest.mark.parametrize("records", [(), (RECORD,), (RECORD, RECORD)], ids=["nothing", "the same", "the same twice"])
def test_a_feed_that_invents_cursors_for_ever_is_left_after_a_hundred_pages(
    web: WebServer, records: tuple[bytes, ...]
) -> None:
    web.answers = [answer(body(*records, cursor=f"c{n}", more=True)) for n in range(200)]
    some = len(records) > 0  # the first page was new
    with HttpFeed(web.url, None) as feed:
        pages = feed.pages(None)
        assert len(list(islice(pages, NOTHING_NEW + some))) == NOTHING_NEW + some
        with pytest.raises(UnavailableError, match="100 pages in a row with nothing new: it would repeat"):
            next(pages)


def test_a_long_feed_that_has_something_new_now_and_then_is_read_to_its_end(web: WebServer) -> None:
    new = {50: b'{"n":1}', 149: b'{"n":2}', 248: b'{"n":3}'}
    pages = [body(*([new[n]] if n in new else []), cursor=f"c{n}", more=n < 300) for n in range(301)]
    web.answers = list(map(answer, pages))
    with HttpFeed(web.url, None) as feed:
        assert sum(len(page.raws) for page in feed.pages(None)) == 3


@pytest.mark.parametrize("said", [RECORD + b"\n" + RECORD[:30], RECORD[:-1]])
def test_lines_that_are_cut_short_by_a_wrong_length_do_not_move_the_cursor(web: WebServer, said: bytes) -> None:
    whole = RECORD + b"\n" + RECORD + b"\n"
    web.answers = [answer(whole, length=len(said), Content_Type=NDJSON, Next_Cursor="c2", More="false")]
    assert "whose last line is cut short" in refused(web)
    web.answers = [answer(RECORD + b"\n" + RECORD, Content_Type=NDJSON, Next_Cursor="c2", More="false")]
    with HttpFeed(web.url, None) as feed:
        assert [len(page.raws) for page in feed.pages(None)] == [2], "the last line need not end"


def polled(web: WebServer, remembered: Remembered, cursor: str | None, fails: bool = False) -> list[Page]:
    """A poll of pages and directory; one that `fails` breaks off where the page is taken."""
    pages = []
    try:
        with HttpFeed(web.url, web.url + "/officers", remembered=remembered) as feed:
            for page in feed.pages(cursor):
                if fails:
                    raise OSError("the database is full")
                pages.append(page)
            feed.officers().kept()
    except OSError:
        pass
    return pages


def test_what_was_taken_in_need_not_be_sent_again(web: WebServer) -> None:
    """`ETag` and `If-None-Match`, for pages and for the officer directory."""
    remembered = Remembered()
    officers = answer(b'{"officer_ref":"O1"}\n', Content_Type=NDJSON, ETag='"o1"')
    same = answer(b"", "304 Not Modified")
    web.answers = [answer(body(RECORD, cursor="c2"), ETag='"p1"'), officers, same, same]
    assert polled(web, remembered, "c1") == [Page([RECORD], "c2", False)]
    assert polled(web, remembered, "c1") == [Page([], "c2", False)]
    assert [headers.get("If-None-Match") for headers in web.headers] == [None, None, '"p1"', '"o1"']
    web.answers = [same]
    with HttpFeed(web.url, web.url + "/officers", remembered=remembered) as feed:
        assert feed.officers().unchanged


def test_a_directory_that_was_not_kept_is_sent_again(web: WebServer) -> None:
    """Nobody believed it, or the database failed."""
    web.answers = [answer(b'{"officer_ref":"O1"}\n', Content_Type=NDJSON, ETag='"o1"')]
    remembered = Remembered()
    for _ in range(2):
        with HttpFeed(web.url, web.url + "/officers", remembered=remembered) as feed:
            assert len(feed.officers().officers) == 1
    assert "If-None-Match" not in web.headers[1]


def test_what_was_not_taken_in_is_sent_again(web: WebServer) -> None:
    """A page that came and was not kept, because the database failed, must come again."""
    remembered = Remembered()
    web.answers = [answer(body(RECORD, cursor="c2"), ETag='"p1"')]
    polled(web, remembered, "c1", fails=True)
    polled(web, remembered, "c1")
    assert "If-None-Match" not in web.headers[1]


def test_another_cursor_is_another_question(web: WebServer) -> None:
    remembered = Remembered()
    web.answers = [answer(body(cursor="c2"), ETag='"p1"')]
    polled(web, remembered, "c1")
    web.headers.clear()
    polled(web, remembered, "c2")
    assert "If-None-Match" not in web.headers[0]


def test_304_to_a_question_without_an_etag_is_no_page(web: WebServer) -> None:
    web.answers = [answer(b"", "304 Not Modified")]
    assert "answered 304" in refused(web)
