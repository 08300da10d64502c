"""A force's service through some weeks: the crime system falls silent, the policy changes, and each is said of its week.

Every morning at a quarter past six the daemon's jobs, in their order, against the simulated crime system's server.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import stamina

from compliance.config import load_settings
from compliance.errors import UnavailableError
from compliance.service import Service
from compliance.simulator import Faults, SimulatedCrimeSystem, SimulatedForce, serve
from compliance.store import migrate
from tests.engine import RULES
from tests.simulated import LONDON

CONFIG: Final = """
[force]
name = "Test Constabulary"
policy = "policy.toml"
[crime_system]
url = "{url}/crimes"
officers_url = "{url}/officers"
[database]
url = "sqlite:///compliance.db"
[reminders]
due_from = 2026-05-01
[mail]
host = "127.0.0.1"
sender = "updates@force.example"
[report]
folder = "reports"
forms = ["html", "json"]
"""
FIRST: Final = date(2026, 3, 30)
"""A Monday, a week after the force's first crime."""
SILENT: Final = [date(2026, 4, 27) + timedelta(days=n) for n in range(4)]
"""Monday to Thursday of week 18; on the Monday week 16 is to be reported."""
CHANGED: Final = date(2026, 5, 6)
"""Wednesday of week 19: another policy's file, and the service is started again."""
LAST: Final = date(2026, 5, 25)
"""The Monday on which week 20 is reported."""
WEEKS: Final = [f"2026-W{n}" for n in range(14, 21)]
"""From the first in which anything could fall due: the records begin in week 13 (statistics 1.2b)."""
NEW: Final = "The policy of May"


class Force10Weeks:
    """A service's days from FIRST to LAST. `waiting`: of each day of silence, the reports' files of week 16 and what the
    notice says."""

    def __init__(self, folder: Path) -> None:
        faults = Faults(feed_gap=frozenset(SILENT))
        force = SimulatedForce(seed=7, weeks=10, scale=0.02, end=datetime(2026, 6, 1, tzinfo=LONDON), faults=faults)
        self._system, self._config, self._reports = (
            SimulatedCrimeSystem(force),
            folder / "config.toml",
            folder / "reports",
        )
        self._now = force.start
        self.waiting: dict[date, tuple[list[str], str]] = {}
        shipped = (RULES / "west-mercia.toml").read_text("utf-8")
        with serve(self._system) as url:
            self._config.write_text(CONFIG.format(url=url), "utf-8")
            (folder / "policy.toml").write_text(shipped, "utf-8")
            migrate(load_settings(self._config).database_url)
            self._run(FIRST, CHANGED)
            renamed = shipped.replace("West Mercia force policy on keeping victims informed", NEW)
            (folder / "policy.toml").write_text(renamed.replace("{ days = 7 }", "{ days = 10 }"), "utf-8")
            self._run(CHANGED, LAST + timedelta(days=1))

    def _run(self, first: date, end: date) -> None:
        """One run of the service, up to a day."""
        with Service.open(load_settings(self._config), lambda: self._now) as service:
            for n in range((end - first).days):
                self._now = datetime.combine(first + timedelta(days=n), time(6, 15), LONDON)
                self._system.advance(self._now)
                self._morning(service)

    def _morning(self, service: Service) -> None:
        day = self._now.date()
        if day not in SILENT:
            assert service.poll().complete
            service.report_if_due()
            return
        with pytest.raises(UnavailableError, match="503"):
            service.poll()
        assert service.report_if_due() == []
        found = sorted(path.name for path in self._reports.glob("2026-W16*"))
        self.waiting[day] = found, (self._reports / found[0]).read_text("utf-8")

    @property
    def published(self) -> list[str]:
        """What lies in the folder now."""
        return sorted(path.name for path in self._reports.iterdir())

    def page(self, week: str) -> str:
        """A week's report in HTML."""
        return (self._reports / f"{week}-board.html").read_text("utf-8")

    def figures(self, week: str) -> Any:
        """A week's report in JSON."""
        return json.loads((self._reports / f"{week}-board.json").read_bytes())


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Force10Weeks]:
    stamina.set_testing(True, attempts=1)
    yield Force10Weeks(tmp_path_factory.mktemp("force"))
    stamina.set_testing(False)


def test_while_the_crime_system_is_silent_the_report_is_delayed_and_gives_no_rate(force: Force10Weeks) -> None:
    assert list(force.waiting) == SILENT
    for files, notice in force.waiting.values():
        assert files == ["2026-W16-delayed.html"]
        assert "Delayed: the crime system could not be read to its end since 27 April 2026" in notice
        assert "%" not in notice.partition("<body>")[2]


def test_when_it_is_back_the_report_takes_the_place_of_the_notice_and_every_week_is_reported(
    force: Force10Weeks,
) -> None:
    assert force.published == [f"{week}-board.{form}" for week in WEEKS for form in ("html", "json")]


def test_the_feed_gap_is_said_of_its_week_and_of_no_other(force: Force10Weeks) -> None:
    for week in WEEKS:
        figures, its_week = force.figures(week), week == "2026-W18"
        (item,) = [item for item in figures["quality"] if item["key"] == "feed-gap"]
        assert (week, item["in_week"]) == (week, int(its_week))
        assert figures["intake"]["gaps"] == [{"first": "2026-04-26", "last": "2026-05-01"}] * its_week
        said = "the crime system was not read to its end between 26 April 2026 and 1 May 2026" in force.page(week)
        assert (week, said) == (week, its_week)
    assert force.figures("2026-W18")["requirements"][0]["week"]["rate"]["share"]["of"] > 10


def test_the_policy_change_is_said_of_its_week_and_of_no_other(force: Force10Weeks) -> None:
    """In the charts of that week's report and of those after it; what it did to the weeks published before stands in
    the restatement, from the first report that was judged by it."""
    for week in WEEKS:
        figures, page = force.figures(week), force.page(week)
        marks = {mark["week"] for requirement in figures["requirements"] for mark in requirement["trend"]["marks"]}
        assert (week, marks) == (week, {"2026-W19"} if week >= "2026-W19" else set())
        said = set(re.findall(r"Week \d+ of \d+: another policy: [\w ]+", page))
        assert (week, said) == (week, {f"Week 19 of 2026: another policy: {NEW}"} if week >= "2026-W19" else set())
        new = figures["basis"]["policy"] == NEW
        assert (week, new) == (week, week >= "2026-W18"), "published on the Monday after"
        causes = {step["cause"] for restated in figures["restated"] for step in restated["steps"]}
        assert (week, "policy" in causes) == (week, new)
