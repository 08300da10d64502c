"""Who has a case, held against the plain reference (records sections 1 and 2)."""

from datetime import timedelta
from functools import cache

import numpy as np

from compliance.policy.allocation import CaseHolders, Owners, first_with, owners
from compliance.policy.calendars import from_day
from compliance.policy.moment import Moment
from compliance.records import Columns, columns, convert_crime
from tests.engine import shipped
from tests.histories import AS_AT, histories
from tests.reference_case import Case, Json

POLICY, DATA = shipped("west-mercia")
NAMES = {"division": "division", "team": "team", "officer": "officer_ref"}


@cache
def crowd() -> tuple[list[Json], Columns]:
    records = list(histories(11, 1500))
    return records, columns([convert_crime(record) for record in records])


def held(allocation: np.ndarray) -> list[Json]:
    """Division, team and officer of every crime of the crowd, by what holds it."""
    table = crowd()[1]
    who = CaseHolders(table, np.arange(len(table)), allocation)
    columns_of = [who.owner(name) for name in NAMES]
    return [
        {key: column.text(row) for key, column in zip(NAMES.values(), columns_of, strict=True)}
        for row in range(len(table))
    ]


def test_who_has_a_case_now_and_had_it_at_the_end_of_a_day() -> None:
    """An allocation to come has not happened (rules 2.7); where none tells of the day, whoever has it now."""
    records, table = crowd()
    for as_at in (AS_AT, AS_AT - timedelta(days=45)):
        moment = Moment.of(POLICY.local, as_at)
        found = owners(table, moment, POLICY.local)
        cases = [Case(record, DATA, as_at, None) for record in records]
        assert held(found.now) == [case.holder(case.today) for case in cases]
        for back in (1, 8, 28, 90):
            day = np.full(len(table), moment.today - back, dtype=np.int32)
            expected = [case.holder(from_day(moment.today - back)) for case in cases]
            assert held(found.at(np.arange(len(table)), day)) == expected


def test_the_history_of_a_case_is_every_allocation_that_exists_in_order() -> None:
    records, table = crowd()
    found = owners(table, Moment.of(POLICY.local, AS_AT), POLICY.local)
    lengths = set()
    for row, record in enumerate(records):
        told = Case(record, DATA, AS_AT, None).allocations
        history = found.history(row).tolist()
        assert [table.allocations.officer.text(each) for each in history] == [a.get("officer_ref") for a in told]
        lengths.add(len(told))
    assert lengths >= {0, 1, 2, 3}


def test_an_officer_got_a_case_by_the_first_of_the_allocations_to_them_in_a_row() -> None:
    given = [("A", "1"), ("A", "2"), ("A", "2"), ("B", "2"), ("B", None), ("B", None)]
    records = [
        {
            "crime_ref": ref, "reported_at": "2026-05-01T09:00:00Z", "victims": [{"victim_ref": "V"}],
            "allocations": [
                {"from": f"2026-05-0{day}T09:00:00Z", "officer_ref": officer}
                for day, (of, officer) in enumerate(given, start=1) if of == ref
            ],
        }
        for ref in ("A", "B")
    ]  # fmt: skip
    allocations = columns([convert_crime(record) for record in records]).allocations
    assert [first_with(allocations, row) for row in (-1, 0, 1, 2, 3, 4, 5)] == [-1, 0, 1, 1, 3, 4, 4]


def test_a_crime_that_was_never_allocated_has_no_ones_allocation() -> None:
    """Crime 0 has none, crime 1 has two: the first from day 5, the second from day 9 (records section 2)."""
    found = Owners(np.array([1, 1]), np.array([7, 8]), np.array([5, 9], dtype=np.int32), np.array([0, 2]))
    asked = np.array([0, 0, 1, 1, 1, 1]), np.array([4, 10, 4, 5, 8, 9], dtype=np.int32)
    assert found.at(*asked).tolist() == [-1, -1, 8, 7, 7, 8]
    assert [found.history(crime).tolist() for crime in (0, 1)] == [[], [7, 8]]
