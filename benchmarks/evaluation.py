"""`evaluate` from file to file, beside what each file costs alone; where its time goes; and how it grows."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq

from benchmarks.crimes import AS_AT, crime_columns, ndjson, nested
from benchmarks.timing import show, timed
from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import line_blocks, open_input
from compliance.batch.outputs import output
from compliance.policy import Policy, judge, judge_blocks, load_policy
from compliance.records import Crime, check_instants, columns
from compliance.records.collector import paused_gc

CORES = 2
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "65000,650000,6500000").split(","))
"""How many crimes the growth is shown for."""


def main(count: int = 200_000, runs: int = 3) -> None:
    """Measure on `count` generated crimes, and the growth on SIZES."""
    policy = load_policy("west-mercia")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _whole(policy, folder, count, runs)
        _parts(policy, folder / "crimes.ndjson", runs)
        _growth(folder)


def _whole(policy: Policy, folder: Path, count: int, runs: int) -> None:
    lines, parquet = folder / "crimes.ndjson", folder / "crimes.parquet"
    lines.write_text("\n".join(ndjson(count)) + "\n", "utf-8")
    crimes = crime_columns(count)
    pq.write_table(nested(crimes), parquet, row_group_size=65_536)
    decoder = msgspec.json.Decoder(Crime)

    def decode_alone() -> int:
        done = 0
        with open_input(str(lines)) as stream, paused_gc():
            for block in line_blocks(stream):
                done += len([decoder.decode(line) for line in block.text.split(b"\n")])
        return done

    def run(source: Path, ending: str) -> Any:
        target = str(folder / f"verdicts{ending}")
        return evaluate(policy, AS_AT, None, str(source), target, lambda _: None, workers=CORES)

    tables = [verdicts.table(coded=True) for verdicts in judge_blocks(crimes, policy, AS_AT)]

    def write_alone() -> None:
        with output(str(folder / "alone.parquet")) as out:
            for table in tables:
                out.append(table)

    found = timed(
        {
            "decoding the NDJSON alone, msgspec structs, 1 core": decode_alone,
            "NDJSON to NDJSON": lambda: run(lines, ".ndjson"),
            "NDJSON to CSV": lambda: run(lines, ".csv"),
            "NDJSON to Parquet": lambda: run(lines, ".parquet"),
            "engine alone, 2 threads": lambda: sum(len(v) for v in judge_blocks(crimes, policy, AS_AT, threads=CORES)),
            "reading the Parquet alone": lambda: pq.read_table(parquet).num_rows,
            "writing the verdicts as Parquet alone": write_alone,
            "Parquet to Parquet": lambda: run(parquet, ".parquet"),
        },
        runs,
    )
    decoding, engine = next(iter(found.values())), found["engine alone, 2 threads"]
    rows = [("", "seconds", "crimes a second", "of decoding alone", "of the engine alone")]
    for name, seconds in found.items():
        rows.append(
            (
                name,
                f"{seconds:.2f}",
                f"{count / seconds:,.0f}",
                f"{seconds / decoding:.1f} x",
                f"{seconds / engine:.1f} x",
            )
        )
    show(f"Evaluation: {count:,} crimes, {lines.stat().st_size / 1e6:,.0f} MB of NDJSON, {CORES} cores", rows)


def _parts(policy: Policy, source: Path, runs: int) -> None:
    decoder = msgspec.json.Decoder(Crime)
    with open_input(str(source)) as stream:
        lines = next(line_blocks(stream)).text.split(b"\n")
    with paused_gc():
        crimes = [decoder.decode(line) for line in lines]
        table = columns(crimes)
        verdicts = judge(table, policy, AS_AT)
        parts = timed(
            {
                "decoding": lambda: [decoder.decode(line) for line in lines],
                "columns, instants checked": lambda: columns(crimes),
                "judging": lambda: judge(table, policy, AS_AT),
                "verdict table": verdicts.table,
                "(checking instants alone)": lambda: check_instants(crimes),
            },
            runs,
        )
    total = sum(list(parts.values())[:4])
    show("Where the time goes, one block", [("", "of the parts"), *[(n, f"{s / total:.0%}") for n, s in parts.items()]])


def _growth(folder: Path) -> None:
    """Parquet to Parquet as the command runs it: seconds and peak memory."""
    rows = [("crimes", "seconds", "crimes a second", "peak memory, MiB")]
    for size in SIZES:
        source, target = folder / f"{size}.parquet", folder / f"{size}.out.parquet"
        writer = None
        for first in range(0, size, 650_000):
            part = nested(crime_columns(min(650_000, size - first), seed=first + 1))
            writer = writer or pq.ParquetWriter(source, part.schema)
            writer.write_table(part, row_group_size=65_536)
        if writer is not None:
            writer.close()
        seconds, peak = _command(source, target)
        rows.append((f"{size:,}", f"{seconds:.1f}", f"{size / seconds:,.0f}", f"{peak:,.0f}"))
        source.unlink()
        target.unlink()
    show("Growth: Parquet to Parquet, the whole command", rows)


def _command(source: Path, target: Path) -> tuple[float, float]:
    options = ["--policy", "west-mercia", "--as-at", AS_AT.isoformat(), "--workers", str(CORES)]
    command = [
        sys.executable,
        "-m",
        "compliance.cli",
        "evaluate",
        *options,
        "--input",
        str(source),
        "--output",
        str(target),
    ]
    # A small process in between: the peak of a child is at least what its parent held when it was made.
    launcher = [sys.executable, "-c", _LAUNCHER, *command]
    done = subprocess.run(launcher, capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


_LAUNCHER = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""
