"""What can be chosen of the tables in a section of a report: rows and columns that are there, by what they count.

Nothing is counted anew. What a row counts is said by the names of its figures (`rate.7-day`, `division.7-day/North`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.figure import KEY, Figure
from compliance.reports.catalogue.registry import find_figure
from compliance.reports.model.words import heading
from compliance.reports.pieces.parts import Row, Section, Table, plain
from compliance.reports.sections.victim_groups import ENHANCED_VICTIMS
from compliance.web.owed_filters import FilterField
from compliance.web.page_table import Visit

_UNITS: Final = frozenset({"AREA", "DIVISION", "TEAM", "NAME"})
"""The groups of a figure that are units, as its form names them."""
_OFFENCES: Final = frozenset({"OFFENCE"})


@dataclass(frozen=True, slots=True)
class SectionFilters:
    """What an address asks for: each as it stands there, empty if nothing is asked."""

    requirement: str = ""
    unit: str = ""
    offence: str = ""
    category: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "SectionFilters":
        """Return what the address asks for."""
        return cls(*(visit.query.get(name, "") for name in cls.__slots__))

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        return any(getattr(self, name) for name in self.__slots__)

    def fields(self, section: Section) -> list[FilterField]:
        """Return the fields of the form: what the tables of a section differ in, and what is chosen."""
        tables = [part for part in section.parts if isinstance(part, Table)]
        requirements = {name for table in tables for row in table.rows for name in _requirements(table, row)}
        categories = [ENHANCED_VICTIMS] if any(ENHANCED_VICTIMS in _groups(table) for table in tables) else []
        every = (
            ("requirement", "Requirement", sorted(requirements) if len(requirements) > 1 else []),
            ("unit", "Unit", _names(tables, _UNITS)),
            ("offence", "Offence group", _names(tables, _OFFENCES)),
            ("category", "Victim category", categories),
        )
        return [
            FilterField(name, label, [("", "All"), *((each, heading(each)) for each in found)], getattr(self, name))
            for name, label, found in every
            if found
        ]

    def choose(self, section: Section) -> Section:
        """Return a section's tables with what was chosen of them; all of the section if nothing was."""
        if not self.is_any:
            return section
        chosen = (self._choose(part) for part in section.parts if isinstance(part, Table))
        return replace(section, parts=tuple(table for table in chosen if table.rows))

    def _choose(self, table: Table) -> Table:
        rows = tuple(row for row in table.rows if self._holds(table, row))
        foot = tuple(row for row in table.foot if self._is_asked(table, row))
        groups = _groups(table)
        kept = {name for name in (self.category, heading(self.requirement)) if name in groups}
        if self.category and self.category not in groups:
            rows = ()
        places = [n for n, column in enumerate(table.columns) if not kept or not column.group or column.group in kept]
        narrow = [tuple(tuple(row[n] for n in places) for row in part) for part in (rows, foot)]
        columns = tuple(table.columns[n] for n in places)
        return replace(table, columns=columns, rows=narrow[0], foot=narrow[1])

    def _holds(self, table: Table, row: Row) -> bool:
        named = plain(row[0].text)
        of_unit = not self.unit or (self.unit == named and _is_by(table, _UNITS))
        of_offence = not self.offence or (self.offence == named and _is_by(table, _OFFENCES))
        return of_unit and of_offence and self._is_asked(table, row)

    def _is_asked(self, table: Table, row: Row) -> bool:
        return not self.requirement or self.requirement in _requirements(table, row)


def _names(tables: Sequence[Table], groups: frozenset[str]) -> list[str]:
    """Return the names of the rows of tables that are by a group, if there are several."""
    found = {plain(row[0].text) for table in tables if _is_by(table, groups) for row in table.rows}
    return sorted(found) if len(found) > 1 else []


def _is_by(table: Table, groups: frozenset[str]) -> bool:
    """Return whether each row of a table is about one group of these kinds."""
    named = _figures(table, table.rows)
    return any(group and figure.group.strip("[]") in groups for figure, _, group in named)


def _requirements(table: Table, row: Row) -> set[str]:
    """Return the requirements that a row counts; where its figures do not say, those of its table."""
    own = {key for figure, key, _ in _figures(None, [row]) if figure.key == KEY}
    return own or {key for figure, key, _ in _figures(table, []) if figure.key == KEY and key != KEY}


def _figures(table: Table | None, rows: Sequence[Row]) -> Iterator[tuple[Figure, str, str]]:
    """Yield the figures that a table and rows name, each with its key and its group."""
    runs = (run for row in rows for cell in row for run in cell.text if run.figure)
    for name in (*(table.cases if table else ()), *(run.figure.rpartition(":")[0] for run in runs)):
        if found := find_figure(name):
            yield found


def _groups(table: Table) -> set[str]:
    return {column.group for column in table.columns if column.group}
