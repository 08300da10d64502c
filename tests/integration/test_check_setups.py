"""`compliance check` on real servers: each fault planted is found by its name, and nothing in a set-up that is well."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Final

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from compliance.cli import main
from compliance.service.conditions import CONDITIONS, Sight
from compliance.store import Store, migrate
from tests import checks, postgres, stores
from tests.planted_conditions import FAULTS
from tests.planted_setups import HEALTHY_SETUPS, SETUP_FAULTS
from tests.service_states import ServiceState
from tests.setup_plants import no_database, setting, with_test_email
from tests.setups import PlantSetup, Setup

without_examples, sampled_once = checks.without_examples, checks.sampled_once
TABLES: Final = ("crime", "crime_version", "feed", "feed_cursor", "poll", "quarantine", "outbox", "report_duty")
pytestmark = pytest.mark.usefixtures("without_examples", "sampled_once")


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path / 'data' / 'compliance.db'}")
    (tmp_path / "data" / "compliance.db").chmod(0o600)
    store = Store.open(url)
    yield Setup(ServiceState(store, url, tmp_path), monkeypatch)
    store.close()


@pytest.mark.parametrize(
    ("name", "plant", "said"), SETUP_FAULTS, ids=[f"{name}: {said[:40]}" for name, _, said in SETUP_FAULTS]
)
def test_a_fault_is_found_by_its_name(setup: Setup, name: str, plant: PlantSetup, said: str) -> None:
    plant(setup)
    found = setup.found()
    wanted = name.removesuffix("+")
    assert wanted in found
    assert said in found[wanted]
    if wanted == name:
        assert found.keys() == {name}


@pytest.mark.parametrize("plant", HEALTHY_SETUPS.values(), ids=HEALTHY_SETUPS)
def test_nothing_is_found_where_all_is_well(setup: Setup, plant: PlantSetup) -> None:
    plant(setup)
    assert setup.found() == {}


def on_postgres(setup: Setup, *statements: str, role: str = "LOGIN") -> None:
    """A database on a server, of a role that owns it."""
    setup.state.store.close()
    url, name = postgres.new_database(), f"monitor_{token_hex(4)}"
    database = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} {role}")
        connection.execute(f"ALTER DATABASE {database} OWNER TO {name}")
    own = url.replace("postgres@", f"{name}@")
    migrate(own)
    store = Store.open(own)
    setup.state = ServiceState(store, own, setup.folder)
    store.close()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.replace("monitor", name).encode())


@pytest.mark.parametrize(
    ("name", "statements", "role", "said"),
    [
        ("database-privileged", [], "LOGIN SUPERUSER", "is a superuser"),
        ("database-privileged", [], "LOGIN CREATEDB CREATEROLE", "may create databases and may create roles"),
        ("database-read-only", ["ALTER ROLE monitor SET default_transaction_read_only = on"], "LOGIN", "read-only"),
        ("database-read-only", ["REVOKE INSERT ON outbox FROM monitor"], "LOGIN", "may not write the table outbox"),
        (None, [], "LOGIN", ""),
    ],
)
def test_the_role_on_a_server_may_write_and_no_more(
    setup: Setup, name: str | None, statements: list[str], role: str, said: str
) -> None:
    on_postgres(setup, *statements, role=role)
    found = setup.found()
    assert list(found) == ([name] if name else [])
    assert said in str(found)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, words)])


def faulty(setup: Setup, *plants: PlantSetup) -> Path:
    """The settings of a set-up whose crime system and mail server have gone away since."""
    for plant in plants:
        plant(setup)
    setup.check()
    return setup.state.config


def test_offline_asks_nobody_and_opens_no_database(setup: Setup) -> None:
    said = run("--offline", "--config", faulty(setup, no_database))
    assert said.exit_code == 0
    assert said.output.endswith(": nothing is wrong\n")
    assert not {"feed", "mail server", "database"} & set(
        re.findall(r"[a-z]+", said.output.split("ok       templates")[1])
    )


def test_each_line_is_ok_or_a_condition_with_what_to_do(setup: Setup) -> None:
    said = run("--config", faulty(setup))
    whole, _, summary = said.stdout.rpartition("\n\n")
    lines = whole.splitlines()
    assert said.exit_code == 6
    assert {line.split()[0] for line in lines if line[:1].strip()} == {"ok", "warning", "fault"}
    assert re.match(r"\d+ things looked at: \d+ faults \(.*feed-unreachable", summary)
    found = [line.split()[1] for line in lines if line.startswith(("warning", "fault"))]
    assert "feed-unreachable:" in found
    assert "mail-not-answering:" in found
    assert sum(line.strip().startswith("To do: ") for line in lines) == len(found)


def test_json_has_the_same_with_the_names_of_the_list(setup: Setup) -> None:
    said = json.loads(run("--json", "--config", faulty(setup)).stdout)
    assert said["exit_code"] == 6
    problems = [problem for finding in said["findings"] for problem in finding["problems"]]
    listed = {each.name: (each.severity, each.remedy) for each in CONDITIONS}
    assert all(listed[each["name"]] == (each["severity"], each["remedy"]) for each in problems)
    assert {each["name"] for each in problems} >= {"feed-unreachable", "directory-unreadable", "mail-not-answering"}
    assert {finding["state"] for finding in said["findings"]} >= {"ok", "fault"}


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (setting("due_from = ", "due_from = 3000-01-01"), 5),
        (setting("# token = ", 'token = "env:NO_SUCH_VARIABLE"'), 2),
        (setting("due_from = ", "due_form = 2026-01-01"), 2),
    ],
)
def test_the_exit_code_says_how_bad_it_is(setup: Setup, plant: PlantSetup, code: int) -> None:
    assert run("--offline", "--config", faulty(setup, plant)).exit_code == code


def test_a_test_email_needs_the_mail_server(setup: Setup) -> None:
    said = run("--offline", "--send-to", "a@force.example", "--config", faulty(setup))
    assert said.exit_code == 2
    assert "--send-to asks the mail server" in said.output


def test_a_test_email_arrives_and_is_the_only_one(setup: Setup) -> None:
    with_test_email(setup)
    assert setup.found() == {}
    (taken,) = setup.mail.taken
    assert b"To: a.tester@force.example" in taken


def test_a_check_writes_nothing(setup: Setup) -> None:
    """No record, no cursor, no poll, and no folder."""
    setup.check()
    with setup.state.store.reading() as connection:
        before = [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() for name in TABLES]  # noqa: S608
    setup.check()
    with setup.state.store.reading() as connection:
        assert before == [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() for name in TABLES]  # noqa: S608
    assert not (setup.folder / "var").exists()


def test_enough_is_planted() -> None:
    assert len(SETUP_FAULTS) + len(FAULTS) >= 60
    assert len(HEALTHY_SETUPS) >= 10


def test_every_condition_that_only_a_check_sees_is_planted() -> None:
    elsewhere = {"examples-failing", "clauses-unproved"}  # tests/unit/test_check.py
    elsewhere |= {"database-read-only", "database-privileged"}  # below, on PostgreSQL
    planted = {name.removesuffix("+") for name, *_ in SETUP_FAULTS}
    assert {each.name for each in CONDITIONS if each.sight is not Sight.SERVICE} == (
        (planted | elsewhere) - {each.name for each in CONDITIONS if each.sight is Sight.SERVICE}
    )
