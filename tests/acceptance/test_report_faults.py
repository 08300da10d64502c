"""Faults planted in a simulated force are found, and said in the right week; a quiet force is left in peace."""

from datetime import datetime
from functools import cache
from typing import Final

import pytest

from compliance.policy import load_policy
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import Judgements, judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.periods.weeks import Week
from compliance.reports.wording.attention import things_to_look_at
from compliance.reports.wording.telling import causes
from compliance.simulator import Faults, SimulatedForce
from tests.quiet import tally
from tests.simulated import LONDON, columns_at_end

END: Final = datetime(2026, 6, 29, tzinfo=LONDON)
WORSE: Final = Week.parse("2026-W17")
"""The week of report from which a division is worse; what was reported then falls due in the week after."""
FAULTS: Final = Faults(worse_division="Shropshire", worse_from_week=30, worse_by=0.5)


@cache
def force(faults: Faults) -> GivenRecords:
    made = SimulatedForce(seed=11, weeks=40, scale=0.2, end=END, faults=faults)
    return GivenRecords("a simulated force", columns_at_end(made))


@cache
def judged(week: Week, faults: Faults = FAULTS) -> Judgements:
    return judge_periods(force(faults), load_policy("west-mercia"), week, END)


def told_of(week: Week, faults: Faults = FAULTS) -> list[str]:
    """The special causes of Shropshire's 7-day rate that reach into the report's week."""
    figures = figures_of(judged(week, faults), force="A force")
    requirement = figures.requirements[0]
    one = next(unit for unit in requirement.units if unit.name == "Shropshire")
    found = causes(requirement.trend.weeks, one)
    return [cause.rule for cause in found if cause.weeks[1] == str(week) and not cause.improvement]


def first_things(week: Week, faults: Faults = FAULTS) -> list[str]:
    """What the report says of Shropshire among the things to look at first."""
    found = things_to_look_at(figures_of(judged(week, faults), force="A force"))
    return [thing.words for thing in found if "Shropshire" in thing.words]


def test_a_division_that_worsens_is_drawn_in_the_week_in_which_it_falls_due_and_told_by_the_third() -> None:
    assert told_of(WORSE) == []
    assert told_of(WORSE.plus(1)) == ["outside"]
    assert told_of(WORSE.plus(1), Faults()) == []
    assert first_things(WORSE) == []
    (told,) = first_things(WORSE.plus(3))
    assert told.startswith("Shropshire: since about 27 April 2026 (week 18) the 7-day rate has been ")
    assert first_things(WORSE.plus(3), Faults()) == []


def test_quiet_forces_are_left_in_peace_the_short_form() -> None:
    check(range(1, 7), more=1.6)  # of six forces, whose weeks are alike, chance makes the share vary by more


@pytest.mark.long
def test_quiet_forces_are_left_in_peace_over_200_seeds() -> None:
    """No more special causes, and no more significant divisions, than chance allows (statistics 1.2, 1.3, 1.5, 2)."""
    check(range(1, 201))


def check(seeds: range, more: float = 1.3) -> None:
    """`more`: how many times what chance gives is still taken for chance."""
    found = tally(seeds)
    print(f"\n{found}")
    # Independent normal points give 3.9 % with these four rules; one comparison in twenty is flagged by chance.
    assert found.special <= 0.039 * found.points * more
    assert found.significant <= 0.05 * found.compared * 1.2
    assert found.newest_special <= 0.08 * found.newest
    assert found.newest_special_young > found.newest_special
    assert found.significant_raw > found.significant
