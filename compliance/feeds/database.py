"""A crime system's own database, or a copy of it, read by queries (records section 4)."""

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from sqlalchemy import URL, Connection, DateTime, Engine, NullPool, bindparam, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from compliance.errors import UNESCAPED, SettingsError, UnavailableError
from compliance.feed_settings import SourceDatabase
from compliance.feeds.bodies import directory_of
from compliance.feeds.database_cursors import Changed, cursor_of_change, read_cursor
from compliance.feeds.feed import DirectoryEntries, Page
from compliance.feeds.fields import CRIMES, LISTS
from compliance.feeds.joining import Joined
from compliance.feeds.mapping import Mapper
from compliance.feeds.table_rows import Row
from compliance.records import FeedRecord
from compliance.records.instants import AHEAD
from compliance.stopping import Stop

_BIND: Final = re.compile(r"(?<!:):changed_since\b")
_BATCH: Final = 5000
_SECTION: Final = "crime_system.database"


class QueryError(UnavailableError):
    """The database answers, and a query fails or does not give what the settings expect."""


def check_queries(settings: SourceDatabase) -> None:
    """Check the queries. Raises SettingsError that names the setting."""
    officers = {} if settings.officers is None else {"officers": settings.officers}
    queries = {CRIMES: ""} | settings.queries
    for name, query in (queries | officers).items():
        if name not in (CRIMES, *LISTS, "officers"):
            raise SettingsError(f"{_SECTION}.queries.{name}: expected crimes or one of {', '.join(LISTS)}")
        if not re.match(r"\s*(SELECT|WITH)\b", query, re.IGNORECASE):
            raise SettingsError(f"{_SECTION}.queries.{name}: expected a query that begins with SELECT or WITH")
    if not _BIND.search(queries[CRIMES]):
        raise SettingsError(f"{_SECTION}.queries.crimes: expected :changed_since in it, to ask for what changed")


class DatabaseFeed:
    """A feed of crimes from queries, joined by crime number.

    The cursor is made here: the latest `changed_at` seen. Nothing is written: SQLite and PostgreSQL run read-only
    transactions; on other databases the account must not be able to write. `limit`: the most rows of crimes to read,
    for a trial.
    """

    def __init__(
        self,
        url: str,
        settings: SourceDatabase,
        mapper: Mapper,
        page_size: int,
        clock: Callable[[], datetime],
        limit: int | None = None,
        stop: Stop | None = None,
    ) -> None:
        """Prepare the feed without connecting.

        `url`: SQLAlchemy's. `clock`: returns the present instant (aware). `stop`: ends waits for the database at once
        when requested. Raises SettingsError for an invalid URL, a driver that is not installed, or an invalid query.
        """
        check_queries(settings)
        if not isinstance(mapper.mapping.crime.get("changed_at", ""), str):
            raise SettingsError(
                "crime_system.mapping.crime.changed_at: expected one column, which the cursor is made of"
            )
        self._engine = _engine(url)
        self._settings, self._mapper, self._page_size = settings, mapper, page_size
        self._clock, self._limit = clock, limit
        self._stop = Stop() if stop is None else stop
        self._under_way: _Reading | None = None
        self._shown = f"{self._engine.url.drivername}://{self._engine.url.host or ''}/{self._engine.url.database or ''}"

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield what changed since the cursor, page by page, from one reading of the database.

        The last page moves the cursor. Raises UnavailableError if the database cannot be queried or returns no
        `changed_at`.
        """
        since = self._settings.begin if cursor is None else read_cursor(cursor)
        with Joined(self._mapper) as joined:
            latest = self._stop.outcome_of(lambda: self._read(joined, since), self._cancel)
            held: list[FeedRecord] = []
            for records in joined.pages(self._page_size):
                if held:
                    yield self._mapper.page(held, None, more=True)
                held = records
            moved = None if latest is None else cursor_of_change(latest)
            yield self._mapper.page(held, moved, more=False)
        if self._limit is None:  # a trial says it itself
            self._mapper.filters.log(self._shown)

    def officers(self) -> DirectoryEntries:
        """Return the officer directory from its query; not read if there is none. Raises UnavailableError."""
        query = self._settings.officers
        if query is None:
            return DirectoryEntries([], [], read=False)

        def read() -> list[Row]:
            with self._reading() as connection:
                return list(self._rows(connection, "officers", query, self._settings.begin))

        return directory_of(self._mapper.map_officers(self._stop.outcome_of(read, self._cancel)))

    def _read(self, joined: Joined, since: Changed) -> Changed | None:
        """Read every row, and return the latest `changed_at`.

        Crimes are read first. Anything that changes while the others are read can then only be newer than its crime,
        and is read again next time.
        """
        column, setting = self._changed_column()
        latest: list[Changed] = []

        def noted(rows: Generator[Row, None, None]) -> Iterator[Row]:
            with closing(rows):
                for row in islice(rows, self._limit):
                    if column not in row:
                        raise QueryError(f"{self._shown}: the query crimes gives no column {column!r}, {setting}")
                    self._note(latest, row[column])
                    yield row

        with self._reading() as connection:
            joined.add(CRIMES, noted(self._rows(connection, CRIMES, self._settings.queries[CRIMES], since)))
            known = None if self._limit is None else joined.crime_refs()
            for name, query in self._settings.queries.items():
                if name == CRIMES:
                    continue
                rows: Iterable[Row] = self._rows(connection, name, query, since)
                if known is not None:
                    rows = (row for row in rows if self._mapper.crime_number(name, row) in known)
                joined.add(name, rows)
        return latest[0] if latest else None

    def _changed_column(self) -> tuple[str, str]:
        """Return the column of `changed_at`, and how the settings name it."""
        setting = "crime_system.mapping.crime.changed_at"
        named = [column for column, each in self._mapper.columns("crime").items() if each == setting]
        return (named[0], f"which {setting} names") if named else ("changed_at", f"and {setting} names none")

    def _note(self, latest: list[Changed], value: Any) -> None:
        """Store the latest change. One in the far future is ignored, because it would exclude all others for ever."""
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if value is None or self._is_to_come(value):
            return
        if not isinstance(value, datetime | str | int) or (latest and type(value) is not type(latest[0])):
            raise QueryError(
                f"{self._shown}: the column of changed_at holds a {type(value).__name__}; expected instants, texts or "
                "whole numbers, all of one kind"
            )
        try:
            later = not latest or value > latest[0]  # type: ignore[operator]  # of one type
        except TypeError:
            raise QueryError(
                f"{self._shown}: the column of changed_at holds instants with an offset and without; expected one kind"
            ) from None
        if later:
            latest[:] = [value]

    def _is_to_come(self, value: Any) -> bool:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return False
        if not isinstance(value, datetime):
            return False
        tomorrow = self._clock() + AHEAD
        return value > (tomorrow if value.tzinfo else tomorrow.replace(tzinfo=None))

    def _reading(self) -> "_Reading":
        self._under_way = _Reading(self._engine, self._shown)
        return self._under_way

    def _cancel(self) -> None:
        """Cancel the query under way, which nothing waits for any longer."""
        if self._under_way is not None:
            self._under_way.cancel()

    def _rows(self, connection: Connection, name: str, query: str, since: Changed) -> Generator[Row, None, None]:
        statement = text(query)
        if _BIND.search(query):
            kind = DateTime(timezone=since.tzinfo is not None) if isinstance(since, datetime) else None
            statement = statement.bindparams(bindparam("changed_since", since, type_=kind))
        try:
            with connection.execute(statement, execution_options={"yield_per": _BATCH}) as found:
                self._check_columns(name, list(found.keys()))
                for row in found.mappings():
                    yield dict(row)
        except SQLAlchemyError as error:
            raise QueryError(f"{self._shown}: the query {name} failed ({_cause(error)})") from None

    def _check_columns(self, name: str, given: list[str]) -> None:
        for column, setting in self._mapper.columns(name, self._settings.queries).items():
            if column not in given:
                raise QueryError(
                    f"{self._shown}: the query {name} gives no column {column!r}, which {setting} names; found "
                    f"{', '.join(given)[:300]}"
                )


class _Reading:
    """One reading of a database, from a single snapshot if it can, with nothing written."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self._engine, self._shown = engine, shown
        self._driver: Any = None

    def __enter__(self) -> Connection:
        try:
            self._connection = self._engine.connect()
            self._driver = self._connection.connection.driver_connection
            if self._engine.dialect.name == "sqlite":
                self._connection.exec_driver_sql("PRAGMA query_only = ON")
                self._connection.exec_driver_sql("BEGIN")
            elif self._engine.dialect.name == "postgresql":
                self._connection = self._connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
        except SQLAlchemyError as error:
            raise UnavailableError(f"{self._shown}: the database cannot be reached ({_cause(error)})") from None
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def cancel(self) -> None:
        """Ask the database from another thread to end the query under way, if its driver can."""
        cancel = getattr(self._driver, "cancel", None) or getattr(self._driver, "interrupt", None)
        if cancel is not None:
            with suppress(Exception):  # the database may be unreachable
                cancel()


def describe_source(url: str) -> str:
    """Return the address of a source without user, password and driver. Raises SettingsError for an invalid URL."""
    parsed = _parse(url)
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.get_backend_name()}://{parsed.host or ''}{port}/{parsed.database or ''}"


def _parse(url: str) -> URL:
    """Raises SettingsError, which quotes nothing of the URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _not_an_address() from None
    if parsed.host and "@" in f"{parsed.host}{parsed.database}":  # the rest of a password, which nobody may read
        raise SettingsError(f"{_SECTION}.url: {UNESCAPED}")
    return parsed


def _not_an_address() -> SettingsError:
    expected = "an SQLAlchemy URL such as postgresql+psycopg://monitor@host/crimes"
    return SettingsError(f"{_SECTION}.url: not the address of a supported database; expected {expected}")


def _engine(url: str) -> Engine:
    parsed = _parse(url)
    try:
        return create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise _not_an_address() from None
    except ImportError as error:
        raise SettingsError(f"{_SECTION}.url: its driver is not installed ({error.name}): pip install it") from None


def _cause(error: SQLAlchemyError) -> str:
    """Return the driver's message without the statement's values.

    A message about data may contain data, so it is replaced by the name of its type.
    """
    if isinstance(error, DataError) or not isinstance(error, DBAPIError):
        return type(error).__name__
    lines = str(error.orig).strip().splitlines()
    return lines[0][:200] if lines else type(error.orig).__name__
