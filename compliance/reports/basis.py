"""What a report was computed from, and the dip sample drawn from it."""

import hashlib
from collections.abc import Sequence
from random import Random

import numpy as np
from msgspec import UNSET

from compliance.policy.calendars import from_day
from compliance.policy.verdicts import Verdicts
from compliance.records.instants import to_micros
from compliance.reports.catalogue.unit_levels import AREAS
from compliance.reports.judging.judged import TRAILING, Judgements
from compliance.reports.judging.rates import Cohort
from compliance.reports.model.findings import Sample
from compliance.reports.model.report_model import ReportBasis, RequirementFigures


def draw_sample(judged: Judgements, cohort: Cohort, force: str) -> Sample | None:
    """Draw crimes with an obligation due in the period at random, with a seed derived from force and period.

    Returns None if nothing was due or no sample is wanted.
    """
    columns = judged.headline.columns
    crimes = np.unique(columns.victims.crime[cohort.victim])
    refs = sorted(columns.crime_ref.take(crimes).to_pylist())
    if not refs or not judged.options.sampled:
        return None
    seed = int.from_bytes(hashlib.sha256(f"{force}/{judged.period.span}".encode()).digest()[:4])
    drawn = Random(seed).sample(refs, min(judged.options.sampled, len(refs)))
    return Sample(seed, len(refs), tuple(sorted(drawn)))


def state_basis(judged: Judgements, ours: Verdicts, requirements: Sequence[RequirementFigures]) -> ReportBasis:
    """Return what an edition was computed from. `ours`: the verdicts on the crimes it covers."""
    policy, columns, settled, organisation = judged.policy, ours.columns, ours.as_at, judged.options.organisation
    reported = columns.reported_at <= to_micros(settled)
    compared = [unit.change for r in requirements for unit in (*r.divisions, *AREAS.list_units(r))]
    return ReportBasis(
        policy=policy.title,
        policy_source=policy.source,
        policy_file=policy.path.name,
        policy_digest=policy.digest,
        records=judged.source.name,
        crimes=int(reported.sum()),
        victims=int(reported[columns.victims.crime].sum()),
        as_at=settled,
        known_at=settled,
        today=from_day(policy.local.day_of(settled)),
        live_methods=tuple(judged.options.live_methods),
        own_words={name: tuple(sorted(words)) for name, words in sorted(judged.options.own_words.items())},
        trailing_weeks=TRAILING,
        weeks_before_observation=judged.unobserved,
        comparisons=sum(change is not None and change.tested for change in compared),
        organisation_digest=UNSET if organisation is None else organisation.digest,
        records_begin=judged.options.records_begin,
        questions_to=judged.options.questions_to,
    )
