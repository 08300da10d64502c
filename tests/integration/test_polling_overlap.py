"""Late commits at the source are not missed; what a full export lacks is flagged; a poll that brings nothing new ends."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import pytest

from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Page
from compliance.service.polls import polling
from compliance.service.polls.polling import poll
from compliance.store import Store, cursor_of, list_missing_crimes, load_columns, note_cursor
from compliance.store.receiving import cursors
from compliance.store.tables import FEED_CURSOR, POLL
from tests import stores
from tests.stores import SOURCE, at, crime, raws, rows

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store

OVERLAP = timedelta(minutes=30)
BEGIN = at("2026-07-02 06:00")
FIRST = "-1000000"


class Log:
    """A crime system whose cursor is a place in its log, two records a page. A late commit lands before places that it
    has given out already. A place is the tenth of a minute of the change, which the records tell where `dated`."""

    def __init__(self, dated: bool = False) -> None:
        self.dated = dated
        self.places: dict[int, str] = {}
        self.asked: list[str | None] = []
        self.fails = False

    def pages(self, cursor: str | None) -> Iterator[Page]:
        self.asked.append(cursor)
        found = sorted(place for place in self.places if place > int(cursor or FIRST))
        while True:
            page, found = found[:2], found[2:]
            cursor = str(page[-1]) if page else cursor or FIRST
            yield Page(raws([self.record(place) for place in page]), cursor, bool(found))
            if not found:
                return
            if self.fails:
                raise UnavailableError("the crime system is down")

    def record(self, place: int) -> stores.Record:
        changed = {"changed_at": (BEGIN + timedelta(seconds=6 * place)).isoformat()} if self.dated else {}
        return crime(self.places[place], **changed)

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [])

    def close(self) -> None:
        pass


def held(store: Store) -> list[str]:
    found: list[str] = load_columns(store).crime_ref.to_pylist()
    return found


def polled(store: Store, log: Log, minute: int, overlap: timedelta = OVERLAP) -> polling.PollOutcome:
    now = BEGIN + timedelta(minutes=minute)
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


@pytest.mark.parametrize("dated", [True, False], ids=["records say when they changed", "they do not"])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_committed_within_the_overlap_is_taken(store: Store, seed: int, dated: bool) -> None:
    """Changes that show up to half an hour after the instant they bear, polls at odd times, some that break off."""
    rng, log = Random(seed), Log(dated)
    changes = {place: max(place / 10 + rng.random() * 30, 0) for place in rng.sample(range(-3000, 6000), 150)}
    minute = 0
    while minute < 600:
        log.places = {place: f"C{place}" for place, shown in changes.items() if shown <= minute}
        log.fails = rng.random() < 0.3
        with suppress(UnavailableError):
            polled(store, log, minute)
        minute += rng.randrange(1, 40)
    log.places, log.fails = {place: f"C{place}" for place in changes}, False
    for after in (640, 680):
        polled(store, log, after)
    assert sorted(held(store)) == sorted(log.places.values())


def test_going_on_after_a_break_is_no_reading_again(store: Store) -> None:
    """What was committed late between a poll that broke off and the one that went on from there is taken next."""
    log = Log()
    for minute in range(0, 65, 5):
        log.places[minute * 10] = f"C{minute}"
        polled(store, log, minute)
    log.places.update({620: "C62", 630: "C63", 640: "C64"})
    log.fails = True
    with pytest.raises(UnavailableError):
        polled(store, log, 65)
    log.fails = False
    log.places[380] = "late"
    assert polled(store, log, 100).complete
    assert "late" not in held(store)
    polled(store, log, 105)
    assert "late" in held(store)


def test_after_a_first_reading_only_what_may_still_be_late_is_read_again(store: Store) -> None:
    log = Log(dated=True)
    log.places = {place: f"C{place}" for place in range(-50_000, 1, 250)}
    assert polled(store, log, 0).received == 201
    assert polled(store, log, 5).received <= 4, "of forty minutes, two records a page"
    assert log.asked[0] is None


def test_a_change_dated_in_the_future_keeps_nothing_from_being_settled(store: Store) -> None:
    log = Log(dated=True)
    for minute in range(0, 200, 5):
        log.places[minute * 10] = f"C{minute}"
        log.places[5_000_000] = "from a clock that is years ahead"
        outcome = polled(store, log, minute)
    assert outcome.received <= 10


def given(store: Store, *cursors: tuple[str, str, int], source: str = SOURCE) -> list[str]:
    """(cursor, how far it reaches, the minute at which it was given), noted one after another -> those that are stored."""
    for cursor, reaches, minute in cursors:
        note_cursor(store, source, cursor, at(reaches), OVERLAP, BEGIN + timedelta(minutes=minute))
    return [cursor for cursor, of in rows(store, FEED_CURSOR, "cursor", "source") if of == source]


def test_a_cursor_is_settled_when_the_overlap_has_passed_since_what_it_reaches(store: Store) -> None:
    """A change is committed at most the overlap after its instant (decision 0013). What lies before is not needed."""
    early, late = ("1", "2026-07-02 05:40", 0), ("2", "2026-07-02 05:41", 10)
    assert given(store, early, late) == ["1", "2"], "of neither have 30 minutes passed"
    assert given(store, ("3", "2026-07-02 05:50", 20)) == ["3"], "30 minutes to the second"


def test_no_more_cursors_of_a_source_are_stored_than_are_of_use(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none of them is ever settled: the newest, and another source's are left alone."""
    monkeypatch.setattr(cursors, "_KEPT", 3)
    assert given(store, ("a", "2026-07-02 06:00", 0), source="archive") == ["a"]
    for minute in range(5):
        given(store, (str(minute), f"2026-07-02 06:0{minute}", minute))
    assert given(store) == ["2", "3", "4"]
    assert given(store, source="archive") == ["a"]


def test_it_begins_where_nothing_late_can_come_before(store: Store) -> None:
    log = Log()
    for minute in range(0, 100, 5):
        log.places[minute * 10 + 10] = f"on time {minute}"
        outcome = polled(store, log, minute)
    assert log.asked[-1] == "610", "what was given at minute 60, for it was read again at minute 90"
    assert (outcome.received, outcome.changed, outcome.complete) == (7, 1, True), "what is unchanged costs no write"
    assert cursor_of(store, SOURCE) == "960"
    taken: list[datetime] = [instant for (instant,) in rows(store, FEED_CURSOR, "taken_at")]
    assert min(taken) == at("2026-07-02 07:00"), "no more is kept than is needed"


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

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [], unchanged=True)

    def close(self) -> None:
        pass


def test_what_a_full_export_lacks_is_flagged_and_kept(store: Store) -> None:
    now = at("2026-07-02 06:00")
    poll(store, Export("1", "2", "3"), SOURCE, lambda: now)
    outcome = poll(store, Export("1", "3", "4"), SOURCE, lambda: now)
    assert (outcome.vanished, outcome.changed, outcome.clock_changes) == (1, 1, 2)
    assert held(store) == ["1", "2", "3", "4"]
    assert [ref for ref, _ in list_missing_crimes(store, now)] == ["2"]
    assert poll(store, Export("2"), SOURCE, lambda: now).vanished == 3


def test_a_poll_without_anything_to_take_is_not_complete(store: Store) -> None:
    """What was known then has not been seen (decision 0008)."""
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

    def officers(self) -> DirectoryEntries:
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
