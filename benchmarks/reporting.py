"""A week's report of a force's year, all five forms, with the time of each part; and of ten times as much."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.crimes import AS_AT, crime_columns
from benchmarks.timing import show
from compliance.policy import judge, load_policy
from compliance.reports.figures import figures_of
from compliance.reports.judging.judged import judge_periods
from compliance.reports.judging.sources import GivenRecords
from compliance.reports.periods.weeks import Week
from compliance.reports.rendering.forms import FORMS, Form, ReportContent

WEEK = Week(2026, 25)
AIM = (10.0, 1024)
"""Seconds and MiB for 100,000 crimes."""


def main(counts: tuple[int, ...] = (100_000, 1_000_000)) -> None:
    """Each size in a process of its own, so that its memory is its own."""
    for count in counts:
        subprocess.run([sys.executable, "-m", "benchmarks.reporting", str(count)], check=True)


def measure(count: int) -> None:
    """One report of so many crimes."""
    parts: list[tuple[str, float]] = []

    def timed(name: str, step: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        made = step()
        parts.append((name, time.perf_counter() - start))
        return made

    policy, records = load_policy("west-mercia"), GivenRecords("generated crimes", crime_columns(count))
    settled = WEEK.settling_instant(policy.local)
    before = _peak()
    start = time.perf_counter()
    judge(records.columns, policy, settled, settled)
    once = time.perf_counter() - start
    judged = timed("judging 52 weeks and the others", lambda: judge_periods(records, policy, WEEK, AS_AT))
    content = ReportContent(timed("figures", lambda: figures_of(judged, force="A force")))
    sizes = {name: timed(name, partial(_size, content, name)) for name in FORMS}
    total = sum(seconds for _, seconds in parts)
    rows = [("", "seconds", "of one judging of all crimes", "KiB")]
    rows += [
        (name, f"{seconds:.2f}", f"{seconds / once:.1f} x", f"{sizes[name] / 1024:,.0f}" if name in sizes else "")
        for name, seconds in parts
    ]
    rows.append(("together", f"{total:.2f}", f"{total / once:.1f} x", ""))
    show(f"Report: {count:,} crimes, all five forms", rows)
    print(f"  memory at its highest {_peak():,} MiB, of which the crimes themselves {before:,} MiB")
    each = total / count * 1e5
    print(f"  aim for 100,000 crimes: under {AIM[0]:.0f} s and {AIM[1]:,} MiB; this is {each:.2f} s for so many")


def _size(content: ReportContent, name: Form) -> int:
    return len(FORMS[name](content))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    measure(int(sys.argv[1]))
