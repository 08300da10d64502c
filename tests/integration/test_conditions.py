"""What can be wrong with a service: each fault that is planted is found by its name, and in a healthy one nothing is."""

import re
import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from sqlalchemy import delete, insert, text

from compliance.cli import main
from compliance.service.check.record_checks import look_at_records
from compliance.service.conditions import CONDITIONS, Severity, Sight, find_conditions, read_facts
from compliance.store import RUN, DatabaseReplacedError, Store, claim
from compliance.store.receiving.out_of_order import changed_ahead
from compliance.store.tables import DATABASE_SIZE, REPORT_DUTY
from tests import stores
from tests.planted_conditions import FAULTS, HEALTHY, unknown, unpublished
from tests.planted_feed_conditions import ahead, late, stopped
from tests.service_states import NOW, Plant, ServiceState
from tests.stores import rows

pytestmark = stores.shared_out
new_database, database_url, store = stores.new_database, stores.database_url, stores.store

GIB = 2**30


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


@pytest.mark.parametrize(("name", "plant", "said"), FAULTS, ids=[f"{name}: {said[:30]}" for name, _, said in FAULTS])
def test_a_fault_is_found_by_its_name_with_the_facts_and_nothing_else_is(
    state: ServiceState, name: str, plant: Plant, said: str
) -> None:
    plant(state)
    found = state.found()
    assert found.keys() == {name}
    assert said in found[name]


@pytest.mark.parametrize("plant", HEALTHY.values(), ids=HEALTHY)
def test_nothing_is_found_in_a_healthy_service(state: ServiceState, plant: Plant) -> None:
    plant(state)
    assert state.found() == {}


def test_a_period_before_the_newest_one_published_is_not_owed(state: ServiceState) -> None:
    """It may lie before the records begin, and is then never reported (statistics 1.2b)."""
    unpublished(state)
    state.publish("2026-W27", NOW)
    assert "2026-W26" not in str(state.found())


def test_looking_writes_nothing(state: ServiceState) -> None:
    """The service alone decides since when a report is owed."""
    with state.store.writing() as connection:
        connection.execute(delete(REPORT_DUTY))
    state.found()
    assert rows(state.store, REPORT_DUTY) == []


def test_check_lists_the_crimes_whose_changes_are_out_of_order(state: ServiceState) -> None:
    """With when they are said to change, or when the older record came; and how many more there are."""
    ahead(state)
    late(state, 42)
    held = next(look_at_records(state.settings, state.policy, NOW)).problems
    details = {each.name: each.details for each in held}
    assert details["changed-in-future"] == ("crime 22C/1/26: changed on 2062-01-01 00:00Z",)
    listed = details["records-late"]
    assert (listed[0], len(listed)) == ("crime 22B/0/26: an older record came on 2026-07-20 09:50Z", 41)
    assert listed[-1] == "and 2 more"


@stores.on_a_file
def test_changes_ahead_are_found_without_reading_all_crimes(state: ServiceState) -> None:
    """The running service looks every minute. PostgreSQL reads a small table whole whatever the index."""
    with state.store.reading() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {changed_ahead(NOW)}"), {"changed_at_1": NOW}).all()
    assert "USING INDEX ix_crime_changed_ahead" in str(plan)


# ── without a usable database ────────────────────────────────────────────────────────────────────────────────────────


def found_at(url: str, state: ServiceState) -> dict[str, str]:
    """What is found where the store is opened for it."""
    state.url = url
    state.settings = state.settings_with()
    facts = read_facts(state.settings, state.policy, NOW)
    assert facts.stored is None
    return {each.condition.name: each.sentence for each in find_conditions(facts)}


def test_a_database_that_is_not_there_or_holds_nothing_is_missing(
    state: ServiceState, new_database: stores.NewDatabase
) -> None:
    found = found_at(new_database(), state)
    assert found.keys() == {"database-missing"}
    assert "does not exist, or holds nothing yet" in found["database-missing"]


@pytest.mark.parametrize(("revision", "said"), [("0001", "is at schema 0001"), ("9999", "does not know")])
def test_a_schema_that_is_older_or_newer_is_behind(
    state: ServiceState, database_url: str, revision: str, said: str
) -> None:
    with state.store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    found = found_at(database_url, state)
    assert found.keys() == {"schema-behind"}
    assert said in found["schema-behind"]


def test_a_file_that_is_no_database_and_a_server_that_does_not_answer_are_unusable(
    state: ServiceState, tmp_path: Path
) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    for url in (f"sqlite:///{tmp_path}/letter.db", f"postgresql+psycopg://u:secret@/x?host={tmp_path}"):
        found = found_at(url, state)
        assert found.keys() == {"database-unusable"}
        assert "secret" not in str(found)


@stores.on_a_file
@pytest.mark.parametrize("how", ["deleted", "replaced by another"])
def test_a_file_that_was_lost_under_the_service_is_found_until_the_next_one_starts(
    state: ServiceState, database_url: str, how: str
) -> None:
    file = Path(database_url.removeprefix("sqlite:///"))
    kept = file.with_name("kept.db")
    with ExitStack() as service:
        service.enter_context(pytest.raises(DatabaseReplacedError))
        service.enter_context(claim(database_url, RUN, NOW))
        assert state.found() == {}
        kept.hardlink_to(file)
        if how == "deleted":
            file.unlink()
        else:
            replace_by_a_copy(file)
        found = state.found()
        assert found.keys() == {"database-replaced"}
        assert f"was {how} while the service was using it" in found["database-replaced"]
        state.store.check_file()
    others = find_conditions(read_facts(state.settings, state.policy, NOW))
    assert "database-replaced" in {each.condition.name for each in others}, "the service has stopped"
    kept.replace(file)
    with claim(database_url, RUN, NOW):
        assert "database-replaced" not in state.found()


def replace_by_a_copy(file: Path) -> None:
    other = file.with_name("other.db")
    shutil.copy(file, other)
    other.replace(file)


@stores.on_a_file
def test_a_file_restored_while_no_service_runs_is_not_lost(state: ServiceState, database_url: str) -> None:
    file = Path(database_url.removeprefix("sqlite:///"))
    with claim(database_url, RUN, NOW), state.store.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    replace_by_a_copy(file)
    assert find_conditions(read_facts(state.settings, state.policy, NOW)) == []


@pytest.mark.parametrize(("free", "full"), [(2**30, False), (2**30 - 1, True)])
def test_a_disk_with_less_than_a_gibibyte_is_nearly_full(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch, free: int, full: bool
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    found = state.found()
    assert list(found) == ["disk-nearly-full"] * full
    if full:
        assert found["disk-nearly-full"].startswith("Only 1.1 GB on the disk of ")


def test_a_disk_without_room_for_a_copy_of_the_database_is_nearly_full(state: ServiceState) -> None:
    facts = state.facts()
    assert facts.stored
    large = replace(facts, stored=replace(facts.stored, size=facts.disks[0].free + 1))
    assert [each.condition.name for each in find_conditions(large)] == ["disk-nearly-full"]


@pytest.mark.parametrize(
    ("days", "grown", "filling"),
    [
        (10, 10 * GIB, True),  # a GiB a day
        (10, 9 * GIB, False),  # 33 days
        (6, 60 * GIB, False),  # the first days read years of crimes
        (0.5, 60 * GIB, False),
        (10, -60 * GIB, False),
    ],
)
def test_a_disk_that_is_full_within_a_month_at_this_rate_is_filling(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch, days: float, grown: int, filling: bool
) -> None:
    """On PostgreSQL the disk is the server's, and nothing is said of it."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=29.5 * GIB))
    facts = state.facts()
    assert facts.stored
    with state.store.writing() as connection:
        row = {"day": NOW.date(), "taken_at": NOW - timedelta(days=days), "size": facts.stored.size - grown}
        connection.execute(insert(DATABASE_SIZE).values(row))
    found = state.found()
    on_a_file = state.url.startswith("sqlite")
    assert list(found) == ["disk-filling"] * (filling and on_a_file)
    if found:
        assert found["disk-filling"] == (
            "The database has grown by 10.7 GB in 10 days; at this rate its disk is full in 29 days."
        )


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_condition_of_the_list_is_planted_here() -> None:
    others = {"database-missing", "schema-behind", "database-unusable", "database-replaced"}
    others |= {"disk-nearly-full", "disk-filling"}
    of_service = {each.name for each in CONDITIONS if each.sight is Sight.SERVICE}
    assert of_service == {name for name, *_ in FAULTS} | others


def test_every_condition_has_a_name_of_its_own_and_says_what_to_do() -> None:
    assert len({each.name for each in CONDITIONS}) == len(CONDITIONS)
    for each in CONDITIONS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", each.name)
        assert each.seen.endswith(".")
        assert each.remedy.endswith(".")


def test_every_command_that_a_remedy_names_exists() -> None:
    named = [words.split() for each in CONDITIONS for words in re.findall(r"`compliance ([^`]+)`", each.remedy)]
    assert len(named) > 10
    for words in named:
        command: click.Command = main
        for word in words:
            if not isinstance(command, click.Group) or word.startswith("--"):
                break
            assert word in command.commands, words
            command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_faults_come_first(state: ServiceState) -> None:
    unknown(state)
    stopped(state)
    found = [each.condition.severity for each in find_conditions(state.facts())]
    assert found == [Severity.FAULT, Severity.WARNING]
