"""Each role's main tasks in a real browser, from signing in to done: with a mouse and by keyboard, with scripts and without."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from compliance.store import list_disputes, list_quarantined
from compliance.web.roles import WebRole
from tests.browser import BROWSER
from tests.walked_office import A_PAGE, PERIOD, open_walked_office, work
from tests.walking import Scheme, Walk, Way, open_browser, open_walk
from tests.web_office import CRIMES, WebOffice

pytestmark = BROWSER
SCREEN: Final = Way("mouse", 1280, scripts=True)
REPORT: Final = "Weekly report, 6 to 12 July 2026"
"""The title of the board's report of PERIOD."""
PHONE: Final = Way("keyboard", 320, scripts=False)
"""As wide as a phone, or a screen whose text is four times as large."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    with open_walked_office(tmp_path_factory.mktemp("web"), 3) as opened:
        yield opened


@pytest.fixture(scope="module")
def walks(browser: Browser, office: WebOffice) -> Iterator[Callable[[Way], Walk]]:
    """A window of the browser for each way to go."""
    with ExitStack() as stack:
        yield cache(lambda way: stack.enter_context(open_walk(browser, office, way)))


def officer(walk: Walk) -> None:
    """An officer looks at a crime of theirs, and says that another is wrong."""
    walk.reads("My victims", "Overdue")
    walk.follow("Why this is owed: crime 22A/701/26")
    walk.reads("Crime 22A/701/26", "Reminders")
    walk.back()
    before = len(list_disputes(walk.office.service.store))
    card = walk.page.locator("article").filter(has_not_text=re.compile("your query", re.IGNORECASE)).first
    walk.unfold(card.locator("summary"))
    walk.write("What is wrong?", "She was told on the 7th.")
    walk.push("Send to the performance team")
    walk.reads("My victims", "Your query is with the performance team")
    assert len(list_disputes(walk.office.service.store)) == before + 1
    walk.push("Sign out")
    walk.reads("You are signed out")


def supervisor(walk: Walk) -> None:
    """A supervisor looks at the team, at one of its officers, and for a reason at a crime of another team."""
    walk.follow("My team", "nav")
    walk.reads("My team", "updates overdue")
    walk.follow("Ash Adze (n1a)")
    walk.follow("22A/701/26")
    walk.reads("Crime 22A/701/26")
    walk.follow("Test Constabulary: Victims’ Code compliance", "header")
    walk.write("Open a crime or an officer", CRIMES["s1a"])
    walk.push("Open")
    walk.write("Reason", "covering for the sergeant of South 1")
    walk.push("Open the crime")
    walk.reads(f"Crime {CRIMES['s1a']}", "offence of s1a")


def champion(walk: Walk) -> None:
    """A champion looks at the division, chooses what is owed for long, and takes the list along."""
    walk.follow("My division", "nav")
    walk.reads("My division", "Briar Basalt (n1b)")
    walk.follow("Overdue now", "nav")
    walk.reads("Overdue now")
    walk.press(walk.page.locator("tbody td a").first)
    walk.choose("Sorted by", "Crime number")
    walk.push("Show")
    walk.reads("What is owed", f"{A_PAGE} of ")
    walk.follow("Next page")
    assert "22A/701/26" not in walk.text(), "it was on the page before"
    with Path(walk.save("CSV").path()).open(encoding="utf-8-sig") as file:
        assert len(list(csv.reader(file))) > A_PAGE


def performance(walk: Walk) -> None:
    """The performance team does its morning's work."""
    store, before = walk.office.service.store, len(list_quarantined(walk.office.service.store))
    walk.follow("Overdue now", "nav")
    walk.press(walk.page.locator("tr").filter(has_text="South").locator("td a"))
    walk.reads("What is owed", "Overdue, South: 1", "Fern Jasper (s1a)")
    walk.follow("Data quality", "nav")
    walk.press(walk.page.locator("main").get_by_role("link", name="Refused records").first)
    walk.press(walk.page.locator("article a").first)
    walk.push("Try it again")
    assert "1 accepted" in walk.text()
    assert len(list_quarantined(store)) == before - 1
    walk.follow("Disputes", "nav")
    walk.press(walk.page.locator("article h2 a").first)
    walk.tick("The record is right")
    walk.write("Note", "The call of the 7th is not in the record.")
    walk.push("Store the answer")
    assert "The answer is stored" in walk.text()
    walk.follow("Outbox", "nav")
    walk.press(walk.page.locator("main").get_by_role("link", name="Email 2").first)
    assert "Message-ID" in walk.text()


def reader(walk: Walk) -> None:
    """A reader of a dip sample answers about a case, goes on to the next, and goes back to correct the first."""
    walk.follow("Dip samples", "nav")
    walk.press(walk.page.locator("section").filter(has_text=re.compile("0 of 6 cases read")).locator("h2 a").first)
    walk.follow("Begin")
    walk.tick("Yes", "#told")
    walk.write("On which day?", "2026-07-07")
    walk.tick("No", "#said_what_next")
    walk.write("Note", "By letter.")
    walk.push("Store it, and go to the next")
    assert "Case 1 is stored. " in walk.text()
    assert "5 left to read" in walk.text()
    walk.follow("Previous case")
    walk.tick("No", "#told")
    assert not walk.page.get_by_label("On which day?").is_visible(), "it is asked of victims who were told"
    walk.push("Store it")
    walk.follow("All your cases")
    assert "Case 1 no" in walk.text()


def analyst(walk: Walk) -> None:
    """The performance team asks which cases are behind a number, and what another rule would have done."""
    walk.follow("Reports", "nav")
    walk.follow(REPORT)
    walk.press(walk.page.locator("main").get_by_role("link", name="All sections").first)
    walk.follow("Divisions", "main")
    walk.press(walk.page.locator("a.cases").first)
    if walk.page.get_by_role("button", name="Look them up").count():
        walk.push("Look them up")
    wait_for(walk, "as published")
    walk.follow("What if", "nav")
    walk.write("First day", "2026-06-06")
    walk.write("Last day", "2026-08-08")
    walk.choose("Key", "7-day.within.days (now 7)")
    walk.write("Value", "20")
    walk.push("Work it out")
    wait_for(walk, "changed state")


def wait_for(walk: Walk, words: str) -> None:
    """Look again when what is asked for is done in the background."""
    if walk.page.get_by_role("link", name="Look again", exact=True).count():
        work(walk.office)
        walk.follow("Look again")
    assert words in walk.text()


def board(walk: Walk) -> None:
    """A member of the board reads the key figures, and a section."""
    walk.reads("Reports", PERIOD)
    walk.follow(REPORT)
    walk.press(walk.page.locator("main").get_by_role("link", name="All sections").first)
    walk.follow("Divisions", "main")


def administrator(walk: Walk) -> None:
    """An administrator looks whether the service is well."""
    walk.reads("Health")


TASKS: Final[dict[Callable[[Walk], None], WebRole]] = {
    officer: WebRole.OFFICER, supervisor: WebRole.SUPERVISOR, champion: WebRole.CHAMPION,
    performance: WebRole.PERFORMANCE, analyst: WebRole.PERFORMANCE, reader: WebRole.PERFORMANCE, board: WebRole.BOARD,
    administrator: WebRole.ADMINISTRATOR,
}  # fmt: skip


@pytest.mark.parametrize(
    ("task", "way"),
    [*((task, PHONE) for task in TASKS), (officer, SCREEN), (performance, SCREEN), (reader, SCREEN)],
    ids=lambda given: getattr(given, "__name__", str(given)),
)
def test_a_role_does_what_it_is_there_for(walks: Callable[[Way], Walk], task: Callable[[Walk], None], way: Way) -> None:
    """In every way: `tests/soak/test_web_every_page.py`."""
    walk = walks(way)
    with walk.somebody(TASKS[task]):
        task(walk)


@pytest.mark.parametrize(
    ("role", "path", "some"),
    [
        (WebRole.OFFICER, "/my-victims", "SUMMARY"),
        (WebRole.SUPERVISOR, "/", "INPUT"),
        (WebRole.CHAMPION, "/overdue/list", "SELECT"),
        (WebRole.PERFORMANCE, "/whatif", "BUTTON"),
        (WebRole.PERFORMANCE, f"/reports/{PERIOD}/board/sections/divisions", "SECTION"),
        (WebRole.PERFORMANCE, "/disputes/1", "TEXTAREA"),
        (WebRole.PERFORMANCE, "/reviews/1/2", "INPUT told-yes"),
    ],
)
def test_tab_comes_to_all_that_can_be_done_on_a_page_and_leaves_it(
    walks: Callable[[Way], Walk], role: WebRole, path: str, some: str
) -> None:
    walk = walks(PHONE)
    with walk.somebody(role):
        walk.open(path)
        stops = walk.go_round()
        assert len(stops) == walk.page.evaluate(STOPS), stops
        assert stops[0] == "A Skip to the content"
        assert any(stop.startswith(some) for stop in stops)


STOPS: Final = """() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const seen = all.filter(e => e.type !== "hidden" && e.checkVisibility());
  return seen.filter(e => e.type !== "radio" || e === seen.find(other => other.name === e.name)).length;
}"""
"""How many places of a page can be used; of one of several answers the first."""


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_what_has_the_focus_looks_different(browser: Browser, office: WebOffice, scheme: Scheme) -> None:
    """A link, a button, every kind of field, what unfolds and what scrolls."""
    kinds = {
        "/my-victims": ("a.skip", "button.link", "main a", "summary"),
        "/overdue/list": ("section.scroll", "select", "form.filters button"),
        "/crimes/22A%2F703%2F26?as_at=2026-07-10": ("input[type=date]",),
        "/": ("input[type=text]",),
    }
    with open_walk(browser, office, Way(scheme=scheme)) as walk, walk.somebody(WebRole.SUPERVISOR):
        for path, names in kinds.items():
            walk.open(path)
            for name in names:
                walk.reach(walk.page.locator(name).first)
                focused = walk.page.screenshot()
                walk.page.evaluate("document.activeElement.blur()")
                assert walk.page.screenshot() != focused, f"{path}: {name}"


GOOD: Final = """<!DOCTYPE html><html lang="en"><head><title>A page</title><style>:focus-visible { outline: 3px solid #17496b }
</style></head><body><a href="#b">One</a><p>Words</p><a href="#b" id="b">Two</a><h1>A page</h1></body></html>"""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("</h1>", "</h1><h1>Another</h1>", "'headings': 2"),
        ("<title>A page</title>", "", "'title': ''"),
        ("<p>", "<p style='width: 400px'>", "px wider than 320"),
        (":focus-visible", "nothing", "it is not seen that A One has the focus"),
        ('id="b"', 'id="b" style="position: absolute; left: -99rem"', "it is not seen that A b has the focus"),
        ('id="b"', 'id="b" tabindex="1"', "A One has the focus after what stands below it"),
        ("<body>", "<body style='display: flex; flex-direction: column-reverse'>", "stands above what had the focus"),
        ("<p>", "<p><img src='http://127.0.0.2:1/'>", "another host is asked"),
    ],
)
def test_a_walk_sees_what_is_wrong(walks: Callable[[Way], Walk], right: str, wrong: str, said: str) -> None:
    walk = walks(PHONE)
    walk.page.goto("about:blank")  # a page of ours would take no styles but its own
    for text, expected in ((GOOD, ""), (GOOD.replace(right, wrong), said)):
        walk.wrong.clear()
        walk.page.set_content(text)
        walk.look()
        walk.go_round()
        assert expected in " ".join(walk.wrong) if expected else walk.wrong == []
