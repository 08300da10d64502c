"""`compliance evaluate` as a user runs it: files in, files out, exit codes (records section 3)."""

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
import zstandard

from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import NotJudged, RefusedRecord, line_blocks
from compliance.records.wire import MAX_RECORD_BYTES
from tests.conformance import SAMPLES, records_text, verdicts
from tests.engine import RULES, shipped

SAMPLE = next(sample for sample in SAMPLES if sample.known_at)
GOOD = '{"crime_ref": "%s", "reported_at": "2026-07-01T10:00:00Z", "victims": [{"victim_ref": "V\\"1"}], "division": "\\u00e9, \\"x\\""}'


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "compliance.cli", "evaluate", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def arguments(source: str, target: str) -> list[str]:
    as_at = SAMPLE.as_at.isoformat()
    known = ["--known-at", SAMPLE.known_at.isoformat()] if SAMPLE.known_at else []
    return [
        "--policy",
        str(RULES / "west-mercia.toml"),
        "--as-at",
        as_at,
        *known,
        "--input",
        source,
        "--output",
        target,
    ]


def test_ndjson_from_a_file_to_standard_output(tmp_path: Path) -> None:
    source = tmp_path / "crimes.ndjson"
    source.write_text(records_text())
    done = run(*arguments(str(source), "-"))
    assert done.returncode == 0
    read = json.loads(f"[{','.join(records_text().splitlines())}]")
    victims, updates = (sum(len(record.get(name) or ()) for record in read) for name in ("victims", "updates"))
    said = done.stderr.decode()
    assert said.startswith(f"{len(read):,} crimes, ")
    assert f" {len(verdicts(SAMPLE)):,} verdicts, 0 refused, 0 set aside, " in said
    assert victims - 20 < int(said.split(", ")[1].split()[0].replace(",", "")) <= victims, "repeated ones count once"
    assert updates - 20 < int(said.split(", ")[2].split()[0].replace(",", "")) <= updates
    assert [json.loads(line) for line in done.stdout.splitlines()] == verdicts(SAMPLE)


def test_csv_null_is_empty_and_texts_survive(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_text(GOOD % "1")
    evaluate(
        shipped("west-mercia")[0],
        SAMPLE.as_at,
        None,
        str(tmp_path / "one.ndjson"),
        str(tmp_path / "o.csv"),
        none_refused,
    )
    rows = list(csv.DictReader(io.StringIO((tmp_path / "o.csv").read_text("utf-8"))))
    assert [(r["victim_ref"], r["requirement"], r["state"], r["reason"], r["division"]) for r in rows] == [
        ('V"1', "28-day", "missed", "", 'é, "x"'),
        ('V"1', "28-day", "overdue", "", 'é, "x"'),
        ('V"1', "7-day", "overdue", "", 'é, "x"'),
    ]
    assert rows[2]["same_day_update"] == "false"
    assert rows[0]["discharged_on"] == ""


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_the_same_answer_whatever_the_ending(tmp_path: Path, ending: str) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}
    source = tmp_path / f"crimes.ndjson{ending}"
    source.write_bytes(packs[ending](records_text().encode()))
    target = tmp_path / "out.ndjson"
    done = evaluate(shipped("west-mercia")[0], SAMPLE.as_at, SAMPLE.known_at, str(source), str(target), none_refused)
    got = [json.loads(line) for line in target.read_text().splitlines()]
    assert got == verdicts(SAMPLE)
    assert (done.crimes, done.verdicts, done.refused) == (400, len(got), 0)
    assert not (tmp_path / "out.ndjson.part").exists()


def none_refused(each: RefusedRecord | NotJudged) -> None:
    raise AssertionError(f"line {each.line} was not answered: {each.reason}")


def test_refused_records_are_told_by_line_and_the_good_ones_answered() -> None:
    lines = [
        GOOD % "1",
        "",
        '{"crime_ref": "bad", "reported_at": "2026-07-01T10:00:00"}',
        GOOD % "2",
        '{"crime_ref": "cut", "repor',
    ]
    done = run(*arguments("-", "-"), stdin="\n".join(lines).encode() + b"\n\xff\xfe\n" + (GOOD % "3").encode())
    assert done.returncode == 3
    assert list(dict.fromkeys(json.loads(line)["crime_ref"] for line in done.stdout.splitlines())) == ["1", "2", "3"]
    *told, counted = done.stderr.decode().splitlines()
    assert counted == (
        "3 crimes, 3 victims, 0 updates, 9 verdicts, 3 refused, 0 set aside, 0 records without a victim, 0 unknown fields"
    )
    assert [line.split(":")[0] for line in told] == ["line 3", "line 5", "line 6"]
    assert "line 3: crime bad: reported_at: found '2026-07-01T10:00:00', an instant without an offset" in told[0]
    assert "not readable JSON" in told[1]
    assert "not valid UTF-8" in told[2] or "not readable JSON" in told[2]


def test_a_crime_reported_after_t_has_no_rows() -> None:
    late = GOOD.replace("2026-07-01", "2026-09-01") % "1"
    done = run(*arguments("-", "-"), stdin=late.encode())
    assert (done.returncode, done.stdout) == (0, b"")


def test_no_records_still_make_a_csv_with_its_header(tmp_path: Path) -> None:
    (tmp_path / "empty.ndjson").write_bytes(b"")
    evaluate(
        shipped("west-mercia")[0],
        SAMPLE.as_at,
        None,
        str(tmp_path / "empty.ndjson"),
        str(tmp_path / "o.csv"),
        none_refused,
    )
    assert (tmp_path / "o.csv").read_text().startswith('"crime_ref","victim_ref"')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--as-at", "2026-07-01T10:00:00"], "is not a valid date-time; expected YYYY-MM-DDTHH:MM:SS"),
        (["--as-at", "tomorrow"], "is not a valid date-time"),
        (["--policy", "west-merca"], "did you mean 'west-mercia'?"),
        (["--input", "no-such-file.ndjson"], "no-such-file.ndjson: cannot be read"),
        (["--output", "verdicts.xlsx"], "expected one of the endings"),
        (["--output", "no-such-folder/verdicts.csv"], "cannot be written"),
    ],
)
def test_a_bad_command_line_ends_with_2_and_says_why(tmp_path: Path, change: list[str], message: str) -> None:
    (tmp_path / "one.ndjson").write_text(GOOD % "1")
    done = run(*arguments(str(tmp_path / "one.ndjson"), "-"), *change)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert done.stdout == b""


def test_the_input_is_never_replaced_by_its_verdicts(tmp_path: Path) -> None:
    """Also where the output is another name for it."""
    source, link = tmp_path / "crimes.ndjson", tmp_path / "link.ndjson"
    source.write_text(GOOD % "1")
    link.symlink_to(source)
    for target in (source, link):
        done = run(*arguments(str(source), str(target)))
        assert done.returncode == 2
        assert b"is the input file" in done.stderr
    assert source.read_text() == GOOD % "1"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_as_windows_writes_it_is_read(tmp_path: Path, line_end: str) -> None:
    """A byte order mark before the first record, and its line ends."""
    source, target = tmp_path / "crimes.ndjson", tmp_path / "out.ndjson"
    source.write_bytes(b"\xef\xbb\xbf" + line_end.join([GOOD % "1", GOOD % "2", ""]).encode())
    done = evaluate(shipped("west-mercia")[0], SAMPLE.as_at, None, str(source), str(target), none_refused)
    assert (done.crimes, done.refused) == (2, 0)


@pytest.mark.parametrize("name", ["cut.ndjson.gz", "cut.ndjson.zst", "cut.csv.gz"])
def test_a_truncated_compressed_file_is_an_error_and_leaves_no_output(tmp_path: Path, name: str) -> None:
    """Said: the file, that it is cut short, and how much of it could be read (section 3)."""
    source, target = tmp_path / name, tmp_path / "out.ndjson"
    pack: Callable[[bytes], bytes] = zstandard.compress if name.endswith(".zst") else gzip.compress
    dice = Random(3)  # what does not compress, so that a cut near the end is one near the end of the text
    lines = [f"{n}{dice.randbytes(60).hex()}" for n in range(20_000)]
    text = "crime_ref,reported_at\n" + "".join(f"{line},2026-07-01T09:00:00Z\n" for line in lines)
    if ".csv" not in name:
        text = "".join(f'{{"crime_ref":"{line}","reported_at":"2026-07-01T09:00:00Z"}}\n' for line in lines)
    source.write_bytes(pack(text.encode())[:-20_000])
    done = run(*arguments(str(source), str(target)))
    assert done.returncode == 3
    said = re.search(rf"{name}: is incomplete or broken: ([0-9,]+) lines could be read", done.stderr.decode())
    assert said is not None, done.stderr
    assert 17_000 < int(said[1].replace(",", "")) < 20_000
    assert list(tmp_path.iterdir()) == [source]


def test_lines_come_whole_whatever_the_block_and_the_longest_stay_bounded() -> None:
    text = b"one\n\ntwo two\n" + b"x" * (3 * MAX_RECORD_BYTES) + b"\nlast"
    for size in (1 << 20, 64 * 1024):
        blocks = list(line_blocks(io.BytesIO(text), size))
        lines = [line for block in blocks for line in block.text.split(b"\n")]
        assert [line[:7] for line in lines] == [b"one", b"", b"two two", b"xxxxxxx", b"last"]
        assert MAX_RECORD_BYTES < len(lines[3]) <= MAX_RECORD_BYTES + 1 + size
        ahead = [sum(other.text.count(b"\n") + 1 for other in blocks[:i]) for i in range(len(blocks))]
        assert [block.number for block in blocks] == [1 + count for count in ahead]


@pytest.mark.parametrize("target", ["out.ndjson", "out.csv", "out.parquet", "out.ndjson.gz", "out.csv.zst"])
def test_many_parts_on_many_cores_answer_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    """A file larger than a block is judged by several processes; the verdicts keep the records' order."""
    source = tmp_path / "crimes.ndjson"
    source.write_text(records_text())
    policy, _ = shipped("west-mercia")
    parts = list(line_blocks(io.BytesIO(source.read_bytes()), 40_000))
    assert len(parts) > 5
    monkeypatch.setattr("compliance.batch.evaluate.parts", lambda _: iter(parts))
    done = evaluate(policy, SAMPLE.as_at, SAMPLE.known_at, str(source), str(tmp_path / target), none_refused, workers=2)
    expected = verdicts(SAMPLE)
    assert (done.crimes, done.verdicts) == (400, len(expected))
    assert read_back(tmp_path / target) == [{key: plain(value) for key, value in row.items()} for row in expected]


def plain(value: object) -> str:
    """A value as CSV holds it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def read_back(path: Path) -> list[dict[str, str]]:
    packs: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.decompress, ".zst": _frames}
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        content = packs.get(path.suffix, bytes)(path.read_bytes()).decode()
        plain_name = path.name.removesuffix(".gz").removesuffix(".zst")
        if plain_name.endswith(".csv"):
            rows = list(csv.DictReader(io.StringIO(content)))
        else:
            rows = [json.loads(line) for line in content.splitlines()]
    return [{key: plain(value) for key, value in row.items()} for row in rows]


def _frames(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
