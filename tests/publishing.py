"""A service that is killed, or finds its folder full, while it publishes: what it does in a process of its own, and what
must have come of it in the end."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlmodel import select

from compliance.errors import SettingsError
from compliance.reports.publishing import publish
from compliance.reports.rendering import output_files
from compliance.store import Store, migrate
from compliance.store.tables import Outbox, Published
from tests.forked import forking
from tests.reporting import digests, reporting
from tests.stores import at, crime, take, updates

START: Final = at("2026-07-21 05:00")
"""A Tuesday, on which week 28 has settled."""
WEEKS: Final = 3
END: Final = START + timedelta(weeks=WEEKS)
EDITIONS: Final = ("board", "division-north", "division-south", "public")
FORMS: Final = ("html", "csv")
READERS: Final = ("board@force.example", "chief@force.example")
FILES: Final = (WEEKS + 1) * len(EDITIONS) * len(FORMS)


def prepare(url: str) -> None:
    """A force of two divisions, read to its end on the first day and on the last."""
    migrate(url)
    with closing(Store.open(url)) as store:
        crimes = [
            crime(f"22A/{n}/26", reported_at=f"2026-{5 + n % 3:02}-{1 + n % 28:02}T09:00:00Z",
                  division=("North", "South")[n % 2], team=f"T{n % 5}", updates=updates("2026-07-03"))
            for n in range(60)
        ]  # fmt: skip
        take(store, START, *crimes)
        take(store, END)


def work(url: str, folder: str, room: int | None = None, ready: Event | None = None) -> None:
    """The service's looks at what is owed: on the first day, and when it is back weeks later. `room`: the folder has
    room for so many files more; None: for all."""
    asked: dict[str, Any] = {"editions": ["board", "division", "public"], "forms": FORMS, "readers": READERS}
    with closing(Store.open(url)) as store, full_after(room):
        reports = reporting(store, Path(folder), **asked)
        if ready is not None:
            ready.set()
        for now in (START, END):
            with suppress(SettingsError) if room is not None else closing(store):
                reports.publish_due(now)


@contextmanager
def full_after(room: int | None) -> Iterator[None]:
    """After so many files the system itself takes no more than half of any other, as a disk that is full does."""
    numbers, whole = count(), output_files.write_whole

    def write(path: Path, content: bytes) -> Path:
        if room is None or next(numbers) < room:
            return whole(path, content)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, before[1]))
        try:
            return whole(path, content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    publish.write_whole = write  # type: ignore[attr-defined]
    yield
    publish.write_whole = whole  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Outcome:
    """All that must be as if nothing had happened: what is noted (a row each), what lies in the folder, the mails."""

    rows: list[tuple[str, str, int, tuple[tuple[str, str], ...]]]
    files: dict[str, str]
    mails: list[str]

    @classmethod
    def of(cls, url: str, folder: Path) -> "Outcome":
        with closing(Store.open(url)) as store, store.session(reading=True) as session:
            rows = session.exec(select(Published)).all()
            mails = session.exec(select(Outbox.key)).all()
        noted = [(row.period, row.edition, row.version, tuple(sorted(row.files.items()))) for row in rows]
        return cls(sorted(noted), digests(folder), sorted(mails))

    def check(self) -> None:
        """Every report owed is noted once and lies there as noted; the readers were told once of each version."""
        periods = [f"2026-W{28 + n}" for n in range(WEEKS + 1)]
        assert [row[:3] for row in self.rows] == [(period, edition, 1) for period in periods for edition in EDITIONS]
        noted = [file for row in self.rows for file in row[3]]
        assert dict(noted) == self.files
        assert len(noted) == len(self.files) == FILES
        assert self.mails == sorted(f"report/{period}/board/1/{to}" for period in periods for to in READERS)


@dataclass
class PublishingCampaign:
    """Kills at random moments of publishing, and folders that are full after a random number of files."""

    new_database: Callable[[], str]
    folder: Path
    seed: int
    prepare: Callable[[str], None] = prepare
    work: Callable[[str, str, int | None, Event | None], None] = work
    files: int = FILES
    """How many files there are in the end."""
    kills: int = 0
    full: int = 0
    lives: int = 0
    seconds: float = field(default=0, init=False)

    def __str__(self) -> str:
        return (
            f"{self.kills:,} kills and {self.full:,} times a full disk in {self.lives:,} lives of a database: "
            f"{self.lives * self.files:,} files, each there once as noted"
        )

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.processes = forking()

    def undisturbed(self) -> Outcome:
        """What a run ends in that nothing comes in the way of. How long it takes decides when others are killed."""
        url, folder = self._new()
        start = time.perf_counter()
        self._process(url, folder).join()
        self.seconds = time.perf_counter() - start
        return Outcome.of(url, folder)

    def disturbed(self, kills: int) -> Outcome:
        """The same after so many kills, less where it was done sooner, each after a look with a full disk; then a look
        that nothing comes in the way of."""
        url, folder = self._new()
        for _ in range(kills):
            if self.dice.random() < 0.5:
                full = self._process(url, folder, self.dice.randrange(self.files))
                full.join()
                assert full.exitcode == 0, "a full disk is an error that says so"
                self.full += 1
            if self._finishes(url, folder):
                break
            self.kills += 1
        last = self._process(url, folder)
        last.join()
        assert last.exitcode == 0
        self.lives += 1
        return Outcome.of(url, folder)

    def _new(self) -> tuple[str, Path]:
        url, folder = self.new_database(), self.folder / f"life{self.dice.randrange(10**9)}"
        self.prepare(url)
        return url, folder

    def _process(self, url: str, folder: Path, room: int | None = None) -> Any:
        ready = self.processes.Event()
        process = self.processes.Process(target=self.work, args=(url, str(folder), room, ready))
        process.start()
        if not ready.wait(120):
            raise TimeoutError("the process never came to its work")
        return process

    def _finishes(self, url: str, folder: Path) -> bool:
        """Whether a process was through before it was killed, at a random moment of its work."""
        process = self._process(url, folder)
        process.join(self.dice.random() * self.seconds / 2)
        process.kill()
        process.join()
        if process.exitcode not in (0, -9):
            raise AssertionError("the process failed by itself")
        return bool(process.exitcode == 0)
