"""Verdicts as columns: some of them, several blocks as one, and what each clause makes."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from compliance.policy import judge, judge_blocks, judgement
from compliance.policy.verdicts import (
    LAPSED,
    MET,
    OVERDUE,
    REASON_OF,
    REASONS,
    STATE_OF,
    STATES,
    Clause,
    Verdicts,
    reasons_of,
    states_of,
)
from compliance.records import columns, convert_crime
from tests.engine import shipped
from tests.histories import AS_AT, KNOWN_AT, histories

POLICY = shipped("hertfordshire")[0]


@cache
def crowd() -> Verdicts:
    crimes = [convert_crime(record) for record in histories(4, 600)]
    return judge(columns(crimes), POLICY, AS_AT, KNOWN_AT)


def test_some_verdicts_have_every_column_of_those_asked_for() -> None:
    verdicts = crowd()
    rows = np.flatnonzero(verdicts.state == OVERDUE)
    assert 0 < len(rows) < len(verdicts)
    expected = verdicts.table().take(rows)
    assert verdicts.take(rows).table().equals(expected)
    assert verdicts.take(verdicts.state == OVERDUE).table().equals(expected)
    assert verdicts.holders(rows).owner("officer").texts().equals(verdicts.owner("officer").texts().take(rows))


def test_columns_of_unequal_length_are_no_verdicts() -> None:
    verdicts = crowd()
    with pytest.raises(ValueError, match="differ in length"):
        replace(verdicts, victim=verdicts.victim[:3])


def test_blocks_put_together_are_what_all_crimes_judged_at_once_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records section 2: the same order, whatever the order of the fields; rows of the records move with them."""
    verdicts = crowd()
    monkeypatch.setattr(judgement, "BLOCK", 37)
    blocks = list(judge_blocks(verdicts.columns, POLICY, AS_AT, KNOWN_AT))
    assert len(blocks) > 10
    joined = Verdicts.concatenate(blocks, verdicts.columns)
    assert joined.table().equals(verdicts.table())
    for field in fields(Verdicts):
        value = getattr(verdicts, field.name)
        if isinstance(value, np.ndarray):
            assert np.array_equal(getattr(joined, field.name), value), field.name
    assert joined.set_aside.table().equals(verdicts.set_aside.table())


def test_whoever_has_the_case_now_stands_in_for_whoever_had_it_then() -> None:
    verdicts = crowd()
    now = verdicts.held_now()
    names = [name for name in now.table().column_names if name not in ("division", "team", "officer_ref")]
    assert now.table().select(names).equals(verdicts.table().select(names))
    assert not np.array_equal(now.allocation, verdicts.allocation)


def test_every_clause_makes_a_state_and_each_reason_has_its_words() -> None:
    assert set(STATE_OF) == set(Clause)
    every = np.array(list(Clause), dtype=np.int8)
    assert {clause: int(state) for clause, state in zip(Clause, states_of(every), strict=True)} == STATE_OF
    assert [STATES[STATE_OF[clause]] for clause in (Clause.MET, Clause.CANCELLED)] == ["met", "lapsed"]
    assert (STATES[MET], STATES[LAPSED]) == ("met", "lapsed")
    given = {clause: int(reason) for clause, reason in zip(Clause, reasons_of(every), strict=True) if reason}
    assert given == REASON_OF
    assert set(REASON_OF.values()) == set(REASONS)
