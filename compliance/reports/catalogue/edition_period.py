"""One period as an edition reads it: its verdicts, what was due in it, and who was silent at its end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from compliance.policy.verdicts import Verdicts
from compliance.reports.judged import JudgedPeriod
from compliance.reports.rates import Cohort, due_in, has
from compliance.reports.silent_victims import Silence, silence
from compliance.reports.spans import Span


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
    def cohort(self) -> Cohort:
        """The edition's obligations due in the period that count."""
        if self.judged is None:
            return due_in(self.verdicts, *self.span.days, self.division)
        return self.judged.within(self.division).cohort

    @cached_property
    def silence(self) -> Silence:
        """The edition's victims who may be silent at the end of the period (statistics 1.7)."""
        if self.judged is None:
            found = silence(self.verdicts, self.span)
            return found if self.division is None else found.where(has(found.division, self.division))
        return self.judged.within(self.division).silence

    def due(self, place: int) -> Cohort:
        """Return the obligations due of one requirement, by its place in the policy."""
        if place not in self._due:
            self._due[place] = self.cohort.where(self.cohort.requirement == place)
        return self._due[place]
