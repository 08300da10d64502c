"""Figures across the forces of a partitioned dataset of crime records, some forces at a time (statistics 1, 3)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from compliance.batch.dataset_files import FORCE, DatasetFile, dataset_files, keys_of
from compliance.batch.inputs import RefusedRecord
from compliance.batch.parquet import record_chunks
from compliance.batch.processes import in_processes
from compliance.batch.unknown_fields import add_counts
from compliance.errors import SettingsError
from compliance.progress import tell_step
from compliance.records import Columns
from compliance.reports.forces.across_forces import JudgedGroup, judge_forces
from compliance.reports.forces.folder_records import gather_records
from compliance.reports.forces.force_figures import ForcesQuestion, figures_of_forces
from compliance.reports.model.force_model import FiguresAcross

OPTION: Final = "--dataset"
Told = tuple[str, RefusedRecord]
"""The name of a file of the dataset, and a refused record in it."""


@dataclass(frozen=True, slots=True)
class _Group:
    """The files of forces that are judged together, by the force that wrote them, in the order of their names."""

    folders: dict[str, list[DatasetFile]]

    @property
    def rows(self) -> int:
        return sum(file.rows for files in self.folders.values() for file in files)


@dataclass(frozen=True, slots=True)
class _GroupJudge:
    """What is asked of every group."""

    source: Path
    question: ForcesQuestion

    def judge(self, group: _Group) -> tuple[JudgedGroup, list[Told]]:
        """Read the records of a group and judge the weeks of its forces."""
        refused, unknown, asked = list[Told](), Counter[str](), self.question
        folders = {
            force: gather_records(self._read(files, refused, unknown), asked.policy, asked.week)
            for force, files in group.folders.items()
        }
        try:
            judged = judge_forces(folders, asked.units_among(folders), asked.policy, asked.week, asked.begun)
        except SettingsError as error:
            raise SettingsError(f"{self.named}: {error}") from None
        records = msgspec.structs.replace(judged.records, refused=len(refused), unknown_fields=dict(unknown))
        return replace(judged, records=records), refused

    @property
    def named(self) -> str:
        """The dataset, as errors name it."""
        return f"{OPTION} {self.source}"

    def _read(self, files: Sequence[DatasetFile], refused: list[Told], unknown: Counter[str]) -> Iterator[Columns]:
        for file in files:
            try:
                for chunk in record_chunks(str(self.source / file.name)):
                    add_counts(unknown, chunk.unknown_fields)
                    refused += [(file.name, each) for each in chunk.refused]
                    yield chunk.columns
            except SettingsError as error:
                said = str(error).removeprefix(f"--input {self.source / file.name}: ")
                raise SettingsError(f"{self.named}: {file.name}: {said}") from None


def figures_across(
    source: str, question: ForcesQuestion, tell: Callable[[str, RefusedRecord], None], *, workers: int = 1
) -> FiguresAcross:
    """Return the figures of all forces of a dataset.

    `tell` is called with the name of the file and each refused record. `workers` processes judge a group of forces each
    (`Forces.groups`; without a file of forces, one force), with those of its records in memory that can matter.

    Raises SettingsError if the folder is no dataset with the key `force`, a folder is of no force of the file, or two
    hold the same crimes, or the records were read before the week was settled; and UnavailableError if a process is
    killed.
    """
    groups = sorted(_list_groups(source, question), key=lambda group: -group.rows)  # no large one is left for the end
    judge, every = _GroupJudge(Path(source), question), sum(group.rows for group in groups)
    found, rows = list[JudgedGroup](), 0
    answers = in_processes(judge.judge, groups, min(workers, len(groups)))
    for group, (judged, told) in zip(groups, answers, strict=True):
        found.append(judged)
        for each in told:
            tell(*each)
        rows += group.rows
        tell_step("crimes judged", rows, every)
    return figures_of_forces(question, found)


def _list_groups(source: str, question: ForcesQuestion) -> list[_Group]:
    """Return the files of a dataset by force, in groups. Raises SettingsError if its folders do not say which."""
    files = defaultdict[str, list[DatasetFile]](list)
    for file in dataset_files(Path(source), OPTION):
        folder = keys_of(file.name).get(FORCE)
        if folder is None:
            raise SettingsError(
                f"{OPTION} {source}: {file.name} is of no force; expected folders such as {FORCE}=22/month=2026-01"
            )
        files[question.forces.name_of(folder) if question.forces else folder].append(file)
    forces = question.units_among(files).forces
    return [_Group({name: files[name] for name in names}) for names in forces.groups(files)]
