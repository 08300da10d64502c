"""All that differs between databases: how one is reached, how a transaction begins, how a row is put in place."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from compliance.errors import SettingsError

T = TypeVar("T")

READING: Final = "compliance_reading"
"""The execution option of a connection that only reads: it waits for no writer."""
_BUSY_SECONDS: Final = 30
_LONGEST_LIST: Final = 5000
_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def parse_url(text: str) -> URL:
    """A database URL. Raises SettingsError where it is none, or of a database that is not supported."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsError(
            "database_url: not a database URL; expected one such as 'sqlite:///var/compliance.db'"
        ) from None
    name = url.get_backend_name()
    if name not in _INSERT:
        raise SettingsError(f"database_url: {name!r} is not supported; expected sqlite or postgresql")
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise SettingsError("database_url: SQLite needs a file, such as 'sqlite:///var/compliance.db'")
    return url


def file_of(url: URL) -> Path | None:
    """The file of an embedded database, None where a server holds it."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def engine_for(url: URL) -> Engine:
    """An engine whose transactions begin as this service needs them; nothing is connected yet."""
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(f"database_url: the driver of {url.drivername!r} is not installed ({error})") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine for transactions that only read, each seeing the database as at one moment."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READING: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _prepare_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    """Readers beside one writer, waiting in place of failing; each commit is on disk before it returns."""
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    for pragma in (f"busy_timeout = {_BUSY_SECONDS * 1000}", "journal_mode = WAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its turn at once: one that reads first could be refused when it comes to write."""
    is_reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that knows `on_conflict_do_update`, in the dialect of the connection."""
    return _INSERT[connection.dialect.name](table)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *, kept: Sequence[str] = ()) -> None:
    """Put rows, which have the same keys, in place by primary key; of one that stands all but `kept` is replaced."""
    if not rows:
        return
    statement = insert_into(connection, table)
    key = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in key and name not in kept}
    statement = statement.on_conflict_do_update(index_elements=key, set_=values)
    connection.execute(statement, rows)


def chunks(items: Iterable[T], size: int = _LONGEST_LIST) -> Iterator[list[T]]:
    """Lists of at most `size`, which a statement can carry in an IN."""
    part: list[T] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
