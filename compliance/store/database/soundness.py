"""Whether a database can be written, is whole, and lets its role do no more than it needs."""

import sqlite3
import time
from contextlib import closing, suppress
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from compliance.errors import ComplianceError
from compliance.store.database import dialect
from compliance.store.database.engine import Store
from compliance.store.tables import CRIME

_STEPS: Final = 10_000
"""After how many instructions of SQLite the time is looked at."""
_ROLE: Final = (
    "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication FROM pg_roles "
    "WHERE rolname = current_user"
)
_MAY: Final = ("is a superuser", "may create databases", "may create roles", "bypasses row security", "may replicate")
_READ_ONLY: Final = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'"
_WRITABLE: Final = (
    "SELECT has_table_privilege(:name, 'INSERT') AND has_table_privilege(:name, 'UPDATE') "
    "AND has_table_privilege(:name, 'DELETE')"
)


def find_damage(url: str, seconds: float) -> list[str] | None:
    """Return what is damaged in an SQLite file; None if there was not the time to look at all of it.

    Nothing for a server, which checks its own pages.
    """
    file = dialect.file_of(dialect.parse_url(url))
    if file is None:
        return []
    until = time.monotonic() + seconds
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            database.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            found = [str(problem) for (problem,) in database.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        return None if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT else []
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else [line for problem in found for line in problem.splitlines()[:3]]


def why_read_only(store: Store) -> str | None:
    """Return why nothing can be written to a database, None if it can. Nothing is written."""
    try:
        with store.writing() as connection:
            return _why_read_only(connection) if connection.dialect.name == "postgresql" else None
    except ComplianceError as error:
        return str(error)


def _why_read_only(connection: Connection) -> str | None:
    if connection.execute(text(_READ_ONLY)).scalar_one():
        return "its transactions are read-only: the server is a standby, or a setting of it or of the role says so"
    for table in CRIME.metadata.sorted_tables:
        if not connection.execute(text(_WRITABLE), {"name": table.name}).scalar_one():
            return f"the role may not write the table {table.name}"
    return None


def excess_privileges(store: Store) -> list[str]:
    """Return what the role on a server may do beyond owning its database; nothing for an SQLite file."""
    if store.engine.dialect.name != "postgresql":
        return []
    with suppress(DBAPIError), store.reading() as connection:
        found = connection.execute(text(_ROLE)).one()
        return [may for may, has in zip(_MAY, found, strict=True) if has]
    return []
