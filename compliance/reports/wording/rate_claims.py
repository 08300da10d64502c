"""Claims about rates: that nothing was due, that one changed, that divisions differ (statistics 1.2b, 1.5)."""

from collections.abc import Iterator, Sequence

from compliance.reports.catalogue.unit_levels import UnitLevel, find_level
from compliance.reports.model.claims import Claim, ClaimKind, Stated
from compliance.reports.model.report_model import DivisionFigures, Figures, Period, RateDifference, RequirementFigures
from compliance.reports.model.words import difference_of, points_between
from compliance.reports.periods.periods import parse_period


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
        return _apart(requirement.change, requirement.week, before, figures, subject, other)
    begin, kind = None, ClaimKind.NOTHING_BEFORE
    if before.rate.share.withheld:
        kind = ClaimKind.BEFORE_WITHHELD
    elif since is not None and parse_period(before.week).first < since:
        kind, begin = ClaimKind.BEFORE_NOT_HELD, figures.basis.records_begin
    return Claim(kind=kind, subject=subject, period=figures.kind, since=begin, against=other)


def changes_of(requirement: RequirementFigures, figures: Figures) -> list[Claim]:
    """Return the claims comparing the rate with the period before and, if there is one, with last year."""
    found = [change_of(requirement, figures)]
    if requirement.change_last_year and requirement.last_year:
        other, change = f"the same {figures.kind} last year", requirement.change_last_year
        found.append(_apart(change, requirement.week, requirement.last_year, figures, subject_of(requirement), other))
    return found


def _apart(change: RateDifference, now: Period, then: Period, figures: Figures, subject: str, against: str) -> Claim:
    """Return the claim of a difference from an earlier period, as shown and without words of chance (1.5a, 1.6)."""
    stated = (
        Stated("difference", points_between(now.rate.share, then.rate.share)), Stated("low", change.low),
        Stated("high", change.high),
    )  # fmt: skip
    return Claim(
        kind=ClaimKind.APART if change.tested else ClaimKind.TOO_FEW, subject=subject, period=figures.kind,
        against=against, stated=stated if change.tested else (),
    )  # fmt: skip


def unit_compared(requirement: RequirementFigures, unit: DivisionFigures, figures: Figures, level: UnitLevel) -> Claim:
    """Return the claim whether one unit differs from the rest."""
    subject, about = f"{level.trailing}.{requirement.id}/{level.group(unit)}", unit.name or ""
    if unit.change is None or not unit.change.tested:
        against = f"the rest of the {level.whole}"
        return Claim(kind=ClaimKind.TOO_FEW, subject=subject, period=figures.kind, about=about, against=against)
    say = _not_judged if unit.change.on_duplicates else _differs
    return say(figures, level, subject, [(requirement, unit)], about)


def units_compared(figures: Figures, requirement: RequirementFigures | None = None) -> Iterator[Claim]:
    """Yield the claim which divisions or teams differ from the rest, under one requirement or under all.

    Nothing if none was compared.
    """
    level = find_level(figures)
    tested = [
        (each, unit)
        for each in figures.requirements
        if requirement in (None, each)
        for unit in level.list_units(each)
        if unit.change and unit.change.tested
    ]
    if tested:
        subject = level.trailing if requirement is None else f"{level.trailing}.{requirement.id}"
        held = [(each, unit) for each, unit in tested if unit.change and unit.change.on_duplicates]
        claim = _differs(figures, level, subject, tested, level.name)
        if not held or claim.kind == ClaimKind.DIFFERS:
            yield claim
        if held:
            yield _not_judged(figures, level, subject, held, level.name)


def _differs(
    figures: Figures,
    level: UnitLevel,
    subject: str,
    tested: Sequence[tuple[RequirementFigures, DivisionFigures]],
    about: str,
) -> Claim:
    different = tuple(
        Stated("difference", difference_of(unit), requirement.id, unit.name or "")
        for requirement, unit in tested
        if unit.change and unit.change.significant
    )
    return Claim(
        kind=ClaimKind.DIFFERS if different else ClaimKind.ALIKE, subject=subject, period=figures.kind, about=about,
        against=f"the rest of the {level.whole}", stated=(Stated("weeks", figures.basis.trailing_weeks), *different),
    )  # fmt: skip


def _not_judged(
    figures: Figures,
    level: UnitLevel,
    subject: str,
    held: Sequence[tuple[RequirementFigures, DivisionFigures]],
    about: str,
) -> Claim:
    """Return the claim that units are not told to differ: they would only with crimes on record twice."""
    return Claim(
        kind=ClaimKind.ON_DUPLICATES, subject=subject, period=figures.kind, about=about,
        against=f"the rest of the {level.whole}",
        stated=tuple(Stated("held", None, requirement.id, unit.name or "") for requirement, unit in held),
    )  # fmt: skip


def rests_on(requirement: RequirementFigures, level: UnitLevel) -> Iterator[Claim]:
    """Yield each difference that would be none without one other unit (statistics 1.5)."""
    for unit in level.list_units(requirement):
        yield from rests_on_of(requirement, unit, level)


def rests_on_of(requirement: RequirementFigures, unit: DivisionFigures, level: UnitLevel) -> Iterator[Claim]:
    """Yield the same of one unit."""
    if unit.rests_on:
        yield Claim(
            kind=ClaimKind.RESTS_ON, subject=f"{level.trailing}.{requirement.id}/{level.group(unit)}",
            about=unit.name or "", against=f"the rest of the {level.whole}",
            stated=tuple(Stated("without", None, requirement.id, name) for name in unit.rests_on),
        )  # fmt: skip


def list_in_force(figures: Figures) -> Iterator[tuple[RequirementFigures, DivisionFigures]]:
    """Yield the division of an edition under each requirement under which it is compared with the rest of the force."""
    for requirement in figures.requirements:
        own = requirement.in_force
        if isinstance(own, DivisionFigures) and own.change and own.change.tested:
            yield requirement, own


def withheld(subject: str, what: str) -> Claim:
    """Return the claim that a figure does not leave the force (statistics 1.6). `what` begins the sentence."""
    return Claim(kind=ClaimKind.WITHHELD, subject=subject, about=what)
