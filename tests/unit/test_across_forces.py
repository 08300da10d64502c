"""Forces and their divisions compared: the numbers are those of the report (statistics 1.1 to 1.7, section 3)."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Final

import numpy as np
import pytest
from msgspec.structs import asdict

from compliance.policy import load_policy
from compliance.records import Columns
from compliance.records.columns import Coded
from compliance.reports.figures import figures_of
from compliance.reports.forces.across_forces import ForceWeeks, judge_forces
from compliance.reports.forces.folder_records import gather_records
from compliance.reports.forces.force_figures import ForcesQuestion, compare_divisions, compare_forces, figures_of_forces
from compliance.reports.judging.judged import ReportOptions, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.model.force_model import ComparedRequirement
from compliance.reports.model.report_model import RequirementFigures
from compliance.reports.periods.weeks import Week
from compliance.simulator import SimulatedForce
from compliance.store.reading.column_pool import join_columns
from tests.simulated import columns_at_end

POLICY: Final = load_policy("west-mercia")
FORCES: Final = {"Avon": 3, "Dyfed": 4, "Kent": 5}
"""The seed of each simulated force. All have the same divisions, teams and numbers of officers and crimes."""


@cache
def records(force: str) -> Columns:
    every = columns_at_end(SimulatedForce(seed=FORCES[force], weeks=30, scale=0.02))
    if force == "Kent":  # where half of the updates did not reach the victim
        outcome = every.updates.outcome
        reached = np.where(np.arange(len(outcome.codes)) % 2, outcome.codes, len(outcome.values)).astype(np.int32)
        every = replace(every, updates=replace(every.updates, outcome=Coded(reached, (*outcome.values, "no answer"))))
    return every


WEEK: Final = Week(2026, 23)


def judge_force(name: str, every: Columns, begun: date | None = None) -> ForceWeeks:
    """The weeks of a force that is in a folder by itself."""
    units = ForcesQuestion(POLICY, WEEK).units_among([name])
    (found,) = judge_forces({name: gather_records([every], POLICY, WEEK)}, units, POLICY, WEEK, begun).forces
    return found


def board(every: Columns, options: ReportOptions | None = None) -> tuple[RequirementFigures, ...]:
    """What the board's report of the week says of the requirements."""
    now = WEEK.plus(2).settling_instant(POLICY.local)
    judged = judge_periods(GivenRecords("records", every), POLICY, WEEK, now, options)
    return figures_of(judged, force="A force").requirements


def numbers(found: RequirementFigures | ComparedRequirement) -> object:
    """What both say: but for the note that a difference rests on probable duplicates, which only the report has."""
    units = tuple(
        replaced
        if (change := unit.change) is None
        else {**replaced, "change": {**asdict(change), "on_duplicates": False}}
        for unit in found.divisions
        for replaced in [asdict(unit)]
    )
    return found.id, units, found.funnel, found.trailing_held


def test_the_divisions_of_a_force_have_the_numbers_of_its_report() -> None:
    for force in FORCES:
        report = board(records(force))
        found = compare_divisions(judge_force(force, records(force)), POLICY)
        assert [numbers(each) for each in found] == [numbers(each) for each in report]
        assert [(each.week, each.silent) for each in found] == [(each.week.rate, each.week.silent) for each in report]
        assert all(each.trailing_held == 13 and each.funnel for each in found)


def test_crimes_are_judged_some_at_a_time_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compare_divisions(judge_force("Kent", records("Kent")), POLICY)
    monkeypatch.setattr("compliance.reports.forces.across_forces._TOGETHER", 50)
    assert compare_divisions(judge_force("Kent", records("Kent")), POLICY) == whole


def test_records_that_come_in_parts_are_the_same_records() -> None:
    """Only the crimes that can matter are kept of each part, and where the records begin is known from all."""
    every = records("Kent")
    parts = [every.slice(start, start + 70) for start in range(0, len(every), 70)]
    gathered, whole = (gather_records(each, POLICY, WEEK) for each in (parts, [every]))
    assert len(gathered.columns) == len(whole.columns) < len(every)
    assert gathered.read == whole.read
    assert gathered.read.crimes == len(every)
    units = ForcesQuestion(POLICY, WEEK).units_among(["Kent"])
    first, second = (judge_forces({"Kent": each}, units, POLICY, WEEK).forces[0] for each in (gathered, whole))
    assert compare_divisions(first, POLICY) == compare_divisions(second, POLICY)


def as_division(force: str) -> Columns:
    """The records of a force as those of one division of a larger one, whose officers and teams are its own."""
    every = records(force)

    def own(coded: Coded) -> Coded:
        return Coded(coded.codes, tuple(f"{force} {value}" for value in coded.values))

    def whole(coded: Coded) -> Coded:
        return Coded(coded.codes * 0, (force,))

    held = every.allocations
    within = replace(held, division=whole(held.division), team=own(held.team), officer=own(held.officer))
    return replace(
        every, division=whole(every.division), team=own(every.team), officer=own(every.officer), allocations=within
    )


def test_forces_have_the_numbers_of_a_report_on_a_force_of_which_they_are_the_divisions() -> None:
    """The same crime numbers, officers and teams occur in all forces (records section 1): none is taken for another's."""
    forces = [judge_force(force, records(force)) for force in FORCES]
    assert all(force.is_compared(POLICY) for force in forces)
    begun = max(force.begun for force in forces if force.begun)
    forces = [judge_force(force, records(force), begun) for force in FORCES]
    merged = as_division("Avon")
    for force in ("Dyfed", "Kent"):
        merged = join_columns(merged, as_division(force))
    report = board(merged, ReportOptions(records_begin=begun))
    found = compare_forces(forces, POLICY)
    assert [numbers(each) for each in found] == [numbers(each) for each in report]
    assert [unit.name for unit in found[0].divisions] == list(FORCES)
    different = {unit.name for each in found for unit in each.divisions if unit.change and unit.change.significant}
    assert "Kent" in different


def test_a_force_whose_records_have_just_begun_is_compared_with_none() -> None:
    """Statistics 1.2b: comparisons begin with the first week on or after B + within."""
    held = judge_force("Avon", records("Avon"), WEEK.plus(-12).first)
    assert not held.is_compared(POLICY)
    found = compare_divisions(held, POLICY)
    assert [unit.trailing for each in found for unit in each.divisions] == [None] * sum(len(e.divisions) for e in found)
    assert all(each.funnel is None and each.trailing is None and each.trailing_held < 13 for each in found)


def test_a_force_without_a_crime_has_no_weeks() -> None:
    question = ForcesQuestion(POLICY, WEEK)
    nothing = {"Avon": gather_records([], POLICY, WEEK)}
    judged = judge_forces(nothing, question.units_among(nothing), POLICY, WEEK)
    (force,) = figures_of_forces(question, [judged]).forces
    assert (force.name, force.records_begin, force.compared) == ("Avon", None, False)
