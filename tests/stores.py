"""A store of every kind of database that is supported, and records to put into it.

A test module takes the fixtures over by name: `new_database = stores.new_database`, `database_url` and `store`.
"""

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from shutil import copy2, rmtree
from tempfile import mkdtemp
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import Table, select

from compliance.store import PageOutcome, Store, begin_poll, end_poll, migrate, take_page
from tests import pooler, postgres

DATABASES: Final = ("sqlite", "postgresql")
SHARED: Final = (*DATABASES, "pooler")
SOURCE: Final = "crimes"
Record = dict[str, Any]
NewDatabase = Callable[[], str]


@pytest.fixture(params=DATABASES)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes an empty database of each kind: its URL."""
    with postgres.for_a_while():
        yield _maker(request.param, tmp_path)


@pytest.fixture(params=DATABASES if os.environ.get("ALL_ON_BOTH") else DATABASES[:1])
def one_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes an empty SQLite database, one of each kind in a test marked `on_both` (ALL_ON_BOTH=1: in every test).

    For modules whose subject is not the store, but what is made of it.
    """
    with postgres.for_a_while():
        yield _maker(request.param, tmp_path)


on_both: Final = pytest.mark.parametrize("new_database", DATABASES, indirect=True)
on_both_in_long: Final = pytest.mark.parametrize(
    "new_database", [DATABASES[0], pytest.param(DATABASES[1], marks=pytest.mark.long)], indirect=True
)
on_a_file: Final = pytest.mark.parametrize("new_database", DATABASES[:1], indirect=True)
shared_out: Final = pytest.mark.shared_out
"""For modules in which each case is tried on one database: every third on PostgreSQL, the others on SQLite. On the other
database it belongs to the long form (ALL_ON_BOTH=1: it does not)."""


def share_out(items: Sequence[pytest.Item]) -> None:
    """Mark as long the cases of modules that are `shared_out` on the database that they are not tried on."""
    numbers: dict[Path, dict[str, int]] = {}
    for item in items:
        params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        is_asked = any("new_database" in mark.args[0] for mark in item.iter_markers("parametrize"))
        if os.environ.get("ALL_ON_BOTH") or is_asked or not item.get_closest_marker("shared_out"):
            continue
        if (kind := params.get("new_database")) in DATABASES:
            seen = numbers.setdefault(item.path, {})
            number = seen.setdefault(item.nodeid.replace(kind, "", 1), len(seen))
            if kind != DATABASES[number % 3 == 2]:
                item.add_marker("long")


@pytest.fixture(params=SHARED)
def new_shared_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """The same, and on PostgreSQL behind a transaction pooler too (decision 0039)."""
    with postgres.for_a_while():
        yield _maker(request.param, tmp_path)


def _maker(kind: str, folder: Path) -> NewDatabase:
    if kind != "sqlite":
        return postgres.new_database if kind == "postgresql" else pooler.new_database
    numbers = count(1)
    return lambda: f"sqlite:///{folder / 'data' / f'compliance{next(numbers)}.db'}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    """The URL of an empty database of each kind; with the schema in it where the test has a store."""
    return new_migrated(new_database) if "store" in request.fixturenames else new_database()


def new_migrated(new_database: NewDatabase) -> str:
    """The URL of a new database that is as `migrate` leaves it: a copy of one that was migrated before."""
    if new_database is postgres.new_database:
        return postgres.new_database(template=_migrated_postgres())
    if new_database is pooler.new_database:
        return pooler.new_database(template=_migrated_postgres())
    url = new_database()
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    copy2(_migrated_file(), path)
    return url


@cache
def _migrated_postgres() -> str:
    url = postgres.new_database(kept=True)
    migrate(url)
    return url.partition("@/")[2].partition("?")[0]


@cache
def _migrated_file() -> Path:
    folder = Path(mkdtemp(prefix="store-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    migrate(f"sqlite:///{folder / 'migrated.db'}")
    return folder / "migrated.db"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store, its schema up to date."""
    opened = Store.open(database_url)
    yield opened
    opened.close()


def at(text: str) -> datetime:
    """An instant: `2026-07-01 09:00` is in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def crime(crime_ref: str = "22A/1/26", **fields: Any) -> Record:
    """A crime with one victim, reported on 1 July 2026 at 10:00 in London."""
    plain: Record = {"reported_at": "2026-07-01T09:00:00Z", "victims": [{"victim_ref": "V1"}], "officer_ref": "O1"}
    return {"crime_ref": crime_ref} | plain | fields


def updates(*days: str) -> list[Record]:
    """Updates that reached the victim, at noon UTC of each day."""
    return [{"update_ref": f"U{n}", "at": f"{day}T12:00:00Z", "outcome": "informed"} for n, day in enumerate(days, 1)]


def raws(records: Sequence[Record | bytes]) -> list[bytes]:
    """Records as a feed has them; bytes stay as they are."""
    return [record if isinstance(record, bytes) else msgspec.json.encode(record) for record in records]


def take(store: Store, now: datetime, *records: Record | bytes, complete: bool = True) -> PageOutcome:
    """A poll of one page."""
    poll = begin_poll(store, SOURCE, now)
    outcome = take_page(store, poll, SOURCE, raws(records), f"until {now}", now)
    end_poll(store, poll, now, complete)
    return outcome


def rows(store: Store, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    """What a table holds, in the order of its key; some columns or all."""
    asked = select(*(table.c[name] for name in columns) if columns else table.c).order_by(*table.primary_key)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(asked)]
