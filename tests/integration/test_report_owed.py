"""What is owed and not published is published by a later look, whatever came in between (issue: reports lost without a
word): a folder that is full, an outage, another report made by hand, a start before the first complete reading."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlmodel import delete, select

from compliance.errors import SettingsError
from compliance.reports.judging.beginning import CannotReportError
from compliance.reports.periods.periods import parse_period
from compliance.reports.rendering.output_files import write_whole
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store
from compliance.store.tables import Published, Removal, ReportDuty
from tests import stores
from tests.reporting import digests, published, reporting, told, written
from tests.stores import at, crime, take, updates

new_database, database_url = stores.one_database, stores.database_url
store = stores.store

TUESDAY = at("2026-07-21 05:00")
NORTH, SOUTH = (
    crime(f"22A/{n}/26", reported_at="2026-05-20T09:00:00Z", division=name, team=f"{name}1")
    for n, name in enumerate(("North", "South"), 1)
)
"""Open for long: in each week's report."""
ALL: dict[str, Any] = {"editions": ["board", "division", "public"], "readers": ["board@force.example"]}
EDITIONS = ("board", "division-north", "division-south", "public")


def files(*weeks: int, editions: tuple[str, ...] = EDITIONS, forms: tuple[str, ...] = ("html",)) -> list[str]:
    return sorted(f"2026-W{week}-{edition}.{form}" for week in weeks for edition in editions for form in forms)


def failing_from(number: int) -> Callable[[Path, bytes], Path]:
    """Writes so many files, and then the folder is full."""
    left = [number]

    def write(path: Path, content: bytes) -> Path:
        if not left[0]:
            raise SettingsError(f"{path}: the report cannot be written (No space left on device)")
        left[0] -= 1
        return write_whole(path, content)

    return write


AT: Final = {"sqlite": (0, 3, 4, 7), "postgresql": (4,)}
"""Before which of eight files there is no room left. Of each week there are four."""


@pytest.mark.parametrize(
    ("new_database", "number"),
    [
        pytest.param(database, number, marks=[] if number in AT[database] else pytest.mark.long)
        for database in stores.DATABASES
        for number in range(8)
    ],
    indirect=["new_database"],
)
def test_a_folder_that_is_full_between_any_two_files_loses_no_edition(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Two missed weeks in three editions: at the next look all are there, each once, and the readers were told once. At
    the first and the last write of each week; at all on both databases in the long form."""
    asked = reporting(store, tmp_path, **ALL)
    take(store, TUESDAY, NORTH, SOUTH)
    asked.publish_due(TUESDAY)
    later = TUESDAY + timedelta(days=14)
    take(store, later)
    with monkeypatch.context() as full:
        full.setattr("compliance.reports.publishing.publish.write_whole", failing_from(number))
        with pytest.raises(SettingsError, match="No space left on device"):
            asked.publish_due(later)
    assert len(published(store)) == 4 * (1 + number // 4), "a week is published in all its editions or in none"
    asked.publish_due(later + timedelta(minutes=5))
    assert written(tmp_path) == files(28, 29, 30)
    noted = published(store)
    assert sorted(noted) == sorted((f"2026-W{week}", edition, 1) for week in (28, 29, 30) for edition in EDITIONS)
    assert {name: digest for each in noted.values() for name, digest in each.items()} == digests(tmp_path)
    assert [mail.key for mail in told(store)] == [
        f"report/2026-W{week}/board/1/board@force.example" for week in (28, 29, 30)
    ]
    assert asked.publish_due(later + timedelta(minutes=10)) == []


def test_a_report_made_by_hand_after_an_outage_leaves_the_weeks_before_it_owed(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path, **ALL)
    take(store, TUESDAY, NORTH, SOUTH)
    asked.publish_due(TUESDAY)
    later = TUESDAY + timedelta(days=21)
    take(store, later)
    asked.publish(parse_period("2026-W31"), later, ["board"])
    asked.publish_due(later)
    assert written(tmp_path) == files(28, 29, 30, 31)
    assert {version for _, _, version in published(store)} == {1}


def test_the_week_promised_before_the_first_complete_reading_comes_though_another_settled(
    store: Store, tmp_path: Path
) -> None:
    asked = reporting(store, tmp_path, **ALL)
    for now in (TUESDAY, TUESDAY + timedelta(days=7)):
        assert asked.publish_due(now) == []
    assert written(tmp_path) == ["2026-W28-delayed.html", "2026-W29-delayed.html"]
    now = TUESDAY + timedelta(days=8)
    take(store, now, NORTH, SOUTH)
    asked.publish_due(now)
    assert written(tmp_path) == files(28, 29)


def test_no_more_than_a_few_are_made_up_at_one_look_and_the_next_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.service.report_jobs.reporting.MADE_UP", 3)
    asked = reporting(store, tmp_path)
    take(store, TUESDAY, NORTH)
    asked.publish_due(TUESDAY)
    later = TUESDAY + timedelta(weeks=5)
    take(store, later)
    assert [len(asked.publish_due(later)) for _ in range(3)] == [3, 2, 0]
    assert len(published(store)) == 6


@stores.on_both
def test_owed_is_what_settles_after_the_first_look_and_the_newest_before_it(store: Store, tmp_path: Path) -> None:
    """Nothing of the years before, whose records may be held as well."""
    take(store, TUESDAY, NORTH, crime("22A/9/26", reported_at="2026-02-02T09:00:00Z"))
    assert [done.path.stem for done in reporting(store, tmp_path).publish_due(TUESDAY)] == ["2026-W28-board"]


def weekly(store: Store, asked: Reporting, now: datetime, weeks: int) -> list[str]:
    """The reports of so many weeks on."""
    take(store, now + timedelta(weeks=weeks))
    return [done.path.name for done in asked.publish_due(now + timedelta(weeks=weeks))]


def test_an_edition_or_a_form_is_owed_from_when_it_is_asked_for_until_it_is_not(store: Store, tmp_path: Path) -> None:
    take(store, TUESDAY, NORTH)
    plain = reporting(store, tmp_path)
    more = reporting(store, tmp_path, editions=["board", "public"], forms=["html", "csv"])
    assert weekly(store, plain, TUESDAY, 0) == ["2026-W28-board.html"]
    assert weekly(store, plain, TUESDAY, 1) == ["2026-W29-board.html"]
    take(store, TUESDAY + timedelta(weeks=1, days=1))
    more.publish_due(TUESDAY + timedelta(weeks=1, days=1))
    both = files(29, editions=("board", "public"), forms=("html", "csv"))
    assert written(tmp_path) == sorted(["2026-W28-board.html", *both]), "with the newest that had settled then"
    assert {version for _, _, version in published(store)} == {1}
    weekly(store, plain, TUESDAY, 2)
    weekly(store, plain, TUESDAY, 3)
    assert not any("W30-public" in name or "W31-public" in name for name in written(tmp_path))
    weekly(store, more, TUESDAY, 4)
    assert [name for name in written(tmp_path) if "public.html" in name] == [
        "2026-W29-public.html", "2026-W32-public.html",
    ]  # fmt: skip


def test_after_retention_a_missed_week_is_owed_no_longer(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = reporting(store, tmp_path)
    take(store, TUESDAY, NORTH)
    asked.publish_due(TUESDAY)
    assert asked.publish_due(TUESDAY + timedelta(weeks=1)) == []
    later = TUESDAY + timedelta(weeks=12)
    removed = {"versions": 1, "obligations": 1, "transitions": 0, "notices": 0}
    with store.session() as session:
        session.add(Removal(crime_digest=b"1", digest=b"2", action="remove", closed_on=at("2026-08-20 12:00").date(),
                            removed_at=later, **removed))  # fmt: skip
    take(store, later)
    asked.publish_due(later)
    names = written(tmp_path)
    assert [name for name in names if "delayed" in name] == []
    assert names == [f"2026-W{week}-board.html" for week in (28, 40)]
    said = "".join(capsys.readouterr())
    for minutes in (5, 10):
        asked.publish_due(later + timedelta(minutes=minutes))
    assert said.count("report 2026-W29: it cannot be judged again") == 1
    assert "cannot be judged again" not in "".join(capsys.readouterr()), "said once, not at each look"


@stores.on_both
def test_a_database_of_an_earlier_version_owes_what_was_lost_since_its_first_report(
    store: Store, tmp_path: Path
) -> None:
    """As the upgrade leaves it: an edition cut off in between, and a week before one that was made by hand."""
    old = reporting(store, tmp_path, **ALL)
    take(store, TUESDAY + timedelta(weeks=2), NORTH, SOUTH)
    for week in (27, 28, 30):
        old.publish(parse_period(f"2026-W{week}"), TUESDAY + timedelta(weeks=2))
    with store.session() as session:
        lost = [Published.edition.in_(["division-south", "public"]), Published.period == "2026-W28"]  # type: ignore[attr-defined]
        session.exec(delete(Published).where(*lost))
        session.add_all(
            ReportDuty(kind="week", edition=edition, form="html", since=at("2026-07-14 05:00"))
            for edition in ALL["editions"]
        )
    for path in (tmp_path / "reports").glob("2026-W28-[dp]*"):
        path.unlink()
    reporting(store, tmp_path, **ALL).publish_due(TUESDAY + timedelta(weeks=2))
    assert written(tmp_path) == files(27, 28, 29, 30)
    assert {version for _, _, version in published(store)} == {1}


def test_a_force_without_divisions_has_none_that_is_owed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = reporting(store, tmp_path, editions=["board", "division"])
    take(store, TUESDAY, crime())
    assert len(asked.publish_due(TUESDAY)) == 1
    monkeypatch.setattr("compliance.service.report_jobs.reporting.judge_periods", None)
    for fresh in (asked, reporting(store, tmp_path, editions=["board", "division"])):
        assert fresh.publish_due(TUESDAY + timedelta(minutes=5)) == []


def test_1_2b_a_week_before_the_records_begin_is_refused_and_not_published(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first crime is of 1 July (week 27): nothing reported since could fall due before 6 July."""
    asked = reporting(store, tmp_path, records_begin=None)
    now = at("2026-07-14 05:00")
    take(store, now, crime(updates=updates("2026-07-03")))
    assert asked.publish_due(now) == []
    assert published(store) == {}
    assert "week 2026-W27 is not reported: the records begin on 29 June 2026" in "".join(capsys.readouterr())
    with monkeypatch.context() as patched:
        patched.setattr("compliance.service.report_jobs.reporting.StoredRecords", None)
        assert asked.publish_due(now + timedelta(hours=23)) == [], "nothing is read for it again"
    assert "".join(capsys.readouterr()) == ""
    asked.publish_due(now + timedelta(hours=25))
    take(store, TUESDAY)
    assert [done.path.stem for done in asked.publish_due(TUESDAY)] == ["2026-W28-board"]
    configured = reporting(store, tmp_path / "other", records_begin="2026-07-06")
    with pytest.raises(CannotReportError, match=r"2026-W28 is not reported: the records begin on 6 July 2026"):
        configured.publish(parse_period("2026-W28"), TUESDAY)


def test_the_notice_of_a_week_that_is_owed_no_longer_goes(store: Store, tmp_path: Path) -> None:
    asked = reporting(store, tmp_path, periods=["week", "month"])
    asked.publish_due(TUESDAY)
    folder = tmp_path / "reports"
    (folder / "notes-delayed.html").write_text("somebody's own")
    assert written(tmp_path) == ["2026-06-delayed.html", "2026-W28-delayed.html", "notes-delayed.html"]
    reporting(store, tmp_path).publish_due(TUESDAY)
    assert written(tmp_path) == ["2026-W28-delayed.html", "notes-delayed.html"]
    with store.session(reading=True) as session:
        assert [duty.kind for duty in session.exec(select(ReportDuty))] == ["week"]
