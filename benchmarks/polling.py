"""A poll from the crime system to committed rows, beside bare Core statements that write the same rows from memory."""

import shutil
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import SQLModel

from benchmarks.timing import show
from compliance.feed_settings import FieldMapping
from compliance.feeds import HttpFeed, Mapper
from compliance.policy import load_policy
from compliance.service.polls.polling import poll
from compliance.simulator import SimulatedCrimeSystem, SimulatedForce, serve
from compliance.store import Store, judge_due, migrate

TABLES = ("crime", "obligation", "transition")
OWN_FIELDS = FieldMapping(timezone="Europe/London", values={"updates.method": {"telephone": "phone"}})
"""A mapping to the same records, which maps each field of each."""


def main(scale: float = 0.5, runs: int = 3) -> None:
    """Measure on a simulated force of a given scale (1: 42,000 crimes)."""
    force, policy = SimulatedForce(scale=scale), load_policy("west-mercia")
    system = SimulatedCrimeSystem(force)
    system.advance(force.end)
    names = ("poll", "judge", "again", "bare", "unchanged", "restarted", "mapped", "mapped unchanged")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    counts: dict[str, int] = {}
    with serve(system) as url, tempfile.TemporaryDirectory() as name:
        for run in range(runs):
            folder = Path(name) / str(run)
            folder.mkdir()
            store = _opened(folder / "polled.db")
            start = time.perf_counter()
            received = _poll(store, url, force.end)
            polled = time.perf_counter()
            judge_due(store, policy, force.end)
            judged = time.perf_counter()
            judge_due(store, policy, force.end)
            seconds["poll"].append(polled - start)
            seconds["judge"].append(judged - polled)
            seconds["again"].append(time.perf_counter() - judged)
            seconds["unchanged"].append(_time_poll(store, url, force.end))
            with closing(Store.open(f"sqlite:///{folder / 'polled.db'}")) as restarted:
                seconds["restarted"].append(_time_poll(restarted, url, force.end))
            with closing(_opened(folder / "mapped.db")) as mapped:
                seconds["mapped"].append(_time_poll(mapped, url, force.end, OWN_FIELDS))
                seconds["mapped unchanged"].append(_time_poll(mapped, url, force.end, OWN_FIELDS))
            rows = _rows(store)
            store.close()
            counts = {table: len(found) for table, found in rows.items()}
            bare = _opened(folder / "bare.db")
            start = time.perf_counter()
            _write(bare, rows)
            seconds["bare"].append(time.perf_counter() - start)
            bare.close()
            shutil.rmtree(folder)
    took = {name: median(found) for name, found in seconds.items()}
    poll_s, judge_s, again_s, bare_s = took["poll"], took["judge"], took["again"], took["bare"]
    whole = poll_s + judge_s
    show(
        f"Poll to committed rows (SQLite): {received:,} records over HTTP -> "
        + ", ".join(f"{count:,} {table} rows" for table, count in counts.items()),
        [
            ("", "seconds", "records a second", "of bare statements"),
            ("bare Core statements, same rows", f"{bare_s:.2f}", f"{received / bare_s:,.0f}", "1.0 x"),
            ("poll: HTTP, decode, compare, write", f"{poll_s:.2f}", f"{received / poll_s:,.0f}", ""),
            ("judge, obligations, transitions", f"{judge_s:.2f}", f"{received / judge_s:,.0f}", ""),
            ("both", f"{whole:.2f}", f"{received / whole:,.0f}", f"{whole / bare_s:.1f} x"),
            ("judge again, nothing changed", f"{again_s:.3f}", "", ""),
            *(
                (label, f"{took[name]:.2f}", f"{received / took[name]:,.0f}", f"{took[name] / bare_s:.1f} x")
                for label, name in (
                    ("poll again, unchanged", "unchanged"),
                    ("poll again, unchanged, after a restart", "restarted"),
                    ("poll through a mapping", "mapped"),
                    ("poll again through a mapping, unchanged", "mapped unchanged"),
                )
            ),
        ],
    )


def _time_poll(store: Store, url: str, now: datetime, mapping: FieldMapping | None = None) -> float:
    """Poll from the beginning -> seconds."""
    start = time.perf_counter()
    _poll(store, url, now, mapping)
    return time.perf_counter() - start


def _poll(store: Store, url: str, now: datetime, mapping: FieldMapping | None = None) -> int:
    """Poll from the beginning -> the records received."""
    mapper = None if mapping is None else Mapper(mapping, tabular=False)
    with HttpFeed(f"{url}/crimes", f"{url}/officers", page_size=1000, timeout=30, mapper=mapper) as feed:
        return poll(store, feed, f"crimes {time.perf_counter()}", lambda: now).received


def _opened(path: Path) -> Store:
    url = f"sqlite:///{path}"
    migrate(url)
    return Store.open(url)


def _rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    tables = SQLModel.metadata.tables
    with store.reading() as connection:
        return {name: [dict(row) for row in connection.execute(select(tables[name])).mappings()] for name in TABLES}


def _write(store: Store, rows: dict[str, list[dict[str, Any]]]) -> None:
    """In transactions of as many crimes as a page holds."""
    tables = SQLModel.metadata.tables
    for name, found in rows.items():
        for first in range(0, len(found), 1000):
            with store.writing() as connection:
                connection.execute(insert(tables[name]), found[first : first + 1000])
