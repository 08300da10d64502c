"""A trial of reminders: registered, lived through by two teams and ended, on every kind of database."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.cli import main
from compliance.errors import SettingsError
from compliance.policy import judge
from compliance.records import Officer
from compliance.reminders import register_trial
from compliance.reminders.effect import AFTER_TRIAL, read_mailed
from compliance.store import load_columns, migrate
from compliance.store.kept.trials import RegisteredTrial, end_trial, newest_trial
from tests import office as offices
from tests import stores
from tests.office import POLICY, SETTINGS, Office, crime, morning
from tests.reminding import change

pytestmark = stores.shared_out
new_database, office = stores.new_database, offices.any_office
TRIAL = {"name": "plan", "plan_weekday": "mon", "until": "2026-07-05"}
RULES = {"due_soon_days": 0, "ahead_days": 0, "ladder": [], "plan_weekday": "never"}


def begin(office: Office) -> tuple[RegisteredTrial, str, str]:
    """Register the trial on Wednesday 10 June -> it, an officer whose team was drawn, and one whose team was not."""
    office.settings = change(SETTINGS, trial=TRIAL, **RULES)
    trial = register_trial(office.store, POLICY, office.settings.reminders, office.now)
    teams = [f"North {number}" for number in range(20)]
    tried, usual = (next(team for team in teams if trial.is_tried_by(team) is drawn) for drawn in (True, False))
    office.directory(*(Officer(team, email=f"{team[-2:].strip()}@force.example", team=team) for team in (tried, usual)))
    return trial, tried, usual


def of_each(teams: tuple[str, str], ref: str, reported: str, *updates: str) -> list[offices.Json]:
    return [crime(f"{ref}/{team}", reported, team, *updates, team=team) for team in teams]


def test_teams_that_were_drawn_get_the_plan_and_what_is_overdue_is_told_to_all(office: Office) -> None:
    trial, *teams = begin(office)
    tried, usual = teams
    assert (trial.starts_on, trial.last_day) == (date(2026, 6, 15), date(2026, 7, 5))
    office.records(*of_each((tried, usual), "A", "2026-06-12"))  # due on the 19th
    assert office.told("2026-06-12") == []  # it has not started
    assert [who for who, _ in office.told("2026-06-15")] == [f"{tried[-2:].strip()}@force.example"]
    assert office.told("2026-06-19") == []
    assert len(office.told("2026-06-22")) == 2  # overdue, to both
    assert {(n[0], n[3]) for n in office.notices("overdue")} == {(tried, "new"), (usual, "new")}


def test_a_mail_that_waits_says_on_delivery_what_it_said(office: Office) -> None:
    """It is checked again before it is sent, by the rules of the reader's team."""
    _, tried, usual = begin(office)
    office.records(*of_each((tried, usual), "A", "2026-06-12"))
    office.remind("2026-06-15")
    office.now += timedelta(hours=3)
    assert office.deliver().sent == 1
    assert f"A/{tried}" in office.outbox()[0].text


def test_once_ended_all_is_as_usual_and_another_may_be_registered(office: Office) -> None:
    trial, tried, usual = begin(office)
    rules = office.settings.reminders
    with pytest.raises(SettingsError, match="a trial called 'plan' is registered already"):
        register_trial(office.store, POLICY, rules, office.now)
    other = change(office.settings, trial=TRIAL | {"name": "again", "until": "2026-09-06"}).reminders
    with pytest.raises(SettingsError, match="lasts until 2026-07-05; end it"):
        register_trial(office.store, POLICY, other, office.now)
    office.records(*of_each((tried, usual), "A", "2026-06-12"))
    assert len(office.told("2026-06-15")) == 1
    ended = end_trial(office.store, date(2026, 6, 22))
    assert ended is not None
    assert (ended.name, ended.last_day) == (trial.name, date(2026, 6, 21))
    assert end_trial(office.store, date(2026, 6, 22)) is None
    office.records(*of_each((tried, usual), "B", "2026-06-19"))
    assert len(office.told("2026-06-22")) == 2
    assert not [notice for notice in office.notices("due soon") if notice[1].startswith("B")]
    office.now = morning("2026-06-22")
    again = register_trial(office.store, POLICY, other, office.now)
    assert again.starts_on == date(2026, 6, 29)
    assert again.seed != trial.seed
    with office.store.reading() as connection:
        assert newest_trial(connection) == again


@pytest.mark.parametrize("trial", [None, TRIAL | {"share": 0.4}, TRIAL | {"name": "other"}])
def test_settings_that_do_not_agree_with_what_is_registered_change_nothing(office: Office, trial: object) -> None:
    _, tried, usual = begin(office)
    office.settings = change(SETTINGS, trial=trial, **RULES)
    office.records(*of_each((tried, usual), "A", "2026-06-12"))
    assert office.told("2026-06-15") == []


def test_a_trial_that_would_be_over_in_its_first_week_is_refused(office: Office) -> None:
    settings = change(SETTINGS, trial=TRIAL | {"until": "2026-06-27"}, **RULES)
    with pytest.raises(SettingsError, match="found 2026-06-27; expected 2026-06-28 or later"):
        register_trial(office.store, POLICY, settings.reminders, office.now)
    with pytest.raises(SettingsError, match="is missing"):
        register_trial(office.store, POLICY, SETTINGS.reminders, office.now)


def test_reports_from_its_start_until_13_weeks_after_it_know_of_it(office: Office) -> None:
    trial, *_ = begin(office)
    office.records(crime("A", "2026-06-12"))
    verdicts = judge(load_columns(office.store), POLICY, office.now)

    def known(first: date) -> RegisteredTrial | None:
        span = (POLICY.local.start_of(first), POLICY.local.start_of(first + timedelta(days=7)))
        return read_mailed(office.store, verdicts, office.settings.reminders, span).trial

    last = trial.last_day + AFTER_TRIAL
    asked = (date(2026, 6, 8), trial.starts_on, last, last + timedelta(days=1))
    assert [known(day) for day in asked] == [None, trial, trial, None]
    end_trial(office.store, trial.starts_on)
    assert known(trial.starts_on) is None  # it never began


def test_the_commands_register_show_and_end_it(tmp_path: Path) -> None:
    url, config = f"sqlite:///{tmp_path / 'compliance.db'}", tmp_path / "config.toml"
    migrate(url)

    def settings(trial: str) -> None:
        config.write_text(
            f'[force]\nname = "Test"\n[database]\nurl = "{url}"\n[crime_system]\nurl = "http://127.0.0.1:1/crimes"\n'
            '[mail]\nhost = "127.0.0.1"\nsecurity = "plain"\nsender = "updates@force.example"\n'
            f"[reminders]\ndue_from = 2026-05-01\n{trial}",
            "utf-8",
        )

    def run(*command: str) -> str:
        done = CliRunner().invoke(main, ["trial", *command, "--config", str(config)])
        return done.output + str(done.exit_code)

    settings("")
    assert "no trial has been registered" in run("show")
    assert "no trial is under way" in run("end")
    assert "[reminders.trial] is missing" in run("register")
    settings('[reminders.trial]\nname = "an email of its own"\ndue_soon_days = 2\nuntil = 2999-01-01\n')
    assert "an email of its own: due_soon_days = 2 instead of 0" in run("register")
    assert "is registered already" in run("register")
    assert "to 2999-01-01, registered " in run("show")
    settings("")
    assert "is not in the settings, so it does not run." in run("show")
    assert "the trial 'an email of its own' ends today" in run("end")
    assert "no trial is under way" in run("end")
