"""Programs that read the JSON API of a force's pages over HTTP, each by a token of its own, and a report for them to read.

A test module takes the fixture over by name: `office = web_office.office`.
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any, Final

import httpx
import msgspec

from compliance.reports.model.report_model import Figures
from compliance.reports.rendering.forms import FORMS, ReportContent
from compliance.store.tables import Published
from compliance.web.api.client_tokens import create_token
from compliance.web.api.resource_table import PREFIX
from compliance.web.roles import WebRole
from tests.web_office import NOW, WebOffice

_NUMBERS: Final = count(1)


@dataclass
class Program:
    """A program with a token."""

    office: WebOffice
    name: str
    token: str

    @property
    def person(self) -> str:
        """How the audit log names it."""
        return f"token {self.name}"

    def get(self, path: str, **given: Any) -> httpx.Response:
        """One request for what is below the API's path, or for a whole path."""
        headers = {"Authorization": f"Bearer {self.token}"} | given.pop("headers", {})
        return ask(self.office, path, headers=headers, **given)

    def json(self, path: str, **given: Any) -> Any:
        """What is answered; it must be given."""
        answer = self.get(path, **given)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()


def ask(office: WebOffice, path: str, method: str = "GET", **given: Any) -> httpx.Response:
    """One request, by nobody unless the headers say so."""
    whole = path if path.startswith(PREFIX) else PREFIX + path
    return office.client.request(method, office.url + whole, **given)


def program(
    office: WebOffice, role: WebRole = WebRole.PERFORMANCE, division: str | None = None, days: int = 90
) -> Program:
    """A program with a new token; of a champion's role that of North, if no division is given."""
    name = f"program-{next(_NUMBERS)}"
    division = division or ("North" if role is WebRole.CHAMPION else None)
    token = create_token(office.service.store, name, role, division, days, "mhill", office.now)
    return Program(office, name, token)


def publish(
    office: WebOffice,
    figures: Figures,
    period: str,
    edition: str,
    *,
    version: int = 1,
    forms: tuple[str, ...] = ("json",),
) -> dict[str, bytes]:
    """A report, of which only the figures and the digests of its files are stored; its files, by form."""
    made = {form: FORMS[form](ReportContent(figures)) for form in forms}  # type: ignore[index]
    files = {f"{period}-{edition}.{form}": sha256(content).hexdigest() for form, content in made.items()}
    row = Published(
        period=period, edition=edition, version=version, as_at=NOW, known_at=NOW, policy_digest="", policy={},
        figures=msgspec.to_builtins(figures), files=files, published_at=NOW,
    )  # fmt: skip
    with office.service.store.session() as session:
        session.add(row)
    return made
