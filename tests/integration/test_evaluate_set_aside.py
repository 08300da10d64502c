"""What the batch commands say of what cannot be judged, and of all they read (rules 6.1a; records section 3)."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import NotJudged, RefusedRecord, line_blocks
from compliance.cli import main
from tests.engine import shipped
from tests.stores import Record, crime, updates

AS_AT = datetime(2026, 7, 20, 9, tzinfo=UTC)
CODE = shipped("victims-code-2020")[0]


def arrested(ref: str, day: str, reported: str = "2026-07-01") -> Record:
    event = {"event_ref": "E1", "kind": "suspect_arrested", "at": f"{day}T12:00:00Z"}
    return crime(ref, reported_at=f"{reported}T09:00:00Z", events=[event], updates=updates(day))


GOOD, OLD = arrested("22A/1/26", "2026-07-06"), arrested("22A/2/90", "1990-03-02", "1990-03-01")
LINES = ["", json.dumps(GOOD), json.dumps(OLD), '{"crime_ref": "22A/3/26"}', json.dumps(crime("22A/4/26", victims=[]))]


def run(*words: str) -> Result:
    asked = ("--policy", "victims-code-2020", "--as-at", "2026-07-20T09:00:00Z")
    return CliRunner().invoke(main, [*words, *asked])


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "crimes.ndjson").write_text("\n".join(LINES))
    return str(tmp_path / "crimes.ndjson")


def test_evaluate_answers_the_good_ones_and_tells_the_others_by_line(source: str) -> None:
    """Exit code 3, and a last line that counts everything that was read."""
    done = run("evaluate", "--input", source, "--output", "-")
    assert done.exit_code == 3
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert ("22A/1/26", "arrested", "met") in [(row["crime_ref"], row["requirement"], row["state"]) for row in found]
    assert "arrested" not in [row["requirement"] for row in found if row["crime_ref"] == "22A/2/90"]
    aside, refused, counted = done.stderr.splitlines()
    assert aside == (
        "line 3: crime 22A/2/90: victim V1: arrested 1: set aside (rules 6.1a): 5 working days after 2 March 1990 (suspect "
        "arrested) begin before the calendar does; calendar 'england-and-wales' is known from 1 January 1995 to 31 "
        "December 2028: check that date in the record, or move covers_from in the calendar's file"
    )
    assert refused == "line 4: crime 22A/3/26: reported_at: missing; it is required"
    assert counted == (
        f"3 crimes, 2 victims, 2 updates, {len(found)} verdicts, 1 refused, 1 set aside, 1 records without a victim, 0 unknown fields"
    )


def test_evaluate_ends_with_0_where_all_could_be_judged(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_text(json.dumps(GOOD))
    done = run("evaluate", "--input", str(tmp_path / "one.ndjson"), "--output", "-")
    assert done.exit_code == 0
    assert done.stderr.endswith("2 verdicts, 0 refused, 0 set aside, 0 records without a victim, 0 unknown fields\n")


def test_a_row_of_parquet_and_of_csv_is_told_by_its_number(tmp_path: Path) -> None:
    """A table's row 1 is the first of Parquet, and of CSV the header."""
    head = "crime_ref,reported_at,victims,events\n"
    cells = [
        ",".join(
            [record["crime_ref"], record["reported_at"]]
            + ['"' + json.dumps(record[name]).replace('"', '""') + '"' for name in ("victims", "events")]
        )
        for record in (GOOD, OLD)
    ]
    (tmp_path / "crimes.csv").write_text(head + "\n".join(cells))
    pq.write_table(pa.Table.from_pylist([GOOD, OLD]), tmp_path / "crimes.parquet")
    lines = {}
    for name in ("crimes.csv", "crimes.parquet"):
        told: list[RefusedRecord | NotJudged] = []
        done = evaluate(CODE, AS_AT, None, str(tmp_path / name), str(tmp_path / "out.ndjson"), told.append)
        assert done.set_aside == 1
        lines[name] = [each.line for each in told]
    assert lines == {"crimes.csv": [3], "crimes.parquet": [2]}


def test_many_parts_on_many_cores_tell_in_the_order_of_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join([*LINES, ""] * 40)
    (tmp_path / "crimes.ndjson").write_text(text)
    parts = list(line_blocks(io.BytesIO(text.encode()), 3000))
    assert len(parts) > 5
    monkeypatch.setattr("compliance.batch.evaluate.parts", lambda _: iter(parts))
    told: list[RefusedRecord | NotJudged] = []
    source, target = str(tmp_path / "crimes.ndjson"), str(tmp_path / "out.ndjson")
    done = evaluate(CODE, AS_AT, None, source, target, told.append, workers=2)
    assert (done.crimes, done.refused, done.set_aside, done.without_victim) == (120, 40, 40, 40)
    expected = [number for n in range(40) for number in (6 * n + 3, 6 * n + 4)]
    assert [each.line for each in told] == expected


def test_whatif_counts_what_is_set_aside_on_either_side(source: str) -> None:
    """In calendar days the arrest of 1990 can be judged; under the policy it is set aside, and in no figure."""
    period = ("--from", "1990-03-01", "--to", "1990-03-31", "--set", "arrested.within.days=5")
    done = run("whatif", "--input", source, *period)
    assert done.exit_code == 3
    text = " ".join(done.stdout.split())
    assert "not in the figures: 1 under the policy, 0 under the changed one. `compliance explain` says why." in text
    assert "1 arrested: set aside -> met 22A/2/90 (victim V1, cycle 1)" in text
    answer = json.loads(run("whatif", "--input", source, *period, "--format", "json").stdout)
    assert answer["set_aside"] == [1, 0]


def test_whatif_says_nothing_of_it_where_nothing_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_text(json.dumps(GOOD))
    period = ("--from", "2026-07-01", "--to", "2026-07-31", "--set", "late_entry_days=4")
    done = run("whatif", "--input", str(tmp_path / "one.ndjson"), *period)
    assert (done.exit_code, "et aside" in done.stdout) == (0, False)
