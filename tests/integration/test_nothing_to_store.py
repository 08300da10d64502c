"""A poll that finds nothing to store writes one row, at its end; whatever it does not store can be done without (decision
0043)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Page
from compliance.service.polls.feed_changes import RESTARTED
from compliance.service.polls.polling import PollOutcome, poll
from compliance.store import (
    Store,
    cursor_of,
    last_complete_poll,
    mark_missing,
    newest_poll,
    quarantine_counts,
    restart_feed,
)
from compliance.store.receiving.intake import CURSOR_STANDS
from compliance.store.tables import CRIME, FEED, FEED_CURSOR, POLL
from tests import stores
from tests.stores import SOURCE, at, crime, raws, rows, take

new_database, database_url, store = stores.new_database, stores.database_url, stores.store

MONDAY: Final = at("2026-07-06 00:00")
MINUTE: Final = timedelta(minutes=1)
OVERLAP: Final = timedelta(minutes=15)
Records = list[stores.Record | bytes]


class Given:
    """A crime system that gives one page. `meanwhile`: happens before the page arrives."""

    def __init__(self, records: Records, cursor: str | None, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.records, self.cursor, self.meanwhile = records, cursor, meanwhile

    def pages(self, _: str | None) -> Iterator[Page]:
        self.meanwhile()
        yield Page(raws(self.records), self.cursor, False)

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [], read=False)

    def close(self) -> None:
        pass


def polled(
    store: Store, when: datetime, *records: stores.Record | bytes, cursor: str | None = "c1", **more: Any
) -> PollOutcome:
    return poll(store, Given(list(records), cursor, **more), SOURCE, lambda: when, overlap=OVERLAP)


@pytest.fixture
def first(store: Store) -> Store:
    """Two polls: one that brought a crime, one that brought nothing."""
    assert polled(store, MONDAY, crime(changed_at="2026-07-05T09:00:00Z")).changed == 1
    assert polled(store, MONDAY + 5 * MINUTE).poll_id is None
    return store


def everything(store: Store) -> list[list[tuple[Any, ...]]]:
    """All that a poll may write, but when the crime system was read."""
    polls = rows(store, POLL, *(name for name in POLL.c.keys() if name not in ("started_at", "ended_at")))  # noqa: SIM118
    return [polls, *(rows(store, table) for table in (FEED, FEED_CURSOR, CRIME))]


def test_what_comes_again_as_it_came_before_writes_only_when_it_was_read(first: Store) -> None:
    before = everything(first)
    for records in ([], [crime(changed_at="2026-07-05T09:00:00Z")], [crime()]):
        now = MONDAY + 10 * MINUTE
        assert polled(first, now, *records).received == len(records)
        newest = last_complete_poll(first)
        assert newest is not None
        assert (newest.started_at, newest.idle_since) == (now, MONDAY + 5 * MINUTE)
    assert everything(first) == before


@pytest.mark.parametrize(
    "record",
    [
        crime(division="A"), crime("22A/2/26"), crime(reported_at="soon"), b"{",
        crime(changed_at="2026-07-05T10:00:00Z"), crime(changed_at="2026-07-04T09:00:00Z", division="A"),
    ],
    ids=["changed", "new", "refused", "no JSON", "changed later, and the same", "older"],
)  # fmt: skip
def test_a_page_with_something_new_is_stored(first: Store, record: stores.Record | bytes) -> None:
    before = everything(first)
    assert polled(first, MONDAY + 10 * MINUTE, record).poll_id is not None
    assert everything(first) != before


def test_a_crime_that_comes_again_is_missing_no_more_and_refused_no_more(first: Store) -> None:
    mark_missing(first, SOURCE, set(), MONDAY + 6 * MINUTE)
    polled(first, MONDAY + 10 * MINUTE, crime())
    assert rows(first, CRIME, "missing_since") == [(None,)]
    polled(first, MONDAY + 15 * MINUTE, crime(reported_at="soon"))
    assert sum(quarantine_counts(first).values()) == 1
    polled(first, MONDAY + 20 * MINUTE, crime())
    assert quarantine_counts(first) == {}


def test_another_cursor_each_time_is_stored_once_an_hour(first: Store) -> None:
    """Reading on from an older one brings the same nothing again; none expires within the hour."""
    stood = set()
    for n in range(2, 40):
        polled(first, MONDAY + 5 * n * MINUTE, cursor=f"c{n}")
        stood.add(cursor_of(first, SOURCE))
        ((moved_at,),) = rows(first, FEED, "moved_at")
        assert MONDAY + 5 * n * MINUTE - moved_at < CURSOR_STANDS
    assert stood == {"c1", "c12", "c24", "c36"}
    assert len(rows(first, POLL)) <= 3


def test_another_cursor_after_records_that_are_stored_is_stored_at_once(first: Store) -> None:
    """Otherwise a feed that was restarted would be read again from there for an hour."""
    for n in (2, 3):
        poll(first, Given([crime()], f"c{n}"), SOURCE, lambda n=n: MONDAY + 5 * n * MINUTE)  # type: ignore[misc]
        assert cursor_of(first, SOURCE) == f"c{n}"


def test_a_first_cursor_and_one_after_a_restart_are_stored_at_once(store: Store) -> None:
    polled(store, MONDAY)
    assert cursor_of(store, SOURCE) == "c1"
    restart_feed(store, SOURCE, "http http://crimes.example", None, MONDAY + MINUTE, RESTARTED)
    polled(store, MONDAY + 2 * MINUTE, cursor="c2")
    assert cursor_of(store, SOURCE) == "c2"


def another_page(store: Store) -> None:
    take(store, MONDAY + 10 * MINUTE, crime(division="new"))


def another_idle_poll(store: Store) -> None:
    polled(store, MONDAY + 10 * MINUTE)


def restart(store: Store) -> None:
    restart_feed(store, SOURCE, "http http://crimes.example", None, MONDAY + 10 * MINUTE, RESTARTED)


@pytest.mark.parametrize("other", [another_page, another_idle_poll, restart])
def test_a_poll_stores_nothing_once_another_has_been_stored_since_it_began(
    first: Store, other: Callable[[Store], None]
) -> None:
    """What it read could be older than what the other found."""
    as_left: list[Any] = []

    def meanwhile() -> None:
        other(first)
        as_left[:] = everything(first), newest_poll(first, SOURCE)

    with pytest.raises(UnavailableError, match="another poll of crimes"):
        polled(first, MONDAY + 9 * MINUTE, crime(division="old"), cursor="c9", meanwhile=meanwhile)
    assert [everything(first), newest_poll(first, SOURCE)] == as_left


def test_a_poll_with_nothing_to_store_says_nothing_once_another_has_read_since(first: Store) -> None:
    """What the other says is newer, though it ended earlier."""
    polled(first, MONDAY + 12 * MINUTE, meanwhile=lambda: polled(first, MONDAY + 13 * MINUTE))
    newest = last_complete_poll(first)
    assert newest is not None
    assert newest.ended_at == MONDAY + 13 * MINUTE


def test_two_services_share_the_row(first: Store) -> None:
    """Each says when it has read, and neither adds a row."""
    other = Store.open(first.engine.url.render_as_string(hide_password=False))
    count = len(rows(first, POLL))
    for n in range(2, 12):
        now = MONDAY + 2.5 * n * MINUTE
        polled(first if n % 2 else other, now)
        newest = last_complete_poll(first)
        assert newest is not None
        assert newest.ended_at == now
    assert len(rows(first, POLL)) == count
    other.close()
