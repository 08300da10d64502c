"""Every number of a report as named rows. The forms are made from these rows, and tracing uses their names.

A figure's name is `KIND.REQUIREMENT`, followed by `/GROUP` if it is about one group: `rate.7-day`,
`division.7-day/North`.
"""

from shlex import quote

from msgspec.structs import replace

from compliance.reports.catalogue.editions import PUBLIC
from compliance.reports.catalogue.registry import FIGURES
from compliance.reports.catalogue.row import SECTIONS, Number, PlacedRow, Row
from compliance.reports.model.report_model import Figures

__all__ = ["SECTIONS", "Number", "Row", "cases_command", "rows"]


def cases_command(period: str, unit: str | None) -> str:
    """Return the command that lists the cases of a figure, for the board's edition or a division's (`unit`).

    The figure's name is to be appended.
    """
    division = "" if unit is None else f" --division {quote(unit)}"
    return f"compliance report cases --period {period}{division} --figure"


def rows(figures: Figures) -> tuple[Row, ...]:
    """Return all numbers of a report by section, in the order that the figures give."""
    sections = list(SECTIONS)

    def place(found: PlacedRow) -> tuple[int, tuple[int, ...]]:
        return sections.index(found.row.section), found.place

    placed = sorted((each for figure in FIGURES.values() for each in figure.rows(figures)), key=place)
    every = (each.row for each in placed)
    return tuple(every if figures.edition != PUBLIC else map(_withheld, every))


def _withheld(row: Row) -> Row:
    """Mark a row of the public edition without numbers as withheld: unknown there always means withheld."""
    unknown = all(number is None for number in row.numbers.values())
    return replace(row, status="withheld") if unknown else row
