"""The faults that `make mutants` plants: a fair sample, and each does what it says and nothing else."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from compliance.mail.message import address_problem
from tests.planted_faults import ROOMS, Fault, faults, function_at, mark, plant, sample

LONG = f"{'a' * 61}@{'b.' * 95}uk"  # 254 characters, as many as an address may have


@contextmanager
def whole_again(function: str) -> Iterator[None]:
    code = function_at(function).__code__
    try:
        yield
    finally:
        function_at(function).__code__ = code


def the_fault(does: str, number: int = 0, function: str = "compliance.mail.message:address_problem") -> Fault:
    return [each for each in faults("mail") if (each.function, each.does) == (function, does)][number]


def test_a_sample_holds_as_many_faults_of_each_room_and_is_the_same_for_a_seed() -> None:
    found = sample(50, seed=1)
    assert Counter(fault.room for fault in found) == dict.fromkeys(ROOMS, 10)
    assert len(set(found)) == 50
    assert found == sample(50, seed=1)
    assert found != sample(50, seed=2)


def test_a_fault_does_what_it_says_until_the_function_is_whole_again() -> None:
    assert len(LONG) == 254
    assert address_problem(LONG) is None
    with whole_again("compliance.mail.message:address_problem"):
        plant(the_fault("Gt becomes GtE"))
        assert address_problem(LONG) is not None
        assert address_problem("officer@force.example") is None
    assert address_problem(LONG) is None


def test_a_fault_says_its_file_its_line_and_its_difference() -> None:
    fault = the_fault("Gt becomes GtE")
    line = fault.path.read_text("utf-8").splitlines()[fault.line - 1]
    assert "> 254" in line
    gone, came = (line for line in fault.diff().splitlines() if line[0] in "-+")
    assert ("> 254" in gone, ">= 254" in came) == (True, True)


def test_a_marked_function_tells_that_it_was_called_and_does_the_same() -> None:
    called: list[str] = []
    with whole_again("compliance.mail.message:address_problem"):
        mark("compliance.mail.message:address_problem", called.append)
        assert address_problem("officer@force.example") is None
    assert address_problem("officer@force.example") is None
    assert called == ["compliance.mail.message:address_problem"]


def test_what_is_no_function_is_not_found() -> None:
    with pytest.raises((LookupError, TypeError)):
        function_at("compliance.mail.message:ASCII")
