"""A year of a service, with its clock moved from cycle to cycle by a world in which other systems fail, and in which the
service is killed, told to stop, and left without room on its disk."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from random import Random
from typing import Final, Self

from compliance.simulator import SimulatedForce
from compliance.store import migrate
from tests import postgres
from tests.calendars import policy_until
from tests.operated_service import DAILY, JOBS, WATCH, OperatedService, ServiceLog
from tests.operated_world import CrimeSystem, MailServer
from tests.simulated import LONDON

WORKING: Final = ("05:30", "07:05", "12:00", "17:30")
WEEKEND: Final = ("05:30",)
CONFIG: Final = """
[force]
name = "Test Constabulary"
policy = "rules/{policy}.toml"
[database]
url = "{database}"
[crime_system]
url = "{crimes}/crimes"
officers_url = "{crimes}/officers"
poll_minutes = 240
[crime_system.mapping]
acknowledged = {{ "updates.method" = ["voicemail"] }}
[reminders]
due_from = {start}
[mail]
host = "127.0.0.1"
port = {port}
security = "plain"
sender = "updates@force.example"
[report]
folder = "reports"
records_begin = {begin}
periods = ["week", "month"]
editions = ["board", "public"]
forms = ["html", "csv"]
readers = ["board@force.example"]
[alerts]
to = ["{administrator}"]
webhook = "{crimes}/alerts"
[log]
format = "json"
"""
POLICY: Final = "west-mercia"
ADMINISTRATOR: Final = "administrator@force.example"
LATER: Final = timedelta(minutes=20)
"""How long after each cycle the conditions are looked at once more: what lasts so long is told."""
RELOADED: Final = '"job": "reload"'
DISK: Final = "disk full"
OVER: Final = ", over"
"""How the name of what ends a fault ends."""


def local(day: date, at: str) -> datetime:
    """An instant in UTC by the clock in London."""
    return datetime.combine(day, clock_time.fromisoformat(at), LONDON).astimezone(UTC)


@dataclass(frozen=True, order=True)
class Happening:
    """Something that happens before the first cycle at or after an instant."""

    at: datetime
    name: str
    do: Callable[["OperatedYear"], None] = field(compare=False)


@dataclass(frozen=True)
class Disturbance:
    """What goes wrong: what happens when, and how often the service is killed and sent signals, at random instants.

    Not while its disk is full: what it then knows of failures is nowhere but in its memory.
    """

    happenings: Sequence[Happening] = ()
    kills: int = 0
    bursts: int = 0
    seed: int = 1

    def has_no_room(self, at: datetime) -> bool:
        """Whether the disk is full at an instant."""
        newest = max((each for each in self.happenings if each.at <= at and DISK in each.name), default=None)
        return newest is not None and not newest.name.endswith(OVER)


UNDISTURBED: Final = Disturbance()


class OperatedYear:
    """A service and the world around it from a date on.

    `calendar`: the date on which its calendar ends, and the one on which the next year is put into it. `extra`: cycles
    besides those of every day.
    """

    def __init__(
        self, folder: Path, force: SimulatedForce, start: date, days: int, databases: Sequence[str],
        calendar: tuple[str, date] | None = None, extra: Sequence[datetime] = (),
    ) -> None:  # fmt: skip
        self.folder, self.start, self.days = folder, start, days
        self.crimes, self.mail = CrimeSystem(force), MailServer(folder / "mail")
        self.database = databases[0]
        self._databases, self._calendar, self._extra = databases, calendar, extra
        self._open = ExitStack()
        self.now = local(start, "00:00")
        self.cycles = 0
        self.kills = 0
        self.signals = 0
        self.seconds = 0.0
        self.happened: Counter[str] = Counter()
        self.sessions_cut = 0
        self._cutting = False
        self._typical = 0.2

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        address = self._open.enter_context(self.crimes.serving())
        self.mail.switch(True)
        self._open.callback(self.mail.switch, False)
        policy_until(self.folder, self._calendar[0] if self._calendar else "2028-12-31", POLICY)
        migrate(self.database)
        self.log = self._open.enter_context(ServiceLog(self.folder / "log.pipe"))
        self.services = [
            OperatedService(self._write(f"config{n}.toml", address, database), self.log.path)
            for n, database in enumerate(self._databases)
        ]
        for service in self.services:
            self._open.callback(service.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _write(self, name: str, crimes: str, database: str) -> Path:
        config = self.folder / name
        text = CONFIG.format(
            policy=POLICY, database=database, crimes=crimes, start=self.start, port=self.mail.port,
            administrator=ADMINISTRATOR, begin=self.crimes.force.start.astimezone(LONDON).date(),
        )  # fmt: skip
        config.write_text(text, "utf-8")
        return config

    def __str__(self) -> str:
        wrong = sum(count for name, count in self.happened.items() if not name.endswith(OVER))
        starts = sum(service.starts for service in self.services)
        return (
            f"{self.days} days, {self.cycles:,} cycles of {len(self.services)} services, {wrong} faults, {self.kills} "
            f"kills, {self.signals:,} signals, {starts} starts, {self.sessions_cut} sessions cut; {self.seconds:.0f} s"
        )

    def instants(self) -> Iterator[datetime]:
        """The cycles of all days, in UTC; around a change of the clocks every half hour of the night."""
        for number in range(self.days):
            day = self.start + timedelta(days=number)
            times = {local(day, at) for at in (WORKING if day.weekday() < 5 else WEEKEND)}
            midnight, after = local(day, "00:00"), local(day + timedelta(days=1), "00:00")
            if after - midnight != timedelta(days=1):
                times |= {midnight + n * timedelta(minutes=30) for n in range(8)}
            extra = {
                at for at in self._extra if midnight <= at < after and not any(abs(at - t) <= LATER for t in times)
            }
            yield from sorted(times | extra)

    def live(self, disturbance: Disturbance = UNDISTURBED) -> None:
        """Run every cycle."""
        began, chance = time.monotonic(), Random(disturbance.seed)
        instants = list(self.instants())
        steady = [number for number, at in enumerate(instants) if not disturbance.has_no_room(at)]
        kills = Counter(chance.choices(steady[:-1], k=disturbance.kills))
        bursts = set(chance.sample(steady, disturbance.bursts))
        coming = sorted(disturbance.happenings)
        owed, day = 0, None
        for number, instant in enumerate(instants):
            self.now = instant
            self.crimes.advance(self.now)
            self._extend_calendar()
            while coming and coming[0].at <= self.now:
                happening = coming.pop(0)
                self.happened[happening.name] += 1
                happening.do(self)
            today = self.now.astimezone(LONDON).date()
            jobs, day = (JOBS if today == day else (DAILY, *JOBS)), today
            owed += kills[number]
            if not disturbance.has_no_room(instant):  # nor those for which there was no time before
                owed = self._kill(chance, jobs, owed)
            if number in bursts:
                self._burst(chance, jobs)
            self._cycle(jobs)
            self.now += LATER
            self.crimes.advance(self.now)
            self._cycle(WATCH)
        assert not owed, f"{owed} kills found no cycle"
        self.seconds = time.monotonic() - began

    def _extend_calendar(self) -> None:
        """Whoever operates it puts the next year into the calendar, and has every service read it (SIGHUP)."""
        if self._calendar and self._calendar[1] <= self.now.astimezone(LONDON).date():
            self._calendar = None
            policy_until(self.folder, "2028-12-31", POLICY)
            with self.log.until_said(RELOADED, len(self.services)):
                for service in self.services:
                    service.signal(signal.SIGHUP)

    def restart(self) -> None:
        """Stop every service; the next cycle starts them."""
        for service in self.services:
            service.stop()

    def restart_database(self) -> None:
        """Have every session of the database end in the middle of the next cycle; a file is closed and opened again."""
        if self.database.startswith("sqlite"):
            self.restart()
        else:
            self._cutting = True

    def _cycle(self, jobs: tuple[str, ...]) -> None:
        began = time.monotonic()
        for service in self.services:
            service.begin(self.now, jobs)
        while self._cutting:
            time.sleep(self._typical / 3)
            self.sessions_cut += (cut := postgres.cut_sessions(self.database))
            self._cutting = not cut
        ended = [service.ends() for service in self.services]
        assert all(ended), f"no end of the cycle at {self.now}"
        if jobs is not WATCH:
            self._typical += (time.monotonic() - began - self._typical) / 10
            self.cycles += 1

    def _kill(self, chance: Random, jobs: tuple[str, ...], times: int) -> int:
        """Kill it so often at random instants of this cycle -> for how many kills there was no time before its end."""
        for left in range(times, 0, -1):
            service = chance.choice(self.services)
            for each in self.services:
                each.begin(self.now, jobs)
            was_done = service.ends(chance.random() * self._typical)
            if not was_done:
                service.kill()
                self.kills += 1
            for other in self.services:
                assert other is service or other.ends(), f"no end of the cycle at {self.now}"
            if was_done:
                return left
        return 0

    def _burst(self, chance: Random, jobs: tuple[str, ...]) -> None:
        """Signals of three kinds to every service while it works; one of them tells it to stop."""
        for service in self.services:
            service.begin(self.now, jobs)
        time.sleep(chance.random() * self._typical)
        count = chance.randint(20, 200)
        for place in range(count):
            for service in self.services:
                told = place == count - 1
                service.signal(
                    signal.SIGTERM if told else chance.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
                )
        self.signals += count * len(self.services)
        for service in self.services:
            service.stopped()
