"""How a published figure has changed: its causes, applied one after another (statistics section 5).

The records as known when a period was published are turned into those known now, one kind of fact after another, and
judged after each step. The parts therefore add up exactly to the whole difference, in obligations met and due.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from compliance.policy import Policy, judge
from compliance.policy.verdicts import MET, Verdicts
from compliance.records.columns import Columns
from compliance.records.instants import to_micros
from compliance.reports.judging.rates import due_in
from compliance.reports.judging.restated_records import STEPS, Mixture, as_known
from compliance.reports.model.findings import Restated, Step
from compliance.reports.organisation import Organisation
from compliance.reports.periods.spans import Span
from compliance.store.reading.column_pool import take_columns

CAUSES: Final = {
    "entered": "updates entered later",
    "corrected": "updates corrected or withdrawn",
    "added": "crimes or victims added late",
    "cancelled": "crimes cancelled",
    "dates": "report date or status corrected",
    "declines": "declines, or another category of victim",
    "reallocated": "reallocation between divisions",
    "retention": "records no longer held",
    "calendar": "another calendar of bank holidays",
    "policy": "another policy",
    "time": "facts dated ahead that have come",
}
"""The causes in the order of the report.

The last is not a correction but what was dated in the future at publication and has since occurred. It is applied
before the others.
"""

PUBLISHED: Final = "published"
"""The stage before the first step."""

Counts = dict[tuple[str, str | None], tuple[int, int]]
"""(met, due) by requirement and division; None: all."""


@dataclass(frozen=True)
class Earlier:
    """A period as it was published.

    `policy`: the policy that judged it. `rates`: (met, due) by requirement and division (None: all). `organisation`:
    the map that named the divisions. `by_unit`: whether its divisions can be compared with those of now.
    """

    span: Span
    version: int
    policy: Policy
    rates: Counts
    organisation: Organisation | None = None
    by_unit: bool = True

    def comparable_under(self, organisation: Organisation | None, day: date) -> "Earlier":
        """Return the same for a report by the map of a later day, without divisions if these differ."""
        own = self.organisation
        same = (own and own.digest) == (organisation and organisation.digest)
        if same and not (own and own.differs_between(self.span.last, day)):
            return self
        whole = {key: counted for key, counted in self.rates.items() if key[1] is None}
        return replace(self, rates=whole, by_unit=False)


class Restatement:
    """Earlier periods compared with what is known now: as at T and as known at K of a report's verdicts."""

    def __init__(self, now: Verdicts) -> None:
        """`now`: all records, judged by today's policy."""
        self._now = now

    def of(self, earlier: Earlier, known: Verdicts) -> list[Restated]:
        """Restate one earlier period under every requirement it was published for.

        Covers the whole, and each division that changed. `known`: the records as known when it was settled, judged as
        at then by today's policy.
        """
        stages = self.stages(earlier, known)
        _, start = next(stages)
        steps = {name: counts(verdicts, earlier.span) for name, verdicts in stages}
        return list(_restate(earlier, counts(start, earlier.span), steps))

    def stages(self, earlier: Earlier, known: Verdicts) -> Iterator[tuple[str, Verdicts]]:
        """Yield the verdicts on an earlier period as published, and after each step (of CAUSES) towards those of now.

        The last are those of now. `known`: as in `of`.
        """
        policy, span = earlier.policy, earlier.span
        if policy.digest != known.policy.digest:
            known = judge(known.columns, policy, known.as_at, known.known_at)
        yield PUBLISHED, known
        today = self._now if policy.digest == self._now.policy.digest else self._by(self._now.columns, policy)
        old = as_known(known.columns, to_micros(known.as_at))
        refs = pa.concat_arrays([_due(known, span), _due(today, span)])
        mixture = Mixture(_only(old, refs), _only(self._now.columns, refs))
        for name in STEPS:
            yield name, self._by(mixture.after(name), policy)
        # Loading the same policy again gives it today's calendar.
        yield "calendar", today if not policy.counts_working_days else self._by(self._now.columns, policy.with_values())
        yield "policy", self._now

    def _by(self, columns: Columns, policy: Policy) -> Verdicts:
        return judge(columns, policy, self._now.as_at, self._now.known_at)


def counts(verdicts: Verdicts, span: Span) -> Counts:
    """Return (met, due) in a period by requirement, for the whole and by division."""
    cohort = due_in(verdicts, *span.days)
    found: Counts = {}
    for place, requirement in enumerate(verdicts.policy.requirement):
        of = cohort.where(cohort.requirement == place)
        met = of.state == MET
        found[requirement.id, None] = (int(met.sum()), len(of))
        size = len(of.division.values)
        named = of.division.codes >= 0
        due = np.bincount(of.division.codes[named], minlength=size)
        by = np.bincount(of.division.codes[named & met], minlength=size)
        found |= {
            (requirement.id, of.division.value(i)): (int(by[i]), int(due[i])) for i in np.flatnonzero(due).tolist()
        }
    return found


def _restate(earlier: Earlier, start: Counts, steps: dict[str, Counts]) -> Iterator[Restated]:
    for key in dict.fromkeys([*earlier.rates, *(key for found in steps.values() for key in found)]):
        requirement, unit = key
        if (requirement, None) not in earlier.rates or (unit is not None and not earlier.by_unit):
            continue
        published = earlier.rates.get(key, (0, 0))
        differences: dict[str, tuple[int, int]] = {}
        before = start.get(key, (0, 0))
        for name, found in steps.items():
            after = found.get(key, (0, 0))
            differences[name] = (after[0] - before[0], after[1] - before[1])
            before = after
        # What was published and is missing from the records has left them.
        base = start.get(key, (0, 0))
        removed = differences["retention"]
        differences["retention"] = (removed[0] + base[0] - published[0], removed[1] + base[1] - published[1])
        if unit is not None and not any(any(change) for change in differences.values()):
            continue
        parts = tuple(Step(cause, *differences[cause]) for cause in CAUSES if any(differences[cause]))
        yield Restated(str(earlier.span), earlier.version, requirement, unit, *published, *before, parts)


def _due(verdicts: Verdicts, span: Span) -> pa.Array:
    """Return the crime numbers of everything due in a period, in any state."""
    first, last = span.days
    row = (verdicts.due_date >= first) & (verdicts.due_date <= last)
    return verdicts.columns.crime_ref.take(pa.array(np.unique(verdicts.crime[row])))


def _only(columns: Columns, refs: pa.Array) -> Columns:
    row = np.flatnonzero(pc.is_in(columns.crime_ref, value_set=refs).to_numpy(zero_copy_only=False))
    return take_columns(columns, row)
