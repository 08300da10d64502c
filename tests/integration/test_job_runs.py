"""How the jobs of the service end: what is stored of it, and what of the crime system and the mail server it shows."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from compliance.errors import SettingsError, System, UnavailableError
from compliance.service import Service
from compliance.service.noting.job_runs import JobRuns
from compliance.service.running.daemon import Daemon
from compliance.store import Store, list_job_runs, note_feed
from compliance.store.database import dialect
from compliance.store.tables import JOB
from tests import stores
from tests.service_states import NOW, ServiceState
from tests.setups import write_table
from tests.stores import SOURCE, rows
from tests.web_server import answer, serving

new_database, database_url, store = stores.new_database, stores.database_url, stores.store


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


def service_of(state: ServiceState) -> Service:
    return Service(state.settings, state.policy, state.store, lambda: state.now)


def job_of(daemon: Daemon, name: str) -> Callable[[], None]:
    """A job of a daemon, as its schedule runs it."""
    return daemon._guard(name, getattr(daemon, f"_{name}"))


def writes_of(store: Store) -> list[str]:
    """Every statement that writes from now on."""
    written: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    return written


def test_a_job_that_ends_well_writes_nothing(state: ServiceState) -> None:
    written = writes_of(state.store)
    runs = JobRuns(state.store)
    for _ in range(3):
        runs.note_success("poll", NOW, 1.5)
    assert written == []
    assert rows(state.store, JOB) == []


def test_failures_are_counted_on_after_a_restart_until_it_ends_well(state: ServiceState) -> None:
    failed = UnavailableError("out of reach", system=System.CRIME_SYSTEM)
    JobRuns(state.store).note_failure("poll", NOW, failed)
    runs = JobRuns(state.store)
    runs.note_failure("poll", NOW + NOW.resolution, failed)
    run = list_job_runs(state.store)["poll"]
    assert (run.failures, run.failing_since, run.system, run.problem) == (2, NOW, System.CRIME_SYSTEM, "out of reach")
    runs.note_success("poll", NOW)
    run = list_job_runs(state.store)["poll"]
    assert (run.failures, run.failing_since, run.system, run.problem) == (0, None, None, None)


def test_what_a_fault_says_is_not_stored(state: ServiceState) -> None:
    JobRuns(state.store).note_failure("poll", NOW, ValueError("crime 22A/1/26"))
    run = list_job_runs(state.store)["poll"]
    assert (run.problem, run.is_lasting) == ("a fault: ValueError", True)


def test_a_database_that_cannot_be_written_leaves_the_run_in_memory(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Store) -> None:
        raise UnavailableError("the disk is full")

    monkeypatch.setattr(Store, "writing", fail)
    runs = JobRuns(state.store)
    runs.note_failure("poll", NOW, SettingsError("the policy is wrong"))
    assert [run.failures for run in runs.list_runs()] == [1]


@pytest.mark.parametrize(
    ("status", "found"),
    [("401 Unauthorized", {"feed-refuses-us"}), ("403 Forbidden", {"feed-refuses-us"}), ("404 Not Found", set())],
)
def test_a_crime_system_that_refuses_us_is_found_at_the_first_poll(
    state: ServiceState, status: str, found: set[str]
) -> None:
    with serving() as web:
        web.answers = [answer(b"", status)]
        state.settings = state.settings_with(
            ('^url = "http.*$', f'url = "{web.url}"'), ("^officers_url = .*$", f'officers_url = "{web.url}"')
        )
        daemon = Daemon(service_of(state))
        with capture_logs():
            job_of(daemon, "poll")()
    assert state.found().keys() == found, "as `status` finds it, without the memory of the service"


def test_a_row_filter_that_keeps_nothing_is_found_until_it_keeps_rows(state: ServiceState) -> None:
    """A few rows may well have nobody in them who belongs to the list."""
    folder = state.folder / "exports"
    folder.mkdir()
    note_feed(state.store, SOURCE, cursor=None)

    def polled(name: str, role: str, rows: int, keeps: str = "VICTM") -> set[str]:
        write_table(folder / f"crimes_{name}.csv", ("crime_ref", "reported_at"), [("1", "2026-07-01T09:00:00Z")])
        persons = [("1", f"V{n}", role) for n in range(rows)]
        write_table(folder / f"victims_{name}.csv", ("crime_ref", "victim_ref", "Role"), persons)
        state.settings = state.settings_with(
            ('^kind = "http"', 'kind = "files"'), ('^url = "http.*$', ""), ("^officers_url = .*$", ""),
            (r"^# \[crime_system.files\](.*\n#)+ tables.*$", '[crime_system.files]\nfolder = "exports"\nsettle_seconds = 0\n'
             'tables = { crimes = "crimes_*.csv", victims = "victims_*.csv" }'),
            ("^# timezone = .*$", f'rows = {{ victims = {{ Role = ["{keeps}"] }} }}'),
        )  # fmt: skip
        with capture_logs():
            service_of(state).poll()
        return set(state.found())

    assert polled("1", "SUS", 19) == set()
    assert polled("2", "VIC", 20) == {"filter-keeps-nothing"}
    assert "crime_system.mapping.rows.victims kept none of 20 rows" in state.found()["filter-keeps-nothing"]
    assert polled("3", "SUS", 5) == {"filter-keeps-nothing"}
    assert polled("4", "VIC", 1, keeps="VIC") == set()


def test_an_email_that_nobody_takes_is_a_failure_of_the_mail_server_and_not_of_the_job(state: ServiceState) -> None:
    state.settings = state.settings_with(("^port = 8471", "port = 9"))
    state.email("queued", NOW, kind="report")
    daemon = Daemon(service_of(state))
    with capture_logs():
        for _ in range(3):
            job_of(daemon, "remind")()
    assert state.found().keys() == {"mail-unreachable"}
    with state.store.writing() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'cancelled'")
    with capture_logs():
        job_of(daemon, "remind")()
    assert state.found().keys() == {"mail-unreachable"}, "a run without emails says nothing of the mail server"


def test_a_mail_server_that_nobody_reaches_is_found_where_cron_sends(state: ServiceState) -> None:
    """Each morning's digests replace those that wait, so no email of a server that is down for days grows old."""
    state.settings = state.settings_with(("^port = 8471", "port = 9"))
    state.email("queued", NOW, kind="report")
    service_of(state).deliver()
    assert state.found().keys() == set()
    state.read(NOW + timedelta(hours=20))
    state.now = NOW + timedelta(hours=20)
    service_of(state).deliver()
    assert "mail-unreachable" in state.found()


def test_a_damaged_database_is_told_from_one_that_is_busy() -> None:
    damaged, busy = sqlite3.DatabaseError("malformed"), sqlite3.OperationalError("locked")
    damaged.sqlite_errorcode, busy.sqlite_errorcode = sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_BUSY
    assert dialect.is_corrupt(damaged)
    assert not dialect.is_corrupt(busy)
