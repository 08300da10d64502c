"""How often a record is decoded and encoded on its way from a feed over HTTP into the store."""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import Any, Final

import msgspec
import pytest

from compliance.feed_settings import FieldMapping
from compliance.feeds import Mapper
from compliance.feeds.http import HttpFeed
from compliance.service.polls.polling import poll
from compliance.store import Store, load_crimes
from tests import stores
from tests.stores import SOURCE, at
from tests.web_server import WebServer, answer, serving

database_url, new_database, store = stores.database_url, stores.new_database, stores.store
RECORDS: Final = 40
NOTED: Final = 2
"""What a poll that stores something costs for its entry in the audit log: its details, and the text that is hashed."""
MAPPING: Final = FieldMapping(crime={"crime_ref": "number"}, timezone="Europe/London")
_CODECS: Final = (msgspec.json.Decoder, msgspec.json.Encoder, type(msgspec))
_NAMES: Final = {"json_decode": "decode", "json_encode": "encode", "decode": "decode", "encode": "encode"}
_JSON: Final = {json.loads.__code__: "decode", json.dumps.__code__: "encode"}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """How often JSON is decoded and encoded by this thread and those it starts, whoever calls and whatever the functions are called."""
    counts: Counter[str] = Counter()

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and isinstance(getattr(called, "__self__", None), _CODECS):
            if name := _NAMES.get(called.__name__):
                counts[name] += 1
        elif event == "call" and frame.f_code in _JSON:
            counts[_JSON[frame.f_code]] += 1

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield counts
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def body(division: str, wrong: int = 0) -> bytes:
    """A page; `wrong` of its records are refused."""
    records: list[Any] = [
        {"crime_ref": str(n), "number": n, "reported_at": "2026-07-01T09:00:00Z", "changed_at": "2026-07-02T09:00:00Z"}
        | {"division": division, "victims": [{"victim_ref": "V1"}]}
        for n in range(RECORDS)
    ]
    records += [{"crime_ref": f"W{wrong}/{n}", "number": f"W{wrong}/{n}", "reported_at": n} for n in range(wrong)]
    return msgspec.json.encode({"records": records, "next": f"c{division}", "more": False})


def polled(store: Store, web: WebServer, given: bytes, mapper: Mapper | None) -> Counter[str]:
    web.answers = [answer(given)]
    with counting() as counts, HttpFeed(web.url, None, mapper=mapper) as feed:
        outcome = poll(store, feed, SOURCE, lambda: at("2026-07-20 06:00"))
    assert outcome.complete
    return counts


@pytest.mark.parametrize("rules", [None, MAPPING], ids=["as it came", "mapped"])
def test_a_record_by_http_is_decoded_once_and_encoded_once(
    store: Store, web: WebServer, rules: FieldMapping | None, database_url: str
) -> None:
    """New and changed; served again, it is neither, unless the service was restarted. The page itself is split once,
    which makes no values of its records: the bytes of each are needed for its size and, where it is refused, for the
    quarantine."""
    mapper = None if rules is None else Mapper(rules, tabular=False)
    for division in ("A", "B"):
        assert polled(store, web, body(division), mapper) == {"decode": 1 + RECORDS, "encode": RECORDS + NOTED}
    assert polled(store, web, body("B"), mapper) == {"decode": 1}
    with closing(Store.open(database_url)) as restarted:
        assert polled(restarted, web, body("B"), mapper) == {"decode": 1 + RECORDS, "encode": RECORDS}
    assert len(load_crimes(store, [str(n) for n in range(RECORDS)])) == RECORDS


@pytest.mark.parametrize("rules", [None, MAPPING], ids=["as it came", "mapped"])
def test_only_a_refused_record_costs_more(store: Store, web: WebServer, rules: FieldMapping | None) -> None:
    """What is refused is read again for its reason, its crime number and its changed_at."""
    mapper = None if rules is None else Mapper(rules, tabular=False)
    counts: Callable[[int], Counter[str]] = lambda wrong: polled(store, web, body("A", wrong), mapper)  # noqa: E731
    counts(0)
    none, one, three = counts(0), counts(1), counts(3)
    assert none == {"decode": 1}, "the right ones are known"
    assert three["decode"] - none["decode"] == 3 * (one["decode"] - none["decode"])
    kept = 0 if mapper is None else 3
    assert three["encode"] - none["encode"] == kept + NOTED, "a mapped record is written to be kept"
