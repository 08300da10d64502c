"""Every history of one victim up to large bounds, engine against reference: `make soak` (tests/exhaustion.py)."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from time import monotonic

import pytest

from tests.exhaustion import Bound, Tally, compare, compare_all, every_sequence, histories
from tests.exhaustion_bounds import EVERY_DAY, GRID, LARGE, SEQUENCES

PARTS = os.cpu_count() or 1


def _compare_part(bound: Bound, part: int) -> Tally:
    return compare_all(bound, part=part, parts=PARTS)


def compare_everywhere(bound: Bound) -> Tally:
    """A bound on every core, with what was compared printed."""
    began, tally = monotonic(), Tally()
    with ProcessPoolExecutor(PARTS, mp_context=get_context("spawn")) as pool:
        for part in pool.map(_compare_part, repeat(bound), range(PARTS)):
            tally.add(part)
    days = f"{len(bound.days)} days from {bound.days[0]} to {bound.days[-1]}"
    print(
        f"\n{bound}: every history of up to {bound.facts} facts of {len(bound.kinds)} kinds on {days}, asked on days "
        f"{', '.join(map(str, bound.todays))}: {tally.histories:,} histories, {tally.verdicts:,} verdicts, "
        f"{len(tally.classes):,} classes of answers, no difference, one clause each; {monotonic() - began:.0f} s"
    )
    return tally


@pytest.mark.long
@pytest.mark.parametrize("bound", LARGE, ids=str)
def test_every_history_up_to_a_large_bound_has_the_answers_of_the_rules(bound: Bound) -> None:
    assert compare_everywhere(bound).histories > 10_000


@pytest.mark.long
def test_leaving_out_what_the_rules_cannot_tell_apart_loses_no_class_of_answers() -> None:
    """Every sequence of three facts on a week, repeated and in any order."""
    week = replace(SEQUENCES, days=tuple(range(7)), todays=(4, 9))
    for today in week.todays:
        every = compare(week, today, every_sequence(week))
        some = compare(week, today, histories(week, today))
        print(f"\n{every.histories:,} sequences, {some.histories:,} reduced, {len(every.classes):,} classes of both")
        assert every.classes == some.classes


@pytest.mark.long
@pytest.mark.parametrize(("facts", "today"), [(2, 8), (2, 36), (2, 57), (2, 86), (3, 36)])
def test_the_days_of_the_grid_stand_for_every_day(facts: int, today: int) -> None:
    every = Bound("every day", facts, EVERY_DAY, (today,))
    assert compare_everywhere(every).classes == compare_everywhere(replace(every, days=GRID)).classes
