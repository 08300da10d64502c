"""`docs/pictures`: the board's page and an email of the demo, as README shows them, and pages of the intranet, as
`docs/pages.md` and the pages for each role do. `make pictures` makes them anew.

The demo must have been run. The board's page is drawn by the typesetter of the PDF; the others need a Chromium.
"""

import email
import email.policy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
import typst

from compliance.reminders import remind
from compliance.reports.model.report_model import Figures
from compliance.reports.rendering.forms import ReportContent
from compliance.reports.rendering.typesetting import template_data
from compliance.resources import resource
from compliance.web.roles import WebRole
from tests import stores
from tests.browser import CHROMIUM
from tests.integration.test_report_html import figures
from tests.integration.test_web_disputes import dispute
from tests.integration.test_web_quality import receive
from tests.integration.test_web_reports import publish
from tests.stores import crime, take, updates
from tests.web_office import WebOffice, open_web_office

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
DEMO: Final = ROOT / "var" / "demo"
PIXELS_PER_INCH: Final = 96


def draw_board(figures: Figures) -> bytes:
    """Return the first page of a report as PNG."""
    data = msgspec.json.encode(template_data(ReportContent(figures).report)).decode()
    source = resource("templates", "report", "report.typ").read_bytes()
    compiler = typst.Compiler(source, ignore_system_fonts=True, sys_inputs={"report": data})
    made = compiler.compile(format="png", ppi=PIXELS_PER_INCH)
    first = made[0] if isinstance(made, list) else made
    assert isinstance(first, bytes)
    return first


def draw_email(message: bytes, target: Path) -> None:
    """Draw the HTML of an email as PNG, as wide as many a window."""
    body = email.message_from_bytes(message, policy=email.policy.default).get_body(("html",))
    assert body is not None
    draw_html(body.get_content(), target, 640, 430)


def draw_html(text: str, target: Path, width: int, height: int) -> None:
    """Draw a page as PNG, in a window of so many pixels."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(text, "utf-8")
        subprocess.run(
            [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}",
             f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri()],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip


def draw_pages() -> None:
    """Draw what each role sees of a small force."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
        with open_web_office(url, folder) as office:
            service, mine = office.service, {"officer_ref": "n1a", "team": "N1", "division": "North"}
            hold = [{"from": "2026-07-12T09:00:00Z", "until": "2026-07-24T09:00:00Z", "reason": "in hospital"}]
            held = {"victims": [{"victim_ref": "V1", "category": "enhanced", "contact_holds": hold}]}
            take(service.store, office.now, crime("22A/712/26", **mine, **held, updates=updates("2026-07-01")),
                 crime("22A/733/26", **mine | {"reported_at": "2026-07-13T09:00:00Z"}),
                 crime("22A/741/26", **mine | {"reported_at": "2026-07-16T09:00:00Z"}),
                 crime("22A/708/26", **mine | {"officer_ref": None}))  # fmt: skip
            service.judge()
            remind(service.store, service.policy, service.reminder_settings, office.now)
            draw_page(office, WebRole.OFFICER, "/my-victims", "my-victims", 800)
            draw_page(office, WebRole.SUPERVISOR, "/team", "my-team", 800)
            receive(office)
            dispute(office, "n1a", "She was told on the 7th. It is in the log of the front desk.")
            publish(office, "2026-W45", "board", held=msgspec.to_builtins(figures()))
            draw_page(office, WebRole.OFFICER, f"/crimes/{quote('22A/712/26', safe='')}", "crime", 840)
            draw_page(office, WebRole.CHAMPION, "/overdue", "overdue-now", 680)
            draw_page(office, WebRole.PERFORMANCE, "/disputes/1", "dispute", 940)
            draw_page(office, WebRole.BOARD, "/reports/2026-W45/board", "key-figures", 640)
            draw_page(office, WebRole.ADMINISTRATOR, "/health", "health", 860)


def draw_page(office: WebOffice, role: WebRole, path: str, name: str, height: int) -> None:
    """Draw the upper pixels of a page as somebody in a role sees it."""
    browser = office.browser(role)
    style = f"<style>{browser.get('/style.css').text}</style>"
    page = browser.get(path).text.replace('<link rel="stylesheet" href="/style.css">', style)
    draw_html(page, PICTURES / f"{name}.png", 1000, height)


def main() -> None:
    """Draw the first two from what the demo left, and the pages."""
    reports = sorted((DEMO / "reports").glob("*-board.json"))
    mails = sorted((DEMO / "mail").glob("*.eml"))
    if not reports or not mails:
        sys.exit(f"{DEMO}: no report or no email there; run make demo first")
    if CHROMIUM is None:
        sys.exit("no Chromium is installed; it draws the email")
    PICTURES.mkdir(exist_ok=True)
    figures = msgspec.json.decode(reports[-1].read_bytes(), type=Figures)
    (PICTURES / "board.png").write_bytes(draw_board(figures))
    draw_email(mails[-5].read_bytes(), PICTURES / "email.png")
    draw_pages()


if __name__ == "__main__":
    main()
