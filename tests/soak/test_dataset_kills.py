"""Killed (SIGKILL) at any moment, `evaluate` on a dataset continues to the bytes of a run that nobody killed."""

import json
import os
import subprocess
from pathlib import Path
from random import Random

import pytest

from benchmarks.national import write_dataset
from tests.datasets import command, digests, run_and_kill

KILLS = int(os.environ.get("KILLS", "20"))
CRIMES = int(os.environ.get("CRIMES", "100000"))


@pytest.mark.long
def test_after_a_great_many_kills_the_bytes_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    """KILLS of them, on CRIMES in 43 forces and 24 months; by several processes, beside one by a single process."""
    source, killed, undisturbed = (tmp_path / name for name in ("crimes", "killed", "undisturbed"))
    write_dataset(source, CRIMES)
    files = len(list(source.rglob("*.parquet")))
    dice = Random(20260701)
    for _ in range(KILLS):
        run_and_kill(source, killed, dice, files // (2 * KILLS))
    subprocess.run(command(source, killed), check=True)
    subprocess.run(command(source, undisturbed, "--workers", "1"), check=True)
    assert digests(killed) == digests(undisturbed)
    crimes = json.loads((killed / "evaluation.json").read_text())["totals"]["crimes"]
    assert crimes == CRIMES // 43 * 43
    print(f"\n{KILLS} kills on {crimes:,} crimes in {files:,} files, no difference")
