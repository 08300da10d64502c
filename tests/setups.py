"""A service set up on real servers, in which all is well until a test plants something: what `compliance check` finds."""

import json
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword

from compliance import clock
from compliance.service.check import CheckOptions, check
from compliance.service.conditions import Finding
from tests.integration.test_mail_server import Server, running
from tests.service_states import ServiceState
from tests.web_server import WebServer, answer, serving

Record = dict[str, Any]
MAPPING: Final = """
timezone = "Europe/London"
crime = { crime_ref = "No", reported_at = "Reported" }
status = { status = "State", at = "Reported" }
allocations = { officer_ref = "Collar", from = "Reported" }
victims = { victim_ref = "Person" }
updates = { update_ref = "Contact", at = "Told", outcome = "Result" }
"""
COLUMNS: Final = ("No", "Reported", "State", "Collar", "Person", "Contact", "Told", "Result")
ROWS: Final = [
    (f"22A/{n}/26", "2026-07-01 09:00", "open", "O1", "V1", "U1", "2026-07-06 12:00", "informed") for n in range(25)
]
"""The same crimes as `records`, as a table has them."""


def records() -> list[Record]:
    when = "2026-07-01T09:00:00Z"
    return [
        {
            "crime_ref": f"22A/{n}/26",
            "reported_at": when,
            "status": [{"status": "open", "at": when}],
            "allocations": [{"officer_ref": "O1", "from": when}],
            "victims": [{"victim_ref": "V1"}],
            "updates": [{"update_ref": "U1", "at": "2026-07-06T12:00:00Z", "outcome": "informed", "method": "phone"}],
        }
        for n in range(25)
    ]


def officers() -> list[Record]:
    of = {"team": "T1", "division": "North"}
    return [
        {"officer_ref": "O1", "email": "o1@force.example", "supervisor_ref": "S1"} | of,
        {"officer_ref": "S1", "email": "s1@force.example", "role": "supervisor"} | of,
        {"officer_ref": "C1", "email": "c1@force.example", "role": "champion"} | of,
        {"officer_ref": "L1", "left_on": "2026-06-30"} | of,
    ]


@cache
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(name: str = "127.0.0.1", ends: timedelta | None = None) -> ssl.SSLContext:
    """A server's certificate by the authority of the tests, for a name; `ends`: in how long, from now."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    until = None if ends is None else (clock.now() + ends).replace(tzinfo=None)
    authority().issue_cert(name, not_after=until).configure_cert(made)
    return made


def log_in(_: Any, __: Any, ___: Any, ____: Any, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"service", b"swordfish-4"), handled=False)


@dataclass
class Setup:
    """What is set up; a plant changes it before the servers are started.

    `crimes`, `directory`: an answer in place of that made of the records. `tls`: the crime system's certificate. `mail`:
    what the mail server does, with aiosmtpd's options; `implicit`: its certificate where it speaks TLS from the start.
    `patch`: for what cannot be had otherwise.
    """

    state: ServiceState
    patch: pytest.MonkeyPatch
    records: list[Record] = field(default_factory=records)
    officers: list[Record] = field(default_factory=officers)
    crimes: bytes | None = None
    directory: bytes | None = None
    grants: list[bytes] = field(default_factory=list)
    granting: Callable[[bytes], bytes] | None = None
    headers: dict[str, Any] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    mail: Any = field(default_factory=Server)
    mail_options: dict[str, Any] = field(default_factory=dict)
    implicit: ssl.SSLContext | None = None
    changes: list[tuple[str, str]] = field(default_factory=list)
    mapping: str = ""
    send_to: str | None = None
    keeps_address: bool = True
    mail_port: int | None = None

    @property
    def folder(self) -> Path:
        return self.state.folder

    def set(self, old: str, new: str) -> None:
        """Replace a line of the settings, found by the expression at its beginning."""
        self.changes.append((rf"^{old}.*$", new))

    def trust(self) -> Path:
        """The file with the authority of the tests."""
        file = self.folder / "authority.pem"
        authority().cert_pem.write_to_path(file)
        return file

    def check(self) -> list[Finding]:
        """Start the servers and look."""
        with self.served():
            asked = CheckOptions(send_to=self.send_to)
            return list(check(self.state.config, lambda: self.state.now, asked))

    @contextmanager
    def served(self) -> Iterator[None]:
        """The servers, and the settings that name them."""
        with ExitStack() as stack:
            web: WebServer = stack.enter_context(serving(self.tls))
            port = stack.enter_context(running(self.mail, implicit=self.implicit, **self.mail_options))
            web.answers, web.grants = [self._page(), self._entries()], self.grants
            web.granting = self.granting
            addresses = [
                ('^url = "http://127.0.0.1:8470/crimes".*$', f'url = "{web.url}"'),
                ("^officers_url = .*$", f'officers_url = "{web.url}"'),
            ]
            said = [(old, new.replace("WEB", web.url)) for old, new in self.changes]
            base = [
                ("^# timezone = .*$", self.mapping),
                *(addresses if self.keeps_address else []),
                ("^port = 8471", f"port = {self.mail_port or port}"),
            ]
            self.state.write_settings(*base, *said)
            yield

    def found(self) -> dict[str, str]:
        """The sentence of each problem, with its details, by its name."""
        problems = [problem for finding in self.check() for problem in finding.problems]
        return {each.name: " | ".join((each.sentence, *each.details)) for each in problems}

    def _page(self) -> bytes:
        if self.crimes is not None:
            return self.crimes
        body = json.dumps({"records": self.records, "next": "c1", "more": False}).encode()
        return answer(body, **self.headers)

    def _entries(self) -> bytes:
        if self.directory is not None:
            return self.directory
        return answer("\n".join(map(json.dumps, self.officers)).encode(), Content_Type="application/x-ndjson")


PlantSetup = Callable[[Setup], object]
"""Puts something into a set-up in which all is well."""


def as_files(setup: Setup) -> None:
    """A folder of exports: a table of crimes and one of officers, left alone for long."""
    folder = setup.folder / "exports"
    folder.mkdir()
    write_table(folder / "crimes_1.csv", COLUMNS, ROWS)
    keys = ("officer_ref", "email", "supervisor_ref", "role", "team", "division", "left_on")
    write_table(folder / "officers.csv", keys, [tuple(each.get(key, "") for key in keys) for each in officers()])
    setup.keeps_address = False
    setup.changes += [
        ('^kind = "http"', 'kind = "files"'),
        ('^url = "http.*$', ""),
        ("^officers_url = .*$", ""),
        (
            r"^# \[crime_system.files\](.*\n#)+ tables.*$",
            '[crime_system.files]\nfolder = "exports"\ntables = { crimes = "crimes_*.csv" }\n'
            'officers = "officers.csv"\nsettle_seconds = 0',
        ),
    ]
    setup.mapping = MAPPING


def write_table(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    path.write_text("\n".join(",".join(row) for row in [columns, *rows]) + "\n")
