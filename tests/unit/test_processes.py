"""Work in several processes: in order, its errors as they are, and never silently less (decision 0070)."""

import os

import pytest

from compliance.batch.processes import in_processes
from compliance.errors import SettingsError, UnavailableError


def whose(number: int) -> tuple[int, int]:
    return number, os.getpid()


def fail(number: int) -> int:
    if number == 3:
        raise SettingsError("file 3: is wrong")
    return number


def end_at_once(_: int) -> None:
    os._exit(9)


def test_results_come_in_order_from_other_processes_or_from_this_one() -> None:
    found = list(in_processes(whose, range(50), 2))
    assert [number for number, _ in found] == list(range(50))
    assert os.getpid() not in {process for _, process in found}
    assert list(in_processes(whose, range(3), 1)) == [(number, os.getpid()) for number in range(3)]


def test_an_error_is_raised_as_it_is() -> None:
    found = in_processes(fail, range(10), 2)
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(SettingsError, match="file 3: is wrong"):
        next(found)


def test_a_process_that_is_killed_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UnavailableError, match=r"a process was killed at its work, .* with fewer --workers if need be"):
        list(in_processes(end_at_once, range(3), 2))
