"""`compliance status`: what is wrong comes first, with what to do; then the facts. As text and as JSON."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.service.check import check
from compliance.service.conditions import CONDITIONS, Finding, Problem
from compliance.store import Store
from tests import checks, stores
from tests.engine import RULES
from tests.planted_conditions import old_email, unknown
from tests.service_states import NOW, ServiceState

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
without_examples = checks.without_examples


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


def status(state: ServiceState, monkeypatch: pytest.MonkeyPatch, *words: str, now: datetime = NOW) -> Result:
    monkeypatch.setattr("compliance.clock.now", lambda: now)
    return CliRunner().invoke(main, ["status", "--config", str(state.config), *words])


@stores.on_both
def test_a_healthy_service_shows_its_facts_on_one_screen(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    state.email("queued", NOW - timedelta(minutes=10))
    said = status(state, monkeypatch)
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert lines[:2] == ["Simulated Constabulary, 2026-07-20 10:00Z: nothing is wrong", ""]
    told = {line[:13].strip(): line[13:] for line in lines[2:]}
    assert told["feed"] == (
        "read to its end 2026-07-20 09:56Z (4 minutes ago); last new or changed record: 2026-07-20 09:56Z (4 minutes ago)"
    )
    assert told["records"] == "2 crimes held, 0 refused"
    assert told["obligations"] == "2 pending, 2 overdue; 0 set aside"
    assert told["emails"] == "1 queued; the oldest waits since 2026-07-20 09:50Z (10 minutes ago)"
    assert told["last report"] == "2026-W27, board, 2026-07-13 10:00Z (7 days ago)"
    assert told["directory"] == "1 officer, read 2026-07-20 09:56Z (4 minutes ago)"
    assert told["calendar"] == "england-and-wales, until 31 December 2028: 895 days left"
    assert {*told} == {
        "feed", "records", "obligations", "emails", "last report", "directory", "calendar", "database", "disk",
    }  # fmt: skip
    assert len(lines) < 24


def test_what_is_wrong_comes_first_with_its_remedy(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown(state)
    old_email(state)
    said = status(state, monkeypatch)
    assert said.exit_code == 6
    first, rest = said.output.split("\n\nfeed ")
    paragraphs = [" ".join(part.split()) for part in first.split("\n\n")]
    assert paragraphs[0].endswith(": 1 fault, 1 warning")
    for paragraph, name, severity in zip(
        paragraphs[1:], ("outbox-old", "unknown-values"), ("FAULT", "WARNING"), strict=True
    ):
        (condition,) = (each for each in CONDITIONS if each.name == name)
        assert paragraph.startswith(f"{severity} {name}: ")
        assert paragraph.endswith(f"To do: {condition.remedy}")
    assert "To do" not in rest


def test_warnings_alone_have_an_exit_code_of_their_own(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown(state)
    said = status(state, monkeypatch)
    assert said.exit_code == 5
    assert "nothing is wrong" not in said.output


def test_as_json_it_says_the_same(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown(state)
    said = status(state, monkeypatch, "--json")
    assert said.exit_code == 5
    told = json.loads(said.output)
    assert told["at"] == "2026-07-20T10:00:00Z"
    (found,) = told["conditions"]
    assert (found["name"], found["severity"]) == ("unknown-values", "warning")
    assert found["sentence"].startswith("2 values have come")
    facts = told["facts"]
    assert facts["feed"] == {
        "read_at": "2026-07-20T09:56:00Z", "age_seconds": 240, "changed_at": "2026-07-20T09:56:00Z", "failed_polls": 0,
        "waits": None, "ask_again_at": None,
    }  # fmt: skip
    assert (facts["crimes"], facts["refused"], facts["set_aside"], facts["unknown_values"]) == (2, 0, 0, 2)
    assert facts["obligations"]["overdue"] == 2
    assert facts["emails"]["queued"] == 0
    assert facts["last_report"] == {"period": "2026-W27", "edition": "board", "published_at": "2026-07-13T10:00:00Z"}
    assert facts["directory"] == {"officers": 1, "read_at": "2026-07-20T09:56:00Z"}
    assert facts["calendar_days_left"] == 895
    assert facts["database"]["bytes"] > 0
    assert all(disk["free_bytes"] > 0 for disk in facts["disks"])


@pytest.mark.parametrize("words", [(), ("--json",)])
@stores.on_both
def test_a_database_that_is_missing_is_said_and_what_is_known_is_shown(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch, new_database: stores.NewDatabase, words: tuple[str, ...]
) -> None:
    state.url = new_database()
    state.settings_with()
    said = status(state, monkeypatch, *words)
    assert said.exit_code == 6
    assert "database-missing" in said.output
    assert "compliance migrate" in said.output
    assert "895" in said.output
    if words:
        assert json.loads(said.output)["facts"]["database"]["bytes"] is None


def test_before_anything_was_read_it_says_so(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch, new_database: stores.NewDatabase
) -> None:
    state.url = stores.new_migrated(new_database)
    state.settings_with()
    said = status(state, monkeypatch)
    assert "never read to its end; last new or changed record: never" in said.output
    assert "last report  none yet" in said.output
    assert "emails       none" in said.output


def test_a_service_that_was_stopped_says_so_at_once(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is a fault, it is a fact among the others."""
    state.runs.note_stop(NOW - timedelta(minutes=2))
    said = status(state, monkeypatch)
    assert said.exit_code == 0
    assert (
        "service      stopped cleanly on 2026-07-20 09:58Z (2 minutes ago); no poll is known to have begun since"
        in said.output
    )
    told = json.loads(status(state, monkeypatch, "--json").output)["facts"]
    assert told["stopped_at"] == "2026-07-20T09:58:00Z"
    state.read(NOW)
    assert "stopped" not in status(state, monkeypatch).output


# ── with mistakes in the settings ────────────────────────────────────────────────────────────────────────────────────


LEFT_OUT: Final = [
    ("page_size", "page_sise", "did you mean 'page_size'?", "crime_system.page_sise"),
    ("poll_minutes = 5", "poll_minutes = 0", "greater than 0", "crime_system.poll_minutes"),
    ("due_from", "due_form", "did you mean 'due_from'?", "reminders.due_from and reminders.due_form"),
    ('host = "', "host = ", "cannot be read as TOML", "line "),
    ("[mail]", "[mial]", "mail: missing; it is required", "mail and mial"),
    ('category = "enhanced"', 'categories = "enhanced"', "categories", "reminders.ladder.0"),
]
"""What is changed in the settings, what is said of that, and what is left out."""


def test_wrong_settings_come_first_and_then_the_service_as_it_is(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is certain which database is meant. The service goes on with its old settings."""
    unknown(state)
    good = state.config.read_text("utf-8")
    for right, wrong, why, left_out in LEFT_OUT:
        state.config.write_text(good.replace(right, wrong, 1), "utf-8")
        said = status(state, monkeypatch)
        assert said.exit_code == 2, said.output
        first, second, *facts = (" ".join(part.split()) for part in said.output.split("\n\n")[1:])
        assert first.startswith("FAULT settings-wrong: ")
        assert why in first
        assert f"goes on with what it has read. What follows is read without {left_out}" in first
        assert second.startswith("WARNING unknown-values")
        assert "2 crimes held" in facts[0]
    told = json.loads(status(state, monkeypatch, "--json").output)
    assert [each["name"] for each in told["conditions"]] == ["settings-wrong", "unknown-values"]


def test_a_wrong_policy_comes_first_and_hides_nothing_else(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = state.config.read_text("utf-8")
    state.config.write_text(good.replace('policy = "west-mercia"', 'policy = "west-mersia"'), "utf-8")
    said = status(state, monkeypatch)
    assert said.exit_code == 2
    first, *facts = (" ".join(part.split()) for part in said.output.split("\n\n")[1:])
    assert first.startswith("FAULT policy-wrong: ")
    assert "reports owed is as under west-mercia.toml. To do: correct the policy" in first
    assert "2 crimes held" in facts[0]


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("[database]", "[databases]", "it is not certain which database is meant"),
        ("[database]", "[database", "it is not certain which database is meant"),
        ('url = "sqlite', 'urls = "sqlite', "it is not certain which database is meant"),
        ('url = "http', 'ulr = "http', "what is wrong cannot be left out"),
        ("[crime_system]", "[crimes]", "what is wrong cannot be left out"),
    ],
)
def test_where_nothing_can_be_seen_it_says_why(tmp_path: Path, right: str, wrong: str, reason: str) -> None:
    config, text = tmp_path / "config.toml", (RULES.parent / "config.toml").read_text("utf-8")
    assert right in text
    config.write_text(text.replace(right, wrong, 1), "utf-8")
    said = CliRunner().invoke(main, ["status", "--config", str(config)])
    assert said.exit_code == 2
    assert said.output.startswith(f"compliance: {config}: ")
    assert f"{reason}, so nothing of the running service can be shown" in said.output
    assert list(tmp_path.iterdir()) == [config]


def test_in_a_folder_without_settings_it_says_only_that(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["status", "--config", str(tmp_path / "config.toml")])
    assert said.exit_code == 2
    assert said.output.splitlines() == [
        f"compliance: {tmp_path}/config.toml: cannot be read (No such file or directory); name the file with --config"
    ]


def test_it_shows_no_crime_and_no_address(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    old_email(state)
    said = status(state, monkeypatch).output
    assert "22A/" not in said
    assert "o1@" not in said


@pytest.mark.usefixtures("without_examples")
def test_check_lists_the_same_conditions_as_notes(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no mistake in the settings, so its exit code does not tell of them."""
    later = NOW + timedelta(days=3)
    told = json.loads(status(state, monkeypatch, "--json", now=later).output)["conditions"]
    assert [each["name"] for each in told] == ["service-stopped", "feed-silent", "report-owed"]
    (found,) = (each for each in check(state.config, lambda: later) if each.what.startswith("how the service is"))
    assert found.problems == tuple(Problem(each["name"], each["sentence"]) for each in told)


@pytest.mark.usefixtures("without_examples")
def test_check_says_that_nothing_is_wrong(state: ServiceState) -> None:
    assert Finding("how the service is") in list(check(state.config, lambda: NOW))


@pytest.mark.usefixtures("without_examples")
def test_check_names_a_missing_database(state: ServiceState, new_database: stores.NewDatabase) -> None:
    state.url = new_database()
    state.settings_with()
    (found,) = (each for each in check(state.config, lambda: NOW) if each.what.startswith("how the service is"))
    assert [problem.name for problem in found.problems] == ["database-missing"]
