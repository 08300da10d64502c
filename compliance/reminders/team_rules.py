"""A trial of reminders: teams drawn by lot get mail about what is not yet due in another way (docs/trials.md).

What is told of anything overdue is the same for all: only `due_soon_days` and `plan_weekday` can be tried, and neither
decides about what has fallen due.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from compliance.errors import SettingsError
from compliance.policy import Policy
from compliance.reminder_settings import Reminders
from compliance.store import Store
from compliance.store.kept.trials import RegisteredTrial, newest_trial, store_trial

_SHORTEST = timedelta(days=13)


@dataclass(frozen=True, slots=True)
class TeamRules:
    """The settings of reminders that hold for the cases of a team: during a trial, others for the teams that try it."""

    usual: Reminders
    tried: Reminders | None = None
    trial: RegisteredTrial | None = None

    def of(self, team: str | None) -> Reminders:
        """Return the settings for a case of a team; None: of no team, which takes no part."""
        if self.trial is None or self.tried is None or team is None or not self.trial.is_tried_by(team):
            return self.usual
        return self.tried

    @property
    def all(self) -> tuple[Reminders, ...]:
        """Return the settings of each group of teams."""
        return (self.usual,) if self.tried is None else (self.usual, self.tried)


def team_rules(connection: Connection, rules: Reminders, today: date) -> TeamRules:
    """Return the settings for each team on a local date.

    A trial that is not registered, or not as the settings say, changes nothing (`find_disagreement`).
    """
    trial = newest_trial(connection)
    if rules.trial is None or trial is None or not trial.runs_on(today) or find_disagreement(rules, trial, today):
        return TeamRules(rules)
    return TeamRules(rules, rules.as_tried(), trial)


def find_disagreement(rules: Reminders, trial: RegisteredTrial | None, today: date) -> str | None:
    """Return how the settings and the trial registered last differ on a local date, as a sentence; None: they agree."""
    asked = rules.trial
    if trial is not None and trial.last_day >= today and (asked is None or asked.name != trial.name):
        return f"The trial {trial.name!r}, registered until {trial.until}, is not in the settings, so it does not run."
    if asked is None:
        return None
    if trial is None or trial.name != asked.name:
        return f"The trial {asked.name!r} of the settings is not registered, so it does not run."
    if trial.last_day < today:
        return f"The trial {asked.name!r} of the settings was over on {trial.last_day}."
    wanted = {
        "what is tried": (f"{asked.setting} = {asked.tried}", f"{trial.setting} = {trial.tried}"),
        "as usual": (f"{asked.setting} = {rules.usual_of(asked.setting)}", f"{trial.setting} = {trial.usual}"),
        "share": (f"{asked.share:g}", f"{trial.share:g}"),
        "until": (f"{asked.until}", f"{trial.until}"),
    }
    differing = [f"{what}: {now}, registered {then}" for what, (now, then) in wanted.items() if now != then]
    if not differing:
        return None
    return f"The trial {asked.name!r} is not as registered, so it does not run: {'; '.join(differing)}."


def register_trial(store: Store, policy: Policy, rules: Reminders, now: datetime) -> RegisteredTrial:
    """Store the trial of the settings, with a seed of its own, to start on the first Monday after `now` (aware).

    Raises SettingsError if the settings have none, if it would be over before its second week, or if it cannot be
    stored (`store_trial`).
    """
    asked, today = rules.trial, policy.local.date_of(now)
    if asked is None:
        raise SettingsError("[reminders.trial] is missing; add it to say what is tried, and until when")
    starts_on = today + timedelta(days=7 - today.weekday())
    if asked.until < starts_on + _SHORTEST:
        raise SettingsError(
            f"[reminders.trial] until: found {asked.until}; expected {starts_on + _SHORTEST} or later: "
            "what falls due in the first week does not count"
        )
    trial = RegisteredTrial(
        name=asked.name, setting=asked.setting, usual=rules.usual_of(asked.setting), tried=asked.tried,
        share=asked.share, seed=secrets.token_hex(16), registered_at=now, starts_on=starts_on, until=asked.until,
    )  # fmt: skip
    store_trial(store, trial, today)
    return trial
