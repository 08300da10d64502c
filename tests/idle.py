"""A service in which nothing happens: its jobs at their times, while the crime system has nothing new to say."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from time import thread_time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import event, func, select
from sqlmodel import SQLModel

from compliance.config import Settings
from compliance.service import Service
from compliance.service.running.daemon import Daemon
from compliance.simulator import MailSink, SimulatedCrimeSystem, SimulatedForce, serve
from compliance.store import migrate

CYCLE: Final = timedelta(minutes=5)
LONDON: Final = ZoneInfo("Europe/London")


class Idle:
    """The jobs of a service, run by a clock that each cycle moves on by five minutes.

    `writes`: rows inserted, changed and deleted since the beginning, by statement. `transactions`: how many each
    transaction wrote that wrote any. `seconds`: of CPU, without those of the simulated crime system.
    """

    def __init__(self, service: Service, clock: "CycleClock", system: SimulatedCrimeSystem) -> None:
        self.service, self.clock, self.system = service, clock, system
        self.writes: Counter[str] = Counter()
        self.transactions: list[int] = []
        self._written = 0
        self.seconds = 0.0
        self._due: dict[str, datetime] = {}
        self._jobs = Daemon(service)._scheduler.get_jobs()
        event.listen(service.store.engine, "after_cursor_execute", self._count)
        event.listen(service.store.engine, "commit", self._commit)

    def cycle(self) -> None:
        """Five minutes: each job as often as its interval says."""
        began, end = thread_time(), self.clock.now + CYCLE
        while self.clock.now < end:
            for job in self._jobs:
                if self._due.get(job.id, self.clock.now) <= self.clock.now:
                    job.func()
                    self._due[job.id] = self.clock.now + job.trigger.interval
            self.clock.now += timedelta(minutes=1)
        self.seconds += thread_time() - began

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.service.store.reading() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in SQLModel.metadata.tables.items()
            }

    def _count(self, _: Any, cursor: Any, statement: str, *__: Any) -> None:
        first, *words = statement.split(maxsplit=3)
        rows = max(cursor.rowcount, "RETURNING" in statement)  # which is not known yet of rows that are returned
        if first in ("INSERT", "UPDATE", "DELETE") and rows:
            self.writes[" ".join([first, words[0] if first == "UPDATE" else words[1]])] += rows
            self._written += rows

    def _commit(self, _: Any) -> None:
        if self._written:
            self.transactions.append(self._written)
        self._written = 0


class CycleClock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def idling(
    folder: Path, start: datetime, weeks: int = 8, scale: float = 0.02, database: str | None = None
) -> Iterator[Idle]:
    """A service that has read a simulated force of some weeks up to an instant (aware), and then hears nothing new.

    `database`: its URL, with the schema in it; None: a new SQLite file."""
    folder.mkdir(exist_ok=True)
    monday = start.date() + timedelta(days=7 - start.weekday())
    force = SimulatedForce(seed=15, weeks=weeks, end=datetime.combine(monday, time(), LONDON), scale=scale)
    system = SimulatedCrimeSystem(force)
    system.advance(start)
    clock = CycleClock(start)
    with serve(system) as url, MailSink(folder / "mail", lambda *_: None) as sink:
        settings = Settings.model_validate(
            {
                "force": {"name": "Test Constabulary", "policy": "west-mercia"},
                "database": {"url": database or "sqlite:///compliance.db"},
                "crime_system": {"url": f"{url}/crimes", "officers_url": f"{url}/officers", "poll_minutes": 5},
                "reminders": {"due_from": (start - timedelta(weeks=2)).date()},
                "mail": {
                    "host": sink.host, "port": sink.port, "security": "plain", "sender": "updates@force.example",
                },
                "report": {
                    "folder": "reports", "records_begin": (start - timedelta(weeks=weeks)).date(),
                    # Without PDF: Typst keeps its last ten compilations, so memory is flat only after ten reports.
                    "forms": ["html", "xlsx", "csv", "json"],
                },
                "base": folder.resolve(),
                "source": "this test",
            }
        )  # fmt: skip
        if database is None:
            migrate(settings.database_url)
        with Service.open(settings, clock) as service:
            yield Idle(service, clock, system)
