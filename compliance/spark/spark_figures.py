"""Figures across forces from a Spark DataFrame of crime records: a task judges the forces of one group."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from compliance.batch.frames import checked_instant, checked_policy
from compliance.errors import SettingsError, nearest
from compliance.policy import Policy
from compliance.records import columns_from_arrow
from compliance.reports.forces.across_forces import JudgedGroup, judge_forces
from compliance.reports.forces.folder_records import FolderRecords, gather_records
from compliance.reports.forces.force_figures import ForcesQuestion, figures_of_forces
from compliance.reports.forces.force_forms import FORMS, ForceForm, render

_GROUP: Final = "__group"
_SCHEMA: Final = "judged binary"


def figures(
    df: Any,
    policy: str | Path | Policy,
    as_at: str | datetime,
    period: str,
    *,
    by: str = "force",
    organisation: str | None = None,
    map_on: str | date | None = None,
    records_begin: str | date | None = None,
    force: str = "force",
    form: ForceForm = "text",
) -> str:
    """Return figures across forces as `compliance figures` gives them (statistics 1, 3), in a form.

    `df`: crime records with the fields of records section 1 as columns, and the force of each in the column `force`.
    `as_at`: when they were read; the week `period` must be settled by then. The others are the options of that command;
    dates may be texts, such as 2026-05-03.
    Each group of forces is judged by one task, with all its records in memory; without `organisation`, one force.
    Refused records are counted; `not_judged` lists them.

    Raises SettingsError if an argument is wrong, a record has no force, or `organisation` does not know a force.
    """
    if not hasattr(df, "groupBy"):
        raise SettingsError(f"df: found {type(df).__name__}; expected a Spark DataFrame")
    if force not in df.columns:
        raise SettingsError(f"force: there is no column {force!r}{nearest(force, df.columns)}")
    if form not in FORMS:
        raise SettingsError(f"form: found {form!r}; expected one of {'; '.join(FORMS)}")
    asked, read_at = checked_policy(policy), checked_instant("as_at", as_at)
    question = ForcesQuestion.checked(
        asked, period, read_at, by=by, organisation=organisation,
        map_on=_day("map_on", map_on), begun=_day("records_begin", records_begin), read_at=read_at,
    )  # fmt: skip
    texts = df.withColumn(force, df[force].cast("string"))
    named = [row[0] for row in texts.select(force).distinct().collect()]
    if None in named:
        raise SettingsError(f"force: column {force!r} is null in some records; each needs its force")
    forces = {name: question.forces.name_of(name) if question.forces else name for name in sorted(named)}
    groups = question.units_among(forces.values()).forces.groups(dict.fromkeys(forces.values()))
    number = {name: place for place, group in enumerate(groups) for name, of in forces.items() if of in group}
    judge = _GroupJudge(question, force, forces)

    def judged_group(table: Any) -> Any:  # Spark counts the arguments, and takes the `self` of a method for one
        return judge.judge(table)

    rows = _grouped(texts, force, number).applyInArrow(judged_group, _SCHEMA).collect()
    judged: list[JudgedGroup] = [pickle.loads(row[0]) for row in rows]  # noqa: S301  # from our own processes
    return render(figures_of_forces(question, judged), form)


def _day(name: str, value: Any) -> date | None:
    """Return a date from one or from its text. Raises SettingsError if it is neither."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise SettingsError(f"{name}: {value!r} is not a date; expected one such as '2026-05-03'") from None


def _grouped(df: Any, force: str, number: Mapping[str, int]) -> Any:
    """Return the records grouped by the number of their force's group."""
    from pyspark.sql import functions  # noqa: PLC0415  # an optional extra

    pairs = [functions.lit(each) for pair in number.items() for each in pair]
    return df.withColumn(_GROUP, functions.create_map(*pairs)[df[force]]).groupBy(_GROUP)


@dataclass(frozen=True, slots=True)
class _GroupJudge:
    """What is asked of every group. `forces`: the force of each value of the column. It is sent to each process."""

    question: ForcesQuestion
    column: str
    forces: Mapping[str, str]

    def judge(self, table: pa.Table) -> pa.Table:
        """Return the judged weeks of a group's forces, pickled."""
        asked, folders, refused = self.question, dict[str, FolderRecords](), 0
        ordered = table.sort_by("crime_ref")  # Spark promises no order
        for name in dict.fromkeys(self.forces.values()):
            values = pa.array([value for value, of in self.forces.items() if of == name])
            own = ordered.filter(pc.is_in(ordered[self.column], value_set=values))
            if len(own):
                found, refusals = columns_from_arrow(own)
                folders[name] = gather_records([found], asked.policy, asked.week)
                refused += len(refusals)
        units = asked.units_among(folders)
        judged = judge_forces(folders, units, asked.policy, asked.week, asked.begun)
        judged = replace(judged, records=msgspec.structs.replace(judged.records, refused=refused))
        return pa.table({"judged": pa.array([pickle.dumps(judged)], pa.binary())})
