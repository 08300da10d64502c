"""What is PostgreSQL's own: how a connection is prepared, how texts are kept, and rows in bulk by COPY and one merge.

Only `compliance.store.dialect` imports this.
"""

from collections.abc import Sequence
from typing import Any, Final

from psycopg.abc import Buffer
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown, TextLoader
from sqlalchemy import Connection, LargeBinary, Table
from sqlalchemy.pool import ConnectionPoolEntry

from compliance.errors import SettingsError

OLDEST: Final = 14
_WRITERS: Final = 0x566963746D  # the advisory lock of this service's writers; a lock belongs to one database
_ESCAPE: Final = "\x1a"


def prepare(connection: Any, busy_seconds: float) -> None:
    """Make a new connection of the driver one of this service: UTC, waiting for others in place of failing, any text.

    Raises SettingsError where the server is too old or the database is not in UTF-8.
    """
    info = connection.info
    if info.server_version < OLDEST * 10_000:
        raise SettingsError(
            f"[database] url: the server is PostgreSQL {info.server_version // 10_000}; {OLDEST} or later is needed"
        )
    if info.parameter_status("server_encoding") != "UTF8":
        raise SettingsError("[database] url: the database is not in UTF-8; make one with `createdb --encoding=UTF8`")
    adapters = connection.adapters
    adapters.register_dumper(str, _Copied)
    adapters.register_dumper(str, _Sent)
    for name in ("text", "varchar"):
        adapters.register_loader(name, _Read)
    # jit: every statement here is short, or read in order; compiling one costs more than it saves
    connection.execute(f"SET timezone = 'UTC'; SET lock_timeout = {int(busy_seconds * 1000)}; SET jit = off")
    connection.commit()


def on_connect(busy_seconds: float) -> Any:
    """A listener for new connections of a pool."""

    def listen(connection: Any, _: ConnectionPoolEntry) -> None:
        prepare(connection, busy_seconds)

    return listen


def take_turn(connection: Connection) -> None:
    """Wait until no other writer is at work in this database, and keep others waiting until the transaction ends.

    Readers are not kept waiting. So a writer that reads first finds what it read unchanged when it comes to write, two
    services on one database follow each other, and no two of their transactions can wait for each other in a ring.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")


def merge(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], kept: Sequence[str]) -> None:
    """Put rows, which have the same keys, in place by primary key, by COPY into a temporary table and one statement."""
    names = list(rows[0])
    staged = _staged(connection, table, names)
    copy(connection, table, rows, into=staged)
    key = [column.name for column in table.primary_key]
    replaced = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n not in key and n not in kept)
    listed = _listed(names)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {staged} "  # noqa: S608
        f"ON CONFLICT ({_listed(key)}) DO {f'UPDATE SET {replaced}' if replaced else 'NOTHING'}"
    )


def set_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Set the other values of the rows with these primary keys, by COPY and one statement."""
    names, key = list(rows[0]), [column.name for column in table.primary_key]
    staged = _staged(connection, table, names)
    copy(connection, table, rows, into=staged)
    replaced = ", ".join(f'"{name}" = its."{name}"' for name in names if name not in key)
    connection.exec_driver_sql(f"UPDATE {table.name} SET {replaced} FROM {staged} its WHERE {_same(table, key)}")  # noqa: S608


def delete_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete the rows with these values, by COPY and one statement."""
    names = list(rows[0])
    staged = _staged(connection, table, names)
    copy(connection, table, rows, into=staged)
    connection.exec_driver_sql(f"DELETE FROM {table.name} USING {staged} its WHERE {_same(table, names)}")  # noqa: S608


def copy(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], into: str | None = None) -> None:
    """Add rows, which have the same keys, to a table (or to one of the same columns) by COPY."""
    names = list(rows[0])
    types = [table.c[name].type for name in names]
    lists = [[row[name] for row in rows] for name in names]
    for i, kind in enumerate(types):
        process = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        if process is not None and not isinstance(kind, LargeBinary):  # bytes are copied as they are
            lists[i] = [process(value) for value in lists[i]]
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("the connection is closed")
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {into or table.name} ({_listed(names)}) FROM STDIN (FORMAT BINARY)") as stream,
    ):
        stream.set_types([_BINARY.get(name := kind.compile(connection.dialect).lower(), name) for kind in types])
        for row in zip(*lists, strict=True):
            stream.write_row(row)


_BINARY: Final = {"varchar": "text"}


def _staged(connection: Connection, table: Table, names: Sequence[str]) -> str:
    """An empty temporary table for some columns of a table. It stays with the connection: making one each time would
    bloat the catalogue."""
    places = list(table.c.keys())
    staged = "_".join([f"staged_{table.name}", *(str(places.index(name)) for name in names)])
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ON COMMIT DELETE ROWS AS "  # noqa: S608
        f"SELECT {_listed(names)} FROM {table.name} WITH NO DATA"
    )
    connection.exec_driver_sql(f"DELETE FROM {staged}")  # noqa: S608
    return staged


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _same(table: Table, names: Sequence[str]) -> str:
    return " AND ".join(f'{table.name}."{name}" = its."{name}"' for name in names)


# A text of a record may hold any character (records section 1), a text of PostgreSQL any but NUL: it is written as two
# others on the way in, and read back on the way out, so that no room above knows of it.
def _hidden(text: str) -> str:
    if "\0" in text or _ESCAPE in text:
        return text.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")
    return text


class _Sent(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_hidden(obj))


class _Copied(StrBinaryDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_hidden(obj))


class _Read(TextLoader):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        if _ESCAPE in text:
            return text.replace(f"{_ESCAPE}0", "\0").replace(f"{_ESCAPE}1", _ESCAPE)
        return text
