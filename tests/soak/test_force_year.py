"""A year of the simulated force with the clock moved day by day: what is promised of the mail holds every morning."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from compliance.simulator import Faults, SimulatedForce
from tests.force_days import LONDON, ForceDays, Watch

SCALE = float(os.environ.get("SCALE", "0.1"))
END = datetime(2027, 1, 4, tzinfo=LONDON)


def live(folder: Path, force: SimulatedForce, days: int) -> Watch:
    """The last days of a force, one after another; what is broken on any of them is a failure."""
    start = force.end.date() - timedelta(days=days)
    with ForceDays(folder, force, start) as service:
        watch = Watch(service)
        for _ in range(days):
            overdue = service.wake()
            service.remind()
            assert watch.broken(overdue) == []
        assert service.sink.messages
    return watch


@pytest.mark.parametrize("days", [15, pytest.param(28, marks=pytest.mark.long)])
def test_the_promises_hold_on_every_day_of_some_weeks(tmp_path: Path, days: int) -> None:
    """Over Christmas: no mail without an outstanding obligation, none outstanding past its step without a stored
    reason, at most one digest a person a day, and nothing overdue unmentioned for longer than the ladder says."""
    force = SimulatedForce(seed=5, weeks=14, end=END, scale=0.02)
    watch = live(tmp_path, force, days)
    assert watch.held > 0


def test_the_promises_hold_while_the_crime_system_is_away(tmp_path: Path) -> None:
    """Three days without an answer, in working time: everything is held, for a reason, and told when it is over."""
    away = frozenset(END.date() - timedelta(days=days) for days in (7, 6, 5))
    force = SimulatedForce(seed=6, weeks=8, end=END, scale=0.02, faults=Faults(feed_gap=away))
    watch = live(tmp_path, force, days=9)
    assert watch.held > 0


def test_a_morning_without_reminders_breaks_them(tmp_path: Path) -> None:
    """A watch that sees nothing would be worth nothing."""
    force = SimulatedForce(seed=7, weeks=6, end=END, scale=0.02)
    with ForceDays(tmp_path, force, force.end.date() - timedelta(days=12)) as service:
        watch = Watch(service)
        for _ in range(10):
            overdue = service.wake()
        assert len(watch.broken(overdue)) >= len(overdue) > 0
        service.remind()
        assert watch.broken(overdue) == []


@pytest.mark.long
def test_the_promises_hold_on_every_day_of_a_year(tmp_path: Path) -> None:
    """SCALE of the force's volume; the clocks change twice."""
    force = SimulatedForce(seed=2026, weeks=60, end=END, scale=SCALE)
    watch = live(tmp_path, force, days=365)
    print(f"\n365 days: {watch.longest.days} days the longest without a mention, {watch.held:,} times held")
