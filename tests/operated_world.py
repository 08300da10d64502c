"""The other systems of a simulated force, and all that can be wrong with them: a crime system and a mail server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from compliance.errors import RecordError
from compliance.simulator import MailSink, Received, SimulatedCrimeSystem, SimulatedForce


class AlertedIncident(msgspec.Struct, frozen=True):
    """What an alert says of one incident: that it `began`, that it `lasts`, or that it is `over`."""

    event: str
    name: str
    began_at: datetime


class Alert(msgspec.Struct, frozen=True):
    """What a webhook gets."""

    at: datetime
    incidents: list[AlertedIncident]


@dataclass
class CrimeSystem:
    """A crime system over HTTP that tells the simulated time in its answers; alerts come to the same address.

    Wrong with it can be: `status`, what it answers instead; `ahead`, by how much its clock is ahead, in `Date` and in
    the `changed_at` of what is entered meanwhile; `backup`, an older state that it shows. With its directory:
    `directory_status`, and `share`, what is left of its entries.
    """

    force: SimulatedForce
    status: int | None = None
    directory_status: int | None = None
    share: float = 1.0
    forgets: bool = False
    """Whether it answers a cursor that it does not know from the beginning, where it should refuse it."""
    backup: SimulatedCrimeSystem | None = None
    alerts: list[Alert] = field(default_factory=list)
    """What came to the webhook."""
    _ahead: list[tuple[datetime, timedelta]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.system = SimulatedCrimeSystem(self.force)
        self._named = _officers_named(self.force)

    def advance(self, now: datetime) -> None:
        """Everything is entered up to an instant."""
        self.system.advance(now)

    def restore(self, age: timedelta) -> None:
        """Show the state of some time ago."""
        self.backup = SimulatedCrimeSystem(self.force)
        self.backup.advance(self.system.now - age)

    def set_clock(self, ahead: timedelta) -> None:
        """From now on its clock is so much ahead (negative: behind)."""
        self._ahead.append((self.system.now, ahead))

    def ahead(self, at: datetime) -> timedelta:
        """By how much its clock was ahead at an instant."""
        return next((ahead for since, ahead in reversed(self._ahead) if since <= at), timedelta())

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what is asked for."""
        if path == "/officers":
            return self._directory()
        if self.status is not None:
            return self.status, {}, b"not now"
        cursor, limit = query.get("changed_since", [None])[0], int(query.get("limit", ["500"])[0])
        shown = self.backup or self.system
        try:
            page = shown.page(cursor, limit)
        except RecordError as error:
            if not self.forgets:
                return 400, {}, str(error).encode()
            page = shown.page(None, limit)
        body = b"".join(self._told(record) + b"\n" for record in page.records)
        headers = {"Next-Cursor": page.next, "More": "true" if page.more else "false"}
        return 200, headers | {"Content-Type": "application/x-ndjson"}, body

    def _told(self, raw: bytes) -> bytes:
        """A record as entered by its clock."""
        if not self._ahead:
            return raw
        try:
            record: dict[str, Any] = msgspec.json.decode(raw)
            changed = datetime.fromisoformat(record["changed_at"])
        except (msgspec.DecodeError, ValueError, KeyError, TypeError):
            return raw  # one of the malformed ones
        if not (ahead := self.ahead(changed)):
            return raw
        return msgspec.json.encode(record | {"changed_at": (changed + ahead).isoformat()})

    def _directory(self) -> tuple[int, dict[str, str], bytes]:
        if self.directory_status is not None:
            return self.directory_status, {}, b"not now"
        entries = [each for each in self.force.officers(self.system.now) if each["officer_ref"] in self._named]
        kept = entries[: int(len(entries) * self.share)]
        return 200, {"Content-Type": "application/x-ndjson"}, msgspec.json.Encoder().encode_lines(kept)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address, while the context lasts."""
        told = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                status, headers, body = told.answer(parts.path, parse_qs(parts.query))
                self.send_response(status)
                for name, text in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.alerts.append(msgspec.json.decode(body, type=Alert))
                self.send_response(204)
                self.end_headers()

            def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002  # as it is called
                now = told.system.now
                return format_datetime((now + told.ahead(now)).astimezone(UTC), usegmt=True)

            def log_message(self, *_: object) -> None:
                pass

        with _QuietServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()


def _officers_named(force: SimulatedForce) -> set[str]:
    """The officers who ever have a case, and those above them: a small force has no more."""
    second = int(force.end.timestamp())
    cases = [life.record(second).get("allocations", []) for life in force.lives]
    named = {str(each["officer_ref"]) for allocations in cases for each in allocations}
    everyone = force.officers(force.end)
    above = {str(each["supervisor_ref"]) for each in everyone if each["officer_ref"] in named}
    return named | above | {str(each["officer_ref"]) for each in everyone if each["role"] == "champion"}


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who asks may be killed before the answer."""


class MailServer:
    """A mail server that can be switched off and on again at the same port; it keeps what it took."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._open = folder, ExitStack()
        self.port = 0
        self.taken: list[Received] = []
        self.is_up = False

    def switch(self, on: bool) -> None:
        """Switch it on or off, where it is not."""
        if on == self.is_up:
            return
        self.is_up = on
        if on:
            self._sink = self._open.enter_context(MailSink(self._folder, port=self.port))
            self.port = self._sink.port
        else:
            self._open.close()
            self.taken += self._sink.messages
