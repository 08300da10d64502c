"""Worked examples: a crime's story and the verdicts it must get, as data beside the policies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from compliance.errors import RecordError, SettingsError, nearest, settings_error
from compliance.policy import Policy, judge
from compliance.policy.calendars import read_toml
from compliance.records import check_instants, columns, convert_crime

_COMPARED: Final = (
    "victim_ref", "requirement", "cycle", "clock_date", "due_date", "state", "discharged_on", "days_late", "reason",
    "same_day_update", "entered_after_due", "division", "team", "officer_ref",
)  # fmt: skip


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1)
    clauses: list[str] = Field(min_length=1)
    story: str = Field(min_length=1)
    as_at: datetime
    known_at: datetime | None = None
    crime: dict[str, Any]
    verdict: list[dict[str, Any]] = []
    verdicts: str | None = Field(default=None, pattern="^none$")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    policy: str
    example: list[_Example]


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example of a policy. `crime` is a record as JSON would hold it; `verdicts` what it must get."""

    path: Path
    policy: str
    title: str
    clauses: tuple[str, ...]
    story: str
    as_at: datetime
    known_at: datetime | None
    crime: dict[str, Any]
    verdicts: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.path}: {self.title!r}"


def load_examples(folder: Path, policy: str = "*") -> Iterator[Example]:
    """Every example in the folders below `folder`, or in the folder of one policy, in the order of the files. Raises
    SettingsError that names the file and the key."""
    for path in sorted(folder.glob(f"{policy}/*.toml")):
        yield from _load(path)


def _load(path: Path) -> Iterator[Example]:
    try:
        file = _File.model_validate(read_toml(path))
    except ValidationError as error:
        known = [*_File.model_fields, *_Example.model_fields]
        raise settings_error(str(path), error.errors(), known) from None
    for example in file.example:
        where = f"{path}: {example.title!r}"
        if bool(example.verdict) == bool(example.verdicts):
            raise SettingsError(f'{where}: expected its verdicts, or verdicts = "none" where there are to be none')
        for instant in (example.as_at, example.known_at):
            if instant is not None and instant.tzinfo is None:
                raise SettingsError(f"{where}: as_at and known_at need an offset, such as 2026-07-20T09:00:00+01:00")
        for verdict in example.verdict:
            for key in set(verdict) - set(_COMPARED):
                raise SettingsError(f"{where}: verdict: there is no column {key!r}{nearest(key, _COMPARED)}")
        yield Example(
            path, file.policy, example.title, tuple(example.clauses), example.story, example.as_at, example.known_at,
            _record(example.crime), [_plain(verdict) for verdict in example.verdict],
        )  # fmt: skip


def _record(crime: dict[str, Any]) -> dict[str, Any]:
    """The record that an example's crime stands for, with what every story has in common filled in."""
    record: dict[str, Any] = {"crime_ref": "EX/1/26", "victims": [{"victim_ref": "V1"}]} | _plain(crime)
    for name, mark, common in (("updates", "U", {"outcome": "informed"}), ("events", "E", {})):
        if name in record:
            ref = name[:-1] + "_ref"
            record[name] = [{ref: f"{mark}{i}"} | common | item for i, item in enumerate(record[name], start=1)]
    return record


def _plain(value: Any) -> Any:
    """TOML's dates and times as the texts that JSON would hold."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def failures(example: Example, policy: Policy) -> list[str]:
    """What a policy gives that an example does not expect: nothing where it holds. Each is a sentence that names the
    file, the example, what was expected and what came, with the clauses cited."""
    try:
        crime = convert_crime(example.crime)
    except RecordError as error:
        return [f"{example}: its crime is no record: {error}"]
    if bad := check_instants([crime]):
        return [f"{example}: its crime is no record: {bad[0]}"]
    table = judge(columns([crime]), policy, example.as_at, example.known_at).table()
    rows = [_plain(row) for row in table.to_pylist()]
    cited = ", ".join(example.clauses)
    if len(rows) != len(example.verdicts):
        got = ", ".join(f"{row['requirement']} {row['cycle']} {row['state']}" for row in rows) or "none"
        return [f"{example}: expected {len(example.verdicts)} verdicts, got {len(rows)}: {got} ({cited})"]
    problems = []
    for row, expected in zip(rows, example.verdicts, strict=True):
        for key, value in expected.items():
            if row[key] != value:
                which = f"{row['requirement']} cycle {row['cycle']} of {row['victim_ref']}"
                problems.append(f"{example}: {which}: {key}: expected {value!r}, got {row[key]!r} ({cited})")
    return problems
