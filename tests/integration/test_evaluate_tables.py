"""`compliance evaluate` on tables: CSV with lists as JSON in a cell, Parquet with nested columns (records section 1)."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import NotJudged, RefusedRecord
from compliance.errors import SettingsError
from compliance.records import columns_from_arrow
from tests.conformance import SAMPLES, Sample, records, verdicts
from tests.engine import shipped
from tests.integration.test_evaluate import SAMPLE, arguments, none_refused, run


def as_csv(given: list[dict[str, Any]]) -> str:
    """Records as a database writes them to CSV: lists as JSON in a cell."""
    names = list(dict.fromkeys(name for record in given for name in record))
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(names)
    for record in given:
        cells = [record.get(name) for name in names]
        table.writerow([json.dumps(cell) if isinstance(cell, list) else "" if cell is None else cell for cell in cells])
    return out.getvalue()


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_csv_in_gives_the_same_verdicts(tmp_path: Path, sample: Sample, ending: str) -> None:
    """The fields of records section 1 as columns, as a spreadsheet saves them (with a byte order mark)."""
    text = ("\ufeff" + as_csv(records())).encode()
    source, target = tmp_path / f"crimes{ending}", tmp_path / "out.ndjson"
    source.write_bytes(gzip.compress(text) if ending.endswith(".gz") else text)
    policy, _ = shipped(sample.policy)
    evaluate(policy, sample.as_at, sample.known_at, str(source), str(target), none_refused)
    assert [json.loads(line) for line in target.read_text().splitlines()] == verdicts(sample)


def test_csv_rows_that_are_no_records_are_refused_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    rows = [
        b"crime_ref,reported_at,status,division",
        b'a,2026-07-01T10:00:00Z,"[{""status"": ""open"", ""at"": ""2026-07-01T10:00:00Z""}]","Nor',
        b'th"',
        b"b,2026-07-01T10:00:00Z",
        b"c,01/07/2026,,North",
        b"d,2026-07-01T10:00:00Z,open,North",
        b"e,2026-07-01T10:00:00Z,,\xffNorth",
        b"",
        b"f,2026-07-01T10:00:00Z,,North",
    ]
    (tmp_path / "crimes.csv").write_bytes(b"\n".join(rows))
    told: list[RefusedRecord | NotJudged] = []
    policy, _ = shipped("west-mercia")
    source, target = str(tmp_path / "crimes.csv"), str(tmp_path / "out.ndjson")
    done = evaluate(policy, SAMPLE.as_at, None, source, target, told.append)
    assert (done.crimes, done.refused) == (2, 4)
    assert [each.line for each in told] == [3, 4, 5, 6]
    assert told[0].reason == "is not a valid row of this table: it has 2 cells, the header has 4"
    assert told[1].reason.startswith("reported_at")
    assert told[2].reason.startswith("status")
    assert told[3].reason == "is not a valid row of this table: it contains bytes that are not UTF-8"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("crime_ref;reported_at", "the input has no column crime_ref, which is required"),
        ("crime_ref,reported_at,team,team", "the input has the column 'team' twice"),
        ("", "the input has no column crime_ref"),
    ],
)
def test_a_csv_file_without_its_columns_is_an_error(tmp_path: Path, header: str, message: str) -> None:
    (tmp_path / "crimes.csv").write_text(header)
    policy, _ = shipped("west-mercia")
    with pytest.raises(SettingsError, match=message):
        evaluate(policy, SAMPLE.as_at, None, str(tmp_path / "crimes.csv"), str(tmp_path / "out.csv"), none_refused)


NESTED = pa.schema(
    [
        ("crime_ref", pa.string()),
        ("reported_at", pa.timestamp("us", "UTC")),
        ("recorded_at", pa.timestamp("us", "UTC")),
        ("status", pa.list_(pa.struct([("status", pa.string()), ("at", pa.timestamp("us", "UTC"))]))),
        *((name, pa.string()) for name in ("offence", "division", "team", "officer_ref")),
        ("allocations", pa.list_(pa.struct([("officer_ref", pa.string()), ("team", pa.string()), ("division", pa.string()), ("from", pa.timestamp("us", "UTC"))]))),
        ("victims", pa.list_(pa.struct([("victim_ref", pa.string()), ("category", pa.string()), *((n, pa.timestamp("us", "UTC")) for n in ("added_at", "declined_at", "declined_until", "declined_entered_at")), ("agreed_interval_days", pa.int32())]))),
        ("updates", pa.list_(pa.struct([("update_ref", pa.string()), ("victim_ref", pa.string()), ("at", pa.timestamp("us", "UTC")), ("entered_at", pa.timestamp("us", "UTC")), *((n, pa.string()) for n in ("outcome", "method", "officer_ref"))]))),
        ("events", pa.list_(pa.struct([("event_ref", pa.string()), ("kind", pa.string()), ("at", pa.timestamp("us", "UTC"))]))),
    ]
)  # fmt: skip


def nested(value: object, kind: pa.DataType) -> object:
    """A record of the sample as Arrow holds it: instants in place of their texts."""
    if pa.types.is_list(kind):
        items = value if isinstance(value, list) else None
        return None if items is None else [nested(item, kind.value_type) for item in items]
    if pa.types.is_struct(kind):
        assert isinstance(value, dict)
        return {field.name: nested(value.get(field.name), field.type) for field in kind}
    return datetime.fromisoformat(value) if pa.types.is_timestamp(kind) and isinstance(value, str) else value


def as_arrow() -> pa.Table:
    rows = [{field.name: nested(record.get(field.name), field.type) for field in NESTED} for record in records()]
    return pa.Table.from_pylist(rows, schema=NESTED)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_parquet_in_gives_the_same_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Sample) -> None:
    """The nested columns of records section 1, read a few rows at a time."""
    monkeypatch.setattr("compliance.batch.parquet._ROWS", 150)
    pq.write_table(as_arrow(), tmp_path / "crimes.parquet")
    policy, _ = shipped(sample.policy)
    source, target = str(tmp_path / "crimes.parquet"), str(tmp_path / "out.ndjson")
    evaluate(policy, sample.as_at, sample.known_at, source, target, none_refused, workers=2)
    assert [json.loads(line) for line in Path(target).read_text().splitlines()] == verdicts(sample)


@pytest.mark.parametrize(
    "written",
    [
        {"row_group_size": 60},
        {"row_group_size": 60, "use_dictionary": False},
        {"dictionary_pagesize_limit": 20, "data_page_size": 50},
    ],
    ids=["many row groups", "no dictionaries", "dictionaries that overflow"],
)
def test_parquet_answers_the_same_however_it_was_written(tmp_path: Path, written: dict[str, Any]) -> None:
    """Row groups have each their own dictionary, and a column may have one for its first pages only."""
    pq.write_table(as_arrow(), tmp_path / "crimes.parquet", **written)
    policy, _ = shipped(SAMPLE.policy)
    source, target = str(tmp_path / "crimes.parquet"), str(tmp_path / "out.ndjson")
    evaluate(policy, SAMPLE.as_at, SAMPLE.known_at, source, target, none_refused, workers=2)
    assert [json.loads(line) for line in Path(target).read_text().splitlines()] == verdicts(SAMPLE)


def test_a_dictionary_is_read_as_its_texts_whatever_it_holds() -> None:
    """Twice the same text, an absent one, one that no row has and that would be refused: all are as plain texts are."""
    table = as_arrow().slice(0, 4)
    divisions = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["North", "North", None, "x" * 201]))
    coded = table.set_column(5, "division", divisions)
    plain = table.set_column(5, "division", pa.array(["North", "North", None, None]))
    assert table.column_names[5] == "division"
    found, wanted = (columns_from_arrow(each) for each in (coded, plain))
    assert found[1] == wanted[1] == []
    assert found[0].division.texts().equals(wanted[0].division.texts())


TEXT, DAY, NUMBER, FLAG = pa.dictionary(pa.int32(), pa.string()), pa.date32(), pa.int32(), pa.bool_()
VERDICTS = pa.schema(
    {
        "crime_ref": TEXT, "victim_ref": TEXT, "requirement": TEXT, "cycle": NUMBER, "clock_date": DAY, "due_date": DAY,
        "state": TEXT, "discharged_on": DAY, "days_late": NUMBER, "reason": TEXT, "same_day_update": FLAG,
        "entered_after_due": FLAG, "division": TEXT, "team": TEXT, "officer_ref": TEXT,
    }.items()
)  # fmt: skip


def test_a_parquet_file_of_verdicts_reads_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.batch.parquet._ROWS", 150)
    pq.write_table(as_arrow(), tmp_path / "crimes.parquet")
    policy, _ = shipped(SAMPLE.policy)
    source, target = str(tmp_path / "crimes.parquet"), str(tmp_path / "out.parquet")
    evaluate(policy, SAMPLE.as_at, SAMPLE.known_at, source, target, none_refused, workers=2)
    plain = pa.schema([field.with_type(pa.string() if field.type == TEXT else field.type) for field in VERDICTS])
    in_arrow = pq.read_table(target)
    assert in_arrow.schema.equals(VERDICTS)
    expected = in_arrow.cast(plain)
    texts = pa.schema([field.with_type(pa.string() if field.type == DAY else field.type) for field in plain])
    assert expected.cast(texts).to_pylist() == verdicts(SAMPLE)
    assert pl.read_parquet(target).to_arrow().cast(plain).equals(expected)
    assert duckdb.read_parquet(target).to_arrow_table().cast(plain).equals(expected)
    assert pa.Table.from_pandas(pd.read_parquet(target, dtype_backend="pyarrow"), plain).equals(expected)


def test_parquet_rows_that_are_no_records_are_refused_and_the_others_answered(tmp_path: Path) -> None:
    table = as_arrow().slice(0, 6)
    refs = ["a", "", None, "d", "e", "f" * 201]
    statuses = [*table.column("status").to_pylist()[:3], [{"status": "shut", "at": SAMPLE.as_at}], None, None]
    table = table.set_column(0, "crime_ref", pa.array(refs)).set_column(
        3, "status", pa.array(statuses, NESTED.field("status").type)
    )
    beyond = pa.array([0] * 5 + [2**62]).cast(pa.timestamp("us", "UTC"))
    table = table.set_column(2, "recorded_at", beyond)
    pq.write_table(table, tmp_path / "crimes.parquet")
    told: list[str] = []
    policy, _ = shipped("west-mercia")
    source, target = str(tmp_path / "crimes.parquet"), str(tmp_path / "out.ndjson")
    done = evaluate(policy, SAMPLE.as_at, None, source, target, lambda r: told.append(f"{r.line}: {r.reason}"))
    assert (done.crimes, done.refused) == (2, 4)
    assert told[0] == "2: crime_ref: found ''; expected at least 1 character"
    assert told[1] == "3: crime_ref: found nothing; expected a text; it is required"
    assert told[2] == "4: status[].status: found 'shut'; expected open, closed or cancelled"
    assert told[3].startswith("6: crime_ref: found 'ffff")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(["reported_at"]), "the input has no column reported_at, which is required"),
        (
            lambda t: t.set_column(1, "reported_at", t.column("reported_at").cast(pa.timestamp("us"))),
            "column reported_at holds timestamp[us]; expected timestamps with a time zone",
        ),
        (lambda t: t.set_column(3, "status", pa.array([1] * len(t))), "column status holds int64; expected a list of structs"),
    ],
)  # fmt: skip
def test_a_parquet_file_of_another_shape_is_an_error_that_names_the_column(
    tmp_path: Path, change: Callable[[pa.Table], pa.Table], message: str
) -> None:
    pq.write_table(change(as_arrow()), tmp_path / "crimes.parquet")
    done = run(*arguments(str(tmp_path / "crimes.parquet"), "-"))
    assert done.returncode == 2
    assert message in done.stderr.decode()
