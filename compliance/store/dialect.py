"""All that differs between databases: how one is reached, how a transaction begins, how rows are put in place.

Writers take turns on either: SQLite's own lock, or PostgreSQL's advisory lock, held until the transaction ends
(decision 0011).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
import stamina
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from compliance.errors import SettingsError
from compliance.store import postgres

T = TypeVar("T")

READING: Final = "compliance_reading"
"""The execution option of a connection that only reads: it waits for no writer."""
_BUSY_SECONDS: Final = 30.0
_PSYCOPG: Final = "postgresql+psycopg"
_LONGEST_LIST: Final = 5000
_COPIED_FROM: Final = 50
"""From how many rows on COPY is quicker than sending them one by one."""
_NOT_USABLE: Final = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOTADB)
_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def parse_url(text: str) -> URL:
    """A database URL. Raises SettingsError where it is none, or of a database that is not supported."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the latter: a port that is no number
        raise SettingsError(
            "[database] url: not a database URL; expected one such as 'sqlite:///var/compliance.db'"
        ) from None
    name = url.get_backend_name()
    if name not in _INSERT:
        raise SettingsError(f"[database] url: {name!r} is not supported; expected sqlite or postgresql")
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise SettingsError("[database] url: SQLite needs a file, such as 'sqlite:///var/compliance.db'")
    if name == "postgresql" and url.drivername not in (name, _PSYCOPG):
        raise SettingsError(f"[database] url: the driver {url.drivername!r} is not supported; expected {_PSYCOPG!r}")
    return url.set(drivername=_PSYCOPG) if name == "postgresql" else url


def file_of(url: URL) -> Path | None:
    """The file of an embedded database, None where a server holds it."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def engine_for(url: URL) -> Engine:
    """An engine whose transactions begin as this service needs them; nothing is connected yet."""
    try:
        # A server that was restarted has closed what stands in the pool: that is noticed before a transaction begins.
        is_server = file_of(url) is None
        waits = {"connect_timeout": int(_BUSY_SECONDS)} if is_server and "connect_timeout" not in url.query else {}
        engine = create_engine(url, pool_pre_ping=is_server, connect_args=waits, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(f"[database] url: the driver of {url.drivername!r} is not installed ({error})") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", postgres.on_connect(_BUSY_SECONDS))
        event.listen(engine, "begin", _begin_postgres)
        event.listen(engine, "before_cursor_execute", postgres.on_execute)
    return engine


def reading_engine(engine: Engine) -> Engine:
    """The same engine for transactions that only read, each seeing the database as at one moment."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READING: True})
    return engine.execution_options(**{READING: True}, isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    """Readers beside one writer, waiting in place of failing; each commit is on disk before it returns."""
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    # SQLite does not wait for its turn to change how it keeps a new file: two that open one at once would collide.
    for attempt in stamina.retry_context(
        _is_busy, attempts=None, timeout=_BUSY_SECONDS, wait_initial=0.02, wait_max=1.0
    ):
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


DRIVER_ERRORS: Final = (sqlite3.Error, psycopg.Error)
"""What a driver raises where it is asked without SQLAlchemy in between, as by COPY."""
_FAULTS: Final = (
    *(sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError),
    *(psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError),
)


def is_fault(cause: BaseException) -> bool:
    """Whether what a driver raised is a fault of ours, and not the database's trouble."""
    return isinstance(cause, _FAULTS)


def is_not_usable(cause: BaseException) -> bool:
    """Whether an embedded database's file or folder may not be written, cannot be opened, or is no database: trying
    again is of no use."""
    if not isinstance(cause, sqlite3.Error):
        return False
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _NOT_USABLE  # the rest says more closely why


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its turn at once: one that reads first could be refused when it comes to write."""
    is_reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _begin_postgres(connection: Connection) -> None:
    if not connection.get_execution_options().get(READING):
        postgres.take_turn(connection)


def among(connection: Connection, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a column has one of some values: one parameter where the database takes a list as such, else many."""
    if connection.dialect.name == "postgresql":
        return postgres.among(column, values)
    return column.in_(values)


def rows_of(connection: Connection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement, of which there are many."""
    if connection.dialect.name == "postgresql":
        return postgres.rows(connection, statement)
    return list(map(tuple, connection.execute(statement).all()))


def refresh_statistics(engine: Engine, tables: Sequence[Table]) -> None:
    """Let the database take stock after most rows of some tables were written, where it plans by what it holds."""
    if engine.dialect.name == "postgresql":
        postgres.refresh_statistics(engine, tables)


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that knows `on_conflict_do_update`, in the dialect of the connection."""
    return insert_of(connection.dialect.name, table)


def insert_of(dialect: str, table: Table) -> Any:
    """The same by the name of the dialect, for a statement that is kept."""
    return _INSERT[dialect](table)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, kept: Sequence[str] = ()) -> None:
    """Put rows, which have the same keys, in place by primary key; of one that stands all but `kept` is replaced."""
    if _copies(connection, rows):
        return postgres.merge(connection, table, rows, kept)
    if rows:
        statement = insert_into(connection, table)
        key = [column.name for column in table.primary_key]
        values = {name: statement.excluded[name] for name in rows[0] if name not in key and name not in kept}
        statement = statement.on_conflict_do_update(index_elements=key, set_=values)
        connection.execute(statement, rows)


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows, which have the same keys."""
    if _copies(connection, rows):
        return postgres.copy(connection, table, rows)
    if rows:
        connection.execute(insert(table), rows)


def set_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Set values of the rows with these primary keys; each of `rows` has the key and the values."""
    if _copies(connection, rows):
        return postgres.set_by_key(connection, table, rows)
    if rows:
        key = [column.name for column in table.primary_key]
        same = [table.c[name] == bindparam(f"its_{name}") for name in key]
        values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in rows[0] if name not in key}
        connection.execute(update(table).where(*same).values(values), _its(rows))


def delete_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete the rows with these values, which have the same keys."""
    if _copies(connection, rows):
        return postgres.delete_by_key(connection, table, rows)
    if rows:
        same = [table.c[name] == bindparam(f"its_{name}") for name in rows[0]]
        connection.execute(delete(table).where(*same), _its(rows))


def _copies(connection: Connection, rows: Sequence[dict[str, Any]]) -> bool:
    return connection.dialect.name == "postgresql" and len(rows) >= _COPIED_FROM


def _its(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{f"its_{name}": value for name, value in row.items()} for row in rows]


def chunks(items: Iterable[T], size: int = _LONGEST_LIST) -> Iterator[list[T]]:
    """Lists of at most `size`, which a statement can carry in an IN."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
