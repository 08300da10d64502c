"""Partitioned datasets of the conformance sample, and a run of `evaluate` on one that is killed."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Final

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conformance import SAMPLES
from tests.integration.test_evaluate_tables import as_arrow

SAMPLE: Final = next(sample for sample in SAMPLES if sample.known_at)
FORCES: Final = ("01", "02")


def write_dataset(root: Path, table: pa.Table | None = None) -> list[str]:
    """Write records as a force's, and again as another's, by month of report -> the names of the files.

    A crime number is unique within a force only (records section 1), so both forces have the same ones.
    """
    table = as_arrow() if table is None else table
    months = [f"{reported:%Y-%m}" for reported in table["reported_at"].to_pylist()]
    names = []
    for force in FORCES:
        for month in sorted(set(months)):
            name = f"force={force}/month={month}/crimes.parquet"
            (root / name).parent.mkdir(parents=True)
            pq.write_table(table.filter(pa.array([each == month for each in months])), root / name)
            names.append(name)
    return names


def command(source: Path, target: Path, *more: str) -> list[str]:
    """The command that evaluates a dataset."""
    known = ["--known-at", SAMPLE.known_at.isoformat()] if SAMPLE.known_at else []
    asked = ["--policy", SAMPLE.policy, "--as-at", SAMPLE.as_at.isoformat(), *known]
    asked += ["--input", str(source), "--output", str(target)]
    return [sys.executable, "-m", "compliance.cli", "evaluate", *asked, *more]


def digests(folder: Path) -> dict[str, str]:
    """Every file of a folder with the digest of its content."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run_and_kill(source: Path, target: Path, dice: Random, most: int = 3) -> None:
    """Start a run, and kill it at some moment: before it begins to work, or once it has finished up to `most` more files.

    No process that it started may outlive it.
    """
    before, more = _finished(target), dice.randrange(most + 1)
    process = subprocess.Popen(command(source, target, "--workers", "2"), stderr=subprocess.PIPE)
    while more and process.poll() is None and _finished(target) < before + more:
        time.sleep(0.002)
    time.sleep(dice.random() * (0.03 if more else 1))
    started = psutil.Process(process.pid).children() if process.poll() is None else []
    process.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode == -9, f"it ended before it was killed: {said.decode()}"
    _, alive = psutil.wait_procs(started, timeout=30)
    assert not alive, "a process outlived the one that was killed"


def _finished(target: Path) -> int:
    """How many files a run has noted as finished."""
    ledger = target / "files.ndjson"
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0
