"""Judge one file of a dataset, in a process of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance.batch.dataset_ledger import NOT_JUDGED, VERDICTS, FinishedFile, counts_of, digest_of
from compliance.batch.evaluate import evaluate
from compliance.batch.not_judged_file import not_judged_file
from compliance.errors import RecordError, SettingsError
from compliance.policy import Policy

Answer = FinishedFile | str | None
"""A file that is finished, why it cannot be judged, or None if it stands as an earlier run finished it."""


@dataclass(frozen=True, slots=True)
class FileJudge:
    """What is asked of every file, the folders of records and of results, and the files finished before, by name."""

    policy: Policy
    as_at: datetime
    known_at: datetime | None
    strict: bool
    source: Path
    target: Path
    finished: Mapping[str, FinishedFile]

    def judge(self, name: str) -> Answer:
        """Judge the file of a name, unless that is done. Raises UnavailableError or OSError if it cannot be written."""
        try:
            return self._judged(name, self.finished.get(name))
        except (SettingsError, RecordError) as error:
            return str(error).removeprefix(f"--input {self.source / name}: ")

    def _judged(self, name: str, before: FinishedFile | None) -> FinishedFile | None:
        source = self.source / name
        verdicts, not_judged = self.target / VERDICTS / name, self.target / NOT_JUDGED / name
        seen, read = _state(source), _digest_of(source)
        if before and not (self.strict and before.unknown_fields):
            written = digest_of(verdicts), digest_of(not_judged)
            if (before.input, before.verdicts, before.not_judged) == (read, *written):
                return None
        for path in (verdicts, not_judged):  # they are of other records: better none than those
            path.unlink(missing_ok=True)
        verdicts.parent.mkdir(parents=True, exist_ok=True)
        with not_judged_file(not_judged, source.name) as tell:
            done = evaluate(
                self.policy, self.as_at, self.known_at, str(source), str(verdicts), tell,
                workers=1, strict=self.strict, synced=False,  # the digest tells whether all of it came to the disk
            )  # fmt: skip
        if _state(source) != seen:
            verdicts.unlink()
            raise SettingsError("was changed while it was judged; run the command again once nothing writes to it")
        return FinishedFile(
            file=name, input=read, verdicts=_digest_of(verdicts), not_judged=digest_of(not_judged),
            counts=counts_of(done), unknown_fields=dict(sorted(done.unknown_fields.items())),
        )  # fmt: skip


def _state(path: Path) -> tuple[int, int, int]:
    """Return what changes when a file is written to or replaced."""
    try:
        found = path.stat()
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror})") from None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _digest_of(path: Path) -> str:
    found = digest_of(path)
    if found is None:
        raise SettingsError("was removed while it was judged; run the command again once nothing writes to it")
    return found
