"""Judge a partitioned dataset of crime records, a process a file, and continue where an earlier run ended."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from compliance.batch.crimes_twice import crimes_twice
from compliance.batch.dataset_files import DatasetFile, dataset_files
from compliance.batch.dataset_ledger import DatasetQuestion, open_ledger
from compliance.batch.delta_log import check_delta, write_delta_logs
from compliance.batch.evaluate import Evaluated
from compliance.batch.file_judge import Answer, FileJudge
from compliance.batch.outputs import has_file_ending
from compliance.batch.processes import in_processes
from compliance.errors import SettingsError, UnavailableError
from compliance.policy import Policy
from compliance.progress import tell_step
from compliance.text import count_noun

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class EvaluatedDataset:
    """The counts of all files together; how many files there are, and how many of them an earlier run had finished.

    `twice`: how many records are of a crime that stands more than once in its force.
    """

    totals: Evaluated
    files: int
    kept: int
    twice: int

    def __str__(self) -> str:
        return f"{count_noun(self.files, 'file')}, {self.kept:,} finished before; {self.totals}"


def evaluate_dataset(
    policy: Policy,
    as_at: datetime,
    known_at: datetime | None,
    source: str,
    target: str,
    *,
    workers: int | None = None,
    strict: bool = False,
    delta: bool = False,
) -> EvaluatedDataset:
    """Judge every file of a dataset and write the verdicts into a folder, as `dataset_ledger` lays it out.

    `workers` (default: the cores this process may use): how many processes judge files at the same time. Each holds a
    part of one file in memory. A file that an earlier run finished is kept if it, and what was written for it, still
    have the digests noted then. However often a run is killed on the way, the folder ends up the same to the byte.
    `delta`: make the results Delta Lake tables; their logs hold times and an id of their own.

    Raises SettingsError if the input is no dataset, if the output cannot be its folder, or, once all others are judged,
    if some files cannot be (with `strict`, also for an unknown field); UnavailableError if the output cannot be written
    to the end, or a process is killed. In each case what is finished is kept.
    """
    files = dataset_files(Path(source))
    if has_file_ending(target):
        raise SettingsError(f"--output {target}: is the name of a file; the input is a dataset, so name a folder")
    _check_apart(source, target)
    workers = workers or len(os.sched_getaffinity(0))
    if delta:
        check_delta(files[0].name, policy)
    asked = DatasetQuestion(
        policy=policy.title,
        policy_digest=policy.digest,
        as_at=as_at,
        known_at=known_at,
        version=version("victims-code-compliance"),
    )
    every = sum(file.rows for file in files)
    with _writing(target), open_ledger(Path(target), asked, [file.name for file in files]) as ledger:
        before = dict(ledger.finished)
        judge = FileJudge(policy, as_at, known_at, strict, Path(source), Path(target), before)
        totals, wrong, kept, rows = Evaluated(), defaultdict[str, list[str]](list), 0, 0
        for file, answer in _answers(judge, files, workers):
            if isinstance(answer, str):
                wrong[answer].append(file.name)
            elif answer is None:
                totals.add(before[file.name].evaluated())
                kept += 1
            else:
                totals.add(answer.evaluated())
                ledger.add(answer)
            rows += file.rows
            tell_step("crimes judged", rows, every)
        if wrong:
            raise _error(source, wrong, len(files))
        twice = crimes_twice(Path(source), files, workers)
        if delta:
            write_delta_logs(Path(target), [ledger.finished[file.name] for file in files])
        ledger.complete(totals, twice)
    return EvaluatedDataset(totals, len(files), kept, len(twice))


def _check_apart(source: str, target: str) -> None:
    """Check that neither folder is in the other: the next run would take verdicts for records."""
    one, other = Path(source).resolve(), Path(target).resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise SettingsError(f"--output {target}: is not apart from --input {source}; choose a folder beside it")


def _answers(judge: FileJudge, files: Sequence[DatasetFile], workers: int) -> Iterator[tuple[DatasetFile, Answer]]:
    """Yield what came of each file, the largest first, so that no process ends long after the others."""
    ordered = sorted(files, key=lambda file: -file.rows)
    names = (file.name for file in ordered)
    yield from zip(ordered, in_processes(judge.judge, names, min(workers, len(ordered))), strict=True)


@contextmanager
def _writing(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"--output {target}: could not be written to the end ({error.strerror or error}); what is finished is "
            "kept: solve this, then run the command again"
        ) from None


def _error(source: str, wrong: Mapping[str, Sequence[str]], files: int) -> SettingsError:
    """Return the error that names the files that could not be judged, those with one reason together."""
    count = sum(map(len, wrong.values()))
    said = sorted(
        f"{names[0]}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}: {reason}"
        for reason, names in ((reason, sorted(names)) for reason, names in wrong.items())
    )
    others = "; the others are" if count < files else ""
    return SettingsError(
        f"--input {source}: {count:,} of {count_noun(files, 'file')} could not be judged{others}. Correct these, then "
        "run the command again:",
        *said[:_SHOWN],
        *([f"and {len(said) - _SHOWN:,} more reasons"] if len(said) > _SHOWN else []),
    )
