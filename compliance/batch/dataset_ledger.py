"""The folder that a dataset is evaluated into, and its list of finished files, from which a run continues.

evaluation.json    what was asked; once all is done, the totals
files.ndjson       a line for each finished file: its counts, and the SHA-256 of what was read and written
verdicts/          a dataset of the same folders and files as the input
not_judged/        the same for refused records and obligations set aside, where there are any
twice.parquet      the places of the crimes that stand more than once in their force, if there are any

Each of the two datasets may have a Delta Lake log (`_delta_log`) while all is done, and never while a run is at work.
"""

import fcntl
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from compliance.batch.dataset_files import DELTA_LOG
from compliance.batch.evaluate import Evaluated
from compliance.errors import SettingsError, UnavailableError
from compliance.writing import append_to, whole_file, write_whole

VERDICTS: Final = "verdicts"
NOT_JUDGED: Final = "not_judged"
EVALUATION: Final = "evaluation.json"
FILES: Final = "files.ndjson"
TWICE: Final = "twice.parquet"


class DatasetQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of a dataset. `policy`: its name; `version`: of this program."""

    policy: str
    policy_digest: str
    as_at: datetime
    known_at: datetime | None
    version: str


class Evaluation(msgspec.Struct, frozen=True):
    """The content of evaluation.json. `totals`: by name, as in `Evaluated`; null until all files are judged.

    `twice`: how many records are of a crime that stands more than once in its force.
    """

    question: DatasetQuestion
    totals: dict[str, int] | None = None
    unknown_fields: dict[str, int] = {}
    twice: int = 0


class FinishedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was judged: its name in the dataset, its counts as in `Evaluated`, and three SHA-256.

    `not_judged`: null if everything was judged.
    """

    file: str
    input: str
    verdicts: str
    not_judged: str | None
    counts: dict[str, int]
    unknown_fields: dict[str, int]

    def evaluated(self) -> Evaluated:
        """Return the counts."""
        return Evaluated(**self.counts, unknown_fields=Counter(self.unknown_fields))


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, None if there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def counts_of(evaluated: Evaluated) -> dict[str, int]:
    """Return the counts by name, without those of unknown fields."""
    return {name: getattr(evaluated, name) for name in evaluated.__dataclass_fields__ if name != "unknown_fields"}


class DatasetLedger:
    """The list of finished files of an output folder, which no other process writes to meanwhile."""

    def __init__(self, folder: Path, question: DatasetQuestion, finished: dict[str, FinishedFile]) -> None:
        self._folder, self._question, self.finished = folder, question, finished

    def add(self, file: FinishedFile) -> None:
        """Note a finished file. Raises OSError."""
        append_to(self._folder / FILES, msgspec.json.encode(file) + b"\n")
        self.finished[file.file] = file

    def complete(self, totals: Evaluated, twice: pa.Table) -> None:
        """Note that all files are finished and on disk: the list in order, then the totals. Raises OSError.

        `twice`: as `crimes_twice` returns it.
        """
        if len(twice):
            with whole_file(self._folder / TWICE, synced=False) as file:
                pq.write_table(twice, file)
        os.sync()  # once, because to wait for the disk after each file takes longer than to judge it
        _write_list(self._folder, self.finished)
        done = Evaluation(self._question, counts_of(totals), dict(sorted(totals.unknown_fields.items())), len(twice))
        _write_evaluation(self._folder, done)


@contextmanager
def open_ledger(folder: Path, question: DatasetQuestion, names: Iterable[str]) -> Iterator[DatasetLedger]:
    """Open an output folder, new or of a run that ended early or asked the same before, with its finished files.

    `names`: the files of the input. Raises SettingsError if the folder holds anything else, or verdicts of another
    question or of other files; UnavailableError if another process is at work in it; and OSError.
    """
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"--output {folder}: is a file; the input is a dataset, so give the name of a folder")
    try:
        folder.mkdir(exist_ok=True)
        number = os.open(folder, os.O_RDONLY)
    except OSError as error:
        missing = f"; there is no folder {folder.parent} yet: make it" if not folder.parent.is_dir() else ""
        raise SettingsError(f"--output {folder}: cannot be written ({error.strerror}){missing}") from None
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process
        except BlockingIOError:
            raise UnavailableError(f"--output {folder}: another process writes into it; wait until it ends") from None
        known = frozenset(names)
        _check(folder, question, known)
        _write_evaluation(folder, Evaluation(question))
        _remove_logs(folder)
        (folder / TWICE).unlink(missing_ok=True)
        for part in folder.rglob(".*.part"):  # of a process that was killed
            part.unlink()
        finished = {name: file for name, file in _read_list(folder).items() if name in known}
        _write_list(folder, finished)
        yield DatasetLedger(folder, question, finished)
    finally:
        os.close(number)


def _check(folder: Path, question: DatasetQuestion, names: frozenset[str]) -> None:
    """Check that a folder is empty, or one of this question and these files."""
    instead = "choose another folder, or remove this one"
    try:
        found = msgspec.json.decode((folder / EVALUATION).read_bytes(), type=Evaluation).question
    except FileNotFoundError:
        if any(not path.name.endswith(".part") for path in folder.iterdir()):
            raise SettingsError(f"--output {folder}: holds files that are not of this command; {instead}") from None
        return
    except msgspec.MsgspecError as error:
        raise SettingsError(f"--output {folder}: {EVALUATION} is not of this command ({error}); {instead}") from None
    for field in question.__struct_fields__:
        before, now = getattr(found, field), getattr(question, field)
        if before != now:
            raise SettingsError(
                f"--output {folder}: answers another question: {field} was {before}, now it is {now}; {instead}"
            )
    for kind in (VERDICTS, NOT_JUDGED):
        for path in sorted((folder / kind).rglob("*.parquet")):
            name = path.relative_to(folder / kind).as_posix()
            if name not in names and not name.startswith(DELTA_LOG):
                raise SettingsError(f"--output {folder}: holds {kind}/{name}, which is not in the input; {instead}")


def _remove_logs(folder: Path) -> None:
    """Remove what would name files that are about to change."""
    for kind in (VERDICTS, NOT_JUDGED):
        if (log := folder / kind / DELTA_LOG).exists():
            shutil.rmtree(log)
            with suppress(OSError):  # where nothing else was in it, the log was all there was
                log.parent.rmdir()


def _read_list(folder: Path) -> dict[str, FinishedFile]:
    """Return the finished files, but for a line that was cut short. The last line of a file is the one that holds."""
    with suppress(FileNotFoundError):
        lines = (folder / FILES).read_bytes().splitlines()
        found = {}
        for line in lines:
            with suppress(msgspec.MsgspecError):
                file = msgspec.json.decode(line, type=FinishedFile)
                found[file.file] = file
        return found
    return {}


def _write_list(folder: Path, finished: Mapping[str, FinishedFile]) -> None:
    lines = b"".join(msgspec.json.encode(finished[name]) + b"\n" for name in sorted(finished))
    write_whole(folder / FILES, lines)


def _write_evaluation(folder: Path, evaluation: Evaluation) -> None:
    write_whole(folder / EVALUATION, msgspec.json.format(msgspec.json.encode(evaluation), indent=1) + b"\n")
