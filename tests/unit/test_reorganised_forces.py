"""Forces that are merged, split, renamed or take each other over: figures on both maps (decision 0075)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, reduce
from pathlib import Path

import numpy as np
import pytest

from compliance.errors import SettingsError
from compliance.policy.calendars import to_day
from compliance.records import Columns
from compliance.records.columns import Coded
from compliance.reports.forces.across_forces import judge_forces
from compliance.reports.forces.folder_records import FolderRecords, gather_records
from compliance.reports.forces.force_figures import ForcesQuestion, compare_divisions, figures_of_forces
from compliance.reports.judging.judged import ReportOptions
from compliance.reports.judging.rates import has
from compliance.reports.model.force_model import ComparedRequirement, FiguresAcross
from compliance.reports.organisation.forces import Forces
from compliance.store.reading.column_pool import join_columns, take_columns
from tests.reorganised_forces import DAY, EASTERN, EVE, MERGED, SPLIT, TAKEN_OVER, WESTERN, divisions, loaded
from tests.unit.test_across_forces import FORCES, POLICY, WEEK, board, judge_force, numbers, records

Folders = Mapping[str, Columns]


@cache
def mercia() -> Columns:
    """The crimes of one simulated force that were never handed from west to east, or the other way."""
    every = records("Avon")
    east = in_east(every)
    crossed = np.unique(
        every.allocations.crime[in_east_codes(every.allocations.division) != east[every.allocations.crime]]
    )
    return take_columns(every, np.setdiff1d(np.arange(len(every)), crossed))


def in_east_codes(division: Coded) -> np.ndarray:
    return np.any([has(division, name) for name in EASTERN], axis=0)


def in_east(every: Columns) -> np.ndarray:
    return in_east_codes(every.division)


def since(every: Columns) -> np.ndarray:
    """Which crimes were reported from the day of the reorganisation on."""
    kept: np.ndarray = POLICY.local.of(every.reported_at) >= to_day(DAY)
    return kept


def folders(name: Callable[[bool, bool], str], every: Columns | None = None) -> Folders:
    """The crimes by the folder that each is in, from whether it is of the east, and reported since."""
    every = every or mercia()
    names = np.array([name(*each) for each in zip(in_east(every).tolist(), since(every).tolist(), strict=True)])
    return {folder: take_columns(every, np.flatnonzero(names == folder)) for folder in sorted(set(names.tolist()))}


def merging(east: bool, new: bool) -> str:
    return "Mercia" if new else "East" if east else "West"


BEGUN = date(2025, 12, 1)
"""Where all records begin. In the folders of these small forces a week of few crimes may look like a beginning."""


def ask(forces: Forces, day: date, held: Folders, *, areas: bool = False, begun: date | None = BEGUN) -> FiguresAcross:
    question = ForcesQuestion(POLICY, WEEK, forces, map_on=day, divisions=True, areas=areas)
    groups = [
        judge_forces(gathered({name: held[name] for name in group}), question.units_among(held), POLICY, WEEK, begun)
        for group in forces.groups(held)
    ]
    return figures_of_forces(question, groups)


def gathered(held: Folders) -> dict[str, FolderRecords]:
    return {name: gather_records([each], POLICY, WEEK) for name, each in held.items()}


def counts(found: ComparedRequirement) -> object:
    """What is counted of the units, without what rests on what they are compared with."""
    return {
        unit.name: (
            unit.week.share.count, unit.week.share.of, unit.week.late,
            unit.trailing and (unit.trailing.share.count, unit.trailing.share.of, unit.trailing.missed),
            unit.silent and (unit.silent.count, unit.silent.of),
        )
        for unit in found.divisions
    }  # fmt: skip


@cache
def apart() -> FiguresAcross:
    """The figures of two forces that have always been two."""
    question = ForcesQuestion(POLICY, WEEK, divisions=True)
    held = folders(lambda east, _: "East" if east else "West")
    units = question.units_among(held)
    return figures_of_forces(
        question, [judge_forces(gathered({name: held[name]}), units, POLICY, WEEK, BEGUN) for name in held]
    )


@cache
def together() -> FiguresAcross:
    """The figures of one force that has always been one."""
    question = ForcesQuestion(POLICY, WEEK, divisions=True)
    held = {"Mercia": mercia()}
    return figures_of_forces(question, [judge_forces(gathered(held), question.units_among(held), POLICY, WEEK, BEGUN)])


def all_numbers(found: FiguresAcross) -> object:
    """Every number of all forces and of each, with its interval: so officers and teams are the same, too."""
    return found.requirements, {force.name: force.requirements for force in found.forces if force.compared}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MERGED, merging),
        (SPLIT, lambda east, new: ("East" if east else "West") if new else "Mercia"),
    ],
    ids=["merged", "split"],
)
def test_forces_and_their_divisions_have_one_history_on_both_maps(
    tmp_path: Path, text: str, name: Callable[[bool, bool], str]
) -> None:
    """By the map on either side of the day, as if it had always been so."""
    forces, held = loaded(tmp_path, text), folders(name)
    assert set(held) == {"Mercia", "East", "West"}
    two, one = (EVE, DAY) if text is MERGED else (DAY, EVE)
    assert all_numbers(ask(forces, one, held)) == all_numbers(together())
    assert all_numbers(ask(forces, two, held)) == all_numbers(apart())
    assert ask(forces, two, held).unplaced == ()


def test_a_force_that_takes_another_over_has_the_history_of_both(tmp_path: Path) -> None:
    forces = loaded(tmp_path, TAKEN_OVER)
    held = folders(lambda east, new: "East" if east and not new else "West")
    after = ask(forces, DAY, held)
    (west,) = after.forces
    (mercian,) = together().forces
    assert west.name == "West"
    assert [counts(each) for each in west.requirements] == [counts(each) for each in mercian.requirements]
    before = ask(loaded(tmp_path, TAKEN_OVER, mercia=divisions(*WESTERN)), EVE, held)
    for found, expected in zip(before.forces, apart().forces, strict=True):
        assert [counts(each) for each in found.requirements] == [counts(each) for each in expected.requirements]


def test_a_renamed_force_has_every_number_that_it_would_have_under_one_name(tmp_path: Path) -> None:
    """Its officers and teams are the same, so the intervals are, too."""
    forces = loaded(
        tmp_path,
        f'[[force]]\nname = "Mercia"\nuntil = {EVE}\nbecame = ["Wessex"]\n[[force]]\nname = "Wessex"\nfrom = {DAY}\n',
    )
    held = folders(lambda _, new: "Wessex" if new else "Mercia")
    for day, name in ((EVE, "Mercia"), (DAY, "Wessex")):
        (force,) = ask(forces, day, held).forces
        assert (force.name, force.records_begin) == (name, judge_force("Mercia", mercia()).begun)
        expected = compare_divisions(judge_force("Mercia", mercia()), POLICY)
        assert [numbers(each) for each in force.requirements] == [numbers(each) for each in expected]


def test_forces_merged_from_the_start_have_the_numbers_of_one_with_the_officers_of_both(
    tmp_path: Path,
) -> None:
    held = folders(lambda east, _: "East" if east else "West")
    (force,) = ask(loaded(tmp_path, MERGED), DAY, held).forces
    expected = compare_divisions(judge_force("Mercia", mercia()), POLICY)
    assert [numbers(each) for each in force.requirements] == [numbers(each) for each in expected]


def test_officers_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    held = folders(lambda east, _: "East" if east else "West")
    numbered = {
        name: replace(
            each,
            officer=Coded(each.officer.codes, tuple(str(place) for place, _ in enumerate(each.officer.values))),
            allocations=replace(
                each.allocations,
                officer=Coded(
                    each.allocations.officer.codes,
                    tuple(
                        str(each.officer.values.index(value)) if value in each.officer.values else value
                        for value in each.allocations.officer.values
                    ),
                ),
            ),
        )
        for name, each in held.items()
    }  # fmt: skip
    forces = loaded(tmp_path, MERGED)
    assert ask(forces, DAY, numbered).requirements == ask(forces, DAY, held).requirements


def test_a_division_that_moves_between_forces_is_in_each_by_a_spelling_with_the_force(
    tmp_path: Path,
) -> None:
    """Forces of which neither ends. Records keep the folder of the force that wrote them."""
    moved = "Shropshire"
    rest = [name for name in WESTERN if name != moved]
    west = divisions(*rest) + f'[[division]]\nname = "{moved}"\nuntil = {EVE}\nspellings = ["East / {moved}"]\n'
    east = divisions(*EASTERN) + f'[[division]]\nname = "{moved}"\nfrom = {DAY}\nspellings = ["West / {moved}"]\n'
    text = (
        '[[force]]\nname = "West"\norganisation = "west.toml"\n[[force]]\nname = "East"\norganisation = "east.toml"\n'
    )
    forces = loaded(tmp_path, text, west=west, east=east)
    every = mercia()
    over = has(every.division, moved) & since(every)
    eastern = in_east(every) | over
    held = {"East": take_columns(every, np.flatnonzero(eastern)), "West": take_columns(every, np.flatnonzero(~eastern))}
    assert forces.groups(held) == [["East", "West"]]
    before, after = ask(forces, EVE, held), ask(forces, DAY, held)
    own = {force.name: {unit.name for each in force.requirements for unit in each.divisions} for force in after.forces}
    assert (moved in own["East"], moved in own["West"]) == (True, False)
    kept = {force.name: [counts(each) for each in force.requirements] for force in before.forces}
    assert kept == {force.name: [counts(each) for each in force.requirements] for force in apart().forces}


def test_what_no_organisation_can_place_is_of_no_force_and_counted_for_all(tmp_path: Path) -> None:
    """The totals of all forces are the same; what cannot be told is named, and how many crimes it is."""
    forces = loaded(tmp_path, MERGED, west="", east="")
    held = folders(merging)
    found = ask(forces, EVE, held)
    assert [force.name for force in found.forces] == ["East", "West", None]
    assert [unit.name for unit in found.requirements[0].divisions] == ["East", "West", None]
    assert found.requirements[0].week.share == together().requirements[0].week.share
    lost = {(each.folder, each.division): each.crimes for each in found.unplaced}
    new = gather_records([held["Mercia"]], POLICY, WEEK).columns
    assert set(lost) >= {("Mercia", name) for name in (*WESTERN, *EASTERN)}
    assert lost["Mercia", "Shropshire"] >= int(has(new.division, "Shropshire").sum())
    assert all(each.force is None for each in found.unplaced)


def test_divisions_of_merged_forces_without_an_organisation_are_named_with_their_force(
    tmp_path: Path,
) -> None:
    """Two forces may each have a division North: these are two."""
    held = folders(lambda east, _: "East" if east else "West")
    (force,) = ask(loaded(tmp_path, MERGED, mercia=""), DAY, held).forces
    names = [unit.name for unit in force.requirements[0].divisions if unit.name]
    assert names == [*(f"East / {name}" for name in EASTERN), *(f"West / {name}" for name in WESTERN)]


def test_areas_have_the_numbers_of_the_report_of_their_force(tmp_path: Path) -> None:
    text = '[[area]]\nname = "A"\n[[area]]\nname = "B"\n' + "".join(
        f'[[division]]\nname = "{name}"\narea = "{area}"\n'
        for area, names in (("A", WESTERN[:2]), ("B", EASTERN)) for name in names
    ) + divisions(WESTERN[2])  # fmt: skip
    forces = loaded(tmp_path, '[[force]]\nname = "Mercia"\norganisation = "mercia.toml"\n', mercia=text)
    (force,) = ask(forces, WEEK.last, {"Mercia": mercia()}, areas=True).forces
    report = board(mercia(), ReportOptions(organisation=forces.organisations["Mercia"]))
    assert [[unit.name for unit in each.divisions] for each in force.areas] == [["A", "B", None]] * len(report)
    for found, expected in zip(force.areas, report, strict=True):
        assert isinstance(expected.areas, tuple)
        assert [(each.name, each.week, each.trailing, each.rest) for each in found.divisions] == [
            (each.name, each.week, each.trailing, each.rest) for each in expected.areas
        ]


def test_a_folder_that_begins_with_its_force_is_no_beginning_and_a_late_one_is(tmp_path: Path) -> None:
    """Statistics 1.2b: weeks are compared only if all that is in a force is held."""
    every = reduce(join_columns, [records(force) for force in FORCES])  # so many that no week has few by chance
    forces, held = loaded(tmp_path, MERGED), folders(merging, every)
    begun = {name: judge_force(name, each).begun for name, each in held.items()}
    assert begun["East"] == begun["West"] == judge_force("Mercia", every).begun
    assert begun["Mercia"] == DAY
    (force,) = ask(forces, DAY, held, begun=None).forces
    assert (force.records_begin, force.compared) == (begun["East"], True)

    april = date(2026, 4, 6)
    later = np.flatnonzero(POLICY.local.of(held["East"].reported_at) >= to_day(april))
    late = {**held, "East": take_columns(held["East"], later)}
    (force,) = ask(forces, DAY, late, begun=None).forces
    assert (force.records_begin, force.compared) == (april, False)
    before = ask(forces, EVE, late, begun=None).forces
    assert {force.name: (force.records_begin, force.compared) for force in before} == {
        "East": (april, False), "West": (begun["West"], True),
    }  # fmt: skip

    alone = {name: each for name, each in held.items() if name != "East"}
    (force,) = ask(forces, DAY, alone, begun=None).forces
    assert (force.records_begin, force.compared) == (DAY, False), "what East held before is not here"

    found = ask(loaded(tmp_path, MERGED, west="", east=""), EVE, held, begun=None)
    assert [(force.name, force.compared) for force in found.forces] == [("East", True), ("West", True), (None, True)]


def test_crimes_that_were_carried_over_and_left_behind_are_an_error(tmp_path: Path) -> None:
    held = dict(folders(merging))
    held["Mercia"] = mercia()
    with pytest.raises(
        SettingsError, match=r"'Mercia' and 'West': .* crimes in the folders of both, such as .*; leave"
    ):
        ask(loaded(tmp_path, MERGED), DAY, held)


def test_a_force_of_the_day_without_records_is_named(tmp_path: Path) -> None:
    forces = loaded(tmp_path, MERGED + '[[force]]\nname = "Kent"\n')
    found = ask(forces, DAY, folders(merging))
    assert [(force.name, force.records_begin) for force in found.forces][1:] == [("Kent", None)]


def test_forces_that_ended_and_became_nothing_are_of_no_force(tmp_path: Path) -> None:
    """A slip in the file: what they recorded is in the total, and told."""
    text = f"""[[force]]\nname = "West"\nuntil = {EVE}\n[[force]]\nname = "East"\nuntil = {EVE}\n[[force]]\nname = "Mercia"\n"""
    found = ask(loaded(tmp_path, text), DAY, folders(merging))
    assert [(force.name, force.compared) for force in found.forces] == [("Mercia", True), (None, True)]
    assert {each.folder for each in found.unplaced} == {"East", "West"}


def test_a_force_that_no_crime_was_reported_to_lately_is_told(tmp_path: Path) -> None:
    text = "".join(f'[[force]]\nname = "{name}"\n' for name in ("West", "East", "Mercia"))
    found = ask(loaded(tmp_path, text), DAY, folders(merging))
    assert [(each.name, each.last) for each in found.ended] == [("East", EVE), ("West", EVE)]
    assert ask(loaded(tmp_path, MERGED), DAY, folders(merging)).ended == ()
