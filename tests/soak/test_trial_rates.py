"""How often a trial of reminders finds an effect that is there, and one that is not."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.reading import Reading, ReadingForce
from compliance.policy import Verdicts, judge
from compliance.reports.examining.trial_effect import measure_trial
from compliance.store import load_columns
from compliance.store.kept.trials import RegisteredTrial, store_trial
from tests.force_days import POLICY, ForceDays
from tests.reminding import change
from tests.unit import test_trial
from tests.unit.test_trial import found_in

pytestmark = pytest.mark.long
verdicts = test_trial.verdicts


def test_of_a_thousand_draws_about_fifty_find_what_is_not_there(verdicts: Verdicts) -> None:
    """A 95 % interval misses in 5 of 100; four standard errors of a thousand draws are 2.8."""
    assert 0.02 < found_in(verdicts, 1000) < 0.08
    assert found_in(verdicts, 200, chance=0.35) > 0.97


@pytest.mark.parametrize("reading", [Reading.SIMULATED, Reading.NOT_AT_ALL])
def test_mails_that_officers_heed_are_found_to_help_and_those_that_nobody_reads_are_not(
    tmp_path: Path, reading: Reading
) -> None:
    """Half of the teams are told nothing before it is due, for seven weeks of mornings."""
    force = ReadingForce(2026, scale=0.3)
    force.reading = reading
    start, until = date(2026, 5, 4), date(2026, 6, 21)
    with ForceDays(tmp_path, force, start) as service:
        tried = {"name": "quiet", "due_soon_days": 0, "until": until}
        service.settings = change(service.settings, due_soon_days=2, plan_weekday="never", ahead_days=0, trial=tried)
        service.wake()
        trial = RegisteredTrial(
            "quiet", "due_soon_days", "2", "0", 0.5, "a seed", service.now - timedelta(days=7), start, until
        )
        store_trial(service.store, trial, start - timedelta(days=1))
        while service.day < until + timedelta(days=8):
            if service.working and service.day <= until:
                service.hand_over()
            service.wake()
        effect = measure_trial(judge(load_columns(service.store), POLICY, service.now), trial).change
    assert effect is not None
    assert effect.tested
    if reading is Reading.SIMULATED:
        assert effect.high < 0
    else:
        assert not effect.significant
