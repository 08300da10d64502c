"""One poll: what comes is kept whatever happens after it, and the next poll goes on from there."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import stamina

from compliance.errors import UnavailableError
from compliance.feeds import DirectoryEntries, HttpFeed, Page
from compliance.records import Officer, Refusal, decode_crimes
from compliance.service.polls.polling import poll
from compliance.simulator import SimulatedCrimeSystem, SimulatedForce, Trouble, serve
from compliance.store import (
    Store,
    cursor_of,
    last_complete_poll,
    load_columns,
    load_crimes,
    officers,
    quarantine_counts,
)
from compliance.store.tables import POLL
from tests import stores
from tests.simulated import END, read
from tests.stores import SOURCE, Record, at, crime, raws, rows

new_database, database_url = stores.new_database, stores.database_url
store = stores.store

START = at("2026-07-02 06:00")
DIRECTORY = DirectoryEntries([Officer("O1", email="o1@force.example")], [Refusal(1, None, "left_on: found 'soon'")])


class Clock:
    """Moves on a second each time it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Given:
    """A feed of given pages, one record a page; the cursor counts them. It fails where `fails_at` says."""

    def __init__(self, *records: Record, fails_at: int | None = None, error: Exception | None = None) -> None:
        self.records, self.fails_at = records, fails_at
        self.error = error or UnavailableError("the crime system is down")

    def pages(self, cursor: str | None) -> Iterator[Page]:
        for place in range(int(cursor or 0), len(self.records)):
            if place == self.fails_at:
                raise self.error
            yield Page(raws([self.records[place]]), str(place + 1), place + 1 < len(self.records))

    def officers(self) -> DirectoryEntries:
        return DIRECTORY

    def close(self) -> None:
        pass


CRIMES = [crime(f"22A/{n}/26") for n in range(4)]


def held(store: Store) -> list[str]:
    found: list[str] = load_columns(store).crime_ref.to_pylist()
    return found


def test_a_poll_takes_every_page_then_the_officer_directory(store: Store) -> None:
    outcome = poll(store, Given(*CRIMES, crime(reported_at="soon")), SOURCE, Clock())
    assert (outcome.pages, outcome.received, outcome.changed, outcome.refused) == (5, 5, 4, 1)
    assert (outcome.directory.officers, outcome.directory.refused, outcome.complete) == (1, 1, True)
    assert len(held(store)) == 4
    assert list(officers(store)) == ["O1"]
    complete = last_complete_poll(store)
    assert complete is not None
    assert (complete.id, complete.problem, complete.pages) == (outcome.poll_id, None, 5)


@pytest.mark.parametrize("fails_at", range(4))
def test_a_failure_ends_it_incomplete_and_the_next_goes_on_from_the_last_page_kept(store: Store, fails_at: int) -> None:
    with pytest.raises(UnavailableError, match="is down"):
        poll(store, Given(*CRIMES, fails_at=fails_at), SOURCE, Clock())
    assert len(held(store)) == fails_at
    assert cursor_of(store, SOURCE) == (str(fails_at) if fails_at else None)
    assert rows(store, POLL, "complete", "problem") == [(False, "the crime system is down")]
    assert last_complete_poll(store) is None
    assert rows(store, POLL, "ended_at") != [(None,)]
    outcome = poll(store, Given(*CRIMES, crime("22A/9/26")), SOURCE, Clock())
    assert outcome.received == 5 - fails_at
    assert len(held(store)) == 5


def test_records_older_than_what_is_held_are_counted(store: Store) -> None:
    """Records section 4."""
    given = [crime("A", changed_at=f"2026-06-0{day}T09:00:00Z", division=f"{day}") for day in (3, 1, 2)]
    outcome = poll(store, Given(*given), SOURCE, Clock())
    assert (outcome.received, outcome.changed, outcome.late) == (3, 1, 2)
    assert [found.division for found in load_crimes(store, ["A"])] == ["3"]


def test_what_a_fault_says_is_not_kept(store: Store) -> None:
    """It could hold personal data."""
    with pytest.raises(KeyError):
        poll(store, Given(*CRIMES, fails_at=1, error=KeyError("Jane Doe")), SOURCE, Clock())
    assert rows(store, POLL, "complete", "problem") == [(False, "a fault: KeyError")]


def test_it_stops_after_a_page_when_told_to(store: Store) -> None:
    told = iter([False, True])
    outcome = poll(store, Given(*CRIMES), SOURCE, Clock(), lambda: next(told))
    assert (outcome.pages, outcome.complete) == (2, False)
    assert rows(store, POLL, "complete", "problem") == [(False, "told to stop")]
    assert poll(store, Given(*CRIMES), SOURCE, Clock()).pages == 2


@pytest.fixture
def quickly() -> Iterator[None]:
    """Asking again without the waiting."""
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.mark.usefixtures("quickly")
def test_a_simulated_force_polled_through_all_its_troubles_ends_up_as_it_is(store: Store) -> None:
    system = SimulatedCrimeSystem(SimulatedForce(scale=0.02))
    system.advance(END - timedelta(days=21))
    with serve(system) as url, HttpFeed(f"{url}/crimes", f"{url}/officers", page_size=100) as feed:
        for trouble in (None, *Trouble, None):
            system.trouble = trouble
            system.advance(system.now + timedelta(days=3))
            before = cursor_of(store, SOURCE)
            if trouble is None:
                assert poll(store, feed, SOURCE, lambda: system.now).complete
                continue
            with pytest.raises(UnavailableError):
                poll(store, feed, SOURCE, lambda: system.now)
            if trouble is not Trouble.SAME_PAGE:
                assert cursor_of(store, SOURCE) == before
    served = read(system)[0]
    good, refusals = decode_crimes(served)
    assert len(good) > 200
    assert load_crimes(store, held(store)) == sorted(good, key=lambda found: found.crime_ref)
    assert len(refusals) > 0
    assert sum(quarantine_counts(store).values()) == len(refusals)
    assert len(officers(store)) > 5
