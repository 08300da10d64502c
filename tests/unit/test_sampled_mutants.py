"""Which tests `make mutants` runs against a fault: the nearest to the function, as many as fit into the time."""

import json
from pathlib import Path

import pytest

from tests import sampled_mutants
from tests.sampled_mutants import SECONDS, learnt, nearest


def test_the_tests_nearest_to_a_function_come_first_and_those_that_start_programs_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        ["tests/unit/test_a.py::whole", 0.1, ["f", "g", "h"]],
        ["tests/unit/test_a.py::of_f", 9.0, ["f"]],
        ["tests/acceptance/test_b.py::daemon", 0.1, ["f"]],
        ["tests/unit/test_a.py::of_f", 0.2, ["f"]],  # learnt again
    ]
    calls = tmp_path / "calls.ndjson"
    calls.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr(sampled_mutants, "CALLS", calls)
    whole, of_f = (0.1, "tests/unit/test_a.py::whole"), (0.2, "tests/unit/test_a.py::of_f")
    assert learnt() == {"f": [of_f, whole], "g": [whole], "h": [whole]}


def test_as_many_run_as_fit_into_the_time_and_one_at_least() -> None:
    assert nearest([(3.0, "a"), (SECONDS, "b"), (1.0, "c")]) == [(1.0, "c"), (3.0, "a")]
    assert nearest([(SECONDS + 1, "a"), (SECONDS + 2, "b")]) == [(SECONDS + 1, "a")]
    assert nearest([]) == []
