"""Claims about rates: that nothing was due, that one changed, that divisions differ (statistics 1.2b, 1.5)."""

from collections.abc import Iterator

from compliance.reports.claims import Claim, ClaimKind, Stated
from compliance.reports.periods import parse_period
from compliance.reports.report_model import Figures, RateDifference, RequirementFigures
from compliance.reports.words import units


def subject_of(requirement: RequirementFigures) -> str:
    """Return the name of its rate."""
    return f"rate.{requirement.id}"


def nothing_due(requirement: RequirementFigures, figures: Figures) -> Claim:
    """Return the claim that explains why there is no rate (statistics 1.2b)."""
    since, kind = requirement.due_from, ClaimKind.NOTHING_DUE
    if since is not None and figures.first < since:
        kind = ClaimKind.NOT_YET_DUE if figures.last < since else ClaimKind.NOT_HELD_IN_FULL
    begin = None if kind == ClaimKind.NOTHING_DUE else figures.basis.records_begin
    return Claim(kind=kind, subject=subject_of(requirement), period=figures.kind, since=begin)


def change_of(requirement: RequirementFigures, figures: Figures) -> Claim:
    """Return the claim comparing the rate with the period before, or why there is nothing to compare with."""
    before, since = requirement.before, requirement.due_from
    other, subject = f"the {figures.kind} before", subject_of(requirement)
    if requirement.change is not None and not before.rate.share.withheld:
        return claim_change(requirement.change, subject, figures, other)
    begin, kind = None, ClaimKind.NOTHING_BEFORE
    if before.rate.share.withheld:
        kind = ClaimKind.BEFORE_WITHHELD
    elif since is not None and parse_period(before.week).first < since:
        kind, begin = ClaimKind.BEFORE_NOT_HELD, figures.basis.records_begin
    return Claim(kind=kind, subject=subject, period=figures.kind, since=begin, against=other)


def changes_of(requirement: RequirementFigures, figures: Figures) -> list[Claim]:
    """Return the claims comparing the rate with the period before and, if there is one, with last year."""
    found = [change_of(requirement, figures)]
    if requirement.change_last_year:
        other = f"the same {figures.kind} last year"
        found.append(claim_change(requirement.change_last_year, subject_of(requirement), figures, other))
    return found


def claim_change(change: RateDifference, subject: str, figures: Figures, against: str, about: str = "") -> Claim:
    """Return the claim about whether a difference is more than chance (statistics 1.5, 1.6)."""
    kind = ClaimKind.CHANGED if change.significant else ClaimKind.NOT_CHANGED
    stated = (Stated("difference", change.difference), Stated("low", change.low), Stated("high", change.high))
    return Claim(
        kind=kind if change.tested else ClaimKind.TOO_FEW, subject=subject, period=figures.kind, against=against,
        about=about, stated=stated if change.tested else (),
    )  # fmt: skip


def divisions_compared(figures: Figures) -> Iterator[Claim]:
    """Yield the claim about which divisions or teams differ from the rest; nothing if none was tested."""
    tested = [
        (requirement.id, division.name, division.change)
        for requirement in figures.requirements
        for division in requirement.divisions
        if division.change and division.change.tested
    ]
    if not tested:
        return
    unit, whole = units(figures)
    flagged = tuple(
        Stated("difference", change.difference, key, name or f"no recorded {unit}")
        for key, name, change in tested
        if change.significant
    )
    yield Claim(
        kind=ClaimKind.DIFFERS if flagged else ClaimKind.ALIKE, subject="trailing", period=figures.kind, about=unit,
        against=f"the rest of the {whole}", stated=(Stated("weeks", figures.basis.trailing_weeks), *flagged),
    )  # fmt: skip


def withheld(subject: str, what: str) -> Claim:
    """Return the claim that a figure does not leave the force (statistics 1.6). `what` begins the sentence."""
    return Claim(kind=ClaimKind.WITHHELD, subject=subject, about=what)
