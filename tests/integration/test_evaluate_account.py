"""`evaluate` accounts for what it read: no field is left out in silence, at any depth (records sections 1 and 3)."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import NotJudged, RefusedRecord, line_blocks
from compliance.batch.unknown_fields import MOST_NAMES, OTHERS, RECORD, count_in_batch, count_in_lines
from compliance.cli import main
from tests.conformance import SAMPLES, records
from tests.engine import shipped
from tests.integration.test_evaluate_tables import as_csv

SAMPLE = SAMPLES[0]
POLICY = shipped("west-mercia")[0]
WORDS = ("evaluate", "--policy", "west-mercia", "--as-at", "2026-07-20T09:00:00Z")
GOOD: dict[str, Any] = {
    "crime_ref": "22A/1/26",
    "reported_at": "2026-07-01T10:00:00Z",
    "victims": [{"victim_ref": "V1", "contact_holds": [{"reason": "hospital"}]}],
    "updates": [{"update_ref": "U1", "at": "2026-07-06T10:00:00Z", "outcome": "informed"}],
}
MISSPELT: dict[str, Any] = {
    "crime_ref": "22A/2/26",
    "reported_at": "2026-07-01T10:00:00Z",
    "victim": [{"victim_ref": "V1"}],
    "victims": [
        {"victim_ref": "V1", "categry": "enhanced", "contact_holds": [{"reasn": "hospital"}]},
        {"victim_ref": "V2", "categry": "enhanced", "outcome": "informed"},
    ],
    "update": [{"update_ref": "U1", "at": "2026-07-06T10:00:00Z", "outcome": "informed"}],
    "empty": None,
}
UNKNOWN = {
    "update": 1, "victim": 1, "victims[].categry": 2, "victims[].contact_holds[].reasn": 1, "victims[].outcome": 1,
}  # fmt: skip
SAID = (
    "5 unknown fields: victims[].categry (2 times; nearest: 'category'), update (1 time; nearest: 'updates'), "
    "victim (1 time; nearest: 'victims'), victims[].contact_holds[].reasn (1 time; nearest: 'reason'), "
    "victims[].outcome (1 time; it is a field of updates)"
)


def write(path: Path, given: list[dict[str, Any]]) -> str:
    """Records in the format of the path's ending."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(given, schema=schema(given)), path)
    else:
        path.write_text(as_csv(given) if path.suffix == ".csv" else "\n".join(map(json.dumps, given)))
    return str(path)


def schema(given: list[dict[str, Any]]) -> pa.Schema:
    """The fields that any record has, with their types."""
    return pa.unify_schemas([pa.Table.from_pylist([record]).schema for record in given])


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*WORDS, *words])


@pytest.mark.parametrize("name", ["crimes.ndjson", "crimes.csv", "crimes.parquet"])
def test_unknown_fields_are_named_and_counted_at_every_depth(tmp_path: Path, name: str) -> None:
    """With the nearest right name of their level, or where a field of that name belongs. Null is absent."""
    source = write(tmp_path / name, [GOOD, MISSPELT, GOOD])
    done = run("--input", source, "--output", str(tmp_path / "out.ndjson"))
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1].endswith(f"0 records without a victim, {SAID}")
    assert (tmp_path / "out.ndjson").exists()


@pytest.mark.parametrize("name", ["crimes.ndjson", "crimes.csv", "crimes.parquet"])
def test_strict_makes_an_unknown_field_an_error_without_output(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / name, [GOOD, MISSPELT])
    done = run("--input", source, "--output", str(tmp_path / "out.ndjson"), "--strict")
    assert done.exit_code == 2
    assert f"--input {source}: has {SAID}; correct or remove them" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    good = write(tmp_path / name, [GOOD])
    assert run("--input", good, "--output", str(tmp_path / "out.ndjson"), "--strict").exit_code == 0


def test_the_fields_of_a_refused_record_are_accounted_for(tmp_path: Path) -> None:
    """A misspelt required field is why it was refused."""
    source = write(tmp_path / "crimes.ndjson", [{"crime_reff": "22A/1/26", "reported_at": "2026-07-01T10:00:00Z"}])
    done = run("--input", source, "--output", "-")
    assert done.exit_code == 3
    assert done.stderr.endswith("1 unknown field: crime_reff (1 time; nearest: 'crime_ref')\n")


def slowly(lines: list[bytes]) -> dict[str, int]:
    """The same count, each record read as plain JSON and walked."""
    found: dict[str, int] = {}

    def walk(item: Any, known: Any) -> None:
        for name, value in item.items():
            if name not in known.names:
                found[known.path + name] = found.get(known.path + name, 0) + (value is not None)
            elif name in known.lists:
                for each in value or ():
                    walk(each, known.lists[name])

    for line in lines:
        walk(json.loads(line), RECORD)
    return {path: count for path, count in found.items() if count}


def test_the_quick_count_equals_the_plain_one() -> None:
    """Whether every record has the extra fields, or one, or each another, and whatever they are called."""
    given = records()
    odd = ["", "f0", "a.b[]", "victims[].x", "from", "é", "x" * 300, 'quote"']
    for place, record in enumerate(given):
        record["system"] = "x" if place % 3 else None
        record[odd[place % len(odd)]] = {"deep": [1]}
        for update in record.get("updates") or ():
            update["note"] = place
            update[f"n{place % 90}"] = True
    lines = [json.dumps(record).encode() for record in given]
    counted = count_in_lines([*lines, b"", b"  ", b"[1]", b"\xff", b'{"cut": '])
    assert counted == slowly(lines)
    assert len(counted) > 90
    assert count_in_lines([json.dumps(record).encode() for record in records()]) == {}


def test_a_known_field_that_holds_something_else_is_no_unknown_field() -> None:
    wrong = {"crime_ref": 1, "victims": "V1", "updates": [3, {"at": [], "x": 1}], "events": {"kind": "y"}}
    assert count_in_lines([json.dumps(wrong).encode()]) == {"updates[].x": 1}


def test_columns_of_arrow_are_counted_where_they_have_a_value() -> None:
    items = pa.array([[{"update_ref": "U1", "note": "x"}, None], None, [{"update_ref": "U2", "note": None}]])
    table = pa.table({"crime_ref": ["a", "b", "c"], "extra": [None, "x", "y"], "none": pa.nulls(3), "updates": items})
    assert count_in_batch(table) == {"extra": 2, "updates[].note": 1}
    assert count_in_batch(table.slice(2).to_batches()[0]) == {"extra": 1}


def test_the_account_adds_up_over_parts_and_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose fields all have different names does not fill the memory."""
    given = [GOOD | {f"field {n}": 1, "same": 1} for n in range(MOST_NAMES + 100)]
    source = write(tmp_path / "crimes.ndjson", given)
    cut = list(line_blocks(io.BytesIO(Path(source).read_bytes()), 40_000))
    assert len(cut) > 5
    monkeypatch.setattr("compliance.batch.evaluate.parts", lambda _: iter(cut))
    done = evaluate(POLICY, SAMPLE.as_at, None, source, str(tmp_path / "out.ndjson"), refuse, workers=2)
    assert done.unknown_fields["same"] == len(given)
    assert done.unknown_fields[OTHERS] == 101
    assert len(done.unknown_fields) == MOST_NAMES + 1
    assert "same (1,100 times), other fields (101 times), field 0 (1 time), " in str(done)
    assert str(done).endswith(f", and {MOST_NAMES + 1 - 20:,} more")


def refuse(each: RefusedRecord | NotJudged) -> None:
    raise AssertionError(each)


@pytest.mark.parametrize(("name", "word"), [("c.ndjson", "line 2"), ("c.csv", "row 3"), ("c.parquet", "row 2")])
def test_tables_speak_of_rows_and_other_files_of_lines(tmp_path: Path, name: str, word: str) -> None:
    source = write(tmp_path / name, [GOOD, GOOD | {"reported_at": "soon"}])
    done = run("--input", source, "--output", str(tmp_path / "out.ndjson"))
    assert done.exit_code == 3
    assert done.stderr.startswith(f"{word}: crime 22A/1/26: reported_at: found 'soon'")


def test_no_cell_for_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    """In a file for people, text that a spreadsheet would run is shown as text; other programs get it unchanged."""
    bad = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
    plain = ["North", "a=1", " ", "'x"]
    given = [GOOD | {"division": text, "crime_ref": f"-{n}"} for n, text in enumerate([*bad, *plain])]
    source = write(tmp_path / "crimes.ndjson", given)
    for name, words in (("people.csv", ("--for-spreadsheet",)), ("programs.csv", ())):
        assert run("--input", source, "--output", str(tmp_path / name), *words).exit_code == 0
    people, programs = (read_csv(tmp_path / name) for name in ("people.csv", "programs.csv"))
    assert {row["division"] for row in people} == {*(f"'{text}" for text in bad), *plain}
    assert {row["division"] for row in programs} == {*bad, *plain}
    assert {row["crime_ref"] for row in people} == {f"'-{n}" for n in range(len(given))}
    assert not [cell for row in people for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_days_late_below_zero_do_not_occur_in_a_spreadsheet(tmp_path: Path) -> None:
    """The columns that are not text are dates, flags and counts, none of which begins with a sign."""
    source = write(tmp_path / "crimes.ndjson", records())
    done = run("--input", source, "--output", str(tmp_path / "out.csv"), "--for-spreadsheet")
    assert done.exit_code == 0
    for row in read_csv(tmp_path / "out.csv"):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_for_spreadsheet_is_for_csv(tmp_path: Path) -> None:
    source = write(tmp_path / "crimes.ndjson", [GOOD])
    done = run("--input", source, "--output", str(tmp_path / "out.parquet"), "--for-spreadsheet")
    assert done.exit_code == 2
    assert "--for-spreadsheet is for CSV" in done.stderr


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
