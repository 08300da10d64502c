"""`evaluate` and `figures` on a partitioned dataset: two processes beside one, an eighth run again, and how it grows.

CRIMES in the environment asks for other sizes: 1000000,10000000. FORCES and MONTHS (43 and 24, in 1,075 files) ask for
others, too, and STILL_OPEN for another share of crimes that never close (0.34; of ten years 0.06).
"""

import os
import shutil
import tempfile
from pathlib import Path

from benchmarks.evaluation import measure, run_command
from benchmarks.national import FORCES, MONTHS, STILL_OPEN, write_dataset
from benchmarks.timing import show

CORES = 2
SIZES = tuple(int(size) for size in os.environ.get("CRIMES", "500000").split(","))


def main() -> None:
    """Measure on each size. Times on a machine with other work are too long; what the processors did is still right."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            _measure(Path(name), size)


def _measure(folder: Path, size: int) -> None:
    source, target = folder / "crimes", folder / "judged"
    asked = os.environ
    forces, months = int(asked.get("FORCES", FORCES)), int(asked.get("MONTHS", MONTHS))
    taken = write_dataset(source, size, forces, months, float(asked.get("STILL_OPEN", STILL_OPEN)))
    files = sorted(source.rglob("*.parquet"))
    load = os.getloadavg()[0]
    found = {}
    for workers in (1, CORES):
        shutil.rmtree(target, ignore_errors=True)
        name = f"{workers} process{'es' if workers > 1 else ''}"
        found[name] = run_command(source, target, workers)
    for file in files[::8]:
        (target / "verdicts" / file.relative_to(source)).unlink()
    found[f"{CORES} processes, seven eighths kept"] = run_command(source, target, CORES)
    compared = ("figures", "--dataset", str(source), "--period", "2026-W24", "--by", "force,division")
    found["figures, 1 process"] = measure(*compared, workers=1)
    rows = [("", "seconds", "crimes a second", "processor seconds a million", "peak memory of a process, MiB")]
    for name, (seconds, processor, peak) in found.items():
        each = (f"{seconds:.1f}", f"{size / seconds:,.0f}", f"{processor / size * 1e6:.1f}", f"{peak:,.0f}")
        rows.append((name, *each))
    one, both = found["1 process"], found[f"{CORES} processes"]
    written = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    show(f"A dataset of {size:,} crimes in {len(files):,} files; load before: {load:.1f}", rows)
    print(f"  bytes a crime: {taken / size:,.0f} read, {written / size:,.0f} written")
    clock, processors = one[0] / both[0] / CORES, one[1] / both[1]
    print(f"  of {CORES} times one process: {clock:.2f} by the clock, {processors:.2f} by what the processors did")
