"""Databases as earlier versions of the service left them: what every later version must bring up to date (decision 0026).

`0001` was made by the version of commit 870a7f8 watching a small simulated force for 24 days: records replaced, refused,
vanished and removed, emails sent, refused, waiting and cancelled, reports published. Nothing here is ever made again.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
import zstandard
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from compliance.store.database import schema
from compliance.store.database.dialect import engine_for, parse_url
from compliance.store.database.engine import Store

FOLDER: Final = Path(__file__).parent
REVISIONS: Final = ("0001",)
"""Every schema that a force may run."""


def thaw(url: str, revision: str) -> dict[str, list[tuple[Any, ...]]]:
    """Put the frozen database of a schema at an empty database's URL -> what each of its tables holds."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        file = Path(str(parsed.database))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_opened(f"{revision}.sqlite.zst"))
        with closing(sqlite3.connect(file)) as opened:
            names = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found = {name: opened.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(names)}  # noqa: S608
        return found
    tables = json.loads(_opened(f"{revision}.postgresql.json.zst"))
    engine = engine_for(parse_url(url))
    with engine.begin() as connection:
        schema.upgrade(connection, url, revision)
        found = {name: _copied(connection, name, kept) for name, kept in tables.items()}
    engine.dispose()
    return found


def revision_of(store: Store) -> str | None:
    """The schema that a store is at."""
    with store.reading() as connection:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _opened(name: str) -> bytes:
    return zstandard.ZstdDecompressor().decompress((FOLDER / name).read_bytes(), max_output_size=2**26)


def _copied(connection: Connection, name: str, kept: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Load one table, its numbers going on after those of its rows."""
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    with driver.cursor().copy(f"COPY {name} ({', '.join(kept['columns'])}) FROM STDIN") as copy:
        copy.write(kept["rows"])
    if "id" in kept["columns"]:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"  # noqa: S608
        )
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]  # noqa: S608
