"""Putting a copy of the embedded database back in its place."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.store.database import dialect, schema
from compliance.store.database.backup import BESIDE, copy_checked
from compliance.store.database.database_file import RESTORE, claim
from compliance.store.database.engine import Store
from compliance.writing import whole_path

_KEPT: Final = (*BESIDE, "")
"""The endings of the files of a database, the one that makes it a database last."""


def restore(url: str, source: Path, now: datetime, note: Callable[[Store], None]) -> Path | None:
    """Replace the database at a URL by a copy that `backup` made, wholly or not at all.

    The copy itself is only read. It is checked and brought up to this version, and `note` is called with it, before
    anything is replaced. Returns the file under which the former database is kept beside the new one, with the instant
    `now` (UTC) in its name; None if there was none.

    Raises SettingsError if the database is on PostgreSQL, if `source` is not a whole copy of a database that this
    version knows, or if the folder cannot be written, and UnavailableError while a service uses the database.
    """
    target = dialect.file_of(dialect.parse_url(url))
    if target is None:
        raise SettingsError(
            "[database] url: the database is on a PostgreSQL server; restore it with `pg_restore` into a new database, "
            'as docs/install.md shows under "Restore"'
        )
    _check_source(source, target)
    former = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with claim(url, RESTORE, now), whole_path(target, private=True) as part:
            copy_checked(source, part, is_in_use=False)
            _bring_up_to_date(part, source, note)
            return former if _set_aside(target, former) else None
    except OSError as error:
        raise SettingsError(f"[database] url: {target} cannot be replaced ({error.strerror or error})") from None
    except sqlite3.Error as error:
        raise SettingsError(f"{source}: not a whole copy of a database ({error}); nothing was restored") from error


def _check_source(source: Path, target: Path) -> None:
    if not source.is_file():
        raise SettingsError(f"{source}: there is no such file")
    if target.exists() and source.samefile(target):
        raise SettingsError(f"{source}: it is the database itself; name a copy that `compliance backup` made")
    for ending in BESIDE:
        neighbour = source.with_name(source.name + ending)
        if neighbour.exists():
            raise SettingsError(
                f"{source}: {neighbour.name} is next to it, as with a database in use; name a copy that "
                "`compliance backup` made, in a folder without that file"
            )


def _bring_up_to_date(part: Path, source: Path, note: Callable[[Store], None]) -> None:
    store = Store(dialect.engine_for(dialect.parse_url(f"sqlite:///{part}")))
    try:
        with store.writing() as connection:
            with suppress(schema.SchemaBehindError):
                schema.check(connection, f"the copy {source}")
            schema.upgrade(connection, f"the copy {source}")
        note(store)
    except schema.NoSchemaError:
        raise SettingsError(f"{source}: an empty database, not a copy of the service's; nothing was restored") from None
    finally:
        store.close()  # which also ends its log, so that the copy is one file


def _set_aside(target: Path, former: Path) -> bool:
    """Give the database a second name, then take away the log beside it. Killed in between, nothing of it is lost."""
    if not target.exists():
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(target)) as database:  # it may be what is damaged
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in _KEPT:
        beside = target.with_name(target.name + ending)
        if beside.exists():
            os.link(beside, former.with_name(former.name + ending))
    for ending in BESIDE:
        target.with_name(target.name + ending).unlink(missing_ok=True)
    return True
