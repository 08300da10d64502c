"""The pages as other processes: `compliance web` behind a proxy, and the demo's at the end of `compliance demo --serve`."""

import gzip
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from compliance import clock
from compliance.records import Officer
from compliance.store import Store, migrate, save_officers
from compliance.store.tables import POLL
from tests import daemons
from tests.conformance import records
from tests.mails import CONFIG
from tests.serving_sockets import free_port
from tests.stores import rows
from tests.web_server import answer, serving

COMPLIANCE = Path(sys.executable).with_name("compliance")
"""As installed beside the Python that runs the tests."""


@contextmanager
def running(*words: str | Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command, until it has said the address of its pages."""
    command = [COMPLIANCE, *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        try:
            said = ""
            while not (found := re.search(r"Pages: (http://127\.0\.0\.1:\d+)", said)):
                line = process.stdout.readline()
                assert line, process.stderr.read()
                said += line
            yield process, found[1]
        finally:
            process.kill()


def write_web_settings(folder: Path) -> str:
    """Write settings with pages, and make their database; return its URL."""
    url = f"sqlite:///{folder}/compliance.db"
    web = '[web]\nport = PORT\nproxies = ["127.0.0.1"]\nuser_header = "X-Remote-User"\n[web.roles]\nofficer = ["Officers"]\n'
    (folder / "config.toml").write_text(CONFIG.format(url=url) + web.replace("PORT", str(free_port())))
    migrate(url)
    return url


def test_compliance_web_serves_whom_the_proxy_names_and_stops_when_told(tmp_path: Path) -> None:
    url = write_web_settings(tmp_path)
    store = Store.open(url)
    save_officers(store, [Officer("O1", name="Ash Adze")], clock.now())
    store.close()
    named = {"X-Remote-User": "O1", "X-Remote-Groups": "Officers"}
    with running("web", folder=tmp_path) as (process, address):
        assert "Officer: Ash Adze" in httpx.get(f"{address}/sign-in", headers=named).text
        assert httpx.get(f"{address}/sign-in").status_code == 403
        second = server_beside(process.pid)
        process.send_signal(signal.SIGSTOP)
        assert "Officer: Ash Adze" in httpx.get(f"{address}/sign-in", headers=named, timeout=60).text, "of the second"
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert not Path(f"/proc/{second}").exists()


def test_no_process_of_compliance_web_outlives_the_first(tmp_path: Path) -> None:
    write_web_settings(tmp_path)
    with running("web", folder=tmp_path) as (process, _):
        second = server_beside(process.pid)
        process.kill()
        deadline = time.monotonic() + 60
        while Path(f"/proc/{second}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)


def server_beside(number: int) -> int:
    """Return the process that another has started, or is about to start, to serve."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for thread in Path(f"/proc/{number}/task").glob("*/children"):
            with suppress(OSError):  # a thread or a process that has ended meanwhile
                for child in thread.read_text().split():
                    if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                        return int(child)
    raise AssertionError("no other process serves")


def test_compliance_web_without_its_settings_says_which_are_missing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/compliance.db"
    (tmp_path / "config.toml").write_text(CONFIG.format(url=url))
    migrate(url)
    done = subprocess.run([COMPLIANCE, "web"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "[web] port: there is none, so no pages" in done.stderr


def test_the_demo_ends_by_serving_its_pages_where_one_chooses_a_person(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "crimes.ndjson.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, list(records())[:200])))
    words = ("demo", "--replay", "crimes.ndjson.gz", "--days", "1", "--folder", "demo", "--serve", "--port", "0")
    with running(*words, folder=tmp_path) as (process, address):
        page = httpx.get(f"{address}/", follow_redirects=True).text
        assert "choose whose pages to see" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


NOTHING_NEW = answer(b'{"records":[],"next":"c1","more":false}')
PAGES = (
    '[web]\nport = {port}\nserved_by = "run"\nproxies = ["127.0.0.1"]\nuser_header = "X-Remote-User"\nroles = {roles}\n'
)


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """The settings of a daemon whose crime system has nothing to tell, and whose directory has one officer."""
    url = f"sqlite:///{tmp_path / 'compliance.db'}"
    migrate(url)
    store = Store.open(url)
    save_officers(store, [Officer("O1", name="Ash Adze")], clock.now())
    store.close()
    with serving() as web:
        web.answers = [NOTHING_NEW]
        yield daemons.written(tmp_path, f'url = "{web.url}"')


def test_compliance_run_serves_the_pages_beside_its_jobs_until_a_signal_ends_both(config: Path) -> None:
    """The settings that are read again are the pages' too; whoever still listens does not hold up the end."""
    port, named = free_port(), {"X-Remote-User": "O1", "X-Remote-Groups": "Officers"}
    plain = config.read_text()
    config.write_text(plain + PAGES.format(port=port, roles='{ officer = ["Officers"] }'))
    with daemons.running(config) as daemon, httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
        daemon.until_said(f"url=http://127.0.0.1:{port}")
        assert "Officer: Ash Adze" in browser.get("/sign-in", headers=named).text
        config.write_text(plain + PAGES.format(port=port, roles='{ officer = ["Others"] }'))
        daemon.send(signal.SIGHUP)
        daemon.until_said("web.roles")
        assert "in no group that has a role here" in browser.get("/sign-in", headers=named).text
        daemon.send(signal.SIGTERM)
        assert daemon.ended(time.monotonic()) == 0
        assert daemon.seconds < 20
        assert "Traceback" not in daemon.said()
        with pytest.raises(httpx.TransportError):
            browser.get("/sign-in")


def wait_for_poll(folder: Path) -> None:
    """Wait until the daemon has read the crime system."""
    store, deadline = Store.open(f"sqlite:///{folder / 'compliance.db'}"), time.monotonic() + 60
    with closing(store):
        while not rows(store, POLL, "id"):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_pages_that_cannot_be_served_do_not_stop_the_jobs(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config.write_text(config.read_text() + PAGES.format(port=taken.getsockname()[1], roles="{}"))
        with daemons.running(config) as daemon:
            daemon.until_said("no pages")
            assert "cannot be used (Address already in use)" in daemon.said()
            wait_for_poll(config.parent)
            daemon.send(signal.SIGTERM)
            assert daemon.ended(time.monotonic()) == 0
            assert "Traceback" not in daemon.said()


def test_compliance_web_leaves_to_compliance_run_what_that_serves(config: Path) -> None:
    config.write_text(config.read_text() + PAGES.format(port=free_port(), roles="{}"))
    done = subprocess.run(
        [COMPLIANCE, "web"], cwd=config.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "[web] served_by: `compliance run` serves the pages" in done.stderr
