"""Areas above divisions (decision 0031): a rename changes no figure, a merger and a split lose nothing, and without areas a
report is what it was."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, Final

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.records import columns, convert_crime
from compliance.reports.figure_rows import rows
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.sources import GivenRecords, map_records
from compliance.reports.model.proportions import Proportion
from compliance.reports.model.report_model import DivisionFigures, Figures
from compliance.reports.organisation import Organisation, organisation_of
from compliance.reports.periods.periods import parse_period
from compliance.reports.pieces.parts import Items, Table
from compliance.reports.rendering.forms import FORMS, Form, form
from compliance.reports.sections import report_of
from compliance.reports.tracing import Edition, cases
from tests.reorganised import (
    BEFORE,
    DAY,
    HEREFORD,
    NORTH,
    SOUTH,
    WEEK,
    figures,
    force,
    numbers,
)

SHROPSHIRE, TELFORD = "Shropshire", "Telford and Wrekin"
NO_AREA: Final = None
Entry = dict[str, Any]
UNTIL: Final[Entry] = {"until": str(BEFORE)}
FROM: Final[Entry] = {"from": str(DAY)}
EVER: Final = {HEREFORD: "West", NORTH: "East", SOUTH: "East", SHROPSHIRE: "West"}
"""Areas of the divisions; Telford and Wrekin is in none."""


def the_map(areas: list[Entry], *divisions: Entry, **of: str) -> Organisation:
    """A map of areas, of divisions with entries of their own and, of the other divisions, their areas."""
    named = {each["name"] for each in divisions}
    others = [name for name in (HEREFORD, NORTH, SOUTH, SHROPSHIRE, TELFORD) if name not in named]
    every = [*divisions, *({"name": name} | ({"area": of[name]} if name in of else {}) for name in others)]
    found = organisation_of({"area": areas, "division": every} if areas else {"division": every})
    assert found is not None
    return found


def plain_map() -> Organisation:
    return the_map([{"name": "East"}, {"name": "West"}], **EVER)


@cache
def by_plain_map(period: str = "2026-W23") -> Figures:
    return figures(force(), plain_map(), period=parse_period(period))


@cache
def without_areas() -> Figures:
    return figures(force(), the_map([]))


def areas_of(found: Figures) -> Iterator[tuple[DivisionFigures, list[DivisionFigures]]]:
    """Each area under each requirement, with its divisions as the figures have them."""
    assert isinstance(found.areas, tuple)
    members = {area.name: set(area.divisions) for area in found.areas}
    members[NO_AREA] |= {None}  # type: ignore[arg-type]  # what has no division is in no area
    for requirement in found.requirements:
        assert isinstance(requirement.areas, tuple) or requirement.event
        for area in requirement.areas or ():
            yield area, [division for division in requirement.divisions if division.name in members[area.name]]


def assert_adds_up(found: Figures) -> None:
    """Every area is the sum of its divisions, and the areas with what is in none are the force."""
    for area, divisions in areas_of(found):
        assert (area.week.share.count, area.week.share.of) == sums(division.week.share for division in divisions)
        if area.silent:
            assert (area.silent.count, area.silent.of) == sums(division.silent for division in divisions)
        if area.trailing:
            own = (division.trailing.share for division in divisions if division.trailing)
            assert (area.trailing.share.count, area.trailing.share.of) == sums(own)
    for requirement in found.requirements:
        if isinstance(requirement.areas, tuple):
            whole = requirement.week.rate.share
            assert sums(area.week.share for area in requirement.areas) == (whole.count, whole.of)
            if silent := requirement.week.silent:
                assert sums(area.silent for area in requirement.areas) == (silent.count, silent.of)
            both = [sums(each.trailing.share for each in units if each.trailing)
                    for units in (requirement.areas, requirement.divisions)]  # fmt: skip
            assert both[0] == both[1]


def sums(shares: Any) -> tuple[int, int]:
    found: list[Proportion] = list(filter(None, shares))
    return sum(share.count for share in found), sum(share.of for share in found)


def test_areas_add_up_to_the_force_with_what_is_in_no_area() -> None:
    found = by_plain_map()
    assert_adds_up(found)
    assert isinstance(found.areas, tuple)
    assert [(area.name, area.divisions) for area in found.areas] == [
        ("East", (NORTH, SOUTH)), ("West", (HEREFORD, SHROPSHIRE)), (None, (TELFORD,)),
    ]  # fmt: skip
    first = found.requirements[0]
    assert isinstance(first.areas, tuple)
    assert [area.name for area in first.areas] == ["East", "West", None]
    (telford,) = (division for division in first.divisions if division.name == TELFORD)
    assert first.areas[-1].trailing == telford.trailing, "a division in no area is there, in no area"
    assert first.areas[0].change is not None
    assert first.areas[-1].change is None, "what is in no area is compared with nothing"
    assert {row.group for row in rows(found) if row.section == "areas"} == {"East", "West", "in no area"}


def test_a_force_without_areas_sees_no_difference() -> None:
    """Areas add their own numbers and change no other; without them nothing speaks of them, in any form."""
    found, without = by_plain_map(), without_areas()
    basis = replace(
        found.basis, organisation_digest=without.basis.organisation_digest, comparisons=without.basis.comparisons
    )
    requirements = tuple(replace(requirement, areas=UNSET) for requirement in found.requirements)
    assert replace(found, areas=UNSET, requirements=requirements, basis=basis) == without
    added = {row.figure for row in rows(found)} - {row.figure for row in rows(without)}
    assert {figure.partition("/")[0].partition(".")[0] for figure in added} == {"area", "trailing-area", "silent-area"}
    assert [section.id for section in report_of(found).sections if section.id != "areas"] == [
        section.id for section in report_of(without).sections
    ]
    for figures_without in (without, figures(force())):
        for kind in ("html", "csv", "json"):
            content = form(figures_without, kind).decode()
            assert "Areas" not in content
            assert "in no area" not in content.lower()
            assert '"areas"' not in content
        assert figures_without.areas is UNSET


@pytest.mark.parametrize("period", ["2026-W18", "2026-W19", "2026-W23"])
def test_a_renamed_area_keeps_every_number(period: str) -> None:
    """Divisions need no new entry, and may name the area by its old name, its new one or a spelling."""
    renamed = the_map(
        [{"name": "Ost", "became": ["East"], "spellings": ["O"], **UNTIL}, {"name": "East", **FROM}, {"name": "West"}],
        **EVER | {NORTH: "O", SOUTH: "Ost"},
    )
    found, then = figures(force(), renamed, period=parse_period(period)), by_plain_map(period)
    old_name = period == "2026-W18"
    expected = {
        (figure.replace("/East", "/Ost") if old_name and "area" in figure else figure, week): values
        for (figure, week), values in numbers(then).items()
    }
    assert numbers(found) == expected
    assert all(requirement.former is UNSET for requirement in found.requirements), "the divisions are the same"


def merged_map() -> Organisation:
    merged: list[Entry] = [{"name": name, "became": ["Marches"], **UNTIL} for name in ("East", "West")]
    areas = [*merged, {"name": "Marches", **FROM}]
    return the_map(areas, **EVER)


def split_map() -> Organisation:
    areas: list[Entry] = [
        {"name": "All", "became": ["East", "West"], **UNTIL},
        *({"name": name, **FROM} for name in ("East", "West")),
    ]
    return the_map(areas, **EVER)


def test_a_merger_and_a_split_of_areas_lose_nothing() -> None:
    """Before and after; and the divisions are the same, with the numbers they have without areas."""
    divisions = numbers(without_areas()).items()
    for by_map, names in ((merged_map(), {"Marches", None}), (split_map(), {"East", "West", None})):
        after = figures(force(), by_map)
        assert_adds_up(after)
        assert {area.name for area, _ in areas_of(after)} == names
        assert divisions <= numbers(after).items()
    before = figures(force(), split_map(), period=parse_period("2026-W18"))
    assert_adds_up(before)
    assert {area.name for area, _ in areas_of(before)} == {"All", None}
    assert areas_in(figures(force(), split_map())) == areas_in(by_plain_map()), "both halves have their whole history"
    merged, apart = areas_in(figures(force(), merged_map())), areas_in(by_plain_map())
    for place, requirement in enumerate(without_areas().requirements):
        if not requirement.event:
            parts = [apart[place, name].trailing for name in ("East", "West")]
            whole = merged[place, "Marches"].trailing
            assert (whole is None) == (parts == [None, None])
            if whole:
                assert whole.share.of == sum(part.share.of for part in parts if part)


def areas_in(found: Figures) -> dict[tuple[int, str | None], DivisionFigures]:
    return {
        (place, area.name): area
        for place, requirement in enumerate(found.requirements)
        for area in requirement.areas or ()
    }


def test_a_division_that_moves_is_counted_in_the_area_of_the_periods_end_in_every_week() -> None:
    moved = the_map(
        [{"name": "East"}, {"name": "West"}],
        {"name": NORTH, "area": "East", **UNTIL}, {"name": NORTH, "area": "West", **FROM}, **EVER,
    )  # fmt: skip
    always = the_map([{"name": "East"}, {"name": "West"}], **EVER | {NORTH: "West"})
    after, before = figures(force(), moved), figures(force(), moved, period=parse_period("2026-W18"))
    assert_adds_up(after)
    assert areas_in(after) == areas_in(figures(force(), always)), "as if it had always been there"
    assert areas_in(before) == areas_in(by_plain_map("2026-W18")), "by the map of then"
    assert numbers(without_areas()).items() <= numbers(after).items(), "the division itself has all its history"
    newest = figures(force(), moved, period=parse_period("2026-W19"))
    assert all(requirement.former is UNSET for requirement in newest.requirements), "the divisions are the same"
    one = moved.differs_between(date(2026, 4, 1), date(2026, 6, 1))
    assert not one, "earlier figures of divisions can still be restated"


def test_a_report_of_a_time_before_the_areas_has_none() -> None:
    new = the_map(
        [{"name": "East", **FROM}], {"name": NORTH, **UNTIL}, {"name": NORTH, "area": "East", **FROM},
    )  # fmt: skip
    before = figures(force(), new, period=parse_period("2026-W18"))
    assert before.areas is UNSET
    assert all(requirement.areas is UNSET for requirement in before.requirements)
    assert_adds_up(figures(force(), new))


def test_a_division_has_no_areas_in_its_edition() -> None:
    own = figures(force(), plain_map(), NORTH)
    assert own.areas is UNSET
    assert not any(row.section == "areas" for row in rows(own))


def test_every_number_of_an_area_has_its_cases() -> None:
    found, by_map = by_plain_map(), plain_map()
    given = GivenRecords("f", columns([convert_crime(record) for record in force()]))
    source = map_records(given, by_map, WEEK.last)
    edition = Edition(source, load_policy("west-mercia"), WEEK, ReportOptions(organisation=by_map))
    traced = [row for row in rows(found) if row.section == "areas"]
    assert {row.figure for row in traced} >= {
        "area.7-day/East", "area.7-day/in no area", "trailing-area.28-day/West", "silent-area/in no area",
    }  # fmt: skip
    for row in traced:
        answer = cases(edition, row.figure)
        assert (answer.counted, answer.of) == (row.numbers["count"], row.numbers["of"]), row.figure
    with pytest.raises(SettingsError, match="no area 'Eas' in the records; did you mean 'East'"):
        cases(edition, "area.7-day/Eas")
    without = Edition(given, load_policy("west-mercia"), WEEK)
    with pytest.raises(SettingsError, match="the organisation has no areas on 2026-06-07"):
        cases(without, "area.7-day/East")


def test_the_section_says_what_the_areas_are_and_shows_their_numbers() -> None:
    found = by_plain_map()
    told = report_of(found)
    assert [section.heading for section in told.sections[2:5]] == ["Change, or chance?", "Areas", "Divisions"]
    (members,) = (part for part in told.section("areas").parts if isinstance(part, Items))
    assert [(item.about, item.words) for item in members.items] == [
        ("East", f"{NORTH}, {SOUTH}"), ("West", f"{HEREFORD}, {SHROPSHIRE}"), ("In no area", TELFORD),
    ]  # fmt: skip
    areas, divisions = (
        next(part for part in told.section(key).parts if isinstance(part, Table) and part.id == table)
        for key, table in (("areas", "areas-compared-7-day"), ("divisions", "compared-7-day"))
    )
    assert [column.title for column in areas.columns[1:]] == [column.title for column in divisions.columns[1:]]
    assert areas.columns[0].title == "Area"
    own = {row.figure: row.numbers for row in rows(found)}
    for line, name in zip(areas.rows, ("East", "West", "in no area"), strict=True):
        shown = [run.value for cell in line[1:3] for run in cell.text if run.value is not None]
        expected = own[f"trailing-area.7-day/{name}"]
        assert shown == [expected["count"], expected["of"], expected["rate"]]


def test_crimes_without_a_known_division_are_in_no_area_and_said_to_be() -> None:
    known = the_map([{"name": "East"}, {"name": "West"}], {"name": "Elsewhere"}, **EVER)
    only = [entry for entry in known.content["division"] if entry["name"] not in (TELFORD, "Elsewhere")]
    by_map = organisation_of(known.content | {"division": only})
    found = figures(force(), by_map)
    assert_adds_up(found)
    assert TELFORD in {item.key.partition("/")[2] for item in found.quality}, "listed, and no unit of its own"
    assert {area.name for area, _ in areas_of(found)} == {"East", "West", None}
    (members,) = (part for part in report_of(found).section("areas").parts if isinstance(part, Items))
    assert members.items[-1].words == "crimes with no known division"


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_has_the_areas(kind: Form) -> None:
    content = form(by_plain_map(), kind)
    if kind in ("html", "csv", "json"):
        text = content.decode()
        assert {"html": ">Areas</h2>", "csv": "trailing-area.7-day/East", "json": '"areas"'}[kind] in text
    else:
        assert content != form(without_areas(), kind)
