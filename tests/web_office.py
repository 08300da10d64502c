"""The pages of a small force, served over HTTP, and browsers that the reverse proxy has signed in.

A test module takes the fixtures over by name: `office, analyst = web_office.office, web_office.analyst`.

Division North has the teams N1 and N2, South has S1. Everybody has one crime that is overdue.
"""

import html
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from compliance.config import Settings
from compliance.records import Officer
from compliance.service import Service
from compliance.serving import serve_locally
from compliance.store import save_officers
from compliance.web.application import make_application
from compliance.web.page_table import WebPage
from compliance.web.pages import PAGES
from compliance.web.roles import WebRole
from compliance.web.serving_pages import sign_in_of
from tests import stores
from tests.stores import at, crime, take

NOW: Final = at("2026-07-20 11:00")
"""Monday: what is owed for a report of 1 July fell due on Wednesday the 8th."""
NORTH: Final[Any] = {"division": "North", "team": "N1"}
STAFF: Final = (
    Officer("n1a", name="Ash Adze", email="n1a@force.example", supervisor_ref="n1s", **NORTH),
    Officer("n1b", name="Briar Basalt", email="n1b@force.example", supervisor_ref="n1s", **NORTH),
    Officer("n1s", name="Cedar Chalk", email="n1s@force.example", role="supervisor", **NORTH),
    Officer("n2a", name="Dunlin Flint", email="n2a@force.example", division="North", team="N2"),
    Officer("nc", name="Elder Gneiss", email="nc@force.example", division="North", role="champion"),
    Officer("s1a", name="Fern Jasper", email="s1a@force.example", division="South", team="S1"),
)
CRIMES: Final = {officer.officer_ref: f"22A/70{n}/26" for n, officer in enumerate(STAFF, 1)}
"""The crime that each has."""
PEOPLE: Final = {
    WebRole.OFFICER: "n1a",
    WebRole.SUPERVISOR: "n1s",
    WebRole.CHAMPION: "nc",
    WebRole.PERFORMANCE: "an.analyst",
    WebRole.BOARD: "a.superintendent",
    WebRole.ADMINISTRATOR: "an.administrator",
}
"""Who has each role."""
TLS: Final = ssl.create_default_context()
"""Read once: nothing here goes over TLS, and each request would read the authorities of the machine again."""


def case(officer: Officer, **fields: Any) -> stores.Record:
    """The crime of somebody, with an offence by which it is known again."""
    ref = CRIMES[officer.officer_ref]
    where = {"officer_ref": officer.officer_ref, "team": officer.team, "division": officer.division}
    return crime(ref, **where, offence=f"offence of {officer.officer_ref}", **fields)


@dataclass
class WebOffice:
    """A force's pages. `now` moves. `client`: the connections to them, everybody's; it keeps no cookies."""

    service: Service
    client: httpx.Client
    url: str = ""
    now: datetime = NOW

    def directory(self, *officers: Officer) -> None:
        save_officers(self.service.store, officers, self.now)

    def browser(self, role: WebRole, person: str | None = None) -> "Browser":
        """Somebody signed in in a role."""
        browser = Browser(self, person or PEOPLE[role], [f"group of {role}"])
        browser.sign_in(role)
        return browser


def settings_of(url: str, folder: Path, **web: Any) -> Settings:
    """A force whose proxy is on this machine, with a group for each role."""
    roles = {role.value: [f"group of {role}"] for role in WebRole}
    return Settings.model_validate(
        {
            "force": {"name": "Test Constabulary"},
            "database": {"url": url},
            "crime_system": {"url": "http://127.0.0.1:1/crimes"},
            "reminders": {"due_from": "2026-05-01"},
            "mail": {"host": "127.0.0.1", "security": "plain", "sender": "updates@force.example"},
            "web": {"port": 8480, "proxies": ["127.0.0.1"], "user_header": "X-Remote-User", "roles": roles} | web,
            "report": {"folder": str(folder / "reports")},
            "base": folder,
            "source": "config.toml",
        }
    )


@contextmanager
def open_web_office(url: str, folder: Path, pages: tuple[WebPage, ...] = PAGES, **web: Any) -> Iterator[WebOffice]:
    """The pages of the force, filled and served; everybody's crime has been overdue since 8 July."""
    with ExitStack() as stack:
        clock: list[WebOffice] = []
        service = stack.enter_context(Service.open(settings_of(url, folder, **web), lambda: clock[0].now))
        client = httpx.Client(verify=TLS, cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])))
        office = WebOffice(service, stack.enter_context(client))
        clock.append(office)
        office.directory(*STAFF)
        take(service.store, NOW, *map(case, STAFF))
        service.judge()
        application = make_application(service, sign_in_of(service), pages)
        office.url = stack.enter_context(serve_locally(application, 0, "pages"))
        yield office


@dataclass
class Browser:
    """A browser behind the proxy. It keeps cookies as one over HTTPS would, and follows nothing by itself."""

    office: WebOffice
    person: str
    groups: list[str]
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] | None = None

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One request, with the headers of the proxy."""
        proxied = {"X-Remote-User": self.person, "X-Remote-Groups": ",".join(self.groups)}
        headers = {**(proxied if self.headers is None else self.headers), **given.pop("headers", {})}
        headers["Cookie"] = "; ".join(f"{name}={held}" for name, held in self.cookies.items())
        answer = self.office.client.request(method, f"{self.office.url}{path}", headers=headers, **given)
        for line in answer.headers.get_list("set-cookie"):
            name, held = line.split(";")[0].split("=", 1)
            assert {"httponly", "secure", "path=/", "samesite=lax"} <= {
                part.strip().lower() for part in line.split(";")
            }
            self.cookies[name] = held.strip('"')
            if not self.cookies[name]:
                del self.cookies[name]
        return answer

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("GET", path, **given)

    def post(self, path: str, **form: str) -> httpx.Response:
        """A form, with the token of the page that the person has before them."""
        return self.ask("POST", path, data={"token": self.token()} | form)

    def token(self) -> str:
        """The token of this person's forms, as on any of their pages."""
        page = self.get("/")
        while page.is_redirect:
            page = self.get(page.headers["location"])
        return field_of(page.text, "token")

    def sign_in(self, role: WebRole | str, **form: str) -> httpx.Response:
        """Choose a role of those offered."""
        offered = self.get("/sign-in").text
        chosen = {"token": field_of(offered, "token"), "person": self.person, "role": str(role), "next": "/"}
        return self.ask("POST", "/sign-in", data=chosen | form)


def field_of(page: str, name: str) -> str:
    """What a page's first hidden field of a name holds; empty if it has none."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def words_of(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def later(office: WebOffice, **by: float) -> datetime:
    """Let time pass."""
    office.now += timedelta(**by)
    return office.now


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    """The pages of the force on a database of their own."""
    with open_web_office(stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db"), tmp_path) as opened:
        yield opened


@pytest.fixture
def analyst(office: WebOffice) -> Browser:
    """Somebody of the performance team."""
    return office.browser(WebRole.PERFORMANCE)


def records(office: WebOffice, *crimes: stores.Record) -> None:
    """The crime system says so now, and it is judged."""
    take(office.service.store, office.now, *crimes)
    office.service.judge()
