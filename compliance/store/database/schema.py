"""The schema of a database, and upgrading it to the newest (Alembic; one history for every kind of database)."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from compliance.errors import SettingsError

MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"


class NoSchemaError(SettingsError):
    """There is no database, or nothing in it yet: `compliance migrate` creates it."""


class WrongSchemaError(SettingsError):
    """The schema is older than this version of the service needs, or one that it does not know."""


class SchemaBehindError(WrongSchemaError):
    """The schema is older than this version of the service needs: `compliance migrate` brings it up to date."""


def upgrade(connection: Connection, name: str, to: str = "head") -> None:
    """Bring the schema up to date, or to an earlier revision, in the connection's transaction.

    `name` is what errors call the database. Raises SettingsError if the schema is newer than any this version of the
    service knows, or another program's.
    """
    revision = _revision(connection)
    if revision is None:
        _refuse_others_tables(connection, name)
    elif revision not in revisions():
        raise _unknown_revision_error(name, revision)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def check(connection: Connection, name: str) -> None:
    """Check the schema. Raises SettingsError, saying the remedy, if it is absent, stale, newer or another program's."""
    revision, known = _revision(connection), revisions()
    if revision is None:
        _refuse_others_tables(connection, name)
        raise NoSchemaError(f"{name} holds no schema yet; create it with `compliance migrate`")
    if revision not in known:
        raise _unknown_revision_error(name, revision)
    if revision != known[0]:
        raise SchemaBehindError(
            f"{name} is at schema {revision}, this version of the service needs {known[0]}; bring it up to date with "
            "`compliance migrate`"
        )


def _unknown_revision_error(name: str, revision: str) -> WrongSchemaError:
    return WrongSchemaError(
        f"{name} is at schema {revision}, which this version of the service does not know: a newer version ran "
        "`compliance migrate` (install that one, or restore the copy made before it), or the database is another "
        "program's (name one of the service's own in [database] url)"
    )


def _refuse_others_tables(connection: Connection, name: str) -> None:
    """Check that a database without our schema is empty: nothing is created next to it. Raises SettingsError if not."""
    if found := sorted(inspect(connection).get_table_names()):
        more = "" if len(found) <= 3 else f" and {len(found) - 3} more"
        raise SettingsError(
            f"{name} holds tables that `compliance migrate` did not make ({', '.join(found[:3])}{more}): it is another "
            "program's, or a restored copy lacks its table alembic_version; name an empty database in [database] url, "
            "or restore the whole copy"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def revisions() -> list[str]:
    """Return every schema revision this version knows, newest first."""
    return _revisions(MIGRATIONS)


@cache
def _revisions(folder: Path) -> list[str]:
    """Return the revisions in a folder, read once: the running service asks every minute."""
    return [script.revision for script in ScriptDirectory(str(folder)).walk_revisions()]
