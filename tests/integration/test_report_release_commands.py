"""The whole way by the command line: a held report, its release, a suspension and its end (statistics section 7)."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance import clock
from compliance.cli import main
from compliance.policy import load_policy
from compliance.reports.periods.periods import newest_settled
from compliance.store import Store
from tests import stores
from tests.mails import CONFIG
from tests.reporting import told
from tests.stores import crime, take

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store = stores.store

WEEK = newest_settled("week", load_policy("west-mercia").local.date_of(clock.now()))
BEGIN = WEEK.first - timedelta(weeks=14)
REPORT = f"""
[report]
folder = "reports"
forms = ["html"]
readers = ["board@force.example"]
records_begin = {BEGIN}
"""


class Commands:
    """The commands of a service in a folder of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.config = folder, folder / "config.toml"
        self.config.write_text(CONFIG.format(url=url) + REPORT, "utf-8")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--config", str(self.config)])

    def report(self, *words: str) -> Result:
        return self.run("report", *words)

    def status(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return facts

    def found(self) -> set[str]:
        return {each["name"] for each in self.status()["conditions"]} & {
            "report-held",
            "reports-suspended",
            "report-owed",
        }

    def pages(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "reports").glob("*"))


@pytest.fixture
def commands(store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """14 weeks of 12 crimes, and then one with 3."""
    monkeypatch.setattr("compliance.service.report_jobs.release_evidence.try_examples", lambda _: (173, ()))
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("compliance.cli.options.account_name", lambda: "mhill")
    days = [BEGIN + timedelta(days=7 * week + n % 7) for week in range(15) for n in range(12 if week < 14 else 3)]
    records = [crime(f"22A/{n}/26", reported_at=f"{day}T09:00:00Z", division="North") for n, day in enumerate(days)]
    take(store, clock.now(), *records)
    return Commands(tmp_path, database_url)


def test_a_held_report_is_said_to_be_and_released_with_a_reason(commands: Commands, store: Store) -> None:
    held = commands.report("--period", str(WEEK))
    assert held.exit_code == 7
    assert f"report {WEEK} is held: 3 crimes were reported in the week: less than half the median of" in held.stderr
    assert f'compliance report release {WEEK} --reason "…"' in held.stderr
    assert commands.pages() == [f"{WEEK}-held.html"]
    assert commands.found() == {"report-held"}
    assert commands.status()["facts"]["reports_held"][0]["faults"] == ["crimes"]
    assert f"held         {WEEK}, since" in commands.run("status").stdout
    other = commands.report("release", "2020-W02", "--reason", "Few crimes.")
    assert other.exit_code == 2
    assert f"report 2020-W02 is not held, so there is nothing to release (held: {WEEK})" in other.stderr
    assert commands.report("release", str(WEEK), "--reason", "  ").exit_code == 2
    done = commands.report("release", str(WEEK), "--reason", "Christmas week")
    assert done.exit_code == 0, done.stderr
    assert f"{WEEK}-board.html (published, version 1)" in done.stdout
    page = (commands.folder / "reports" / f"{WEEK}-board.html").read_text("utf-8")
    assert "Released by mhill at " in page
    assert "The reason: Christmas week" in page
    assert commands.pages() == [f"{WEEK}-board.html"]
    assert commands.found() == set()
    assert len(told(store)) == 2, "held, and published"
    again = commands.report("release", str(WEEK), "--reason", "Christmas week")
    assert again.exit_code == 2
    assert "is published, and nothing holds it" in again.stderr


def test_reports_are_suspended_until_a_day_and_resumed(commands: Commands, store: Store) -> None:
    today = load_policy("west-mercia").local.date_of(clock.now())
    until = today + timedelta(days=30)
    assert commands.report("suspend", "--reason", "New system", "--until", str(date(2020, 1, 1))).exit_code == 2
    begun = commands.report("suspend", "--reason", "New system", "--until", str(until))
    assert begun.stdout == (
        f"no report is published until {until}, that day included; `compliance report resume` ends this earlier\n"
    )
    for refused in (commands.report("--period", str(WEEK)), commands.report("release", str(WEEK), "--reason", "x")):
        assert refused.exit_code == 7
        assert "reports are suspended until" in refused.stderr
        assert "that day included, by mhill (New system)" in refused.stderr
    assert commands.found() == {"reports-suspended"}
    assert commands.status()["facts"]["reports_suspended"] == {
        "since": str(today), "until": str(until), "by": "mhill", "reason": "New system",
    }  # fmt: skip
    assert f"suspended    reports, until the end of {until}, by mhill" in commands.run("status").stdout
    assert commands.report("resume").stdout == "reports are published again\n"
    assert commands.report("resume").stdout == "reports were not suspended\n"
    assert commands.found() == set()
    assert commands.report("--period", str(WEEK)).exit_code == 7, "held, as it would have been"
    subjects = [mail.subject.removeprefix("Keeping victims informed: ")[:14] for mail in told(store)]
    assert subjects == ["reports are su", "reports are pu", "the report of "]
