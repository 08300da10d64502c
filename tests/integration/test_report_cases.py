"""`compliance report cases`: what the performance team sees, and that it is what was published."""

import csv
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.policy import load_policy
from compliance.reports.tracing import TracedCase, TracedFigure
from compliance.reports.tracing.printed import Printed
from compliance.store import Store, mark_missing, migrate
from tests.stores import SOURCE, at, crime, take, updates

ROOT = Path(__file__).parents[2]
CRIMES = (
    crime("22A/1/25", reported_at="2025-07-01T09:00:00Z", division="North", team="N1", updates=updates("2025-07-03")),
    crime("22A/2/25", reported_at="2025-07-02T09:00:00Z", division="North", team="N2", updates=updates("2025-07-10")),
    crime("22A/3/25", reported_at="2025-07-03T09:00:00Z", division="South and West"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/compliance.db"
    migrate(url)
    opened = Store.open(url)
    take(opened, at("2025-07-21 05:00"), *CRIMES)
    yield opened
    opened.close()


class Command:
    """`compliance report`, with the settings of a force whose database is the store's."""

    def __init__(self, folder: Path) -> None:
        self.settings = folder / "config.toml"
        text = (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/", f"sqlite:///{folder}/")
        text = text.replace("# records_begin = 2026-01-05", "records_begin = 2025-01-06")
        self.settings.write_text(text.replace('"var/reports"', '"reports"'), "utf-8")

    def __call__(self, *words: str) -> Result:
        period = () if {"--week", "--period"} & {*words} else ("--period", "2025-W28")
        return CliRunner().invoke(main, ["report", *words, *period, "--config", str(self.settings)])


@pytest.fixture
def command(tmp_path: Path, store: Store) -> Command:
    return Command(tmp_path)


def test_any_period_is_named_by_period_and_a_week_also_by_week(command: Command) -> None:
    """`--week` took every kind of period in the versions before, and scripts of a force may say so: it still does."""
    listed = command("cases", "--figure", "rate.7-day").stdout
    assert command("cases", "--figure", "rate.7-day", "--week", "2025-W28").stdout == listed
    assert "'June' is not a period" in command("cases", "--figure", "rate.7-day", "--period", "June").stderr
    for switch in ("--period", "--week"):
        for period in ("2025-06", "2025-Q2"):
            done = command("--edition", "board", "--format", "csv", switch, period)
            assert done.exit_code == 0, done.output
            assert f"{period}-board.csv" in done.stdout
    assert (
        "--as-published needs a period; give one with --period"
        in CliRunner().invoke(main, ["report", "--as-published", "--config", str(command.settings)]).stderr
    )
    told = CliRunner().invoke(main, ["report", "--help"]).stdout
    assert "--period, --week" in told


def test_the_cases_of_a_published_figure_are_listed_and_said_to_be_what_was_published(command: Command) -> None:
    assert command("--edition", "board", "--format", "csv").exit_code == 0
    done = command("cases", "--figure", "rate.7-day")
    assert done.exit_code == 0, done.output
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        ["crime_ref", "victim_ref", "requirement", "cycle", "due_date", "state", "update_ref", "at", "entered_at", "counted", "of"],
        ["22A/1/25", "V1", "7-day", "1", "2025-07-08", "met", "U1", "2025-07-03T13:00+01:00", "2025-07-03T13:00+01:00", "1", "1"],
        ["22A/2/25", "V1", "7-day", "1", "2025-07-09", "late", "U1", "2025-07-10T13:00+01:00", "2025-07-10T13:00+01:00", "0", "1"],
        ["22A/3/25", "V1", "7-day", "1", "2025-07-10", "overdue", "", "", "", "0", "1"],
    ]  # fmt: skip
    assert done.stderr.strip() == "rate.7-day: 1 of 3, as published"


def test_only_those_that_a_measure_counts_are_listed_when_asked(command: Command) -> None:
    done = command("cases", "--figure", "rate.7-day:overdue", "--counted")
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["crime_ref", "22A/3/25"]
    assert done.stderr.strip() == "rate.7-day:overdue: 1 of 3", "nothing was published"


def test_the_numbers_of_a_divisions_edition_are_traced_in_it(command: Command) -> None:
    assert command("--edition", "division", "--format", "csv").exit_code == 0
    done = command("cases", "--figure", "team.7-day/N1", "--division", "North")
    assert done.stderr.strip() == "team.7-day/N1: 1 of 1, as published"
    assert (
        command("cases", "--figure", "rate.7-day", "--division", "North")
        .stderr.strip()
        .endswith("1 of 2, as published")
    )
    assert command("cases", "--figure", "rate.7-day").stderr.strip() == "rate.7-day: 1 of 3", (
        "the board's was not published"
    )
    done = command("cases", "--figure", "rate.7-day", "--division", "Nort")
    assert (done.exit_code, "did you mean 'North'" in done.stderr) == (2, True)


def test_the_commands_that_a_report_prints_list_what_it_prints(command: Command, tmp_path: Path) -> None:
    command("--edition", "board", "--edition", "division", "--format", "json")
    for path in sorted((tmp_path / "reports").glob("*.json")):
        for definition in json.loads(path.read_text("utf-8"))["definitions"]:
            name, *words = shlex.split(definition["command"])
            assert (name, *words[:3]) == ("compliance", "report", "cases", "--period")
            words[-1] = words[-1].replace("/NAME", "/North")
            done = CliRunner().invoke(main, [*words, "--config", str(command.settings)])
            assert done.exit_code == 0, done.output
            assert "says" not in done.stderr, done.stderr


def test_every_name_in_the_csv_is_answered_by_the_command(command: Command, tmp_path: Path) -> None:
    """One name of each kind that came out."""
    command("--edition", "board", "--format", "csv")
    (path,) = (tmp_path / "reports").glob("*.csv")
    with path.open(encoding="utf-8-sig") as lines:
        names = {row["figure"].partition("/")[0]: row["figure"] for row in csv.DictReader(lines)}
    for name in names.values():
        done = command("cases", "--figure", name)
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(("crime_ref", f"No cases behind {name}: "))
        assert "says" not in done.stderr


def test_a_figure_without_cases_says_why_and_where_to_look(command: Command) -> None:
    done = command("cases", "--figure", "quality.refused:held")
    assert done.exit_code == 0
    assert "compliance quarantine list" in done.stdout
    assert "statistics 2.1" in command("cases", "--figure", "week.7-day/2025-W28:upper_limit").stdout


def test_crimes_that_a_full_export_ceased_to_hold_are_listed_with_since_when(command: Command, store: Store) -> None:
    mark_missing(store, SOURCE, {"22A/1/25", "22A/3/25"}, at("2025-07-10 03:00"))
    mark_missing(store, SOURCE, {"22A/3/25"}, at("2025-07-15 03:00"))
    command("--edition", "board", "--format", "csv")
    done = command("cases", "--figure", "quality.vanished")
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        ["crime_ref", "state", "at", "counted", "of"],
        ["22A/1/25", "vanished", "2025-07-15T04:00+01:00", "0", "1"],
        ["22A/2/25", "vanished", "2025-07-10T04:00+01:00", "1", "1"],
    ]
    assert done.stderr.strip() == "quality.vanished: 1 of 2, as published"
    assert "the board's edition" in command("cases", "--figure", "quality.vanished", "--division", "North").stdout


def test_a_report_is_traced_by_the_policy_it_was_published_by(command: Command, tmp_path: Path) -> None:
    assert command("--format", "csv").exit_code == 0
    settings = command.settings.read_text("utf-8")
    command.settings.write_text(settings.replace('policy = "west-mercia"', 'policy = "hertfordshire"'), "utf-8")
    assert command("cases", "--figure", "rate.7-day").stderr.strip() == "rate.7-day: 1 of 3, as published"


def test_what_does_not_add_up_to_what_was_published_is_said_not_to() -> None:
    printed = Printed(load_policy("west-mercia"), None, None, 2, {"rate.7-day": {"count": 2, "of": 3, "rate": 2 / 3}})
    one = TracedFigure(
        "rate.7-day", "rate.7-day", "count", (TracedCase("A", counted=1), TracedCase("B"), TracedCase("C"))
    )
    assert printed.compare(one).startswith("; version 2 of the report says 2 of 3: ")
    share = TracedFigure("rate.7-day:rate", "rate.7-day", "rate", one.cases)
    assert printed.compare(share).startswith("; version 2 of the report says 66.7% of 3: ")
    assert printed.compare(TracedFigure("before.7-day", "before.7-day", "count", one.cases)) == ""
