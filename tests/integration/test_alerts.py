"""What administrators are told: each incident when it begins, daily or weekly while it lasts, and when it is over."""

from collections import Counter
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from compliance.errors import System, UnavailableError
from compliance.service.noting.job_runs import SEND, JobRuns
from compliance.store import Store
from compliance.store.tables import ALERT, INCIDENT
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
    remove_unknown,
    telling,
)
from tests.integration.test_job_runs import writes_of
from tests.service_states import NOW, ServiceState
from tests.stores import rows
from tests.web_server import answer

new_database, database_url, store = stores.one_database, stores.database_url, stores.store
state, told = alerting.state, alerting.told

# ── an incident ──────────────────────────────────────────────────────────────────────────────────────────────────────


@stores.on_both_in_long
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


def days_told(told: Told, name: str, days: int, fail: Callable[[ServiceState], None] | None = None) -> list[int]:
    """On which days an incident that lasts for some days is told, with four looks a day. `fail` is done every day."""
    found = []
    for day in range(days):
        if fail:
            told.go_to(NOW + hours(24 * day + 1))
            fail(told.state)
        before = len(told.events())
        told.look_for(hours(24 * day + 1), hours(24 * day + 19), hours(6))
        found += [day] * len([each for each in told.events()[before:] if each[1] == name])
    return found


def test_a_warning_that_lasts_is_told_daily_for_three_days_and_then_once_a_week(told: Told) -> None:
    """What is told every day for a year is no longer read."""
    plant_unknown(told.state)
    assert days_told(told, "unknown-values", 26) == [0, 1, 2, 3, 10, 17, 24]


def test_a_fault_that_lasts_is_told_every_day(told: Told) -> None:
    assert days_told(told, "job-failing", 6, fail=plant_failing_job) == [0, 1, 2, 3, 4, 5]


@stores.on_both
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


@stores.on_both
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


@stores.on_both
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
