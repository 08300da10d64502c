"""Starting: one service on an SQLite file, a schema upgraded by setting, and a file that is lost under the service."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.store import Store, migrate
from compliance.store.database import schema
from tests import frozen, pooler
from tests.daemons import Running, running, written
from tests.hanging import hanging, silent
from tests.web_server import answer, serving

NOTHING_NEW = answer(b'{"records":[],"next":"c1","more":false}')


@pytest.fixture
def crime_system() -> Iterator[str]:
    """The address of a crime system that has nothing to tell."""
    with serving() as web:
        web.answers = [NOTHING_NEW]
        yield f'url = "{web.url}"'


@pytest.fixture
def config(tmp_path: Path, crime_system: str) -> Path:
    """The settings of a service whose database has this version's schema."""
    migrate(f"sqlite:///{tmp_path / 'compliance.db'}")
    return written(tmp_path, crime_system)


def command(config: Path, *words: str) -> Result:
    """What comes of a command. It runs in this process: to the service this is another."""
    return CliRunner().invoke(main, [*words, "--config", str(config)])


def refused_run(config: Path) -> "subprocess.CompletedProcess[str]":
    """What comes of a `compliance run` that ends by itself."""
    line = [sys.executable, "-W", "error", "-m", "compliance.cli", "run", "--config", str(config)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def exit_code(daemon: Running, seconds: float = 60) -> int:
    """Its exit code once it ends by itself."""
    return daemon.process.wait(seconds)


# ── one service at a time ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_service_and_migrate_are_refused_with_who_the_first_is_and_other_commands_work(config: Path) -> None:
    with running(config) as daemon:
        daemon.until_said("started")
        run, migrating = refused_run(config), command(config, "migrate")
        assert (run.returncode, migrating.exit_code) == (4, 4)
        for refused in (run, migrating):
            assert f"is in use by `compliance run`, process {daemon.process.pid} on " in refused.stderr
            assert "stop that one first" in refused.stderr
        for words in (["poll"], ["remind"], ["backup", str(config.with_name("copy.db"))]):
            done = command(config, *words)
            assert done.exit_code in (0, 4), "4: there is no mail server"
            assert "in use" not in done.stderr
        assert "in use" not in command(config, "status").stdout
        daemon.send(signal.SIGTERM)
        assert daemon.ended(time.monotonic()) == 0
    assert command(config, "migrate").exit_code == 0


def test_one_that_was_killed_leaves_the_database_free(config: Path) -> None:
    with running(config) as daemon:
        daemon.until_said("started")
        daemon.send(signal.SIGKILL)
        daemon.process.wait()
    with running(config) as daemon:
        daemon.until_said("started")


# ── a schema of another version ──────────────────────────────────────────────────────────────────────────────────────


def on_start(config: Path) -> None:
    text = config.read_text().replace("[database]\n", '[database]\nmigrate = "on-start"\n')
    config.write_text(text)


def test_an_older_schema_is_named_or_by_setting_upgraded(tmp_path: Path, crime_system: str) -> None:
    frozen.thaw(f"sqlite:///{tmp_path / 'compliance.db'}", "0001")
    config = written(tmp_path, crime_system)
    refused = refused_run(config)
    assert refused.returncode == 2
    assert "is at schema 0001" in refused.stderr
    assert "bring it up to date with `compliance migrate`" in refused.stderr
    on_start(config)
    with running(config) as daemon:
        daemon.until_said("started")
        assert "migrated" in daemon.said()
    with closing(Store.open(f"sqlite:///{tmp_path / 'compliance.db'}")) as store:
        assert frozen.revision_of(store) == schema.revisions()[0]


def test_a_newer_schema_and_a_database_that_is_not_there_are_refused_whatever_the_setting(
    tmp_path: Path, crime_system: str
) -> None:
    config = written(tmp_path, crime_system)
    on_start(config)
    absent = refused_run(config)
    assert (absent.returncode, (tmp_path / "compliance.db").exists()) == (2, False), "a new one would mail all again"
    assert "there is no database" in absent.stderr
    migrate(f"sqlite:///{tmp_path / 'compliance.db'}")
    with closing(Store.open(f"sqlite:///{tmp_path / 'compliance.db'}")) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    newer = refused_run(config)
    assert newer.returncode == 2
    assert "is at schema 9999, which this version of the service does not know" in newer.stderr


def test_of_two_that_start_at_once_behind_a_pooler_one_migrates_and_both_run(tmp_path: Path, crime_system: str) -> None:
    url = pooler.new_database()
    frozen.thaw(url, "0001")
    configs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        configs.append(written(tmp_path / name, crime_system, url))
        on_start(configs[-1])
    with running(configs[0]) as one, running(configs[1]) as two:
        for daemon in (one, two):
            daemon.until_said("started")
            assert "Traceback" not in daemon.said()
            assert "fault" not in daemon.said()
    with closing(Store.open(url)) as store:
        assert frozen.revision_of(store) == schema.revisions()[0]


def test_a_service_ends_when_a_newer_version_changes_the_schema(config: Path) -> None:
    with running(config) as daemon:
        daemon.until_said("started")
        url = f"sqlite:///{config.with_name('compliance.db')}"
        with closing(Store.open(url)) as store, store.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        assert exit_code(daemon) == 2
    assert "is at schema 9999, which this version of the service does not know" in daemon.said()


# ── the file is lost ─────────────────────────────────────────────────────────────────────────────────────────────────


def lose(file: Path, how: str) -> None:
    copy = file.with_name("copy")
    if how == "deleted":
        file.unlink()
    else:
        shutil.copy(file, copy)
        copy.replace(file)


@pytest.mark.parametrize("how", ["deleted", "replaced by another"])
def test_a_service_whose_file_is_lost_ends_and_says_so(config: Path, how: str) -> None:
    file = config.with_name("compliance.db")
    with running(config) as daemon:
        daemon.until_said("started")
        lose(file, how)
        assert exit_code(daemon) == 2, "systemd does not start it again: a person looks first"
    assert f"compliance.db was {how} while the service was using it" in daemon.said().splitlines()[-1]
    assert "FAULT database-replaced" in command(config, "status").stdout


def test_it_is_noticed_within_a_minute_while_a_job_waits_for_another_system(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'compliance.db'}")
    with hanging(silent) as server:
        url = f'url = "http://127.0.0.1:{server.port}/crimes"\ntimeout_seconds = 600'
        with running(written(tmp_path, url)) as daemon:
            assert server.reached.wait(120)
            lose(tmp_path / "compliance.db", "deleted")
            assert exit_code(daemon, 90) == 2


# ── the disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)):
        pytest.skip("a disk can only be mounted as root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def mount(*words: str) -> int:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode


def test_a_service_goes_on_when_its_disk_is_full_and_resumes(tmp_path: Path, disk: Path, crime_system: str) -> None:
    database = f"sqlite:///{disk / 'compliance.db'}"
    migrate(database)
    with running(written(tmp_path, crime_system, database)) as daemon:
        daemon.until_said("started")
        filling = disk / "filling"
        with suppress(OSError), filling.open("wb", buffering=0) as file:
            while file.write(b"0" * 4096):
                pass
        daemon.until_said("disk is full")
        filling.unlink()
        polls = count_polls(database)
        until_polled(database, polls)
        assert daemon.process.poll() is None
        daemon.send(signal.SIGTERM)
        assert daemon.ended(time.monotonic()) == 0


def count_polls(database: str) -> object:
    with closing(Store.open(database)) as store, store.reading() as connection:
        return connection.exec_driver_sql("SELECT max(ended_at) FROM poll WHERE complete").scalar()


def until_polled(database: str, before: object) -> None:
    deadline = time.monotonic() + 60
    while count_polls(database) == before:
        assert time.monotonic() < deadline, "it never polled again"
        time.sleep(0.1)
