"""Every history of one victim up to small bounds: engine and reference agree, and the bounds notice what is broken.

`make soak` goes on to the large ones (tests/soak/test_exhaustion.py).
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest

from compliance.policy.verdicts import Clause
from tests.exhaustion import Bound, Tally, compare, compare_all, every_sequence, histories
from tests.exhaustion_bounds import EVERY_DAY, GRID, QUICK, SEQUENCES
from tests.mutants import MUTANTS
from tests.mutation import Mutant, broken


@cache
def compared(bound: Bound) -> Tally:
    return compare_all(bound)


@pytest.mark.parametrize("bound", QUICK, ids=str)
def test_every_history_up_to_a_small_bound_has_the_answers_of_the_rules(bound: Bound) -> None:
    """And exactly one clause decides each (tests/deciding_clauses.py)."""
    assert compared(bound).verdicts > 1000


def test_every_clause_that_can_decide_does() -> None:
    """But that of exempt categories, which no history holds."""
    found = set().union(*(compared(bound).clauses for bound in QUICK))
    assert found == {clause.name for clause in Clause} - {Clause.CATEGORY.name}


# The reduction: what is left out says nothing else


@pytest.mark.parametrize("today", SEQUENCES.todays)
def test_leaving_out_what_the_rules_cannot_tell_apart_loses_no_class_of_answers(today: int) -> None:
    """Every sequence of facts, repeated and in any order, and future ones too, against one of each set."""
    every = compare(SEQUENCES, today, every_sequence(SEQUENCES))
    some = compare(SEQUENCES, today, histories(SEQUENCES, today))
    assert every.classes == some.classes
    assert every.histories > 10 * some.histories


def test_the_days_of_the_grid_stand_for_every_day() -> None:
    """With two facts, as asked on the day after the first further contact was due."""
    every = Bound("every day", 2, EVERY_DAY, (29,))
    assert compare_all(every).classes == compare_all(replace(every, days=GRID)).classes


# The comparison can fail


PLANTED = (
    "rules 3.3: an update on the day of the report discharges it",
    "rules 4.3: an update on the due date is late",
    "rules 5.6: an update on the day of the close comes too late",
    "rules 4.1: the case is looked at the day before the due date",
)


LEFT_OUT = (
    ("rules 2.9: the first change of a day stands", 6),
    ("rules 2.7: a decline later than the moment asked about holds", 2),
    ("rules 5.4: a decline that ends on the day it began holds", 2),
)


def mutant_named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if str(mutant) == name)


def found_by(mutant: Mutant, bounds: Iterable[Bound]) -> list[str]:
    """The bounds that notice a broken engine."""
    found = []
    with mutant.alive():
        for bound in bounds:
            try:
                compare_all(bound)
            except AssertionError:
                found.append(bound.name)
    return found


@pytest.mark.parametrize(("name", "today"), LEFT_OUT)
def test_a_fault_in_what_the_reduction_leaves_out_is_noticed_without_it(name: str, today: int) -> None:
    """So the reduction rests on the comparison without it, and not on what we believe of the rules."""
    with mutant_named(name).alive():
        assert compare(SEQUENCES, today, histories(SEQUENCES, today)).verdicts
        with pytest.raises(AssertionError, match="engine"):
            compare(SEQUENCES, today, every_sequence(SEQUENCES))


def test_an_engine_that_gives_the_right_state_by_the_wrong_clause_is_noticed() -> None:
    """Missed because the case had been closed for 28 days (3.6), told as closed while overdue (5.6)."""
    wrong = ("off < NEVER, Clause.WRITTEN_OFF", "off < NEVER, Clause.CLOSED_WHILE_OVERDUE")
    mutant = broken("rules 3.6", "another clause decides", "policy.obligations.always_owed", wrong)
    with mutant.alive(), pytest.raises(AssertionError, match=r"reference .*'missed'.*WRITTEN_OFF"):
        compare_all(QUICK[0])


@pytest.mark.parametrize("name", PLANTED)
def test_a_broken_engine_is_noticed(name: str) -> None:
    assert QUICK[0].name in found_by(mutant_named(name), QUICK[:2])
