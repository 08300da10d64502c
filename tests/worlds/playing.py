"""A world, played: its records, what is so in it, and what each report of it claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from compliance.policy import Policy, load_policy
from compliance.records.instants import to_micros
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import FormerPolicy, JudgedPeriod, Judgements, ReportOptions, judge_periods
from compliance.reports.model.claims import Claim
from compliance.reports.model.findings import Gap
from compliance.reports.model.release_facts import ReleaseFacts
from compliance.reports.model.report_model import Figures, Intake
from compliance.reports.organisation import Organisation
from compliance.reports.organisation.entries import OrganisationEntries
from compliance.reports.periods.spans import Span
from compliance.reports.periods.weeks import Week
from compliance.reports.pieces.parts import Heading, Section, claims_in
from compliance.reports.releasing.release import pass_gate
from compliance.reports.releasing.release_counts import count_release, count_usual
from compliance.reports.sections import report_of
from tests.worlds import tampering
from tests.worlds.catalogue import LAST, World
from tests.worlds.contacts import play
from tests.worlds.force import START, Force, Ints, Size, day_of
from tests.worlds.records import Names, PlantedRecords, to_columns
from tests.worlds.truth import Truth, chances_of

PLANNED = "7-day: due within 10 days, before 7 days"


@dataclass(frozen=True)
class Told:
    """A claim of a report: of which week, in which edition (the name of a division, "" for the board), in which section,
    and whether it is one of the things to look at first."""

    week: int
    edition: str
    section: str
    first: bool
    claim: Claim


class PlayedWorld:
    """A world played by a seed at a size."""

    def __init__(self, world: World, size: Size, seed: int) -> None:
        """Play it."""
        self.world = world
        force = Force(world.size(size), seed)
        if world.before:
            world.before(force)
        cases = play(force, chances_of(force, world.changes))
        cases = world.after(cases, force) if world.after else cases
        self.names = _names(force, world)
        self.columns = to_columns(tampering.begin(cases, world.begins * 7) if world.begins else cases, self.names)
        chances = chances_of(force, (*world.changes, *world.recorded))
        self.truth = Truth(force, chances, world.begins, _units(self.names))
        self._policies = _policies(world)
        self._held: dict[tuple[str, bool], dict[tuple[date | None, Span], JudgedPeriod]] = {}

    def named(self, division: int) -> str:
        """Return the name of a division in the end."""
        return (self.names.after or self.names.divisions)[self._first_team(division)]

    def _first_team(self, division: int) -> int:
        names = list(dict.fromkeys(self.names.divisions))
        return self.names.divisions.index(names[division % len(names)])

    @property
    def team(self) -> str:
        """The name of the last team, to which things are done."""
        return self.names.teams[-1]

    @property
    def weeks(self) -> range:
        """The weeks to report on."""
        return range(self.world.reported_since, LAST + 1)

    def tell(self, week: int) -> list[Told]:
        """Return every claim of the reports of a week."""
        judged = self._judge(week)
        editions = [""] if self.world.edition is None else ["", self.named(self.world.edition)]
        board = figures_of(judged, force="A force", intake=self._intake(week))
        facts, made = find_facts(judged, board), []
        for edition in editions:
            figures = figures_of(judged, force="A force", division=edition) if edition else board
            made += [Told(week, edition, *each) for each in list_claims(pass_gate(figures, facts))]
        return made

    def _judge(self, week: int) -> Judgements:
        changed = self.world.policy is not None and week >= self.world.policy
        policy, period = self._policies[changed], span_of(week)
        settled = period.settling_instant(policy.local)
        organisation = self.organisation
        after = organisation is not None and self.names.since is not None and period.last >= self.names.since
        options = ReportOptions(
            records_begin=None if self.world.begins or self.world.whole else START, organisation=organisation,
            policy_changes=[(day_of(self.world.policy), PLANNED)] if self.world.policy is not None and changed else (),
            former=FormerPolicy(day_of(self.world.policy), self._policies[0]) if self.world.policy and changed else None,
        )  # fmt: skip
        now = span_of(LAST).settling_instant(policy.local) if self.world.whole else settled
        held = self._held.setdefault((policy.digest, after), {})
        judged = {
            span.settling_instant(policy.local)
            for begun, span in held
            if begun == options.records_begin and span not in (period, period.plus(-1))
        }
        source = PlantedRecords("a planted force", self.columns, settled, self.world.whole, frozenset(judged))
        return judge_periods(source, policy, period, now, options, held=held)

    def _intake(self, week: int) -> Intake:
        if self.world.gap is None or not self.world.gap[0] <= week <= self.world.gap[1]:
            return Intake()
        first, _ = self.gap_days
        return Intake(gaps=(Gap(first, first + timedelta(days=9)),))

    @property
    def gap_days(self) -> tuple[date, date]:
        """The first and the last day on which the crime system was not read."""
        assert self.world.gap is not None
        return day_of(self.world.gap[0]), day_of(self.world.gap[0]) + timedelta(days=9)

    @cached_property
    def organisation(self) -> Organisation | None:
        """The map of divisions and teams, if the world has one."""
        changed = self.world.reorganised
        if changed is None or not changed.mapped:
            return None
        assert self.names.since is not None
        return Organisation(OrganisationEntries.model_validate(_entries(self.names, self.names.since)))


def find_facts(judged: Judgements, board: Figures) -> ReleaseFacts:
    """Return what is checked before a report is released: the crime system was read in time, and every record that was
    new or changed since the period began came in it (statistics section 7)."""
    facts, columns = count_release(judged, board), judged.verdicts.columns
    since, until = to_micros(judged.policy.local.start_of(judged.period.span.first)), to_micros(facts.settled)
    came = (columns.reported_at >= since) & (columns.reported_at <= until)
    empty = np.diff(columns.victims_of) == 0
    for crime, at in (
        (columns.statuses.crime, columns.statuses.at), (columns.updates.crime, columns.updates.entered_at),
    ):  # fmt: skip
        came[crime[(at >= since) & (at <= until)]] = True
    records, none = int(came.sum()), int((came & empty).sum())
    usual = min(count_usual(judged, records), none)
    return replace(
        facts, read_until=facts.settled, records=records, no_victim=none, no_victim_usual=usual, unfit=none - usual
    )


def span_of(week: int) -> Week:
    """Return a week by its number as the ISO week it is."""
    return Week.of(day_of(week))


def list_claims(figures: Figures) -> Iterator[tuple[str, bool, Claim]]:
    """Yield each claim of a report with its section, and whether it is one of the things to look at first."""
    for section in report_of(figures).sections:
        yield from _claims_of(section)


def _claims_of(section: Section) -> Iterator[tuple[str, bool, Claim]]:
    first = False
    for part in section.parts:
        if isinstance(part, Heading):
            first = part.id == "first"
        for claim in claims_in(part):
            yield section.id, first, claim


def _policies(world: World) -> tuple[Policy, Policy]:
    policy = load_policy("west-mercia")
    if world.policy is None:
        return policy, policy
    asked = [each.model_dump(by_alias=True, exclude_unset=True) for each in policy.requirement]
    asked[0] |= {"within": {"days": 10}}
    return policy, policy.with_values(requirement=asked)


def _names(force: Force, world: World) -> Names:
    of, size = force.staff.division_of, force.size
    place = np.arange(len(of)) - np.searchsorted(of, of)
    letters = "HNSWT" if len(size.divisions) > 1 else "F"
    teams = tuple(f"{letters[division]}{number + 1:02}" for division, number in zip(of, place, strict=True))
    divisions = tuple(size.divisions[division] for division in of)
    if world.reorganised is None:
        return Names(teams, divisions)
    after = [
        _renamed(divisions[team], world.reorganised.became.get(int(of[team]), ()), team % 2) for team in range(len(of))
    ]
    return Names(teams, divisions, day_of(world.reorganised.week), tuple(after))


def _renamed(name: str, became: tuple[str, ...], half: int) -> str:
    return became[half % len(became)] if became else name


def _units(names: Names) -> dict[str, Ints]:
    units: dict[str, list[int]] = {}
    for team, name in enumerate(names.teams):
        for unit in {name, names.divisions[team], *(names.after[team : team + 1])}:
            units.setdefault(unit, []).append(team)
    return {name: np.array(teams) for name, teams in units.items()}


def _entries(names: Names, since: date) -> dict[str, object]:
    eve, pairs = since - timedelta(days=1), list(zip(names.divisions, names.after, strict=True))
    divisions: list[dict[str, object]] = []
    for old in dict.fromkeys(names.divisions):
        became = sorted({after for before, after in pairs if before == old})
        divisions.append({"name": old} if became == [old] else {"name": old, "until": eve, "became": became})
    new = sorted({after for _, after in pairs} - set(names.divisions))
    divisions += [{"name": name, "from": since} for name in new]
    teams: list[dict[str, object]] = []
    for team, (before, after) in zip(names.teams, pairs, strict=True):
        if before == after:
            teams.append({"name": team, "division": before})
        else:
            teams += [
                {"name": team, "division": before, "until": eve},
                {"name": team, "division": after, "from": since},
            ]
    return {"division": divisions, "team": teams}
