"""What a thousand traced numbers have in common, worked out once.

A test module takes the fixture over by name: `judged_once = tracing.judged_once`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from compliance.policy import Policy, judge
from compliance.policy.verdicts import Verdicts
from compliance.records import Columns
from compliance.reports.judging.judged import judge_span
from compliance.reports.judging.restatement import Earlier, Restatement
from compliance.reports.judging.sources import RecordSource
from compliance.reports.periods.spans import Span


@pytest.fixture(autouse=True, scope="module")
def judged_once() -> Iterator[None]:
    """What the same records are judged to be, and how a figure was restated, is the same for each of a thousand numbers."""
    judgements, restated = dict[Any, Verdicts](), dict[Any, list[tuple[str, Verdicts]]]()
    spans = dict[Any, tuple[Columns, Verdicts]]()
    stages = Restatement.stages

    def once(crimes: Columns, policy: Policy, as_at: datetime, known_at: datetime) -> Verdicts:
        key = (id(crimes), policy.digest, as_at, known_at)
        if key not in judgements:
            judgements[key] = judge(crimes, policy, as_at, known_at)
        return judgements[key]  # which holds the crimes, so that their id stays theirs

    def span_once(source: RecordSource, policy: Policy, span: Span) -> Verdicts:
        known = source.records_known(span.settling_instant(policy.local)).columns
        key = (id(known), policy.digest, span)
        if key not in spans:
            spans[key] = known, judge_span(source, policy, span)
        return spans[key][1]

    def stages_once(self: Restatement, earlier: Earlier, known: Verdicts) -> Iterator[tuple[str, Verdicts]]:
        key = (id(self._now), earlier.span, id(known))
        if key not in restated:
            restated[key] = list(stages(self, earlier, known))
        return iter(restated[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compliance.reports.catalogue.edition_records.judge", once)
        patch.setattr("compliance.reports.catalogue.edition_records.judge_span", span_once)
        patch.setattr(Restatement, "stages", stages_once)
        yield
