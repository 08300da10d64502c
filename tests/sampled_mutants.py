"""`make mutants`: a seeded sample of small faults, planted one at a time in policy, reminders, mail, store and reports, and
how many of them the tests notice.

    python -m tests.sampled_mutants learn             which tests call which function, and how long each takes
    python -m tests.sampled_mutants run [--count N]   plant a sample; results and survivors go to var/mutants/
    python -m tests.sampled_mutants run --again       plant anew only what was not noticed the last time
    python -m tests.sampled_mutants show              the score once more

A fault has to survive the tests that call its function, those that call the fewest others before the rest, as many as took
`SECONDS` together when they were learnt, so learn on a machine that does nothing else; a survivor says how many of its tests were not run. Each fault is planted in a process of its own, forked from
one that has imported the service. Tests that start programs of their own (acceptance, soak) would not see it and are not
run. Every `CONTROL`th time no fault is planted, and the tests must pass.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests import postgres
from tests.calls import CALLS, load
from tests.equivalent_mutants import EQUIVALENT
from tests.planted_faults import ROOMS, ROOT, Fault, plant, sample

FOLDER: Final = CALLS.parent
RESULTS, SURVIVORS = FOLDER / "results.ndjson", FOLDER / "survivors.txt"
SEED: Final = 870
PLACES: Final = ("tests/unit", "tests/integration")
"""Tests elsewhere start programs of their own, which would not see a fault."""
SECONDS: Final = 20.0
CONTROL: Final = 20
NOTICED: Final = ("noticed", "timed out")
PYTEST: Final = ("-q", "-x", "-n", "0", "-m", "not long", "-p", "no:cacheprovider")


@dataclass(slots=True)
class Run:
    """What came of one fault: `noticed`, `timed out`, `survived`, `not called`, or `not planted`, where Python cannot."""

    fault: Fault
    outcome: str
    by: str = ""
    """The first test that failed."""
    ran: int = 0
    left: int = 0
    """How many tests call the function and were not run, for want of time."""

    @property
    def is_equivalent(self) -> bool:
        """Whether the fault was read and changes nothing that anybody could see."""
        return (self.fault.function, self.fault.does, self.fault.number) in EQUIVALENT


class FirstFailure:
    """A pytest plugin that keeps the first test that fails."""

    test = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep it."""
        if report.failed:
            self.test = self.test or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that can no longer be imported."""
        if report.failed:
            self.test = self.test or report.nodeid


def learn(jobs: int, paths: list[str]) -> None:
    """Run the tests once, watched; of some paths, besides what was learnt before."""
    CALLS.parent.mkdir(parents=True, exist_ok=True)
    if not paths:
        CALLS.unlink(missing_ok=True)
    words = ["-p", "tests.calls", "-q", "-m", "not long", "-n", str(jobs), "--dist", "loadfile"]
    subprocess.run([sys.executable, "-m", "pytest", *words, *(paths or PLACES)], check=False)


def run(faults: Iterable[Fault], jobs: int, say: Callable[[Run], None]) -> None:
    """Plant the faults, `jobs` at a time, each in a process of its own."""
    load()
    postgres.start()
    tests_of = learnt()
    running = dict[int, Trial]()
    for n, fault in enumerate(faults):
        every = tests_of.get(fault.function, [])
        chosen = nearest(every)
        if not chosen:
            say(Run(fault, "not called"))
            continue
        trials = [Trial(fault, chosen, len(every)), *([Trial(fault, chosen, 0, is_control=True)] * (n % CONTROL == 0))]
        for trial in trials:
            while len(running) >= jobs:
                _wait(running, say)
            running[trial.start()] = trial
    while running:
        _wait(running, say)


def _wait(running: dict[int, "Trial"], say: Callable[[Run], None]) -> None:
    for process, trial in list(running.items()):
        if (outcome := trial.outcome(process)) is not None:
            del running[process]
            say(outcome)
            return
    time.sleep(0.05)


class Trial:
    """One fault, or none, against some tests."""

    def __init__(self, fault: Fault, tests: list[tuple[float, str]], known: int, *, is_control: bool = False) -> None:
        self._fault, self._tests, self._known, self._is_control = fault, tests, known, is_control
        self._seconds = round(sum(seconds for seconds, _ in tests))
        self._ends = 0.0

    def start(self) -> int:
        """The process that it runs in."""
        self._folder = Path(tempfile.mkdtemp(prefix="mutant-"))
        self._ends = time.monotonic() + 300 + 10 * self._seconds  # of a machine that does much else
        child = os.fork()
        if not child:
            with suppress(BaseException):
                self._run()
            os._exit(1)
        return child

    def _run(self) -> None:
        os.setsid()
        limit = 60 + 4 * self._seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        tempfile.tempdir = str(self._folder)  # nothing is cleared away at the end of a process that is cut off
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(self._folder / "hypothesis")
        with (self._folder / "output").open("w") as output:
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
        if not self._is_control:
            try:
                plant(self._fault)
            except (ValueError, LookupError, SyntaxError):
                self._answer("not planted")
                return
        first = FirstFailure()
        temporary = f"--basetemp={self._folder / 'tests'}"
        code = pytest.main([*PYTEST, temporary, *(test for _, test in self._tests)], [first])
        self._answer("survived" if code == 0 else "noticed" if first.test else "broken", first.test)

    def _answer(self, outcome: str, test: str = "") -> None:
        (self._folder / "answer").write_text(json.dumps([outcome, test]))

    def outcome(self, process: int) -> Run | None:
        """What came of it, None while it runs."""
        if not os.waitpid(process, os.WNOHANG)[0]:
            if time.monotonic() < self._ends:
                return None
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)  # what it may have left
        postgres.drop_databases(process)
        answer = self._folder / "answer"
        outcome, test = json.loads(answer.read_text()) if answer.exists() else ("timed out", "")
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._is_control:
            outcome = "control passed" if outcome == "survived" else "control failed"
        return Run(self._fault, outcome, test, len(self._tests), max(self._known - len(self._tests), 0))


def learnt() -> dict[str, list[tuple[float, str]]]:
    """Function -> (seconds, test) of the tests that call it, the nearest first: those that call the fewest functions."""
    found: dict[str, list[tuple[int, float, str]]] = defaultdict(list)
    tests = {line[0]: line for line in map(json.loads, CALLS.read_text("utf-8").splitlines())}
    for test, seconds, called in tests.values():
        for function in called if test.startswith(PLACES) else ():
            found[function].append((len(called), seconds, test))
    return {function: [(seconds, test) for _, seconds, test in sorted(tests)] for function, tests in found.items()}


def nearest(tests: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The nearest of a function's tests that fit into the time, the quickest of them first; one at least."""
    chosen, spent = list[tuple[float, str]](), 0.0
    for seconds, test in tests:
        if spent + seconds <= SECONDS:
            chosen.append((seconds, test))
            spent += seconds
    return sorted(chosen) or sorted(tests)[:1]


def read_results() -> list[Run]:
    """What was written, the last of each fault."""
    found = {}
    for line in RESULTS.read_text("utf-8").splitlines():
        fault, *rest = json.loads(line)
        each = Run(Fault(*fault), *rest)
        found[each.fault.function, each.fault.number, each.outcome.startswith("control")] = each
    return list(found.values())


def write_result(each: Run) -> None:
    """A line more."""
    fault = each.fault
    place = (fault.room, fault.function, fault.line, fault.does, fault.number)
    with RESULTS.open("a") as lines:
        print(json.dumps([place, each.outcome, each.by, each.ran, each.left]), file=lines)


def summarise(results: list[Run]) -> str:
    """The score of each room: what was noticed of what could be."""
    lines = [f"{'':10}{'noticed':>9}{'of':>6}{'score':>8}   not noticed"]
    for name in (*ROOMS, "all"):
        here = [each for each in results if name in ("all", each.fault.room)]
        outcomes = Counter(each.outcome for each in here if not each.is_equivalent)
        noticed, missed = sum(outcomes[o] for o in NOTICED), {o: outcomes[o] for o in ("survived", "not called")}
        of = noticed + sum(missed.values())
        apart = {"equivalent": sum(each.is_equivalent for each in here), "not planted": outcomes["not planted"]}
        told = ", ".join(f"{count} {outcome}" for outcome, count in (missed | apart).items() if count)
        lines.append(f"{name:10}{noticed:9}{of:6}{noticed / max(of, 1):8.1%}   {told}")
    outcomes = Counter(each.outcome for each in results)
    rest = ("timed out", "broken", "control passed", "control failed")
    return "\n".join([*lines, "", *(f"{outcomes[name]} {name}" for name in rest)])


def write_survivors(results: list[Run]) -> None:
    """Every fault that was not noticed and is not listed as equivalent, with its place and its diff."""
    with SURVIVORS.open("w") as file:
        for each in results:
            if each.outcome in ("survived", "not called", "broken") and not each.is_equivalent:
                place = f"{each.fault.path.relative_to(ROOT)}:{each.fault.line}"
                print(f"{place} {each.fault} (number {each.fault.number})", file=file)
                print(
                    f"{each.outcome}: {each.ran} tests, {each.left} more not run",
                    each.fault.diff(),
                    "",
                    sep="\n",
                    file=file,
                )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="tests.sampled_mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("learn", "run", "show"))
    parser.add_argument("paths", nargs="*", help="learn: which tests, besides those learnt before; else all")
    parser.add_argument(
        "-k", dest="only", default="", help="learn: of these, those whose name holds it, as pytest has it"
    )
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="only what was not noticed the last time")
    given = parser.parse_args()
    if given.what == "learn":
        learn(given.jobs, given.paths)
        return
    if given.what == "run":
        faults = sample(given.count, given.seed)
        if given.again:
            missed = {each.fault for each in read_results() if each.outcome not in (*NOTICED, "control passed")}
            faults = [fault for fault in faults if fault in missed]
        else:
            RESULTS.unlink(missing_ok=True)
        run(faults, given.jobs, write_result)
    results = read_results()
    write_survivors(results)
    print(summarise(results), f"\nSurvivors: {SURVIVORS.relative_to(ROOT)}", file=sys.stdout)


if __name__ == "__main__":
    main()
