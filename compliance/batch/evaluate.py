"""Crime records in, verdicts out, in one pass and bounded memory, on every core (records section 3)."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from compliance.batch.chunks import Part, in_order, is_parquet, parts, read
from compliance.batch.inputs import Refused
from compliance.batch.outputs import encode, output
from compliance.errors import SettingsError
from compliance.policy import Policy, judge
from compliance.records import columns


@dataclass(slots=True)
class Evaluated:
    """How much was answered: crimes judged, verdicts written, records refused."""

    crimes: int = 0
    verdicts: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of every part, and the form of the answer."""

    policy: Policy
    as_at: datetime
    known_at: datetime | None
    target: str

    def answer(self, part: Part, first: bool = False) -> "_Answer":
        chunk = read(part)
        verdicts = judge(chunk.columns, self.policy, self.as_at, self.known_at)
        return _Answer(encode(self.target, verdicts, first), len(chunk.columns), len(verdicts), chunk.refused)


@dataclass(frozen=True, slots=True)
class _Answer:
    encoded: Any
    crimes: int
    verdicts: int
    refused: list[Refused] = field(default_factory=list)


def evaluate(
    policy: Policy,
    as_at: datetime,
    known_at: datetime | None,
    source: str,
    target: str,
    refuse: Callable[[Refused], None],
    *,
    workers: int | None = None,
    progress: Callable[[Evaluated], None] = lambda _: None,
) -> Evaluated:
    """Judge every record of a file (NDJSON or Parquet) and write the verdicts (NDJSON, CSV or Parquet).

    `refuse` is told of every refused record; the good ones are answered all the same. `workers` (default: the cores
    this process may use) judge parts of a large file side by side; the verdicts keep their order. `progress` is told
    after each part. Raises SettingsError where a file cannot be read or written, or where they are the same.
    """
    if Path(target).exists() and Path(source).exists() and Path(source).samefile(target):
        raise SettingsError(
            f"--output {target}: is the input itself, which the verdicts would replace; name another file"
        )
    done = Evaluated()
    question = _Question(policy, as_at, known_at, target)
    with output(target) as out:
        for answer in _answers(question, source, workers or len(os.sched_getaffinity(0))):
            for refused in answer.refused:
                refuse(refused)
            out.append(answer.encoded)
            done.crimes += answer.crimes
            done.verdicts += answer.verdicts
            done.refused += len(answer.refused)
            progress(done)
    return done


def _answers(question: _Question, source: str, workers: int) -> Iterator[_Answer]:
    """The answers to all parts of a file in their order. The first part is answered here: it may be the only one."""
    given = parts(source)
    first = next(given, None)
    if first is None:
        yield _empty(question)
        return
    second = next(given, None)
    if second is None or workers == 1:
        yield question.answer(first, first=True)
        yield from map(question.answer, chain([] if second is None else [second], given))
        return
    given = chain([second], given)
    # Decoding JSON holds the interpreter's lock, so lines go to processes; columns are judged outside it, in threads.
    if is_parquet(source):
        with ThreadPoolExecutor(workers) as threads:
            later = in_order(threads, question.answer, given, workers + 1)
            yield question.answer(first, first=True)
            yield from later
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (question,)) as processes:
        later = in_order(processes, _answer, given, workers + 1)
        yield question.answer(first, first=True)  # here, while the processes start
        yield from later


def _empty(question: _Question) -> _Answer:
    verdicts = judge(columns([]), question.policy, question.as_at, question.known_at)
    return _Answer(encode(question.target, verdicts, True), 0, 0)


_question: list[_Question] = []


def _begin(question: _Question) -> None:
    """In a worker process: what all its parts are asked."""
    _question[:] = [question]


def _answer(part: Part) -> _Answer:
    return _question[0].answer(part)
