"""Areas in the public edition: nothing follows from them that does not follow from their divisions (statistics 1.6)."""

from functools import cache
from typing import Final

import pytest
from msgspec.structs import replace

from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.catalogue.disclosure import share
from compliance.reports.catalogue.editions import public
from compliance.reports.catalogue.unit_levels import AREAS
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.proportions import Rate
from compliance.reports.model.report_model import DivisionFigures, Figures
from compliance.reports.organisation import organisation_of
from compliance.reports.pieces.parts import Table
from compliance.reports.rendering.forms import form
from compliance.reports.sections import report_of
from compliance.simulator import SimulatedForce
from tests.disclosure import worked_out
from tests.integration.test_report_areas import areas_of
from tests.integration.test_report_public import END, FORCES, NEWEST
from tests.simulated import Record, at_end


@cache
def small_force(seed: int, scale: float) -> list[Record]:
    """What its crime system shows at the end."""
    return at_end(SimulatedForce(seed=seed, weeks=28, scale=scale, end=END))


@cache
def small_reports(seed: int, scale: float, layout: str) -> list[Figures]:
    """The board's figures of two weeks that follow one another, of a small force. `layout`: the area of each of its
    five divisions, - for none."""
    made = small_force(seed, scale)
    names = sorted({record["division"] for record in made if "division" in record})
    by_map = organisation_of({
        "area": [{"name": name} for name in sorted(set(layout) - {"-"})],
        "division": [{"name": name} | ({} if area == "-" else {"area": area})
                     for name, area in zip(names, layout, strict=True)],
    })  # fmt: skip
    given = GivenRecords("a small force", columns([convert_crime(record) for record in made]))
    return [
        figures_of(judge_periods(given, load_policy("west-mercia"), week, END, ReportOptions(organisation=by_map)),
                   force="A force")
        for week in (NEWEST.plus(-1), NEWEST)
    ]  # fmt: skip


LAYOUTS: Final = [(*force, layout) for force in FORCES for layout in ("EEWWW", "EWE-W")]


@pytest.mark.parametrize(
    ("seed", "scale", "layout"), [*LAYOUTS[:2], *(pytest.param(*each, marks=pytest.mark.long) for each in LAYOUTS[2:])]
)
def test_1_6_no_small_count_follows_from_areas_and_their_divisions(seed: int, scale: float, layout: str) -> None:
    reports = small_reports(seed, scale, layout)
    told = list(map(public, reports))
    assert worked_out(told) == []
    for board, figures_told in zip(reports, told, strict=True):
        assert figures_told.areas == board.areas
        for area, divisions in areas_of(figures_told):
            assert area.week.share.withheld, "a single week would follow from two reports"
            if area.trailing:
                hidden = any(division.trailing.share.withheld for division in divisions if division.trailing)
                assert area.trailing.share.withheld is hidden
                assert (area.rest is None) is hidden
            if area.silent:
                assert area.silent.withheld is any(each.silent.withheld for each in divisions if each.silent)


def test_1_6_the_attempt_works_it_out_where_only_a_small_count_of_the_area_itself_is_withheld() -> None:
    wanted, kinds = {"division", "silent"}, set()
    for force_and_layout in LAYOUTS:
        for board in small_reports(*force_and_layout):
            told = public(board)
            careless = tuple(
                replace(public_one, areas=tuple(map(release_carelessly, AREAS.list_units(own)))) if own.areas
                else public_one
                for own, public_one in zip(board.requirements, told.requirements, strict=True)
            )  # fmt: skip
            found = worked_out([replace(told, requirements=careless)])
            kinds |= {key[0] for keys, _ in found for key in keys if isinstance(key, tuple)}
        if kinds >= wanted:
            return
    raise AssertionError(f"of {wanted} only {kinds & wanted} was worked out")


def release_carelessly(area: DivisionFigures) -> DivisionFigures:
    """An area with nothing withheld but what is itself from 1 to 4."""
    trailing = area.trailing and Rate(share(area.trailing.share), None, None, None)
    return replace(area, trailing=trailing, silent=area.silent and share(area.silent), rest=None)


def test_some_areas_are_told_to_the_public_in_its_tables() -> None:
    told = public(small_reports(6, 0.12, "EWE-W")[-1])
    section = report_of(told).section("areas")
    (table,) = (part for part in section.parts if isinstance(part, Table) and part.id == "areas-compared-7-day")
    assert len(table.rows) == 3
    assert not table.cases
    assert "trailing-area.7-day/E" in form(told, "csv").decode()
