"""`compliance backup FILE`: a copy of the embedded database, made while the service runs, and how it is restored."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from compliance.cli import main
from compliance.errors import SettingsError, UnavailableError
from compliance.store import Store, backup, load_columns, migrate
from compliance.store.tables import CRIME
from tests import postgres
from tests.stores import at, crime, rows, take

ROOT = Path(__file__).parents[2]
NOW = at("2026-07-02 06:00")


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path}/data/compliance.db"
    migrate(found)
    with closing(Store.open(found)) as store:
        take(store, NOW, *(crime(f"22A/{n}/26") for n in range(300)))
    return found


def copied(path: Path) -> list[str]:
    """The crimes of a copy that was put in place as docs/install.md says."""
    with closing(Store.open(f"sqlite:///{path}")) as store:
        return load_columns(store).crime_ref.to_pylist()


def test_a_copy_is_one_file_its_owners_alone_and_opens_as_the_database_did(url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        size = backup(url, tmp_path / "copy.db")
    finally:
        os.umask(before)
    copy = tmp_path / "copy.db"
    assert (copy.stat().st_mode & 0o777, copy.stat().st_size) == (0o600, size)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]
    assert len(copied(copy)) == 300


def test_it_is_made_while_the_service_writes_and_holds_what_was_committed(url: str, tmp_path: Path) -> None:
    """All of a transaction or nothing of it; the writer goes on meanwhile. What lies in the -wal file is in it too."""
    stop, rounds = Event(), [1]  # the poll that took them; the writer may not have begun by the first copy

    def write() -> None:
        with closing(Store.open(url)) as store:
            while not stop.is_set():
                with store.writing() as connection:
                    rounds[0] += 1
                    connection.execute(update(CRIME).values(seen_poll=rounds[0]))

    thread = Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            seen = rounds[0]
            backup(url, tmp_path / f"{number}.db")
            with closing(Store.open(f"sqlite:///{tmp_path}/{number}.db")) as store:
                polls = {row[0] for row in rows(store, CRIME, "seen_poll")}
            assert len(polls) == 1, "as at one moment"
            assert seen - 1 <= (polls.pop() or 0) <= rounds[0]
    finally:
        stop.set()
        thread.join()


def test_a_copy_of_an_earlier_versions_database_can_be_made(url: str, tmp_path: Path) -> None:
    """It is made before `migrate`, by the version that is installed already."""
    with closing(sqlite3.connect(tmp_path / "data" / "compliance.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.commit()
    assert backup(url, tmp_path / "copy.db") > 0


def test_a_former_copy_is_replaced_and_nothing_else_is(url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(url, copy)
    with closing(Store.open(url)) as store:
        take(store, at("2026-07-03 06:00"), crime("new"))
    backup(url, copy)
    assert len(copied(copy)) == 301
    other = tmp_path / "config.toml"
    other.write_text("[force]")
    with pytest.raises(SettingsError, match=r"config.toml: it exists and is not a copy of a database"):
        backup(url, other)
    assert other.read_text() == "[force]"


def test_no_database_that_is_in_use_is_replaced(url: str, tmp_path: Path) -> None:
    """Nor is a copy put where files beside it would spoil it."""
    other = f"sqlite:///{tmp_path}/data/other.db"
    migrate(other)
    with closing(Store.open(other)) as store:
        take(store, NOW, crime("other"))
        with pytest.raises(SettingsError, match=r"other.db-(wal|shm) is next to it"):
            backup(url, tmp_path / "data" / "other.db")
    assert copied(tmp_path / "data" / "other.db") == ["other"]


def test_the_database_itself_is_not_replaced(url: str, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "data" / "compliance.db")
    for target in (tmp_path / "data" / "compliance.db", link):
        with pytest.raises(SettingsError, match=r"it is the database itself"):
            backup(url, target)


def test_a_damaged_database_gives_no_copy_and_leaves_the_former_one(url: str, tmp_path: Path) -> None:
    copy, path = tmp_path / "copy.db", tmp_path / "data" / "compliance.db"
    backup(url, copy)
    before = copy.read_bytes()
    with path.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(os.urandom(4096 * 6))
    with pytest.raises(UnavailableError, match=r"(is damaged|could not be copied) \(.*nothing was written"):
        backup(url, copy)
    assert copy.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["copy.db", "data"]


def test_what_is_no_database_and_where_nothing_can_be_written_is_said(url: str, tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a database " * 100)
    with pytest.raises(SettingsError, match=r"text.db could not be copied \(file is not a database\)"):
        backup(f"sqlite:///{text}", tmp_path / "copy.db")
    with pytest.raises(SettingsError, match=r"there is no database at"):
        backup(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy.db")
    with pytest.raises(
        SettingsError, match=r"copy.db: the folder .*/nowhere is not there; make it, such as with `install -d -o"
    ):
        backup(url, tmp_path / "nowhere" / "copy.db")


def command(url: str, tmp_path: Path) -> Result:
    config = tmp_path / "config.toml"
    config.write_text((ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url), "utf-8")
    return CliRunner().invoke(main, ["backup", str(tmp_path / "copy.db"), "--config", str(config)])


def test_the_command_says_what_it_wrote(url: str, tmp_path: Path) -> None:
    done = command(url, tmp_path)
    assert done.exit_code == 0
    assert done.stdout == f"{tmp_path}/copy.db: {(tmp_path / 'copy.db').stat().st_size:,} bytes, checked\n"


def test_for_postgresql_it_names_pg_dump(tmp_path: Path) -> None:
    done = command(postgres.new_database(), tmp_path)
    assert done.exit_code == 2
    assert "pg_dump --format=custom --file=FILE DATABASE" in done.stderr
    assert not (tmp_path / "copy.db").exists()
