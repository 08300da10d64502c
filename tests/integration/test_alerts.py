"""What administrators are told: each incident once when it begins, daily while it lasts, and once when it is over."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from compliance.cli import main
from compliance.errors import SettingsError, System, UnavailableError
from compliance.service.alerts.alert_message import AlertMessage
from compliance.service.alerts.ledger import Ledger
from compliance.service.alerts.lifecycle import Alert, Message, Rules, advance
from compliance.service.conditions import find_conditions
from compliance.service.job_runs import SEND, JobRuns
from compliance.store import AlertWay, Store, begin_maintenance, end_maintenance
from compliance.store.tables import ALERT, INCIDENT
from tests import stores
from tests.alerting import (
    ADMINISTRATORS,
    Told,
    plant_failing_job,
    plant_held,
    plant_unknown,
    remove_failing_job,
    remove_held,
    remove_unknown,
    telling,
)
from tests.integration.test_job_runs import writes_of
from tests.planted_conditions import FAULTS
from tests.service_states import NOW, ServiceState
from tests.stores import rows
from tests.web_server import answer

new_database, database_url, store = stores.new_database, stores.database_url, stores.store


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.fixture
def state(store: Store, database_url: str, tmp_path: Path) -> ServiceState:
    return ServiceState(store, database_url, tmp_path)


@pytest.fixture
def told(state: ServiceState) -> Iterator[Told]:
    with telling(state) as found:
        yield found


# ── an incident ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_incident_is_told_when_it_lasts_again_each_day_and_when_it_is_over(told: Told) -> None:
    told.at(minutes(0))
    plant_unknown(told.state)
    told.look_for(minutes(5), minutes(25))
    told.look_for(hours(1), hours(50), hours(1))
    remove_unknown(told.state)
    told.look_for(hours(50) + minutes(5), hours(51))
    assert told.subjects() == [
        "Warning: unknown-values", "Still there: unknown-values", "Still there: unknown-values", "Over: unknown-values",
    ]  # fmt: skip
    assert told.events() == [(event, "unknown-values") for event in ("began", "lasts", "lasts", "over")]
    assert Counter(str(each["To"]) for each in told.emails()) == dict.fromkeys(ADMINISTRATORS, 4)
    (row,) = rows(told.state.store, INCIDENT, "began_at", "due_at", "gone_at", "ended_at")
    over = NOW + hours(50) + minutes(5)
    assert row == (NOW + minutes(5), NOW + minutes(20), over, over)


def test_a_blip_of_one_poll_is_not_told(told: Told) -> None:
    plant_unknown(told.state)
    told.look_for(minutes(0), minutes(10))
    remove_unknown(told.state)
    told.look_for(minutes(15), hours(1))
    assert (told.mail.taken, told.posted()) == ([], [])


def test_an_incident_that_is_gone_for_a_moment_is_one_incident(told: Told) -> None:
    plant_unknown(told.state)
    told.look_for(minutes(0), minutes(30))
    remove_unknown(told.state)
    told.look_for(minutes(35), minutes(40))
    plant_unknown(told.state)
    told.look_for(minutes(45), hours(2))
    assert told.subjects() == ["Warning: unknown-values"]
    assert len(rows(told.state.store, INCIDENT)) == 1


def test_what_only_a_person_can_correct_is_told_at_once(told: Told) -> None:
    plant_failing_job(told.state)
    told.at(minutes(0))
    assert told.subjects() == ["Fault: job-failing"]


def test_several_incidents_of_one_moment_are_one_email(told: Told) -> None:
    plant_unknown(told.state)
    plant_held(told.state)
    told.look_for(minutes(0), minutes(10))
    plant_failing_job(told.state)
    told.at(minutes(15))
    assert told.subjects() == ["1 fault and 2 warnings"]
    (message,) = told.posted()
    assert [each["name"] for each in message["incidents"]] == ["job-failing", "unknown-values", "emails-held"]


def test_an_email_says_what_is_wrong_since_when_and_what_to_do(told: Told) -> None:
    plant_unknown(told.state)
    told.look_for(minutes(0), minutes(15))
    message = told.emails()[0]
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    for part in (" ".join(text.get_content().split()), html.get_content()):
        assert "Warning: " in part
        assert "unknown-values" in part
        assert "1 value has come that neither mapping nor policy knows" in part
        assert "Found since 2026-07-20 10:00Z (15 minutes)." in part
        assert "To do:" in part
        assert "compliance check` lists them" in part
    assert message["From"] == "victim.updates@force.example"
    (posted,) = told.posted()
    assert (posted["force"], posted["at"]) == (told.state.settings.force.name, "2026-07-20T10:15:00Z")
    (incident,) = posted["incidents"]
    assert incident.keys() == {"event", "name", "severity", "sentence", "remedy", "began_at", "ended_at"}
    assert (incident["began_at"], incident["ended_at"]) == ("2026-07-20T10:00:00Z", None)


def test_looking_at_a_service_in_which_nothing_changes_writes_nothing(told: Told) -> None:
    plant_unknown(told.state)
    told.look_for(minutes(0), minutes(30))
    written = writes_of(told.state.store)
    told.watch.look()
    assert written == []


def test_without_administrators_incidents_are_kept_and_nobody_is_told(state: ServiceState) -> None:
    with telling(state, ("^to = .*$", "to = []"), ("^webhook = .*$", "")) as told:
        plant_unknown(state)
        told.look_for(minutes(0), hours(1))
        assert (told.mail.taken, told.posted()) == ([], [])
    assert len(rows(state.store, INCIDENT)) == 1
    assert rows(state.store, ALERT) == []


def test_a_pilot_does_not_keep_an_alert_from_the_administrators(state: ServiceState) -> None:
    with telling(state, ("^# allow = .*$", 'allow = ["a.pilot@force.example"]')) as told:
        plant_failing_job(state)
        told.at(minutes(0))
        assert told.subjects() == ["Fault: job-failing"]


# ── what cannot be told ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_mail_server_does_not_take_is_told_by_the_webhook_and_emailed_when_it_can_be(told: Told) -> None:
    told.mail.answers["mail"] = "451 not now"
    JobRuns(told.state.store).note_failure(
        SEND, NOW, UnavailableError("no login", is_lasting=True, system=System.MAIL_SERVER)
    )
    with capture_logs() as logs:
        told.look_for(minutes(0), minutes(30))
    assert told.events() == [("began", "mail-refuses-us")]
    assert told.mail.taken == []
    assert {line["event"] for line in logs} >= {"alert email not accepted"}
    told.mail.answers.clear()
    told.look_for(minutes(35), hours(1.5))
    assert told.subjects() == ["Fault: mail-refuses-us", "Over: mail-refuses-us"], (
        "an accepted email shows that it works"
    )
    assert told.events() == [("began", "mail-refuses-us"), ("over", "mail-refuses-us")]


def test_a_mail_server_out_of_reach_becomes_an_incident_of_its_own(state: ServiceState) -> None:
    with telling(state, mail_port=9) as told, capture_logs():
        plant_failing_job(state)
        told.look_for(minutes(0), hours(1))
        assert told.events() == [("began", "job-failing"), ("began", "mail-unreachable")]


def test_a_webhook_that_fails_is_tried_again_and_the_email_goes(told: Told) -> None:
    told.web.grants = [answer(b"", "500 Oh"), answer(b"", "500 Oh"), answer(b"", "204 No Content")]
    plant_failing_job(told.state)
    with capture_logs() as logs:
        told.look_for(minutes(0), minutes(30), minutes(1))
    assert told.subjects() == ["Fault: job-failing"]
    assert told.events() == [("began", "job-failing")] * 3
    assert [line["problem"] for line in logs if line["event"] == "request failed"] == ["it answered 500"] * 2


def test_an_incident_that_was_over_before_it_could_be_told_is_told_once(told: Told) -> None:
    told.web.grants = [answer(b"", "500 Oh")]
    plant_failing_job(told.state)
    with capture_logs():
        told.at(minutes(0))
        remove_failing_job(told.state)
        told.look_for(minutes(1), minutes(20), minutes(4))
    told.web.grants = [answer(b"", "204 No Content")]
    before = len(told.posted())
    told.look_for(minutes(24), hours(1))
    assert [each for each in told.events()[before:] if each[1] == "job-failing"] == [("over", "job-failing")]


def test_a_webhook_that_takes_nothing_is_told_by_email(told: Told) -> None:
    told.web.grants = [answer(b"", "404 Not Found")]
    plant_failing_job(told.state)
    with capture_logs():
        told.look_for(minutes(0), hours(1))
    assert told.subjects() == ["Fault: job-failing", "Warning: alerts-not-taken"]
    told.web.grants = [answer(b"", "204 No Content")]
    told.look_for(hours(1), hours(1.5))
    assert told.subjects()[2:] == ["Over: alerts-not-taken"]


def test_a_secret_that_cannot_be_read_stops_one_way_and_not_the_other(state: ServiceState) -> None:
    with telling(state, ("^# webhook_token = .*$", 'webhook_token = "env:NO_SUCH_TOKEN"')) as told:
        plant_failing_job(state)
        with capture_logs() as logs:
            told.at(minutes(0))
        assert told.subjects() == ["Fault: job-failing"]
        assert told.posted() == []
    assert ["NO_SUCH_TOKEN" in str(line.get("problem")) for line in logs].count(True) == 1


def test_the_token_goes_with_the_webhook(state: ServiceState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_TOKEN", "s3cret")
    with telling(state, ("^# webhook_token = .*$", 'webhook_token = "env:WEBHOOK_TOKEN"')) as told:
        plant_failing_job(state)
        with capture_logs() as logs:
            told.at(minutes(0))
        assert told.web.users == ["Bearer s3cret"]
        assert "s3cret" not in str(logs)


def test_a_database_that_cannot_be_used_is_told_from_memory(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_unknown(told.state)
    told.look_for(minutes(0), minutes(20))

    def fail(_: Store) -> None:
        raise UnavailableError("the database could not be used (disk I/O error)", system=System.DATABASE)

    with capture_logs():
        with monkeypatch.context() as patch:
            for way in ("reading", "writing", "check_schema"):
                patch.setattr(Store, way, fail)
            for count in range(25, 60, 5):
                told.state.now = NOW + minutes(count)
                told.watch.look()
            assert told.subjects() == ["Warning: unknown-values", "Fault: database-unusable"]
        told.look_for(minutes(60), hours(1.5))
    assert told.subjects() == ["Warning: unknown-values", "Fault: database-unusable", "Over: database-unusable"]
    assert [name for _, name in told.events()] == ["unknown-values", "database-unusable", "database-unusable"]


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
        with suppress(IntegrityError):
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


# ── two months ───────────────────────────────────────────────────────────────────────────────────────────────────────

PLANTS = {
    "unknown-values": (plant_unknown, remove_unknown),
    "emails-held": (plant_held, remove_held),
    "job-failing": (plant_failing_job, remove_failing_job),
}


def test_in_two_months_each_incident_is_told_once_and_again_each_day_and_ended_once(told: Told) -> None:
    """Each condition comes and goes at its own pace. Two services look in turn, twice a day and a little later."""
    other, days = told.another(), 60
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
        assert events["began", name] == began[name] > 4
        assert events["over", name] in (began[name], began[name] - 1), "the last one may not be over"
        assert events["lasts", name] == lasted[name]
    with told.state.store.reading() as connection:
        ended = connection.execute(select(INCIDENT.c.id).where(INCIDENT.c.ended_at.is_not(None))).all()
    assert len(ended) == sum(count for (event, _), count in events.items() if event == "over")


def test_a_setting_that_is_neither_an_address_nor_a_secret_is_wrong(state: ServiceState) -> None:
    with pytest.raises(SettingsError, match="webhook: expected an address"):
        state.settings_with(("^# webhook = .*$", 'webhook = "alerts.force.example"'))
