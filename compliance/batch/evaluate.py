"""Judge a file of crime records in one pass, in bounded memory, on every core (records section 3)."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from compliance.batch.inputs import NotJudged, RefusedRecord
from compliance.batch.line_reader import LineReader
from compliance.batch.outputs import encode, output
from compliance.batch.parquet import Part, in_order, parts, read
from compliance.batch.unknown_fields import add_counts, describe
from compliance.errors import SettingsError
from compliance.policy import Policy, Verdicts, judge
from compliance.policy.calendars import Ints
from compliance.progress import tell_step
from compliance.records import columns


@dataclass(slots=True)
class Evaluated:
    """Counts of what was read, and of the results.

    Crimes judged, with their victims and updates; verdicts written; records refused; obligations set aside (rules
    6.1a); records without a victim (rules section 8). `unknown_fields`: how often each field that the record format
    does not have occurs, by path such as `victims[].age` (at most 1,000 different ones, the rest together).
    """

    crimes: int = 0
    victims: int = 0
    updates: int = 0
    verdicts: int = 0
    refused: int = 0
    set_aside: int = 0
    without_victim: int = 0
    unknown_fields: Counter[str] = field(default_factory=Counter)

    def add(self, more: "Evaluated") -> None:
        """Add the counts of another part."""
        for name in ("crimes", "victims", "updates", "verdicts", "refused", "set_aside", "without_victim"):
            setattr(self, name, getattr(self, name) + getattr(more, name))
        add_counts(self.unknown_fields, more.unknown_fields)

    def __str__(self) -> str:
        return (
            f"{self.crimes:,} crimes, {self.victims:,} victims, {self.updates:,} updates, {self.verdicts:,} verdicts, "
            f"{self.refused:,} refused, {self.set_aside:,} set aside, "
            f"{self.without_victim:,} records without a victim, {describe(self.unknown_fields)}"
        )


@dataclass(frozen=True, slots=True)
class _Question:
    """The question for every part, and the form of the answer."""

    policy: Policy
    as_at: datetime
    known_at: datetime | None
    target: str
    for_spreadsheet: bool = False
    lines: LineReader = field(default_factory=LineReader)

    def answer(self, numbered: tuple[int, Part]) -> "_Answer":
        """Answer for one part of a file, given with its place (from 0)."""
        place, part = numbered
        chunk = read(part, self.lines)
        verdicts = judge(chunk.columns, self.policy, self.as_at, self.known_at)
        columns, not_judged = chunk.columns, _set_aside(verdicts, chunk.lines)
        return _Answer(
            encode(self.target, verdicts, place == 0, for_spreadsheet=self.for_spreadsheet),
            Evaluated(
                len(columns), len(columns.victims), len(columns.updates), len(verdicts), len(chunk.refused),
                len(not_judged), int((np.diff(columns.victims_of) == 0).sum()),
                chunk.unknown_fields,
            ),
            sorted([*chunk.refused, *not_judged], key=lambda each: each.line),
        )  # fmt: skip


def _set_aside(verdicts: Verdicts, lines: Ints) -> list[NotJudged]:
    """Return the obligations set aside in some records, with the line of each record."""
    found = verdicts.set_aside
    if len(found) == 0:
        return []
    return [
        NotJudged(line, **row) for line, row in zip(lines[found.crime].tolist(), found.table().to_pylist(), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Answer:
    """The encoded verdicts for a part, its counts, and what could not be judged."""

    encoded: Any
    counts: Evaluated
    unanswered: list[RefusedRecord | NotJudged] = field(default_factory=list)


def evaluate(
    policy: Policy,
    as_at: datetime,
    known_at: datetime | None,
    source: str,
    target: str,
    tell: Callable[[RefusedRecord | NotJudged], None],
    *,
    workers: int | None = None,
    strict: bool = False,
    for_spreadsheet: bool = False,
    synced: bool = True,
) -> Evaluated:
    """Judge every record of a file (NDJSON or Parquet) and write the verdicts (NDJSON, CSV or Parquet).

    `tell` is called with every refused record and every obligation set aside (rules 6.1a), by line; all others are
    judged. `workers` (default: the cores this process may use) judge parts of a large file in parallel; the verdicts
    keep their order. With `for_spreadsheet`, no cell of a CSV file is a formula. Unless `synced`, nobody waits until
    the verdicts are on disk.
    With `strict`, a field that the record format does not have is an error, raised once everything is read; there is no
    output.

    Raises SettingsError if a file cannot be read or opened for writing, if input and output are the same file, or for
    an unknown field with `strict`; UnavailableError if the verdicts cannot be written to the end; and RecordError if
    the input is cut short. No error leaves a file behind.
    """
    if Path(target).exists() and Path(source).exists() and Path(source).samefile(target):
        raise SettingsError(
            f"--output {target}: is the input file, which the verdicts would replace; choose another file"
        )
    done = Evaluated()
    question = _Question(policy, as_at, known_at, target, for_spreadsheet)
    with output(target, for_spreadsheet=for_spreadsheet, synced=synced) as out:
        for answer in _answers(question, source, workers or len(os.sched_getaffinity(0))):
            for each in answer.unanswered:
                tell(each)
            done.add(answer.counts)
            if not (strict and done.unknown_fields):
                out.append(answer.encoded)
            tell_step("crimes judged", done.crimes)
        if strict and done.unknown_fields:
            raise SettingsError(
                f"--input {source}: has {describe(done.unknown_fields)}; correct or remove them, or leave out --strict"
            )
    return done


def _answers(question: _Question, source: str, workers: int) -> Iterator[_Answer]:
    """Yield the answers to all parts of a file, in order."""
    given = parts(source)
    first = list(islice(given, 2))
    numbered = enumerate(chain(first, given))
    if not first:
        yield _empty(question)
    elif len(first) == 1 or workers == 1:
        yield from map(question.answer, numbered)
    else:
        with ThreadPoolExecutor(workers) as threads:  # Arrow and NumPy, which take longest, leave the interpreter free
            yield from in_order(threads, question.answer, numbered, workers + 1)


def _empty(question: _Question) -> _Answer:
    verdicts = judge(columns([]), question.policy, question.as_at, question.known_at)
    return _Answer(encode(question.target, verdicts, True), Evaluated())
