"""A service operated for a year while everything around it fails, and while it is killed: every report that it owed is
there once and says what it says in a year in which nothing went wrong, and everybody was told what they were to be told.
"""

import os
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from compliance.simulator import SimulatedForce
from tests.operated import Disturbance, OperatedYear
from tests.operated_faults import directory_faults, disk_full, feed_away, feed_faults, mail_away
from tests.operated_outcome import Window, YearOutcome, differing_emails, differing_reports
from tests.simulated import LONDON

KILLS: Final = int(os.environ.get("KILLS", "100"))
SCALE: Final = float(os.environ.get("SCALE", "0.02"))


def live(
    folder: Path, force: SimulatedForce, days: int, databases: Sequence[str], calendar: tuple[str, date],
    disturbance: Disturbance = Disturbance(),  # noqa: B008  # frozen
) -> tuple[OperatedYear, YearOutcome]:  # fmt: skip
    """The last days of a force; what does not hold of them, whatever went wrong, is a failure."""
    start = force.end.date() - timedelta(days=days)
    with OperatedYear(folder, force, start, days, databases, calendar) as year:
        year.live(disturbance)
    outcome = YearOutcome.of(year)
    print(f"\n{year}\n{outcome}")
    assert list(outcome.problems()) == []
    assert year.faults_logged() == []
    return year, outcome


def compare(undisturbed: YearOutcome, disturbed: YearOutcome, windows: Sequence[Window]) -> None:
    """Two years differ in nothing but what faults may change."""
    assert list(differing_reports(undisturbed, disturbed)) == []
    assert list(differing_emails(undisturbed, disturbed, windows)) == []


def october(*days: int) -> list[date]:
    return [date(2026, 10, day) for day in days]


def months(day: int, *numbers: int) -> list[date]:
    return [next_wednesday(date(2026, number, day)) for number in numbers]


def next_wednesday(day: date) -> date:
    return day + timedelta(days=(2 - day.weekday()) % 7)


def test_three_weeks_in_which_everything_fails(tmp_path: Path) -> None:
    """Each fault that is quickly over, in October 2026, in which the clocks go back and the calendar ends."""
    force = SimulatedForce(seed=3, weeks=12, end=datetime(2026, 11, 2, tzinfo=LONDON), scale=0.02)
    calendar = "2026-10-31", date(2026, 10, 15)
    happenings = [
        *feed_faults(october(13, 14, 15, 16, 20, 21)), *directory_faults(october(16, 20, 22)),
        *disk_full(date(2026, 10, 23)), *disk_full(date(2026, 10, 19), "06:00", "08:00"),
        *mail_away(date(2026, 10, 26)),
    ]  # fmt: skip
    windows = [(date(2026, 10, 26), date(2026, 10, 27))]
    _, undisturbed = live(tmp_path / "a", force, 21, [f"sqlite:///{tmp_path / 'a.db'}"], calendar)
    year, disturbed = live(
        tmp_path / "b", force, 21, [f"sqlite:///{tmp_path / 'b.db'}"], calendar,
        Disturbance(happenings, kills=5, bursts=2),
    )  # fmt: skip
    compare(undisturbed, disturbed, windows)
    assert year.kills == 5
    assert year.happened.total() == len(happenings)


@pytest.mark.long
def test_a_year_in_which_everything_fails(tmp_path: Path) -> None:
    """2026 day by day, KILLS kills; every fault in spring and again in autumn."""
    force = SimulatedForce(seed=2026, weeks=60, end=datetime(2027, 1, 4, tzinfo=LONDON), scale=SCALE)
    calendar = "2026-11-30", date(2026, 11, 5)
    happenings = [
        *feed_faults(months(2, *range(2, 8))), *feed_faults(months(9, 7, 8, 9, 10, 11, 12)),
        *directory_faults(months(16, 2, 4, 6)), *directory_faults(months(16, 8, 9, 11)),
        *disk_full(date(2026, 5, 21)), *disk_full(date(2026, 8, 10), "06:00", "08:00"),
        *feed_away(date(2026, 2, 17), 3), *feed_away(date(2026, 10, 20), 3),
        *mail_away(date(2026, 3, 23)), *mail_away(date(2026, 9, 28)),
    ]  # fmt: skip
    windows = [
        (date(2026, 2, 17), date(2026, 2, 23)), (date(2026, 10, 20), date(2026, 10, 26)),
        (date(2026, 3, 23), date(2026, 3, 24)), (date(2026, 9, 28), date(2026, 9, 29)),
    ]  # fmt: skip
    _, undisturbed = live(tmp_path / "a", force, 364, [f"sqlite:///{tmp_path / 'a.db'}"], calendar)
    year, disturbed = live(
        tmp_path / "b", force, 364, [f"sqlite:///{tmp_path / 'b.db'}"], calendar,
        Disturbance(happenings, kills=KILLS, bursts=20),
    )  # fmt: skip
    compare(undisturbed, disturbed, windows)
    assert year.kills == KILLS
    assert year.happened.total() == len(happenings)
