"""Two services on one database neither lose nor double anything, whatever the moment at which they meet."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, Page
from compliance.service.polls.polling import poll
from compliance.store import Store, begin_poll, judge_due, migrate, rebuild, take_page
from compliance.store.database import dialect
from compliance.store.judgements import projection
from compliance.store.tables import CRIME, CRIME_VERSION, FEED, OBLIGATION, TRANSITION
from tests import stores
from tests.engine import shipped
from tests.histories import histories
from tests.stores import SOURCE, Record, at, crime, raws, rows, take, updates

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

WEST_MERCIA = shipped("west-mercia")[0]
START = at("2026-11-20 06:00")
PAGE = 15
KEPT = {
    CRIME: ("crime_ref", "digest", "record", "wake_on"),
    CRIME_VERSION: ("crime_ref", "digest", "record"),
    FEED: ("source", "cursor"),
    OBLIGATION: (),
    TRANSITION: ("crime_ref", "victim_ref", "requirement", "cycle", "clock_date", "from_state", "to_state", "spell"),
}


class Growing:
    """A crime system in which records change: a page is the next records of a long list, the cursor its place."""

    def __init__(self, records: list[Record]) -> None:
        self.records = raws(records)
        self.until = len(self.records)

    def pages(self, cursor: str | None) -> Iterator[Page]:
        for place in range(int(cursor or 0), self.until, PAGE):
            end = min(place + PAGE, self.until)
            yield Page(self.records[place:end], str(end), end < self.until)

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [])

    def close(self) -> None:
        """There is nothing to let go of."""


def state(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """All that is kept, but for when and by which poll."""
    return {str(table.name): sorted(rows(store, table, *names), key=repr) for table, names in KEPT.items()}


def test_two_that_poll_and_judge_at_once_end_as_one_would(new_database: stores.NewDatabase) -> None:
    """Each with connections of its own; the one whose poll is superseded stops, and the other goes on from there."""
    records = [record for seed in range(4) for record in histories(seed, 60, as_at=START)]
    alone, shared = new_database(), new_database()
    for url in (alone, shared):
        migrate(url)
    one = Store.open(alone)
    poll(one, Growing(records), SOURCE, lambda: START)
    judge_due(one, WEST_MERCIA, START)
    faults: list[BaseException] = []
    together = Barrier(2)

    def serve() -> None:
        try:
            service, feed = Store.open(shared), Growing(records)
            together.wait(30)
            for until in range(60, len(records) + 1, 60):
                feed.until = until
                with suppress(UnavailableError):  # the other has begun to poll
                    poll(service, feed, SOURCE, lambda: START)
                judge_due(service, WEST_MERCIA, START)
            service.close()
        except BaseException as error:
            faults.append(error)

    threads = [Thread(target=serve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    both = Store.open(shared)
    poll(both, Growing(records), SOURCE, lambda: START)  # what both left because each was told of the other
    judge_due(both, WEST_MERCIA, START)
    expected, found = state(one), state(both)
    for name in ("crime", "feed", "obligation"):
        assert found[name] == expected[name]
    assert found["crime_version"] == expected["crime_version"], "no page was taken in twice, none left out"
    assert rebuild(both, WEST_MERCIA, START).differences == 0
    ends = {row[:5]: row[6] for row in rows(both, TRANSITION, *KEPT[TRANSITION])}
    standing = rows(both, OBLIGATION, "crime_ref", "victim_ref", "requirement", "cycle", "clock_date", "state")
    logged = {row[:5]: row[5] for row in standing if row[5] in ("overdue", "met", "late")}
    assert {key: state for key, state in ends.items() if state in ("overdue", "met", "late")} == logged
    one.close()
    both.close()


def test_a_service_whose_clock_is_behind_takes_back_nothing_that_another_has_noticed(store: Store) -> None:
    """Around midnight two services stand on different dates; what the later one judged sleeps past the earlier."""
    take(store, START, crime(reported_at="2026-11-10T09:00:00Z"))
    before, after = at("2026-11-17 23:59"), at("2026-11-18 00:01")
    judge_due(store, WEST_MERCIA, at("2026-11-11 06:00"))
    judge_due(store, WEST_MERCIA, after)
    log = rows(store, TRANSITION)
    assert [row[-5:-3] for row in log] == [("pending", "overdue")]
    assert judge_due(store, WEST_MERCIA, before).crimes == 0
    assert rows(store, TRANSITION) == log


def test_what_was_due_when_asked_and_judged_meanwhile_is_left_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of what is due is read before the turn to write comes; another service may have been quicker."""
    take(store, START, crime(reported_at="2026-11-10T09:00:00Z"))
    judge_due(store, WEST_MERCIA, at("2026-11-11 06:00"))
    before, after = at("2026-11-18 06:00"), at("2026-11-18 07:00")
    chunks = dialect.chunks

    def quicker(items: list[str], size: int) -> Iterator[list[str]]:
        monkeypatch.setattr(projection, "chunks", chunks)
        assert judge_due(store, WEST_MERCIA, after).crimes == 1
        yield from chunks(items, size)

    monkeypatch.setattr(projection, "chunks", quicker)
    assert judge_due(store, WEST_MERCIA, before).crimes == 0
    assert rows(store, TRANSITION, "noticed_at") == [(after,)]


def test_a_page_waits_for_the_page_before_it(store: Store) -> None:
    """A poll that another begins while its page is being written keeps that page whole, and takes in no more."""
    first = begin_poll(store, SOURCE, START)
    order: list[str] = []

    def begin() -> None:
        begin_poll(store, SOURCE, START + timedelta(minutes=5))
        order.append("begun")

    with store.writing():
        thread = Thread(target=begin)
        thread.start()
        thread.join(0.2)
        order.append("written")
    thread.join()
    assert order == ["written", "begun"]
    with pytest.raises(UnavailableError, match="another poll"):
        take_page(store, first, SOURCE, raws([crime(updates=updates("2026-11-12"))]), "x", START)
