"""Which officer directory is in force: the last one read without a problem, of a source, at an instant (records
section 4)."""

from datetime import datetime, timedelta

import pytest

from compliance.records import Officer
from compliance.store import (
    LastGood,
    Store,
    begin_poll,
    directory_as_of,
    directory_problem,
    end_poll,
    last_good_directory,
    note_directory,
    save_officers,
)
from tests import stores
from tests.stores import at

new_database, database_url, store = stores.new_database, stores.database_url, stores.store

MONDAY, TUESDAY, WEDNESDAY = (at(f"2026-07-0{day} 06:00") for day in (6, 7, 8))


def read(store: Store, source: str, now: datetime, entries: int | None, problem: str | None = None) -> None:
    """A poll of a source at an instant, and what came of the directory."""
    poll = begin_poll(store, source, now)
    note_directory(store, poll, entries, problem)
    end_poll(store, poll, now, complete=True)


@pytest.fixture
def readings(store: Store) -> Store:
    """Two sources: the one refused on Tuesday, the other not read on Wednesday."""
    read(store, "crimes", MONDAY, 30)
    read(store, "crimes", TUESDAY, 12, "fewer than half of the entries")
    read(store, "archive", TUESDAY, 7)
    read(store, "archive", WEDNESDAY, None)
    return store


def test_the_directory_in_force_is_the_last_one_without_a_problem(readings: Store) -> None:
    assert last_good_directory(readings, "crimes") == LastGood(MONDAY, 30)
    assert last_good_directory(readings, "archive") == LastGood(TUESDAY, 7)
    assert last_good_directory(readings, "other") is None


def test_of_any_source_it_is_the_newest(readings: Store) -> None:
    assert last_good_directory(readings) == LastGood(TUESDAY, 7)
    assert directory_as_of(readings) == TUESDAY


def test_at_an_instant_it_is_the_newest_by_then(readings: Store) -> None:
    assert last_good_directory(readings, until=TUESDAY) == LastGood(TUESDAY, 7)
    assert last_good_directory(readings, until=TUESDAY - timedelta(seconds=1)) == LastGood(MONDAY, 30)
    assert directory_as_of(readings, until=MONDAY - timedelta(seconds=1)) is None


def test_the_problem_is_that_of_the_last_attempt_to_read_it(readings: Store) -> None:
    assert directory_problem(readings) is None
    read(readings, "crimes", WEDNESDAY, None, "answered 503")
    assert directory_problem(readings) == "answered 503"


def test_entries_without_a_poll_that_noted_them_are_a_directory_too(store: Store) -> None:
    """Polls of the first version noted nothing: the entries say when they were seen."""
    assert last_good_directory(store) is None
    save_officers(store, [Officer("1042"), Officer("1043")], MONDAY)
    save_officers(store, [Officer("1042")], TUESDAY)
    assert last_good_directory(store) == LastGood(TUESDAY, 1)
    assert last_good_directory(store, until=MONDAY) == LastGood(MONDAY, 1), "the one that was not seen again"
