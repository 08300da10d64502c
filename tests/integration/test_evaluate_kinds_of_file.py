"""`evaluate` names a file for what it is: columns, encodings, other formats, bad first lines (records section 3)."""

import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.batch.evaluate import evaluate
from compliance.errors import SettingsError
from tests.engine import RULES
from tests.integration.test_evaluate_streams import AS_AT, COMMAND, POLICY, RECORD, only_line, refuse, run


@pytest.mark.parametrize("depth", ["", "updates[]."])
def test_a_parquet_column_that_stands_twice_is_named(tmp_path: Path, depth: str) -> None:
    texts, times = pa.array(["a"]), pa.array([AS_AT], pa.timestamp("us", "UTC"))
    if depth:
        fields = [pa.field(name, pa.string()) for name in ("update_ref", "at", "outcome", "outcome")]
        item = pa.StructArray.from_arrays([texts] * 4, fields=fields)
        table = pa.table({"crime_ref": texts, "reported_at": times, "updates": pa.ListArray.from_arrays([0, 1], item)})
    else:
        table = pa.Table.from_arrays([texts, times, texts, texts], ["crime_ref", "reported_at", "outcome", "outcome"])
    source = str(tmp_path / "crimes.parquet")
    pq.write_table(table, source)
    done = run(source, str(tmp_path / "out.csv"))
    assert done.returncode == 2
    assert only_line(done) == f"compliance: --input {source}: has the column '{depth}outcome' twice; keep one of them"
    assert [path.name for path in tmp_path.iterdir()] == ["crimes.parquet"]


TEXT = RECORD % 1 + RECORD % 2
PRETTY = json.dumps([json.loads(line) for line in TEXT.splitlines()], indent=2)
HEADER = "crime_ref,reported_at\n1,2026-01-01T10:00:00Z\n"
NAMED: list[tuple[str, bytes, str]] = [
    ("pretty.ndjson", PRETTY.encode(), "is one JSON array, not one record a line; convert it, for example with: jq"),
    ("bom.ndjson", b"\xef\xbb\xbf" + PRETTY.encode(), "is one JSON array"),
    ("array.ndjson", json.dumps(json.loads(PRETTY)).encode(), "is one JSON array"),
    ("rows.ndjson", ("[" + TEXT.strip().replace("\n", ",\n") + "]").encode(), "is one JSON array"),
    ("objects.ndjson", json.dumps(json.loads(PRETTY)[0], indent=2).encode(), "has records over several lines"),
    ("windows.ndjson", TEXT.encode("utf-16"), "is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8"),
    ("unmarked.ndjson", TEXT.encode("utf-16-le"), "is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8"),
    ("big.ndjson", TEXT.encode("utf-16-be"), "is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8"),
    ("windows.csv", HEADER.encode("utf-16"), "is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8"),
    ("unmarked.csv", HEADER.encode("utf-16-le"), "is UTF-16 (or UTF-32), not UTF-8; save it as UTF-8"),
    ("workbook.csv", b"PK\x03\x04" + bytes(50), "is a workbook or ZIP file; save the table as CSV"),
    ("columns.ndjson", b"PAR1" + bytes(50), "is a Parquet file; give it a name that ends in .parquet"),
    ("packed.ndjson", gzip.compress(TEXT.encode()), "is compressed with gzip; give it a name that ends in .gz"),
]


@pytest.mark.parametrize(("name", "content", "message"), NAMED, ids=[each[0] for each in NAMED])
def test_a_file_of_another_kind_is_named_for_what_it_is(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """Once, in place of a refusal a line."""
    (tmp_path / name).write_bytes(content)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    for source in (tmp_path / name, tmp_path / f"{name}.gz"):
        with pytest.raises(SettingsError) as raised:
            evaluate(POLICY, AS_AT, None, str(source), str(tmp_path / "out.csv"), refuse)
        assert str(raised.value).startswith(f"--input {source}: {message}")
        assert not (tmp_path / "out.csv").exists()
    done = subprocess.run([*COMMAND, "--input", "-", "--output", "-"], input=content, capture_output=True, check=False)
    if name.endswith(".ndjson"):
        assert done.returncode == 2
        assert f"--input -: {message}" in done.stderr.decode()


@pytest.mark.parametrize("first", ["[1, 2]", "[]", "{", '{"crime_ref": "cut", "repor', '{"crime_ref": "cut",', "\0\0"])
def test_one_bad_first_line_is_refused_and_the_others_judged(tmp_path: Path, first: str) -> None:
    """A file is not given up for it (decision 0014)."""
    (tmp_path / "crimes.ndjson").write_text(f"{first}\n{TEXT}")
    told: list[int] = []
    done = evaluate(
        POLICY, AS_AT, None, str(tmp_path / "crimes.ndjson"), str(tmp_path / "out.csv"), lambda r: told.append(r.line)
    )
    assert (done.crimes, told) == (2, [1])


@pytest.mark.parametrize("name", ["crimes.ndjson", "crimes.csv"])
def test_a_byte_order_mark_is_read(tmp_path: Path, name: str) -> None:
    text = TEXT if name.endswith(".ndjson") else HEADER
    counts = []
    for mark in (b"", b"\xef\xbb\xbf"):
        (tmp_path / name).write_bytes(mark + text.encode())
        counts.append(str(evaluate(POLICY, AS_AT, None, str(tmp_path / name), str(tmp_path / "out.csv"), refuse)))
    assert counts[0] == counts[1]
    assert counts[0].endswith("0 unknown fields")


Encode = Callable[[str], bytes]
POLICIES: list[tuple[Encode, str]] = [
    (lambda text: text.encode("utf-16"), "is UTF-16, not UTF-8; save it as UTF-8"),
    (lambda text: text.encode("utf-16-le"), "is UTF-16, not UTF-8; save it as UTF-8"),
    (lambda text: text.encode("utf-8-sig"), "begins with a byte order mark"),
]


@pytest.mark.parametrize(("encode", "message"), POLICIES, ids=["utf-16", "utf-16 unmarked", "byte order mark"])
def test_a_policy_file_in_another_encoding_is_named(tmp_path: Path, encode: Encode, message: str) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_bytes(encode((RULES / "west-mercia.toml").read_text("utf-8")))
    command = [*COMMAND, "--policy", str(policy), "--input", "-", "--output", "-"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert only_line(done).startswith(f"compliance: {policy}: {message}")


def test_the_header_of_a_csv_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "crimes.csv").write_text('"crime_ref"x,reported_at\n')
    done = run(str(tmp_path / "crimes.csv"), "-")
    assert done.returncode == 2
    assert "the input has no header that can be read as CSV" in only_line(done)
