"""Which policy was in use since when, and what each asked differently from the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from compliance.policy import Policy
from compliance.policy.differences import describe_differences
from compliance.reports.publishing.snapshots import policy_of
from compliance.store import Store, policies_used
from compliance.store.tables import Published


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """A policy in use since an instant (UTC). `digest`: of all that decides a verdict.

    `differences`: what it asks that the one before did not, in words; none: only its bank holidays differ. None: it is
    the first, or what one of the two asked is not known: that is kept with the reports published by it.
    """

    title: str
    digest: str
    since: datetime
    is_first: bool
    differences: tuple[str, ...] | None


def list_policy_uses(store: Store, policy: Policy) -> list[PolicyUse]:
    """Return the policies by which the service has judged, the newest first. `policy`: that of the settings."""
    used = policies_used(store)
    known = _published_policies(store) | {policy.digest: policy}
    digests = [None, *(row.policy_digest for row in used)]
    found = [
        PolicyUse(
            row.title, row.policy_digest, row.since, before is None, _differences(known, before, row.policy_digest)
        )
        for before, row in zip(digests, used, strict=False)
    ]
    return found[::-1]


def _differences(known: Mapping[str, Policy], before: str | None, now: str) -> tuple[str, ...] | None:
    former, policy = known.get(before or ""), known.get(now)
    return None if former is None or policy is None else describe_differences(former, policy)


def _published_policies(store: Store) -> dict[str, Policy]:
    """Return the policies by which reports were published, by digest."""
    one_each = select(func.min(Published.id)).group_by(Published.policy_digest)
    asked = select(Published.policy_digest, Published.policy).where(col(Published.id).in_(one_each))
    with store.session(reading=True) as session:
        return {digest: policy_of(dict(content)) for digest, content in session.exec(asked) if content}
