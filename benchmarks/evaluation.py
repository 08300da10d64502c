"""`evaluate` beside a bare loop, and beside what each file costs alone; where its time goes; how it grows."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from benchmarks.crimes import AS_AT, crime_columns, extended, mixed, ndjson, nested
from benchmarks.timing import Contender, show, timed
from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import line_blocks, open_input
from compliance.batch.line_reader import LineReader
from compliance.batch.outputs import output
from compliance.policy import Policy, judge, judge_blocks, load_policy
from compliance.records import Crime
from compliance.records.collector import paused_gc

CORES = 2
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "65000,650000,6500000").split(","))
"""How many crimes the growth is shown for."""


def main(count: int = 300_000, runs: int = 3) -> None:
    """Measure on `count` generated crimes, and the growth on SIZES."""
    policy = load_policy("west-mercia")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _lines(folder, count, runs)
        _parquet(policy, folder, count, runs)
        _parts(policy, folder / "uniform.ndjson", runs)
        _growth(folder)


def _lines(folder: Path, count: int, runs: int) -> None:
    """NDJSON to Parquet as the command runs it, beside a bare loop that decodes each line and keeps nothing."""
    plain = list(ndjson(count))
    shapes = {
        "uniform": plain,
        "mixed": mixed(plain),
        "the same unknown fields": extended(plain),
        "100 crimes": plain[:100],
    }
    sources = {name: folder / f"{name}.ndjson" for name in shapes}
    for name, lines in shapes.items():
        sources[name].write_text("\n".join(lines) + "\n", "utf-8")
    decode = msgspec.json.Decoder(Crime).decode

    def decode_alone(source: Path) -> None:
        with source.open("rb") as stream, paused_gc():
            for line in stream:
                decode(line)

    contenders: dict[str, Contender] = {}
    for name, source in sources.items():
        contenders[f"{name}: bare loop"] = partial(decode_alone, source)
        for workers in (1, CORES):
            target = folder / "verdicts.parquet"
            contenders[f"{name}: evaluate, workers {workers}"] = partial(run_command, source, target, workers)
    found = timed(contenders, runs)
    rows = [("", "seconds", "crimes a second", "of the bare loop")]
    for name, seconds in found.items():
        crimes = 100 if name.startswith("100") else count
        loop = found[f"{name.partition(':')[0]}: bare loop"]
        times = f"{seconds / loop:.1f} x" if crimes == count else ""
        rows.append((name, f"{seconds:.2f}", f"{crimes / seconds:,.0f}", times))
    size = sources["uniform"].stat().st_size / 1e6
    show(f"NDJSON to Parquet: {count:,} crimes, {size:,.0f} MB, the whole command (the loop without its imports)", rows)


def _parquet(policy: Policy, folder: Path, count: int, runs: int) -> None:
    """Parquet to Parquet, beside the engine alone and what the files cost alone."""
    source, target = folder / "crimes.parquet", folder / "verdicts.parquet"
    crimes = crime_columns(count)
    pq.write_table(nested(crimes), source, row_group_size=65_536)
    tables = [verdicts.table(coded=True) for verdicts in judge_blocks(crimes, policy, AS_AT)]

    def write_alone() -> None:
        with output(str(folder / "alone.parquet")) as out:
            for table in tables:
                out.append(table)

    def run(workers: int) -> None:
        evaluate(policy, AS_AT, None, str(source), str(target), lambda _: None, workers=workers)

    found = timed(
        {
            "engine alone, 1 thread": lambda: sum(len(v) for v in judge_blocks(crimes, policy, AS_AT)),
            "engine alone, 2 threads": lambda: sum(len(v) for v in judge_blocks(crimes, policy, AS_AT, threads=CORES)),
            "reading the Parquet alone": lambda: pq.read_table(source).num_rows,
            "writing the verdicts as Parquet alone": write_alone,
            "Parquet to Parquet, 1 thread": lambda: run(1),
            "Parquet to Parquet, 2 threads": lambda: run(CORES),
        },
        runs,
    )
    rows = [("", "seconds", "crimes a second", "of the engine alone")]
    for name, seconds in found.items():
        engine = found[f"engine alone, {'1 thread' if name.endswith('1 thread') else '2 threads'}"]
        rows.append((name, f"{seconds:.2f}", f"{count / seconds:,.0f}", f"{seconds / engine:.1f} x"))
    show(f"Parquet to Parquet: {count:,} crimes", rows)


def _parts(policy: Policy, source: Path, runs: int) -> None:
    reader = LineReader()
    with open_input(str(source)) as stream:
        block = next(line_blocks(stream))
    table = reader.read(block).columns
    verdicts = judge(table, policy, AS_AT)
    parts = timed(
        {
            "reading lines into columns": lambda: reader.read(block),
            "judging": lambda: judge(table, policy, AS_AT),
            "verdict table": lambda: verdicts.table(coded=True),
        },
        runs,
    )
    total = sum(parts.values())
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
        seconds, _, peak = run_command(source, target, CORES)
        rows.append((f"{size:,}", f"{seconds:.1f}", f"{size / seconds:,.0f}", f"{peak:,.0f}"))
        source.unlink()
        target.unlink()
    show("Growth: Parquet to Parquet, the whole command", rows)


def run_command(source: Path, target: Path, workers: int) -> tuple[float, float, float]:
    """Run `evaluate` -> (seconds, processor seconds of all its processes, peak memory of the largest one in MiB)."""
    options = ["--as-at", AS_AT.isoformat(), "--input", str(source), "--output", str(target)]
    return measure("evaluate", *options, workers=workers)


def measure(*words: str, workers: int) -> tuple[float, float, float]:
    """Run a command of this program on the policy west-mercia -> as `run_command`."""
    command = [sys.executable, "-m", "compliance.cli", *words, "--policy", "west-mercia", "--workers", str(workers)]
    # A small process in between: the peak of a child is at least what its parent held when it was made.
    launcher = [sys.executable, "-c", _LAUNCHER, *command]
    done = subprocess.run(launcher, capture_output=True, text=True, check=True)
    seconds, processor, peak = map(float, done.stdout.split()[-3:])
    return seconds, processor, peak


_LAUNCHER = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""
