"""The engine as a library: the page that shows it is run, and other tables give the same answer."""

import contextlib
import importlib
import inspect
import io
import re
import subprocess
import sys
import tomllib
import warnings
from datetime import UTC, date, datetime
from math import isnan
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import compliance
from compliance.batch.frames import UnknownFieldWarning
from compliance.batch.inputs import NotJudged, RefusedRecord
from compliance.policy import judge, load_policy
from compliance.records import columns_from_arrow

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
NOTEBOOK = PAGE.with_name("notebook.md")
POLICY, AT = "west-mercia", "2026-07-20T08:00:00Z"
AS_AT = datetime(2026, 7, 20, 8, tzinfo=UTC)


def shown() -> dict[str, Any]:
    """What the page's example leaves behind."""
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102
    return names


def test_the_example_of_the_page_runs_and_says_what_the_rules_say() -> None:
    """22:45 UTC on 1 July is 23:45 in London, the day of the report (rules 2.6, 3.3)."""
    names = shown()
    assert names["refusals"] == []
    rows = {(row["crime_ref"], row["requirement"]): row for row in names["table"].to_pylist()}
    assert rows["22A/1/26", "7-day"]["state"] == "met"
    assert rows["22A/2/26", "7-day"]["state"] == "overdue"
    assert rows["22A/2/26", "7-day"]["same_day_update"] is True
    assert rows["22A/2/26", "7-day"]["due_date"] == date(2026, 7, 8)


def test_what_a_notebook_shows_of_an_answer_is_one_line_without_a_record() -> None:
    names = shown()
    columns, _ = columns_from_arrow(names["crimes"])
    verdicts = judge(columns, load_policy("west-mercia"), AS_AT)
    shown_as = [repr(each) for each in (verdicts, verdicts.set_aside, columns, verdicts.policy)]
    assert shown_as == [
        f"<Verdicts: {len(verdicts):,} on 2 crimes, 0 set aside, {verdicts.policy!r}, as at 2026-07-20T08:00:00+00:00>",
        "<SetAside: 0 on 2 crimes>",
        "<Columns: 2 crimes, 2 victims, 2 updates>",
        "<Policy: West Mercia force policy on keeping victims informed; 7-day, 28-day>",
    ]


def test_columns_from_polars_and_pandas_give_the_same_verdicts() -> None:
    names = shown()
    policy, expected = load_policy("west-mercia"), names["table"]
    for table in (pl.from_arrow(names["crimes"]).to_arrow(), pa.Table.from_pandas(names["crimes"].to_pandas())):
        columns, refusals = columns_from_arrow(table)
        assert refusals == []
        assert judge(columns, policy, AS_AT).table().equals(expected)


def test_every_cell_of_the_notebook_runs_and_prints_what_the_page_shows() -> None:
    cells = re.findall(r"```(python|text)\n(.*?)```", NOTEBOOK.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    printed, shown_ = [], []
    for kind, content in cells:
        if kind == "text":
            shown_.append(content)
            continue
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(content, names)  # noqa: S102
        if out.getvalue():
            printed.append(out.getvalue())
    assert len(printed) == 4
    assert printed == shown_


class _Plain:
    """An object of no library that is known, with the Arrow stream interface."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def kinds(table: pa.Table) -> dict[str, Any]:
    """The same records as frames of each library."""
    views = pa.table(pl.from_arrow(table))
    assert "string_view" in str(views.schema)
    return {
        "arrow": table,
        "batch": table.to_batches()[0],
        "polars": pl.from_arrow(table),
        "pandas": table.to_pandas(),
        "duckdb": duckdb.from_arrow(table),
        "plain": _Plain(table),
        "views": _Plain(views),
    }


EXPECTED = {
    "arrow": pa.Table, "batch": pa.Table, "polars": pl.DataFrame, "pandas": pd.DataFrame,
    "duckdb": duckdb.DuckDBPyRelation, "plain": pa.Table, "views": pa.Table,
}  # fmt: skip


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_kind_of_frame_gives_the_same_verdicts_as_its_own_kind(kind: str) -> None:
    """Polars gives its texts as views, also within lists."""
    names = shown()
    frame = kinds(names["crimes"])[kind]
    verdicts = compliance.evaluate(frame, POLICY, AT)
    assert isinstance(verdicts, EXPECTED[kind])
    table = verdicts if isinstance(verdicts, pa.Table) else pa.table(verdicts)
    rows = [{name: row[name] for name in names["table"].column_names} for row in table.to_pylist()]
    nothing = [
        {name: None if isinstance(value, float) and isnan(value) else value for name, value in row.items()}
        for row in rows
    ]
    assert nothing == names["table"].to_pylist()


def test_a_pandas_index_is_not_a_field() -> None:
    frame = shown()["crimes"].to_pandas().set_index(pd.Index([7, 9], name="row"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(compliance.evaluate(frame, POLICY, AT)) == len(shown()["table"])


def test_a_policy_and_instants_may_be_given_in_each_of_their_forms() -> None:
    names = shown()
    path = Path(__file__).parents[2] / "rules" / "west-mercia.toml"
    for policy in (POLICY, path, str(path), load_policy(POLICY)):
        for at in (AT, AS_AT, pd.Timestamp(AT), "2026-07-20T09:00:00+01:00"):
            assert compliance.evaluate(names["crimes"], policy, at).equals(names["table"])
    known = compliance.evaluate(names["crimes"], POLICY, AT, "2026-07-02T00:00:00Z", threads=2)
    assert [row["state"] for row in known.to_pylist() if row["crime_ref"] == "22A/1/26"] != ["met"]


CRIMES = pa.table({"crime_ref": ["a"], "reported_at": ["2026-07-01T09:00:00Z"]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame": [1]}, "frame: found list; expected a table of Polars, pandas, DuckDB or Arrow"),
        ({"frame": None}, "frame: found nothing; expected a table"),
        ({"frame": "crimes.ndjson"}, "for a file, use the command compliance evaluate"),
        ({"frame": pl.LazyFrame({"a": [1]})}, "collect it first"),
        ({"frame": pa.table([["a"], ["b"]], ["crime_ref", "crime_ref"])}, "frame: has the column 'crime_ref' twice"),
        ({"frame": CRIMES.drop(["reported_at"])}, "has no column reported_at, which is required"),
        ({"policy": "west-merca"}, "did you mean 'west-mercia'?"),
        ({"policy": 3}, "policy: found int; expected the name of a supplied policy"),
        ({"as_at": "yesterday"}, "as_at: 'yesterday' is not a valid date-time; expected YYYY-MM-DD"),
        ({"as_at": datetime(2026, 7, 1)}, "as_at: 2026-07-01 00:00:00 has no time zone; add one"),  # noqa: DTZ001
        ({"as_at": date(2026, 7, 1)}, "as_at: datetime.date(2026, 7, 1) is not a valid date-time"),
        ({"known_at": 5}, "known_at: 5 is not a valid date-time"),
        ({"threads": 0}, "threads: found 0; expected a whole number from 1"),
    ],
)
def test_a_wrong_argument_is_answered_in_words(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"frame": CRIMES, "policy": POLICY, "as_at": AT} | change
    with pytest.raises(compliance.SettingsError) as raised:
        compliance.evaluate(**given)
    assert message in str(raised.value)


def test_errors_of_records_are_record_errors_unless_someone_is_told() -> None:
    """A refused record, and an obligation set aside for lack of a calendar (rules 6.1a)."""
    frame = pa.table(
        {
            "crime_ref": ["a", "b", "c"],
            "reported_at": ["soon", "1990-03-01T09:00:00Z", "2026-07-01T09:00:00Z"],
            "victims": [[{"victim_ref": "V1"}]] * 3,
            "events": [[{"event_ref": "E1", "kind": "suspect_arrested", "at": "1990-03-02T12:00:00Z"}]] * 3,
        }
    )
    with pytest.raises(compliance.RecordError) as raised:
        compliance.evaluate(frame, "victims-code-2020", AT)
    first, *lines = str(raised.value).splitlines()
    assert first.startswith("1 record refused, 1 obligation set aside; correct them, or pass tell=FUNCTION")
    assert [line.split(":")[0] for line in lines] == ["row 1", "row 2"]
    told: list[RefusedRecord | NotJudged] = []
    verdicts = compliance.evaluate(frame, "victims-code-2020", AT, tell=told.append)
    assert [each.line for each in told] == [1, 2]
    assert {*verdicts.column("crime_ref").to_pylist()} == {"b", "c"}


def test_an_unknown_field_is_a_warning_or_with_strict_an_error() -> None:
    frame = CRIMES.append_column("update", pa.array(["x"]))
    with pytest.warns(UnknownFieldWarning, match="update \\(1 time; nearest: 'updates'\\)") as caught:
        compliance.evaluate(frame, POLICY, AT)
    assert caught[0].filename == __file__
    with pytest.raises(compliance.SettingsError, match="1 unknown field: update"):
        compliance.evaluate(frame, POLICY, AT, strict=True)


STABLE = {
    "compliance": {
        "ComplianceError": "", "RecordError": "", "SettingsError": "", "__version__": "",
        "evaluate": "(frame, policy, as_at, known_at=None, *, strict=False, tell=None, threads=1)",
    },
    "compliance.policy": {
        "STATES": "", "Policy": "", "SetAside": "", "Verdicts": "",
        "judge": "(columns, policy, as_at, known_at=None, *, threads=1)",
        "judge_blocks": "(columns, policy, as_at, known_at=None, *, threads=1)",
        "load_policy": "(path)",
    },
    "compliance.records": {"Columns": "", "Refusal": "", "columns_from_arrow": "(table)"},
}  # fmt: skip


def test_the_stable_names_are_those_of_the_page_with_the_same_arguments() -> None:
    """To change one is to break an analyst's notebook: announce it in the changelog first."""
    page = dict(re.findall(r"^\| `(compliance[a-z.]*)` \| (`.+`) \|$", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {module: re.findall(r"`(\w+)`", names) for module, names in page.items()} == {
        module: list(names) for module, names in STABLE.items()
    }
    for module, names in STABLE.items():
        for name, arguments in names.items():
            found = getattr(importlib.import_module(module), name)
            assert not arguments or bare(found) == arguments, name


def bare(function: Any) -> str:
    """The arguments of a function without their types."""
    signature = inspect.signature(function)
    arguments = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=arguments, return_annotation=inspect.Signature.empty))


def test_import_is_quick_and_loads_no_other_library() -> None:
    code = "import compliance, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "compliance" in done.stdout.split()
    assert not {"numpy", "pyarrow", "msgspec", "pydantic", "click"} & {*done.stdout.split()}


def test_the_package_has_its_version_once_and_is_typed() -> None:
    root = PAGE.parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", compliance.__version__)
    assert (root / "compliance" / "py.typed").exists()
