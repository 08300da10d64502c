"""What the commands of the service say of what cannot be judged, and of a calendar that has ended (rules 6.1a)."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.config import load_settings
from compliance.service import Service
from compliance.service.check import check
from compliance.service.running.daemon import Daemon
from compliance.store import Store, judge_due
from tests import checks, stores
from tests.calendars import policy_until
from tests.engine import shipped
from tests.poison import good, poison
from tests.stores import Record, at, take
from tests.web_server import WebServer, answer, serving

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store, without_examples = stores.store, checks.without_examples

ROOT = Path(__file__).parents[2]
NOW = at("2026-07-20 06:00")
OLD = "reported in 1990, with an event of then"


def config(folder: Path, url: str, policy: str = "victims-code-2020") -> Path:
    text = (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url)
    path = folder / "config.toml"
    path.write_text(re.sub(r'^policy = "[^"]*"', f'policy = "{policy}"', text, count=1, flags=re.MULTILINE))
    return path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.usefixtures("without_examples")
def test_check_says_how_much_is_set_aside_for_which_reason_with_a_crime(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    take(store, NOW, good(1), poison(OLD, "22A/7/90"), poison(OLD, "22A/8/90"))
    judge_due(store, shipped("victims-code-2020")[0], NOW)
    found = [each for finding in check(config(tmp_path, database_url), lambda: NOW) for each in finding.problems]
    (held,) = (each for each in found if each.name == "set-aside")
    assert held.sentence.startswith("2 obligations are set aside")
    assert held.details == (
        "2 of arrested: calendar 'england-and-wales' is known from 1 January 1995 to 31 December 2028: check that date in "
        "the record, or move covers_from in the calendar's file (rules 6.1a); one is crime 22A/7/90",
    )


@pytest.mark.usefixtures("without_examples")
def test_check_is_silent_where_nothing_is_set_aside(store: Store, database_url: str, tmp_path: Path) -> None:
    take(store, NOW, good(1))
    judge_due(store, shipped("victims-code-2020")[0], NOW)
    assert "set-aside" not in run("check", "--config", config(tmp_path, database_url)).output


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def page(*records: Record) -> bytes:
    return answer(json.dumps({"records": records, "next": "c", "more": False}).encode())


def served(tmp_path: Path, url: str, web: WebServer, policy: str = "victims-code-2020") -> Path:
    """Settings of a crime system that is asked over HTTP, and has no officer directory."""
    path = config(tmp_path, url, policy)
    text = path.read_text().replace("http://127.0.0.1:8470/crimes", web.url)
    path.write_text(re.sub(r"^officers_url = .*$", "", text, flags=re.MULTILINE))
    return path


def clocked(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(
        "compliance.cli.job_commands.service_of", lambda path: Service.open(load_settings(path), lambda: now)
    )


def test_a_poll_says_how_much_is_set_aside_and_the_daemons_log_too(
    store: Store, database_url: str, tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And neither says anything of it where there is none."""
    settings, web.answers = served(tmp_path, database_url, web), [page(good(1))]
    clocked(monkeypatch, NOW)
    assert "set aside" not in run("poll", "--config", settings).output
    web.answers = [page(good(1), poison(OLD, "22A/7/90"))]
    done = run("poll", "--config", settings)
    assert done.exit_code == 0
    assert "1 obligation set aside: cannot be judged (rules 6.1a); `compliance check` gives the reasons" in done.output
    with Service.open(load_settings(settings), lambda: NOW) as service:
        assert Daemon(service)._poll()["set_aside"] == 1
        web.answers = [page(poison("recorded at the first instant", "22A/7/90"))]
        assert "set_aside" not in Daemon(service)._poll()


def test_no_morning_is_stopped_by_a_calendar_that_has_ended_and_each_says_what_to_do(
    store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy_until(tmp_path, "2026-06-30")
    settings = config(tmp_path, database_url, "rules/victims-code-2020.toml")
    take(store, NOW, good(1))
    warning = "calendar 'england-and-wales' ended on 30 June 2026: what falls due in working days after it is set aside"
    clocked(monkeypatch, NOW)
    for words in (("remind", "--dry-run"), ("remind",)):
        done = run(*words, "--config", settings)
        assert done.exit_code == 0, done.output
        assert done.stderr.startswith(warning)
    clocked(monkeypatch, at("2026-07-19 09:00"))
    assert "Sunday 19 July 2026 is not a working day" in run("remind", "--config", settings).stdout
    with Service.open(load_settings(settings), lambda: NOW) as service:
        assert str(Daemon(service)._remind()["calendar"]).startswith(warning)


def test_the_log_warns_from_nine_months_before_the_calendar_ends(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """And names the policy that needs it, or none: the force policy counts no working days."""
    for name, needs in (("victims-code-2020", "victims-code-2020.toml"), ("west-mercia", "none")):
        policy_until(tmp_path, "2027-04-30", name)
        settings = load_settings(config(tmp_path, database_url, f"rules/{name}.toml"))
        with Service.open(settings, lambda: at("2026-07-28 22:59")) as service:
            assert service.calendar_warning is None
        with Service.open(settings, lambda: at("2026-07-29 09:00")) as service:
            warning = str(Daemon(service)._remind()["calendar"])
        assert warning.startswith("calendar 'england-and-wales' ends on 30 April 2027: what falls due in working days")
        assert warning.endswith(f"Policies that need it: {needs}")


def test_nothing_is_said_of_the_calendar_while_it_lasts(
    store: Store, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(tmp_path, database_url)
    take(store, NOW, good(1))
    clocked(monkeypatch, NOW)
    assert "calendar" not in run("remind", "--config", settings).output
