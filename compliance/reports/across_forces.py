"""Forces compared with each other, and the divisions of each, as the report of one force does (statistics 1, 3).

Among all forces, a force takes the place that a division has in the report of one force.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from compliance.policy import Policy
from compliance.records import Columns
from compliance.records.columns import Coded, joined_texts
from compliance.reports.beginning import Beginning, begin
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.rate_figures import RATE
from compliance.reports.catalogue.silence_figures import SILENT
from compliance.reports.clusters import teams
from compliance.reports.compared_units import compare_units, find_funnel
from compliance.reports.families import judge_families
from compliance.reports.force_model import ComparedRequirement
from compliance.reports.judged import TRAILING, JudgedPeriod, ReportOptions, judge_span, list_charted_weeks
from compliance.reports.rates import Cohort, rate, together
from compliance.reports.silent_victims import Silence
from compliance.reports.sources import GivenRecords, complete_records
from compliance.reports.weeks import Week

Held = TypeVar("Held", Cohort, Silence)
_UNIT: Final = "division"
_NO_CRIMES: Final = pa.array([], pa.string())


@dataclass(frozen=True, slots=True)
class ForceWeeks:
    """The trailing weeks of a force up to the one asked about, earliest first (statistics 1.2, 1.5).

    Of the weeks before the last, only what was due is held. `begun`: the local date from which the records are complete
    (1.2b). `weeks` is empty if no crime is held.
    """

    name: str
    begun: date | None
    weeks: tuple[JudgedPeriod, ...]

    def is_compared(self, policy: Policy) -> bool:
        """Return whether all trailing weeks are held under every requirement that is compared (statistics 1.2b)."""
        beginning = Beginning(self.begun, policy)
        return len(self.weeks) == TRAILING and all(
            beginning.is_charted(self.weeks[0].span, asked) for asked in policy.requirement if asked.event is None
        )


def judge_force(name: str, records: Columns, policy: Policy, week: Week, begun: date | None = None) -> ForceWeeks:
    """Judge the trailing weeks of a force, each as at its own T and as known at its K (statistics 1.2).

    `records`: one version of each record, so K is by rules 2.8 alone (statistics 1.2a). `begun`: where they begin;
    None: derived from them (1.2b).
    """
    begun = begun or begin(records, policy.local, week.settling_instant(policy.local))
    if begun is None:
        return ForceWeeks(name, None, ())
    source = complete_records(GivenRecords(name, records), begun, policy.local)
    weeks = [
        _without_cases(JudgedPeriod.of(judge_span(source, policy, each), each), each == week)
        for each in list_charted_weeks(week, begun)[-TRAILING:]
    ]
    return ForceWeeks(name, begun, tuple(weeks))


def _without_cases(week: JudgedPeriod, is_last: bool) -> JudgedPeriod:
    """Return a week without what is not counted here: it is what takes the most memory."""
    silence = week.silence if is_last else week.silence.where(np.zeros(len(week.silence.silent), dtype=np.bool_))
    return replace(week, silence=silence, overdue=week.overdue.where(np.zeros(len(week.overdue), dtype=np.bool_)),
                   crimes=_NO_CRIMES)  # fmt: skip


def compare_divisions(force: ForceWeeks, policy: Policy) -> tuple[ComparedRequirement, ...]:
    """Return the divisions of a force compared with the rest of it, as its own report does."""
    return _compare(force.name, force.begun, force.weeks, policy)


def compare_forces(forces: Sequence[ForceWeeks], policy: Policy) -> tuple[ComparedRequirement, ...]:
    """Return forces compared with the rest of them. All trailing weeks of each are held (`ForceWeeks.is_compared`)."""
    weeks = []
    for own in zip(*(force.weeks for force in forces), strict=True):
        named = list(zip((force.name for force in forces), own, strict=True))
        due = together([_as_unit(name, week.cohort) for name, week in named])
        silence = _join([_as_unit(name, week.silence) for name, week in named])
        none = due.where(np.zeros(len(due), dtype=np.bool_))
        weeks.append(JudgedPeriod(own[0].span, due, silence, none, _NO_CRIMES))
    return _compare("all forces", max(force.begun for force in forces if force.begun), weeks, policy)


def _as_unit(force: str, held: Held) -> Held:
    """Return what a force holds as that of one unit. Its officers and teams are no other force's of the same name."""
    team = teams(held.division, held.team)
    names, codes = np.unique(team, return_inverse=True)
    absent = int(len(names) > 0 and names[0] < 0)
    return replace(
        held,
        division=Coded(np.zeros(len(team), dtype=np.int32), (force,)),
        team=Coded((codes - absent).astype(np.int32), tuple(f"{force} {name}" for name in names[absent:].tolist())),
        officer=Coded(held.officer.codes, tuple(f"{force} {name}" for name in held.officer.values)),
    )


def _join(parts: Sequence[Silence]) -> Silence:
    return Silence(
        np.concatenate([part.silent for part in parts]),
        np.concatenate([part.enhanced for part in parts]),
        *(joined_texts([getattr(part, name) for part in parts]) for name in ("division", "team", "officer")),
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
