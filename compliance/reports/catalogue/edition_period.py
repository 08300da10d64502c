"""One period as an edition reads it: its verdicts, what was due in it, and who was silent at its end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from compliance.policy.verdicts import Verdicts
from compliance.reports.judging.clusters import correlation
from compliance.reports.judging.judged import JudgedPeriod
from compliance.reports.judging.rates import Cohort, due_in, has
from compliance.reports.judging.silent_victims import Silence, silence
from compliance.reports.periods.spans import Span


@dataclass(frozen=True)
class EditionPeriod:
    """One period as an edition reads it.

    `judge_again` returns its verdicts, which are needed to name cases and which the report itself no longer holds.
    `judged`: what the report counted for it, if it has been made.
    """

    span: Span
    division: str | None
    judge_again: Callable[[], Verdicts]
    judged: JudgedPeriod | None = None
    _due: dict[int, Cohort] = field(default_factory=dict, compare=False)

    @cached_property
    def verdicts(self) -> Verdicts:
        """The period's verdicts as at its T and as known at its K (statistics 1.2)."""
        return self.judge_again()

    @cached_property
    def of_force(self) -> Cohort:
        """The obligations of the whole force due in the period that count."""
        return due_in(self.verdicts, *self.span.days) if self.judged is None else self.judged.cohort

    @cached_property
    def cohort(self) -> Cohort:
        """Those of the edition."""
        found = self.of_force
        return found if self.division is None else found.where(has(found.division, self.division))

    @cached_property
    def silence_of_force(self) -> Silence:
        """The victims of the whole force who may be silent at the end of the period (statistics 1.7)."""
        return silence(self.verdicts, self.span) if self.judged is None else self.judged.silence

    @cached_property
    def silence_rho(self) -> float:
        """How alike the victims of one officer are in being silent, in the whole force (statistics 1.3)."""
        return correlation(self.silence_of_force.silent, self.silence_of_force.officer.codes)

    @cached_property
    def silence(self) -> Silence:
        """Those of the edition."""
        found = self.silence_of_force
        return found if self.division is None else found.where(has(found.division, self.division))

    def due(self, place: int) -> Cohort:
        """Return the obligations due of one requirement, by its place in the policy."""
        if place not in self._due:
            self._due[place] = self.cohort.where(self.cohort.requirement == place)
        return self._due[place]
