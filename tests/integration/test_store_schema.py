"""The schema: made and brought up to date by one migration history, and never guessed at."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, inspect
from sqlmodel import SQLModel

from compliance.errors import SettingsError
from compliance.store import Store, begin_poll, migrate
from compliance.store.database import dialect, schema
from tests import stores

new_database, database_url = stores.new_shared_database, stores.database_url
store = stores.store

BROKEN = "boom"
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of a newer version of the service, which has one more: its file."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder)
    file = folder / "versions" / "9999_later.py"
    file.write_text(NEXT.format(newest=schema.revisions()[0]))
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    return file


def tables(engine: Engine) -> dict[str, object]:
    """Columns, keys, constraints and indexes of every table, as the database itself has them."""
    seen = inspect(engine)

    def of(table: str) -> object:
        columns = {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(table)}
        uniques = sorted(tuple(u["column_names"]) for u in seen.get_unique_constraints(table))
        indexes = sorted((i["name"], tuple(i["column_names"]), bool(i["unique"])) for i in seen.get_indexes(table))
        return columns, seen.get_pk_constraint(table)["constrained_columns"], uniques, indexes

    return {table: of(table) for table in seen.get_table_names() if table != "alembic_version"}


def test_the_migrated_schema_is_that_of_the_tables(store: Store, new_database: stores.NewDatabase) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    made = dialect.engine_for(dialect.parse_url(new_database()))
    SQLModel.metadata.create_all(made)
    assert tables(store.engine) == tables(made)
    made.dispose()


def test_migrating_again_changes_nothing(database_url: str, store: Store) -> None:
    before = tables(store.engine)
    migrate(database_url)
    assert tables(store.engine) == before


def test_a_database_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="compliance migrate"):
        Store.open(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()


def test_a_database_without_a_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(SettingsError, match=r"holds no schema yet.*compliance migrate"):
        Store.open(f"sqlite:///{tmp_path / 'empty.db'}")


def test_a_stale_schema_is_refused_and_mended_by_the_command_named(
    database_url: str, store: Store, newer: Path
) -> None:
    with pytest.raises(SettingsError, match=r"at schema 0\d{3}.*needs 9999.*compliance migrate"):
        Store.open(database_url)
    migrate(database_url)
    Store.open(database_url).close()


def test_a_newer_schema_is_refused_by_opening_and_by_migrating(
    database_url: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(database_url)
    newer.unlink()
    for refused in (Store.open, migrate):
        with pytest.raises(SettingsError, match=r"9999.*a newer version ran `compliance migrate`"):
            refused(database_url)


def test_another_programs_database_is_neither_opened_nor_written_to(database_url: str) -> None:
    url = dialect.parse_url(database_url)
    if file := dialect.file_of(url):
        file.parent.mkdir(exist_ok=True)
    engine = dialect.engine_for(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE invoices (number integer)")
    for refused in (Store.open, migrate):
        with pytest.raises(
            SettingsError, match=r"tables that `compliance migrate` did not make \(invoices\).*empty database"
        ):
            refused(database_url)
    assert inspect(engine).get_table_names() == ["invoices"]
    engine.dispose()


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database_url: str, store: Store, newer: Path) -> None:
    before = tables(store.engine)
    newer.write_text(newer.read_text() + f"    raise RuntimeError({BROKEN!r})\n")
    with pytest.raises(RuntimeError, match=BROKEN):
        migrate(database_url)
    assert tables(store.engine) == before


def test_migrating_from_two_places_at_once_makes_one_schema(database_url: str) -> None:
    """Writers take turns: the second finds the schema that the first has made."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate(database_url)
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    Store.open(database_url).close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("compliance.db", "not a database URL"),
        ("mysql://host/force", "'mysql' is not supported"),
        ("postgresql+asyncpg://host/force", "expected 'postgresql\\+psycopg'"),
        ("postgresql+psycopg://compliance:pa@word@host/db", "write `@` as `%40`"),
        ("postgresql+psycopg://compliance:p@w/1@host/db", "write `@` as `%40`"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
    ],
)
def test_a_database_url_that_cannot_be_used_is_refused(url: str, said: str) -> None:
    for refused in (Store.open, migrate):
        with pytest.raises(SettingsError, match=said):
            refused(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"{tmp_path}/file"):
        migrate(f"sqlite:///{tmp_path}/file/compliance.db")


@pytest.mark.parametrize("use", [migrate, Store.open])
def test_a_file_that_is_no_database_or_cannot_be_opened_is_a_wrong_setting(
    tmp_path: Path, use: Callable[[str], object]
) -> None:
    """Trying again would be of no use: exit code 2, not 4."""
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    (tmp_path / "folder.db").mkdir()
    for name in ("letter.db", "folder.db"):
        with pytest.raises(SettingsError, match=f"{name} cannot be used .*it must be a database"):
            use(f"sqlite:///{tmp_path / name}")


def test_a_database_that_may_only_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'compliance.db'}"
    migrate(url)
    with closing(Store.open(url)) as store:
        event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
        store.engine.dispose()
        with pytest.raises(SettingsError, match=r"readonly database.*the user that this service runs as can write"):
            begin_poll(store, "crimes", stores.at("2026-07-20 06:00"))


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
def test_a_database_file_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds records of victims."""
    migrate(f"sqlite:///{tmp_path}/compliance.db")
    assert (tmp_path / "compliance.db").stat().st_mode & 0o077 == 0


def test_a_port_that_is_no_number_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match=r"\[database\] url: not a database URL") as caught:
        Store.open("postgresql+psycopg://user:secret@host:abc/db")
    assert "secret" not in str(caught.value)
