"""Every page of every role, found by following the links, light and dark, on a phone and on a screen; and every walk in every way."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser
from starlette.routing import Match, Route

from compliance.web.pages import PAGES
from compliance.web.roles import WebRole
from tests.acceptance.test_web_walks import TASKS
from tests.browser import BROWSER
from tests.integration.test_web_disputes import dispute
from tests.integration.test_web_quality import receive, set_aside
from tests.integration.test_web_release import hold
from tests.traced_lists import FIGURE, compared, looked_up
from tests.walked_office import PERIOD, open_walked_office
from tests.walking import Hand, Scheme, Walk, Way, open_browser, open_walk
from tests.web_office import CRIMES, WebOffice

pytestmark = [BROWSER, pytest.mark.long]
HANDS: Final[tuple[Hand, ...]] = ("mouse", "keyboard")
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
WIDTHS: Final = (320, 640, 1280)
ROUTES: Final = {page.path: Route(page.path, print, methods=["GET"]) for page in PAGES if page.method == "GET"}
BY_FORM: Final = {"/crimes"}
"""Where a form leads, and no link."""
LOOKED_UP: Final = {
    WebRole.PERFORMANCE: [f"/reports/{PERIOD}/board/cases?figure={FIGURE}"],
    WebRole.CHAMPION: [f"/reports/{PERIOD}/division-north/cases?figure={FIGURE}"],
}
"""Where the cases stand that were looked up: links lead to those of every other figure first."""
ALL_WAYS: Final = tuple(
    Way(hand, width, scripts, scheme)
    for hand, width, scripts, scheme in product(HANDS, (320, 1280), (True, False), SCHEMES)
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    with open_walked_office(tmp_path_factory.mktemp("web"), len(ALL_WAYS) + 1) as opened:
        yield opened


@pytest.mark.parametrize("way", ALL_WAYS, ids=str)
def test_every_task_is_done_in_every_way(browser: Browser, office: WebOffice, way: Way) -> None:
    with open_walk(browser, office, way) as walk:
        for task, role in TASKS.items():
            with walk.somebody(role):
                task(walk)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """All that can stand on a page: reports held and suspended, cases looked up, another rule tried, something set aside."""
    with open_walked_office(tmp_path_factory.mktemp("web"), 2) as opened:
        receive(opened)
        hold(opened, week="2026-W27")
        opened.service.reporting.gate.suspend(date(2026, 8, 2), "A new crime system", "an.analyst", opened.now)
        for division in (None, "North"):
            looked_up(opened, PERIOD, division, [*CRIMES.values()], 0)
        compared(opened, [*CRIMES.values()])
        dispute(opened, "n1a", "She was told on the 7th.")
        set_aside(opened)
        yield opened


@pytest.mark.parametrize("role", WebRole)
def test_every_page_of_a_role_is_found_by_its_links_and_fits_every_window(
    browser: Browser, full: WebOffice, role: WebRole
) -> None:
    with open_walk(browser, full, Way()) as walk, walk.somebody(role):
        found = explore(walk, LOOKED_UP.get(role, []))
    declared = {page.path for page in PAGES if page.method == "GET" and role in (page.roles or ())}
    assert declared - found <= BY_FORM


def explore(walk: Walk, known: Sequence[str]) -> set[str]:
    """Look at one page of each kind that a link leads to. Files are not opened."""
    found, waiting = set[str](), [urlsplit(walk.page.url).path, *known]
    while waiting:
        address = waiting.pop()
        kind = next(page for page, route in ROUTES.items() if is_at(route, urlsplit(address).path))
        if kind in found:
            continue
        found.add(kind)
        if kind.endswith("{form}") or kind.startswith("/proof"):
            continue
        walk.open(address)
        for scheme, width in product(SCHEMES, WIDTHS):
            walk.page.emulate_media(color_scheme=scheme)
            walk.page.set_viewport_size({"width": width, "height": 600})
            walk.look()
        links = walk.page.eval_on_selector_all("a[href]", "all => all.map(e => e.getAttribute('href'))")
        waiting += [link for link in links if link.startswith("/")]
    return found


def is_at(route: Route, path: str) -> bool:
    """Whether a page is at a path."""
    return route.matches({"type": "http", "path": unquote(path), "method": "GET"})[0] is Match.FULL
