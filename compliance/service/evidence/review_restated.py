"""How the published rate of a dip sample's period has changed since, and what a changed policy makes of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from compliance.batch.whatif import Tally, whatif
from compliance.batch.whatif_settings import apply_settings
from compliance.policy import judge
from compliance.reports.judging.beginning import CannotReportError
from compliance.reports.judging.restatement import Restatement
from compliance.reports.judging.sources import complete_records
from compliance.reports.model.findings import Restated
from compliance.reports.periods.periods import parse_period
from compliance.reports.publishing.snapshots import published_as
from compliance.reviews.since_published import PolicyVariation, SincePublished
from compliance.service.answers.explaining import stored_chunks
from compliance.service.service import Service
from compliance.store.kept.reviews import StoredReview


def find_since(service: Service, review: StoredReview, changes: Sequence[str] = ()) -> SincePublished:
    """Return what became of the rate from which a dip sample was drawn.

    `changes`: KEY=VALUE of a policy to compare with; empty: none. Raises SettingsError for a change that cannot be.
    """
    now = service.clock()
    variation = _vary(service, review, changes, now) if changes else None
    today = service.policy.local.date_of(now)
    try:
        restated = _restate(service, review, now)
    except CannotReportError as error:
        return SincePublished(today, None, f"It cannot be said any more: {error}.", variation)
    why = "" if restated else f"Version {review.version} of the board's report is not held in a form that can be read."
    return SincePublished(today, restated, why, variation)


def _restate(service: Service, review: StoredReview, now: datetime) -> Restated | None:
    period, policy = parse_period(review.period), service.policy
    earlier = published_as(service.store, period, review.version)
    if earlier is None:
        return None
    edition, _ = service.reporting.read_edition(period)
    records = complete_records(edition.source, edition.beginning.begun, policy.local)
    current, known = (
        judge(records.records_known(at).columns, policy, at, at) for at in (now, period.settling_instant(policy.local))
    )
    found = Restatement(current).of(replace(earlier, by_unit=False), known)
    return next((each for each in found if (each.requirement, each.unit) == (review.requirement, None)), None)


def _vary(service: Service, review: StoredReview, changes: Sequence[str], now: datetime) -> PolicyVariation:
    period, policy = parse_period(review.period), service.policy
    changed = apply_settings(policy, changes)
    found = whatif(stored_chunks(service.store, None), policy, changed, (period.first, period.last), now)
    lines = [line for each in found.figures if each.requirement == review.requirement for line in each.lines]
    before, after = next(((line.before, line.after) for line in lines if line.every), (None, None))
    return PolicyVariation(tuple(changes), _counted(before), _counted(after))


def _counted(tally: Tally | None) -> tuple[int, int] | None:
    return None if tally is None else (tally.met, tally.of)
