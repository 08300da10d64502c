"""Growth: what five years of a force come to, projected from weeks that a service lives through at a smaller scale.

SCALE and WEEKS in the environment ask for another size (1: 885 officers, 233 crimes a day), DATABASES for one kind. The
first half of the weeks is not counted: until then few crimes are old enough to be what most are later.
"""

import os
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, inspect, select, text

from benchmarks.store import DATABASES, databases
from benchmarks.timing import show
from compliance.simulator import SimulatedForce
from compliance.store import Store, read_size
from compliance.store.tables import CRIME
from tests.force_days import ForceDays

SCALE: Final = float(os.environ.get("SCALE", "0.05"))
WEEKS: Final = int(os.environ.get("WEEKS", "26"))
CRIMES_A_YEAR: Final = 100_000
YEARS: Final = 5


def main(scale: float = SCALE, weeks: int = WEEKS) -> None:
    """Live through all weeks of a simulated force, and show what its crimes add to each table, in each database."""
    for database in DATABASES:
        with databases(database) as new_database:
            grow(database, new_database(), scale, weeks)


def grow(database: str, url: str, scale: float, weeks: int) -> None:
    """The same in one empty database."""
    force = SimulatedForce(seed=15, weeks=weeks, scale=scale)
    start = force.end.date() - timedelta(weeks=weeks)
    with tempfile.TemporaryDirectory() as name, ForceDays(Path(name), force, start, url=url) as service:
        half, crimes = Counter[str](), 0
        for day in range(7 * weeks):
            service.wake()
            service.remind()
            vacuum(service.store)
            if day == 7 * weeks // 2:
                half, crimes = table_bytes(service.store), _count_crimes(service.store)
        grown, crimes = table_bytes(service.store), _count_crimes(service.store) - crimes
        with service.store.reading() as connection:
            emails = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
            size = read_size(connection)
    grown.subtract(half)
    rows = [("", "bytes a crime", f"GB in {YEARS} years")]
    for table, size in [*(+grown).most_common(), ("all", grown.total())]:
        each = size / crimes
        rows.append((table, f"{each:,.0f}", f"{each * CRIMES_A_YEAR * YEARS / 10**9:.2f}"))
    show(
        f"Growth ({database}): {weeks} weeks of a simulated force of scale {scale:g}, {crimes:,} crimes in the second "
        f"half, {emails:,} emails, {size / 10**6:,.1f} MB in all; {CRIMES_A_YEAR:,} crimes a year",
        rows,
    )


def vacuum(store: Store) -> None:
    """Do what the server does by itself in the course of a day, which here takes a second."""
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def table_bytes(store: Store) -> Counter[str]:
    """The bytes of each table, its indexes included."""
    of_sqlite = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name"
    of_postgres = "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
    sizes = text(of_sqlite if store.engine.dialect.name == "sqlite" else of_postgres)
    with store.reading() as connection:
        known = inspect(connection).get_table_names()
        return Counter({name: int(size) for name, size in connection.execute(sizes) if name in known})


def _count_crimes(store: Store) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(CRIME)).scalar_one()
