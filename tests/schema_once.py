"""The schema of an empty database, made by the migrations once for each kind of database and then by the same statements.

Alembic reads and plans all migrations each time, which takes far longer than what they do to a database without rows.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, event, inspect

from compliance.store.database import schema

_ONLY_READ: Final = ("SELECT", "PRAGMA", "BEGIN", "SET")
Statement = tuple[str, Any]


class SchemaOnce:
    """In place of `schema.upgrade`. A database that holds anything, an earlier revision and other migrations than the
    service's own are upgraded as ever."""

    def __init__(self, upgrade: Callable[[Connection, str, str], None]) -> None:
        self._upgrade, self._migrations = upgrade, schema.MIGRATIONS
        self._made: dict[str, list[Statement]] = {}

    def __call__(self, connection: Connection, name: str, to: str = "head") -> None:
        if to != "head" or self._migrations != schema.MIGRATIONS or inspect(connection).get_table_names():
            self._upgrade(connection, name, to)
        elif made := self._made.get(connection.dialect.name):
            for statement, values in made:
                connection.exec_driver_sql(statement, values or None)
        else:
            self._made[connection.dialect.name] = self._record(connection, name, to)

    def _record(self, connection: Connection, name: str, to: str) -> list[Statement]:
        """Upgrade it -> the statements that wrote."""
        said: list[Statement] = []

        def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
            if not statement.lstrip().startswith(_ONLY_READ):
                said.append((statement, values))

        event.listen(connection, "before_cursor_execute", note)
        try:
            self._upgrade(connection, name, to)
        finally:
            event.remove(connection, "before_cursor_execute", note)
        return said
