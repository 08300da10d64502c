"""A pytest plugin, `-p tests.calls`: which functions of the service each passing test calls, and how long it takes.

A line a test in `var/mutants/calls.ndjson`: its name, its seconds with its fixtures, and the functions, by which
`tests/sampled_mutants.py` finds the tests that could notice a fault. The functions of the rooms tell it themselves.
"""

import json
from collections import defaultdict
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from tests.planted_faults import ROOMS, ROOT, functions, mark

CALLS: Final = ROOT / "var" / "mutants" / "calls.ndjson"


def pytest_configure(config: pytest.Config) -> None:
    """Watch, in each process that runs tests."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return
    load()
    watching = Calls(CALLS)
    for room in ROOMS:
        for function in functions(room):
            mark(function, watching.called)
    config.pluginmanager.register(watching)


def load() -> None:
    """Import the rooms."""
    for module in {function.partition(":")[0] for room in ROOMS for function in functions(room)}:
        import_module(module)


class Calls:
    """What is learnt, test by test."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._called, self._shared = set[str](), defaultdict[Any, set[str]](set)
        self._seconds, self._passed = 0.0, False

    def called(self, function: str) -> None:
        """A function begins."""
        self._called.add(function)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        """A fixture that several tests share is called by each of them."""
        outer, self._called = self._called, set()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self._shared[fixturedef] |= self._called
            self._called |= outer

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """One line a test."""
        self._called, self._seconds, self._passed = set(), 0.0, False
        result = yield
        fixtures = [each for all_of in item._fixtureinfo.name2fixturedefs.values() for each in all_of]  # type: ignore[attr-defined]
        called = self._called.union(*(self._shared[each] for each in fixtures))
        if self._passed:
            with self._path.open("a") as lines:
                lines.write(json.dumps([item.nodeid, round(self._seconds, 3), sorted(called)]) + "\n")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How long it took, and whether it passed."""
        self._seconds += report.duration
        self._passed |= report.when == "call" and report.passed
        self._passed &= not report.failed
