"""`compliance restore FILE`: a copy put back in its place, wholly or not at all; and the same by hand on PostgreSQL."""

import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import SQLModel

from compliance.cli import main
from compliance.errors import ComplianceError, SettingsError, UnavailableError
from compliance.policy import load_policy
from compliance.store import RUN, Store, backup, claim, load_columns, migrate, rebuild, restore
from compliance.store.tables import CRIME, POLL
from tests import frozen, postgres
from tests.accesses import list_entries
from tests.stores import at, crime, rows, take

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "docs" / "install.md"
NOW = at("2026-07-02 06:00")
LATER = at("2026-07-03 09:10")
POLICY = load_policy("west-mercia")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a database with a copy of it beside, since when another crime has come."""
    url = url_in(tmp_path)
    migrate(url)
    with closing(Store.open(url)) as store:
        take(store, NOW, *(crime(f"22A/{n}/26") for n in range(20)))
        backup(url, tmp_path / "copy.db")
        take(store, LATER, crime("since"))
    return tmp_path


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder}/data/compliance.db"


def crimes(path: Path) -> int:
    with closing(Store.open(f"sqlite:///{path}")) as store:
        return len(load_columns(store))


def put_back(folder: Path, copy: str = "copy.db") -> Path | None:
    return restore(url_in(folder), folder / copy, LATER, lambda _: None)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "data").iterdir())


def test_the_copy_takes_the_place_of_the_database_which_is_kept_beside_it(folder: Path) -> None:
    before = (folder / "copy.db").read_bytes()
    former = put_back(folder)
    assert former == folder / "data" / "compliance.db.before-20260703T091000Z"
    assert (crimes(folder / "data" / "compliance.db"), crimes(former)) == (20, 21)
    assert (folder / "data" / "compliance.db").stat().st_mode & 0o777 == 0o600
    assert (folder / "copy.db").read_bytes() == before
    assert files(folder) == ["compliance.db", "compliance.db.before-20260703T091000Z", "compliance.db.lock"]


def test_a_machine_without_a_database_has_the_copys(folder: Path, tmp_path: Path) -> None:
    new = tmp_path / "new machine"
    assert restore(url_in(new), folder / "copy.db", LATER, lambda _: None) is None
    assert crimes(new / "data" / "compliance.db") == 20


def test_a_copy_where_nothing_may_be_written_is_read(folder: Path) -> None:
    (folder / "copy.db").chmod(0o400)
    folder.chmod(0o500)
    try:
        put_back(folder)
    finally:
        folder.chmod(0o700)
    assert crimes(folder / "data" / "compliance.db") == 20


def test_what_was_not_yet_in_the_file_itself_is_kept_with_the_former_database(folder: Path) -> None:
    """A killed service leaves its last transactions in the log beside the file."""
    script = (
        "import os, sqlite3, sys; database = sqlite3.connect(sys.argv[1]); database.execute('PRAGMA wal_autocheckpoint=0');"
        'database.execute("UPDATE crime SET seen_poll = 77"); database.commit(); os._exit(0)'
    )
    subprocess.run([sys.executable, "-c", script, folder / "data" / "compliance.db"], check=True)
    assert "compliance.db-wal" in files(folder)
    former = put_back(folder)
    assert former is not None
    with closing(Store.open(f"sqlite:///{former}")) as store:
        assert {row[0] for row in rows(store, CRIME, "seen_poll")} == {77}
    assert crimes(folder / "data" / "compliance.db") == 20


def test_a_copy_of_an_earlier_version_is_upgraded_on_the_way(tmp_path: Path) -> None:
    frozen.thaw(f"sqlite:///{tmp_path}/copy.db", "0001")
    before = (tmp_path / "copy.db").read_bytes()
    put_back(tmp_path)
    assert crimes(tmp_path / "data" / "compliance.db") > 0
    assert (tmp_path / "copy.db").read_bytes() == before


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(os.urandom(4096 * 6))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def make_foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE tunes (name TEXT)")


def empty(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version = 1")


def put_a_log_beside(path: Path) -> None:
    path.with_name("copy.db-wal").write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (damage, ComplianceError, r"copy.db( is damaged|: not a whole copy)"),
        (cut, ComplianceError, r"copy.db( is damaged|: not a whole copy)"),
        (
            make_newer,
            SettingsError,
            r"the copy .*copy.db is at schema 9999, which this version of the service does not",
        ),
        (make_foreign, SettingsError, r"the copy .*copy.db holds tables that .* \(tunes\)"),
        (empty, SettingsError, r"copy.db: an empty database, not a copy of the service's; nothing was restored"),
        (lambda path: path.write_text("[force]\n" * 99), SettingsError, r"copy.db: not a whole copy of a database"),
        (Path.unlink, SettingsError, r"copy.db: there is no such file"),
        (put_a_log_beside, SettingsError, r"copy.db: copy.db-wal is next to it, as with a database in use"),
    ],
)
def test_what_is_no_whole_copy_changes_nothing(
    folder: Path, spoil: object, error: type[ComplianceError], said: str
) -> None:
    before = files(folder)
    spoil(folder / "copy.db")  # type: ignore[operator]
    with pytest.raises(error, match=said):
        put_back(folder)
    assert files(folder) in (before, sorted([*before, "compliance.db.lock"]))
    assert crimes(folder / "data" / "compliance.db") == 21


def test_the_database_itself_is_no_copy_of_it(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"compliance.db: it is the database itself; name a copy"):
        put_back(folder, "data/compliance.db")


def test_a_database_in_use_is_not_replaced(folder: Path) -> None:
    with (
        claim(url_in(folder), RUN, NOW),
        pytest.raises(UnavailableError, match=r"is in use by `compliance run`, process \d+ .*; stop that one first"),
    ):
        put_back(folder)
    assert crimes(folder / "data" / "compliance.db") == 21


def test_what_cannot_be_noted_in_the_audit_log_is_not_restored(folder: Path) -> None:
    def refuse(_: Store) -> None:
        raise UnavailableError("the disk is full")

    with pytest.raises(UnavailableError, match="the disk is full"):
        restore(url_in(folder), folder / "copy.db", LATER, refuse)
    assert crimes(folder / "data" / "compliance.db") == 21


STEPS = ("os.link", "os.remove", "os.rename")
KILLED = f"""
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from compliance.store import restore

def die_at(step):
    seen = []
    def watch(event, _):
        if event in {STEPS!r}:
            seen.append(event)
            if len(seen) == step:
                os._exit(9)
    sys.addaudithook(watch)

for step, folder in enumerate(map(Path, sys.argv[1:]), 1):
    if (child := os.fork()) == 0:
        url = f"sqlite:///{{folder}}/data/compliance.db"
        die_at(step)
        restore(url, folder / "copy.db", datetime(2026, 7, 3, tzinfo=UTC), lambda store: None)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""Restores in each of some folders, killed before the first, the second, the third ... change of a name."""


def test_killed_at_any_step_it_leaves_the_former_database_or_the_copy_and_loses_neither(folder: Path) -> None:
    folders = [Path(shutil.copytree(folder, folder.with_name(f"step-{step}"))) for step in range(12)]
    done = subprocess.run([sys.executable, "-c", KILLED, *folders], check=True, capture_output=True, text=True)
    ends = done.stdout.split()
    assert set(ends) == {"9", "0"}
    for end, each in zip(ends, folders, strict=True):
        found = [
            path for path in (each / "data").iterdir() if not path.name.endswith(("-wal", "-shm", ".lock", ".part"))
        ]
        held = {path.name: crimes(path) for path in found}
        assert held["compliance.db"] in ((20, 21) if end == "9" else (20,))
        assert 21 in held.values(), "the former database"


def run(folder: Path, url: str, *words: str) -> Result:
    config = folder / "config.toml"
    config.write_text((ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", url), "utf-8")
    return CliRunner().invoke(main, [*words, "--config", str(config)])


def test_the_command_says_what_it_did_and_judges_all_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "mhill")
    done = run(folder, url_in(folder), "restore", str(folder / "copy.db"))
    assert done.exit_code == 0, done.output
    first, second, third = done.stdout.splitlines()
    assert first == f"{folder}/copy.db: checked, and put in place of the database"
    assert second.startswith(f"{folder}/data/compliance.db.before-2")
    assert second.endswith(": the former database; delete it when you no longer need it")
    assert third == "20 crimes judged again, 0 obligations corrected"
    with closing(Store.open(url_in(folder))) as store:
        (entry,) = [each.entry for each in list_entries(store)]
    assert (entry.who, entry.what, entry.target) == ("mhill", "alteration", "compliance restore")
    assert entry.details["asked"] == {"file": str(folder / "copy.db")}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write as somebody else")
def test_root_does_not_put_files_where_the_service_could_not_use_them(folder: Path) -> None:
    """The service's account is another: what root restores, creates or publishes would be root's."""
    nobody, before = 65534, files(folder)
    for path in (folder / "data", folder / "data" / "compliance.db"):
        os.chown(path, nobody, -1)
    for words in (["restore", str(folder / "copy.db")], ["migrate"], ["poll"], ["run"]):
        done = run(folder, url_in(folder), *words)
        assert done.exit_code == 2
        assert "compliance.db belongs to nobody, who could not use what root creates there" in done.stderr
        assert "run the command as nobody, such as with `sudo -u nobody`" in done.stderr
    assert files(folder) == before
    (folder / "data" / "compliance.db").unlink()
    done = run(folder, url_in(folder), "migrate")
    assert done.exit_code == 2
    assert f"{folder}/data belongs to nobody" in done.stderr


def test_for_postgresql_it_names_where_it_is_shown(tmp_path: Path) -> None:
    done = run(tmp_path, postgres.new_database(), "restore", str(ROOT / "config.toml"))
    assert done.exit_code == 2
    assert 'restore it with `pg_restore` into a new database, as docs/install.md shows under "Restore"' in done.stderr


def by_hand(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/install.md says for PostgreSQL, line by line, as an administrator of the server."""
    script = INSTALL.read_text("utf-8").partition("### Restore")[2].partition("PostgreSQL:")[2].split("```\n")[1]
    lines = [line for line in script.splitlines() if line.startswith(("psql", "pg_restore"))]
    assert len(lines) == 4
    monkeypatch.setenv("PATH", f"{postgres.program('psql').parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PGHOST", url.partition("host=")[2])
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.chdir(folder)
    assert "`pg_dump --format=custom`" in INSTALL.read_text("utf-8")
    for line in ("pg_dump --format=custom --file=FILE compliance", *lines):
        subprocess.run(shlex.split(line), check=True, timeout=60, capture_output=True)


def content(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(repr, rows(store, table))) for name, table in SQLModel.metadata.tables.items()}


def fill(url: str) -> tuple[dict[str, list[str]], datetime]:
    """Put 24 days of a small force at an empty database's URL -> every table's rows, and when the last poll was."""
    frozen.thaw(url, "0001")
    migrate(url)
    with closing(Store.open(url)) as store:
        last: datetime = max(row[0] for row in rows(store, POLL, "ended_at") if row[0])
        rebuild(store, POLICY, last)
        return content(store), last


def check_restored(url: str, before: dict[str, list[str]], last: datetime) -> None:
    """Check that every row is there, that a rebuild corrects nothing, and that the service can go on."""
    with closing(Store.open(url)) as store:
        assert content(store) == before
        again = rebuild(store, POLICY, last)
        assert (again.differences, again.counts) == (0, 0)
        assert again.crimes > 100
        take(store, last + timedelta(days=1), crime("since"))
        assert len(rows(store, CRIME)) == len(before["crime"]) + 1


def test_a_restored_force_has_every_row_and_goes_on(tmp_path: Path) -> None:
    url, other = url_in(tmp_path), url_in(tmp_path / "other")
    before, last = fill(url)
    backup(url, tmp_path / "copy.db")
    restore(other, tmp_path / "copy.db", LATER, lambda _: None)
    check_restored(other, before, last)


def test_and_so_has_one_restored_by_postgresqls_own_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.made_as_deployed() as plain:
        url = plain.replace("postgresql:", "postgresql+psycopg:")
        before, last = fill(url)
        by_hand(url, tmp_path, monkeypatch)
        check_restored(url, before, last)
        with closing(Store.open(url.replace("/compliance?", "/compliance_before?"))) as former:
            assert content(former) == before
