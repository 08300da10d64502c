"""A survey in published reports: as it was known when the period was settled, also when it is published again."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import convert
from sqlmodel import col, select

from compliance.reports.model.report_model import Figures
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.periods.weeks import Week
from compliance.reports.rendering.forms import FORMS
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store
from compliance.store.kept.surveys import WaveResult, store_waves
from compliance.store.tables import Published
from tests import stores
from tests.disclosure import worked_out
from tests.publishing import START
from tests.reporting import reporting, written
from tests.stores import at, crime, on_both, take, updates

new_database, database_url, store = stores.one_database, stores.database_url, stores.store

WEEK: Final = Week.parse("2026-W27")
SETTLED: Final = at("2026-07-12 23:00")
"""Eight days after its Sunday, in summer time."""


@pytest.fixture
def reports(store: Store, tmp_path: Path) -> Reporting:
    crimes = [
        crime(f"22A/{n}/26", reported_at=f"2026-{5 + n % 3:02}-{1 + n % 28:02}T09:00:00Z",
              division=("North", "South")[n % 2], team=f"T{n % 5}", updates=updates("2026-07-03"))
        for n in range(60)
    ]  # fmt: skip
    take(store, START, *crimes)
    return reporting(store, tmp_path, forms=["json"], editions=["board", "division", "public"])


def survey(store: Store, now: Any, *results: tuple[str, str, int, int]) -> None:
    store_waves(store, [WaveResult(*each) for each in results], now, "mhill")


def board(folder: Path, version: str = "") -> dict[str, Any]:
    (name,) = [name for name in written(folder) if name.endswith(f"-board{version}.json")]
    found: dict[str, Any] = json.loads((folder / "reports" / name).read_text("utf-8"))
    return found


@on_both
def test_1_2a_a_report_tells_what_was_imported_by_the_time_the_period_was_settled(
    reports: Reporting, store: Store, tmp_path: Path
) -> None:
    """Not the wave that was imported a day later, nor what took the place of the one before."""
    survey(store, SETTLED, ("2026-05", "", 400, 290), ("2026-05", "North", 50, 40))
    survey(store, SETTLED + timedelta(seconds=1), ("2026-05", "", 410, 300), ("2026-06", "", 300, 100))
    reports.publish(WEEK, START)
    said = board(tmp_path)["satisfaction"]
    assert (said["wave"], said["share"]["count"], said["share"]["of"]) == ("2026-05", 290, 400)
    assert [each["name"] for each in said["divisions"]] == ["North"]
    later = START + timedelta(days=7)
    take(store, later)
    reports.publish(WEEK.plus(1), later)
    names = [name for name in written(tmp_path) if "W28" in name and name.endswith("-board.json")]
    said = json.loads((tmp_path / "reports" / names[0]).read_text("utf-8"))["satisfaction"]
    assert (said["wave"], said["share"]["of"], said["share_before"]["of"]) == ("2026-06", 300, 410)


def test_published_again_it_says_what_it_said(reports: Reporting, store: Store, tmp_path: Path) -> None:
    survey(store, SETTLED - timedelta(days=1), ("2026-05", "", 400, 290))
    assert any(done.new for done in reports.publish(WEEK, START))
    survey(store, START + timedelta(hours=1), ("2026-05", "", 410, 300), ("2026-06", "", 300, 100))
    assert not any(done.new for done in reports.publish(WEEK, START + timedelta(days=3)))


def test_a_wave_that_came_too_late_leaves_the_report_as_it_was_to_the_byte(
    reports: Reporting, store: Store, tmp_path: Path
) -> None:
    reports.publish(WEEK, START)
    before = (tmp_path / "reports" / "2026-W27-board.json").read_bytes()
    assert b"satisf" not in before.replace(b'"definitions"', b"")
    survey(store, START, ("2026-05", "", 400, 290))
    assert not any(done.new for done in reports.publish(WEEK, START + timedelta(days=1)))
    assert (tmp_path / "reports" / "2026-W27-board.json").read_bytes() == before


def test_a_division_s_edition_has_its_own_and_the_public_one_no_divisions(
    reports: Reporting, store: Store, tmp_path: Path
) -> None:
    survey(store, SETTLED, ("2026-05", "", 400, 290), ("2026-05", "North", 50, 40))
    reports.publish(WEEK, START)
    found = {name: json.loads((tmp_path / "reports" / name).read_text("utf-8")) for name in written(tmp_path)}
    said = {name.removeprefix("2026-W27-"): each.get("satisfaction") for name, each in found.items()}
    assert said["division-north.json"]["share"]["of"] == 50
    assert said["division-south.json"] is None
    assert said["public.json"]["share"]["of"] == 400
    assert said["public.json"]["divisions"] == []


@on_both
def test_1_6_no_small_count_can_be_worked_out_of_a_survey_that_is_corrected_between_public_reports(
    reports: Reporting, store: Store
) -> None:
    """Three answers come after the first report, and twenty after the second. A slip that is corrected at once costs
    nothing. The board is told all of it."""
    survey(store, SETTLED - timedelta(hours=5), ("2026-05", "", 398, 288))
    survey(store, SETTLED - timedelta(hours=4), ("2026-05", "", 400, 290))
    reports.publish(WEEK, START)
    for weeks, answers, satisfied in ((1, 403, 292), (2, 423, 302)):
        survey(store, SETTLED + timedelta(days=7 * weeks - 1), ("2026-05", "", answers, satisfied))
        take(store, START + timedelta(days=7 * weeks))
        reports.publish(WEEK.plus(weeks), START + timedelta(days=7 * weeks))
    with store.session(reading=True) as session:
        rows = session.exec(select(Published).order_by(col(Published.period))).all()
        told = {
            kind: [convert(row.figures, Figures) for row in rows if row.edition == kind] for kind in ("board", "public")
        }
    shares = {kind: [each.satisfaction for each in found] for kind, found in told.items()}
    assert [each.share.of for each in shares["board"] if isinstance(each, Satisfaction)] == [400, 403, 423]
    assert [each.share.withheld for each in shares["public"] if isinstance(each, Satisfaction)] == [False, True, False]
    assert worked_out(told["public"]) == []


def test_the_cases_of_the_figure_are_answered_with_where_to_look(reports: Reporting, store: Store) -> None:
    survey(store, SETTLED, ("2026-05", "", 400, 290))
    for asked in ("satisfaction.2026-05", "satisfaction.2026-05:low"):
        answer, _ = reports.cases(WEEK, asked)
        assert answer.instead is not None
        assert "`compliance survey show` lists its waves" in answer.instead
        assert "lists the cases" not in answer.instead


def test_every_form_has_it(reports: Reporting, store: Store) -> None:
    survey(store, SETTLED, ("2026-05", "", 400, 290), ("2026-05", "North", 50, 40))
    for ending in FORMS:
        made = reports.publish(WEEK, START, ["board"], [ending])
        assert made[0].failed == ()
