"""Forces compared with each other, and the areas and divisions of each, as in the report of a force (statistics 1, 3).

Among all forces, a force takes the place that a division has in the report of one force.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from compliance.errors import SettingsError
from compliance.policy import Policy
from compliance.records.columns import Coded, encode_texts
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.rate_figures import RATE
from compliance.reports.catalogue.silence_figures import SILENT
from compliance.reports.comparing.compared_units import compare_units, find_funnel
from compliance.reports.comparing.families import judge_families
from compliance.reports.forces.across_forces import ForceWeeks, Held, JudgedGroup, add_read, join_weeks
from compliance.reports.judging.clusters import teams
from compliance.reports.judging.judged import TRAILING, JudgedPeriod, ReportOptions
from compliance.reports.judging.rates import rate
from compliance.reports.model.force_model import (
    ComparedRequirement,
    FiguresAcross,
    ForceFigures,
    ForceMapUsed,
)
from compliance.reports.organisation import UnitMap
from compliance.reports.organisation.force_map import ForceMap
from compliance.reports.organisation.forces import Forces, load_forces
from compliance.reports.periods.periods import newest_settled
from compliance.reports.periods.weeks import Week

BY: Final = ("force", "force,area", "force,division", "force,area,division")
"""Which units are compared."""
_UNIT: Final = "division"
_QUIET: Final = timedelta(days=1)
"""For how long nothing may have come, in all forces together, up to when the records were read."""
_ONE_AREA: Final = 2
"""The length of `UnitMap.members` where there is one area: with those in no area."""


@dataclass(frozen=True, slots=True)
class ForcesQuestion:
    """What is asked of the records of forces.

    `week`: settled. `forces`: over time; None: each folder is a force. `map_on`: the local date whose forces, areas and
    divisions are shown; None: the last day of the week. `begun`: where the records of all forces begin (statistics
    1.2b); None: derived. `areas`, `divisions`: whether those of each force are shown, too. `read_at`: when the records
    were read; None: not said, and found not to be before the week was settled.
    """

    policy: Policy
    week: Week
    forces: Forces | None = None
    map_on: date | None = None
    begun: date | None = None
    areas: bool = False
    divisions: bool = False
    read_at: datetime | None = None

    @classmethod
    def checked(
        cls,
        policy: Policy,
        period: str,
        now: datetime,
        *,
        by: str = "force",
        organisation: str | None = None,
        map_on: date | None = None,
        begun: date | None = None,
        read_at: datetime | None = None,
    ) -> "ForcesQuestion":
        """Return a question in words. Raises SettingsError if it cannot be answered `now`, or as at `read_at`.

        `period`: a week, such as 2026-W24. `by`: one of `BY`. `organisation`: the path of the file of forces over time
        (`organisation.forces`).
        """
        if by not in BY:
            raise SettingsError(f"by: found {by!r}; expected one of {'; '.join(BY)}")
        forces = load_forces(Path(organisation)) if organisation else None
        asked = cls(policy, Week.parse(period), forces, map_on, begun, "area" in by, "division" in by, read_at)
        asked._check(policy.local.date_of(read_at or now))
        return asked

    def _check(self, today: date) -> None:
        if all(asked.event is not None for asked in self.policy.requirement):
            raise SettingsError(
                f"policy {self.policy.title!r} has no requirement that runs from the report; units are compared under "
                "those"
            )
        newest = newest_settled("week", today)
        if str(self.week) > str(newest):
            raise SettingsError(
                f"week {self.week} is not settled yet; the newest that is settled is {newest} (statistics 1.2)"
            )
        if self.forces is None and (self.map_on or self.areas):
            raise SettingsError("areas, and the forces of another day, need the file of an organisation")
        day = self.map_on or self.week.last
        if (
            self.areas
            and self.forces
            and not any(each.on(day).members() for each in self.forces.organisations.values())
        ):
            raise SettingsError(f"no organisation of a force has areas on {day}; add them, or leave out areas")

    def check_read(self, newest: datetime | None) -> None:
        """Raise SettingsError if the newest of the records shows that they were read before the week was settled."""
        settled = self.week.settling_instant(self.policy.local)
        if self.read_at is None and newest is not None and newest < settled - _QUIET:
            last = newest_settled("week", self.policy.local.date_of(newest + _QUIET))
            raise SettingsError(
                f"week {self.week} was settled at {settled:%Y-%m-%dT%H:%MZ}, and the newest crime or update in the "
                f"records is of {newest:%Y-%m-%dT%H:%MZ}; what came since is missing. Ask for a week up to {last}, or "
                "say with --as-at when the records were read, if nothing has come since"
            )

    def units_among(self, folders: Iterable[str]) -> ForceMap:
        """Return the map of the day asked about, for folders by the names of their forces."""
        return ForceMap(self.forces or Forces.of_names(folders), self.map_on or self.week.last)


def figures_of_forces(question: ForcesQuestion, groups: Iterable[JudgedGroup]) -> FiguresAcross:
    """Return the figures of all forces, from the weeks of each group.

    Raises SettingsError if the records were read before the week was settled.
    """
    judged = list(groups)
    records = add_read([group.records for group in judged])
    question.check_read(records.newest)
    found = _join_unnamed([force for group in judged for force in group.forces])
    found.sort(key=lambda force: (force.name is None, force.name or ""))
    compared = [force for force in found if force.is_compared(question.policy)]
    names = {force.name for force in compared}
    units = question.units_among(folder for group in judged for folder in group.folders)
    without = sorted({*units.there} - {force.name for force in found})
    found += [ForceWeeks(name, None, ()) for name in without]
    policy, week, local = question.policy, question.week, question.policy.local
    return FiguresAcross(
        week=str(week),
        settled=week.settling_instant(local),
        trailing_weeks=(str(week.plus(1 - TRAILING)), str(week)),
        policy=policy.title,
        policy_digest=policy.digest,
        records=records,
        forces=tuple(_figures_of(force, force.name in names, question, units) for force in found),
        requirements=compare_forces(compared, policy) if compared else (),
        organisation=_map_used(question, units),
        ended=tuple(force for group in judged for force in group.ended),
        unplaced=tuple(name for group in judged for name in group.unplaced) if question.forces else (),
    )


def _join_unnamed(forces: Sequence[ForceWeeks]) -> list[ForceWeeks]:
    """Return forces with what is of none in several groups as one."""
    named, unnamed = ([force for force in forces if (force.name is None) == absent] for absent in (False, True))
    held = [force for force in unnamed if force.weeks]
    if len(held) <= 1:
        return [*named, *held]
    fewest = min(len(force.weeks) for force in held)
    weeks = tuple(map(join_weeks, zip(*(force.weeks[-fewest:] for force in held), strict=True)))
    return [*named, ForceWeeks(None, max(force.begun for force in held if force.begun), weeks)]


def _map_used(question: ForcesQuestion, units: ForceMap) -> ForceMapUsed | None:
    """Return which map was used, and the days within the trailing weeks on which there was another before."""
    if question.forces is None:
        return None
    first, last = question.week.plus(1 - TRAILING).first, question.week.last
    changes = question.forces.list_changes(units=question.areas or question.divisions)
    return ForceMapUsed(units.day, question.forces.digest, tuple(day for day in changes if first < day <= last))


def _figures_of(force: ForceWeeks, compared: bool, question: ForcesQuestion, units: ForceMap) -> ForceFigures:
    own = units.units.get(force.name or "") if question.areas and force.weeks else None
    return ForceFigures(
        name=force.name,
        records_begin=force.begun,
        compared=compared,
        areas=compare_areas(force, own, question.policy) if own and len(own.members()) > _ONE_AREA else (),
        requirements=compare_divisions(force, question.policy) if question.divisions and force.weeks else (),
    )


def compare_divisions(force: ForceWeeks, policy: Policy) -> tuple[ComparedRequirement, ...]:
    """Return the divisions of a force compared with the rest of it, as its own report does."""
    return _compare(force.name or "no force", force.begun, force.weeks, policy)


def compare_areas(force: ForceWeeks, units: UnitMap, policy: Policy) -> tuple[ComparedRequirement, ...]:
    """Return the areas of a force, by its map, compared with the rest of it; cases in no area come last."""
    weeks = [
        replace(week, cohort=_by_area(week.cohort, units), silence=_by_area(week.silence, units))
        for week in force.weeks
    ]
    return compare_divisions(replace(force, weeks=tuple(weeks)), policy)


def _by_area(held: Held, units: UnitMap) -> Held:
    return replace(held, division=units.find_areas(held.division))


def compare_forces(forces: Sequence[ForceWeeks], policy: Policy) -> tuple[ComparedRequirement, ...]:
    """Return forces compared with the rest of them. All trailing weeks of each are held (`ForceWeeks.is_compared`)."""
    units = ([_week_as_unit(force.name, week) for week in force.weeks] for force in forces)
    weeks = list(map(join_weeks, zip(*units, strict=True)))
    return _compare("all forces", max(force.begun for force in forces if force.begun), weeks, policy)


def _week_as_unit(force: str | None, week: JudgedPeriod) -> JudgedPeriod:
    return replace(week, cohort=_as_unit(force, week.cohort), silence=_as_unit(force, week.silence))


def _as_unit(force: str | None, held: Held) -> Held:
    """Return what a force holds as that of one unit. Its officers and teams are no other force's of the same name."""
    team = teams(held.division, held.team)
    names, codes = np.unique(team, return_inverse=True)
    absent = int(len(names) > 0 and names[0] < 0)
    return replace(
        held,
        division=encode_texts([force]).take(np.zeros(len(team), dtype=np.int64)),
        team=Coded((codes - absent).astype(np.int32), tuple(f"{force} {name}" for name in names[absent:].tolist())),
        officer=Coded(held.officer.codes, tuple(f"{force} {name}" for name in held.officer.values)),
    )


def _compare(
    name: str, begun: date | None, weeks: Sequence[JudgedPeriod], policy: Policy
) -> tuple[ComparedRequirement, ...]:
    edition = Edition.of_weeks(name, policy, ReportOptions(records_begin=begun), weeks)
    found = []
    for place, asked in enumerate(policy.requirement):
        if asked.event is not None:
            continue
        repeats, held = asked.repeat_every is not None, len(edition.list_trailing(place))
        compared, due = held == TRAILING, edition.trailing_due(place)
        units = compare_units(edition, asked.id, _UNIT, repeats, compared)
        found.append(
            ComparedRequirement(
                id=asked.id,
                title=asked.title,
                week=RATE.counted(edition, asked.id).rate,
                silent=SILENT.share(edition) if repeats else None,
                trailing=rate(due, edition.clusters.unit_effect(due, place, _UNIT)) if compared else None,
                divisions=units,
                funnel=find_funnel(edition, asked.id, units, compared),
                trailing_held=held,
            )
        )
    return judge_families(edition, found)
