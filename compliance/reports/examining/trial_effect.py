"""What came of a trial of reminders: what was updated in time in the teams that tried something, and in the others.

Teams were drawn, so teams are what is independent: all of a team's obligations are one cluster (statistics 1.3).
"""

from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from compliance.policy.calendars import Ints, to_day
from compliance.policy.status import Flags
from compliance.policy.verdicts import LATE, MET, MISSED, OVERDUE, Verdicts
from compliance.records.columns import Coded
from compliance.reports.judging.clusters import clustered
from compliance.reports.judging.rates import change, owner
from compliance.reports.model.findings import TrialEffect
from compliance.store.kept.trials import RegisteredTrial

FIRST_WEEK: Final = timedelta(days=7)
"""What falls due in a trial's first week may have been announced before it: it does not count."""
SETTLED: Final = timedelta(days=8)
"""How long after the last day a trial's figures are settled (statistics 1.2)."""
TRIED: Final = "tried"
USUAL: Final = "usual"


class TrialRows(NamedTuple):
    """The obligations of a trial, as rows of some verdicts: their teams, and whether those try something."""

    row: Ints
    team: Coded
    tried: Flags


def list_trial_rows(verdicts: Verdicts, trial: RegisteredTrial) -> TrialRows:
    """Return the obligations that fell due in a trial after its first week, if a team had the case.

    All that a rate counts (statistics 1.1), of every requirement.
    """
    first, last = to_day(trial.starts_on + FIRST_WEEK), to_day(trial.last_day)
    counted = np.isin(verdicts.state, (MET, LATE, OVERDUE, MISSED))
    row = np.flatnonzero(counted & (verdicts.due_date >= first) & (verdicts.due_date <= last))
    team = owner(verdicts, row, "team")
    row, team = row[team.codes >= 0], team.take(np.flatnonzero(team.codes >= 0))
    drawn = np.array([trial.is_tried_by(name) for name in team.values], dtype=np.bool_)
    return TrialRows(row, team, drawn[team.codes])


def is_settled(verdicts: Verdicts, trial: RegisteredTrial) -> bool:
    """Return whether the trial was over long enough as at T for its one result to be stated."""
    return verdicts.policy.local.date_of(verdicts.as_at) >= trial.last_day + SETTLED


def measure_trial(verdicts: Verdicts, trial: RegisteredTrial) -> TrialEffect:
    """Return what a trial is, and once it is settled what came of it."""
    effect = TrialEffect(
        name=trial.name, setting=trial.setting, usual_value=trial.usual, tried_value=trial.tried,
        first=trial.starts_on, last=trial.last_day, stated_from=trial.last_day + SETTLED,
    )  # fmt: skip
    if not is_settled(verdicts, trial):
        return effect
    found = list_trial_rows(verdicts, trial)
    met = verdicts.state[found.row] == MET
    groups = [np.flatnonzero(found.tried), np.flatnonzero(~found.tried)]
    teams = [len(np.unique(found.team.codes[group])) for group in groups]
    tried, usual = (clustered(met[group], found.team.take(group)) for group in groups)
    return replace(
        effect, tried_teams=teams[0], usual_teams=teams[1], tried=tried, usual=usual, change=change(tried, usual)
    )
