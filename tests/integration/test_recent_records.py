"""A record that comes again as it came before is not read again, and the store becomes what it would have become."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from sqlalchemy import delete

from compliance.feed_settings import FieldMapping
from compliance.feeds import HttpFeed, Mapper
from compliance.records import text_of
from compliance.service.polls.polling import PollOutcome, poll
from compliance.store import Store, load_crimes, migrate
from compliance.store.database.recent_records import RecentRecords
from compliance.store.tables import CRIME, CRIME_VERSION, QUARANTINE
from tests import stores
from tests.integration.test_store_any_replay import PAGES, as_held
from tests.integration.test_store_replay import DAYS, standing, version, versions
from tests.stores import SOURCE, Record, crime, raws, rows, take
from tests.web_server import WebServer, answer, serving

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
LONDON = "Europe/London"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    """Two stores for all examples of a property."""
    folder: Path = tmp_path_factory.mktemp("both")
    urls = [f"sqlite:///{folder / name}.db" for name in ("one", "other")]
    for url in urls:
        migrate(url)
    with closing(Store.open(urls[0])) as one, closing(Store.open(urls[1])) as other:
        yield one, other


def polled(store: Store, web: WebServer, record: Record, mapping: FieldMapping) -> PollOutcome:
    web.answers = [answer(msgspec.json.encode({"records": [record], "next": "c", "more": False}))]
    with HttpFeed(web.url, None, mapper=Mapper(mapping, tabular=False)) as feed:
        return poll(store, feed, SOURCE, lambda: DAYS[0])


@settings(max_examples=25)
@given(pages=PAGES)
def test_whether_a_record_is_known_changes_nothing(both: tuple[Store, Store], pages: list[list[Record]]) -> None:
    check_nothing_changes(both, pages)


@pytest.mark.long
@settings(max_examples=1_000)
@given(pages=PAGES)
def test_whether_a_record_is_known_changes_nothing_a_thousand_times(
    both: tuple[Store, Store], pages: list[list[Record]]
) -> None:
    check_nothing_changes(both, pages)


def check_nothing_changes(both: tuple[Store, Store], pages: list[list[Record]]) -> None:
    """Right and wrong records, repeated, older and newer, into a store that knows them (also those of crimes that it
    holds no longer) and into one that reads each."""
    knows, reads = both
    for store in both:
        with store.writing() as connection:
            for table in (CRIME, CRIME_VERSION, QUARANTINE):
                connection.execute(delete(table))
    for page in pages * 2:
        reads.recent = RecentRecords()
        assert take(knows, DAYS[0], *page) == take(reads, DAYS[0], *page)
        held, expected = as_held(knows), as_held(reads)
        assert without_numbers(held) == without_numbers(expected)


def without_numbers(held: Any) -> Any:
    """What a store holds, apart from the numbers that the database gives."""
    crimes, versions, quarantine = held
    return [row[:4] + row[5:] for row in crimes], [row[1:] for row in versions], quarantine


def test_a_known_record_that_another_instance_replaced_is_older_than_what_stands(
    store: Store, database_url: str
) -> None:
    """Records section 4; instances share a store (decision 0012)."""
    take(store, DAYS[0], version(5))
    with closing(Store.open(database_url)) as another:
        take(another, DAYS[1], version(6))
    assert take(store, DAYS[2], version(5)).late == 1
    assert standing(store) == "as at 6"
    assert versions(store) == [("A", DAYS[0], DAYS[1], False)]


def test_a_known_record_that_is_gone_is_stored_again_whole(store: Store) -> None:
    """As from a backup made before it came (decision 0008)."""
    record = version(5, victims=[{"victim_ref": "V1", "category": "enhanced"}])
    take(store, DAYS[0], record)
    before = rows(store, CRIME, "digest", "record"), load_crimes(store, ["A"])
    with store.writing() as connection:
        connection.execute(delete(CRIME))
    assert take(store, DAYS[1], record).changed == 1
    assert (rows(store, CRIME, "digest", "record"), load_crimes(store, ["A"])) == before


def test_with_another_mapping_a_record_is_read_anew(store: Store, web: WebServer) -> None:
    """Records section 4: what a field means is the force's to say."""
    record = crime(division="A", team="T")
    assert polled(store, web, record, FieldMapping()).changed == 1
    assert polled(store, web, record, FieldMapping(crime={"division": "team"})).changed == 1
    assert load_crimes(store, [record["crime_ref"]])[0].division == "T"
    assert polled(store, web, record, FieldMapping(crime={"division": "team"})).changed == 0


def test_an_hour_that_comes_twice_is_counted_whenever_it_comes(store: Store, web: WebServer) -> None:
    record = crime(recorded_at="2026-10-25T01:30:00")
    for _ in range(3):
        assert polled(store, web, record, FieldMapping(timezone=LONDON)).clock_changes == 1


def test_the_records_known_are_bounded() -> None:
    known = RecentRecords(most=4)
    records = raws([crime(str(n)) for n in range(9)])
    for record in records:
        known.read([record])
    names = [text_of(content.record) for content in known.read(records)[0].values()]
    assert [name for name in names if name] == records[-3:], "those read again were not kept"


def test_a_refused_record_is_never_known() -> None:
    """Its reason is told each time it comes (decision 0014)."""
    known = RecentRecords()
    wrong = raws([crime(reported_at="soon")])
    assert known.read(wrong) == known.read(wrong)
    assert len(known.read(wrong)[1]) == 1
