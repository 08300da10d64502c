"""Enhanced victims, live contact only (statistics 1.9), and offence groups."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.catalogue.row import NO_NAME
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import Figures, Period, RequirementFigures
from compliance.reports.model.words import heading
from compliance.reports.pieces.cells import between, cases, name_of, rate_and_counts
from compliance.reports.pieces.parts import Cell, Column, Part, Row, Section, Table, cell, note
from compliance.reports.wording.passages import LIVE_ONLY, offence_weeks, offences, offences_in_words

ENHANCED_VICTIMS: Final = "Enhanced victims"
"""What the columns on them are called."""


def victim_groups(figures: Figures) -> Section:
    """Return the section on groups of victims and offences."""
    return Section("views", "Enhanced victims, live contact, offence groups", tuple(_parts(figures)))


def _parts(figures: Figures) -> Iterator[Part]:
    methods = ", ".join(figures.basis.live_methods)
    columns = (Column("Figure", "name"), *_pair("As the policy counts"), *_pair("Live contact only"),
               *_pair(ENHANCED_VICTIMS))  # fmt: skip
    caption = (
        f"The {figures.kind}'s rates, beside those with live contact only ({methods}) and those of enhanced victims "
        "(who are entitled to the enhanced service)"
    )
    rows = tuple(row for requirement in figures.requirements for row in _rows(requirement))
    yield Table("by-group", caption, columns, rows, cases=cases(figures, "live.REQUIREMENT", "enhanced.REQUIREMENT"))
    yield note(LIVE_ONLY)
    named, groups = offences(figures)
    if groups:
        columns = (Column("Offence group", "name"), *(each for r in named for each in _pair(heading(r.id))))
        yield Table(
            "offences", f"Rates by offence group over {offence_weeks(figures)}", columns,
            tuple(_offence(name, shares, named) for name, shares in groups),
            cases=cases(figures, *(f"offence.{requirement.id}/NAME" for requirement in named)),
        )  # fmt: skip
        yield note(offences_in_words(figures))


def _pair(group: str) -> tuple[Column, ...]:
    return Column("Rate", group=group), Column("95% interval", group=group)


def _rows(requirement: RequirementFigures) -> Iterator[Row]:
    parts: tuple[tuple[str, str, Period], ...] = (
        ("rate", "silent", requirement.week), ("live", "silent-live", requirement.live),
        ("enhanced", "silent-enhanced", requirement.enhanced),
    )  # fmt: skip
    yield (
        cell(name_of(requirement)),
        *(each for kind, _, part in parts for each in _share(part.rate.share, f"{kind}.{requirement.id}")),
    )
    if requirement.repeats:
        yield cell("Silent victims"), *(each for _, figure, part in parts for each in _share(part.silent, figure))


def _share(share: Proportion | None, figure: str) -> tuple[Cell, Cell]:
    return rate_and_counts(share, figure), cell(between(share) if share else "–")


def _offence(name: str | None, shares: list[Proportion], named: list[RequirementFigures]) -> Row:
    of = zip(named, shares, strict=True)
    cells = (each for r, share in of for each in _share(share, f"offence.{r.id}/{name or NO_NAME}"))
    return cell(name_of(name)), *cells
