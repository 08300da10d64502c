"""Late commits at the source are not missed; what a full export lacks is flagged; a poll that brings nothing new ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from compliance.errors import UnavailableError
from compliance.feeds import Directory, Page
from compliance.service import polling
from compliance.service.polling import poll
from compliance.store import Store, cursor_of, load_columns, missing_count
from compliance.store.tables import FEED_CURSOR, POLL
from tests import stores
from tests.stores import SOURCE, at, crime, raws, rows

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

OVERLAP = timedelta(minutes=30)


class Log:
    """A crime system whose cursor is a place in its log, two records a page. A late commit lands before places that it
    has given out already."""

    def __init__(self) -> None:
        self.places: dict[int, str] = {}
        self.asked: list[str | None] = []
        self.fails = False

    def pages(self, cursor: str | None) -> Iterator[Page]:
        self.asked.append(cursor)
        found = sorted(place for place in self.places if place > int(cursor or 0))
        while True:
            page, found = found[:2], found[2:]
            cursor = str(page[-1]) if page else cursor or "0"
            yield Page(raws([crime(self.places[place]) for place in page]), cursor, bool(found))
            if not found:
                return
            if self.fails:
                raise UnavailableError("the crime system is down")

    def officers(self) -> Directory:
        return Directory([], [])

    def close(self) -> None:
        pass


def held(store: Store) -> list[str]:
    found: list[str] = load_columns(store).crime_ref.to_pylist()
    return found


def polled(store: Store, log: Log, minute: int, overlap: timedelta = OVERLAP) -> polling.PollOutcome:
    now = at("2026-07-02 06:00") + timedelta(minutes=minute)
    return poll(store, log, SOURCE, lambda: now, overlap=overlap)


@pytest.mark.parametrize("overlap", [OVERLAP, timedelta(0)], ids=["with an overlap", "without"])
def test_what_the_source_commits_late_is_taken_with_an_overlap(store: Store, overlap: timedelta) -> None:
    log = Log()
    for minute in range(0, 100, 5):
        log.places[minute * 10 + 10] = f"on time {minute}"
        polled(store, log, minute, overlap)
    log.places[955] = "late"
    polled(store, log, 100, overlap)
    assert ("late" in held(store)) == (overlap > timedelta(0))


def test_it_begins_where_the_feed_was_left_that_long_ago(store: Store) -> None:
    log = Log()
    for minute in range(0, 100, 5):
        log.places[minute * 10 + 10] = f"on time {minute}"
        outcome = polled(store, log, minute)
    assert log.asked[-1] == "660", "what was given at minute 65"
    assert (outcome.received, outcome.changed, outcome.complete) == (6, 1, True), "what is unchanged costs no write"
    assert cursor_of(store, SOURCE) == "960"
    taken: list[datetime] = [instant for (instant,) in rows(store, FEED_CURSOR, "taken_at")]
    assert min(taken) == at("2026-07-02 07:05"), "no more is kept than is needed"


def test_before_the_overlap_has_passed_it_begins_at_the_oldest_that_is_kept(store: Store) -> None:
    log = Log()
    log.places.update({place: f"C{place}" for place in range(1, 8)})
    polled(store, log, 0)
    polled(store, log, 5)
    assert log.asked == [None, "2"]


def test_a_poll_that_broke_off_is_gone_on_with_first(store: Store) -> None:
    """A long first reading must not begin again and again."""
    log = Log()
    log.places.update({place: f"C{place}" for place in range(1, 10)})
    log.fails = True
    for minute in (0, 45):
        with pytest.raises(UnavailableError):
            polled(store, log, minute)
    log.fails = False
    assert polled(store, log, 90).complete
    assert log.asked == [None, "2", "4"]
    assert len(held(store)) == 9


class Export:
    """A full export of some crimes, two a page."""

    def __init__(self, *refs: str) -> None:
        self.refs = refs

    def pages(self, _: str | None) -> Iterator[Page]:
        for place in range(0, len(self.refs), 2):
            more = place + 2 < len(self.refs)
            records = raws([crime(ref) for ref in self.refs[place : place + 2]])
            yield Page(records, None if more else "taken", more, None if more else set(self.refs), clock_changes=1)

    def officers(self) -> Directory:
        return Directory([], [], unchanged=True)

    def close(self) -> None:
        pass


def test_what_a_full_export_lacks_is_flagged_and_kept(store: Store) -> None:
    now = at("2026-07-02 06:00")
    poll(store, Export("1", "2", "3"), SOURCE, lambda: now)
    outcome = poll(store, Export("1", "3", "4"), SOURCE, lambda: now)
    assert (outcome.vanished, outcome.changed, outcome.clock_changes) == (1, 1, 2)
    assert held(store) == ["1", "2", "3", "4"]
    assert missing_count(store) == 1
    assert poll(store, Export("2"), SOURCE, lambda: now).vanished == 3


def test_a_poll_without_anything_to_take_is_not_complete(store: Store) -> None:
    """What was known then has not been seen (design decision 11)."""
    outcome = poll(store, Export(), SOURCE, lambda: at("2026-07-02 06:00"))
    assert (outcome.complete, outcome.problem) == (False, "there was nothing to take yet")
    assert rows(store, POLL, "complete", "problem") == [(False, "there was nothing to take yet")]


class Endless:
    """A crime system that stamps the same record anew for ever."""

    def pages(self, cursor: str | None) -> Iterator[Page]:
        place = int(cursor or 0)
        while True:
            place += 1
            yield Page(raws([crime(changed_at=f"2026-07-01T09:00:00.{place:06}Z")]), str(place), True)

    def officers(self) -> Directory:
        raise AssertionError("only when there is nothing further")

    def close(self) -> None:
        pass


def test_a_feed_that_goes_on_for_ever_with_nothing_new_is_left_and_gone_on_with(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "MOST_UNCHANGED", 20)
    outcome = poll(store, Endless(), SOURCE, lambda: at("2026-07-02 06:00"))
    assert (outcome.pages, outcome.changed, outcome.complete) == (21, 1, False)
    assert outcome.problem is not None
    assert outcome.problem.startswith("20 pages in a row brought nothing new")
    assert cursor_of(store, SOURCE) == "21"
