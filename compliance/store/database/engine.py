"""The store as a whole: opening, migration and transactions."""

import os
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from compliance.errors import SettingsError, System, UnavailableError
from compliance.store.database import dialect, schema
from compliance.store.database.database_file import OpenedFile
from compliance.store.database.recent_records import RecentRecords

_LONG_WAIT: Final = 3600.0
"""Seconds that a migration of a large database may take."""


class Store:
    """The service's database. Safe to share between threads; each transaction belongs to one of them.

    `known`: the records read by this process that need not be read again.
    """

    def __init__(self, engine: Engine, characteristics: Collection[str] = ()) -> None:
        """Use `Store.open` instead, which checks the schema first."""
        self.engine = engine
        self._file: OpenedFile | None = None
        self.recent = RecentRecords(characteristics=characteristics)
        self._reading = dialect.reading_engine(engine)
        self._adding = dialect.adding_engine(engine)

    @classmethod
    def open(cls, url: str, characteristics: Collection[str] = ()) -> "Store":
        """Open the store at a database URL and check that its schema is up to date.

        `characteristics`: those of victims that are kept of the records received (records A7).

        Raises SettingsError that names `compliance migrate` if the schema is absent, stale or newer, or that says the
        file cannot be written, and UnavailableError if the database does not answer.
        """
        parsed = dialect.parse_url(url)
        file = dialect.file_of(parsed)
        if file is not None and not file.exists():
            raise schema.NoSchemaError(f"there is no database at {file}; create it with `compliance migrate`")
        store = cls(dialect.engine_for(parsed), characteristics)
        store._file = None if file is None else OpenedFile(file)
        try:
            store.check_schema()
        except BaseException:
            store.close()
            raise
        return store

    @property
    def name(self) -> str:
        """Return the database's URL without a password."""
        return dialect.describe_url(self.engine.url)

    def check_schema(self) -> None:
        """Check that the database answers and its schema is up to date. Raises as `open` does."""
        with self.reading() as connection:
            schema.check(connection, f"the database {self.name}")

    def check_file(self) -> None:
        """Check that the database file is still the one opened, without reading it. Raises DatabaseReplacedError.

        Every transaction begins with this.
        """
        if self._file is not None:
            self._file.check()

    @contextmanager
    def session(self, *, reading: bool = False) -> Iterator[Session]:
        """Yield a session as one transaction: committed at the end, rolled back by an exception.

        What it loaded stays readable. If `reading`, it sees the store as at one moment, waits for no writer and must
        not write.
        """
        self.check_file()
        engine = self._reading if reading else self.engine
        with _answers(self), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing(self, *, in_turn: bool = True) -> Iterator[Connection]:
        """Yield a Core connection as one transaction; no other writer comes between.

        `in_turn`: False for one that only adds rows, or changes one row by its key: where the database allows it, it
        waits for no other writer, so nobody waits for a page while crimes are judged.
        """
        self.check_file()
        engine = self.engine if in_turn else self._adding
        with _answers(self), engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees the store as at one moment, waits for no writer and must not write."""
        self.check_file()
        with _answers(self), self._reading.connect() as connection:
            yield connection

    def translate_errors(self) -> AbstractContextManager[None]:
        """Return a context that turns errors of the driver, for work on the engine itself, into our own errors."""
        return _answers(self)

    def close(self) -> None:
        """Close the database."""
        self.engine.dispose()


def migrate(url: str, *, is_patient: bool = False) -> None:
    """Bring the schema at a database URL up to date, wholly or not at all; create the database file if there is none.

    `is_patient`: on PostgreSQL, wait an hour for whoever is writing or migrating, not half a minute.

    Raises SettingsError if the schema is newer than this version of the service, or if the folder or the file cannot be
    created or written, and UnavailableError if the database does not answer.
    """
    parsed = dialect.parse_url(url)
    file = dialect.file_of(parsed)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"[database] url: the folder {file.parent} cannot be created ({error.strerror})"
            ) from None
    engine = dialect.engine_for(parsed)
    store = Store(engine.execution_options(**{dialect.PATIENCE: _LONG_WAIT}) if is_patient else engine)
    before = os.umask(0o077)  # a new file holds personal data: only its owner may read it
    try:
        with store.writing() as connection:
            schema.upgrade(connection, f"the database {store.name}")
    finally:
        os.umask(before)
        store.close()


@contextmanager
def _answers(store: Store) -> Iterator[None]:
    """Turn errors of the database's driver into errors that say what to do."""
    try:
        yield
    except (DatabaseError, InterfaceError, PoolTimeoutError, *dialect.DRIVER_ERRORS) as error:
        cause = getattr(error, "orig", None) or error
        if dialect.is_fault(cause):
            raise
        said = (str(cause).strip() or type(cause).__name__).splitlines()[0]  # the following lines may quote stored data
        if dialect.is_not_usable(cause):
            raise SettingsError(
                f"[database] url: {store.name} cannot be used ({said}): it must be a database of this service, which "
                "the user that this service runs as can write, and the folder that it is in too"
            ) from error
        is_corrupt = dialect.is_corrupt(cause)
        advice = (
            "it is damaged: stop the service and restore the newest copy that is whole (docs/install.md)"
            if is_corrupt
            else "check that the database can be reached and written to, then try again"
        )
        raise UnavailableError(
            f"the database {store.name} could not be used ({said}); rolled back; {advice}",
            is_lasting=is_corrupt,
            system=System.DATABASE,
        ) from error
