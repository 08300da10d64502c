"""Divisions or teams against their own past, as tables (statistics 1.5b)."""

from collections.abc import Iterator
from typing import Final

from compliance.reports.catalogue.unit_levels import find_level
from compliance.reports.model.changes import PAST_FIGURE, OwnPast, PastSeries
from compliance.reports.model.claims import Claim, ClaimKind, FirstClaim, Stated
from compliance.reports.model.report_model import Figures
from compliance.reports.model.words import heading, number, percent, points_text, subtract_shown
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.cells import cases
from compliance.reports.pieces.parts import Column, Heading, Part, Row, Table, cell, note
from compliance.reports.wording.event_sentences import series_name
from compliance.reports.wording.sentences import sentence

_KINDS: Final = {
    "worse": ClaimKind.WORSE_THAN_BEFORE, "better": ClaimKind.BETTER_THAN_BEFORE, None: ClaimKind.AS_BEFORE,
}  # fmt: skip


def units_against_own_past(figures: Figures) -> Iterator[Part]:
    """Yield a table of each series in which units are held against their own past, and what it asks."""
    tables = [_table(series, figures) for series in figures.own_past if series.units]
    unit = find_level(figures).name
    if not tables:
        return
    few = ", and so few that only a large change can be told from chance" if unit == "team" else ""
    yield Heading("own-past", f"Each {unit} against its own past")
    yield from tables
    yield note(
        f"Two questions are asked: the last 13 settled weeks against the 13 before, paired by officer{few}, with one "
        "untrue finding in a hundred allowed; and a cumulative sum of the last 13 weeks against the 26 before. "
        "Excluded weeks are left out, and nothing is compared across a change of policy or of limits. The XLSX and "
        f"JSON forms have a chart of each {unit}, in which nothing is called a change."
    )


def _table(series: PastSeries, figures: Figures) -> Table:
    name = series_name(series.requirement, series.part).removeprefix("the ")
    columns = (Column(heading(find_level(figures).name), "name"), Column("Last 13 weeks"), Column("Rate"),
               Column("13 weeks before"), Column("Rate before"), Column("Difference in points"),
               Column("Against its own past", "words"))  # fmt: skip
    figure = f"{PAST_FIGURE[series.part]}.{series.requirement}"
    return Table(
        figure.replace(".", "-"), f"{heading(name)} against its own past", columns,
        tuple(_row(series, unit, figures) for unit in series.units), cases=cases(figures, f"{figure}/NAME"),
    )  # fmt: skip


def _row(series: PastSeries, unit: OwnPast, figures: Figures) -> Row:
    now, before = (
        met / due if due else None for met, due in ((unit.met, unit.due), (unit.met_before, unit.due_before))
    )
    claim = _claim(series, unit, figures)
    difference = "–" if now is None or before is None else points_text(subtract_shown(now, before))
    return (
        cell(unit.name), cell(f"{number(unit.met)} of {number(unit.due)}"), cell(percent(now)),
        cell(f"{number(unit.met_before)} of {number(unit.due_before)}"), cell(percent(before)), cell(difference),
        cell(sentence(claim), claim=claim),
    )  # fmt: skip


def _claim(series: PastSeries, unit: OwnPast, figures: Figures) -> Claim:
    """Return what is said of a unit in a series: that it changed, that it did not, or why that is not asked."""
    kind = ClaimKind.NOT_ONE_UNIT if unit.unlike else _KINDS[unit.turn]
    if unit.on_duplicates:
        kind = ClaimKind.ON_DUPLICATES
    elif unit.p is None and unit.turn is None and not unit.unlike:
        kind = ClaimKind.TOO_FEW_BEFORE
    rates = (Stated("now", unit.now, series.requirement, unit.name, series.part),
             Stated("base", unit.base, series.requirement, unit.name, series.part))  # fmt: skip
    return FirstClaim(
        kind=kind, subject=f"{PAST_FIGURE[series.part]}.{series.requirement}/{unit.name}", period=figures.kind,
        about=find_level(figures).name, units=(unit.name,), keys=(), words=unit.unlike,
        since=parse_period(unit.since).first if unit.since else None,
        until=figures.last if unit.turn else None, stated=rates if unit.turn else (),
    )  # fmt: skip
