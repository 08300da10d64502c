"""Figures across the forces of a partitioned dataset of crime records, a force at a time (statistics 1, 3)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from compliance.batch.dataset_files import DatasetFile, dataset_files
from compliance.batch.inputs import RefusedRecord
from compliance.batch.parquet import record_chunks
from compliance.batch.processes import in_processes
from compliance.errors import SettingsError
from compliance.policy import Policy
from compliance.progress import tell_step
from compliance.records import Columns, columns
from compliance.reports.across_forces import ForceWeeks, compare_divisions, compare_forces, judge_force
from compliance.reports.force_model import FiguresAcross, ForceFigures
from compliance.reports.judged import TRAILING
from compliance.reports.periods import newest_settled
from compliance.reports.weeks import Week
from compliance.store.column_pool import join_columns

FORCE: Final = "force"
Told = tuple[str, RefusedRecord]
"""The name of a file of the dataset, and a refused record in it."""


@dataclass(frozen=True, slots=True)
class _Force:
    """A force with its files, in the order of their names."""

    name: str
    files: tuple[DatasetFile, ...]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, slots=True)
class _ForceJudge:
    """What is asked of every force."""

    source: Path
    policy: Policy
    week: Week
    begun: date | None

    def judge(self, force: _Force) -> tuple[ForceWeeks, list[Told]]:
        """Read the records of a force and judge its weeks."""
        parts, refused = list[Columns](), list[Told]()
        for file in force.files:
            try:
                for chunk in record_chunks(str(self.source / file.name)):
                    parts.append(chunk.columns)
                    refused += [(file.name, each) for each in chunk.refused]
            except SettingsError as error:
                said = str(error).removeprefix(f"--input {self.source / file.name}: ")
                raise SettingsError(f"--dataset {self.source}: {file.name}: {said}") from None
        return judge_force(force.name, _joined(parts), self.policy, self.week, self.begun), refused


def _joined(parts: Sequence[Columns]) -> Columns:
    """Join in pairs, so that no record is copied more often than the pairs have levels."""
    while len(parts) > 1:
        pairs = zip(parts[::2], [*parts[1::2], None], strict=False)
        parts = [one if other is None else join_columns(one, other) for one, other in pairs]
    return parts[0] if parts else columns([])


def figures_across(
    source: str,
    policy: Policy,
    week: Week,
    today: date,
    tell: Callable[[str, RefusedRecord], None],
    *,
    divisions: bool = False,
    begun: date | None = None,
    workers: int = 1,
) -> FiguresAcross:
    """Return the figures of all forces of a dataset for a week that is settled on a local date.

    `tell` is called with the name of the file and each refused record. `divisions`: with those of each force. `begun`:
    where the records of all forces begin (statistics 1.2b); None: derived for each. `workers` processes judge a force
    each, with all its records in memory.

    Raises SettingsError if the folder is no dataset with the key `force`, the week is not settled, or the policy has no
    requirement under which units are compared; and UnavailableError if a process is killed.
    """
    if all(asked.event is not None for asked in policy.requirement):
        raise SettingsError(
            f"policy {policy.title!r} has no requirement that runs from the report; units are compared under those"
        )
    newest = newest_settled("week", today)
    if str(week) > str(newest):
        raise SettingsError(f"week {week} is not settled yet; the newest that is settled is {newest} (statistics 1.2)")
    forces = sorted(_list_forces(source), key=lambda force: -force.rows)  # so that no large one is left for the end
    judge, every = _ForceJudge(Path(source), policy, week, begun), sum(force.rows for force in forces)
    found, refused, rows = list[ForceWeeks](), 0, 0
    answers = in_processes(judge.judge, forces, min(workers, len(forces)))
    for force, (held, told) in zip(forces, answers, strict=True):
        found.append(held)
        for each in told:
            tell(*each)
        refused += len(told)
        rows += force.rows
        tell_step("crimes judged", rows, every)
    found.sort(key=lambda held: held.name)
    compared = [held for held in found if held.is_compared(policy)]
    return FiguresAcross(
        week=str(week),
        settled=week.settling_instant(policy.local),
        trailing_weeks=(str(week.plus(1 - TRAILING)), str(week)),
        policy=policy.title,
        policy_digest=policy.digest,
        refused=refused,
        forces=tuple(_figures_of(held, held in compared, divisions, policy) for held in found),
        requirements=compare_forces(compared, policy) if compared else (),
    )


def _figures_of(held: ForceWeeks, compared: bool, divisions: bool, policy: Policy) -> ForceFigures:
    requirements = compare_divisions(held, policy) if divisions and held.weeks else ()
    return ForceFigures(held.name, held.begun, compared, requirements)


def _list_forces(source: str) -> list[_Force]:
    """Return the forces of a dataset. Raises SettingsError if its folders do not say which."""
    files = defaultdict[str, list[DatasetFile]](list)
    for file in dataset_files(Path(source)):
        keys = dict(folder.split("=", 1) for folder in file.name.split("/")[:-1] if "=" in folder)
        if FORCE not in keys:
            raise SettingsError(
                f"--dataset {source}: {file.name} is of no force; expected folders such as {FORCE}=22/month=2026-01"
            )
        files[unquote(keys[FORCE])].append(file)
    return [_Force(name, tuple(own)) for name, own in files.items()]
