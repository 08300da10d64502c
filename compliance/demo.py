"""`compliance demo`: run the whole service on a simulated force, or on given records, day by day.

The crime system is served over HTTP and emails are received over SMTP; only the clock is simulated. Officers act on
their emails, so polls, reminders and updates affect each other.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import msgspec

from compliance import clock as real_clock
from compliance.batch.inputs import line_blocks, open_input
from compliance.config import Settings
from compliance.errors import SettingsError
from compliance.records import decode_crimes
from compliance.service.service import Service
from compliance.simulator import (
    MailSink,
    RecordLives,
    Replay,
    SimulatedCrimeSystem,
    SimulatedForce,
    crime_refs_in,
    serve,
)
from compliance.simulator.days import LONDON
from compliance.stopping import Stop
from compliance.store import load_columns, migrate
from compliance.web.serving_pages import serve_demo

MORNING: Final = time(6, 30)
LUNCH: Final = time(13)
_MARK: Final = "made-by-compliance-demo"


class MovingClock:
    """A clock that shows the time it was last set to."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        """Return the simulated current instant."""
        return self._at

    def move(self, day: date, at: time) -> datetime:
        """Set the clock to a local time on a day; it never goes back."""
        self._at = max(self._at, datetime.combine(day, at, LONDON))
        return self._at


@dataclass(slots=True)
class DemoOutcome:
    """What a demo did, and the files to open."""

    crimes: int = 0
    refused: int = 0
    mails: int = 0
    reports: tuple[Path, ...] = ()
    mail_folder: Path = Path()
    database: Path = Path()
    settings: Settings | None = None
    ended_at: datetime | None = None


def simulate_force(seed: int, weeks: int) -> SimulatedForce:
    """Return the simulated force for a seed."""
    return SimulatedForce(seed=seed, weeks=weeks)


def replay_records(source: str, refuse: Callable[[int, str], None]) -> Replay:
    """Return given records as a history, instead of simulated ones.

    `refuse` is called with the line and the reason for each invalid record. Raises SettingsError if none is valid.
    """
    records: list[Any] = []
    with open_input(source) as stream:
        for block in line_blocks(stream):
            filled = [(block.number + i, line) for i, line in enumerate(block.text.split(b"\n")) if line.strip()]
            _, refusals = decode_crimes([line for _, line in filled])
            bad = {refusal.index for refusal in refusals}
            for refusal in refusals:
                refuse(filled[refusal.index][0], refusal.reason)
            records += [msgspec.json.decode(line) for i, (_, line) in enumerate(filled) if i not in bad]
    if not records:
        raise SettingsError(
            f"--replay {source}: contains no valid crime record; check that it is NDJSON (docs/records.md)"
        )
    return Replay(records)


def run(
    history: RecordLives, folder: Path, name: str, days: int, say: Callable[[str], None], until: date | None = None
) -> DemoOutcome:
    """Run the service on a history up to a local date (None: its end).

    It reads the beginning in one backfill, then runs the last `days` one by one. `folder` is emptied first if an
    earlier demo made it. `say` is called with progress. Raises SettingsError if the folder contains anything else.
    """
    _empty(folder)
    done = DemoOutcome(mail_folder=folder / "mail", database=folder / "compliance.db")
    end = min(until or date.max, history.end.astimezone(LONDON).date())
    start = max(end - timedelta(days=days), history.start.astimezone(LONDON).date())
    clock = MovingClock(datetime.combine(start, MORNING, LONDON))
    system = SimulatedCrimeSystem(history)

    def read(recipient: str, message: EmailMessage) -> None:
        done.mails += 1
        history.deliver(recipient, clock(), _crimes_in(message))

    with serve(system) as url, MailSink(done.mail_folder, read) as sink:
        settings = _settings(folder, name, url, sink, start)
        migrate(settings.database_url)
        with Service.open(settings, clock) as service:
            system.advance(clock())
            say(f"Backfill: reading the crime system as it was on {start:%-d %B %Y} …")
            first = service.poll()
            done.refused = first.refused
            say(f"  {first.received:,} crimes received, {first.refused} refused with a reason")
            for week in range((end - start).days // 7 + 1):
                _week(service, system, clock, start + timedelta(days=7 * week), end, done, say)
            done.crimes = len(load_columns(service.store))
            done.reports = tuple(
                folder / path.relative_to(folder.resolve()) for path in sorted(service.report_folder.glob("*.html"))
            )
            done.settings, done.ended_at = settings, clock()
    return done


def serve_pages(done: DemoOutcome, port: int, stop: Stop, say: Callable[[str], None]) -> None:
    """Serve the pages of a demo until told to stop, the clock running on from its end."""
    assert done.settings is not None  # noqa: S101  # a demo that was run
    assert done.ended_at is not None  # noqa: S101
    offset = real_clock.now() - done.ended_at
    with Service.open(done.settings, lambda: real_clock.now() - offset) as service, serve_demo(service, port) as url:
        say(f"Pages: {url}    choose whose to see; Ctrl+C ends")
        stop.wait()


def simulate(
    seed: int, weeks: int, folder: Path, ports: tuple[int, int], stop: Stop, say: Callable[[str], None]
) -> None:
    """Serve a simulated force in real time until told to stop: its crime system and its mail server, on `ports`.

    Its weeks end with the current one. Emails are kept in `folder`, and officers act on them. Raises UnavailableError
    if a port is in use.
    """
    now = real_clock.now()
    monday = now.astimezone(LONDON).date() + timedelta(days=7 - now.astimezone(LONDON).weekday())
    force = SimulatedForce(seed=seed, weeks=weeks, end=datetime.combine(monday, time(0), LONDON))
    system = SimulatedCrimeSystem(force)
    system.advance(now)

    def read(recipient: str, message: EmailMessage) -> None:
        force.deliver(recipient, system.now, _crimes_in(message))

    with serve(system, ports[0]) as url, MailSink(folder, read, ports[1]) as sink:
        say(f"Crime system: {url}/crimes and {url}/officers")
        say(f"Mail server: {sink.host}:{sink.port}, emails are kept in {folder}/")
        while not stop.wait(1.0):
            system.advance(min(real_clock.now(), force.end))


def _crimes_in(message: EmailMessage) -> list[str]:
    body = message.get_body(("plain",))
    return crime_refs_in(body.get_content() if body else "")


def _week(
    service: Service, system: SimulatedCrimeSystem, clock: MovingClock, first: date, end: date, done: DemoOutcome,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    """Run seven days: a poll before work and one at lunch, the morning's emails, and the report when it is due."""
    changed = refused = 0
    mails = done.mails
    written = ""
    for day in (first + timedelta(days=i) for i in range(7)):
        if day > end:
            break
        for at in (MORNING, LUNCH):
            system.advance(clock.move(day, at))
            outcome = service.poll()
            changed, refused = changed + outcome.changed, refused + outcome.refused
            if at is MORNING:
                if published := service.report_if_due():
                    written = f"; report {published[0].path.name}"
                clock.move(day, service.settings.reminders.send_from)
                service.remind()
    done.refused += refused
    say(f"Week of {first:%-d %B}: {changed:,} crimes changed, {done.mails - mails:,} emails sent{written}")


def _settings(folder: Path, name: str, url: str, sink: MailSink, start: date) -> Settings:
    """Return what a force would write in config.toml."""
    return Settings.model_validate(
        {
            "force": {"name": name, "policy": "west-mercia"},
            "database": {"url": "sqlite:///compliance.db"},
            "crime_system": {
                "url": f"{url}/crimes",
                "officers_url": f"{url}/officers",
                "mapping": {"acknowledged": {"updates.method": ["voicemail"]}},
            },
            # A demo of a minute has time for half the emails, so it does not announce what falls due soon.
            "reminders": {"due_from": start, "plan_weekday": "never", "ahead_days": 0},
            "mail": {
                "host": sink.host,
                "port": sink.port,
                "security": "plain",
                "sender": "Victim updates <victim.updates@force.example>",
                "reply_to": "performance.team@force.example",
            },
            "report": {"folder": "reports"},
            "base": folder.resolve(),
            "source": "the demo",
        }
    )


def _empty(folder: Path) -> None:
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise SettingsError(f"{folder}: contains files that no demo made; choose another folder with --folder")
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        mark.touch()
    except OSError as error:
        raise SettingsError(
            f"{folder}: cannot be emptied or written ({error.strerror}); choose another folder with --folder"
        ) from None
