"""The differences between databases: connecting, beginning transactions and writing rows.

Writers take turns on both: by SQLite's own lock, or by PostgreSQL's advisory lock, held until the transaction ends
(decision 0011).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import psycopg
import stamina
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    UpdateBase,
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

from compliance.errors import UNESCAPED, SettingsError
from compliance.store.database import postgres
from compliance.store.database.bulk import convert_column

T = TypeVar("T")

READING: Final = "compliance_reading"
"""The execution option of a connection that only reads: it waits for no writer."""
OUT_OF_TURN: Final = "compliance_out_of_turn"
"""The execution option of a connection whose transaction waits for no other writer, where the database allows that."""
PATIENCE: Final = "compliance_patience"
"""The execution option that says how many seconds a writer waits for others, if that is another time than usual."""
_BUSY_SECONDS: Final = 30.0
_LONGEST_LOG: Final = 64 * 2**20
"""The size in bytes to which SQLite cuts its log after a checkpoint."""
_PSYCOPG: Final = "postgresql+psycopg"
_LONGEST_LIST: Final = 5000
_IN_BULK: Final = 50
"""The number of rows from which COPY, or converting them a column at a time, is faster than one row after another."""
_NOT_USABLE: Final = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOTADB)
_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def parse_url(text: str) -> URL:
    """Return a database URL. Raises SettingsError if it is invalid or the database is not supported."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is not a number
        raise SettingsError(
            "[database] url: not a database URL; expected one such as 'sqlite:///var/compliance.db'"
        ) from None
    name = url.get_backend_name()
    if name not in _INSERT:
        raise SettingsError(f"[database] url: {name!r} is not supported; expected sqlite or postgresql")
    if url.host and "@" in f"{url.host}{url.database}":  # the rest of a password, which nobody may read
        raise SettingsError(f"[database] url: {UNESCAPED}")
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise SettingsError("[database] url: SQLite needs a file, such as 'sqlite:///var/compliance.db'")
    if name == "postgresql" and url.drivername not in (name, _PSYCOPG):
        raise SettingsError(f"[database] url: the driver {url.drivername!r} is not supported; expected {_PSYCOPG!r}")
    return url.set(drivername=_PSYCOPG) if name == "postgresql" else url


def file_of(url: URL) -> Path | None:
    """Return the file of an embedded database, or None if a server holds it."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def describe_url(url: URL) -> str:
    """Return a database URL without a password."""
    return url.difference_update_query(("password", "sslpassword")).render_as_string(hide_password=True)


def has_password(url: URL) -> bool:
    """Return whether a database URL holds a password."""
    return describe_url(url) != url.render_as_string(hide_password=False)


def engine_for(url: URL) -> Engine:
    """Return an engine whose transactions begin as this service needs; nothing is connected yet."""
    try:
        # A restarted server has closed the pool's connections: check that before a transaction begins.
        is_server = file_of(url) is None
        options = postgres.connect_options(url, _BUSY_SECONDS) if is_server else {}
        engine = create_engine(
            url, pool_pre_ping=is_server, connect_args=options, hide_parameters=True,
            json_deserializer=msgspec.json.decode,  # the officer directory has JSON in each row: 3 times as fast
        )  # fmt: skip
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(f"[database] url: the driver of {url.drivername!r} is not installed ({error})") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", postgres.on_connect)
        event.listen(engine, "begin", _begin_postgres)
        event.listen(engine, "before_cursor_execute", postgres.on_execute)
    return engine


def reading_engine(engine: Engine) -> Engine:
    """Return the same engine for read-only transactions, each seeing the database as at one moment."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READING: True})
    return engine.execution_options(**{READING: True}, isolation_level="REPEATABLE READ", postgresql_readonly=True)


def adding_engine(engine: Engine) -> Engine:
    """Return the same engine for transactions that no other writer need wait for, where the database allows that."""
    return engine.execution_options(**{OUT_OF_TURN: True})


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    """Set up readers alongside one writer, which wait instead of failing; each commit is on disk before it returns."""
    connection.isolation_level = None  # the driver begins nothing automatically: `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA journal_size_limit = {_LONGEST_LOG}")
    # SQLite does not wait its turn to change how it stores a new file: two connections opening one at once would
    # collide.
    for attempt in stamina.retry_context(
        _is_busy, attempts=None, timeout=_BUSY_SECONDS, wait_initial=0.02, wait_max=1.0
    ):
        with attempt:
            connection.execute("PRAGMA journal_mode = WAL")


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


DRIVER_ERRORS: Final = (sqlite3.Error, psycopg.Error)
"""What a driver raises if it is used without SQLAlchemy in between, as by COPY."""
_FAULTS: Final = (
    *(sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError),
    *(psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError),
)


def is_fault(cause: BaseException) -> bool:
    """Return whether a driver's error is a fault of ours, and not a problem of the database."""
    return isinstance(cause, _FAULTS)


def is_not_usable(cause: BaseException) -> bool:
    """Return whether an embedded database can never be used as it is.

    Its file or folder may not be written, cannot be opened, or is not a database: there is no use in trying again.
    """
    if not isinstance(cause, sqlite3.Error):
        return False
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _NOT_USABLE  # the other bits give the detail


def is_corrupt(cause: BaseException) -> bool:
    """Return whether an embedded database is damaged: only a copy of it helps."""
    return isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT


def _begin_sqlite(connection: Connection) -> None:
    """Begin a writer's turn at once: one that reads first could be refused when it comes to write."""
    is_reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _begin_postgres(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        takes_turn = not (options.get(READING) or options.get(OUT_OF_TURN))
        postgres.begin(connection, options.get(PATIENCE, _BUSY_SECONDS), takes_turn=takes_turn)


def take_turn_in_log(connection: Connection) -> None:
    """Wait until nobody else adds to the audit log, and make others wait until the transaction ends.

    On SQLite whoever writes is alone already.
    """
    if connection.dialect.name == "postgresql":
        postgres.take_turn_in_log(connection)


def among(connection: Connection, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Match a column against some values: one parameter if the database accepts a list, else many."""
    if connection.dialect.name == "postgresql":
        return postgres.among(column, values)
    return column.in_(values)


def rows_of(connection: Connection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement that has many."""
    if connection.dialect.name == "postgresql":
        return postgres.rows(connection, statement)
    return list(map(tuple, connection.execute(statement).all()))


def refresh_statistics(engine: Engine, tables: Sequence[Table]) -> None:
    """Refresh the planner's statistics, if the database has them, after most rows of some tables were written."""
    if engine.dialect.name == "postgresql":
        postgres.refresh_statistics(engine, tables)


def insert_into(connection: Connection, table: Table) -> Any:
    """Return an insert that supports `on_conflict_do_update`, in the dialect of the connection."""
    return insert_of(connection.dialect.name, table)


def insert_of(dialect: str, table: Table) -> Any:
    """Return the same for the name of a dialect, for a statement that is reused."""
    return _INSERT[dialect](table)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, kept: Sequence[str] = ()) -> None:
    """Write rows with the same keys by primary key; an existing row is replaced except for `kept`."""
    if _copies(connection, rows):
        return postgres.merge(connection, table, rows, kept)
    if rows:
        statement = insert_into(connection, table)
        key = [column.name for column in table.primary_key]
        values = {name: statement.excluded[name] for name in rows[0] if name not in key and name not in kept}
        _execute_many(connection, statement.on_conflict_do_update(index_elements=key, set_=values), rows)


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows, which have the same keys."""
    if _copies(connection, rows):
        return postgres.copy(connection, table, rows)
    if rows:
        _execute_many(connection, insert(table), rows)


def set_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Set values of the rows with these primary keys; each of `rows` has the key and the values."""
    if _copies(connection, rows):
        return postgres.set_by_key(connection, table, rows)
    if rows:
        key = [column.name for column in table.primary_key]
        same = [table.c[name] == bindparam(f"its_{name}") for name in key]
        values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in rows[0] if name not in key}
        _execute_many(connection, update(table).where(*same).values(values), _its(rows))


def delete_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete the rows with these values, which have the same keys."""
    if _copies(connection, rows):
        return postgres.delete_by_key(connection, table, rows)
    if rows:
        same = [table.c[name] == bindparam(f"its_{name}") for name in rows[0]]
        _execute_many(connection, delete(table).where(*same), _its(rows))


def _copies(connection: Connection, rows: Sequence[dict[str, Any]]) -> bool:
    return connection.dialect.name == "postgresql" and len(rows) >= _IN_BULK


def _execute_many(connection: Connection, statement: UpdateBase, rows: Sequence[dict[str, Any]]) -> None:
    """Execute a statement once for each row; many rows are converted a column at a time."""
    if len(rows) < _IN_BULK:
        connection.execute(statement, rows)
        return
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or []
    columns = [convert_column([row[name] for row in rows], compiled.binds[name].type, connection) for name in names]
    connection.exec_driver_sql(compiled.string, list(zip(*columns, strict=True)))


def _its(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{f"its_{name}": value for name, value in row.items()} for row in rows]


def chunks(items: Iterable[T], size: int = _LONGEST_LIST) -> Iterator[list[T]]:
    """Yield lists of at most `size`, which a statement can carry in an IN."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
