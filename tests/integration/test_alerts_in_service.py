"""Alerts of a service in use: planned work, the heartbeat, several services, services that are killed, two months."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from threading import Barrier, Thread

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from compliance.cli import main
from compliance.errors import SettingsError
from compliance.service.alerts.alert_message import AlertMessage
from compliance.service.alerts.ledger import Ledger
from compliance.service.alerts.lifecycle import Alert, Message, Rules, advance
from compliance.service.conditions import find_conditions
from compliance.store import AlertWay, begin_maintenance, end_maintenance
from compliance.store.tables import INCIDENT
from tests import alerting, stores
from tests.alerting import (
    ADMINISTRATORS,
    Told,
    hours,
    minutes,
    plant_failing_job,
    plant_held,
    plant_unknown,
    remove_failing_job,
    remove_held,
    remove_unknown,
    telling,
)
from tests.planted_conditions import FAULTS
from tests.service_states import NOW, ServiceState
from tests.web_server import answer

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
state, told = alerting.state, alerting.told

# ── planned work ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_told_during_planned_work_and_what_lasts_is_told_when_it_ends(told: Told) -> None:
    begin_maintenance(told.state.store, NOW, NOW + hours(2), "a new mail server")
    plant_unknown(told.state)
    plant_failing_job(told.state)
    told.look_for(minutes(0), hours(1))
    remove_failing_job(told.state)
    told.look_for(hours(1) + minutes(5), hours(2) - minutes(5), minutes(10))
    assert (told.mail.taken, told.posted()) == ([], [])
    told.look_for(hours(2), hours(2.5))
    assert told.subjects() == ["Warning: unknown-values"]
    assert told.events() == [("began", "unknown-values")]


def test_what_ends_during_planned_work_and_was_told_before_is_told_as_over_afterwards(told: Told) -> None:
    plant_unknown(told.state)
    told.look_for(minutes(0), minutes(30))
    begin_maintenance(told.state.store, NOW + minutes(30), NOW + hours(48), "a long weekend")
    remove_unknown(told.state)
    told.look_for(minutes(35), hours(1))
    assert told.subjects() == ["Warning: unknown-values"]
    assert end_maintenance(told.state.store, NOW + hours(4))
    told.at(hours(4))
    assert told.subjects() == ["Warning: unknown-values", "Over: unknown-values"]
    assert not end_maintenance(told.state.store, NOW + hours(4))


def maintenance(state: ServiceState, *words: str) -> Result:
    return CliRunner().invoke(main, ["maintenance", "--config", str(state.config), *words])


def test_the_command_begins_and_ends_planned_work_and_status_shows_it(
    state: ServiceState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.clock.now", lambda: NOW)
    begun = maintenance(state, "2h", "--reason", "a new mail server")
    assert begun.output.startswith("no alerts are sent until 2026-07-20 12:00Z;"), begun.output
    said = CliRunner().invoke(main, ["status", "--config", str(state.config)])
    assert "maintenance  until 2026-07-20 12:00Z, no alerts are sent: a new mail server" in said.output
    as_json = CliRunner().invoke(main, ["status", "--config", str(state.config), "--json"])
    assert json.loads(as_json.output)["facts"]["maintenance"]["until"] == "2026-07-20T12:00:00Z"
    assert "maintenance has ended" in maintenance(state, "end").output
    assert "there was no maintenance" in maintenance(state, "end").output
    assert "maintenance  " not in CliRunner().invoke(main, ["status", "--config", str(state.config)]).output


@pytest.mark.parametrize(
    "words", [("2h",), ("2h", "--reason", " "), ("8d", "--reason", "r"), ("0m", "--reason", "r"), ("soon",)]
)
def test_planned_work_needs_a_length_and_a_reason(state: ServiceState, words: tuple[str, ...]) -> None:
    assert maintenance(state, *words).exit_code == 2


def test_no_alert_names_a_person_a_crime_or_an_address(state: ServiceState) -> None:
    """Of any condition: every fault of the table of conditions, told."""
    for _, plant, _ in FAULTS:
        with suppress(IntegrityError, SettingsError):  # what an earlier fault of the table has planted already
            plant(state)
    incidents = advance([], find_conditions(state.facts()), NOW, Rules(minutes(0), []))
    told = [Alert(incident, AlertWay.EMAIL, Message.BEGAN, NOW) for incident in incidents]
    assert len(told) > 6
    message = AlertMessage(state.settings.force.name, told, NOW)
    for said in (message.text(), message.html(), json.dumps(message.as_json())):
        assert not [private for private in ("22A/", "@", "V1", "O1", "left card") if private in said]


# ── the heartbeat ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def beating(state: ServiceState) -> Iterator[Told]:
    with telling(state, heartbeat=True) as found:
        yield found


def test_the_heartbeat_is_sent_once_for_each_good_poll_and_stops_with_a_fault(beating: Told) -> None:
    told = beating

    def beats() -> int:
        return len(told.web.asked)

    told.at(minutes(0))
    told.watch.look()
    assert beats() == 1
    told.at(minutes(5))
    assert beats() == 2
    plant_unknown(told.state)
    told.at(minutes(10))
    assert beats() == 3, "a warning does not stop it"
    plant_failing_job(told.state)
    told.at(minutes(15))
    assert beats() == 3
    remove_failing_job(told.state)
    told.at(minutes(20))
    assert beats() == 4
    told.state.poll(told.state.now, "http://crimes.example: answers 503")
    told.watch.look()
    assert beats() == 4


def test_a_heartbeat_that_fails_is_logged_without_its_address_and_ends_nothing(beating: Told) -> None:
    told = beating
    told.web.answers = [answer(b"", "503 Busy")]
    with capture_logs() as logs:
        told.at(minutes(0))
        told.at(minutes(5))
    (line, _) = logs
    assert (line["what"], line["host"], line["problem"]) == ("heartbeat", "127.0.0.1", "it answered 503")
    assert "/crimes" not in str(logs)


# ── several services, and services that are killed ───────────────────────────────────────────────────────────────────


@stores.on_both
def test_two_services_on_one_database_tell_an_incident_once(told: Told) -> None:
    other = told.another()
    plant_unknown(told.state)
    for step in range(25):
        told.go_to(NOW + minutes(5 * step))
        if step == 10:
            remove_unknown(told.state)
        together = Barrier(2)

        def look(watch: object, together: Barrier = together) -> None:
            together.wait(30)
            watch.look()  # type: ignore[attr-defined]

        threads = [Thread(target=look, args=(each,)) for each in (told.watch, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    other._service.store.close()
    assert told.subjects() == ["Warning: unknown-values", "Over: unknown-values"]
    assert told.events() == [("began", "unknown-values"), ("over", "unknown-values")]


class Killed(BaseException):
    """The process is killed here."""


@stores.on_both
def test_an_alert_that_was_claimed_by_a_killed_service_is_sent_after_a_while(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_failing_job(told.state)
    with monkeypatch.context() as patch:
        patch.setattr("compliance.service.alerts.ways.EmailTeller.tell", killed)
        with pytest.raises(Killed):
            told.at(minutes(0))
    restarted = told.another()
    for count in (1, 4, 5, 6, 12):
        told.go_to(NOW + minutes(count))
        restarted.look()
    restarted._service.store.close()
    assert told.subjects() == ["Fault: job-failing"]
    assert told.events() == [("began", "job-failing")]


def test_an_alert_that_was_sent_by_a_service_killed_before_it_said_so_is_sent_once_more(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_failing_job(told.state)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "settle", killed)
        with pytest.raises(Killed):
            told.at(minutes(0))
    restarted = told.another()
    for count in (1, 4, 5, 6, 12, 60):
        told.go_to(NOW + minutes(count))
        restarted.look()
    restarted._service.store.close()
    ids = [str(each["Message-ID"]) for each in told.emails() if each["To"] == ADMINISTRATORS[0]]
    assert len(ids) == 2
    assert len(set(ids)) == 1, "by which a mail system can recognise the duplicate"


def killed(*_: object) -> bool:
    raise Killed


# ── a month ────────────────────────────────────────────────────────────────────────────────────────────────────────────

PLANTS = {
    "unknown-values": (plant_unknown, remove_unknown),
    "emails-held": (plant_held, remove_held),
    "job-failing": (plant_failing_job, remove_failing_job),
}


@pytest.mark.parametrize("days", [36, pytest.param(60, marks=pytest.mark.long)])
def test_each_incident_of_a_month_is_told_once_and_again_each_day_and_ended_once(told: Told, days: int) -> None:
    """Each condition comes and goes at its own pace. Two services look in turn, twice a day and a little later."""
    other = told.another()
    began: Counter[str] = Counter()
    lasted: Counter[str] = Counter()
    for step in range(2 * days):
        told.go_to(NOW + hours(12 * step))
        for place, (name, (plant, remove)) in enumerate(PLANTS.items()):
            turn = (step // (2 * (place + 2))) % 3  # so many days on, twice as many off
            is_first = step % (2 * (place + 2)) == 0
            if turn == 1 and is_first:
                plant(told.state)
                began[name] += 1
                lasted[name] += place + 1  # told again on each further day
            elif turn == 2 and is_first:
                remove(told.state)
            elif turn == 1 and name == "job-failing":
                plant(told.state)  # it goes on failing
        (told.watch if step % 3 else other).look()
        told.go_to(told.state.now + minutes(20))
        (other if step % 3 else told.watch).look()
    other._service.store.close()
    events = Counter(told.events())
    for name in PLANTS:
        assert events["began", name] == began[name] > 1
        assert events["over", name] in (began[name], began[name] - 1), "the last one may not be over"
        assert events["lasts", name] == lasted[name]
    with told.state.store.reading() as connection:
        ended = connection.execute(select(INCIDENT.c.id).where(INCIDENT.c.ended_at.is_not(None))).all()
    assert len(ended) == sum(count for (event, _), count in events.items() if event == "over")


def test_a_setting_that_is_neither_an_address_nor_a_secret_is_wrong(state: ServiceState) -> None:
    with pytest.raises(SettingsError, match="webhook: expected an address"):
        state.settings_with(("^# webhook = .*$", 'webhook = "alerts.force.example"'))
