"""A service that is killed at its work: what it does in a process of its own, and what it must have done in the end."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.synchronize import Event
from random import Random
from typing import Any, Final

from sqlalchemy import Table, select, update

from compliance.feeds import DirectoryEntries, Page
from compliance.service.polls.polling import poll
from compliance.store import Store, judge_due, migrate, rebuild
from compliance.store.judgements import projection
from compliance.store.tables import CRIME, CRIME_VERSION, FEED, OBLIGATION, QUARANTINE, TRANSITION
from tests.engine import shipped
from tests.forked import forking
from tests.histories import histories
from tests.stores import SOURCE, at, crime, raws

POLICY: Final = shipped("west-mercia")[0]
FIRST, SECOND = at("2026-10-20 06:00"), at("2026-11-25 12:00")
CRIMES, PAGE = 200, 5
STAGES: Final = ("backfill", "poll", "rebuild")
KEPT: Final[dict[Table, tuple[str, ...]]] = {
    CRIME: ("crime_ref", "digest", "record", "seen_at", "first_seen_at", "wake_on"),
    CRIME_VERSION: ("crime_ref", "digest", "record", "seen_at", "replaced_at"),
    FEED: ("source", "cursor"),
    QUARANTINE: ("digest", "reason", "times", "first_seen_at", "last_seen_at", "cleared_at"),
    OBLIGATION: tuple(OBLIGATION.c.keys()),
    TRANSITION: tuple(TRANSITION.c.keys())[1:],
}


def _records() -> list[bytes]:
    """All crimes as first seen, then many of them changed, with refused ones among both."""
    first, second = (list(histories(seed, CRIMES, as_at=now)) for seed, now in ((1, FIRST), (2, SECOND)))
    second = [record for place, record in enumerate(second) if place % 3]
    for records in (first, second):
        records[40::50] = [crime(f"refused {place}", reported_at="soon") for place in range(len(records[40::50]))]
    return raws([*first, *second])


class Growing:
    """A crime system: a page is the next of its records, the cursor their place. It holds the first ones at first, all
    of them later; the clock stands where the page was first served."""

    def __init__(self, until: int) -> None:
        self.records, self.until, self.now = _records(), until, FIRST

    def clock(self) -> datetime:
        return self.now

    def pages(self, cursor: str | None) -> Iterator[Page]:
        for place in range(int(cursor or 0), self.until, PAGE):
            end = min(place + PAGE, self.until)
            self.now = FIRST if place < CRIMES else SECOND
            yield Page(self.records[place:end], str(end), end < self.until)

    def officers(self) -> DirectoryEntries:
        return DirectoryEntries([], [])

    def close(self) -> None:
        """There is nothing to let go of."""


def work(stage: str, url: str, ready: Event | None = None) -> None:
    """Do a stage, from wherever it was left."""
    with closing(Store.open(url)) as store, small_batches():
        if ready is not None:
            ready.set()
        if stage == "rebuild":
            rebuild(store, POLICY, SECOND)
            return
        feed = Growing(CRIMES if stage == "backfill" else len(_records()))
        poll(store, feed, SOURCE, feed.clock)
        judge_due(store, POLICY, FIRST if stage == "backfill" else SECOND)


@contextmanager
def small_batches() -> Iterator[None]:
    """Many transactions to be killed in."""
    whole, projection.BATCH = projection.BATCH, 20  # type: ignore[misc]
    yield
    projection.BATCH = whole  # type: ignore[misc]


def damage(url: str) -> None:
    """Make the obligations wrong, so that a rebuild has work to do."""
    with closing(Store.open(url)) as store, store.writing() as connection:
        connection.execute(update(OBLIGATION).where(OBLIGATION.c.cycle == 1).values(state="pending", clause="none"))


def state(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that must be as if nothing had happened: rows but for their numbers, in an order of their own."""
    with closing(Store.open(url)) as store, store.reading() as connection:
        return {
            str(table.name): sorted(
                (tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)))), key=repr
            )
            for table, names in KEPT.items()
        }


@dataclass
class Campaign:
    """Kills spread over all stages of as many lives of a database as it takes; what differed in the end."""

    new_database: Callable[[], str]
    seed: int
    kills: int = 0

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.processes = forking()
        self.seconds: dict[str, float] = {}

    def undisturbed(self) -> dict[str, list[tuple[Any, ...]]]:
        """The state that a run without kills ends in. How long its stages take decides when others are killed."""

        def timed(stage: str, url: str) -> None:
            start = time.perf_counter()
            work(stage, url)
            self.seconds[stage] = time.perf_counter() - start

        return self._live(timed)

    def disturbed(self, kills_a_stage: int) -> dict[str, list[tuple[Any, ...]]]:
        """The state after a run in which each stage was killed that often, less where it was done sooner."""

        def stage_with_kills(stage: str, url: str) -> None:
            for _ in range(kills_a_stage):
                if self._finishes(stage, url):
                    return
                self.kills += 1
            work(stage, url)

        return self._live(stage_with_kills)

    def _live(self, do: Callable[[str, str], None]) -> dict[str, list[tuple[Any, ...]]]:
        url = self.new_database()
        migrate(url)
        for stage in STAGES:
            if stage == "rebuild":
                damage(url)
            do(stage, url)
        return state(url)

    def _finishes(self, stage: str, url: str) -> bool:
        """Whether a process was through with a stage before it was killed, at a random moment of its work."""
        ready = self.processes.Event()
        process = self.processes.Process(target=work, args=(stage, url, ready))
        process.start()
        if not ready.wait(60):
            raise TimeoutError(f"{stage}: the process never came to its work")
        process.join(self.dice.random() * self.seconds[stage] / 2)
        process.kill()
        process.join()
        if process.exitcode not in (0, -9):
            raise AssertionError(f"{stage}: the process failed by itself")
        return process.exitcode == 0
