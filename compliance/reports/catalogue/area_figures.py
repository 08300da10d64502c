"""Areas, of which divisions are parts: in the period, and over the trailing weeks (decision 0031).

They are counted as divisions are. The public edition tells an area only where it tells each of its divisions. So
nothing follows from an area that does not follow from these.
"""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from compliance.reports.catalogue.counted import COUNT, CountedRows
from compliance.reports.catalogue.disclosure import WITHHELD, not_disclosed, of_each_requirement
from compliance.reports.catalogue.edition import Edition
from compliance.reports.catalogue.figure import KEY, Disclosure, Figure
from compliance.reports.catalogue.rate_figures import CASES, OF_DUE
from compliance.reports.catalogue.row import PlacedRow
from compliance.reports.catalogue.silence_figures import count_silent, rows_of_units
from compliance.reports.catalogue.unit_figures import (
    WEEK_OF_ONE,
    count_in_period,
    count_trailing,
    release_over_weeks,
    rows_in_period,
    rows_trailing,
)
from compliance.reports.catalogue.unit_levels import AREAS
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import DivisionFigures, Figures, RequirementFigures

ShareOf = Callable[[DivisionFigures], Proportion | None]
"""One of the shares of a unit, None where it has none."""


def _count_silent(edition: Edition, _key: str, group: str | None) -> CountedRows:
    return count_silent(edition, edition.read("rate"), group, unit=AREAS.name)


def _rows_trailing(figures: Figures) -> Iterator[PlacedRow]:
    return rows_trailing(figures, AREAS)


def _rows_silent(figures: Figures) -> Iterator[PlacedRow]:
    return rows_of_units(figures, AREAS)


def _with_all_disclosed(
    found: RequirementFigures, disclosed: RequirementFigures, board: Figures, share_of: ShareOf
) -> Iterator[tuple[DivisionFigures, DivisionFigures, bool]]:
    """(an area as the board has it, as it is told so far, whether a share of each of its divisions is told)."""
    members = board.areas if isinstance(board.areas, tuple) else ()
    area_of = {division: area.name for area in members for division in area.divisions}
    shares = ((area_of.get(division.name or ""), share_of(division)) for division in disclosed.divisions)
    hidden = {area for area, share in shares if share is None or share.withheld}
    for area, public in zip(AREAS.list_units(found), AREAS.list_units(disclosed), strict=True):
        yield area, public, area.name not in hidden


def _release_trailing(found: RequirementFigures, disclosed: RequirementFigures, board: Figures) -> RequirementFigures:
    if not found.areas:
        return disclosed
    pairs = _with_all_disclosed(found, disclosed, board, lambda unit: unit.trailing.share if unit.trailing else None)
    return replace(disclosed, areas=tuple(release_over_weeks(*each) for each in pairs))


def _release_silent(found: RequirementFigures, disclosed: RequirementFigures, board: Figures) -> RequirementFigures:
    if not found.areas:
        return disclosed
    areas = (
        replace(public, silent=area.silent and (area.silent if is_disclosed else WITHHELD))
        for area, public, is_disclosed in _with_all_disclosed(found, disclosed, board, lambda unit: unit.silent)
    )
    return replace(disclosed, areas=tuple(areas))


_AS_DIVISIONS: Final = "disclosed where each of its divisions is told"
AREA: Final = Figure(
    name=AREAS.name, key=KEY, group="AREA", title="Area",
    meaning="The area of the division that had the case at the end of the due date, by the organisation at the end of "
            "the {kind}. A single {kind} is shown, not tested; the trailing weeks are compared with the rest of the "
            "force.",
    clause="statistics 1.5, records 2", cases=CASES, measures=OF_DUE,
    count=count_in_period(AREAS.name), rows=rows_in_period(AREAS), disclosure=not_disclosed(WEEK_OF_ONE),
)  # fmt: skip
TRAILING_AREA: Final = Figure(
    name=AREAS.trailing, key=KEY, group="AREA", title="Area over the trailing weeks",
    meaning="The rate of an area over the last 13 settled weeks, and its difference from that of the rest of the "
            "force.",
    clause="statistics 1.5", cases=CASES, measures=OF_DUE,
    count=count_trailing(AREAS.name), rows=_rows_trailing,
    disclosure=Disclosure(_AS_DIVISIONS, of_each_requirement(_release_trailing)),
)  # fmt: skip
SILENT_AREA: Final = Figure(
    name=AREAS.silent, key="", group="AREA", title="Silent victims of an area",
    meaning="Silent victims at the end of the {kind}, of the divisions of an area.",
    clause="statistics 1.7", cases="victims asked about", measures={COUNT: "silent"},
    count=_count_silent, rows=_rows_silent,
    disclosure=Disclosure(_AS_DIVISIONS, of_each_requirement(_release_silent)),
)  # fmt: skip
