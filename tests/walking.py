"""Somebody at a real browser who goes through the pages, with a mouse or by keyboard alone.

Every page that they come to is looked at: it has one heading, reaches no further sideways than the window, and asks no
other host for anything. By keyboard every stop is looked at too: it is seen, and comes after the one before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Download, Locator, Page, Playwright, Request, Response, expect, sync_playwright

from compliance.web.roles import WebRole
from tests.browser import CHROMIUM
from tests.web_office import PEOPLE, WebOffice

Hand = Literal["mouse", "keyboard"]
Scheme = Literal["light", "dark"]

MOST_STOPS: Final = 400
"""How often somebody presses Tab on one page until they give up."""
_FOCUS: Final = """target => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  return {
    name: e.tagName + " " + (e.id || e.textContent.trim().slice(0, 40)),
    place: [...document.querySelectorAll("*")].indexOf(e), top: box.top + scrollY, bottom: box.bottom + scrollY,
    there: e === target || e.type === "radio" && e.name === (target || {}).name, nowhere: e === document.body,
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 1,
  };
}"""
"""What has the focus: where it is, and whether it can be seen that it has it."""
_LOOK: Final = """() => ({
  headings: document.querySelectorAll("h1").length, title: document.title,
  wide: document.scrollingElement.scrollWidth - innerWidth,
})"""
_LARGE_TEXT: Final = """() => {
  const root = document.documentElement;
  root.style.fontSize = "200%";
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  root.style.fontSize = "";
  return wide;
}"""


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody goes through the pages."""

    hand: Hand = "mouse"
    width: int = 1280
    scripts: bool = True
    scheme: Scheme = "light"

    def __str__(self) -> str:
        return f"{self.hand}-{self.width}-{'scripts' if self.scripts else 'no-scripts'}-{self.scheme}"


@contextmanager
def open_browser(playwright: Playwright | None = None) -> Iterator[Browser]:
    """The browser of this machine. While it is open nothing else in this thread can run an event loop."""
    if playwright is None:
        with sync_playwright() as started, open_browser(started) as browser:
            yield browser
        return
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Walk:
    """Somebody at a page. `wrong`: what was found wrong on the way."""

    office: WebOffice
    way: Way
    page: Page
    wrong: list[str] = field(default_factory=list)
    _at: int = -1
    """Where among the elements of the page the focus was last."""
    _low: float = 0
    """How far down that was."""
    _pressed: int = 0
    """How often Tab was pressed on this page."""

    @contextmanager
    def somebody(self, role: WebRole) -> Iterator[None]:
        """Somebody whom the proxy names, with a browser that has no cookies, signs in. At the end nothing was wrong."""
        self.wrong.clear()
        self.page.context.clear_cookies()
        headers = {"X-Remote-User": PEOPLE[role], "X-Remote-Groups": f"group of {role}"}
        self.page.context.set_extra_http_headers(headers)
        self.open("/")
        self.press(self.page.get_by_role("button"))
        yield
        assert not self.wrong, "\n".join(self.wrong)

    def note_request(self, asked: Request) -> None:
        """Note a request to another host."""
        if not asked.url.startswith(self.office.url):
            self.wrong.append(f"another host is asked: {asked.url}")

    def note_answer(self, answer: Response) -> None:
        """Note an answer that is an error."""
        if answer.status >= 400:
            self.wrong.append(f"{answer.status} for {answer.url}")

    # What somebody does

    def open(self, path: str) -> None:
        """Open a page by its address."""
        self.page.goto(f"{self.office.url}{path}")
        self.look()

    def follow(self, name: str, within: str = "body", place: int = 0) -> None:
        """Follow a link by what it says: the first of those in a part of the page, or another."""
        links = self.page.locator(within).get_by_role("link", name=name, exact=True)
        self.press(links.nth(place))

    def push(self, name: str) -> None:
        """Press the button that says so, the first that can be seen."""
        self.press(self.page.get_by_role("button", name=name, exact=True).first)

    def press(self, target: Locator) -> None:
        """Follow a link or press a button that leads to another page."""
        with self.page.expect_event("load"):
            self._touch(target)
        self.look()

    def save(self, name: str) -> Download:
        """Follow a link to a file, which is saved."""
        with self.page.expect_download() as saved:
            self._touch(self.page.get_by_role("link", name=name, exact=True))
        return saved.value

    def unfold(self, target: Locator) -> None:
        """Open what is folded away."""
        self._touch(target)

    def write(self, label: str, text: str) -> None:
        """Fill in a field that can be seen."""
        target = self.page.get_by_label(label, exact=True).filter(visible=True).first
        if self.way.hand == "mouse":
            target.fill(text)
        else:
            self.reach(target)
            is_day = target.get_attribute("type") == "date"
            self.page.keyboard.type("".join(reversed(text.split("-"))) if is_day else text)
            assert target.input_value() == text

    def choose(self, label: str, option: str) -> None:
        """Choose one of the first list of a name."""
        target = self.page.get_by_label(label, exact=True).first
        if self.way.hand == "mouse":
            target.select_option(label=option)
        else:
            self.reach(target)
            self.page.keyboard.type(option)
            assert target.locator("option:checked").inner_text() == option

    def tick(self, label: str, within: str = "body") -> None:
        """Choose one of several answers, in a part of the page."""
        target = self.page.locator(within).get_by_label(label, exact=True)
        if self.way.hand == "mouse":
            target.check()
        else:
            self.reach(target)
            self.page.keyboard.press("Space")
            while not target.is_checked():
                self.page.keyboard.press("ArrowDown")

    def back(self) -> None:
        """Go back to the page before."""
        self.page.go_back()
        self.look()

    def _touch(self, target: Locator) -> None:
        if self.way.hand == "mouse":
            target.click()
            return
        self.reach(target)
        self.page.keyboard.press("Enter")

    # What somebody sees

    def reads(self, heading: str, *words: str) -> None:
        """The page has this heading, and says these words."""
        expect(self.page.locator("h1")).to_have_text(heading)
        said = self.text()
        assert all(each in said for each in words), said

    def text(self) -> str:
        """What the page says."""
        return " ".join(self.page.locator("main").inner_text().split())

    def look(self) -> None:
        """Look at the page that has just been loaded."""
        self._at, self._low, self._pressed = -1, 0, 0
        seen, width = self.page.evaluate(_LOOK), self.page.evaluate("innerWidth")
        if seen["headings"] != 1 or not seen["title"]:
            self.wrong.append(f"{self.page.url}: {seen}")
        if seen["wide"] > 0:
            self.wrong.append(f"{self.page.url}: {seen['wide']} px wider than {width}")
        if width >= 640 and (wide := self.page.evaluate(_LARGE_TEXT)) > 0:
            self.wrong.append(f"{self.page.url}: with text twice as large {wide} px wider than {width}")

    # By keyboard

    def reach(self, target: Locator) -> None:
        """Go to an element by Tab alone; into the content by the link that skips what is above it."""
        element = target.element_handle()
        if self._at < 0 and element.evaluate("e => e.closest('main') !== null"):
            self._skip()
        while True:
            stop = self._stop(element)
            if not stop["nowhere"]:
                self._judge(stop)
            if stop["there"]:
                return

    def go_round(self) -> list[str]:
        """The stops of a page from the first to the last, until the focus leaves the page or is at the first again."""
        self._at, self._low, stops = -1, 0, dict[int, str]()
        while True:
            stop = self._stop(None)
            if stop["nowhere"] or (stop["place"] == next(iter(stops), None) and len(stops) > 1):
                return list(stops.values())
            self._judge(stop)
            stops[stop["place"]] = stop["name"]  # a day is several: day, month, year and its calendar

    def _skip(self) -> None:
        """Take the first stop of the page, which leads to the content."""
        assert self._stop(None)["name"] == "A Skip to the content"
        self.page.keyboard.press("Enter")
        expect(self.page.locator("main")).to_be_focused()

    def _stop(self, target: Any) -> dict[str, Any]:
        """Go to the next stop."""
        self._pressed += 1
        assert self._pressed < MOST_STOPS, f"{self.page.url}: Tab never comes to {target}"
        self.page.keyboard.press("Tab")
        return dict(self.page.evaluate(_FOCUS, target))

    def _judge(self, stop: dict[str, Any]) -> None:
        if stop["place"] < self._at:
            self.wrong.append(f"{self.page.url}: {stop['name']} has the focus after what stands below it")
        elif self.way.width < 640 and stop["bottom"] < self._low:
            self.wrong.append(f"{self.page.url}: {stop['name']} stands above what had the focus before")
        if not stop["seen"]:
            self.wrong.append(f"{self.page.url}: it is not seen that {stop['name']} has the focus")
        self._at, self._low = stop["place"], stop["top"]


@contextmanager
def open_walk(browser: Browser, office: WebOffice, way: Way) -> Iterator[Walk]:
    """A window of the browser for one person after another: a new one for each would take longer than most walks."""
    with browser.new_context(
        viewport={"width": way.width, "height": 600}, java_script_enabled=way.scripts, color_scheme=way.scheme,
        locale="en-GB",
    ) as context:  # fmt: skip
        context.set_default_timeout(20_000)
        walk = Walk(office, way, context.new_page())
        context.on("console", lambda said: walk.wrong.append(f"the browser says: {said.text}"))
        context.on("weberror", lambda error: walk.wrong.append(f"a script fails: {error.error}"))
        context.on("request", walk.note_request)
        context.on("response", walk.note_answer)
        yield walk
