"""Copying the embedded database while the service runs."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from compliance.errors import SettingsError, UnavailableError
from compliance.store.database import dialect
from compliance.writing import whole_path

_HEADER: Final = b"SQLite format 3\0"
BESIDE: Final = ("-wal", "-shm", "-journal")
"""The endings of the files that a database in use has beside it."""


def backup(url: str, target: Path) -> int:
    """Copy the database at a URL, as at one moment, into one file, and return its size in bytes.

    The file is readable only by its owner. The copy is checked before it replaces a former one, and writers do not have
    to wait. The schema need not be this version's. Raises SettingsError if the database is on PostgreSQL, or if it or
    `target` cannot be used, and UnavailableError if it cannot be copied or is damaged.
    """
    source = dialect.file_of(dialect.parse_url(url))
    if source is None:
        raise SettingsError(
            "[database] url: the database is on a PostgreSQL server; back it up with `pg_dump --format=custom "
            "--file=FILE DATABASE` (docs/install.md shows how to restore it)"
        )
    if not source.is_file():
        raise SettingsError(f"there is no database at {source}; see [database] url")
    _check_target(source, target)
    try:
        with whole_path(target, private=True) as part:
            copy_checked(source, part)
        return target.stat().st_size
    except sqlite3.Error as error:
        message = f"the database {source} could not be copied ({error}); nothing was written"
        raise (SettingsError if dialect.is_not_usable(error) else UnavailableError)(message) from error
    except OSError as error:
        raise SettingsError(f"{target}: cannot be written ({error.strerror})") from None


def _check_target(source: Path, target: Path) -> None:
    """Check that only a former copy is replaced: no other file, and no database in use, including the service's own."""
    if not target.parent.is_dir():
        make = f"`install -d -o compliance -m 700 {target.parent}`"
        raise SettingsError(f"{target}: the folder {target.parent} is not there; make it, such as with {make}")
    if target.exists():
        if target.samefile(source):
            raise SettingsError(f"{target}: it is the database itself; name another file")
        try:
            with target.open("rb") as file:
                is_copy = file.read(len(_HEADER)) == _HEADER
        except OSError:
            is_copy = False
        if not is_copy:
            raise SettingsError(f"{target}: it exists and is not a copy of a database; choose another name")
    for ending in BESIDE:
        neighbour = target.with_name(target.name + ending)
        if neighbour.exists():
            raise SettingsError(
                f"{target}: {neighbour.name} is next to it, as with a database in use; choose another name"
            )


def copy_checked(source: Path, part: Path, *, is_in_use: bool = True) -> None:
    """Copy a database as at one moment into an empty file, which then stands alone, and check the copy.

    `is_in_use`: False for a file that nobody writes, which is then read even where nothing can be written beside it.
    Raises sqlite3.Error if it cannot be copied, and UnavailableError if it is damaged.
    """
    mode = "mode=rw" if is_in_use else "mode=ro&immutable=1"
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?{mode}", uri=True)) as database,
            closing(sqlite3.connect(part)) as copy,
        ):
            database.execute("PRAGMA busy_timeout = 30000")
            database.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # so that the copy is one file
            problems = [str(problem) for (problem,) in copy.execute("PRAGMA integrity_check(3)")]
    finally:
        for ending in BESIDE:
            part.with_name(part.name + ending).unlink(missing_ok=True)
    if problems != ["ok"]:
        raise UnavailableError(
            f"the database {source} is damaged ({'; '.join(problems)[:300]}); nothing was written: restore the newest "
            "copy that is whole"
        )
