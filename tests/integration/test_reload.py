"""Reloading: changed settings, policy, calendar and map are taken at once between two jobs, or refused together."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select
from structlog.testing import capture_logs

from compliance.service import Service
from compliance.service.conditions import find_conditions, read_facts
from compliance.service.running.daemon import Daemon
from compliance.store import Store, begin_poll
from compliance.store.tables import PROJECTION
from tests import stores
from tests.engine import RULES
from tests.service_states import NOW, ServiceState

pytestmark = stores.shared_out
new_database, database_url, store = stores.new_database, stores.database_url, stores.store


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    """A service with a policy, a calendar and a map of its own."""
    state = ServiceState(store, database_url, tmp_path)
    shutil.copytree(RULES, tmp_path / "rules")
    state.settings = state.settings_with(*OWN)
    return state


OWN = (
    ('^policy = "[^"]*"', 'policy = "rules/west-mercia.toml"'),
    ("^# organisation = .*$", 'organisation = "rules/organisation.toml"'),
)


@pytest.fixture
def daemon(state: ServiceState) -> Iterator[Daemon]:
    """A daemon whose schedule stands still."""
    made = Daemon(Service(state.settings, state.policy, state.store, lambda: NOW))
    made._scheduler.start(paused=True)
    yield made
    made._scheduler.shutdown()


def found(daemon: Daemon) -> dict[str, str]:
    service = daemon._service
    facts = read_facts(service.settings, service.policy, NOW, service.store, daemon.runs.list_runs())
    return {each.condition.name: each.sentence for each in find_conditions(facts)}


def reload(daemon: Daemon) -> str:
    """Have the files read again -> why that was refused, empty if it was not."""
    with capture_logs() as logs:
        daemon._guard("reload", daemon._reload)()
    return "".join(str(line["problem"]) for line in logs if line["event"] == "failed")


def policy_of(state: ServiceState) -> Path:
    return state.folder / "rules" / "west-mercia.toml"


def calendar_of(state: ServiceState) -> Path:
    return state.folder / "rules" / "calendars" / "england-and-wales.toml"


def map_of(state: ServiceState) -> Path:
    return state.folder / "rules" / "organisation.toml"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_everything_that_changed_is_taken_at_once(state: ServiceState, daemon: Daemon) -> None:
    state.settings_with(*OWN, ("^poll_minutes = 5", "poll_minutes = 7"), ("^repeat_days = 7", "repeat_days = 5"))
    edit(policy_of(state), "within = { days = 7 }", "within = { days = 5 }")
    edit(calendar_of(state), "2026-12-28", "2026-12-29")
    map_of(state).write_text('[[division]]\nname = "North"\n')
    before = daemon._service
    assert before.organisation is not None
    with capture_logs() as logs:
        daemon._guard("reload", daemon._reload)()
    (line,) = logs
    assert line["event"] == "done"
    assert line["changed"] == [
        "crime_system.poll_minutes", "reminders.repeat_days", "policy", "calendar", "organisation",
    ]  # fmt: skip
    assert daemon._service.settings.reminders.repeat_days == 5
    assert daemon._service.policy.digest != before.policy.digest
    assert daemon._service.store is before.store
    assert daemon._scheduler.get_job("poll").trigger.interval.total_seconds() == 7 * 60
    assert daemon._scheduler.get_job("retention").trigger.interval.total_seconds() == 24 * 3600


def test_a_changed_policy_judges_everything_again(state: ServiceState, daemon: Daemon) -> None:
    assert daemon._service.judge() == 0, "nothing has changed"
    edit(policy_of(state), "within = { days = 7 }", "within = { days = 5 }")
    assert daemon._service.judge() == 0, "an edit is not taken before it is asked for"
    assert reload(daemon) == ""
    assert daemon._service.judge() == 2
    with state.store.reading() as connection:
        used = connection.execute(select(PROJECTION.c.policy_digest).order_by(PROJECTION.c.id)).scalars().all()
    assert used[-1] == daemon._service.policy.digest


def wrong_key(state: ServiceState) -> None:
    edit(state.config, "send_from", "send_form")


def wrong_policy(state: ServiceState) -> None:
    edit(policy_of(state), "calendar = ", "calender = ")


def wrong_calendar(state: ServiceState) -> None:
    edit(calendar_of(state), "\ncovers_until", "\ncovers_untill")


def wrong_map(state: ServiceState) -> None:
    map_of(state).write_text("[[division]]\nnaem = 'North'\n")


def wrong_target(state: ServiceState) -> None:
    edit(state.config, "targets = {}", 'targets = { "8-day" = 80 }')


def missing_secret(state: ServiceState) -> None:
    edit(state.config, '# token = "env:CRIME_SYSTEM_TOKEN"', 'token = "env:NOT_SET_ANYWHERE"')


def missing_secret_of_alerts(state: ServiceState) -> None:
    edit(state.config, '# webhook_token = "env:WEBHOOK_TOKEN"', 'webhook_token = "env:NOT_SET_ANYWHERE"')


def missing_certificate(state: ServiceState) -> None:
    edit(state.config, '# ca_file = "mail-ca.pem"', 'ca_file = "mail-ca.pem"')
    edit(state.config, 'security = "plain"', 'security = "tls"')


def wrong_template(state: ServiceState) -> None:
    templates = state.folder / "templates"
    shutil.copytree(RULES.parent / "templates" / "email", templates)
    for file in templates.glob("*.j2"):
        file.write_text("{{ nothing_of_this_name }}")
    edit(state.config, '# templates = "templates/email"', 'templates = "templates"')


def another_database(state: ServiceState) -> None:
    edit(state.config, state.url, f"sqlite:///{state.folder / 'other.db'}")


WRONG: dict[str, tuple[Callable[[ServiceState], None], str]] = {
    "a key": (wrong_key, "config.toml: reminders.send_form: there is no such key; did you mean 'send_from'?"),
    "the policy": (wrong_policy, "west-mercia.toml: calender: there is no such key; did you mean 'calendar'?"),
    "the calendar": (wrong_calendar, "england-and-wales.toml: covers_untill"),
    "the map": (wrong_map, "organisation.toml"),
    "a target": (wrong_target, "8-day"),
    "a secret": (missing_secret, "crime_system.token: the environment variable NOT_SET_ANYWHERE is not set"),
    "a secret of alerts": (missing_secret_of_alerts, "alerts.webhook_token: the environment variable NOT_SET_ANYWHERE"),
    "a certificate": (missing_certificate, "mail-ca.pem"),
    "a template": (wrong_template, "nothing_of_this_name"),
    "the database": (another_database, "database.url: another database cannot be taken while the service runs"),
}


@pytest.mark.parametrize("what", WRONG)
def test_where_one_thing_is_wrong_nothing_is_taken_and_the_reason_stands_until_a_good_reload(
    state: ServiceState, daemon: Daemon, what: str
) -> None:
    plant, said = WRONG[what]
    before = daemon._service
    good = state.config.read_text("utf-8")
    shutil.copytree(state.folder / "rules", state.folder / "good rules")
    edit(state.config, "poll_minutes = 5", "poll_minutes = 9")
    plant(state)
    problem = reload(daemon)
    assert problem.startswith("nothing was reloaded, and the old settings stay in force: ")
    assert said in problem
    assert daemon._service is before
    assert daemon._scheduler.get_job("poll").trigger.interval.total_seconds() == 5 * 60
    assert found(daemon).keys() == {"reload-refused"}
    assert problem in found(daemon)["reload-refused"]
    state.config.write_text(good, "utf-8")
    shutil.rmtree(state.folder / "rules")
    (state.folder / "good rules").rename(state.folder / "rules")
    assert reload(daemon) == ""
    assert found(daemon) == {}


def test_the_map_is_read_once_and_again_at_a_reload(state: ServiceState, daemon: Daemon) -> None:
    before = daemon._service.organisation
    wrong_map(state)
    assert daemon._service.reporting.organisation is before
    assert "organisation.toml" in reload(daemon)


def test_the_watch_looks_by_the_new_settings(state: ServiceState, daemon: Daemon) -> None:
    state.settings_with(*OWN, ("^stale_hours = 24", "stale_hours = 30"))
    assert reload(daemon) == ""
    daemon._watch.run()
    assert daemon._watch._service.settings.reminders.stale_hours == 30


@stores.on_a_file
def test_jobs_fail_while_the_database_cannot_be_written_and_go_on_afterwards(
    state: ServiceState, daemon: Daemon
) -> None:
    """As on a disk that the kernel has made read-only: the daemon goes on, and says so. PostgreSQL is told by its own
    errors."""
    is_readonly = True

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA query_only = {is_readonly}")

    event.listen(state.store.engine, "begin", begin)
    job = daemon._guard("remind", lambda: {"judged": begin_poll(state.store, "crimes", NOW)})
    with capture_logs() as logs:
        job()
    assert [line["event"] for line in logs] == ["failed"]
    assert "readonly database" in logs[0]["problem"]
    assert not daemon._service.stop.is_requested()
    is_readonly = False
    with capture_logs() as logs:
        job()
    assert [line["event"] for line in logs] == ["done"]
