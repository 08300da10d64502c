"""How soon a page is there on a slow line, and how much is sent for it, in a real browser.

At 1.6 Mbit/s and 150 ms from request to answer, with nothing kept from before: the first page of each role, and those
with most on them, such as a full page of My victims and a team of twenty officers. Each is opened three times and the
middle one counts. Nothing is compressed, as without a proxy that does so. The baseline is the same page on a line
without limits. Needs a Chromium.
"""

import tempfile
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
from playwright.sync_api import Browser

from benchmarks.timing import show
from compliance.records import Officer
from compliance.web.roles import WebRole
from tests.browser import CHROMIUM
from tests.integration.test_report_html import figures
from tests.integration.test_web_reports import publish
from tests.stores import crime
from tests.walked_office import PERIOD, open_walked_office
from tests.walking import Walk, Way, open_browser, open_walk
from tests.web_office import NORTH, STAFF, WebOffice, records

SLOW: Final = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
"""Milliseconds, and bytes a second."""
OPENED: Final = 3
PAGES: Final = (
    ("My victims, a full page", WebRole.OFFICER, "/my-victims"),
    ("A crime", WebRole.OFFICER, "/crimes/22A%2F701%2F26"),
    ("My team, 20 officers", WebRole.SUPERVISOR, "/team"),
    ("My division", WebRole.CHAMPION, "/division"),
    ("First page of the performance team", WebRole.PERFORMANCE, "/"),
    ("Overdue now", WebRole.PERFORMANCE, "/overdue"),
    ("Reports, first page of the board", WebRole.BOARD, "/reports"),
    ("A report's key figures", WebRole.BOARD, f"/reports/{PERIOD}/board"),
    ("A section with charts", WebRole.BOARD, "/reports/2026-W45/board/sections/trends"),
    ("The longest section", WebRole.BOARD, "/reports/2026-W45/board/sections/in-full"),
    ("Policy", WebRole.BOARD, "/policy"),
    ("Health", WebRole.ADMINISTRATOR, "/health"),
)
_PAINTED: Final = "(performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime || 0"
_SENT: Final = "performance.getEntries().reduce((sum, each) => sum + (each.transferSize || 0), 0)"


def main() -> None:
    """Measure, and show a line for each page."""
    if CHROMIUM is None:
        print("no Chromium is installed: nothing was measured")
        return
    rows: list[tuple[str, ...]] = [("page", "first painted", "without limits", "sent")]
    with (
        tempfile.TemporaryDirectory() as place,
        open_walked_office(Path(place), 25) as office,
        open_browser() as browser,
    ):
        fill_team(office)
        publish(office, "2026-W45", "board", held=msgspec.to_builtins(figures()))
        for name, role, path in PAGES:
            slow, sent = measure(browser, office, role, path, is_slow=True)
            quick, _ = measure(browser, office, role, path, is_slow=False)
            rows.append((name, f"{slow:,.0f} ms", f"{quick:,.0f} ms", f"{sent / 1000:,.0f} kB"))
    show("First paint of the pages, at 1.6 Mbit/s and 150 ms", rows)


def fill_team(office: WebOffice) -> None:
    """Give the team of the supervisor twenty officers with five overdue crimes each."""
    many = [Officer(f"o{n}", name=f"Officer {n}", supervisor_ref="n1s", **NORTH) for n in range(20)]
    office.directory(*STAFF, *many)
    records(
        office,
        *(crime(f"22A/{1000 + 10 * n + k}/26", officer_ref=f"o{n}", **NORTH) for n in range(20) for k in range(5)),
    )


def measure(browser: Browser, office: WebOffice, role: WebRole, path: str, *, is_slow: bool) -> tuple[float, int]:
    """Return the milliseconds until something of a page was seen, and the bytes sent for it."""
    with open_walk(browser, office, Way()) as walk, walk.somebody(role):
        line = walk.page.context.new_cdp_session(walk.page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        if is_slow:
            line.send("Network.emulateNetworkConditions", SLOW)
        found = [open_once(walk, path) for _ in range(OPENED)]
    return median(painted for painted, _ in found), found[0][1]


def open_once(walk: Walk, path: str) -> tuple[float, int]:
    """Open a page, and ask the browser when it was painted and what was sent."""
    walk.page.goto(f"{walk.office.url}{path}")
    while not (painted := walk.page.evaluate(_PAINTED)):
        walk.page.wait_for_timeout(10)
    return float(painted), int(walk.page.evaluate(_SENT))


if __name__ == "__main__":
    main()
