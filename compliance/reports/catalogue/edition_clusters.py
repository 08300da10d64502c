"""How far the obligations of an edition come in clusters, estimated once for the whole force (statistics 1.3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from compliance.reports.catalogue.unit_levels import AREAS, DIVISIONS
from compliance.reports.judging.clusters import effect, estimate, teams
from compliance.reports.judging.rates import Cohort
from compliance.reports.judging.weeks_compared import of_part
from compliance.reports.model.changes import Part
from compliance.reports.model.proportions import Clustering
from compliance.reports.periods.spans import Span
from compliance.reports.periods.weeks import Week

ALL: Final = ""
"""All obligations of a requirement, as they count."""
LIVE: Final = "live"
"""The same with live contact only (statistics 1.9)."""
PARTS: Final[dict[str, Part]] = {"first": "first", "continuing": "continuing"}
"""The parts of a requirement that repeats (statistics 1.10)."""


@dataclass(frozen=True)
class EditionClusters:
    """How alike the obligations of one officer are.

    `weeks`: for `ALL` and `LIVE`, a function that returns what was due in the whole force in each trailing week, of all
    requirements.
    """

    weeks: Mapping[str, Callable[[], Sequence[Cohort]]]
    _found: dict[tuple[int, str], Clustering] = field(default_factory=dict)

    def of(self, place: int, part: str = ALL) -> Clustering:
        """Return ρ of a requirement, by its place in the policy; of all, live contact only, or a part (1.10)."""
        if (place, part) not in self._found:
            weeks, of_cycles = self.weeks[part if part == LIVE else ALL](), PARTS.get(part, "")
            own = [week.where((week.requirement == place) & of_part(week, of_cycles)) for week in weeks]
            self._found[place, part] = estimate(part, own)
        return self._found[place, part]

    def effect(self, cohort: Cohort, place: int, span: Span | None = None, part: str = ALL) -> float:
        """Return the design effect of some obligations due in a span, or (None) in the trailing weeks."""
        found = self.of(place, part)
        return effect(cohort.officer.codes, found.officer_week if isinstance(span, Week) else found.officer)

    def unit_effect(self, cohort: Cohort, place: int, unit: str) -> float:
        """Return that of a unit over the trailing weeks: of a division or area the larger of by officers and by teams.

        Its rest of the force is a unit of the same kind.
        """
        by_officer = self.effect(cohort, place)
        if unit not in (AREAS.name, DIVISIONS.name):
            return by_officer
        return max(by_officer, effect(teams(cohort.division, cohort.team), self.of(place).team))
