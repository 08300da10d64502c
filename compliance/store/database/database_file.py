"""The file of an embedded database: is it still the one that was opened, and does a service run on it already?

A service holds a lock on a file beside the database. The kernel lets go of it however the process ends.
"""

import fcntl
import json
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from socket import gethostname
from typing import Final

from compliance.errors import SettingsError, UnavailableError
from compliance.store.database import dialect

RUN: Final = "compliance run"
MIGRATE: Final = "compliance migrate"
RESTORE: Final = "compliance restore"
_TRIES: Final = 5
"""How often a lock is asked for: whoever only looks holds it for a moment."""
_BETWEEN: Final = 0.1


class DatabaseReplacedError(SettingsError):
    """The database file was deleted or replaced while the service was using it."""


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Which file a path named: another file of the same name has another number."""

    device: int
    number: int

    @classmethod
    def of(cls, path: Path) -> "FileIdentity | None":
        """Return the identity of the file at a path, None if there is none."""
        try:
            found = path.stat()
        except OSError:
            return None
        return cls(found.st_dev, found.st_ino)


class OpenedFile:
    """The file of an open database."""

    def __init__(self, path: Path) -> None:
        """Note which file it is."""
        self._path, self._identity = path, FileIdentity.of(path)

    def check(self) -> None:
        """Check that the path still names the file that was opened. Raises DatabaseReplacedError."""
        now = FileIdentity.of(self._path)
        if now != self._identity:
            raise DatabaseReplacedError(_describe_replaced(self._path, now))


@dataclass(frozen=True, slots=True)
class RunningCommand:
    """Who runs on a database: the command, its process, the machine, since when (ISO, UTC), on which file.

    `is_replaced`: it has stopped because the file was replaced.
    """

    command: str
    process: int
    host: str
    since: str
    file: FileIdentity
    is_replaced: bool = False

    def __str__(self) -> str:
        return f"`{self.command}`, process {self.process} on {self.host}, since {self.since}"


@contextmanager
def claim(url: str, command: str, now: datetime) -> Iterator[None]:
    """Hold the database for one command (`RUN`, `MIGRATE`, `RESTORE`) during the context.

    On PostgreSQL, and for a file that is not there yet, there is nothing to hold. Raises UnavailableError that names
    whoever holds it, and SettingsError as `check_account` does, and if the folder cannot be written.
    """
    check_account(url)
    path = dialect.file_of(dialect.parse_url(url))
    identity = None if path is None else FileIdentity.of(path)
    if path is None or identity is None:
        yield
        return
    lock = _open(path)
    try:
        if not _is_free(lock, fcntl.LOCK_EX, _TRIES):
            raise UnavailableError(
                f"the database {path} is in use by {_read(lock) or 'another service'}: an SQLite database has one "
                "service at a time; stop that one first, or use PostgreSQL for several"
            )
        holder = RunningCommand(command, os.getpid(), gethostname(), f"{now:%Y-%m-%dT%H:%M:%SZ}", identity)
        _write(lock, holder)
        ending: RunningCommand | None = None
        try:
            yield
        except DatabaseReplacedError:
            ending = replace(holder, is_replaced=True)
            raise
        finally:
            _write(lock, ending)
    finally:
        os.close(lock)


def check_account(url: str) -> None:
    """Check that root does not work on the database of another account, which could not use what root creates there.

    Where there is no file yet, its folder says whose it will be. Raises SettingsError that names the account.
    """
    path = dialect.file_of(dialect.parse_url(url))
    if path is None or os.geteuid() != 0:
        return
    place = path if path.exists() else path.parent
    with suppress(FileNotFoundError):
        if owner := place.stat().st_uid:
            name = _name_account(owner)
            raise SettingsError(
                f"[database] url: {place} belongs to {name}, who could not use what root creates there; run the "
                f"command as {name}, such as with `sudo -u {name}`"
            )


def _name_account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a user without a name here, as of a container
        return f"#{number}"


def find_replaced(url: str) -> str | None:
    """Return a sentence if the database file is not the one that the service runs on, or last ran on."""
    path = dialect.file_of(dialect.parse_url(url))
    if path is None:
        return None
    try:
        lock = os.open(_lock_of(path), os.O_RDONLY)
    except OSError:
        return None
    try:
        holder, now = _read(lock), FileIdentity.of(path)
        if holder is None or holder.file == now or (not holder.is_replaced and _is_free(lock, fcntl.LOCK_SH)):
            return None  # one that was killed says nothing of what was done to the file since
        return _describe_replaced(path, now)
    finally:
        os.close(lock)


def _describe_replaced(path: Path, now: FileIdentity | None) -> str:
    what = "deleted" if now is None else "replaced by another"
    return (
        f"the database file {path} was {what} while the service was using it; the service stops rather than write to "
        "the old file"
    )


def _lock_of(path: Path) -> Path:
    real = path.resolve()
    return real.with_name(f"{real.name}.lock")


def _open(path: Path) -> int:
    try:
        return os.open(_lock_of(path), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(
            f"[database] url: {_lock_of(path)} cannot be written ({error.strerror}); the user that this service runs "
            "as must be able to write in that folder"
        ) from None


def _is_free(lock: int, kind: int, tries: int = 1) -> bool:
    """Take a lock if nobody else holds it."""
    for left in reversed(range(tries)):
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                time.sleep(_BETWEEN)
        else:
            return True
    return False


def _read(lock: int) -> RunningCommand | None:
    try:
        said = json.loads(os.pread(lock, 4096, 0))
        return RunningCommand(**(said | {"file": FileIdentity(**said["file"])}))
    except (ValueError, TypeError, KeyError, OSError):
        return None


def _write(lock: int, holder: RunningCommand | None) -> None:
    with suppress(OSError):  # on a full disk the lock holds all the same
        os.ftruncate(lock, 0)
        if holder is not None:
            os.pwrite(lock, json.dumps(asdict(holder)).encode(), 0)
