"""How large the database is, by how much it grows, and that SQLite's log does not."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import delete, insert

from compliance.store import Growth, Store, migrate, note_size, read_growth, read_size
from compliance.store.tables import DATABASE_SIZE, QUARANTINE
from tests import stores
from tests.stores import rows

new_database, database_url, store = stores.new_database, stores.database_url, stores.store

NOW: Final = datetime(2026, 7, 20, 10, tzinfo=UTC)
MIB: Final = 2**20


def days(count: float) -> timedelta:
    return timedelta(days=count)


def refused(number: int, size: int) -> dict[str, object]:
    return {
        "source": "crimes", "digest": str(number), "reason": "", "record": bytes(size), "first_seen_at": NOW,
        "last_seen_at": NOW, "times": 1,
    }  # fmt: skip


def test_growth_is_that_since_the_first_size_of_the_last_thirty_days(store: Store) -> None:
    for age in (31, 20, 3):
        note_size(store, (NOW - days(age)).date(), NOW - days(age))
    with store.writing() as connection:
        connection.execute(insert(QUARANTINE), [refused(number, MIB) for number in range(3)])
    with store.reading() as connection:
        growth = read_growth(connection, NOW)
    sizes = rows(store, DATABASE_SIZE, "taken_at", "size")
    with store.reading() as connection:
        assert growth == Growth(read_size(connection) - sizes[1][1], days(20))


def test_nothing_is_said_of_the_growth_on_the_first_day(store: Store) -> None:
    with store.reading() as connection:
        assert read_growth(connection, NOW) is None
    note_size(store, NOW.date(), NOW - timedelta(hours=23))
    with store.reading() as connection:
        assert read_growth(connection, NOW) is None


@pytest.mark.parametrize(
    ("size", "time", "free", "left"),
    [(10, days(10), 30, days(30)), (10, days(5), 30, days(15)), (0, days(5), 30, None), (-5, days(5), 30, None),
     (10, days(0), 30, None), (1, days(10), 30_000_000, None), (10, days(10), 0, days(0))],
)  # fmt: skip
def test_how_long_a_disk_lasts(size: int, time: timedelta, free: int, left: timedelta | None) -> None:
    assert Growth(size, time).time_to_fill(free) == left


def test_the_log_of_sqlite_is_cut_after_a_large_transaction(tmp_path: Path) -> None:
    """It is as large as the largest transaction otherwise, for ever. The space of removed rows is used again."""
    file = tmp_path / "compliance.db"
    migrate(f"sqlite:///{file}")
    log = file.with_name("compliance.db-wal")
    with closing(Store.open(f"sqlite:///{file}")) as store:
        sizes = []
        for turn in range(3):
            with store.writing() as connection:
                connection.execute(insert(QUARANTINE), [refused(100 * turn + number, MIB) for number in range(80)])
            assert log.stat().st_size > 80 * MIB or turn
            with store.writing() as connection:
                connection.execute(delete(QUARANTINE))
            with store.writing() as connection:
                connection.execute(insert(QUARANTINE), [refused(-turn - 1, 10)])
            assert log.stat().st_size <= 64 * MIB
            sizes.append(file.stat().st_size)
        assert sizes[-1] < sizes[0] + 10 * MIB
