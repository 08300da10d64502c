"""Ten thousand cycles in which nothing happens: one row written, no memory, little work. A short form runs with every
test."""

import gc
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest
import structlog

from compliance.store import last_complete_poll
from tests import stores
from tests.idle import CYCLE, LONDON, idling

new_database = stores.new_database

CYCLES = int(os.environ.get("CYCLES", "10000"))
MORE_THAN_AN_HOUR = 13
MIB = 2**20


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: the lines of ten thousand cycles would be kept by the test's capture."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def memory() -> int:
    """The memory of this process in bytes, without what only waits to be collected."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


@pytest.mark.parametrize(
    ("new_database", "cycles"),
    [
        ("sqlite", MORE_THAN_AN_HOUR),
        ("postgresql", 2),
        pytest.param("postgresql", MORE_THAN_AN_HOUR, marks=pytest.mark.long),
    ],
    indirect=["new_database"],
)
def test_an_idle_cycle_writes_one_row_and_adds_none(
    tmp_path: Path, new_database: stores.NewDatabase, cycles: int
) -> None:
    """A Saturday night: no day begins and no email goes out. Poll, reminders and report look every five minutes, the watch
    each minute, and all that is written is when the crime system was read. In more than an hour reminders are planned
    again."""
    start, database = datetime(2026, 6, 27, 0, 30, tzinfo=LONDON), stores.new_migrated(new_database)
    with idling(tmp_path, start, weeks=2, database=database) as idle:
        for _ in range(5):
            idle.cycle()  # until there is an overlap to read from
        before, began = idle.rows(), memory()
        for _ in range(cycles):
            idle.writes.clear()
            idle.transactions.clear()
            idle.cycle()
            assert (idle.transactions, dict(idle.writes)) == ([1], {"UPDATE poll": 1})
            newest = last_complete_poll(idle.service.store)
            assert newest is not None
            assert newest.ended_at == idle.clock.now - CYCLE
        after = idle.rows()
        grown = {name: after[name] - count for name, count in before.items() if after[name] != count}
        assert grown == {}
        assert memory() - began < 30 * MIB


@pytest.mark.long
def test_memory_is_flat_over_ten_thousand_cycles(tmp_path: Path) -> None:
    """Five weeks with their nights, mornings, emails and reports, while the crime system says nothing new."""
    with idling(tmp_path, datetime(2026, 6, 27, 0, 30, tzinfo=LONDON)) as idle:
        sizes = []
        for number in range(1, CYCLES + 1):
            idle.cycle()
            if number % (CYCLES // 10) == 0:
                sizes.append(memory())
        after, first, last = idle.rows(), sizes[0], sizes[-1]
        print(
            f"\n{CYCLES:,} cycles: {', '.join(f'{size // MIB}' for size in sizes)} MiB after each tenth; "
            f"{idle.seconds / CYCLES * 1000:.0f} ms of CPU a cycle, {idle.seconds / CYCLES * 12:.2f} s an hour; "
            f"rows: {', '.join(f'{name} {count}' for name, count in after.items() if count)}"
        )
        assert last - first < 20 * MIB
