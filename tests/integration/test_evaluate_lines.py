"""`evaluate` reads lines a block at a time, and answers as if it had read each record alone (records sections 1 to 3)."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import LineBlock, NotJudged, RefusedRecord, line_blocks
from compliance.batch.line_reader import Chunk, LineReader
from compliance.records.wire import MAX_RECORD_BYTES
from tests.conformance import records
from tests.histories import AS_AT
from tests.hostile_lines import POLICY, first_difference, read, read_one_by_one

AT = "2026-07-01T10:00:00Z"
GOOD: dict[str, Any] = {"crime_ref": "22A/1/26", "reported_at": AT, "victims": [{"victim_ref": "V1"}]}
LINE = json.dumps(GOOD).encode()
HOLDS = GOOD | {"victims": [{"victim_ref": "V1", "contact_holds": [None]}]}


def blocks(*lines: bytes) -> list[LineBlock]:
    return list(line_blocks(io.BytesIO(b"\n".join(lines))))


@pytest.fixture
def carefully(monkeypatch: pytest.MonkeyPatch) -> list[LineBlock]:
    """The blocks that are read record by record."""
    seen: list[LineBlock] = []
    original = LineReader._read_carefully

    def counted(reader: LineReader, block: LineBlock) -> Chunk:
        seen.append(block)
        return original(reader, block)

    monkeypatch.setattr(LineReader, "_read_carefully", counted)
    return seen


@pytest.mark.parametrize("seed", range(50))
def test_any_file_is_read_as_its_records_are_one_by_one(seed: int) -> None:
    """Verdicts, refusals, line numbers and account. Files have unknown fields at every depth, keys twice, NaN, several
    records on a line, one over several, records that are too long, odd Unicode and broken bytes. `tests/soak/test_lines.py`
    has many more."""
    assert first_difference(seed) is None


def written(record: dict[str, Any], change: int) -> bytes:
    """A record with other offsets and decimals, nulls, and lists that are absent."""
    text = json.dumps(record)
    if change % 3:
        text = text.replace('Z"', [".25Z", "+01:00", "-00:30"][change % 3] + '"')
    fields = json.loads(text)
    for name in ("status", "allocations", "events", "updates"):
        if change % 2 and not fields.get(name):
            fields[name] = None
        elif not fields.get(name):
            fields.pop(name, None)
    return json.dumps(fields).encode()


def test_good_records_are_read_together_however_they_are_written(carefully: list[LineBlock]) -> None:
    lines = [written(record, place) for place, record in enumerate(records())]
    quick = read(blocks(*lines))
    assert carefully == []
    assert quick == read_one_by_one(blocks(*lines))
    assert quick.verdicts
    assert read([LineBlock(1, b"\r\n".join(lines) + b"\r")]) == quick
    assert carefully == []


def test_fields_that_all_records_have_are_learned(carefully: list[LineBlock]) -> None:
    """They are still accounted for, at every depth."""
    given = [
        record | {"system": "NICHE", "score": place / 2, "tags": ["a"], "victims": [{**victim, "shoe": 9} for victim in victims]}
        for place, record in enumerate(records())
        if (victims := record.get("victims"))
    ]  # fmt: skip
    parts = list(line_blocks(io.BytesIO(b"\n".join(json.dumps(record).encode() for record in given)), 20_000))
    assert len(parts) > 3
    found = read(parts)
    assert carefully == []
    assert found == read_one_by_one(parts)
    late = [*line_blocks(io.BytesIO(LINE)), *parts]
    assert read(late) == read_one_by_one(late)
    assert carefully == parts[:1], "the first block that has them, and no other"
    assert found.unknown["victims[].shoe"] == sum(len(record["victims"]) for record in given)


def test_a_refused_record_does_not_slow_the_others(carefully: list[LineBlock]) -> None:
    """A fact that is missing or wrong is found in the columns; its record alone is read for the reason."""
    missing, soon, none = b'{"crime_ref": "1"}', LINE.replace(AT.encode(), b"soon"), LINE.replace(b'"V1"', b"null")
    parts = blocks(LINE, missing, LINE, soon, none, LINE)
    assert [(each.line, each.reason[:20]) for each in read(parts).refused] == [
        (2, "reported_at: missing"),
        (4, "reported_at: found '"),
        (5, "victims[0].victim_re"),
    ]
    assert carefully == []
    assert read(parts) == read_one_by_one(parts)


@pytest.mark.parametrize(
    "odd",
    [
        b"null", b"{}null", LINE + b"null", LINE + LINE, LINE + b"," + LINE, b"[" + LINE + b"]", LINE[:-1], LINE + b"\0",
        LINE + b" x", b'{"crime_ref": "1",\n"reported_at": "' + AT.encode() + b'"}', LINE.replace(b"22A", b"\xff"),
        LINE.replace(b"22A", b"\\ud800"), LINE.replace(b"{", b'{"crime_ref": "0", ', 1), json.dumps(HOLDS).encode(),
        LINE.replace(b"{", b'{"x": NaN, ', 1), LINE.replace(b"{", b'{"x": 1e400, ', 1),
        LINE.replace(b"{", b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b", ", 1),
        LINE.replace(b"{", b'{"x": "' + b"y" * MAX_RECORD_BYTES + b'", ', 1),
        LINE.replace(b"T10:00:00Z", b" 10:00:00Z"), LINE.replace(b"T10:00:00Z", b"T10:00Z"),
        LINE.replace(b"T10:00:00Z", b"T10:00:00+0100"), LINE.replace(b"T10:00:00Z", b"T10:00:00"),
        LINE.replace(b"2026-", b"1899-"), LINE.replace(b"}]", b', "agreed_interval_days": 5.0}]'),
    ],
)  # fmt: skip
def test_what_arrow_takes_otherwise_is_left_to_the_format(odd: bytes) -> None:
    """Arrow's reader takes some of these for records, and ends the process at null."""
    for extra in (b"", b'"x": 1.5, '):
        lines = [LINE.replace(b"{", b"{" + extra, 1), odd, LINE]
        for parts in (blocks(*lines), [LineBlock(1, lines[0]), *blocks(*lines)]):
            assert read(parts) == read_one_by_one(parts)


def test_blocks_read_at_once_keep_their_order_lines_and_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [json.dumps(record | {"system": 1}).encode() for record in records()]
    given[7] = given[70] = b'{"crime_ref": "bad"}'
    source, text = tmp_path / "crimes.ndjson", b"\n".join(given)
    source.write_bytes(text)
    monkeypatch.setattr("compliance.batch.inputs.line_blocks.__defaults__", (10_000,))
    told: list[RefusedRecord | NotJudged] = []
    done = evaluate(POLICY, AS_AT, None, str(source), str(tmp_path / "out.ndjson"), told.append, workers=3)
    expected = read_one_by_one(line_blocks(io.BytesIO(text), 10_000))
    assert (tmp_path / "out.ndjson").read_bytes() == expected.verdicts
    assert [each for each in told if isinstance(each, RefusedRecord)] == expected.refused
    assert [each.line for each in expected.refused] == [8, 71]
    assert (done.crimes, done.unknown_fields) == (expected.counts["crimes"], expected.unknown)
