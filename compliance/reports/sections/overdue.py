"""What is overdue now, and how cases were closed (rules section 5, statistics 1.8)."""

from collections.abc import Iterator

from compliance.reports.catalogue.row import band_measure
from compliance.reports.model.report_model import Figures, OverdueBand, RequirementFigures
from compliance.reports.model.words import day, heading
from compliance.reports.pieces import charts
from compliance.reports.pieces.cells import cases_named, name_of, whole
from compliance.reports.pieces.parts import (
    Cell,
    Chart,
    Column,
    Part,
    Row,
    Section,
    Stack,
    Table,
    cell,
    note,
    statement,
    strong,
)
from compliance.reports.wording.passages import describe_closings
from compliance.reports.wording.sentences import sentence
from compliance.reports.wording.telling import overdue_in_words, stock_claims


def overdue_and_closed(figures: Figures) -> Section:
    """Return the section on overdue updates and closed cases."""
    return Section("outstanding", "Overdue now, and cases closed", tuple(_parts(figures)))


def _parts(figures: Figures) -> Iterator[Part]:
    most = max((requirement.overdue.count or 0 for requirement in figures.requirements), default=0)
    bands = figures.requirements[0].overdue.bands
    columns = (
        Column("Requirement", "name"), Column("Overdue"),
        *(Column(_title(band), key=place) for place, band in enumerate(bands, 1)), Column("Drawn", "drawn"),
    )  # fmt: skip
    rows = tuple(_row(requirement, most) for requirement in figures.requirements)
    yield Table("overdue", f"Updates overdue on {day(figures.basis.today)}, by how long", columns, rows)
    for requirement in figures.requirements:
        if requirement.repeats and requirement.overdue.count:
            yield note(
                f"A {requirement.id} update that stays overdue for a whole interval is counted as missed, and the next "
                "one falls due: long silence shows in the silent victims, not in the bands."
            )
    for requirement in figures.requirements:
        if requirement.trend.overdue and not requirement.event:
            name, said = f"{heading(requirement.id)} updates", overdue_in_words(requirement)
            caption = f"{name} overdue on the day each week was settled"
            yield Chart(f"overdue-{requirement.id}", caption, charts.overdue(requirement.trend), f"{name}. {said}")
            claims = list(stock_claims(requirement.trend, f"overdue.{requirement.id}"))
            yield statement(" ".join([said, *map(sentence, claims)]), claims=claims)
    without, across = describe_closings(figures)
    yield statement(without, about="Closed without a word")
    yield statement(across, about="Closed across a due date")
    overdue = (f"overdue.{requirement.id}" for requirement in figures.requirements)
    yield from cases_named(figures, *overdue, "closed-without-a-word", "closed-across")


def _title(band: OverdueBand) -> str:
    return f"{band.first} to {band.last} days" if band.last else f"over {band.first - 1} days"


def _row(requirement: RequirementFigures, most: int) -> Row:
    overdue, figure = requirement.overdue, f"overdue.{requirement.id}"
    shares = tuple((band.count or 0) / most for band in overdue.bands) if most and overdue.count else ()
    return (
        cell(name_of(requirement)), cell(strong((whole(overdue.count, f"{figure}:count"),))),
        *(cell(whole(band.count, f"{figure}:{band_measure(band.first, band.last)}")) for band in overdue.bands),
        Cell(drawn=Stack(shares)) if shares else Cell(),
    )  # fmt: skip
