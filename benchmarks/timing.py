"""Timing: several runs of each contender in turn, so that a drifting machine slows them alike; medians are quoted."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Contender = Callable[[], object]


def timed(contenders: Mapping[str, Contender], runs: int = 5) -> dict[str, float]:
    """The median seconds of each contender over `runs` rounds, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(runs + 1):
        for name, contender in contenders.items():
            gc.collect()
            start = time.perf_counter()
            contender()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: median(found) for name, found in seconds.items()}


def show(title: str, rows: Sequence[tuple[str, ...]]) -> None:
    """A table with a title, columns aligned, the first one to the left."""
    print(f"\n{title}")
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells))
