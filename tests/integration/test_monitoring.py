"""`/live`, `/ready` and `/metrics` of the running service, asked over HTTP."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from structlog.testing import capture_logs

from compliance.errors import SettingsError, UnavailableError
from compliance.service import Service
from compliance.service.conditions import CONDITIONS, Sight
from compliance.service.conditions_page import conditions_page
from compliance.service.running.daemon import Daemon
from compliance.service.running.metrics import METRICS
from compliance.service.running.monitor import monitor, serve_monitoring
from compliance.stopping import Stop
from compliance.store import Store, note_size
from tests import stores
from tests.planted_conditions import old_email, refused, unknown
from tests.service_states import NOW, ServiceState
from tests.stores import at

new_database, database_url, store = stores.one_database, stores.database_url, stores.store

ROOT: Final = Path(__file__).parents[2]
FREE: Final = 5 * 2**30
OF_SERVICE: Final = [each for each in CONDITIONS if each.sight is Sight.SERVICE]
"""Those that the facts show; of the others there is no sample."""
SIZES: Final = {"compliance_database_bytes", "compliance_database_growth_bytes"}


@dataclass
class Monitored:
    """A service that answers over HTTP."""

    state: ServiceState
    url: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers)

    def samples(self) -> dict[tuple[str, ...], float]:
        """The value of each sample by its metric's name and the values of its labels."""
        answer = self.get("/metrics")
        assert answer.status_code == 200, answer.text
        found = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in found}


def service_of(state: ServiceState) -> Service:
    return Service(state.settings, state.policy, state.store, lambda: state.now)


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


@pytest.fixture
def monitored(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitored]:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=FREE))
    with serve_monitoring(service_of(state), state.runs, 0) as url:
        yield Monitored(state, url)


@stores.on_both
def test_every_metric_is_there_with_its_value(monitored: Monitored) -> None:
    state = monitored.state
    unknown(state)
    refused(state)
    old_email(state)
    state.poll(NOW - timedelta(minutes=1), "answers 503")
    state.runs.note_success("poll", NOW - timedelta(minutes=3), 2.5)
    state.runs.note_failure("report", NOW - timedelta(minutes=2), SettingsError("the template is wrong"), 0.5)
    note_size(state.store, (NOW - timedelta(days=2)).date(), NOW - timedelta(days=2))
    found = monitored.samples()
    there = {"unknown-values", "records-in-quarantine", "outbox-old", "job-failing"}
    read = (NOW - timedelta(minutes=2)).timestamp()
    expected: dict[tuple[str, ...], float] = {
        **{("compliance_condition", each.name, each.severity): each.name in there for each in OF_SERVICE},
        ("compliance_feed_read_timestamp_seconds",): read,
        ("compliance_feed_changed_timestamp_seconds",): (NOW - timedelta(minutes=4)).timestamp(),
        ("compliance_feed_failed_polls",): 1,
        ("compliance_crimes",): 2,
        ("compliance_refused_records",): 2,
        ("compliance_unknown_values",): 2,
        **{("compliance_obligations", each): 0 for each in ("met", "late", "missed", "lapsed", "exempt")},
        ("compliance_obligations", "pending"): 2,
        ("compliance_obligations", "overdue"): 2,
        ("compliance_set_aside_obligations",): 0,
        **{("compliance_emails", each): 0 for each in ("sending", "sent", "retry", "refused", "uncertain", "pilot", "cancelled", "bounced")},
        ("compliance_emails", "queued"): 2,
        **{("compliance_inbound_messages", each): 0 for each in ("bounced", "delayed", "automatic", "reply", "other")},
        ("compliance_oldest_waiting_email_timestamp_seconds",): at("2026-07-17 05:30").timestamp(),
        ("compliance_report_published_timestamp_seconds",): (NOW - timedelta(days=7)).timestamp(),
        ("compliance_reports_owed",): 0,
        ("compliance_directory_read_timestamp_seconds",): (NOW - timedelta(minutes=4)).timestamp(),
        ("compliance_directory_officers",): 1,
        ("compliance_calendar_days_left",): 895,
        ("compliance_disk_free_bytes", "var/reports"): FREE,
        ("compliance_job_ended_timestamp_seconds", "poll"): (NOW - timedelta(minutes=3)).timestamp(),
        ("compliance_job_ended_timestamp_seconds", "report"): (NOW - timedelta(minutes=2)).timestamp(),
        ("compliance_job_duration_seconds", "poll"): 2.5,
        ("compliance_job_duration_seconds", "report"): 0.5,
        ("compliance_job_failures", "poll"): 0,
        ("compliance_job_failures", "report"): 1,
    }  # fmt: skip
    assert found.pop(("compliance_database_bytes",)) > 100_000
    assert abs(found.pop(("compliance_database_growth_bytes",))) < 100_000
    disks = [key for key in found if key[0] == "compliance_disk_free_bytes"]
    assert [found.pop(key) for key in disks] == [FREE]
    expected.pop(("compliance_disk_free_bytes", "var/reports"))
    assert found == expected
    assert {name for name, *_ in (*found, *disks)} | SIZES == {each.name for each in METRICS}


def test_no_metric_names_a_crime_an_address_or_a_problem(monitored: Monitored) -> None:
    refused(monitored.state)
    old_email(monitored.state)
    monitored.state.runs.note_failure("report", NOW, SettingsError("the template is wrong"))
    said = monitored.get("/metrics").text
    for private in ("22A/", "o1@force.example", "the template is wrong", "left card"):
        assert private not in said


def test_a_scraper_gets_the_format_it_asks_for(monitored: Monitored) -> None:
    assert monitored.get("/metrics").headers["content-type"].startswith("text/plain; version=")
    answer = monitored.get("/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_it_lives_and_is_ready(monitored: Monitored) -> None:
    assert monitored.get("/live").status_code == 200
    assert monitored.get("/ready").status_code == 200
    assert monitored.get("/").status_code == 404


def test_it_is_not_ready_while_the_schema_is_not_current_and_the_metrics_say_which_condition_it_is(
    monitored: Monitored,
) -> None:
    with monitored.state.store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = monitored.get("/ready")
    assert answer.status_code == 503
    assert "compliance migrate" in answer.text
    assert monitored.get("/live").status_code == 200
    found = monitored.samples()
    assert found["compliance_condition", "schema-behind", "fault"] == 1
    assert ("compliance_crimes",) not in found


@stores.on_both
def test_a_database_that_cannot_be_used_is_not_ready(monitored: Monitored, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Store) -> None:
        raise UnavailableError("the database could not be used (disk I/O error)")

    monkeypatch.setattr(Store, "check_schema", fail)
    assert monitored.get("/ready").status_code == 503
    assert monitored.samples()["compliance_condition", "database-unusable", "fault"] == 1


def test_a_fault_in_the_metrics_is_answered_and_logged_and_disturbs_nothing(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("crime 22A/1/26")

    with capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr("compliance.service.running.monitor.read_facts", fail)
        answer = monitored.get("/metrics")
        assert monitored.get("/ready").status_code == 200
    assert (answer.status_code, "22A" in answer.text) == (500, False)
    assert [(line["event"], line["asked"]) for line in logs] == [("fault", "/metrics")]
    assert monitored.get("/metrics").status_code == 200


# ── as part of the service ───────────────────────────────────────────────────────────────────────────────────────────


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def on_port(state: ServiceState, port: int) -> None:
    state.settings = state.settings_with(("^# port = 9464", f"port = {port}"))


def test_the_daemon_answers_on_the_port_of_the_settings_until_it_stops(state: ServiceState) -> None:
    port = free_port()
    on_port(state, port)
    codes: list[int] = []

    class Asking(Stop):
        def wait(self, _: float | None = None) -> bool:
            codes.append(httpx.get(f"http://127.0.0.1:{port}/ready").status_code)
            self.request()
            return True

    service = Service(state.settings, state.policy, state.store, lambda: NOW, stop=Asking())
    Daemon(service).run()
    assert codes == [200]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/live")


def test_without_a_port_nothing_is_served(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(*_: object) -> None:
        raise AssertionError("served")

    monkeypatch.setattr("compliance.service.running.monitor.serve_monitoring", serve)
    assert state.settings.monitoring.port is None
    with monitor(service_of(state), state.runs):
        pass


def test_it_is_served_on_this_machine_only(monitored: Monitored) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", monitored.url)


def test_a_port_in_use_is_logged_and_the_service_works_without(state: ServiceState) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        on_port(state, other.getsockname()[1])
        with capture_logs() as logs, monitor(service_of(state), state.runs):
            pass
    (line,) = logs
    assert line["event"] == "no monitoring"
    assert line["problem"].startswith("[monitoring] port: port ")


@pytest.mark.parametrize(
    ("raised", "is_lasting", "problem"),
    [
        (UnavailableError("the mail server is down"), False, "the mail server is down"),
        (SettingsError("the template is wrong"), True, "the template is wrong"),
        (ValueError("crime 22A/1/26"), True, "a fault: ValueError"),
    ],
)
def test_the_daemon_remembers_how_each_job_ended(
    state: ServiceState, raised: Exception, is_lasting: bool, problem: str
) -> None:
    daemon = Daemon(service_of(state))
    answers: list[Any] = [raised, raised, {}]

    def work() -> dict[str, object]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {}

    with capture_logs():
        job = daemon._guard("remind", work)
        job()
        job()
        (run,) = daemon.runs.list_runs()
        assert (run.name, run.failures, run.is_lasting, run.problem) == ("remind", 2, is_lasting, problem)
        job()
    (run,) = daemon.runs.list_runs()
    assert (run.failures, run.problem, run.succeeded_at) == (0, None, NOW)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_conditions_is_up_to_date() -> None:
    """`make docs` writes it."""
    assert (ROOT / "docs" / "conditions.md").read_text("utf-8") == conditions_page()


def test_the_page_shows_every_condition_with_its_remedy_and_every_metric() -> None:
    page = conditions_page()
    for each in CONDITIONS:
        assert f"| `{each.name}` | {each.severity} | {each.seen} | {each.remedy[0].upper()}{each.remedy[1:]} |" in page
    for metric in METRICS:
        assert f"| `{metric.name}` |" in page
