"""docs/connect: a crime system is connected as the pages say, command by command, and they show what comes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests import checks
from tests.following import DOCS, Follower
from tests.laid_out import laid_out
from tests.postgres import for_a_while, new_database

sampled_once, without_examples = checks.sampled_once, checks.without_examples
pytestmark = pytest.mark.usefixtures("sampled_once", "without_examples")


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    """Whoever follows a page."""
    with laid_out(tmp_path, monkeypatch) as made:
        yield made


def page(name: str) -> str:
    return (DOCS / "connect" / name).read_text("utf-8")


@contextmanager
def gateway(folder: Path, token: str) -> Iterator[str]:
    """A gateway that answers with the files of a page, and with nothing further to who has read them: its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            kind, name = {
                "/v2/occurrences": ("application/json", "occurrences.json"),
                "/v2/staff": ("application/x-ndjson", "staff.ndjson"),
            }[asked.path]
            body = (folder / name).read_bytes()
            if kind == "application/json":
                whole = json.loads(body)
                is_read = parse_qs(asked.query).get("since") == [whole["cursor"]]
                body = json.dumps(whole | ({"items": []} if is_read else {})).encode()
            self.send_response(200 if self.headers["Authorization"] == f"Bearer {token}" else 401)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, _: float | None = None) -> str:
            return "Mon, 20 Jul 2026 09:00:00 GMT"

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_an_interface_over_http(follower: Follower) -> None:
    with gateway(follower.folder, "4cf1-9b7a-example") as address:
        follower.standing_for = {**follower.standing_for, "https://gateway.force.example": address}
        follower.follow(page("http.md"))


def test_a_folder_of_exports(follower: Follower) -> None:
    """The workbook further down has a test of its own."""
    follower.follow(page("files.md").partition("\n## An Excel workbook")[0])


def test_the_views_of_a_database(follower: Follower) -> None:
    """On a PostgreSQL server, whose DBA runs the statements of the page; its role is taken away again."""
    with for_a_while():
        url = new_database()
        reader = url.replace("postgres@", "victims_monitor@")
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as dba:
            follower.standing_for = {
                **follower.standing_for,
                "postgresql+psycopg://victims_monitor:decide-one@crimedb.force.example/crimes": reader,
            }
            follower.sql = lambda statements: dba.execute(statements.encode())
            try:
                follower.follow(page("view.md"))
            finally:
                dba.execute("DROP OWNED BY victims_monitor")
                dba.execute("DROP ROLE victims_monitor")
