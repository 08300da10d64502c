"""A changed policy, announced: what it asks differently, and the period by both policies (statistics section 5)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from compliance.policy import judge
from compliance.policy.differences import describe_differences
from compliance.policy.verdicts import MET
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.rate_figures import RATE
from compliance.reports.judging.clusters import clustered
from compliance.reports.judging.rates import due_in
from compliance.reports.model.claims import Claim, ClaimKind, Stated
from compliance.reports.model.findings import BothPolicies, ChangedPolicy
from compliance.reports.model.report_model import Figures

ANNOUNCED: Final = timedelta(days=28)
"""For how long after a change of policy reports announce it."""


def find_changed_policy(edition: Edition) -> ChangedPolicy | None:
    """Return the change of policy to announce: one in the period, in the four weeks before it, or since."""
    former, period = edition.options.former, edition.period
    if former is None or former.since <= period.first - ANNOUNCED:
        return None
    then = judge(edition.headline.columns, former.policy, edition.headline.as_at, edition.headline.known_at)
    due = due_in(then, *period.days, edition.division)
    shares = []
    for place, asked in enumerate(former.policy.requirement):
        own = due.where(due.requirement == place)
        if asked.id in {each.id for each in edition.policy.requirement}:
            now = RATE.share(edition, asked.id)
            shares.append(BothPolicies(asked.id, now, clustered(own.state == MET, own.officer)))
    return ChangedPolicy(former.since, describe_differences(former.policy, edition.policy), tuple(shares))


def changed_policy_of(figures: Figures) -> Iterator[Claim]:
    """Yield the claim that announces a changed policy."""
    changed = figures.changed_policy
    if changed is not None and changed.differences:
        yield Claim(
            kind=ClaimKind.POLICY_CHANGED, subject="former-policy", period=figures.kind, since=changed.since,
            words="; ".join(changed.differences),
            stated=tuple(
                Stated(measure, share.rate, each.requirement)
                for each in changed.rates for measure, share in (("now", each.now), ("before", each.before))
            ),
        )  # fmt: skip
