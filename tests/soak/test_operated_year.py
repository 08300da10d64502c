"""A service operated for a year while everything around it fails, and while it is killed: every report that it owed is
there once and says what it says in a year in which nothing went wrong, and everybody was told what they were to be told.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from compliance.simulator import SimulatedForce
from tests import pooler
from tests.operated import UNDISTURBED, Disturbance, OperatedYear
from tests.operated_faults import database_restarted, directory_faults, disk_full, feed_away, feed_faults, mail_away
from tests.operated_outcome import Window, YearOutcome, differing_emails, differing_reports
from tests.simulated import LONDON

KILLS: Final = int(os.environ.get("KILLS", "100"))
SCALE: Final = float(os.environ.get("SCALE", "0.02"))


@dataclass(frozen=True)
class Scenario:
    """The last days of a force; its calendar ends on one date, and goes on on another (`calendar`)."""

    force: SimulatedForce
    days: int
    calendar: tuple[str, date]

    def live(
        self, folder: Path, databases: Sequence[str] = (), disturbance: Disturbance = UNDISTURBED
    ) -> tuple[OperatedYear, YearOutcome]:
        """Live through them; what does not hold of them, whatever went wrong, is a failure."""
        start = self.force.end.date() - timedelta(days=self.days)
        urls = databases or [f"sqlite:///{folder / 'compliance.db'}"]
        with OperatedYear(folder / "year", self.force, start, self.days, urls, self.calendar) as year:
            year.live(disturbance)
        outcome = YearOutcome.of(year)
        print(f"\n{year}\n{outcome}")
        assert list(outcome.problems()) == []
        assert year.faults_logged() == []
        assert year.kills == disturbance.kills
        assert year.happened.total() == len(disturbance.happenings)
        return year, outcome


def compare(undisturbed: YearOutcome, disturbed: YearOutcome, windows: Sequence[Window]) -> None:
    """Two years differ in nothing but what faults may change."""
    assert list(differing_reports(undisturbed, disturbed)) == []
    assert list(differing_emails(undisturbed, disturbed, windows)) == []


def october(*days: int) -> list[date]:
    return [date(2026, 10, day) for day in days]


def wednesdays(day: int, *months: int) -> list[date]:
    """The first Wednesday of each month from a day of it on."""
    first = [date(2026, month, day) for month in months]
    return [each + timedelta(days=(2 - each.weekday()) % 7) for each in first]


WEEKS_FAULTS: Final = [
    *feed_faults(october(13, 14, 15, 16, 20, 21)), *directory_faults(october(16, 20, 22)),
    *disk_full(date(2026, 10, 23)), *disk_full(date(2026, 10, 19), "06:00", "08:00"),
    *database_restarted(date(2026, 10, 29)), *mail_away(date(2026, 10, 26)),
]  # fmt: skip
WEEKS_WINDOWS: Final = [(date(2026, 10, 26), date(2026, 10, 27))]
YEAR_FAULTS: Final = [
    *feed_faults(wednesdays(2, *range(2, 8))), *feed_faults(wednesdays(9, *range(7, 13))),
    *directory_faults(wednesdays(16, 2, 4, 6)), *directory_faults(wednesdays(16, 8, 9, 11)),
    *disk_full(date(2026, 5, 21)), *disk_full(date(2026, 8, 10), "06:00", "08:00"),
    *database_restarted(date(2026, 6, 25)), *database_restarted(date(2026, 11, 26)),
    *feed_away(date(2026, 2, 17), 3), *feed_away(date(2026, 10, 20), 3),
    *mail_away(date(2026, 3, 23)), *mail_away(date(2026, 9, 28)),
]  # fmt: skip
YEAR_WINDOWS: Final = [
    (date(2026, 2, 17), date(2026, 2, 23)), (date(2026, 3, 23), date(2026, 3, 24)),
    (date(2026, 9, 28), date(2026, 9, 29)), (date(2026, 10, 20), date(2026, 10, 26)),
]  # fmt: skip


@pytest.fixture(scope="module")
def weeks() -> Scenario:
    """Three weeks in which the clocks go back and the calendar ends."""
    force = SimulatedForce(seed=3, weeks=12, end=datetime(2026, 11, 2, tzinfo=LONDON), scale=0.02)
    return Scenario(force, 21, ("2026-10-31", date(2026, 10, 15)))


@pytest.fixture(scope="module")
def quiet_weeks(weeks: Scenario, tmp_path_factory: pytest.TempPathFactory) -> YearOutcome:
    return weeks.live(tmp_path_factory.mktemp("quiet"))[1]


@pytest.fixture(scope="module")
def year() -> Scenario:
    """2026."""
    force = SimulatedForce(seed=2026, weeks=60, end=datetime(2027, 1, 4, tzinfo=LONDON), scale=SCALE)
    return Scenario(force, 364, ("2026-11-30", date(2026, 11, 5)))


@pytest.fixture(scope="module")
def quiet_year(year: Scenario, tmp_path_factory: pytest.TempPathFactory) -> YearOutcome:
    return year.live(tmp_path_factory.mktemp("quiet"))[1]


def test_three_weeks_in_which_everything_fails(weeks: Scenario, quiet_weeks: YearOutcome, tmp_path: Path) -> None:
    _, disturbed = weeks.live(tmp_path, disturbance=Disturbance(WEEKS_FAULTS, kills=5, bursts=2))
    compare(quiet_weeks, disturbed, WEEKS_WINDOWS)


@pytest.mark.long
def test_three_weeks_of_two_services_behind_a_pooler(weeks: Scenario, quiet_weeks: YearOutcome, tmp_path: Path) -> None:
    """What they did together is what one does alone, on another database."""
    year, disturbed = weeks.live(tmp_path, 2 * [pooler.new_database()], Disturbance(WEEKS_FAULTS, kills=10, bursts=2))
    compare(quiet_weeks, disturbed, WEEKS_WINDOWS)
    assert year.sessions_cut > 0


@pytest.mark.long
def test_a_year_in_which_everything_fails(year: Scenario, quiet_year: YearOutcome, tmp_path: Path) -> None:
    """KILLS kills, every fault in spring and again in autumn."""
    _, disturbed = year.live(tmp_path, disturbance=Disturbance(YEAR_FAULTS, kills=KILLS, bursts=20))
    compare(quiet_year, disturbed, YEAR_WINDOWS)


@pytest.mark.long
def test_a_year_of_two_services_behind_a_pooler(year: Scenario, quiet_year: YearOutcome, tmp_path: Path) -> None:
    _, disturbed = year.live(tmp_path, 2 * [pooler.new_database()], Disturbance(YEAR_FAULTS, kills=KILLS, bursts=20))
    compare(quiet_year, disturbed, YEAR_WINDOWS)
