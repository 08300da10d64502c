"""Everything specific to PostgreSQL: preparing connections, storing texts, and bulk rows by COPY and one merge.

Only `compliance.store.database.dialect` imports this.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from psycopg.abc import Buffer
from psycopg.types.string import BytesBinaryDumper, StrBinaryDumper, StrDumperUnknown, TextLoader
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    Table,
    any_,
    func,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import URL
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine

from compliance.errors import SettingsError
from compliance.store.database.bulk import convert_column, plain

OLDEST: Final = 14
_WRITERS: Final = 0x566963746D  # the advisory lock of this service's writers; a lock belongs to one database
_LOGGERS: Final = 0x566963746E  # that of whoever adds to the audit log, taken after it and for a moment
_ESCAPE: Final = "\x1a"
_BETWEEN: Final = "\x1f"
_RAW_TEXTS: Final = "compliance_raw_texts"
"""The execution option of a statement whose texts are read as stored, without a Python call for each."""
_TEXTS: Final = ("text", "varchar")


def connect_options(url: URL, busy_seconds: float) -> dict[str, Any]:
    """Return the driver's options for new connections.

    It prepares no statements: a statement prepared in one session is unknown in the next, and a transaction pooler may
    change the session with every transaction (decision 0039).
    """
    waits = {} if "connect_timeout" in url.query else {"connect_timeout": int(busy_seconds)}
    return {"prepare_threshold": None, **waits}


def prepare(connection: Any) -> None:
    """Prepare a new driver connection, without a change to the session of the server: any text can be sent and read.

    Raises SettingsError if the server is too old or the database is not in UTF-8.
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
    for name in _TEXTS:
        adapters.register_loader(name, _Read)


def on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
    """Listen for new connections of a pool."""
    prepare(connection)


def begin(connection: Connection, busy_seconds: float, *, takes_turn: bool) -> None:
    """Set up a transaction: UTC, and waiting at most `busy_seconds` for others. Nothing of it outlives the transaction.

    If `takes_turn`, wait until no other writer is at work in this database, and make others wait until the transaction
    ends. Readers do not have to wait. A writer that reads first finds what it read unchanged when it comes to write.
    Two services on one database take turns, and no two of their transactions can deadlock.
    """
    # jit: every statement here is short, or read in order; compiling one costs more than it saves
    settings = f"SET LOCAL timezone = 'UTC'; SET LOCAL lock_timeout = {int(busy_seconds * 1000)}; SET LOCAL jit = off"
    turn = f"; SELECT pg_advisory_xact_lock({_WRITERS})" if takes_turn else ""
    # One message to the server, and no cursor there, whatever the connection is used for.
    connection.exec_driver_sql(settings + turn, execution_options={"yield_per": None, "stream_results": False})


def take_turn_in_log(connection: Connection) -> None:
    """Wait until nobody else adds to the audit log. The statements that follow see what they have added."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOGGERS})")


def on_execute(_: Connection, cursor: Any, __: str, ___: Any, context: Any, ____: bool) -> None:
    """Listen for statements about to be executed."""
    if context.execution_options.get(_RAW_TEXTS):
        for name in _TEXTS:
            cursor.adapters.register_loader(name, TextLoader)


def rows(connection: Connection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement in bulk, as the driver gives them."""
    result = connection.execute(statement, execution_options={_RAW_TEXTS: True})
    found = list(result.cursor.fetchall())
    result.close()
    texts = [i for i, column in enumerate(statement.selected_columns) if isinstance(plain(column.type), String)]
    if any(_ESCAPE in "".join(filter(None, map(itemgetter(i), found))) for i in texts):
        return [tuple(_unescape_nul(value) if isinstance(value, str) else value for value in row) for row in found]
    return found


def among(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Match a column against some values, sent as one parameter.

    Texts are joined, unless one is empty or holds the separator, because each element of an array costs a call.
    """
    kind = plain(column.type)
    if isinstance(kind, String) and all(values):
        joined = _BETWEEN.join(values)
        if joined.count(_BETWEEN) == len(values) - 1:
            return column == any_(func.string_to_array(joined, _BETWEEN))
    return column == any_(literal(list(values), ARRAY(kind)))


def refresh_statistics(engine: Engine, tables: Sequence[Table]) -> None:
    """Vacuum and analyse some tables after most of their rows were written.

    Until the server does so automatically, it would plan by the former contents, and read a million crimes to find a
    hundred. A table that someone else vacuums is left out.
    """
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql(f"VACUUM (ANALYZE, SKIP_LOCKED) {', '.join(table.name for table in tables)}")


def merge(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], kept: Sequence[str]) -> None:
    """Write rows with the same keys by primary key, by COPY into a temporary table and one statement."""
    names = list(rows[0])
    staged = _stage(connection, table, names)
    copy(connection, table, rows, into=staged)
    key = [column.name for column in table.primary_key]
    replaced = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n not in key and n not in kept)
    listed = _quote_names(names)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {staged} "  # noqa: S608
        f"ON CONFLICT ({_quote_names(key)}) DO {f'UPDATE SET {replaced}' if replaced else 'NOTHING'}"
    )


def set_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Set the other values of the rows with these primary keys, by COPY and one statement."""
    names, key = list(rows[0]), [column.name for column in table.primary_key]
    staged = _stage(connection, table, names)
    copy(connection, table, rows, into=staged)
    replaced = ", ".join(f'"{name}" = its."{name}"' for name in names if name not in key)
    connection.exec_driver_sql(f"UPDATE {table.name} SET {replaced} FROM {staged} its WHERE {_same(table, key)}")  # noqa: S608


def delete_by_key(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete the rows with these values, by COPY and one statement."""
    names = list(rows[0])
    staged = _stage(connection, table, names)
    copy(connection, table, rows, into=staged)
    connection.exec_driver_sql(f"DELETE FROM {table.name} USING {staged} its WHERE {_same(table, names)}")  # noqa: S608


def copy(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], into: str | None = None) -> None:
    """Add rows, which have the same keys, to a table (or to one with the same columns) by COPY."""
    names = list(rows[0])
    types = [table.c[name].type for name in names]
    columns = [_adapt([row[name] for row in rows], kind, connection) for name, kind in zip(names, types, strict=True)]
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("the connection is closed")
    with driver.cursor() as cursor:
        # Characters that must be escaped already are, and bytes need no wrapper.
        cursor.adapters.register_dumper(str, StrBinaryDumper)
        cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
        with cursor.copy(f"COPY {into or table.name} ({_quote_names(names)}) FROM STDIN (FORMAT BINARY)") as stream:
            stream.set_types([_BINARY.get(name := kind.compile(connection.dialect).lower(), name) for kind in types])
            for row in zip(*columns, strict=True):
                stream.write_row(row)


def _adapt(values: list[Any], kind: TypeEngine[Any], connection: Connection) -> list[Any]:
    """Return the values of a column as the driver accepts them."""
    if isinstance(plain(kind), String):
        text = "".join(filter(None, values))
        return [v and _escape_nul(v) for v in values] if "\0" in text or _ESCAPE in text else values
    return convert_column(values, kind, connection)


_BINARY: Final = {"varchar": "text"}


def _stage(connection: Connection, table: Table, names: Sequence[str]) -> str:
    """Return an empty temporary table for some columns of a table, which the end of the transaction drops.

    The next transaction may run in another session of the server (decision 0039).
    """
    places = list(table.c.keys())
    staged = "_".join([f"staged_{table.name}", *(str(places.index(name)) for name in names)])
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ON COMMIT DROP AS "  # noqa: S608
        f"SELECT {_quote_names(names)} FROM {table.name} WITH NO DATA; "
        f"DELETE FROM {staged}"
    )
    return staged


def _quote_names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _same(table: Table, names: Sequence[str]) -> str:
    return " AND ".join(f'{table.name}."{name}" = its."{name}"' for name in names)


# A record's text may hold any character (records section 1), a PostgreSQL text any but NUL. NUL is written as two other
# characters and restored on reading, so that no other room needs to know.
def _escape_nul(text: str) -> str:
    if "\0" in text or _ESCAPE in text:
        return text.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")
    return text


def _unescape_nul(text: str) -> str:
    if _ESCAPE in text:
        return text.replace(f"{_ESCAPE}0", "\0").replace(f"{_ESCAPE}1", _ESCAPE)
    return text


class _Sent(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_escape_nul(obj))


class _Copied(StrBinaryDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_escape_nul(obj))


class _Read(TextLoader):
    def load(self, data: Buffer) -> str:
        return _unescape_nul(str(data, "utf-8"))
