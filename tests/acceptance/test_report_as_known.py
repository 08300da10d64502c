"""A period published for the first time months later, or published again, gives the same figures (statistics 1.2a).

A service watches a simulated force day by day: updates typed in late, corrections, records refused and vanished, crimes
recorded days after the report, reminders that officers act on. Every week and month is published in time; and once more
from the same records, without what was published, after all has come.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete

from compliance.config import load_settings
from compliance.reports.periods.periods import parse_period
from compliance.service import Service
from compliance.simulator import MailSink, SimulatedCrimeSystem, SimulatedForce, crime_refs_in, serve
from compliance.store import Store, mark_missing, migrate
from compliance.store.tables import CRIME, Published
from tests.simulated import LONDON

pytestmark = pytest.mark.long
"""`tests/integration/test_report_known_at.py` asks the same of both databases, without servers."""
CONFIG: Final = """
[force]
name = "Test Constabulary"
policy = "west-mercia"
[crime_system]
url = "{url}/crimes"
officers_url = "{url}/officers"
[database]
url = "sqlite:///compliance.db"
[reminders]
due_from = {first}
[mail]
host = "{host}"
port = {port}
security = "plain"
sender = "updates@force.example"
[report]
folder = "reports"
editions = ["board", "division"]
forms = ["json"]
periods = ["week", "month"]
"""
FIRST: Final = date(2026, 5, 4)
"""A Monday, three weeks after the force's first crime: what came before is read at once."""
LAST: Final = date(2026, 6, 22)
VANISHED, FOUND = date(2026, 5, 19), date(2026, 6, 9)
"""Dates on which a full export lacks a crime, and on which it holds it again."""
MONTHS_LATER: Final = datetime(2026, 9, 20, 13, tzinfo=LONDON)
AS_OF: Final = {"unknown-officer": ("unknown_officers",), "vanished": ("vanished", "vanished_in_period")}
"""What cannot be asked as at K: classes of data quality and what is known of them. They say as of when they stand."""


class Watched:
    """A service's days from FIRST to LAST. `in_time` and `late`: the folders of reports."""

    def __init__(self, folder: Path) -> None:
        self.force = SimulatedForce(seed=11, weeks=10, scale=0.02, end=datetime(2026, 6, 22, tzinfo=LONDON))
        self._system, self._config = SimulatedCrimeSystem(self.force), folder / "config.toml"
        self.now = datetime.combine(FIRST, time(6, 15), LONDON)
        with serve(self._system) as url, MailSink(folder / "mail", self._read) as sink:
            text = CONFIG.format(url=url, first=FIRST, host=sink.host, port=sink.port)
            self._config.write_text(text, "utf-8")
            migrate(load_settings(self._config).database_url)
            with self.service() as service:
                for n in range((LAST - FIRST).days + 1):
                    self._day(service, FIRST + timedelta(days=n))
        self.folder = folder
        self.in_time = folder / "reports"

    def service(self) -> Service:
        """The service at the present instant."""
        return Service.open(load_settings(self._config), lambda: self.now)

    def _read(self, recipient: str, message: EmailMessage) -> None:
        body = message.get_body(("plain",))
        self.force.deliver(recipient, self.now, crime_refs_in(body.get_content() if body else ""))

    def _day(self, service: Service, day: date) -> None:
        for at in (time(6, 15), time(13)):
            self.now = datetime.combine(day, at, LONDON)
            self._system.advance(self.now)
            assert service.poll().complete
            if at.hour == 6:
                _export(service.store, day, self.now)
                service.report_if_due()
                self.now = datetime.combine(day, time(8), LONDON)
                service.remind()

    def publish_late(self) -> Path:
        """The same periods in the same order, from a copy of the database that never published anything."""
        periods = [json.loads(path.read_bytes())["period"] for path in self.in_time.glob("*-board.json")]
        late = self.folder / "late"
        late.mkdir()
        shutil.copy(self.folder / "compliance.db", late)
        shutil.copy(self._config, late)
        self.now = MONTHS_LATER
        with Service.open(load_settings(late / "config.toml"), lambda: self.now) as service:
            with service.store.writing() as connection:
                connection.execute(delete(Published))
            for period in sorted(periods):
                service.report(parse_period(period))
        return late / "reports"


def _export(store: Store, day: date, now: datetime) -> None:
    """A full export lacks a crime on one date and holds it again on another."""
    if day in (VANISHED, FOUND):
        with store.reading() as connection:
            refs = sorted(ref for (ref,) in connection.execute(CRIME.select().with_only_columns(CRIME.c.crime_ref)))
        mark_missing(store, "crimes", refs[day == VANISHED :], now)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    return Watched(tmp_path_factory.mktemp("watched"))


def as_known(figures: dict[str, Any]) -> dict[str, Any]:
    """Published figures without what says that it stands as of another instant."""
    del figures["intake"]["as_of"], figures["intake"]["directory_as_of"]
    for key, names in AS_OF.items():
        for name in names:
            del figures["intake"][name]
        (item,) = [item for item in figures["quality"] if item["key"] == key]
        assert (item["as_of"] is None) == (item["held"] is None)
        figures["quality"].remove(item)
    return figures


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two published figures differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from differences(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (each, beside) in enumerate(zip(one, other, strict=True)):
            name = each.get("key", place) if isinstance(each, dict) else place
            yield from differences(each, beside, f"{where}.{name}")
    elif one != other:
        yield f"{where}: {str(one)[:90]} != {str(other)[:90]}"


def test_a_period_first_published_months_later_gives_the_same_figures(watched: Watched) -> None:
    late = watched.publish_late()
    names = sorted(path.name for path in watched.in_time.glob("*.json"))
    assert {name[:8] for name in names} >= {"2026-W18", "2026-W24", "2026-05-"}
    found: list[str] = []
    for name in names:
        one, other = (as_known(json.loads((folder / name).read_bytes())) for folder in (watched.in_time, late))
        found += [f"{name}{each}" for each in differences(one, other)]
    assert found == []


def test_a_period_published_again_makes_no_second_version(watched: Watched) -> None:
    made = []
    watched.now = MONTHS_LATER
    with watched.service() as service:
        for path in sorted(watched.in_time.glob("*-board.json")):
            again = service.report(parse_period(json.loads(path.read_bytes())["period"]))
            made += [one.path.name for one in again if one.new]
    assert made == []
