"""`compliance remind --dry-run` and `compliance notices CRIME_REF`: every obligation considered, with its reason."""

import json
from datetime import datetime
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.config import load_settings
from compliance.policy import load_policy
from compliance.records import Officer
from compliance.reminders import remind
from compliance.service import Service
from compliance.service.service import reminder_settings
from compliance.store import Store, begin_poll, end_poll, judge_due, migrate, save_officers, take_page
from tests import checks
from tests.office import crime, morning

without_examples = checks.without_examples
ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The running default on a store of its own: two crimes overdue, one of them with nobody."""
    path = tmp_path / "config.toml"
    path.write_text((ROOT / "config.toml").read_text("utf-8"), "utf-8")
    settings = load_settings(path)
    migrate(settings.database_url)
    store = Store.open(settings.database_url)
    now = morning("2026-06-10")
    records = [crime("22/1/26", "2026-06-02"), crime("22/2/26", "2026-06-02", None), crime("22/3/26", "2025-12-01")]
    save_officers(store, [Officer("1042", email="1042@force.example")], now)
    poll = begin_poll(store, "crimes", now)
    take_page(store, poll, "crimes", [json.dumps(record).encode() for record in records], None, now)
    end_poll(store, poll, now, complete=True)
    judge_due(store, load_policy("west-mercia"), now)
    store.close()
    return path


def run(config: Path, monkeypatch: pytest.MonkeyPatch, now: datetime, *arguments: str, exit_code: int = 0) -> Result:
    def opened(path: Path) -> Service:
        return Service.open(load_settings(path), lambda: now)

    monkeypatch.setattr("compliance.cli.job_commands.service_of", opened)
    result = CliRunner().invoke(main, [*arguments, "--config", str(config)], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


def test_the_dry_run_lists_every_obligation_with_its_reason_and_the_digests(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run(config, monkeypatch, morning("2026-06-10"), "remind", "--dry-run").stdout.splitlines()
    assert "would be sent: new: 1042: crime 22/1/26, victim V1, 7-day 1 due 2026-06-09: overdue" in lines
    assert "held: nobody has the case: no recipient: crime 22/2/26, victim V1, 7-day 1 due 2026-06-09: overdue" in lines
    before = "suppressed: fell due before the service started: 1042: crime 22/3/26, victim V1, 7-day 1"
    assert f"{before} due 2025-12-08: overdue" in lines
    assert "digest to 1042: 2 new: victims to update, 10 June" in lines
    assert "      1 held: nobody has the case" in lines
    assert lines[-1] == "1 digest would be sent"
    assert "@" not in "\n".join(lines)


def test_out_of_hours_the_dry_run_shows_the_digests_and_what_holds_them(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run(config, monkeypatch, morning("2026-06-10", 6), "remind", "--dry-run").stdout.splitlines()
    assert "held: quiet hours: 1042: crime 22/1/26, victim V1, 7-day 1 due 2026-06-09: overdue" in lines
    assert "digest to 1042: 2 new: victims to update, 10 June" in lines
    assert lines[-1] == "1 digest held: emails go out from 07:00"


def test_the_notices_of_a_crime_say_what_was_decided_day_by_day(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(config)
    store = Store.open(settings.database_url)
    for hour in (6, 7):
        remind(store, load_policy("west-mercia"), reminder_settings(settings), morning("2026-06-10", hour))
    store.close()
    found = run(config, monkeypatch, morning("2026-06-10", 8), "notices", "22/1/26")
    header, *rows = [line.split("\t") for line in found.stdout.splitlines()]
    assert header[:4] == ["decided_on", "victim_ref", "requirement", "cycle"]
    assert rows == [
        ["2026-06-10", "V1", "7-day", "1", "2026-06-02", "1", "overdue", "1042", "sent", "new", "queued"],
    ]
    (other,) = run(config, monkeypatch, morning("2026-06-10", 8), "notices", "22/2/26").stdout.splitlines()[1:]
    assert other.split("\t")[6:] == ["overdue", "none", "held", "nobody has the case", "none"]
    unknown = run(config, monkeypatch, morning("2026-06-10", 8), "notices", "22/9/26", exit_code=3)
    assert "no crime '22/9/26' is stored" in unknown.stderr


def checked(config: Path) -> Result:
    return CliRunner().invoke(main, ["check", "--offline", "--config", str(config)])


@pytest.mark.usefixtures("without_examples")
def test_the_check_names_a_broken_template_of_the_forces_own(config: Path) -> None:
    text = config.read_text("utf-8")
    config.write_text(text.replace('# templates = "templates/email"', 'templates = "own"'), "utf-8")
    own = config.parent / "own"
    copytree(ROOT / "templates" / "email", own)
    assert "ok       templates" in checked(config).output
    part = own / "digest.txt.j2"
    part.write_text(part.read_text("utf-8").replace("letter.clauses", "letter.cluases"), "utf-8")
    found = checked(config)
    assert found.exit_code == 2
    assert "templates-wrong:" in found.output
    assert "own/digest.txt.j2, line" in " ".join(found.output.split())
    assert "cluases" in found.output


@pytest.mark.usefixtures("without_examples")
def test_the_check_names_a_ladder_for_a_requirement_that_there_is_not(config: Path) -> None:
    text = config.read_text("utf-8")
    config.write_text(text.replace('# requirement = "7-day"', 'requirement = "8-day"'), "utf-8")
    found = checked(config)
    assert found.exit_code == 2
    said = "[reminders] ladder: requirement: found '8-day'; expected one of 7-day, 28-day"
    assert said in " ".join(found.output.split())
