"""`compliance report risk`: the entry in the risk register, from what was published."""

import csv
import io
import json

from click.testing import CliRunner, Result

from compliance.cli import main
from tests.integration.test_report_cases import Command, command, store

__all__ = ["command", "store"]


def _run(command: Command, *words: str) -> Result:
    return CliRunner().invoke(main, ["report", "risk", *words, "--config", str(command.settings)])


def _risk(command: Command, *words: str) -> str:
    done = _run(command, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_entry_follows_from_the_published_week_and_names_it(command: Command) -> None:
    assert command("--edition", "board", "--format", "csv").exit_code == 0
    (row,) = csv.DictReader(io.StringIO(_risk(command)))
    assert row["report"] == "2025-W28, version 1"
    assert row["version"] == "1"
    assert row["why"].startswith("Week 28 of 2025: rate.7-day was 33.3% (")
    assert (row["likelihood"], row["impact"], row["score"]) == ("5", "4", "20")
    found = json.loads(_risk(command, "--format", "json"))
    assert found["versions"][0]["since"] == "2025-W28"
    assert "<h1" in _risk(command, "--format", "html")


def test_without_a_published_week_it_says_what_to_do(command: Command) -> None:
    done = _run(command)
    assert done.exit_code == 3
    assert "no published week has the figure rate.7-day" in done.stderr


def test_a_month_decides_nothing(command: Command) -> None:
    assert command("--period", "2025-06", "--edition", "board", "--format", "csv").exit_code == 0
    assert _run(command).exit_code == 3
