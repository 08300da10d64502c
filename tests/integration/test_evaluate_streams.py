"""`evaluate` where reading or writing fails: one sentence, exit code 2 or 4, no half file (records section 3)."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import NotJudged, RefusedRecord
from compliance.errors import ComplianceError, UnavailableError
from tests.conformance import SAMPLES
from tests.engine import shipped

AS_AT = SAMPLES[0].as_at
POLICY = shipped("west-mercia")[0]
COMMAND = [sys.executable, "-m", "compliance.cli", "evaluate", "--policy", "west-mercia", "--as-at", AS_AT.isoformat()]
RECORD = '{"crime_ref": "%d", "reported_at": "2026-01-01T10:00:00Z", "victims": [{"victim_ref": "V1"}]}\n'
MANY = "".join(RECORD % n for n in range(3000))
ENDINGS = ("out.ndjson", "out.csv", "out.csv.gz", "out.ndjson.zst", "out.parquet")


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "crimes.ndjson").write_text(MANY)
    return str(tmp_path / "crimes.ndjson")


def run(source: str, target: str, redirect: str = "") -> "subprocess.CompletedProcess[str]":
    """In a shell, for its redirections, with streams that are buffered as they are where nobody asks otherwise."""
    command = [*COMMAND, "--input", source, "--output", target]
    line = "unset PYTHONUNBUFFERED; " + " ".join(f"'{word}'" for word in command) + redirect
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)


def only_line(done: "subprocess.CompletedProcess[str]") -> str:
    """The one sentence that standard error holds."""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk with room for one page."""
    folder = tmp_path_factory.mktemp("small")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], check=False, capture_output=True
    ).returncode:
        pytest.skip("needs leave to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("name", ENDINGS)
def test_a_full_disk_ends_with_4_and_leaves_no_file(source: str, small: Path, name: str) -> None:
    (small / "fill").write_bytes(b"x" * 4096)
    done = run(source, str(small / name))
    assert done.returncode == 4
    assert only_line(done).startswith(
        f"compliance: --output {small / name}: could not be written to the end (No space left"
    )
    assert "there is no output file" in done.stderr
    assert [path.name for path in small.iterdir()] == ["fill"]


class _FullStream:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def write(self, content: bytes) -> int:
        self._room -= len(content)
        if self._room < 0:
            raise OSError(28, os.strerror(28))
        return self._file.write(content)  # type: ignore[attr-defined]

    def __enter__(self) -> "_FullStream":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("room", [0, 10, 2000])
@pytest.mark.parametrize("name", ENDINGS)
def test_a_disk_that_fills_at_any_point_leaves_the_old_file(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, room: int
) -> None:
    """Also where closing the file fails once more."""
    opened = Path.open

    def open_small(self: Path, mode: str = "r", *words: object) -> object:
        file = opened(self, mode, *words)  # type: ignore[call-overload]
        return _FullStream(file, room) if mode == "wb" else file

    (tmp_path / name).write_text("old")
    monkeypatch.setattr(Path, "open", open_small)
    with pytest.raises(UnavailableError, match="could not be written to the end \\(No space left"):
        evaluate(POLICY, AS_AT, None, source, str(tmp_path / name), refuse, workers=1)
    monkeypatch.undo()
    assert (tmp_path / name).read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crimes.ndjson", name]


def refuse(each: RefusedRecord | NotJudged) -> None:
    raise AssertionError(each)


def test_an_output_that_is_a_folder_is_an_error_before_anything_is_read(source: str, tmp_path: Path) -> None:
    folder = tmp_path / "verdicts.csv"
    folder.mkdir()
    done = run("no-such-file.ndjson", str(folder))
    assert done.returncode == 2
    assert only_line(done) == f"compliance: --output {folder}: is a folder; give the name of a file in it"
    assert run(source, str(folder)).returncode == 2
    assert list(folder.iterdir()) == []


def test_an_input_that_is_a_folder_and_no_dataset_is_an_error(tmp_path: Path) -> None:
    for name in ("crimes.ndjson", "crimes.csv", "crimes.parquet"):
        (tmp_path / name).mkdir()
        done = run(str(tmp_path / name), "-")
        assert done.returncode == 2
        assert f"--input {tmp_path / name}: is not a dataset" in only_line(done)


def test_standard_output_that_is_full_ends_with_4(source: str) -> None:
    """What could not be written is said once, also when the process ends."""
    done = run(source, "-", " > /dev/full")
    assert done.returncode == 4
    assert only_line(done) == (
        "compliance: --output -: could not be written to the end (No space left on device); the verdicts on standard output "
        "are partial: do not use them"
    )


def test_a_reader_that_leaves_ends_with_4(source: str) -> None:
    """As `| head -1` does."""
    with subprocess.Popen(
        [*COMMAND, "--input", source, "--output", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read().decode().splitlines()
    assert process.returncode == 4
    assert said == [
        "compliance: --output -: could not be written to the end (its reader has closed it); the verdicts on standard output "
        "are partial: do not use them"
    ]


@pytest.mark.parametrize(
    ("source_", "target", "redirect", "message"),
    [
        ("-", "-", " <&-", "--input -: standard input is closed"),
        ("", "-", " >&-", "--output -: standard output is closed"),
    ],
)
def test_a_stream_that_was_closed_from_the_start_is_named(
    source: str, source_: str, target: str, redirect: str, message: str
) -> None:
    done = run(source_ or source, target, redirect)
    assert done.returncode == 2
    assert only_line(done) == f"compliance: {message}"


def test_closed_streams_that_are_not_used_matter_to_no_one(source: str, tmp_path: Path) -> None:
    assert run(source, str(tmp_path / "out.csv"), " --workers 2 <&- >&- 2>&-").returncode == 0
    assert len((tmp_path / "out.csv").read_text().splitlines()) > 3000


def test_a_full_standard_error_changes_neither_verdicts_nor_exit_code(tmp_path: Path) -> None:
    (tmp_path / "crimes.ndjson").write_text((RECORD % 1) + "{}\n")
    done = run(str(tmp_path / "crimes.ndjson"), "-", " 2> /dev/full")
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) > 2


def test_other_commands_say_that_standard_output_is_full(tmp_path: Path) -> None:
    (tmp_path / "crimes.ndjson").write_text(RECORD % 1)
    line = f"'{sys.executable}' -m compliance.cli explain 1 --policy west-mercia --as-at 2026-07-01T10:00:00Z --input crimes.ndjson"
    done = subprocess.run(
        ["bash", "-c", line + " > /dev/full"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 4
    assert "standard output could not be written to the end (No space left on device)" in only_line(done)


def test_verdicts_sent_before_an_error_are_said_to_be_partial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is cut short: the first parts were judged and have gone."""
    cut = tmp_path / "crimes.ndjson.gz"
    cut.write_bytes(gzip.compress(MANY.encode())[:-30])
    monkeypatch.setattr("compliance.batch.inputs.BLOCK_BYTES", 20_000)
    monkeypatch.setattr("compliance.batch.inputs.line_blocks.__defaults__", (20_000,))
    with pytest.raises(ComplianceError, match=r"incomplete or broken.*; the verdicts on standard output are partial"):
        evaluate(POLICY, AS_AT, None, str(cut), "-", refuse, workers=1)
    with pytest.raises(ComplianceError) as raised:
        evaluate(POLICY, AS_AT, None, str(cut), str(tmp_path / "out.csv"), refuse, workers=1)
    assert "partial" not in str(raised.value)


def test_nothing_is_said_of_verdicts_where_none_were_sent(tmp_path: Path) -> None:
    (tmp_path / "crimes.ndjson").write_text('{"crime_reff": "1"}')
    done = run(str(tmp_path / "crimes.ndjson"), "-", " --strict")
    assert done.returncode == 2
    assert "partial" not in done.stderr
