"""Crimes that are probably on record twice, and the report's judgements without them (decision 0058).

A crime that is on record twice is updated once. Where many are, rates fall though nobody does less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from compliance.policy.verdicts import Verdicts
from compliance.reports.examining.patterns import MINUTE, TeamRows, count_alike, far_beyond, poisson_tail
from compliance.reports.judging.judged import Judgements
from compliance.reports.periods.spans import Span

DAYS: Final = 364
"""How far back they are looked for: as far as charts reach."""


@dataclass(frozen=True)
class Duplicates:
    """Where far more crimes than by chance are probably on record twice, of the force, its divisions and its teams.

    `crimes`: the numbers of the crimes there that are alike, of each two the one with fewer updates.
    """

    force: TeamRows | None
    divisions: tuple[TeamRows, ...]
    teams: tuple[TeamRows, ...]
    crimes: pa.Array

    def of(self, division: str | None) -> tuple[TeamRows, ...]:
        """Return the units to name in an edition: the smallest, else the whole."""
        if division is None:
            return self.divisions or ((self.force,) if self.force else ())
        own = tuple(team for team in self.teams if team.division == division)
        return own or tuple(replace(each, name="") for each in self.divisions if each.name == division)


def find_duplicates(verdicts: Verdicts, period: Span) -> Duplicates:
    """Return where crimes are probably on record twice, of those reported in the year up to the period's end."""
    every = tuple(count_alike(verdicts, period, DAYS))
    names = sorted({team.division for team in every if team.division})
    divisions = far_beyond([_together(name, [team for team in every if team.division == name]) for name in names])
    teams, force = far_beyond(every), far_beyond([_together("", every)])
    where = {team.name for team in divisions}
    own = every if force else [team for team in every if team.division in where or team in teams]
    return Duplicates(force[0] if force else None, divisions, teams, _list_alike(verdicts, own))


def leave_out(judged: Judgements, crimes: pa.Array) -> Judgements:
    """Return the judgements from which rates are tested without some crimes. Stocks keep them."""
    weeks = tuple(week.without(crimes) for week in judged.weeks)
    period, before = (each.without(crimes) for each in (judged.period, judged.before))
    return replace(judged, weeks=weeks, period=period, before=before)


def _together(name: str, teams: Sequence[TeamRows]) -> TeamRows:
    rows, hit = (np.concatenate([getattr(team, part) for team in teams] or [[]]) for part in ("rows", "hit"))
    expected = sum(team.expected for team in teams)
    return TeamRows(name, name, rows, hit, expected, poisson_tail(int(hit.sum()), expected))


def _list_alike(verdicts: Verdicts, teams: Sequence[TeamRows]) -> pa.Array:
    """Return the numbers of the crimes alike another of their team that has as many updates or more."""
    columns = verdicts.columns
    key = columns.reported_at // MINUTE * (len(columns.offence.values) + 1) + columns.offence.codes
    given = np.bincount(columns.updates.crime, minlength=len(columns))
    found = [np.zeros(0, dtype=np.int64)]
    for team in teams:
        alike = team.rows[np.isin(key[team.rows], key[team.rows[team.hit]])]
        alike = alike[np.lexsort((-given[alike], key[alike]))]
        found.append(alike[1:][np.diff(key[alike]) == 0])
    return columns.crime_ref.take(np.concatenate(found))
