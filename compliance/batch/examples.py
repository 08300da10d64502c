"""Worked examples: the story of a crime and the verdicts it must get, stored as data with the policies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from compliance.errors import RecordError, SettingsError, nearest, settings_error
from compliance.policy import STATES, Policy, judge
from compliance.policy.calendars import read_toml
from compliance.policy.setting_aside import CLAUSE
from compliance.records import check_instants, columns, convert_crime
from compliance.text import count_noun

_ABSENT: Final = "none"
"""The value an example gives for a verdict's key that must be null, which TOML cannot express."""


class _Verdict(BaseModel):
    """The columns of records section 2. An example may leave out any of them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    victim_ref: str = ""
    requirement: str = ""
    cycle: int = 1
    clock_date: date = date.min
    due_date: date = date.min
    state: str = ""
    discharged_on: date | None = None
    days_late: int | None = None
    reason: str | None = None
    same_day_update: bool | None = None
    entered_after_due: bool | None = None
    division: str | None = None
    team: str | None = None
    officer_ref: str | None = None
    due_at: datetime | None = None
    """Only under a policy with limits in hours (rules A6b)."""

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {key: None if value == _ABSENT and key in _MAY_BE_NULL else value for key, value in data.items()}

    @field_validator("due_at")
    @classmethod
    def _in_utc(cls, due_at: datetime | None) -> datetime | None:
        if due_at is not None and due_at.tzinfo is None:
            raise ValueError("needs an offset, such as 2026-07-20T09:00:00+01:00")
        return due_at and due_at.astimezone(UTC)

    @field_validator("state")
    @classmethod
    def _check_state(cls, state: str) -> str:
        if state not in STATES:
            raise ValueError(f"there is no such state; expected one of {', '.join(STATES)}{nearest(state, STATES)}")
        return state


class _SetAside(BaseModel):
    """An obligation set aside (rules 6.1a). `cycle`: the event's number, 0 if the requirement runs from the report."""

    model_config = ConfigDict(extra="forbid", strict=True)

    victim_ref: str = ""
    requirement: str = Field(default="", min_length=1)
    cycle: int = 0


_MAY_BE_NULL: Final = {name for name, field in _Verdict.model_fields.items() if field.default is None}


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1)
    clauses: list[str] = Field(min_length=1)
    story: str = Field(min_length=1)
    as_at: datetime
    known_at: datetime | None = None
    crime: dict[str, Any]
    verdict: list[_Verdict] = []
    verdicts: str | None = Field(default=None, pattern="^none$")
    set_aside: list[_SetAside] = []


class _ExampleFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    policy: str
    example: list[_Example]


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """One worked example of a policy.

    `crime` is a record as decoded from JSON, `verdicts` the verdicts it must get, and `set_aside` the obligations that
    must be set aside (rules 6.1a).
    """

    path: Path
    policy: str
    title: str
    clauses: tuple[str, ...]
    story: str
    as_at: datetime
    known_at: datetime | None
    crime: dict[str, Any]
    verdicts: list[dict[str, Any]]
    set_aside: list[dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.path}: {self.title!r}"


def load_examples(folder: Path, policy: str = "*") -> Iterator[WorkedExample]:
    """Yield every example in the folders below `folder`, or in that of one policy, in the order of the files.

    Raises SettingsError that names the file and the key.
    """
    for path in sorted(folder.glob(f"{policy}/*.toml")):
        yield from _load(path)


def _load(path: Path) -> Iterator[WorkedExample]:
    data = read_toml(path)
    try:
        file = _ExampleFile.model_validate(data)
    except ValidationError as error:
        models = (_ExampleFile, _Example, _Verdict, _SetAside)
        known = [name for model in models for name in model.model_fields]
        raise settings_error(str(path), [_locate_problem(problem, data) for problem in error.errors()], known) from None
    if file.policy != path.parent.name:
        raise SettingsError(
            f"{path}: policy: found {file.policy!r} in the folder of {path.parent.name!r}; write "
            f"{path.parent.name!r}, or move the file to the folder of its policy"
        )
    for example in file.example:
        where = f"{path}: {example.title!r}"
        if bool(example.verdict) == bool(example.verdicts):
            raise SettingsError(f'{where}: expected its verdicts, or verdicts = "none" if there must be none')
        for instant in (example.as_at, example.known_at):
            if instant is not None and instant.tzinfo is None:
                raise SettingsError(f"{where}: as_at and known_at need an offset, such as 2026-07-20T09:00:00+01:00")
        yield WorkedExample(
            path, file.policy, example.title, tuple(example.clauses), example.story, example.as_at, example.known_at,
            _record(example.crime), [_plain(verdict.model_dump(exclude_unset=True)) for verdict in example.verdict],
            [entry.model_dump(exclude_unset=True) for entry in example.set_aside],
        )  # fmt: skip


def _locate_problem(problem: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Return a problem with its place in the file: the title of the example, and its verdicts counted from 1."""
    match problem["loc"]:
        case ("example", int(number), *keys) if isinstance(title := data["example"][number].get("title"), str):
            if len(keys) > 1 and isinstance(keys[1], int):
                keys[:2] = [f"{keys[0]} {keys[1] + 1}"]
            return {**problem, "loc": (repr(title), *keys)}
    return dict(problem)


def _record(crime: dict[str, Any]) -> dict[str, Any]:
    """Return the full record of an example's crime, with the parts common to every story filled in."""
    record: dict[str, Any] = {"crime_ref": "EX/1/26", "victims": [{"victim_ref": "V1"}]} | _plain(crime)
    for name, mark, common in (("updates", "U", {"outcome": "informed"}), ("events", "E", {})):
        if name in record:
            ref = name[:-1] + "_ref"
            record[name] = [{ref: f"{mark}{i}"} | common | item for i, item in enumerate(record[name], start=1)]
    return record


def _plain(value: Any) -> Any:
    """Convert TOML dates and times to the text that JSON would have."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def failures(example: WorkedExample, policy: Policy) -> list[str]:
    """Return how the policy's answer differs from an example: nothing if the example holds.

    Each is a sentence with the file, the example, the verdict, what was expected, what the policy gives, and the
    clauses cited.
    """
    cited = ", ".join(example.clauses)
    try:
        crime = convert_crime(example.crime)
    except RecordError as error:
        return [f"{example}: its crime is not a valid record: {error}"]
    if bad := check_instants([crime]):
        return [f"{example}: its crime is not a valid record: {bad[0]}"]
    answer = judge(columns([crime]), policy, example.as_at, example.known_at)
    rows, aside = [_plain(row) for row in answer.table().to_pylist()], answer.set_aside.table().to_pylist()
    problems = [*_compare("verdict", example.verdicts, rows, _verdict), *_compare_set_aside(example.set_aside, aside)]
    return [f"{example}: {problem} ({cited})" for problem in problems]


def _compare(
    what: str, expected: list[dict[str, Any]], came: list[dict[str, Any]], named: Callable[[dict[str, Any]], str]
) -> list[str]:
    """Return how the rows differ from those expected: in number, or in their keys."""
    if len(came) != len(expected):
        got = "".join(f"; {named(row)}" for row in came)
        return [f"expected {_count_or_none(len(expected), what)}, got {_count_or_none(len(came), what)}{got}"]
    differences = (_difference(row, wanted) for row, wanted in zip(came, expected, strict=True))
    return [problem for problem in differences if problem]


def _verdict(row: dict[str, Any]) -> str:
    return f"{row['requirement']} cycle {row['cycle']} {row['state']}"


def _compare_set_aside(expected: list[dict[str, Any]], came: list[dict[str, Any]]) -> list[str]:
    found = _compare(
        "obligation", expected, came, lambda row: f"{row['requirement']} cycle {row['cycle']}: {row['reason']}"
    )
    return [f"set aside (rules {CLAUSE}): {problem}" for problem in found]


def _difference(row: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """Return how a verdict differs from the one expected, in one sentence."""
    wrong = [key for key, value in expected.items() if row.get(key) != value]
    if not wrong:
        return None
    which = f"{row['requirement']} cycle {row['cycle']} of {row['victim_ref']}"
    said, came = (", ".join(f"{key} {_word(values.get(key))}" for key in wrong) for values in (expected, row))
    return f"{which}: expected {said}; got {came}"


def _count_or_none(number: int, what: str) -> str:
    return count_noun(number, what) if number else f"no {what}s"


def _word(value: Any) -> str:
    return _ABSENT if value is None else str(value).lower() if isinstance(value, bool) else str(value)
