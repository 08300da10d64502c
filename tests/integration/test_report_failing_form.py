"""A form that cannot be made holds back no other, stays owed, and comes into the same version."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.errors import SettingsError
from compliance.reports.model.report_model import Figures
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.published_files import as_published
from compliance.reports.publishing.snapshots import StoredRecords
from compliance.reports.rendering.forms import FORMS
from compliance.service.report_jobs.reporting import Reporting
from compliance.store import Store
from tests import stores
from tests.reporting import digests, published, reporting, told, written
from tests.stores import at, crime, take, updates

new_database, database_url = stores.one_database, stores.database_url
store = stores.store

TUESDAY = at("2026-07-21 05:00")
WEEK = parse_period("2026-W28")
MINUTES, DAY = timedelta(minutes=5), timedelta(days=1)
FIRST_TWO = ["2026-W28-board.csv", "2026-W28-board.html"]
ALL = ["2026-W28-board.csv", "2026-W28-board.html", "2026-W28-board.pdf"]


class Broken:
    """A form that fails, as often as it is asked for."""

    def __init__(self, error: Exception) -> None:
        self.error, self.times = error, 0

    def __call__(self, _: Figures) -> bytes:
        self.times += 1
        raise self.error


@pytest.fixture
def asked(store: Store, tmp_path: Path) -> Reporting:
    take(store, TUESDAY, crime(updates=updates("2026-07-03"), division="North"))
    return reporting(store, tmp_path, forms=["html", "pdf", "csv"], readers=["board@force.example"])


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    found = Broken(SettingsError("report.typ: line 3 is wrong"))
    monkeypatch.setitem(FORMS, "pdf", found)
    return found


def nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: Store) -> None:
        raise AssertionError("the records were read")

    monkeypatch.setattr(StoredRecords, "__init__", read)


def test_the_other_forms_are_published_and_it_is_said_once_which_was_not(
    asked: Reporting, broken: Broken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (done,) = asked.publish_due(TUESDAY)
    assert (done.new, [form.name for form in done.failed]) == (True, ["2026-W28-board.pdf"])
    assert written(tmp_path) == FIRST_TWO
    assert "2026-W28-board.pdf: report.typ: line 3 is wrong" in "".join(capsys.readouterr())
    for n in range(1, 5):
        assert asked.publish_due(TUESDAY + n * MINUTES) == []
    assert (broken.times, "".join(capsys.readouterr())) == (1, ""), "not at each look"


def test_it_is_tried_again_after_a_day_or_a_change_of_the_templates_or_a_restart(
    asked: Reporting, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.publish_due(TUESDAY)
    nothing_is_judged(monkeypatch)
    asked.publish_due(TUESDAY + DAY - MINUTES)
    assert broken.times == 1
    asked.publish_due(TUESDAY + DAY)
    assert broken.times == 2
    monkeypatch.setattr("compliance.service.report_jobs.report_duties._templates", lambda: "others")
    asked.publish_due(TUESDAY + DAY + MINUTES)
    assert broken.times == 3
    Reporting(asked.settings, asked.policy, asked.store).publish_due(TUESDAY + DAY + 2 * MINUTES)
    assert broken.times == 4


@stores.on_both
def test_made_later_it_comes_into_the_same_version_from_the_figures_kept_and_nobody_is_told_again(
    store: Store, asked: Reporting, broken: Broken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.publish_due(TUESDAY)
    monkeypatch.undo()
    nothing_is_judged(monkeypatch)
    (done,) = asked.publish_due(TUESDAY + DAY)
    assert (done.version, done.new, done.added, done.path.name) == (1, False, ("pdf",), "2026-W28-board.pdf")
    assert written(tmp_path) == ALL
    assert published(store) == {("2026-W28", "board", 1): digests(tmp_path)}
    assert len(told(store)) == 1
    assert as_published(store, tmp_path / "reports", "2026-W28", "board", "pdf") == done.path.read_bytes()
    assert asked.publish_due(TUESDAY + 2 * DAY) == []


def test_a_fault_of_the_program_in_one_form_holds_back_no_other_either(
    asked: Reporting, broken: Broken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken.error = ZeroDivisionError("a victim's name")
    asked.publish_due(TUESDAY)
    assert written(tmp_path) == FIRST_TWO
    assert "2026-W28-board.pdf: a fault: ZeroDivisionError" in "".join(capsys.readouterr())


def test_a_report_of_which_no_form_can_be_made_is_not_published(
    store: Store, asked: Reporting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("html", "csv", "pdf"):
        monkeypatch.setitem(FORMS, name, Broken(SettingsError("wrong")))
    asked.publish_due(TUESDAY)
    assert (published(store), told(store), list(tmp_path.glob("reports/*"))) == ({}, [], [])
    monkeypatch.undo()
    asked.publish_due(TUESDAY + DAY)
    assert (written(tmp_path), len(told(store))) == (ALL, 1)


def test_publishing_in_other_forms_by_hand_adds_them_to_the_version(
    store: Store, asked: Reporting, tmp_path: Path
) -> None:
    """No figure changed, so there is no other version."""
    for forms, added in ((["html"], ()), (["csv"], ("csv",)), (["html", "csv", "pdf"], ("pdf",))):
        (done,) = asked.publish(WEEK, TUESDAY, forms=forms)
        assert (done.version, done.added) == (1, added)
    assert published(store) == {("2026-W28", "board", 1): digests(tmp_path)}
    assert (written(tmp_path), len(told(store))) == (ALL, 1)


def test_figures_of_another_version_of_the_program_are_left_alone_and_that_is_said(
    store: Store, asked: Reporting, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.publish(WEEK, TUESDAY, forms=["html"])
    monkeypatch.setattr("compliance.reports.publishing.publish.read_figures", lambda _: None)
    asked.publish_due(TUESDAY)
    assert "published by another version of this program" in "".join(capsys.readouterr())
    assert [list(files) for files in published(store).values()] == [["2026-W28-board.html"]]


def test_by_hand_the_command_says_which_form_failed_and_what_was_published(
    tmp_path: Path, broken: Broken, store: Store, database_url: str
) -> None:
    """Exit code 2, a wrong template; and, once that is put right, which form was added."""
    take(store, TUESDAY, crime())
    settings = tmp_path / "config.toml"
    shipped = (Path(__file__).parents[2] / "config.toml").read_text("utf-8")
    text = shipped.replace("sqlite:///var/compliance.db", database_url).replace('"var/reports"', '"reports"')
    settings.write_text(text.replace("# records_begin = 2026-01-05", "records_begin = 2026-01-05"), "utf-8")

    def report(period: str) -> Result:
        words = ["report", "--period", period, "--format", "html,pdf", "--config", str(settings)]
        return CliRunner().invoke(main, words)

    done = report("2026-W28")
    assert done.exit_code == 2
    assert "2026-W28-board.html (published, version 1)" in done.stdout
    assert "compliance: 2026-W28-board.pdf: report.typ: line 3 is wrong" in done.stderr
    FORMS["pdf"] = lambda _: b"%PDF"  # until the fixture puts the form itself back
    assert "(unchanged since it was published, version 1; added: pdf)" in report("2026-W28").stdout
    refused = report("2026-W01")
    assert refused.exit_code == 2
    assert "week 2026-W01 is not reported: the records begin on 5 January 2026" in refused.stderr


@stores.on_both
def test_two_that_publish_the_same_period_at_once_publish_it_once(
    store: Store, asked: Reporting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By hand, while the daemon is at it: whoever comes second finds it done."""
    whole: Any = FORMS["csv"]
    others: list[bool] = []

    def csv_while_another_publishes(figures: Figures) -> bytes:
        monkeypatch.setitem(FORMS, "csv", whole)
        others.extend(done.new for done in reporting(store, tmp_path, forms=["html"]).publish(WEEK, TUESDAY))
        made: bytes = whole(figures)
        return made

    monkeypatch.setitem(FORMS, "csv", csv_while_another_publishes)
    (done,) = asked.publish(WEEK, TUESDAY)
    assert (others, done.new, done.added) == ([True], False, ("pdf", "csv"))
    assert published(store) == {("2026-W28", "board", 1): digests(tmp_path)}
