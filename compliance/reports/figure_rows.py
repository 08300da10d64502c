"""Every number of a report, named: the forms are made of these rows, and the trace is asked for by their names.

A figure's name is `KIND.REQUIREMENT`, then `/GROUP` where it is about one group: `rate.7-day`, `division.7-day/North`.
"""

from shlex import quote

from msgspec.structs import replace

from compliance.reports.catalogue.registry import FIGURES
from compliance.reports.catalogue.row import SECTIONS, Number, PlacedRow, Row
from compliance.reports.editions import PUBLIC
from compliance.reports.report_model import Figures

__all__ = ["SECTIONS", "Number", "Row", "cases_command", "rows"]


def cases_command(period: str, unit: str | None) -> str:
    """The command that lists the cases of a figure of a period, of the board's edition or of a division's (`unit`); the
    figure's name follows."""
    division = "" if unit is None else f" --division {quote(unit)}"
    return f"compliance report cases --period {period}{division} --figure"


def rows(figures: Figures) -> tuple[Row, ...]:
    """All numbers of a report, by section, in each as the figures place them."""
    sections = list(SECTIONS)

    def place(found: PlacedRow) -> tuple[int, tuple[int, ...]]:
        return sections.index(found.row.section), found.place

    placed = sorted((each for figure in FIGURES.values() for each in figure.rows(figures)), key=place)
    every = (each.row for each in placed)
    return tuple(every if figures.edition != PUBLIC else map(_withheld, every))


def _withheld(row: Row) -> Row:
    """In the public edition nothing that is known is left out for another reason."""
    unknown = all(number is None for number in row.numbers.values())
    return replace(row, status="withheld") if unknown else row
