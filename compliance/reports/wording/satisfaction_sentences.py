"""What victims say, as claims and in words. No sentence here speaks of compliance (docs/satisfaction.md)."""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import UNSET

from compliance.reports.methods.statistics import FEW
from compliance.reports.model.claims import Claim, Stated
from compliance.reports.model.claims import ClaimKind as Kind
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures
from compliance.reports.model.satisfaction_model import Satisfaction
from compliance.reports.model.words import count_of, limits_text, number, percent, points_between, points_text
from compliance.reports.periods.periods import in_words, parse_period
from compliance.reports.wording.rate_claims import withheld


def satisfaction_claims(figures: Figures) -> list[Claim]:
    """Return what the newest wave says: the share, its target, and the wave before; empty without a wave."""
    found = figures.satisfaction
    return [] if found is UNSET else list(_claims(found, figures))


def _claims(found: Satisfaction, figures: Figures) -> Iterator[Claim]:
    subject, share = f"satisfaction.{found.wave}", found.share
    if share.withheld:
        yield withheld(subject, f"The share satisfied in the survey about {wave_in_words(found.wave)}")
        return
    whole = (*_limits(share), Stated("count", share.count), Stated("of", share.of), Stated("rate", share.rate))
    yield Claim(kind=Kind.SATISFIED, subject=subject, period=figures.kind, about=figures.unit or "",
                words=wave_in_words(found.wave), stated=whole)  # fmt: skip
    if share.few:
        return
    if found.target is not None:
        yield Claim(kind=Kind.SATISFACTION_TARGET, subject=subject, period=figures.kind,
                    stated=(*_limits(share), Stated("target", found.target)))  # fmt: skip
    if found.change is None or found.share_before is None:
        return
    change, against = found.change, wave_in_words(found.before)
    if not change.tested:
        yield Claim(kind=Kind.SATISFACTION_TOO_FEW, subject=subject, period=figures.kind, against=against)
        return
    points = Stated("difference", points_between(share, found.share_before))
    excludes_none = change.low > 0 or change.high < 0
    yield Claim(
        kind=Kind.SATISFACTION_APART if excludes_none else Kind.SATISFACTION_AS_BEFORE, subject=subject,
        period=figures.kind, against=against,
        stated=(points, Stated("low", change.low), Stated("high", change.high)),
    )  # fmt: skip


def _limits(share: Proportion) -> tuple[Stated, Stated]:
    return Stated("low", share.low), Stated("high", share.high)


def wave_in_words(wave: str) -> str:
    """Return a wave within a sentence: May 2026; the second quarter of 2026; week 18 of 2026."""
    return f"{'the ' if parse_period(wave).kind == 'quarter' else ''}{in_words(wave)}"


def _satisfied(claim: Claim) -> str:
    count, of, wave = claim.count("count"), claim.count("of"), claim.words
    where = f" in {claim.about}" if claim.about else ""
    if of < FEW:
        victims = count_of(of, "victim")
        return (
            f"{victims}{where} answered the survey about {wave}, {number(count)} of them satisfied with being kept "
            "informed: too few for a share to mean much."
        )
    some = "all" if count == of else f"{number(count)} of the" if count else "none of the"
    was = "was" if count <= 1 else "were"
    return (
        f"{percent(claim.value('rate'))}: {some} {number(of)} victims{where} who answered the survey about {wave} "
        f"{was} satisfied with being kept informed (95% interval "
        f"{limits_text(claim.value('low'), claim.value('high'))})."
    )


def _target(claim: Claim) -> str:
    target = claim.value("target")
    side = "within"
    if target < 100 * claim.value("low"):
        side = "below"
    elif target > 100 * claim.value("high"):
        side = "above"
    return f"The target of {target:g}% is {side} that interval."


def _apart(claim: Claim) -> str:
    side = "higher" if claim.value("low") > 0 else "lower"
    points = f"{abs(claim.value('difference')) * 100:.1f}"
    return (
        f"The share is {points} percentage points {side} than in the wave about {claim.against} ({_interval(claim)})."
    )


def _as_before(claim: Claim) -> str:
    points = points_text(claim.value("difference"))
    return (
        f"Whether the share is higher or lower than in the wave about {claim.against} cannot be told: the difference "
        f"is {points} percentage points ({_interval(claim)})."
    )


def _interval(claim: Claim) -> str:
    return f"95% interval {points_text(claim.value('low'))} to {points_text(claim.value('high'))}"


SATISFACTION_SENTENCES: Final[dict[Kind, Callable[[Claim], str]]] = {
    Kind.SATISFIED: _satisfied,
    Kind.SATISFACTION_TARGET: _target,
    Kind.SATISFACTION_APART: _apart,
    Kind.SATISFACTION_AS_BEFORE: _as_before,
    Kind.SATISFACTION_TOO_FEW: lambda claim: f"Too few answered about {claim.against} to compare it with.",
}
