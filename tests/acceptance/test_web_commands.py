"""The pages as other processes: `compliance web` behind a proxy, and the demo's at the end of `compliance demo --serve`."""

import gzip
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from compliance import clock
from compliance.records import Officer
from compliance.store import Store, migrate, save_officers
from tests.conformance import records
from tests.mails import CONFIG
from tests.serving_sockets import free_port

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


def test_compliance_web_serves_whom_the_proxy_names_and_stops_when_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/compliance.db"
    web = '[web]\nport = PORT\nproxies = ["127.0.0.1"]\nuser_header = "X-Remote-User"\n[web.roles]\nofficer = ["Officers"]\n'
    (tmp_path / "config.toml").write_text(CONFIG.format(url=url) + web.replace("PORT", str(free_port())))
    migrate(url)
    store = Store.open(url)
    save_officers(store, [Officer("O1", name="Ash Adze")], clock.now())
    store.close()
    named = {"X-Remote-User": "O1", "X-Remote-Groups": "Officers"}
    with running("web", folder=tmp_path) as (process, address):
        assert "Officer: Ash Adze" in httpx.get(f"{address}/sign-in", headers=named).text
        assert httpx.get(f"{address}/sign-in").status_code == 403
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


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
