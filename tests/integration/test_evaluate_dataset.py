"""`compliance evaluate` on a partitioned dataset: the verdicts of its files, beside them what was not judged."""

import json
import subprocess
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from compliance.batch.evaluate import evaluate
from compliance.batch.evaluate_dataset import EvaluatedDataset, evaluate_dataset
from compliance.progress import WorkStep, watching
from tests.conformance import verdicts
from tests.datasets import SAMPLE, command, digests, run_and_kill, write_dataset
from tests.engine import shipped
from tests.integration.test_evaluate import none_refused
from tests.integration.test_evaluate_set_aside import GOOD, OLD

POLICY = shipped(SAMPLE.policy)[0]


@pytest.fixture(scope="module")
def crimes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test changes."""
    folder = tmp_path_factory.mktemp("dataset") / "crimes"
    write_dataset(folder)
    return folder


@pytest.fixture(scope="module")
def undisturbed(crimes: Path) -> Path:
    """What a run by one process makes of it."""
    judge(crimes, crimes.with_name("undisturbed"))
    return crimes.with_name("undisturbed")


def judge(source: Path, target: Path, **options: bool) -> EvaluatedDataset:
    return evaluate_dataset(
        POLICY, SAMPLE.as_at, SAMPLE.known_at, str(source), str(target), workers=1, **options
    )  # fmt: skip


def run(source: Path, target: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(source, target, *more), capture_output=True, text=True, check=False)


def test_every_file_gets_the_verdicts_that_it_gets_by_itself(crimes: Path, tmp_path: Path) -> None:
    """Records section 1: a crime number is unique within a force. Here another force has the same ones."""
    target = tmp_path / "judged"
    done = run(crimes, target, "--workers", "2")
    assert done.returncode == 0, done.stderr
    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"{len(list(crimes.rglob('*.parquet')))} files, 0 finished before; 800 crimes, ")
    for file in crimes.rglob("*.parquet"):
        name, alone = file.relative_to(crimes), str(tmp_path / "alone.parquet")
        evaluate(POLICY, SAMPLE.as_at, SAMPLE.known_at, str(file), alone, none_refused)
        assert (target / "verdicts" / name).read_bytes() == Path(alone).read_bytes(), name
    assert not (target / "not_judged").exists()


def test_the_verdicts_are_a_dataset_of_the_same_partitions(undisturbed: Path) -> None:
    read = ds.dataset(undisturbed / "verdicts", partitioning="hive").to_table()
    rows = {}
    for force in (1, 2):
        found = read.filter(pc.equal(read["force"], force)).drop(["force", "month"]).to_pylist()
        rows[force] = sorted(tuple("" if cell is None else str(cell) for cell in row.values()) for row in found)
    assert rows[1] == rows[2]
    expected = [tuple("" if cell is None else str(cell) for cell in row.values()) for row in verdicts(SAMPLE)]
    assert rows[1] == sorted(expected)


def test_what_was_asked_and_its_totals_are_beside_the_verdicts(undisturbed: Path) -> None:
    found = json.loads((undisturbed / "evaluation.json").read_text())
    assert found["question"] == {
        "policy": POLICY.title,
        "policy_digest": POLICY.digest,
        "as_at": "2026-09-01T00:00:00Z",
        "known_at": "2026-07-01T08:00:00Z",
        "version": "0.1.0",
    }
    files = [json.loads(line) for line in (undisturbed / "files.ndjson").read_text().splitlines()]
    assert files == sorted(files, key=lambda file: str(file["file"]))
    for name in ("crimes", "verdicts"):
        assert found["totals"][name] == sum(file["counts"][name] for file in files)
    digest = digests(undisturbed / "verdicts")
    assert {file["file"]: file["verdicts"] for file in files} == digest


def test_several_processes_write_the_bytes_of_one(crimes: Path, undisturbed: Path, tmp_path: Path) -> None:
    assert run(crimes, tmp_path / "judged", "--workers", "2").returncode == 0
    assert digests(tmp_path / "judged") == digests(undisturbed)


def test_runs_that_are_killed_end_in_the_same_bytes(crimes: Path, undisturbed: Path, tmp_path: Path) -> None:
    """Three of them; `make soak` kills many more."""
    dice = Random(1)
    for _ in range(3):
        run_and_kill(crimes, tmp_path / "judged", dice)
    assert json.loads((tmp_path / "judged" / "evaluation.json").read_text())["totals"] is None
    done = run(crimes, tmp_path / "judged")
    assert done.returncode == 0
    assert int(done.stderr.split(" files, ")[1].split()[0]) > 0, "what was finished was kept"
    assert digests(tmp_path / "judged") == digests(undisturbed)


def test_only_what_changed_is_judged_again(tmp_path: Path) -> None:
    source, target = tmp_path / "crimes", tmp_path / "judged"
    names = write_dataset(source)
    assert judge(source, target).kept == 0
    before = digests(target)
    again = judge(source, target)
    assert (again.kept, again.files) == (len(names), len(names))
    (source / names[1]).write_bytes((source / names[0]).read_bytes())
    (target / "verdicts" / names[2]).write_bytes(b"damaged")
    assert judge(source, target).kept == len(names) - 2
    after = digests(target)
    assert after[f"verdicts/{names[1]}"] == before[f"verdicts/{names[0]}"]
    changed = {f"verdicts/{names[1]}", "files.ndjson", "evaluation.json"}
    assert {name for name in before if after[name] != before[name]} == changed


def test_a_file_that_has_gone_from_both_folders_is_of_no_account(tmp_path: Path) -> None:
    source, target = tmp_path / "crimes", tmp_path / "judged"
    names = write_dataset(source)
    judge(source, target)
    (source / names[0]).unlink()
    (target / "verdicts" / names[0]).unlink()
    judge(source, target)
    judge(source, tmp_path / "anew")
    assert digests(target) == digests(tmp_path / "anew")


def test_how_far_it_is_is_told_in_crimes(crimes: Path, tmp_path: Path) -> None:
    steps: list[WorkStep] = []
    with watching(steps.append):
        judge(crimes, tmp_path / "judged")
    of_files = [step for step in steps if step.of is not None and step.what == "crimes judged"]
    assert of_files[-1] == WorkStep("crimes judged", 800, 800)
    assert len(of_files) == len(list(crimes.rglob("*.parquet")))
    assert steps[-1] == WorkStep("crime numbers compared", 800, 800)


def test_what_is_not_judged_is_in_a_dataset_beside(tmp_path: Path) -> None:
    """Refused records, and obligations set aside because the calendar does not cover a date (rules 6.1a)."""
    source, target = tmp_path / "crimes", tmp_path / "judged"
    file = source / "force=22" / "month=2026-07" / "crimes.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([GOOD, OLD, {**GOOD, "crime_ref": None}]), file)
    asked = ("--policy", "victims-code-2020")
    done = run(source, target, *asked)
    assert done.returncode == 3
    first, last = done.stderr.splitlines()
    assert first == f"what was not judged is in {target}/not_judged"
    assert last.startswith("1 file, 0 finished before; 2 crimes, ")
    assert ", 1 refused, 1 set aside, " in last
    aside, refused = ds.dataset(target / "not_judged", partitioning="hive").to_table().to_pylist()
    place = {"file": "crimes.parquet", "force": 22, "month": "2026-07"}
    assert place.items() <= aside.items()
    assert place.items() <= refused.items()
    assert (aside["row"], aside["crime_ref"], aside["victim_ref"]) == (2, "22A/2/90", "V1")
    assert (aside["requirement"], aside["cycle"], aside["clause"]) == ("arrested", 1, "6.1a")
    assert aside["reason"].startswith("5 working days after 2 March 1990")
    assert (refused["row"], refused["crime_ref"], refused["requirement"], refused["clause"]) == (3, None, None, None)
    assert refused["reason"] == "crime_ref: found nothing; expected a text; it is required"
    assert run(source, target, *asked).returncode == 3, "also where an earlier run found them"
    pq.write_table(pa.Table.from_pylist([GOOD]), file)
    assert run(source, target, *asked).returncode == 0
    assert list((target / "not_judged").rglob("*.parquet")) == []
