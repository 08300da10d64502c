"""A PgBouncer in front of the tests' PostgreSQL server, in transaction mode: each transaction of a client may run in
another session of the server, and here it does."""

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests import postgres

PROGRAM: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SESSIONS: Final = 3
CONFIGURATION: Final = """
[databases]
* = host={server} user=postgres
[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
logfile = {folder}/log
pidfile = {folder}/pid
default_pool_size = {sessions}
server_round_robin = 1
server_idle_timeout = 4
"""
LEFT: Final = {
    "prepared statement": "SELECT name FROM pg_prepared_statements",
    "cursor": "SELECT name FROM pg_cursors WHERE name <> ''",
    "channel": "SELECT pg_listening_channels()",
    "advisory lock": "SELECT objid::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "temporary table": "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'",
    "setting": "SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session'",
}
"""What may be left in a session when its transaction is over. A pooler itself sets what a client said on connecting."""
BY_THE_POOLER: Final = ("application_name", "client_encoding", "DateStyle", "standard_conforming_strings")


def new_database(*, template: str = "template0") -> str:
    """The URL, through the pooler, of an empty database or of a copy of another. Skips the test where there is none."""
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed")
    place, _, server = postgres.new_database(template=template).partition("?host=")
    url = f"{place}?host={_started(server)}&port=6432"
    list(_sessions(url))
    return url


def left_in_sessions(url: str) -> list[str]:
    """What transactions that are over have left in the sessions of a pooled database."""
    found = []
    for connection in _sessions(url):
        for kind, query in LEFT.items():
            for (name,) in connection.execute(query):
                if not str(name).startswith(BY_THE_POOLER):
                    found.append(f"{kind}: {name}")
    return found


def _sessions(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Every session of the pool once. The pooler opens one when none is free, and later takes turns among them."""
    with ExitStack() as stack:
        for _ in range(SESSIONS):
            connection = stack.enter_context(
                psycopg.connect(url.replace("+psycopg", ""), autocommit=True, prepare_threshold=None)
            )
            stack.enter_context(connection.transaction())
            yield connection


@cache
def _started(server: str) -> Path:
    """The folder of the pooler's socket. It stops with the tests, before the server does."""
    folder = Path(tempfile.mkdtemp(prefix="pooler-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(server=server, folder=folder, sessions=SESSIONS), "utf-8")
    user = Path(server).owner() if os.geteuid() == 0 else None  # PgBouncer refuses to run as root
    if user is not None:
        shutil.chown(folder, user)
    assert PROGRAM is not None
    running = subprocess.Popen([PROGRAM, "-q", configuration], user=user, stderr=subprocess.DEVNULL)
    atexit.register(running.kill)
    deadline = time.monotonic() + 30
    while not (folder / ".s.PGSQL.6432").exists():
        assert running.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return folder
