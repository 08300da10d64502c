"""What a report says of crimes that are probably on record twice, and of what rests on them (decision 0058)."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.model.changes import Part
from compliance.reports.model.claims import Claim, ClaimKind, FirstClaim, Stated
from compliance.reports.model.findings import Trend
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import units
from compliance.reports.wording.event_sentences import series_name
from compliance.text import join_words

DUPLICATES: Final = "probable-duplicates"
"""The key of the pattern by team, which is told first only where no division has far more than by chance."""


def find_duplicated(figures: Figures) -> Iterator[FirstClaim]:
    """Yield where far more crimes than by chance are on record twice, and which rates are not judged for it."""
    if not (found := figures.duplicates):
        return
    names = [series_name(*series) for series in dict.fromkeys(_list_held(figures))]
    yield FirstClaim(
        kind=ClaimKind.DUPLICATED, subject=f"duplicates/{found[0].name}".rstrip("/"), period=figures.kind,
        about=f"the whole {units(figures)[1]}", units=tuple(each.name for each in found if each.name),
        words=join_words(names) if names else "", keys=(f"pattern/{DUPLICATES}",), listed=figures.edition != PUBLIC,
        stated=tuple(
            Stated(measure, value, group=each.name)
            for each in found for measure, value in (
                ("count", each.share.count), ("of", each.share.of), ("expected", each.expected))
        ),
    )  # fmt: skip


def _list_held(figures: Figures) -> Iterator[tuple[str, Part]]:
    """Yield the requirement and part of each rate of which something is not told because it rests on duplicates."""
    for requirement in figures.requirements:
        changes = [unit.change for unit in requirement.divisions]
        if requirement.trend.on_duplicates or any(change and change.on_duplicates for change in changes):
            yield requirement.id, ""
        yield from ((requirement.id, part.part) for part in requirement.parts if part.trend.on_duplicates)
        yield from (
            (series.requirement, series.part) for series in figures.own_past
            if series.requirement == requirement.id and any(unit.on_duplicates for unit in series.units)
        )  # fmt: skip


def causes_held(trend: Trend, subject: str) -> Iterator[Claim]:
    """Yield that some weeks of a chart are not told to be special: they would be only with crimes on record twice."""
    if weeks := len(trend.on_duplicates):
        yield Claim(kind=ClaimKind.ON_DUPLICATES, subject=subject, stated=(Stated("weeks", weeks),))
