"""A trial of reminders: who is drawn, what differs for them, and how often an effect is found that is there or is not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from compliance.errors import SettingsError
from compliance.policy import Policy, Verdicts, judge, load_policy
from compliance.policy.verdicts import MET
from compliance.records import convert_crime
from compliance.reminder_settings import Reminders
from compliance.reminders import find_disagreement
from compliance.reminders.owed import Owed, Standing, find_owed, horizon
from compliance.reminders.team_rules import TeamRules
from compliance.reports.examining.trial_effect import FIRST_WEEK, list_trial_rows, measure_trial
from compliance.reports.pieces.parts import Note, Statement, Table, plain
from compliance.reports.sections.reminder_trial import CANNOT_SHOW, ONCE, trial_parts
from compliance.simulator import SimulatedForce
from compliance.store.kept.trials import RegisteredTrial
from tests.histories import histories
from tests.reminding import reminders as settings
from tests.simulated import columns_at_end

POLICY: Policy = load_policy("west-mercia")
PLAN = {"name": "plan", "plan_weekday": "mon", "until": "2026-06-14"}
SOON = {"name": "soon", "due_soon_days": 0, "until": "2026-06-14"}
TODAY = date(2026, 5, 1)


def reminders(**changes: Any) -> Reminders:
    """Settings in which nobody has the week's plan, and what falls due is announced two days before."""
    usual: dict[str, Any] = {"due_soon_days": 2, "plan_weekday": "never"}
    return settings(**usual | changes)


def registered(seed: str = "a seed", **changes: Any) -> RegisteredTrial:
    """A trial of the week's plan for half of the teams, in nine weeks of the simulated force."""
    plain_one = RegisteredTrial(
        "plan", "plan_weekday", "never", "mon", 0.5, seed, datetime(2026, 4, 9, tzinfo=UTC), date(2026, 4, 13),
        date(2026, 6, 14),
    )  # fmt: skip
    return replace(plain_one, **changes)


def test_teams_are_drawn_by_the_seed_alone_about_as_many_as_said() -> None:
    names = [f"Team {number}" for number in range(2000)]
    for share in (0.1, 0.5, 0.9):
        drawn = [registered(share=share).is_tried_by(name) for name in names]
        assert drawn == [registered(share=share, name="other").is_tried_by(name) for name in reversed(names)][::-1]
        assert abs(np.mean(drawn) - share) < 4 * (share * (1 - share) / len(names)) ** 0.5
    other = [registered("another").is_tried_by(name) for name in names]
    both = np.mean([registered().is_tried_by(name) == is_drawn for name, is_drawn in zip(names, other, strict=True)])
    assert 0.45 < both < 0.55


def owed_by(changes: Any, *, tried: bool, now: datetime) -> list[Owed]:
    """What is owed of random histories, if every team, or none, was drawn."""
    rules = reminders(due_soon_days=5, trial=changes)
    teams = TeamRules(rules, rules.as_tried(), registered(share=1.0 if tried else 0.0))
    records = histories(31, 150, as_at=now)
    crimes = [convert_crime(record | {"crime_ref": f"22/{place}/26"}) for place, record in enumerate(records)]
    return find_owed(crimes, POLICY, rules, now, {}, teams=teams)


@pytest.mark.parametrize("changes", [PLAN, SOON])
def test_what_is_overdue_is_the_same_for_all_and_what_is_not_yet_due_is_not(changes: Any) -> None:
    now = datetime(2026, 11, 16, 7, tzinfo=UTC)  # a Monday
    tried, usual = (owed_by(changes, tried=drawn, now=now) for drawn in (True, False))
    assert len([o for o in usual if o.standing is not Standing.DUE_SOON]) > 20
    assert [o for o in tried if o.standing is not Standing.DUE_SOON] == [
        o for o in usual if o.standing is not Standing.DUE_SOON
    ]
    assert tried != usual


def test_a_case_of_no_team_takes_no_part_and_the_mornings_look_as_far_as_either_group_needs() -> None:
    rules = reminders(trial=PLAN, ahead_days=0, due_soon_days=0, ladder=[])
    teams = TeamRules(rules, rules.as_tried(), registered(share=1.0))
    assert (teams.of(None), teams.of("North")) == (rules, rules.as_tried())
    assert [horizon(POLICY, each, date(2026, 6, 8)) for each in (TeamRules(rules), teams)] == [0, 7]


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        (PLAN | {"due_soon_days": 0}, "one is tried at a time"),
        ({"name": "x", "until": "2026-06-14"}, "one is tried at a time"),
        (PLAN | {"plan_weekday": "never"}, "found never, as for all; expected another value"),
        (SOON | {"due_soon_days": 2}, "found 2, as for all; expected another value"),
        (PLAN | {"digest_days": ["mon"]}, "trial.digest_days: there is no such key"),
    ],
)
def test_a_trial_varies_one_thing_that_is_not_yet_due(trial: Any, expected: str) -> None:
    with pytest.raises(SettingsError, match="trial") as raised:
        reminders(trial=trial)
    assert expected in str(raised.value)


def test_where_all_have_a_plan_the_trial_is_to_have_none() -> None:
    assert reminders(plan_weekday="tue", trial=PLAN | {"plan_weekday": "never"}).as_tried().days_of_plan == ()
    with pytest.raises(SettingsError, match="expected never, as all have a plan on tue"):
        reminders(plan_weekday="tue", trial=PLAN)


@pytest.mark.parametrize(
    ("tried", "trial", "today", "said"),
    [
        (PLAN, registered(), TODAY, None),
        (None, None, TODAY, None),
        (None, registered(), date(2026, 6, 15), None),
        (PLAN, None, TODAY, "The trial 'plan' of the settings is not registered, so it does not run."),
        (SOON, registered(ended_on=TODAY), TODAY, "The trial 'soon' of the settings is not registered, so it does not run."),
        (None, registered(), TODAY, "The trial 'plan', registered until 2026-06-14, is not in the settings, so it does not run."),
        (SOON, registered(), TODAY, "The trial 'plan', registered until 2026-06-14, is not in the settings, so it does not run."),
        (PLAN, registered(ended_on=TODAY), TODAY, "The trial 'plan' of the settings was over on 2026-04-30."),
        (PLAN, registered(share=0.4), TODAY, "The trial 'plan' is not as registered, so it does not run: share: 0.5, registered 0.4."),
        (PLAN, registered(usual="fri", tried="never"), TODAY,
         "The trial 'plan' is not as registered, so it does not run: what is tried: plan_weekday = mon, registered "
         "plan_weekday = never; as usual: plan_weekday = never, registered plan_weekday = fri."),
    ],
)  # fmt: skip
def test_settings_that_differ_from_what_is_registered_are_told(
    tried: Any, trial: RegisteredTrial | None, today: date, said: str | None
) -> None:
    assert find_disagreement(reminders(trial=tried), trial, today) == said


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """The simulated force after 26 weeks: officers, teams and divisions differ as people do, and no trial was held."""
    return judge(columns_at_end(SimulatedForce(scale=0.25)), POLICY, datetime(2026, 6, 29, tzinfo=UTC))


def planted(verdicts: Verdicts, trial: RegisteredTrial, chance: float) -> Verdicts:
    """The verdicts if so many of the updates that were not in time had been, in the teams that were drawn."""
    found, rng = list_trial_rows(verdicts, trial), np.random.default_rng(7)
    state = verdicts.state.copy()
    state[found.row[found.tried & (rng.random(len(found.row)) < chance)]] = MET
    return replace(verdicts, state=state)


def found_in(verdicts: Verdicts, draws: int, chance: float = 0.0) -> float:
    """The share of draws of the teams in which an effect is found."""
    trials = [registered(f"draw {number}") for number in range(draws)]
    effects = [measure_trial(planted(verdicts, trial, chance), trial).change for trial in trials]
    return float(np.mean([effect is not None and effect.significant for effect in effects]))


def test_an_effect_that_is_there_is_found_and_one_that_is_not_is_not(verdicts: Verdicts) -> None:
    """At the rates of docs/trials.md; more draws in the soak tests."""
    assert found_in(verdicts, 120) <= 0.1
    assert found_in(verdicts, 40, chance=0.35) >= 0.9


def test_what_counts_is_what_fell_due_after_the_first_week_and_is_decided(verdicts: Verdicts) -> None:
    trial = registered()
    found = list_trial_rows(verdicts, trial)
    due = verdicts.due_date[found.row].astype("datetime64[D]").astype(object)
    assert (due.min(), due.max()) == (trial.starts_on + FIRST_WEEK, trial.last_day)
    assert found.tried.any()
    assert (~found.tried).any()
    assert len(set(verdicts.state[found.row].tolist())) == 4


def text_of(verdicts: Verdicts, trial: RegisteredTrial) -> str:
    return " ".join(
        plain(part.text) for part in trial_parts(measure_trial(verdicts, trial)) if isinstance(part, Statement | Note)
    )


def test_the_report_states_the_result_once_the_trial_is_settled(verdicts: Verdicts) -> None:
    trial = registered()
    effect = measure_trial(verdicts, trial)
    assert effect.change is not None
    said = text_of(verdicts, trial)
    assert "of what fell due from 20 April 2026 to 14 June 2026, the " in said
    assert "points compared with" in said
    assert "no significant difference" in said
    assert CANNOT_SHOW in said
    assert any(isinstance(part, Table) for part in trial_parts(effect))
    assert "unlikely to have occurred by chance" in text_of(planted(verdicts, trial, 0.5), trial)


def test_until_then_it_says_when_and_nothing_of_the_result(verdicts: Verdicts) -> None:
    trial = registered(until=date(2026, 6, 22))
    assert measure_trial(verdicts, trial).tried is None
    said = text_of(verdicts, trial)
    assert "until 22 June 2026" in said
    assert "stated once, from 30 June 2026 on" in said
    assert ONCE in said
    assert measure_trial(verdicts, replace(trial, ended_on=date(2026, 6, 21))).tried is not None
    assert timedelta(days=8) > FIRST_WEEK
